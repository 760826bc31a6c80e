//! Where the E-step runs.
//!
//! Rows are dealt into fixed *lanes* (at most [`MAX_LANES`], from the number of batches alone), each lane sums its batches
//! in order, and the lanes are added in order. So the order of every sum depends on n only, and the result is bitwise the
//! same for any number of threads.

mod chosen;
mod lanes;
mod serial;
mod threads;

pub use chosen::Chosen;
pub use lanes::{MAX_LANES, lane_count};
pub use serial::Serial;
pub use threads::Threads;

use crate::batch::Dataset;
use crate::failure::Interrupted;

/// Runs the E-step over a data set.
pub trait Reducer<M> {
    /// Makes the working memory for `model`; called before the first pass and whenever the model's shape changed.
    fn prepare(&mut self, model: &M, data: &impl Dataset);
    /// Overwrites `total` with the statistics and returns the sum of the objective over all rows.
    fn reduce(&mut self, model: &M, data: &impl Dataset, total: &mut [f64]) -> Result<f64, Interrupted>;
}
