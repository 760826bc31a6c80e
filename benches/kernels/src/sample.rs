//! Samples from a Gaussian mixture: means N(0, s² I), factors L with a unit diagonal and N(0, 0.3²/d) below it.

use mixture::MixtureParameters;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// A sample and the parameters that it was drawn from.
pub struct Sample {
    /// n × d, row-major.
    pub x: Vec<f64>,
    /// Weights 1/k, means, covariances.
    pub truth: MixtureParameters,
}

/// n rows from k components whose means are N(0, `spread`² I): two means are about `spread` · √(2d) standard deviations
/// apart.
pub fn draw(n: usize, d: usize, k: usize, spread: f64) -> Sample {
    let mut rng = ChaCha8Rng::seed_from_u64(20181122);
    let mut normal = || rng.sample::<f64, _>(StandardNormal);
    let means: Vec<f64> = (0..k * d).map(|_| spread * normal()).collect();
    let below = 0.3 / (d as f64).sqrt();
    let mut factors = vec![0.0; k * d * d];
    for (row, i) in factors.chunks_exact_mut(d).zip((0..d).cycle()) {
        row[..i].iter_mut().for_each(|value| *value = below * normal());
        row[i] = 1.0;
    }
    let mut covariances = vec![0.0; k * d * d];
    for (l, covariance) in factors.chunks_exact(d * d).zip(covariances.chunks_exact_mut(d * d)) {
        linalg::spd::reconstruct(l, covariance, d);
    }
    let mut x = vec![0.0; n * d];
    let mut z = vec![0.0; d];
    for (row, c) in x.chunks_exact_mut(d).zip((0..k).cycle()) {
        z.iter_mut().for_each(|value| *value = normal());
        let (mean, factor) = (&means[c * d..(c + 1) * d], &factors[c * d * d..(c + 1) * d * d]);
        for i in 0..d {
            let moved: f64 = factor[i * d..=i * d + i].iter().zip(&z).map(|(l, z)| l * z).sum();
            row[i] = mean[i] + moved;
        }
    }
    let truth = MixtureParameters { weights: vec![1.0 / k as f64; k], means, covariances };
    Sample { x, truth }
}
