//! K densities at once.

use em::{Batch, Breakdown, Coordinates, Health};
use linalg::Level;
use linalg::kernels::Block;

/// The component densities f_1 … f_K of a mixture (or of the states of a hidden Markov model), all K at once: that is what
/// lets tied covariances be an ordinary implementation.
///
/// The first K statistics are the effective counts Σ w r, so that whoever owns the mixing weights can read them.
pub trait Emission: Coordinates + Clone + Send + Sync {
    /// Working memory of one lane.
    type Scratch: Send;

    /// Number K of components.
    fn components(&self) -> usize;
    /// Number d of features.
    fn dimension(&self) -> usize;
    /// An empty block as the kernels want it: its capacity, but no more than `rows` (at least one), and what points are measured
    /// from.
    fn block(&self, rows: usize) -> Block;
    /// Instruction set of the kernels.
    fn level(&self) -> Level;
    /// Length of the vector of statistics; its first K entries are the effective counts.
    fn stats_len(&self) -> usize;
    /// Working memory for a [`block`](Emission::block) of as many rows.
    fn scratch(&self, rows: usize) -> Self::Scratch;
    /// log f_k(x_i) into `out`: component after component, `block.stride()` numbers each.
    fn log_density(&self, block: &Block, out: &mut [f64], scratch: &mut Self::Scratch);
    /// Adds the statistics of the block with weighted responsibilities w r (layout as in `log_density`, zero in the padding).
    /// `scratch` is as `log_density` of the same block and parameters left it: what both need is made once.
    fn accumulate(&self, block: &Block, responsibilities: &[f64], stats: &mut [f64], scratch: &mut Self::Scratch);
    /// Whether what is negligible ([`linalg::kernels::NEGLIGIBLE`]) is nothing, so that it need not be computed; then
    /// [`accumulate`](Emission::accumulate) must neither see responsibilities of 0 nor how points are cut into blocks.
    fn skips(&self) -> bool {
        false
    }
    /// The E-step over a whole batch without what is negligible: adds to the statistics and gives back Σ w log p(x), both to the bit
    /// as block after block would have had them. `None` where that does not pay.
    fn accumulate_batch(
        &self,
        _batch: Batch<'_>,
        _log_weights: &[f64],
        _stats: &mut [f64],
        _scratch: &mut Self::Scratch,
    ) -> Option<f64> {
        None
    }
    /// Called after the last block, for kernels that accumulate in coordinates of their own.
    fn flush(&self, _stats: &mut [f64], _scratch: &mut Self::Scratch) {}
    /// M-step of the component parameters into `next`.
    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown>;
    /// The emission's part of Q(next; self) − Q(self; self).
    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Self::Scratch) -> f64;
    /// Pivots and condition at the current parameters (the count is the mixture's affair).
    fn health(&self) -> Health;
    /// Largest parameter change, in units of the total covariance.
    fn change(&self, next: &Self) -> f64;
    /// Whether the M-step never decreases the objective.
    fn monotone(&self) -> bool {
        true
    }
    /// log p of the component parameters.
    fn log_prior(&self) -> f64 {
        0.0
    }
}
