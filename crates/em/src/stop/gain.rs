//! Rules on the gain ΔL of the last step.

use super::change::change_within;
use super::{StopReason, StopRule};
use crate::observe::{Event, TraceRow};

/// Gain of the step if it is one: `None` at the start and after a fall beyond rounding.
pub(super) fn gain(row: &TraceRow) -> Option<f64> {
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

/// 0 ≤ ΔL ≤ tol · (1 + |L|).
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

/// 0 ≤ ΔL ≤ tol: depends on the number of rows and, through nothing else, on the data.
#[derive(Clone, Copy, Debug)]
pub struct AbsoluteGain {
    /// tol.
    pub tolerance: f64,
    /// As in [`GainPerRow`].
    pub and_change: Option<f64>,
}

impl StopRule for AbsoluteGain {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let small = gain(row).is_some_and(|g| g <= self.tolerance);
        (small && change_within(row, self.and_change)).then_some(StopReason::AbsoluteGain)
    }
}
