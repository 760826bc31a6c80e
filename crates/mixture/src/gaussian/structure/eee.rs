//! EEE: one covariance for all components, Σ = Σ_k W_k / n (scikit-learn: tied).

use super::{CovarianceStructure, algebra};
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// One full covariance for all.
#[derive(Clone, Debug)]
pub struct Eee {
    pooled: Vec<f64>,
    d: usize,
}

impl CovarianceStructure for Eee {
    const NAME: &'static str = "EEE";
    const FREE_EIGENVALUES: bool = true;

    fn new(_k: usize, d: usize) -> Self {
        Self { pooled: vec![0.0; d * d], d }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        algebra::pool(scatters, self.d, &mut self.pooled);
        let n: f64 = counts.iter().sum();
        self.pooled.iter_mut().for_each(|value| *value /= n);
        for covariance in covariances.chunks_exact_mut(self.d * self.d) {
            covariance.copy_from_slice(&self.pooled);
        }
    }

    fn prior(k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + k as f64 + d as f64 + 1.0) / k as f64, scale: PriorScale::Full(1.0 / k as f64) })
    }

    fn covariance_parameters(_k: usize, d: usize) -> usize {
        d * (d + 1) / 2
    }
}
