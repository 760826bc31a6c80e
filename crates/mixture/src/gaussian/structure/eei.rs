//! EEI: one diagonal covariance for all components, diag(Σ_k W_k) / n (tied-diag).

use super::CovarianceStructure;
use crate::gaussian::Diagonals;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// One diagonal covariance for all.
#[derive(Clone, Debug)]
pub struct Eei {
    variances: Vec<f64>,
}

impl CovarianceStructure for Eei {
    type Emission = Diagonals<Self>;
    const NAME: &'static str = "EEI";

    fn new(_k: usize, d: usize) -> Self {
        Self { variances: vec![0.0; d] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.variances.len();
        let n: f64 = counts.iter().sum();
        for (j, variance) in self.variances.iter_mut().enumerate() {
            *variance = scatters.iter().skip(j).step_by(d).sum::<f64>() / n;
        }
        for covariance in covariances.chunks_exact_mut(d) {
            covariance.copy_from_slice(&self.variances);
        }
    }

    fn prior(k: usize, _d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + k as f64 + 2.0) / k as f64, scale: PriorScale::Isotropic(1.0 / k as f64) })
    }

    fn covariance_parameters(_k: usize, d: usize) -> usize {
        d
    }
}
