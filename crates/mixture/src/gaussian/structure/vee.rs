//! VEE: covariances λ_k C of one shape and orientation. Alternates λ_k = tr(W_k C⁻¹) / (d N_k) and C ∝ Σ_k W_k / λ_k, each
//! the exact minimiser given the other, until nothing moves.

use super::{CovarianceStructure, RESTS, SWEEPS, algebra};
use crate::gaussian::Matrices;
use linalg::{SpdFactor, spd};

/// Covariances proportional to each other.
#[derive(Clone)]
pub struct Vee {
    /// C, determinant 1.
    common: Vec<f64>,
    volumes: Vec<f64>,
    factor: SpdFactor,
    lower: Vec<f64>,
    inverse: Vec<f64>,
    d: usize,
}

impl Vee {
    /// λ_k given C. Gives back the largest relative change of a volume; `None` if C has no factor.
    fn measure(&mut self, counts: &[f64], scatters: &[f64]) -> Option<f64> {
        let d = self.d;
        let mut moved: f64 = 0.0;
        self.lower.copy_from_slice(&self.common);
        if !self.factor.factor(&mut self.lower) {
            return None;
        }
        spd::invert_factor(&self.lower, &mut self.inverse, d);
        for ((volume, scatter), count) in self.volumes.iter_mut().zip(scatters.chunks_exact(d * d)).zip(counts) {
            // tr(C⁻¹ W) = Σ_i (row i of L⁻¹) W (row i of L⁻¹)ᵀ
            let mut trace = 0.0;
            for row in self.inverse.chunks_exact(d) {
                for a in 0..d {
                    let inner: f64 = row.iter().zip(&scatter[a * d..]).map(|(x, w)| x * w).sum();
                    trace += row[a] * inner;
                }
            }
            let now = trace / (d as f64 * count);
            moved = moved.max((now / *volume - 1.0).abs());
            *volume = now;
        }
        Some(moved)
    }
}

impl CovarianceStructure for Vee {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "VEE";

    fn new(k: usize, d: usize) -> Self {
        let mut common = vec![0.0; d * d];
        algebra::write_identity(&mut common, d);
        let square = vec![0.0; d * d];
        Self { common, volumes: vec![0.0; k], factor: SpdFactor::new(d), lower: square.clone(), inverse: square, d }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.d;
        for _ in 0..SWEEPS {
            if !self.measure(counts, scatters).is_some_and(|moved| moved > RESTS) {
                break;
            }
            self.common.fill(0.0);
            for (scatter, volume) in scatters.chunks_exact(d * d).zip(&self.volumes) {
                for (sum, w) in self.common.iter_mut().zip(scatter) {
                    *sum += w / volume;
                }
            }
            self.lower.copy_from_slice(&self.common);
            if !self.factor.factor(&mut self.lower) {
                break;
            }
            let root = (2.0 * spd::half_log_determinant(&self.lower, d) / d as f64).exp();
            self.common.iter_mut().for_each(|value| *value /= root);
        }
        for (covariance, volume) in covariances.chunks_exact_mut(d * d).zip(&self.volumes) {
            for (value, c) in covariance.iter_mut().zip(&self.common) {
                *value = volume * c;
            }
        }
    }

    fn start_from(&mut self, previous: &Self) {
        self.common.copy_from_slice(&previous.common);
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        k - 1 + d * (d + 1) / 2
    }
}
