//! EVV: one volume, shapes and orientations of their own: C_k = W_k / |W_k|^{1/d}, λ = Σ_k |W_k|^{1/d} / n.

use super::CovarianceStructure;
use crate::gaussian::Matrices;
use linalg::{SpdFactor, spd};

/// Full covariances of equal volume.
#[derive(Clone)]
pub struct Evv {
    factor: SpdFactor,
    work: Vec<f64>,
    roots: Vec<f64>,
    d: usize,
}

impl CovarianceStructure for Evv {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "EVV";

    fn new(k: usize, d: usize) -> Self {
        Self { factor: SpdFactor::new(d), work: vec![0.0; d * d], roots: vec![0.0; k], d }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let d = self.d;
        // |W_k|^{1/d}; 0 where W_k is singular, so that its covariance comes out infinite and is refused.
        for (root, scatter) in self.roots.iter_mut().zip(scatters.chunks_exact(d * d)) {
            self.work.copy_from_slice(scatter);
            let positive = self.factor.factor(&mut self.work);
            *root = if positive { (2.0 * spd::half_log_determinant(&self.work, d) / d as f64).exp() } else { 0.0 };
        }
        let volume = self.roots.iter().sum::<f64>() / counts.iter().sum::<f64>();
        for ((covariance, scatter), root) in
            covariances.chunks_exact_mut(d * d).zip(scatters.chunks_exact(d * d)).zip(&self.roots)
        {
            for (value, w) in covariance.iter_mut().zip(scatter) {
                *value = volume * w / root;
            }
        }
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        1 + k * (d * (d + 1) / 2 - 1)
    }
}
