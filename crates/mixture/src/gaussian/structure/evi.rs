//! EVI: diagonal covariances of one volume, shapes of their own: λ = Σ_k |diag W_k|^{1/d} / n, A_k = diag W_k / |diag W_k|^{1/d}.

use super::{CovarianceStructure, algebra};
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Diagonal covariances of equal volume.
#[derive(Clone, Debug)]
pub struct Evi {
    shape: Vec<f64>,
}

impl CovarianceStructure for Evi {
    const NAME: &'static str = "EVI";

    fn new(_k: usize, d: usize) -> Self {
        Self { shape: vec![0.0; d] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.shape.len();
        let n: f64 = counts.iter().sum();
        let volumes = scatters.chunks_exact(d * d).map(|w| algebra::geometric_mean(algebra::diagonal(w, d), d));
        let volume = volumes.sum::<f64>() / n;
        for (covariance, scatter) in covariances.chunks_exact_mut(d * d).zip(scatters.chunks_exact(d * d)) {
            for (shape, value) in self.shape.iter_mut().zip(algebra::diagonal(scatter, d)) {
                *shape = value;
            }
            algebra::normalise(&mut self.shape);
            algebra::write_diagonal(covariance, volume, &self.shape);
        }
    }

    fn prior(k: usize, _d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + 2.0) / k as f64, scale: PriorScale::Isotropic(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        1 + k * (d - 1)
    }
}
