//! Random hard partition: every row to a component drawn uniformly, then one M-step. Redner & Walker 1984 (key
//! `redner1984`) and McLachlan & Peel 2000 (key `mclachlan2000`), section 2.12, name it among the usual starts.
//!
//! All components begin near the total mean and covariance. A component that draws no row is the breakdown
//! `EmptyComponent`: nothing is redrawn.

use super::responsibilities::from_labels;
use super::{Start, StartError};
use em::Batch;
use rand::{Rng, RngExt};

/// Draws the components of the rows of `data` and takes the weights, means and covariances of the groups: one pass.
pub fn random_partition(data: Batch<'_>, k: usize, rng: &mut impl Rng) -> Result<Start, StartError> {
    let components = u32::try_from(k).expect("components are counted in 32 bits");
    let labels: Vec<u32> = (0..data.rows()).map(|_| rng.random_range(0..components)).collect();
    let parameters = from_labels(data, k, &labels)?;
    Ok(Start { parameters, passes: 1, labels: Some(labels) })
}
