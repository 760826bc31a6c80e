//! `remove`: the broken component is taken away and K falls by one.

use super::Rebuild;
use crate::gaussian::Structure;
use crate::mixture::Mixture;
use em::{Event, Failure, FailurePolicy, Remedy};

/// Takes the broken component away; the weights of the others keep their ratios.
#[derive(Clone, Debug)]
pub struct Remove {
    /// What the model is rebuilt with.
    pub rebuild: Rebuild,
}

impl<S: Structure> FailurePolicy<Mixture<S>> for Remove {
    fn remedy(&mut self, failure: &Failure, _: u32, last_good: &Mixture<S>, next: &mut Mixture<S>) -> Remedy {
        let Some(broken) = failure.breakdown.component.filter(|_| last_good.components() > 1) else {
            return Remedy::Stop;
        };
        let mut parameters = last_good.parameters();
        let d = parameters.dimension();
        parameters.weights.remove(broken);
        parameters.means.drain(broken * d..(broken + 1) * d);
        parameters.covariances.drain(broken * d * d..(broken + 1) * d * d);
        let rest: f64 = parameters.weights.iter().sum();
        parameters.weights.iter_mut().for_each(|weight| *weight /= rest);
        let left = parameters.components();
        let Some(model) = self.rebuild.model(parameters) else { return Remedy::Stop };
        *next = model;
        Remedy::Continue { event: Event::Removed { left }, passes: 0 }
    }
}
