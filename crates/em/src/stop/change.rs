//! The rule on the parameters themselves.

use super::{StopReason, StopRule};
use crate::observe::TraceRow;

pub(super) fn change_within(row: &TraceRow, limit: Option<f64>) -> bool {
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
