//! CEM, classification EM: each row wholly to the component with the largest π_k f_k(x), then the M-step of that
//! partition, until the partition repeats itself (Celeux & Govaert 1992, key `celeux1992`).
//!
//! It never lowers the classification log-likelihood Σ_i w_i max_k log π_k f_k(x_i), by which runs are compared. Ties of a
//! row go to the lowest component. A component that loses all rows, or keeps too few for a covariance, breaks the run.

use super::StartError;
use super::joint::joint;
use super::responsibilities::from_labels;
use super::search::{End, Found, Search, best_of};
use crate::gaussian::Structure;
use crate::mixture::Mixture;
use em::{Batch, Breakdown};
use rand::Rng;

/// How many runs, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cem {
    /// Number of runs, at least 1.
    pub runs: u32,
    /// M-steps that a run takes at most.
    pub max_iterations: u32,
}

impl Default for Cem {
    fn default() -> Self {
        Self { runs: 10, max_iterations: 100 }
    }
}

/// The best of several runs of CEM from random points with covariances of structure `S`; its criterion is the
/// classification log-likelihood, its labels are the classes under its parameters. Passes: one for each classification,
/// the last one included, and those of the points.
///
/// # Panics
/// If there are no runs.
pub fn cem<S: Structure>(search: &Search<'_>, options: Cem, rng: &mut impl Rng) -> Result<Found, StartError> {
    let data = search.data.all();
    best_of(options.runs, |passes| {
        let mut model = search.begin::<S>(rng, passes)?;
        *passes += 1;
        let (mut labels, mut criterion) = classify(&model, data)?;
        for _ in 0..options.max_iterations {
            model = search.model(from_labels(data, search.components, &labels)?)?;
            *passes += 1;
            let (next, value) = classify(&model, data)?;
            let rests = next == labels;
            (labels, criterion) = (next, value);
            if rests {
                break;
            }
        }
        Ok(End { criterion, parameters: model.parameters(), labels: Some(labels) })
    })
}

/// The class of every row, and the classification log-likelihood.
fn classify<S: Structure>(model: &Mixture<S>, data: Batch<'_>) -> Result<(Vec<u32>, f64), Breakdown> {
    let mut labels = Vec::with_capacity(data.rows());
    let mut sum = 0.0;
    joint(model, data, |i, values| {
        let best = (1..values.len()).fold(0, |best, c| if values[c] > values[best] { c } else { best });
        sum += data.weight.get(i).copied().unwrap_or(1.0) * values[best];
        #[expect(clippy::cast_possible_truncation, reason = "an index of a component")]
        labels.push(best as u32);
    })?;
    Ok((labels, sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::{Full, Reference};
    use crate::start::PointCovariance;
    use em::Rows;
    use linalg::{Level, Total};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::sync::Arc;

    #[test]
    fn the_classification_likelihood_never_falls_and_the_end_rests() {
        let x = datasets::builtin("faithful", None).unwrap().x;
        let search = Search {
            data: Rows::new(&x, 2, &[]),
            components: 3,
            covariance: PointCovariance::Total,
            reference: Arc::new(Reference::new(Total::new(&x, 2, &[]).unwrap())),
            level: Level::detect(),
        };
        let mut rested = 0;
        for seed in 0..20 {
            let capped = |max_iterations| {
                let options = Cem { runs: 1, max_iterations };
                cem::<Full>(&search, options, &mut ChaCha8Rng::seed_from_u64(seed)).ok()
            };
            let Some(end) = capped(100) else { continue };
            let last = end.start.passes - 1;
            let values: Vec<f64> = (0..=last).map(|t| capped(t).unwrap().criterion).collect();
            assert!(values.windows(2).all(|w| w[1] >= w[0] - 1e-9), "{values:?}");
            assert!(last < 100);
            let labels = end.start.labels.unwrap();
            let moments = from_labels(search.data.all(), 3, &labels).unwrap();
            let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(distance(&moments.covariances, &end.start.parameters.covariances) < 1e-10);
            assert_eq!(moments.means, end.start.parameters.means);
            rested += 1;
        }
        assert!(rested >= 10, "{rested} of 20 runs came to rest");
    }
}
