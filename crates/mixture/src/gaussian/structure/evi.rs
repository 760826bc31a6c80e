//! EVI: diagonal covariances of one volume, shapes of their own: λ = Σ_k |diag W_k|^{1/d} / n, A_k = diag W_k / |diag W_k|^{1/d}.

use super::{CovarianceStructure, algebra};
use crate::gaussian::Diagonals;
use crate::gaussian::constraint::{PriorForm, PriorScale};

/// Diagonal covariances of equal volume.
#[derive(Clone, Copy, Debug)]
pub struct Evi {
    d: usize,
}

impl CovarianceStructure for Evi {
    type Emission = Diagonals<Self>;
    const NAME: &'static str = "EVI";

    fn new(_k: usize, d: usize) -> Self {
        Self { d }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        covariances.copy_from_slice(scatters);
        // What normalising divides the shapes by adds up to the volume.
        let volumes = covariances.chunks_exact_mut(self.d).map(algebra::normalise);
        let volume = volumes.sum::<f64>() / counts.iter().sum::<f64>();
        for variance in covariances {
            *variance *= volume;
        }
    }

    fn prior(k: usize, _d: usize, nu: f64) -> Option<PriorForm> {
        Some(PriorForm { power: (nu + 2.0) / k as f64, scale: PriorScale::Isotropic(1.0) })
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        1 + k * (d - 1)
    }
}
