//! Kinds of start.
//!
//! A start states weights, means and covariances explicitly; nothing about it hides in the policy. It is made by a
//! *location rule* (which rows, which responsibilities: the only random part) and, for point-type starts, a covariance.

mod partition;
mod points;
mod responsibilities;

pub use partition::k_means_partition;
pub use points::{PointCovariance, all_pairs, pair, points};
pub use responsibilities::random_responsibilities;

use crate::parameters::MixtureParameters;
use em::{Breakdown, Interrupted};
use kmeans::TooFewDistinctRows;
use thiserror::Error;

/// θ₀, and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Weights, means, covariances.
    pub parameters: MixtureParameters,
    /// Passes over the data that making it took.
    pub passes: u32,
    /// Component of every row, where the start is a hard partition.
    pub labels: Option<Vec<u32>>,
}

/// No start can be made.
#[derive(Debug, Error)]
pub enum StartError {
    /// Fewer distinct rows than components.
    #[error(transparent)]
    TooFewDistinctRows(#[from] TooFewDistinctRows),
    /// A component of the start is empty (k-means lost a cluster, or responsibilities vanished).
    #[error("the start broke down: {0}")]
    Breakdown(#[from] Breakdown),
    /// The data could not be read.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}
