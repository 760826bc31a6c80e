//! VVE: one orientation D, volumes and shapes of their own (common principal components). Given D the maximiser is
//! λ_k A_k = diag(Dᵀ W_k D) / N_k; given those, D is improved by plane rotations, each exact in its plane. So the M-step
//! never decreases the likelihood (the peer's does: mclust's VVE falls as EM goes on).

use super::{CovarianceStructure, RESTS, SWEEPS, algebra};
use crate::gaussian::Matrices;

/// Full covariances of equal orientation.
#[derive(Clone, Debug)]
pub struct Vve {
    common: Common,
}

impl CovarianceStructure for Vve {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "VVE";

    fn new(k: usize, d: usize) -> Self {
        Self { common: Common::new(k, d) }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let divide = |moments: &[f64], variances: &mut [f64]| {
            let d = moments.len() / counts.len();
            for (i, (variance, moment)) in variances.iter_mut().zip(moments).enumerate() {
                *variance = moment / counts[i / d];
            }
        };
        self.common.iterate(scatters, divide);
        self.common.write(covariances);
    }

    fn start_from(&mut self, previous: &Self) {
        self.common.start_from(&previous.common);
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k * d + d * (d - 1) / 2
    }
}

/// Below this share of a component's largest moment, the smallest is the rounding of rotations. Turning D further would
/// chase it, below zero and back to something finite that is no estimate; who judges the covariance calls it singular.
const FLAT: f64 = 1e-13;

/// Whether the smallest moment of a component cannot be told from rounding.
fn flat(moments: &[f64]) -> bool {
    let largest = moments.iter().copied().fold(0.0, f64::max);
    moments.iter().any(|moment| !(*moment > FLAT * largest))
}

/// The common orientation and the variances along its axes. Shared with EVE.
#[derive(Clone, Debug)]
pub(super) struct Common {
    /// D; all zero until the first estimate.
    orientation: Vec<f64>,
    /// λ_k A_k, k × d.
    variances: Vec<f64>,
    /// diag(Dᵀ W_k D), k × d.
    moments: Vec<f64>,
    /// Dᵀ W_k D, k × d × d.
    rotated: Vec<f64>,
    work: Vec<f64>,
    d: usize,
}

impl Common {
    pub(super) fn new(k: usize, d: usize) -> Self {
        Self {
            orientation: vec![0.0; d * d],
            variances: vec![1.0; k * d],
            moments: vec![0.0; k * d],
            rotated: vec![0.0; k * d * d],
            work: vec![0.0; d * d],
            d,
        }
    }

    pub(super) fn start_from(&mut self, previous: &Self) {
        self.orientation.copy_from_slice(&previous.orientation);
        if self.known() {
            algebra::orthonormalise(&mut self.orientation, self.d);
        }
    }

    /// Whether there was an estimate before.
    fn known(&self) -> bool {
        self.orientation.iter().any(|value| *value != 0.0)
    }

    /// Alternates variances and orientation; `divide` writes the best variances for the moments diag(Dᵀ W_k D).
    pub(super) fn iterate(&mut self, scatters: &[f64], divide: impl Fn(&[f64], &mut [f64])) {
        let d = self.d;
        if !self.known() {
            // The first estimate starts from the eigenvectors of the pooled scatter.
            algebra::pool(scatters, d, &mut self.work);
            algebra::eigen(&mut self.work, &mut self.moments[..d], &mut self.orientation, d);
        }
        for (scatter, rotated) in scatters.chunks_exact(d * d).zip(self.rotated.chunks_exact_mut(d * d)) {
            algebra::seen_from(&self.orientation, scatter, rotated, &mut self.work, d);
        }
        for _ in 0..SWEEPS {
            for (k, rotated) in self.rotated.chunks_exact(d * d).enumerate() {
                for (moment, value) in self.moments[k * d..].iter_mut().zip(algebra::diagonal(rotated, d)) {
                    *moment = value;
                }
            }
            divide(&self.moments, &mut self.variances);
            if self.moments.chunks_exact(d).any(flat) {
                break;
            }
            if !(algebra::rotate_common(&mut self.rotated, &self.variances, &mut self.orientation, d) > RESTS) {
                break;
            }
        }
    }

    pub(super) fn write(&self, covariances: &mut [f64]) {
        let d = self.d;
        for (covariance, variances) in covariances.chunks_exact_mut(d * d).zip(self.variances.chunks_exact(d)) {
            algebra::write_oriented(covariance, 1.0, variances, &self.orientation);
        }
    }
}
