//! VII: every component its own sphere, λ_k = tr W_k / (d N_k) (scikit-learn: spherical).

use super::{CovarianceStructure, algebra};

/// Spherical covariances.
#[derive(Clone, Debug)]
pub struct Vii {
    ones: Vec<f64>,
}

impl CovarianceStructure for Vii {
    const NAME: &'static str = "VII";

    fn new(_k: usize, d: usize) -> Self {
        Self { ones: vec![1.0; d] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.ones.len();
        for ((covariance, scatter), count) in
            covariances.chunks_exact_mut(d * d).zip(scatters.chunks_exact(d * d)).zip(counts)
        {
            let volume = algebra::trace(scatter, d) / (d as f64 * count);
            algebra::write_diagonal(covariance, volume, &self.ones);
        }
    }

    fn covariance_parameters(k: usize, _d: usize) -> usize {
        k
    }
}
