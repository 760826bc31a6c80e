//! What a latent-variable model must provide.

use crate::batch::Batch;
use crate::failure::Breakdown;

/// Unconstrained coordinates ξ of the parameters θ, in which accelerators move (log-ratios of weights, means,
/// log-Cholesky factors…).
pub trait Coordinates {
    /// Number p of coordinates.
    fn dim(&self) -> usize;
    /// Writes ξ(θ) into `xi` (length p).
    fn write(&self, xi: &mut [f64]);
    /// Makes the model at `xi` in `next`; fails where a factor underflows. `self` gives the shape.
    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown>;
}

/// How close the parameters are to breaking. `None` where a number has no meaning for the model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Health {
    /// Smallest effective count Σ w r over the components.
    pub smallest_count: Option<f64>,
    /// Smallest (l_ii(Σ_k) / l_ii(T))² over components k and variables i.
    pub smallest_relative_pivot: Option<f64>,
    /// Largest lower bound, by pivots, of a covariance's condition number.
    pub worst_condition: Option<f64>,
}

/// A latent-variable model at particular parameters θ.
///
/// A model value is always ready to evaluate: factors are made in [`maximize`](LatentModel::maximize) and
/// [`read`](Coordinates::read), the only two places that can fail, so that `accumulate` is infallible. Every model passes
/// the law suite (crate `laws`).
pub trait LatentModel: Coordinates + Clone + Send + Sync {
    /// Working memory of one lane. It may remember rows from pass to pass, by the `first_row` of their batch, and so serves
    /// one data set.
    type Scratch: Send;

    /// Length of the vector of sufficient statistics.
    fn stats_len(&self) -> usize;
    /// Working memory for batches of at most `max_len` rows.
    fn scratch(&self, max_len: usize) -> Self::Scratch;
    /// E-step over one batch: adds the expected statistics to `stats` and returns Σ w log p(x | θ), or −∞ if the density
    /// of a row vanishes or is not a number.
    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], scratch: &mut Self::Scratch) -> f64;
    /// Called once per lane after its last batch, for kernels that accumulate in a layout of their own.
    fn flush(&self, _stats: &mut [f64], _scratch: &mut Self::Scratch) {}
    /// M-step: writes the maximiser of Q into `next`. On error `next` is unspecified and `self` untouched.
    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown>;
    /// Q(next; self) − Q(self; self), formed term by term from the statistics alone.
    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Self::Scratch) -> f64;
    /// How close θ is to breaking.
    fn health(&self, stats: &[f64]) -> Health;
    /// Largest change of any parameter from `self` to `next`, in units that rescaling the data leaves alone.
    fn change(&self, next: &Self) -> f64;
    /// log p(x_i | θ) of each row of the batch into `out`.
    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], scratch: &mut Self::Scratch);

    /// Whether the M-step never decreases the objective; false under a ridge.
    fn monotone(&self) -> bool {
        true
    }
    /// log p(θ), added to the log-likelihood to form the objective of a penalised fit.
    fn log_prior(&self) -> f64 {
        0.0
    }
    /// Whether `accumulate` returns a log-likelihood with an exact posterior; if not (k-means), the trace has neither
    /// `log_likelihood` nor `q_gain` nor `kl`.
    fn probabilistic(&self) -> bool {
        true
    }
}
