//! A perturbed optimum, to probe its basin of attraction: from how far does EM come back?
//!
//! μ_k′ = μ_k + δ L_k u_k with u_k uniform on the unit sphere and Σ_k = L_k L_kᵀ: each mean moves by exactly δ in units of
//! its own covariance (Mahalanobis). Σ_k′ = e^{s z_k} Σ_k with z_k standard normal: the volume changes, shape and
//! orientation stay. Weights stay. The law of the start, not a single draw of it, is equivariant under affine maps.

use super::{Start, StartError};
use crate::factors::{displace, factors};
use crate::parameters::MixtureParameters;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// How far an optimum is moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perturbation {
    /// δ, the distance by which every mean moves, in units of its component's covariance.
    pub shift: f64,
    /// s, the standard deviation of the logarithm of the factor of every covariance.
    pub spread: f64,
}

/// `parameters`, moved. No pass. A covariance without a factor is a breakdown.
pub fn perturbed(
    parameters: &MixtureParameters,
    perturbation: Perturbation,
    rng: &mut impl Rng,
) -> Result<Start, StartError> {
    let d = parameters.dimension();
    let factors = factors(parameters)?;
    let mut moved = parameters.clone();
    for (k, factor) in factors.chunks_exact(d * d).enumerate() {
        let mut direction: Vec<f64> = (0..d).map(|_| rng.sample(StandardNormal)).collect();
        let length = direction.iter().map(|value| value * value).sum::<f64>().sqrt();
        for value in &mut direction {
            *value *= perturbation.shift / length;
        }
        displace(parameters.mean(k), factor, &direction, &mut moved.means[k * d..(k + 1) * d]);
        let scale = (perturbation.spread * rng.sample::<f64, _>(StandardNormal)).exp();
        for value in &mut moved.covariances[k * d * d..(k + 1) * d * d] {
            *value *= scale;
        }
    }
    Ok(Start { parameters: moved, passes: 0, labels: None })
}
