//! SEM, stochastic EM: each row wholly to a component drawn from its responsibilities, then the M-step of that partition,
//! for a fixed number of steps (Celeux & Diebolt 1985, key `celeux1985`).
//!
//! The chain θ_0, θ_1, …, θ_T does not converge to a point; what is kept is the θ_t with the highest log-likelihood of
//! those visited, θ_0 and θ_T included, not the mean of the chain. A component that draws no rows, or too few for a
//! covariance, ends the chain early (on iris with K = 3 a quarter of the chains); what it visited counts. A row of weight w is
//! drawn once and counts w.

use super::StartError;
use super::joint::joint;
use super::responsibilities::from_labels;
use super::search::{End, Found, Search, best_of};
use crate::gaussian::Structure;
use crate::mixture::Mixture;
use em::{Batch, Breakdown};
use rand::{Rng, RngExt};

/// How many chains, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sem {
    /// Number of chains, at least 1.
    pub runs: u32,
    /// Steps T of a chain.
    pub iterations: u32,
}

impl Default for Sem {
    fn default() -> Self {
        Self { runs: 1, iterations: 100 }
    }
}

/// The best parameters visited by any of several chains from random points with covariances of structure `S`; its
/// criterion is the log-likelihood, its labels are the partition whose M-step they are (`None` if they are the points
/// themselves). Passes: one for each θ_t visited, and those of the points.
///
/// # Panics
/// If there are no runs.
pub fn sem<S: Structure>(search: &Search<'_>, options: Sem, rng: &mut impl Rng) -> Result<Found, StartError> {
    let data = search.data.all();
    best_of(options.runs, |passes| {
        let begin = search.begin::<S>(rng, passes)?;
        *passes += 1;
        let (mut drawn, criterion) = draw(&begin, data, rng)?;
        let mut best = End { criterion, parameters: begin.parameters(), labels: None };
        for _ in 0..options.iterations {
            // `Err` is a breakdown: a partition without usable covariances is where this chain ends.
            let step = from_labels(data, search.components, &drawn).and_then(|partition| {
                let model = search.model::<S>(partition)?;
                *passes += 1;
                let (next, criterion) = draw(&model, data, rng)?;
                Ok((model, next, criterion))
            });
            let Ok((model, next, criterion)) = step else { break };
            if criterion > best.criterion {
                best = End { criterion, parameters: model.parameters(), labels: Some(drawn) };
            }
            drawn = next;
        }
        Ok(best)
    })
}

/// A component for every row, drawn from its responsibilities, and the log-likelihood.
fn draw<S: Structure>(model: &Mixture<S>, data: Batch<'_>, rng: &mut impl Rng) -> Result<(Vec<u32>, f64), Breakdown> {
    let mut labels = Vec::with_capacity(data.rows());
    let mut odds = vec![0.0; model.components()];
    let log_likelihood = joint(model, data, |_, values| {
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (odds, value) in odds.iter_mut().zip(values) {
            *odds = (value - largest).exp();
        }
        let mut remaining = rng.random::<f64>() * odds.iter().sum::<f64>();
        let component = odds.iter().position(|&odds| {
            remaining -= odds;
            remaining < 0.0
        });
        // Rounding can leave the last component with positive odds undrawn.
        let last = || odds.iter().rposition(|&odds| odds > 0.0).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "an index of a component")]
        labels.push(component.unwrap_or_else(last) as u32);
    })?;
    Ok((labels, log_likelihood))
}
