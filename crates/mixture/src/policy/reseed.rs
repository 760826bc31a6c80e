//! `reseed`: the broken component restarts at the row that the mixture explains worst.
//!
//! Its mean becomes the row with the smallest log p(x) under the last good parameters (ties: the first), its covariance the
//! total covariance, its weight 1/K; the other weights keep their ratios. Finding the row takes one pass over the data.

use super::Rebuild;
use crate::gaussian::Structure;
use crate::mixture::Mixture;
use em::{Event, Failure, FailurePolicy, LatentModel, Remedy, Rows};

/// Restarts the broken component, at most [`limit`](Self::limit) times.
#[derive(Clone, Debug)]
pub struct Reseed<'a> {
    /// The rows.
    pub data: Rows<'a>,
    /// Number m of remedies after which a breakdown ends the fit.
    pub limit: u32,
    /// What the model is rebuilt with.
    pub rebuild: Rebuild,
}

impl Reseed<'_> {
    /// The row of least density.
    fn worst<S: Structure>(&self, model: &Mixture<S>) -> usize {
        let all = self.data.all();
        let mut density = vec![0.0; all.rows()];
        model.row_log_density(all, &mut density, &mut LatentModel::scratch(model, all.rows()));
        (1..density.len()).fold(0, |worst, i| if density[i] < density[worst] { i } else { worst })
    }
}

impl<S: Structure> FailurePolicy<Mixture<S>> for Reseed<'_> {
    fn remedy(&mut self, failure: &Failure, attempt: u32, last_good: &Mixture<S>, next: &mut Mixture<S>) -> Remedy {
        let Some(broken) = failure.breakdown.component.filter(|_| attempt <= self.limit) else {
            return Remedy::Stop;
        };
        let row = self.worst(last_good);
        let mut parameters = last_good.parameters();
        let (k, d) = (parameters.components(), parameters.dimension());
        let rest = 1.0 - parameters.weights[broken];
        let share = 1.0 / k as f64;
        for weight in &mut parameters.weights {
            *weight *= (1.0 - share) / rest;
        }
        parameters.weights[broken] = share;
        parameters.means[broken * d..(broken + 1) * d].copy_from_slice(&self.data.all().x[row * d..(row + 1) * d]);
        let covariance = &mut parameters.covariances[broken * d * d..(broken + 1) * d * d];
        covariance.copy_from_slice(&self.rebuild.reference.total.covariance);
        let Some(model) = self.rebuild.model(parameters) else { return Remedy::Stop };
        *next = model;
        Remedy::Continue { event: Event::Reseeded { row }, passes: 1 }
    }
}
