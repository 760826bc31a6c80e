//! EII: one sphere for all components, λ = Σ_k tr W_k / (d n) (tied-spherical).

use super::{CovarianceStructure, algebra};
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// One spherical covariance for all.
#[derive(Clone, Debug)]
pub struct Eii {
    ones: Vec<f64>,
}

impl CovarianceStructure for Eii {
    const NAME: &'static str = "EII";

    fn new(_k: usize, d: usize) -> Self {
        Self { ones: vec![1.0; d] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.ones.len();
        let total: f64 = scatters.chunks_exact(d * d).map(|scatter| algebra::trace(scatter, d)).sum();
        let volume = total / (d as f64 * counts.iter().sum::<f64>());
        for covariance in covariances.chunks_exact_mut(d * d) {
            algebra::write_diagonal(covariance, volume, &self.ones);
        }
    }

    fn prior(k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + 2.0) / (k * d) as f64 + 1.0, scale: PriorScale::Isotropic(1.0 / (k * d) as f64) })
    }

    fn covariance_parameters(_k: usize, _d: usize) -> usize {
        1
    }
}
