//! What happens after a breakdown. The engine knows nothing of covariances: it hands over the failure and the last good
//! parameters, and goes on from whatever it gets back.

use crate::failure::Failure;
use crate::observe::Event;

/// What a failure policy did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Remedy {
    /// Nothing: the fit ends with the failure.
    Stop,
    /// `next` holds repaired parameters, and the fit goes on from there. Between two remedies the objective is as monotone
    /// as the model; across one it may fall.
    Continue {
        /// What was done, the event of the row that describes the repaired parameters.
        event: Event,
        /// Passes over the data that it took.
        passes: u32,
    },
}

/// Consulted after every breakdown of a step.
pub trait FailurePolicy<M> {
    /// Writes repaired parameters into `next`, or gives up. `attempt` counts the breakdowns of the fit, from 1; `last_good`
    /// are the parameters before the step, or those of the start. The shape of the model may change (fewer components).
    fn remedy(&mut self, failure: &Failure, attempt: u32, last_good: &M, next: &mut M) -> Remedy;
}

/// The first breakdown ends the fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct StopAtFailure;

impl<M> FailurePolicy<M> for StopAtFailure {
    fn remedy(&mut self, _failure: &Failure, _attempt: u32, _last_good: &M, _next: &mut M) -> Remedy {
        Remedy::Stop
    }
}
