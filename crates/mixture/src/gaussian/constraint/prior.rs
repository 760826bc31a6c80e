//! The conjugate prior of mclust (Fraley & Raftery 2007, key `fraley2007`), so that EM ends at a posterior mode.
//!
//! log p(θ) = −½ Σ_k [a log |Σ_k| + κ (μ_k − m)ᵀ Σ_k⁻¹ (μ_k − m) + tr(Σ_k⁻¹ Λ)] + constant; weights have no prior. The M-step is
//! that of the structure with N_k + a for N_k and W_k + κN_k/(κ+N_k) (x̄_k − m)(x̄_k − m)ᵀ + Λ for the scatter W_k, and
//! μ_k = (N_k x̄_k + κ m)/(κ + N_k). So for VVV, Σ_k = (…)/(N_k + ν + d + 2).
//!
//! Hyperparameters are mclust's defaults: κ = 0.01, m the column means, ν = d + 2, and V = var(X)/K^{2/d} (divisor n − 1), of which
//! diagonal and spherical structures take only ς² = tr(V)/d. What a structure makes of a and Λ stands in its own file
//! ([`PriorForm`]). Models that share volume, shape or orientation have V or ς² added to every W_k, as in mclust, but EEE, EEI
//! and EII once in all; the powers a of EVI, EEV, VEI and VEV (0) are those of mclust 6.0, found by measurement. Two
//! differences from that version: it leaves the means of EEI unshrunk (with a = (ν+2)/K), and ς² out of EII's sum; here both
//! are as published.

use linalg::{Total, spd};

/// What a structure makes of the prior.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriorForm {
    /// a, the power of |Σ_k|^{−1/2}.
    pub power: f64,
    /// Λ.
    pub scale: PriorScale,
}

/// Λ as a multiple of V.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PriorScale {
    /// This times V.
    Full(f64),
    /// This times ς² I.
    Isotropic(f64),
}

/// The prior of each component, up to a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// κ.
    shrinkage: f64,
    /// m, d.
    mean: Vec<f64>,
    /// a.
    power: f64,
    /// Λ, d × d.
    scale: Vec<f64>,
}

impl Prior {
    /// κ of mclust.
    pub const SHRINKAGE: f64 = 0.01;

    /// mclust's default degrees of freedom ν = d + 2.
    pub fn degrees(d: usize) -> f64 {
        d as f64 + 2.0
    }

    /// mclust's default for a sample with moments `total` and K = `k` components.
    pub fn new(total: &Total, k: usize, form: PriorForm) -> Self {
        let d = total.mean.len();
        let unbiased = total.weight / (total.weight - 1.0) / (k as f64).powf(2.0 / d as f64);
        let variance: f64 = total.covariance.iter().step_by(d + 1).sum::<f64>() / d as f64;
        let scale = match form.scale {
            PriorScale::Full(share) => total.covariance.iter().map(|value| value * unbiased * share).collect(),
            PriorScale::Isotropic(share) => {
                (0..d * d).map(|i| if i % (d + 1) == 0 { variance * unbiased * share } else { 0.0 }).collect()
            }
        };
        Self { shrinkage: Self::SHRINKAGE, mean: total.mean.clone(), power: form.power, scale }
    }

    /// Turns N, x̄ (d) and W (d × d) of a component into what its M-step takes under the prior, and x̄ into its mean.
    pub(crate) fn apply(&self, count: &mut f64, mean: &mut [f64], scatter: &mut [f64]) {
        let (d, n, kappa) = (mean.len(), *count, self.shrinkage);
        let strength = kappa * n / (kappa + n);
        for a in 0..d {
            for b in 0..d {
                let pull = strength * (mean[a] - self.mean[a]) * (mean[b] - self.mean[b]);
                scatter[a * d + b] += pull + self.scale[a * d + b];
            }
        }
        for (value, centre) in mean.iter_mut().zip(&self.mean) {
            // As a step from x̄, so that an offset of the data costs no digits.
            *value += kappa / (kappa + n) * (centre - *value);
        }
        *count += self.power;
    }

    /// As [`apply`](Self::apply) for a scatter along the axes: its diagonal (d), or the mean of that (one number).
    pub(crate) fn apply_along_axes(&self, count: &mut f64, mean: &mut [f64], scatter: &mut [f64]) {
        let (d, m, n, kappa) = (mean.len(), scatter.len(), *count, self.shrinkage);
        let strength = kappa * n / (kappa + n);
        for (j, (value, centre)) in mean.iter_mut().zip(&self.mean).enumerate() {
            let pull = strength * (*value - centre) * (*value - centre);
            scatter[j % m] += (pull + self.scale[j * (d + 1)]) * m as f64 / d as f64;
            *value += kappa / (kappa + n) * (centre - *value);
        }
        *count += self.power;
    }

    /// As [`log_density`](Self::log_density) for a covariance along the axes: `deviations` are d or one, `log_volume` is ½ log |Σ|.
    pub(crate) fn log_density_along_axes(&self, mean: &[f64], deviations: &[f64], log_volume: f64) -> f64 {
        let (d, m) = (mean.len(), deviations.len());
        let terms = mean.iter().zip(&self.mean).enumerate().map(|(j, (value, centre))| {
            let distance = (value - centre) / deviations[j % m];
            self.shrinkage * distance * distance + self.scale[j * (d + 1)] / deviations[j % m].powi(2)
        });
        -0.5 * (self.power * 2.0 * log_volume + terms.sum::<f64>())
    }

    /// The component's part of log p(θ), from its mean (d), factor L and L⁻¹ (d × d).
    pub(crate) fn log_density(&self, mean: &[f64], factor: &[f64], inverse: &[f64]) -> f64 {
        let d = mean.len();
        let (mut distance, mut trace) = (0.0, 0.0);
        for i in 0..d {
            let row = &inverse[i * d..=i * d + i];
            let along: f64 = row.iter().enumerate().map(|(j, value)| value * (mean[j] - self.mean[j])).sum();
            distance += along * along;
            for (a, value) in row.iter().enumerate() {
                trace += value * row.iter().zip(&self.scale[a * d..]).map(|(b, s)| b * s).sum::<f64>();
            }
        }
        -0.5 * (self.power * 2.0 * spd::half_log_determinant(factor, d) + self.shrinkage * distance + trace)
    }
}
