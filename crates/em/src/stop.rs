//! When to stop. Rules are joined by "or"; the first that matches, in the order of the config, names the reason.
//!
//! L is the total log-likelihood (or the objective that the model maximises). A fall within the rounding slack counts as
//! a gain of 0; a larger one carries [`Event::Decreased`] and stops nothing. No rule fires at iteration 0, none decides
//! on NaN (a comparison with NaN is false).

use crate::observe::{Event, TraceRow};

/// Why a fit stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// 0 ≤ ΔL ≤ tol · Σw.
    GainPerRow,
    /// 0 ≤ ΔL ≤ tol · (1 + |L|).
    RelativeGain,
    /// The largest parameter change is at most tol.
    ParameterChange,
    /// The iteration limit.
    MaxIterations,
    /// The observer asked for it.
    Observer,
}

impl StopReason {
    /// All reasons, in the order of a record's categories.
    pub const ALL: [Self; 5] =
        [Self::GainPerRow, Self::RelativeGain, Self::ParameterChange, Self::MaxIterations, Self::Observer];

    /// The name under which the reason is recorded: that of the rule in the config.
    pub fn name(self) -> &'static str {
        match self {
            Self::GainPerRow => "gain-per-row",
            Self::RelativeGain => "relative-gain",
            Self::ParameterChange => "parameter-change",
            Self::MaxIterations => "max-iterations",
            Self::Observer => "observer",
        }
    }

    /// Whether the fit counts as converged (and not merely as ended).
    pub fn converged(self) -> bool {
        matches!(self, Self::GainPerRow | Self::RelativeGain | Self::ParameterChange)
    }
}

/// Looks at a row and may stop the fit.
pub trait StopRule: Send {
    /// A reason to stop after `row`, which is never row 0.
    fn check(&mut self, row: &TraceRow) -> Option<StopReason>;
}

/// Rules joined by "or".
#[derive(Default)]
pub struct Stopping(Vec<Box<dyn StopRule>>);

impl Stopping {
    /// No rule yet: a fit with it would not end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule behind the others.
    #[must_use]
    pub fn or(mut self, rule: impl StopRule + 'static) -> Self {
        self.0.push(Box::new(rule));
        self
    }

    /// The reason of the first rule that matches.
    pub fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        if row.iteration == 0 {
            return None;
        }
        self.0.iter_mut().find_map(|rule| rule.check(row))
    }
}

/// Gain of the step if it is one: `None` at the start and after a fall beyond rounding.
fn gain(row: &TraceRow) -> Option<f64> {
    match row.event {
        Event::Decreased { .. } => None,
        _ => row.gain,
    }
}

/// 0 ≤ ΔL ≤ tol · Σw: invariant under rescaling the data, and the same for all sizes of data.
#[derive(Clone, Copy, Debug)]
pub struct GainPerRow {
    /// tol · Σw.
    pub threshold: f64,
    /// Where the M-step maximises no fixed objective (ridge), a small gain alone proves nothing: the parameter change
    /// must be at most this as well.
    pub and_change: Option<f64>,
}

impl StopRule for GainPerRow {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let small = gain(row).is_some_and(|g| g <= self.threshold);
        (small && change_within(row, self.and_change)).then_some(StopReason::GainPerRow)
    }
}

/// 0 ≤ ΔL ≤ tol · (1 + |L|), the form of mclust (Scrucca et al. 2016, key `scrucca2016`).
#[derive(Clone, Copy, Debug)]
pub struct RelativeGain {
    /// tol.
    pub tolerance: f64,
    /// As in [`GainPerRow`].
    pub and_change: Option<f64>,
}

impl StopRule for RelativeGain {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let small = gain(row).is_some_and(|g| g <= self.tolerance * (1.0 + row.objective.abs()));
        (small && change_within(row, self.and_change)).then_some(StopReason::RelativeGain)
    }
}

fn change_within(row: &TraceRow, limit: Option<f64>) -> bool {
    limit.is_none_or(|limit| row.step_norm.is_some_and(|change| change <= limit))
}

/// The largest change of weights, and of means and covariances in units of the total covariance, is at most tol.
#[derive(Clone, Copy, Debug)]
pub struct ParameterChange {
    /// tol.
    pub tolerance: f64,
}

impl StopRule for ParameterChange {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        change_within(row, Some(self.tolerance)).then_some(StopReason::ParameterChange)
    }
}

/// The iteration limit.
#[derive(Clone, Copy, Debug)]
pub struct MaxIterations {
    /// Last iteration that is taken.
    pub limit: u32,
}

impl StopRule for MaxIterations {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        (row.iteration >= self.limit).then_some(StopReason::MaxIterations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(iteration: u32, gain: f64) -> TraceRow {
        TraceRow { iteration, objective: -100.0, gain: Some(gain), step_norm: Some(1e-3), ..TraceRow::default() }
    }

    #[test]
    fn no_rule_fires_at_the_start_or_on_nan() {
        let mut rules = Stopping::new()
            .or(GainPerRow { threshold: 1.0, and_change: None })
            .or(RelativeGain { tolerance: 1.0, and_change: None })
            .or(ParameterChange { tolerance: 1.0 })
            .or(MaxIterations { limit: 9 });
        assert_eq!(rules.check(&row(0, 0.0)), None);
        let nan = TraceRow { step_norm: Some(f64::NAN), ..row(1, f64::NAN) };
        assert_eq!(rules.check(&nan), None);
        assert_eq!(rules.check(&TraceRow { iteration: 9, ..nan }), Some(StopReason::MaxIterations));
    }

    #[test]
    fn the_first_rule_in_order_names_the_reason() {
        let mut rules =
            Stopping::new().or(MaxIterations { limit: 1 }).or(GainPerRow { threshold: 1.0, and_change: None });
        assert_eq!(rules.check(&row(1, 0.5)), Some(StopReason::MaxIterations));
    }

    #[test]
    fn a_fall_beyond_rounding_is_no_small_gain() {
        let mut rule = GainPerRow { threshold: 1e-9, and_change: None };
        assert_eq!(rule.check(&row(3, -1e-14)), Some(StopReason::GainPerRow));
        let fallen = TraceRow { event: Event::Decreased { by: 1e-3 }, ..row(3, -1e-3) };
        assert_eq!(rule.check(&fallen), None);
    }

    #[test]
    fn under_a_ridge_the_parameters_must_rest_too() {
        let mut rule = GainPerRow { threshold: 1e-9, and_change: Some(1e-6) };
        assert_eq!(rule.check(&row(3, 0.0)), None);
        let resting = TraceRow { step_norm: Some(1e-7), ..row(3, 0.0) };
        assert_eq!(rule.check(&resting), Some(StopReason::GainPerRow));
    }

    #[test]
    fn relative_gain_scales_with_the_objective() {
        let mut rule = RelativeGain { tolerance: 1e-2, and_change: None };
        assert_eq!(rule.check(&row(1, 1.0)), Some(StopReason::RelativeGain));
        assert_eq!(rule.check(&row(1, 1.1)), None);
    }
}
