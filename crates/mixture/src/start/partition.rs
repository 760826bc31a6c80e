//! A converged k-means partition, then one M-step.

use super::responsibilities::from_responsibilities;
use super::{Start, StartError};
use em::{Outcome, Rows};
use kmeans::{KMeans, lloyd, plus_plus};
use linalg::{Level, Total};
use rand::Rng;

/// K-means++ seeds, Lloyd's algorithm to its fixed point, then weights, means and covariances of the clusters.
pub fn k_means_partition(
    data: &Rows<'_>,
    k: usize,
    total: &Total,
    level: Level,
    rng: &mut impl Rng,
) -> Result<Start, StartError> {
    let all = data.all();
    let seeds = plus_plus(all.x, all.dimension, k, rng)?;
    let centres = seeds.iter().flat_map(|&i| &all.x[i * all.dimension..(i + 1) * all.dimension]).copied().collect();
    let model = KMeans::new(centres, total.scales.clone(), level);
    let fit = lloyd(data, model)?;
    if let Outcome::Failed(failure) = fit.outcome {
        return Err(failure.breakdown.into());
    }
    let labels = fit.model.assign(all);
    let hard = |i: usize, c: usize| f64::from(u8::from(labels[i] as usize == c));
    let parameters = from_responsibilities(all, k, hard)?;
    // The partition's pass is one of Lloyd's; the M-step reads the data once more.
    Ok(Start { parameters, passes: fit.e_passes + 1, labels: Some(labels) })
}
