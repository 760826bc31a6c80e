//! EII: one sphere for all components, λ = Σ_k tr W_k / (d n) (tied-spherical).

use super::CovarianceStructure;
use crate::gaussian::Spheres;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// One spherical covariance for all.
#[derive(Clone, Copy, Debug)]
pub struct Eii;

impl CovarianceStructure for Eii {
    type Emission = Spheres<Self>;
    const NAME: &'static str = "EII";

    fn new(_k: usize, _d: usize) -> Self {
        Self
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        covariances.fill(scatters.iter().sum::<f64>() / counts.iter().sum::<f64>());
    }

    fn prior(k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + 2.0) / (k * d) as f64 + 1.0, scale: PriorScale::Isotropic(1.0 / (k * d) as f64) })
    }

    fn covariance_parameters(_k: usize, _d: usize) -> usize {
        1
    }
}
