//! EEE: one covariance for all components, Σ = Σ_k W_k / n (scikit-learn: tied).

use super::CovarianceStructure;
use crate::gaussian::Shared;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// One full covariance for all.
#[derive(Clone, Copy, Debug)]
pub struct Eee;

impl CovarianceStructure for Eee {
    type Emission = Shared<Self>;
    const NAME: &'static str = "EEE";
    const FREE_EIGENVALUES: bool = true;

    fn new(_k: usize, _d: usize) -> Self {
        Self
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let n: f64 = counts.iter().sum();
        for (covariance, scatter) in covariances.iter_mut().zip(scatters) {
            *covariance = *scatter / n;
        }
    }

    fn prior(k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + k as f64 + d as f64 + 1.0) / k as f64, scale: PriorScale::Full(1.0 / k as f64) })
    }

    fn covariance_parameters(_k: usize, d: usize) -> usize {
        d * (d + 1) / 2
    }
}
