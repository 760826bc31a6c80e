//! VVI: every component its own diagonal covariance, diag(W_k) / N_k (scikit-learn: diag).

use super::CovarianceStructure;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Diagonal covariances.
#[derive(Clone, Copy, Debug)]
pub struct Vvi {
    d: usize,
}

impl CovarianceStructure for Vvi {
    const NAME: &'static str = "VVI";
    const FREE_EIGENVALUES: bool = true;

    fn new(_k: usize, d: usize) -> Self {
        Self { d }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.d;
        covariances.fill(0.0);
        for (k, count) in counts.iter().enumerate() {
            for j in (0..d).map(|j| k * d * d + j * (d + 1)) {
                covariances[j] = scatters[j] / count;
            }
        }
    }

    fn prior(_k: usize, _d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: nu + 3.0, scale: PriorScale::Isotropic(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k * d
    }
}
