//! Gaussian emissions: one file per layout of covariances (full matrices, one matrix for all, axes), one per covariance
//! structure.

mod axes;
pub mod constraint;
mod densities;
mod layout;
mod shared;
mod skipping;
mod step;
pub mod structure;

pub use axes::{Axes, Diagonals, Spheres};
pub use constraint::Constraint;
pub use densities::{Full, Matrices};
pub use shared::Shared;
pub use structure::CovarianceStructure;

use constraint::Prior;

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

    /// Whether a covariance with this smallest relative pivot is neither singular nor beyond the range of a double.
    fn usable(&self, pivot: f64) -> bool {
        pivot >= self.singular && pivot.is_finite()
    }
}

/// K Gaussian densities with covariances of structure `S`, in the layout that the structure names.
pub type Gaussian<S> = <S as CovarianceStructure>::Emission;

/// Points of a kernel block for layouts whose work is proportional to d: as many as leave points, densities and what is made of
/// them in the second-level cache (512 KiB of numbers), but no power of two (see [`linalg::kernels::multiply`]).
fn block_points(k: usize, d: usize) -> usize {
    let numbers = 3 * d + 2 * k;
    [248, 120].into_iter().find(|points| points * numbers <= 65_536).unwrap_or(56)
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

/// The breakdown of component `k` with covariance `covariance` (d × d); an infinite pivot or entry is an overflow. Cold path.
fn singular(
    k: usize,
    covariance: Vec<f64>,
    smallest_relative_pivot: f64,
    effective_count: Option<f64>,
    d: usize,
) -> Breakdown {
    let spectrum = diagnosis::spectrum(&covariance, d).filter(|_| smallest_relative_pivot.is_finite());
    let Some(spectrum) = spectrum else {
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
