//! Kinds of start, one file per family.
//!
//! A start states weights, means and covariances explicitly; nothing about it hides in the policy. It is made by a
//! *location rule* (which rows, which responsibilities: the only random part) and, for point-type starts, a covariance.
//!
//! | file | starts | passes |
//! |---|---|---|
//! | `points` | rows as means, with a [`PointCovariance`] | 0; pooled within nearest points: 1 |
//! | `plus_plus` | k-means++ rows, plain or greedy | those of the seeding, of the covariance |
//! | `exhaustive` | numbering of all pairs and triples of rows | those of `points` |
//! | `responsibilities` | Dirichlet responsibilities | 1 |
//! | `random_partition` | every row to a uniform component | 1 |
//! | `partition` | k-means | those of the seeding and of Lloyd's algorithm, and 1 |
//! | `em_em`, `rnd_em`, `cem`, `sem` | the best of several [`Search`]es | the sum over all runs, failed ones too |
//! | `given` | parameters, responsibilities, labels of the user | 0, 1, 1 |
//! | `truth` | labels or parameters that made the data | 1, 0 |
//! | `perturbed` | an optimum, moved | 0 |
//!
//! A *pass* is the unit in which starts are compared at equal budget: n rows against K components, be it densities
//! with or without the sums of an M-step (one iteration of EM, of CEM, of SEM), distances, or an M-step of its own. What is
//! known before any start (the total covariance) is free. Nothing is redrawn: what cannot be made is a [`StartError`].

mod cem;
mod em_em;
mod exhaustive;
pub(crate) mod given;
mod joint;
mod partition;
mod perturbed;
mod plus_plus;
mod points;
mod random_partition;
mod responsibilities;
mod rnd_em;
mod search;
mod sem;
mod truth;

pub use cem::{Cem, cem};
pub use em_em::{EmEm, em_em};
pub use exhaustive::{all_pairs, all_triples, pair, triple};
pub use given::{GivenError, given_labels, given_parameters, given_responsibilities};
pub use partition::k_means_partition;
pub use perturbed::{Perturbation, perturbed};
pub use plus_plus::{Seeding, plus_plus_points};
pub use points::{PointCovariance, points, points_in, random_points};
pub use random_partition::random_partition;
pub use responsibilities::random_responsibilities;
pub use rnd_em::{RndEm, rnd_em};
pub use search::{Found, Search};
pub use sem::{Sem, sem};
pub use truth::{Truth, truth};

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
    /// No short run of a search came to an end.
    #[error("all {runs} short runs broke down (after {passes} passes); the last: {last}")]
    EveryRunFailed {
        /// Number of short runs.
        runs: u32,
        /// Passes over the data that they took.
        passes: u32,
        /// How the last of them ended.
        last: Breakdown,
    },
    /// What the user gave is no start for these data.
    #[error(transparent)]
    Given(#[from] GivenError),
    /// The data could not be read.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl StartError {
    /// The name under which the error is recorded.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooFewDistinctRows(_) => "too_few_distinct_rows",
            Self::Breakdown(breakdown) => breakdown.kind.name(),
            Self::EveryRunFailed { .. } => "every_run_failed",
            Self::Given(_) => "given_start",
            Self::Interrupted(_) => "interrupted",
        }
    }
}
