//! rndEM: of many random points, those with the highest log-likelihood at θ₀; no step of EM is taken, so that each costs
//! one E-pass (Maitra 2009, key `maitra2009`).

use super::StartError;
use super::joint::joint;
use super::search::{End, Found, Search, best_of};
use crate::gaussian::Structure;
use rand::Rng;

/// How many random points are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RndEm {
    /// Number of them, at least 1.
    pub runs: u32,
}

impl Default for RndEm {
    fn default() -> Self {
        Self { runs: 50 }
    }
}

/// The best of many random points with covariances of structure `S`; its criterion is the log-likelihood. Passes: one
/// for each, and those of the points.
///
/// # Panics
/// If there are no runs.
pub fn rnd_em<S: Structure>(search: &Search<'_>, options: RndEm, rng: &mut impl Rng) -> Result<Found, StartError> {
    best_of(options.runs, |passes| {
        let model = search.begin::<S>(rng, passes)?;
        *passes += 1;
        let criterion = joint(&model, search.data.all(), |_, _| {})?;
        Ok(End { criterion, parameters: model.parameters(), labels: None })
    })
}
