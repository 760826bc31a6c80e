//! VVI: every component its own diagonal covariance, diag(W_k) / N_k (scikit-learn: diag).

use super::CovarianceStructure;
use crate::gaussian::Diagonals;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Diagonal covariances.
#[derive(Clone, Copy, Debug)]
pub struct Vvi {
    d: usize,
}

impl CovarianceStructure for Vvi {
    type Emission = Diagonals<Self>;
    const NAME: &'static str = "VVI";
    const FREE_EIGENVALUES: bool = true;

    fn new(_k: usize, d: usize) -> Self {
        Self { d }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        for (i, (covariance, scatter)) in covariances.iter_mut().zip(scatters).enumerate() {
            *covariance = *scatter / counts[i / self.d];
        }
    }

    fn prior(_k: usize, _d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: nu + 3.0, scale: PriorScale::Isotropic(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k * d
    }
}
