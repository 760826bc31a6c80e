//! Lower factors Σ_k = L_k L_kᵀ of stated covariances, for those who move or draw points in units of a component.

use crate::parameters::MixtureParameters;
use em::{Breakdown, BreakdownKind, SingularCovariance};
use linalg::{SpdFactor, diagnosis};

/// L_k of every component, K × d × d. A covariance without a factor is the breakdown that it is anywhere else, its
/// relative pivot 0.
pub(crate) fn factors(parameters: &MixtureParameters) -> Result<Vec<f64>, Breakdown> {
    let d = parameters.dimension();
    let mut factors = parameters.covariances.clone();
    let mut work = SpdFactor::new(d);
    for (k, factor) in factors.chunks_exact_mut(d * d).enumerate() {
        if !work.factor(factor) {
            return Err(Breakdown { component: Some(k), kind: kind(parameters.covariance(k), d) });
        }
    }
    Ok(factors)
}

fn kind(covariance: &[f64], d: usize) -> BreakdownKind {
    let Some(spectrum) = diagnosis::spectrum(covariance, d) else {
        return BreakdownKind::NonFinite { what: "covariance", row: None };
    };
    BreakdownKind::SingularCovariance(Box::new(SingularCovariance {
        smallest_eigenvalue: spectrum.smallest(),
        largest_eigenvalue: spectrum.largest(),
        smallest_relative_pivot: 0.0,
        effective_count: None,
        direction: spectrum.direction,
        covariance: covariance.to_vec(),
    }))
}

/// μ_k + L_k z into `out` (d).
pub(crate) fn displace(mean: &[f64], factor: &[f64], z: &[f64], out: &mut [f64]) {
    let d = mean.len();
    for (i, value) in out.iter_mut().enumerate() {
        *value = mean[i] + (0..=i).map(|j| factor[i * d + j] * z[j]).sum::<f64>();
    }
}
