//! The EM loop. It is written once; everything else is a value that it is given.

use crate::batch::Dataset;
use crate::failure::{Failure, Interrupted};
use crate::map::EmMap;
use crate::model::LatentModel;
use crate::observe::{Event, Observer};
use crate::policy::{FailurePolicy, StopAtFailure};
use crate::reduce::Reducer;
use crate::scheme::{Break, Scheme, Steps};
use crate::stop::{StopReason, Stopping};

/// How a fit ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A stop rule fired.
    Stopped(StopReason),
    /// A step broke down; the model is the last good one.
    Failed(Failure),
}

/// A finished fit. Objective and log-likelihood are those of `model`.
#[derive(Clone, Debug)]
pub struct Fit<M> {
    /// The last good parameters.
    pub model: M,
    /// What was maximised, at `model`.
    pub objective: f64,
    /// log L of `model`; `None` where the objective is none (k-means).
    pub log_likelihood: Option<f64>,
    /// Number of finished steps.
    pub iterations: u32,
    /// Number of E-passes over the data.
    pub e_passes: u32,
    /// How it ended.
    pub outcome: Outcome,
}

/// Where a fit begins.
#[derive(Clone, Debug)]
pub struct Begin<M> {
    /// θ₀.
    pub model: M,
    /// What was done to θ₀ before the fit; it becomes the event of row 0.
    pub event: Event,
}

impl<M> From<M> for Begin<M> {
    fn from(model: M) -> Self {
        Self { model, event: Event::None }
    }
}

/// Runs EM from `begin` on `data` until a rule stops it or a step breaks down.
///
/// `reducer` says where the E-step runs, `scheme` how steps are put together. An `Err` is an interruption from outside
/// (reading, communication); a breakdown is an [`Outcome`].
pub fn fit<M: LatentModel, D: Dataset, R: Reducer<M>>(
    data: &D,
    begin: impl Into<Begin<M>>,
    reducer: R,
    scheme: &mut dyn Scheme,
    stopping: &mut Stopping,
    observer: &mut dyn Observer<M>,
) -> Result<Fit<M>, Interrupted> {
    fit_with_remedies(data, begin, reducer, scheme, stopping, observer, &mut StopAtFailure)
}

/// [`fit`], with a policy that may repair what breaks down: iteration t then ends with the repaired parameters, and row t
/// of the trace says so.
pub fn fit_with_remedies<M: LatentModel, D: Dataset, R: Reducer<M>>(
    data: &D,
    begin: impl Into<Begin<M>>,
    reducer: R,
    scheme: &mut dyn Scheme,
    stopping: &mut Stopping,
    observer: &mut dyn Observer<M>,
    policy: &mut dyn FailurePolicy<M>,
) -> Result<Fit<M>, Interrupted> {
    let mut em = EmMap::new(data, begin.into(), reducer);
    let (mut iteration, mut attempt) = (0, 0);
    let mut step = em.expect().map(drop);
    let outcome = loop {
        match step {
            Ok(()) => {}
            Err(Break::Interrupted(cause)) => return Err(cause),
            Err(Break::Down(stage, breakdown)) => {
                attempt += 1;
                let failure = Failure { iteration, stage, breakdown };
                if !em.repair(|last_good, next| {
                    let remedy = policy.remedy(&failure, attempt, last_good, next);
                    observer.breakdown(&failure, remedy, last_good);
                    remedy
                }) {
                    break Outcome::Failed(failure);
                }
                step = em.expect().map(drop);
                continue;
            }
        }
        let row = em.row(iteration);
        if observer.iteration(&row, &em.theta).is_break() {
            break Outcome::Stopped(StopReason::Observer);
        }
        if let Some(reason) = stopping.check(&row) {
            break Outcome::Stopped(reason);
        }
        iteration += 1;
        step = scheme.step(&mut em);
    };
    let iterations = if matches!(outcome, Outcome::Failed(_)) { iteration.saturating_sub(1) } else { iteration };
    Ok(Fit {
        objective: em.objective(),
        log_likelihood: em.log_likelihood(),
        e_passes: em.e_passes(),
        model: em.theta,
        iterations,
        outcome,
    })
}
