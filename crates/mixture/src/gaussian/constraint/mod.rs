//! Constraints: what is added to every M-step so that covariances stay away from singularity.
//!
//! | | M-step of the covariances | objective |
//! |---|---|---|
//! | none | the plain maximiser | log L |
//! | ridge | Σ_k + ε I, after the plain maximiser | none: log L may fall, and each fall is an event |
//! | floor | the maximiser over {λ ≥ f}: eigenvalues clipped from below | log L |
//! | ratio | the maximiser over {max λ / min λ ≤ c} ([`eigenvalues`]) | log L |
//! | map | the maximiser of log L + log prior ([`prior`]) | log L + log prior |
//!
//! Under floor and ratio θ₀ is projected first, which row 0 of the trace says; under a ridge or a prior it is repaired only
//! where it has no usable factor.

pub mod eigenvalues;
pub mod prior;

pub use prior::{Prior, PriorForm, PriorScale};

/// A constraint is part of every M-step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Constraint {
    /// The plain maximiser.
    #[default]
    None,
    /// ε added to the diagonal after the ordinary M-step, in squared units of the data (scikit-learn's `reg_covar`). It
    /// maximises no fixed objective: the log-likelihood may fall.
    Ridge(f64),
    /// No eigenvalue of a covariance is below this, in squared units of the data.
    Floor(f64),
    /// The largest eigenvalue of all covariances is at most this many times the smallest.
    Ratio(f64),
    /// mclust's conjugate prior with its default hyperparameters.
    Map,
}

impl Constraint {
    /// Whether the M-step maximises the objective over a fixed set.
    pub fn monotone(self) -> bool {
        !matches!(self, Self::Ridge(_))
    }
}
