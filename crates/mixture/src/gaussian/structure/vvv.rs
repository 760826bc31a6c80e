//! VVV: every component its own covariance, Σ_k = W_k / N_k (scikit-learn: full).

use super::CovarianceStructure;
use crate::gaussian::Matrices;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Full covariances.
#[derive(Clone, Copy, Debug)]
pub struct Vvv;

impl CovarianceStructure for Vvv {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "VVV";
    const FREE_EIGENVALUES: bool = true;
    const UNCONSTRAINED: bool = true;

    fn new(_k: usize, _d: usize) -> Self {
        Self
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let size = scatters.len() / counts.len();
        for ((covariance, scatter), count) in
            covariances.chunks_exact_mut(size).zip(scatters.chunks_exact(size)).zip(counts)
        {
            for (value, w) in covariance.iter_mut().zip(scatter) {
                *value = w / count;
            }
        }
    }

    fn prior(_k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: nu + d as f64 + 2.0, scale: PriorScale::Full(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k * d * (d + 1) / 2
    }
}
