//! VEV: one shape, volumes and orientations of their own. With W_k = D_k Ω_k D_kᵀ the maximiser keeps each D_k; volumes and
//! the common shape follow from the eigenvalues as in VEI from the diagonals.

use super::vei::alternate;
use super::{CovarianceStructure, algebra};
use crate::gaussian::Matrices;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Full covariances of equal shape.
#[derive(Clone, Debug)]
pub struct Vev {
    shape: Vec<f64>,
    volumes: Vec<f64>,
    values: Vec<f64>,
    orientations: Vec<f64>,
}

impl CovarianceStructure for Vev {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "VEV";

    fn new(k: usize, d: usize) -> Self {
        Self {
            shape: vec![1.0; d],
            volumes: vec![0.0; k],
            values: vec![0.0; k * d],
            orientations: vec![0.0; k * d * d],
        }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.shape.len();
        for (k, scatter) in scatters.chunks_exact_mut(d * d).enumerate() {
            let vectors = &mut self.orientations[k * d * d..(k + 1) * d * d];
            algebra::eigen(scatter, &mut self.values[k * d..(k + 1) * d], vectors, d);
        }
        let values = &self.values;
        alternate(counts, &mut self.volumes, &mut self.shape, |k, j| values[k * d + j]);
        for (k, covariance) in covariances.chunks_exact_mut(d * d).enumerate() {
            let vectors = &self.orientations[k * d * d..(k + 1) * d * d];
            algebra::write_oriented(covariance, self.volumes[k], &self.shape, vectors);
        }
    }

    fn start_from(&mut self, previous: &Self) {
        self.shape.copy_from_slice(&previous.shape);
    }

    fn prior(_k: usize, _d: usize, _nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: 0.0, scale: PriorScale::Full(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k + d - 1 + k * d * (d - 1) / 2
    }
}
