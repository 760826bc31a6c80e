//! When to stop. Rules are joined by "or"; the first that matches, in the order of the config, names the reason.
//!
//! L is the total log-likelihood (or the objective that the model maximises). A fall within the rounding slack counts as
//! a gain of 0; a larger one carries [`Event::Decreased`](crate::Event::Decreased) and stops nothing. No rule fires at iteration 0, none decides
//! on NaN (a comparison with NaN is false).

mod aitken;
mod change;
mod gain;
mod limits;
mod peers;

pub use aitken::Aitken;
pub use change::ParameterChange;
pub use gain::{AbsoluteGain, GainPerRow, RelativeGain};
pub use limits::{EPasses, MaxIterations, NoImprovement};
pub use peers::{Mclust, ScikitLearn};

use crate::observe::TraceRow;

/// Why a fit stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// 0 ≤ ΔL ≤ tol · Σw.
    GainPerRow,
    /// 0 ≤ ΔL ≤ tol · (1 + |L|).
    RelativeGain,
    /// 0 ≤ ΔL ≤ tol.
    AbsoluteGain,
    /// The largest parameter change is at most tol.
    ParameterChange,
    /// Aitken's projection of the gain that is left is at most tol · Σw.
    Aitken,
    /// scikit-learn's own rule.
    ScikitLearn,
    /// mclust's own rule.
    Mclust,
    /// No new best objective for half of the iterations.
    NoImprovement,
    /// The iteration limit.
    MaxIterations,
    /// The budget of E-passes.
    EPasses,
    /// The observer asked for it.
    Observer,
}

impl StopReason {
    /// All reasons, in the order of a record's categories.
    pub const ALL: [Self; 11] = [
        Self::GainPerRow,
        Self::RelativeGain,
        Self::AbsoluteGain,
        Self::ParameterChange,
        Self::Aitken,
        Self::ScikitLearn,
        Self::Mclust,
        Self::NoImprovement,
        Self::MaxIterations,
        Self::EPasses,
        Self::Observer,
    ];

    /// The name under which the reason is recorded: that of the rule in the config.
    pub fn name(self) -> &'static str {
        match self {
            Self::GainPerRow => "gain-per-row",
            Self::RelativeGain => "relative-gain",
            Self::AbsoluteGain => "absolute-gain",
            Self::ParameterChange => "parameter-change",
            Self::Aitken => "aitken",
            Self::ScikitLearn => "scikit-learn",
            Self::Mclust => "mclust",
            Self::NoImprovement => "no-improvement",
            Self::MaxIterations => "max-iterations",
            Self::EPasses => "e-passes",
            Self::Observer => "observer",
        }
    }

    /// Whether the fit counts as converged (and not merely as ended).
    pub fn converged(self) -> bool {
        !matches!(self, Self::MaxIterations | Self::EPasses | Self::NoImprovement | Self::Observer)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Event;

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

    #[test]
    fn absolute_gain_and_limits() {
        let mut rule = AbsoluteGain { tolerance: 1e-3, and_change: None };
        assert_eq!((rule.check(&row(1, 2e-3)), rule.check(&row(2, 1e-3))), (None, Some(StopReason::AbsoluteGain)));
        let mut rule = EPasses { budget: 20 };
        let spent = |e_passes| TraceRow { e_passes, ..row(3, 1.0) };
        assert_eq!((rule.check(&spent(19)), rule.check(&spent(20))), (None, Some(StopReason::EPasses)));
        assert!(!StopReason::EPasses.converged() && StopReason::Aitken.converged());
    }

    #[test]
    fn aitken_waits_on_a_plateau() {
        // Gains of 1e-4 that do not shrink: much may be left. Gains that halve: as much again is left.
        let mut rule = Aitken::new(1e-3);
        assert_eq!(rule.check(&row(1, 1e-4)), None);
        assert_eq!(rule.check(&row(2, 0.9999e-4)), None);
        assert_eq!(rule.check(&row(3, 0.5e-4)), Some(StopReason::Aitken));
        let mut rule = Aitken::new(1e-3);
        assert_eq!((rule.check(&row(1, f64::NAN)), rule.check(&row(2, 1e-9))), (None, None));
        assert_eq!(rule.check(&row(3, 0.0)), Some(StopReason::Aitken));
    }

    #[test]
    fn scikit_learn_looks_at_the_gain_before_the_last() {
        let mut rule = ScikitLearn::new(1e-3);
        assert_eq!(rule.check(&row(1, 1.0)), None);
        assert_eq!(rule.check(&row(2, 1e-4)), None);
        assert_eq!(rule.check(&row(3, 5.0)), Some(StopReason::ScikitLearn));
    }

    #[test]
    fn mclust_counts_falls_as_small_changes() {
        let mut rule = Mclust::new(1e-5);
        let fall = TraceRow { event: Event::Decreased { by: 1e-4 }, ..row(4, -1e-4) };
        assert_eq!(rule.check(&fall), Some(StopReason::Mclust));
        let later = |objective| TraceRow { objective, ..row(5, 0.0) };
        assert_eq!((rule.check(&later(-99.9)), rule.check(&later(-99.9009))), (None, Some(StopReason::Mclust)));
        // Under a prior it is the log-likelihood that is compared.
        let prior = |log_likelihood| TraceRow { log_likelihood: Some(log_likelihood), ..row(6, 1e-12) };
        let mut rule = Mclust::new(1e-5);
        assert_eq!((rule.check(&prior(-90.0)), rule.check(&prior(-89.0))), (None, None));
        assert_eq!(rule.check(&prior(-89.0005)), Some(StopReason::Mclust));
    }

    #[test]
    fn no_improvement_for_half_of_the_iterations() {
        let mut rule = NoImprovement::new(0.5);
        let at = |iteration, objective| TraceRow { objective, ..row(iteration, 0.0) };
        assert_eq!(rule.check(&at(6, -1.0)), None);
        for iteration in 7..12 {
            assert_eq!(rule.check(&at(iteration, -2.0)), None);
        }
        assert_eq!(rule.check(&at(12, -2.0)), Some(StopReason::NoImprovement));
    }
}
