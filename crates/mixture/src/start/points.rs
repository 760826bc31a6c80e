//! Point-type starts: K rows as means, one covariance for all, equal weights.
//!
//! The covariance is an option of its own, so that it can be varied with the rows held fixed:
//!
//! | | Σ_k for every k |
//! |---|---|
//! | identity | I, in squared units of the data |
//! | total | T = Σ_i w_i (x_i − x̄)(x_i − x̄)ᵀ / Σ w |
//! | total per component | T / K^{2/d}: K ellipsoids of this size have together the volume of T's (the scale of mclust's prior: Fraley & Raftery 2007, key `fraley2007`) |
//! | pooled within nearest points | Σ_k Σ_{i → k} w_i (x_i − x̄_k)(x_i − x̄_k)ᵀ / Σ w, where i → k: point k is nearest to row i in T's metric (ties: the lowest k) and x̄_k is the mean of those rows |
//!
//! All but the identity follow affine maps of the data. A covariance that comes out singular is judged where the model is
//! made, like any other.

use super::{Start, StartError};
use crate::parameters::MixtureParameters;
use em::Batch;
use kmeans::distinct_rows;
use linalg::{SpdFactor, Total, moments, spd};
use rand::Rng;

/// The covariance of a point-type start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointCovariance {
    /// The identity, in squared units of the data (the tutorial's choice).
    Identity,
    /// The total covariance T of the sample.
    Total,
    /// T / K^{2/d}.
    TotalPerComponent,
    /// Pooled covariance of the rows about the means of the groups that have the same nearest point: one pass.
    PooledNearest,
}

/// The start with the given rows of `x` (n × d) as means.
pub fn points(x: &[f64], rows: &[usize], covariance: PointCovariance, total: &Total) -> Start {
    points_in(Batch { x, dimension: total.mean.len(), weight: &[], first_row: 0 }, rows, covariance, total)
}

/// The start with the given `rows` of `data` as means; its weights count in the pooled covariance.
pub fn points_in(data: Batch<'_>, rows: &[usize], covariance: PointCovariance, total: &Total) -> Start {
    let (k, d) = (rows.len(), data.dimension);
    let means: Vec<f64> = rows.iter().flat_map(|&i| &data.x[i * d..(i + 1) * d]).copied().collect();
    let matrix = match covariance {
        PointCovariance::Identity => (0..d * d).map(|i| if i % (d + 1) == 0 { 1.0 } else { 0.0 }).collect(),
        PointCovariance::Total => total.covariance.clone(),
        PointCovariance::TotalPerComponent => {
            let divisor = (k as f64).powf(2.0 / d as f64);
            total.covariance.iter().map(|value| value / divisor).collect()
        }
        PointCovariance::PooledNearest => pooled(data, &nearest(data, &means, total), k),
    };
    let parameters = MixtureParameters { weights: vec![1.0 / k as f64; k], means, covariances: matrix.repeat(k) };
    Start { parameters, passes: u32::from(covariance == PointCovariance::PooledNearest), labels: None }
}

/// K distinct rows ([`distinct_rows`]) as means.
pub fn random_points(
    data: Batch<'_>,
    k: usize,
    covariance: PointCovariance,
    total: &Total,
    rng: &mut impl Rng,
) -> Result<Start, StartError> {
    let rows = distinct_rows(data.x, data.dimension, k, rng)?;
    Ok(points_in(data, &rows, covariance, total))
}

/// Index of the nearest of `means` (k × d) to every row, |L_T⁻¹(x − μ)| being the distance.
fn nearest(data: Batch<'_>, means: &[f64], total: &Total) -> Vec<usize> {
    let d = data.dimension;
    let (mut factor, mut inverse) = (total.covariance.clone(), vec![0.0; d * d]);
    // A total covariance has a factor: without one there is no `Total`.
    assert!(SpdFactor::new(d).factor(&mut factor), "the total covariance is positive definite");
    spd::invert_factor(&factor, &mut inverse, d);
    let squared = |row: &[f64], mean: &[f64]| -> f64 {
        let whitened = |i: usize| -> f64 { (0..=i).map(|j| inverse[i * d + j] * (row[j] - mean[j])).sum() };
        (0..d).map(|i| whitened(i).powi(2)).sum()
    };
    let index = |row: &[f64]| {
        let mut best = (0, f64::INFINITY);
        for (k, mean) in means.chunks_exact(d).enumerate() {
            let distance = squared(row, mean);
            if distance < best.1 {
                best = (k, distance);
            }
        }
        best.0
    };
    data.x.chunks_exact(d).map(index).collect()
}

/// Covariance (d × d) of the rows about the means of their groups.
fn pooled(data: Batch<'_>, groups: &[usize], k: usize) -> Vec<f64> {
    let d = data.dimension;
    let weight = |i: usize| data.weight.get(i).copied().unwrap_or(1.0);
    let total = data.total_weight();
    let mut covariance = vec![0.0; d * d];
    for group in 0..k {
        let belongs = |i: usize| if groups[i] == group { weight(i) } else { 0.0 };
        // A point drawn twice leaves its second group empty.
        if let Some((count, _, within)) = moments::weighted(data.x, d, belongs) {
            for (sum, value) in covariance.iter_mut().zip(within) {
                *sum += count / total * value;
            }
        }
    }
    covariance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_states_everything() {
        let x = [0.0, 1.0, 2.0, 5.0, 4.0, 3.0];
        let total = Total::new(&x, 2, &[]).unwrap();
        let start = points(&x, &[2, 0], PointCovariance::Identity, &total).parameters;
        assert_eq!(start.means, [4.0, 3.0, 0.0, 1.0]);
        assert_eq!(start.covariances, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(start.weights, [0.5, 0.5]);
        let start = points(&x, &[1], PointCovariance::Total, &total).parameters;
        assert_eq!(start.covariances, total.covariance);
    }

    #[test]
    fn covariances_that_depend_on_the_number_of_points() {
        // Two groups on a line, ±1 about 0 and about 10: T = 26, the pooled covariance is 1, and 26 / 2² = 6.5.
        let x = [-1.0, 1.0, 9.0, 11.0];
        let total = Total::new(&x, 1, &[]).unwrap();
        let start = |covariance| points(&x, &[0, 3], covariance, &total);
        assert_eq!(start(PointCovariance::TotalPerComponent).parameters.covariances, [6.5, 6.5]);
        let pooled = start(PointCovariance::PooledNearest);
        assert_eq!((pooled.parameters.covariances, pooled.passes), (vec![1.0, 1.0], 1));
        assert_eq!(start(PointCovariance::Total).passes, 0);
        // A weight of 3 on the first row: scatters 3·(1/2)² + (3/2)² = 3 and 2, over 6.
        let data = Batch { x: &x, dimension: 1, weight: &[3.0, 1.0, 1.0, 1.0], first_row: 0 };
        let covariance = points_in(data, &[0, 3], PointCovariance::PooledNearest, &total).parameters.covariances[0];
        assert!((covariance - 5.0 / 6.0).abs() < 1e-15, "{covariance}");
    }
}
