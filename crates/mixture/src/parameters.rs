//! Weights, means and covariances as plain numbers: how starts are stated and ends are recorded.

use serde::{Deserialize, Serialize};

/// The parameters of a Gaussian mixture with K components in d dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureParameters {
    /// Mixing weights, K.
    pub weights: Vec<f64>,
    /// Means, K × d, row-major.
    pub means: Vec<f64>,
    /// Covariances, K × d × d.
    pub covariances: Vec<f64>,
}

impl MixtureParameters {
    /// Number K of components.
    pub fn components(&self) -> usize {
        self.weights.len()
    }

    /// Number d of features.
    pub fn dimension(&self) -> usize {
        self.means.len() / self.components()
    }

    /// Mean of component `k`, d.
    pub fn mean(&self, k: usize) -> &[f64] {
        let d = self.dimension();
        &self.means[k * d..(k + 1) * d]
    }

    /// Covariance of component `k`, d × d.
    pub fn covariance(&self, k: usize) -> &[f64] {
        let size = self.dimension() * self.dimension();
        &self.covariances[k * size..(k + 1) * size]
    }
}
