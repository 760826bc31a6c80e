//! VII: every component its own sphere, λ_k = tr W_k / (d N_k) (scikit-learn: spherical).

use super::CovarianceStructure;
use crate::gaussian::Spheres;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Spherical covariances.
#[derive(Clone, Copy, Debug)]
pub struct Vii;

impl CovarianceStructure for Vii {
    type Emission = Spheres<Self>;
    const NAME: &'static str = "VII";
    const FREE_EIGENVALUES: bool = true;

    fn new(_k: usize, _d: usize) -> Self {
        Self
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        for ((covariance, scatter), count) in covariances.iter_mut().zip(scatters).zip(counts) {
            *covariance = *scatter / count;
        }
    }

    fn prior(_k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + d as f64 + 2.0) / d as f64, scale: PriorScale::Isotropic(1.0 / d as f64) })
    }

    fn covariance_parameters(k: usize, _d: usize) -> usize {
        k
    }
}
