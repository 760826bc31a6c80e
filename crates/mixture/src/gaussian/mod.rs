//! Gaussian emissions: the densities, and one file per covariance structure.

pub mod constraint;
mod densities;
mod step;
pub mod structure;

pub use constraint::Constraint;
pub use densities::{Full, Gaussian};
pub use structure::CovarianceStructure;

use crate::emission::Emission;
use crate::parameters::MixtureParameters;
use em::{Breakdown, BreakdownKind, Event, SingularCovariance};
use linalg::{Level, Total, diagnosis, spd};
use std::sync::Arc;

/// What covariances are judged against: the total covariance of the sample and the threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Total mean and covariance.
    pub total: Total,
    /// Relative pivots below this are singular; [`spd::SINGULAR`] unless told.
    pub singular: f64,
}

impl Reference {
    /// Judges relative to `total` with the usual threshold.
    pub fn new(total: Total) -> Self {
        Self { total, singular: spd::SINGULAR }
    }
}

/// A Gaussian emission with covariances of some structure.
pub trait Structure: Emission {
    /// Whether the M-step under this constraint is an exact maximiser for this structure (under a ridge: whether it exists).
    fn allows(constraint: Constraint) -> bool;
    /// The emission with these means and covariances, which are first made to fit the structure (the M-step given
    /// them as moments) and then the bounds of the constraint. Otherwise judged as it is; only under a ridge or a prior a
    /// singular covariance is repaired by it. The event says if anything was changed by the constraint.
    ///
    /// # Panics
    /// If the structure does not allow the constraint.
    fn from_parameters(
        parameters: &MixtureParameters,
        reference: &Arc<Reference>,
        constraint: Constraint,
        level: Level,
    ) -> Result<(Self, Event), Breakdown>;
    /// Means, K × d, row-major.
    fn means(&self) -> &[f64];
    /// Covariances, K × d × d.
    fn covariances(&self) -> Vec<f64>;
    /// Number of free parameters of a mixture with this emission, weights included.
    fn free_parameters(&self) -> u32;
}

/// The breakdown of component `k` with covariance `covariance` (d × d). Cold path.
fn singular(
    k: usize,
    covariance: Vec<f64>,
    smallest_relative_pivot: f64,
    effective_count: Option<f64>,
    d: usize,
) -> Breakdown {
    let Some(spectrum) = diagnosis::spectrum(&covariance, d) else {
        return Breakdown { component: Some(k), kind: BreakdownKind::NonFinite { what: "covariance", row: None } };
    };
    let singular = SingularCovariance {
        smallest_eigenvalue: spectrum.smallest(),
        largest_eigenvalue: spectrum.largest(),
        smallest_relative_pivot,
        effective_count,
        direction: spectrum.direction,
        covariance,
    };
    Breakdown { component: Some(k), kind: BreakdownKind::SingularCovariance(Box::new(singular)) }
}
