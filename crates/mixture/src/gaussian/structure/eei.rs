//! EEI: one diagonal covariance for all components, diag(Σ_k W_k) / n (tied-diag).

use super::{CovarianceStructure, algebra};
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// One diagonal covariance for all.
#[derive(Clone, Debug)]
pub struct Eei {
    pooled: Vec<f64>,
    variances: Vec<f64>,
}

impl CovarianceStructure for Eei {
    const NAME: &'static str = "EEI";

    fn new(_k: usize, d: usize) -> Self {
        Self { pooled: vec![0.0; d * d], variances: vec![0.0; d] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.variances.len();
        algebra::pool(scatters, d, &mut self.pooled);
        for (variance, sum) in self.variances.iter_mut().zip(algebra::diagonal(&self.pooled, d)) {
            *variance = sum;
        }
        let n: f64 = counts.iter().sum();
        for covariance in covariances.chunks_exact_mut(d * d) {
            algebra::write_diagonal(covariance, 1.0 / n, &self.variances);
        }
    }

    fn prior(k: usize, _d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + k as f64 + 2.0) / k as f64, scale: PriorScale::Isotropic(1.0 / k as f64) })
    }

    fn covariance_parameters(_k: usize, d: usize) -> usize {
        d
    }
}
