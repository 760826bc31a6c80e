//! VII: every component its own sphere, λ_k = tr W_k / (d N_k) (scikit-learn: spherical).

use super::{CovarianceStructure, algebra};
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Spherical covariances.
#[derive(Clone, Debug)]
pub struct Vii {
    ones: Vec<f64>,
}

impl CovarianceStructure for Vii {
    const NAME: &'static str = "VII";
    const FREE_EIGENVALUES: bool = true;

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

    fn prior(_k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + d as f64 + 2.0) / d as f64, scale: PriorScale::Isotropic(1.0 / d as f64) })
    }

    fn covariance_parameters(k: usize, _d: usize) -> usize {
        k
    }
}
