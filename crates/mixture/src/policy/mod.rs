//! Failure policies: what becomes of a component whose covariance became singular or which lost its observations.
//!
//! | | repaired parameters | ends when |
//! |---|---|---|
//! | [`em::StopAtFailure`] | none: the failure is the outcome | at once |
//! | [`Reseed`] | the broken component restarts at the worst-explained row | after m of them |
//! | [`Remove`] | the broken component is taken away | one component is left |
//!
//! Both keep what the other components had, up to the scale of the weights, and rebuild structure and constraint as any
//! start does. Between two remedies EM is as monotone as without them; across one the log-likelihood may fall. A breakdown
//! that names no component, or one whose repair breaks down itself, ends the fit.

mod remove;
mod reseed;

pub use remove::Remove;
pub use reseed::Reseed;

use crate::gaussian::{Constraint, Reference, Structure};
use crate::mixture::Mixture;
use crate::parameters::MixtureParameters;
use linalg::Level;
use std::sync::Arc;

/// What a model is rebuilt with.
#[derive(Clone, Debug)]
pub struct Rebuild {
    /// What covariances are judged against.
    pub reference: Arc<Reference>,
    /// The constraint of the fit.
    pub constraint: Constraint,
    /// Instruction set of the kernels.
    pub level: Level,
}

impl Rebuild {
    /// The model with these parameters; `None` if it breaks down itself.
    fn model<S: Structure>(&self, parameters: MixtureParameters) -> Option<Mixture<S>> {
        let (emission, _) = S::from_parameters(&parameters, &self.reference, self.constraint, self.level).ok()?;
        Some(Mixture::new(parameters.weights, emission))
    }
}
