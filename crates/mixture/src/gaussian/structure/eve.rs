//! EVE: one volume and orientation D, shapes of their own. Given D: A_k = diag(Dᵀ W_k D) / |·|^{1/d} and
//! λ = Σ_k |diag(Dᵀ W_k D)|^{1/d} / n; D is improved by plane rotations as in VVE.

use super::vve::Common;
use super::{CovarianceStructure, algebra};
use crate::gaussian::Matrices;

/// Full covariances of equal volume and orientation.
#[derive(Clone, Debug)]
pub struct Eve {
    common: Common,
}

impl CovarianceStructure for Eve {
    type Emission = Matrices<Self>;
    const NAME: &'static str = "EVE";

    fn new(k: usize, d: usize) -> Self {
        Self { common: Common::new(k, d) }
    }

    fn estimate(&mut self, counts: &[f64], scatters: &mut [f64], covariances: &mut [f64]) {
        let n: f64 = counts.iter().sum();
        let divide = |moments: &[f64], variances: &mut [f64]| {
            let d = moments.len() / counts.len();
            variances.copy_from_slice(moments);
            let volume = variances.chunks_exact_mut(d).map(algebra::normalise).sum::<f64>() / n;
            for variance in variances {
                *variance *= volume;
            }
        };
        self.common.iterate(scatters, divide);
        self.common.write(covariances);
    }

    fn start_from(&mut self, previous: &Self) {
        self.common.start_from(&previous.common);
    }

    fn covariance_parameters(k: usize, d: usize) -> usize {
        1 + k * (d - 1) + d * (d - 1) / 2
    }
}
