//! A fitted mixture that is kept: what to write down, and what to do with it later.
//!
//! Scores are log p(x) = log Σ_k π_k f_k(x), classes argmax_k of the responsibilities π_k f_k(x) / p(x) (ties: the lowest
//! k), draws k ~ π, x = μ_k + L_k z. All covariances are written in full, whatever structure made them, so that reading one
//! back needs no structure. serde derives TOML and JSON; shortest decimal numbers are exact, but a reader must parse them
//! exactly (serde_json does with its feature `float_roundtrip`; without, the last bit may differ). Not here: files.

use crate::factors::{displace, factors};
use crate::gaussian::{Constraint, Full, Reference, Structure};
use crate::mixture::Mixture;
use crate::parameters::MixtureParameters;
use crate::start::{GivenError, Start, StartError, given_parameters};
use em::{Batch, Breakdown, LatentModel};
use linalg::{Level, Total};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// A fitted mixture as plain numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedMixture {
    /// Name of the covariance structure that was fitted, for example `full`: a label, the covariances say the rest.
    pub structure: String,
    /// Names of the d features, in the order of the parameters.
    pub columns: Vec<String>,
    /// Number of rows that were fitted.
    pub n: u64,
    /// log L of those rows.
    pub log_likelihood: f64,
    /// Weights, means, covariances. Last, because TOML wants tables behind values.
    pub parameters: MixtureParameters,
}

/// A fitted mixture cannot be used.
#[derive(Debug, Error)]
pub enum FittedError {
    /// Its numbers are no mixture.
    #[error("the fitted mixture is damaged: {0}")]
    Damaged(#[from] GivenError),
    /// A covariance has no factor.
    #[error("the fitted mixture has no density: {0}")]
    Breakdown(#[from] Breakdown),
    /// The data have another shape.
    #[error("{values} numbers are no rows of the {features} features of the fitted mixture")]
    Shape {
        /// Numbers given.
        values: usize,
        /// Features d.
        features: usize,
    },
}

/// Rows drawn from a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// Observations, n × d, row-major.
    pub x: Vec<f64>,
    /// Component of each row.
    pub labels: Vec<u32>,
}

impl FittedMixture {
    /// Number d of features.
    pub fn dimension(&self) -> usize {
        self.columns.len()
    }

    /// Number K of components.
    pub fn components(&self) -> usize {
        self.parameters.components()
    }

    /// The density, ready to evaluate. Any positive definite covariances will do: nothing is judged against data.
    pub fn model(&self, level: Level) -> Result<Mixture<Full>, FittedError> {
        self.check()?;
        let reference = Arc::new(Reference { singular: 0.0, ..Reference::new(self.total()?) });
        let (emission, _) = Full::from_parameters(&self.parameters, &reference, Constraint::None, level)?;
        Ok(Mixture::new(self.parameters.weights.clone(), emission))
    }

    /// Component of every row of `x` (m × d, row-major).
    pub fn predict(&self, x: &[f64], level: Level) -> Result<Vec<u32>, FittedError> {
        Ok(self.model(level)?.assign(self.batch(x)?))
    }

    /// Responsibilities of every row of `x` (m × d), m × K, row-major.
    pub fn responsibilities(&self, x: &[f64], level: Level) -> Result<Vec<f64>, FittedError> {
        Ok(self.model(level)?.responsibilities(self.batch(x)?))
    }

    /// log p of every row of `x` (m × d); −∞ where the density underflows to nothing.
    pub fn log_density(&self, x: &[f64], level: Level) -> Result<Vec<f64>, FittedError> {
        let (model, batch) = (self.model(level)?, self.batch(x)?);
        let mut out = vec![0.0; batch.rows()];
        let mut scratch = LatentModel::scratch(&model, batch.rows());
        model.row_log_density(batch, &mut out, &mut scratch);
        Ok(out)
    }

    /// `n` rows drawn from the mixture, each with its component.
    pub fn sample(&self, n: usize, rng: &mut impl Rng) -> Result<Draw, FittedError> {
        self.check()?;
        let (d, factors) = (self.dimension(), factors(&self.parameters)?);
        let mut draw = Draw { x: vec![0.0; n * d], labels: Vec::with_capacity(n) };
        let mut normal = vec![0.0; d];
        for row in draw.x.chunks_exact_mut(d) {
            let mut remaining = rng.random::<f64>();
            let drawn = self.parameters.weights.iter().position(|weight| {
                remaining -= weight;
                remaining < 0.0
            });
            // Rounding can leave the sum of the weights below the number drawn.
            let k = drawn.unwrap_or(self.components() - 1);
            normal.fill_with(|| rng.sample(StandardNormal));
            displace(self.parameters.mean(k), &factors[k * d * d..(k + 1) * d * d], &normal, row);
            #[expect(clippy::cast_possible_truncation, reason = "an index of a component")]
            draw.labels.push(k as u32);
        }
        Ok(draw)
    }

    /// The start at this mixture, for data with the same features.
    pub fn start(&self) -> Result<Start, StartError> {
        given_parameters(self.parameters.clone(), self.components(), self.dimension())
    }

    fn check(&self) -> Result<(), GivenError> {
        crate::start::given::check(&self.parameters, self.components(), self.dimension())
    }

    fn batch<'a>(&self, x: &'a [f64]) -> Result<Batch<'a>, FittedError> {
        let d = self.dimension();
        if !x.len().is_multiple_of(d) {
            return Err(FittedError::Shape { values: x.len(), features: d });
        }
        Ok(Batch { x, dimension: d, weight: &[], first_row: 0 })
    }

    /// Mean and covariance of the mixture itself, Σ_k π_k (Σ_k + (μ_k − m)(μ_k − m)ᵀ): the units of its variables.
    fn total(&self) -> Result<Total, Breakdown> {
        let (d, parameters) = (self.dimension(), &self.parameters);
        let mut mean = vec![0.0; d];
        for (k, weight) in parameters.weights.iter().enumerate() {
            for (sum, value) in mean.iter_mut().zip(parameters.mean(k)) {
                *sum += weight * value;
            }
        }
        let mut covariance = vec![0.0; d * d];
        for (k, weight) in parameters.weights.iter().enumerate() {
            let (centre, within) = (parameters.mean(k), parameters.covariance(k));
            for i in 0..d * d {
                let (a, b) = (i / d, i % d);
                covariance[i] += weight * (within[i] + (centre[a] - mean[a]) * (centre[b] - mean[b]));
            }
        }
        let whole = MixtureParameters { weights: vec![1.0], means: mean.clone(), covariances: covariance.clone() };
        let factor = factors(&whole)?;
        let pivots = (0..d).map(|j| factor[j * d + j].powi(2)).collect();
        let scales = (0..d).map(|j| covariance[j * d + j].sqrt()).collect();
        Ok(Total { weight: self.n as f64, mean, covariance, pivots, scales })
    }
}
