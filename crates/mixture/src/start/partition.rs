//! A converged k-means partition, then one M-step (Lloyd 1982, key `lloyd1982`; seeds by Arthur & Vassilvitskii 2007, key
//! `arthur2007`).

use super::responsibilities::from_labels;
use super::{Start, StartError};
use em::{Outcome, Rows};
use kmeans::{KMeans, lloyd, plus_plus, seeding_passes};
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
    let seeds = plus_plus(all.x, all.dimension, k, level, rng)?;
    let centres = seeds.iter().flat_map(|&i| &all.x[i * all.dimension..(i + 1) * all.dimension]).copied().collect();
    let model = KMeans::new(centres, total.scales.clone(), level);
    let fit = lloyd(data, model)?;
    if let Outcome::Failed(failure) = fit.outcome {
        return Err(failure.breakdown.into());
    }
    let labels = fit.model.assign(all);
    let parameters = from_labels(all, k, &labels)?;
    // The partition's pass is one of Lloyd's; the M-step reads the data once more.
    Ok(Start { parameters, passes: seeding_passes(k, 1) + fit.e_passes + 1, labels: Some(labels) })
}
