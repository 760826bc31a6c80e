//! k-means++ rows as means, plain or greedy (Arthur & Vassilvitskii 2007, key `arthur2007`), with a covariance of choice.

use super::points::{PointCovariance, points_in};
use super::{Start, StartError};
use em::Batch;
use kmeans::{greedy_candidates, plus_plus, plus_plus_greedy, seeding_passes};
use linalg::{Level, Total};
use rand::Rng;

/// How k-means++ draws each new row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeding {
    /// One row, in proportion to D².
    Plain,
    /// The best of 2 + ⌊ln k⌋ such rows (scikit-learn's).
    Greedy,
}

/// Rows of `data` by k-means++ as means. Passes: k − 1 times n distances per candidate, in units of n·k and rounded up, and
/// those of the covariance.
pub fn plus_plus_points(
    data: Batch<'_>,
    k: usize,
    seeding: Seeding,
    covariance: PointCovariance,
    total: &Total,
    level: Level,
    rng: &mut impl Rng,
) -> Result<Start, StartError> {
    let (rows, candidates) = match seeding {
        Seeding::Plain => (plus_plus(data.x, data.dimension, k, level, rng)?, 1),
        Seeding::Greedy => (plus_plus_greedy(data.x, data.dimension, k, level, rng)?, greedy_candidates(k)),
    };
    let start = points_in(data, &rows, covariance, total);
    Ok(Start { passes: start.passes + seeding_passes(k, candidates), ..start })
}
