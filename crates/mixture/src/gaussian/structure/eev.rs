//! EEV: one volume and shape, orientations of their own. With W_k = D_k Ω_k D_kᵀ (eigenvalues in descending order) the
//! maximiser keeps each D_k and pools the eigenvalues: λ A = Σ_k Ω_k / n.

use super::{CovarianceStructure, algebra};
use crate::gaussian::Matrices;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Full covariances of equal volume and shape.
#[derive(Clone, Debug)]
pub struct Eev {
    values: Vec<f64>,
    pooled: Vec<f64>,
    orientations: Vec<f64>,
}

impl CovarianceStructure for Eev {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "EEV";

    fn new(k: usize, d: usize) -> Self {
        Self { values: vec![0.0; d], pooled: vec![0.0; d], orientations: vec![0.0; k * d * d] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.values.len();
        self.pooled.fill(0.0);
        for (scatter, vectors) in scatters.chunks_exact_mut(d * d).zip(self.orientations.chunks_exact_mut(d * d)) {
            algebra::eigen(scatter, &mut self.values, vectors, d);
            for (sum, value) in self.pooled.iter_mut().zip(&self.values) {
                *sum += value;
            }
        }
        let volume = 1.0 / counts.iter().sum::<f64>();
        for (covariance, vectors) in covariances.chunks_exact_mut(d * d).zip(self.orientations.chunks_exact(d * d)) {
            algebra::write_oriented(covariance, volume, &self.pooled, vectors);
        }
    }

    fn prior(k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + d as f64 + 2.0) / k as f64, scale: PriorScale::Full(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        d + k * d * (d - 1) / 2
    }
}
