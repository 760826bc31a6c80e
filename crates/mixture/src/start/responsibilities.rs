//! Random responsibilities: every row's from a Dirichlet(1, …, 1), then one M-step.

use super::{Start, StartError};
use crate::parameters::MixtureParameters;
use em::{Batch, Breakdown, BreakdownKind};
use linalg::moments;
use rand::{Rng, RngExt};

/// Draws the responsibilities of the rows of `data` and takes their weights, means and covariances. A Dirichlet(1) vector
/// is K independent unit exponentials divided by their sum.
pub fn random_responsibilities(data: Batch<'_>, k: usize, rng: &mut impl Rng) -> Result<Start, StartError> {
    let n = data.rows();
    let mut responsibilities = vec![0.0; n * k];
    for row in responsibilities.chunks_exact_mut(k) {
        for value in &mut *row {
            // 1 − u lies in (0, 1]: its logarithm is finite.
            *value = -(1.0 - rng.random::<f64>()).ln();
        }
        let sum: f64 = row.iter().sum();
        let equal = 1.0 / k as f64;
        for value in row {
            *value = if sum > 0.0 { *value / sum } else { equal };
        }
    }
    let parameters = from_responsibilities(data, k, |i, c| responsibilities[i * k + c])?;
    Ok(Start { parameters, passes: 1, labels: None })
}

/// The M-step for full covariances from responsibilities r(i, k).
pub(super) fn from_responsibilities(
    data: Batch<'_>,
    k: usize,
    r: impl Fn(usize, usize) -> f64,
) -> Result<MixtureParameters, Breakdown> {
    let total = data.total_weight();
    let weight = |i: usize| data.weight.get(i).copied().unwrap_or(1.0);
    let mut parameters = MixtureParameters { weights: Vec::new(), means: Vec::new(), covariances: Vec::new() };
    for c in 0..k {
        let moments = moments::weighted(data.x, data.dimension, |i| weight(i) * r(i, c));
        let empty = BreakdownKind::EmptyComponent { effective_count: 0.0 };
        let (count, mean, covariance) = moments.ok_or(Breakdown { component: Some(c), kind: empty })?;
        parameters.weights.push(count / total);
        parameters.means.extend(mean);
        parameters.covariances.extend(covariance);
    }
    Ok(parameters)
}

/// The M-step from a hard partition; `labels` holds a component below k for every row.
pub(super) fn from_labels(data: Batch<'_>, k: usize, labels: &[u32]) -> Result<MixtureParameters, Breakdown> {
    from_responsibilities(data, k, |i, c| f64::from(u8::from(labels[i] as usize == c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use em::Rows;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_moments_of_the_sample_are_kept() {
        let x: Vec<f64> = (0..60).map(|i| f64::from((i * 37) % 19)).collect();
        let rows = Rows::new(&x, 2, &[]);
        let start = random_responsibilities(rows.all(), 3, &mut ChaCha8Rng::seed_from_u64(5)).unwrap().parameters;
        assert!((start.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        for j in 0..2 {
            let mean: f64 = x.iter().skip(j).step_by(2).sum::<f64>() / 30.0;
            let mixed: f64 = (0..3).map(|k| start.weights[k] * start.mean(k)[j]).sum();
            assert!((mean - mixed).abs() < 1e-13);
        }
    }
}
