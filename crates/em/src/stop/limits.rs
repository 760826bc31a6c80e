//! Limits: rules that end a fit without calling it converged.

use super::{StopReason, StopRule};
use crate::observe::TraceRow;

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

/// The budget of E-passes, which is what accelerators and starts are compared by.
#[derive(Clone, Copy, Debug)]
pub struct EPasses {
    /// Passes over the data after which the fit ends.
    pub budget: u32,
}

impl StopRule for EPasses {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        (row.e_passes >= self.budget).then_some(StopReason::EPasses)
    }
}

/// No new best objective for the given share of the iterations so far (ELKI ends at one half): meant for fits whose objective
/// may fall, under a ridge or with stochastic steps.
#[derive(Clone, Copy, Debug)]
pub struct NoImprovement {
    share: f64,
    best: f64,
    best_iteration: u32,
}

/// Iterations before a lack of improvement counts.
const PATIENCE: u32 = 10;

impl NoImprovement {
    /// Ends a fit when `share` (0 to 1) of its iterations have passed since the best objective.
    pub fn new(share: f64) -> Self {
        Self { share, best: f64::NEG_INFINITY, best_iteration: 0 }
    }
}

impl StopRule for NoImprovement {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        if row.objective > self.best {
            self.best = row.objective;
            self.best_iteration = row.iteration;
        }
        let idle = f64::from(row.iteration - self.best_iteration);
        (row.iteration >= PATIENCE && idle >= self.share * f64::from(row.iteration))
            .then_some(StopReason::NoImprovement)
    }
}
