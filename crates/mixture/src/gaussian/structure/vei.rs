//! VEI: diagonal covariances λ_k A of one shape. Alternates λ_k = tr(W_k A⁻¹) / (d N_k) and A ∝ diag(Σ_k W_k / λ_k), each
//! the exact minimiser given the other, until nothing moves.

use super::{CovarianceStructure, RESTS, SWEEPS, algebra};
use crate::gaussian::Diagonals;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Diagonal covariances of equal shape.
#[derive(Clone, Debug)]
pub struct Vei {
    shape: Vec<f64>,
    volumes: Vec<f64>,
}

impl CovarianceStructure for Vei {
    type Emission = Diagonals<Self>;
    const NAME: &'static str = "VEI";

    fn new(k: usize, d: usize) -> Self {
        Self { shape: vec![1.0; d], volumes: vec![0.0; k] }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.shape.len();
        alternate(counts, &mut self.volumes, &mut self.shape, |k, j| scatters[k * d + j]);
        for (covariance, volume) in covariances.chunks_exact_mut(d).zip(&self.volumes) {
            for (variance, shape) in covariance.iter_mut().zip(&self.shape) {
                *variance = volume * shape;
            }
        }
    }

    fn start_from(&mut self, previous: &Self) {
        self.shape.copy_from_slice(&previous.shape);
    }

    fn prior(_k: usize, d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + 3.0) / d as f64, scale: PriorScale::Isotropic(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k + d - 1
    }
}

/// Volumes λ_k and a common diagonal shape A (determinant 1) for the diagonal moments m_kj: minimises
/// Σ_k [d N_k log λ_k + Σ_j m_kj / (λ_k a_j)]. Shared with VEV, whose moments are eigenvalues.
pub(super) fn alternate(counts: &[f64], volumes: &mut [f64], shape: &mut [f64], moments: impl Fn(usize, usize) -> f64) {
    let d = shape.len();
    for _ in 0..SWEEPS {
        let mut moved: f64 = 0.0;
        for (k, (volume, count)) in volumes.iter_mut().zip(counts).enumerate() {
            let now = (0..d).map(|j| moments(k, j) / shape[j]).sum::<f64>() / (d as f64 * count);
            moved = moved.max((now / *volume - 1.0).abs());
            *volume = now;
        }
        if !(moved > RESTS) {
            break;
        }
        for (j, value) in shape.iter_mut().enumerate() {
            *value = volumes.iter().enumerate().map(|(k, volume)| moments(k, j) / volume).sum();
        }
        algebra::normalise(shape);
    }
}
