//! Failure is a value: what, where (iteration, stage, component), and with which numbers.

use crate::batch::ReadError;
use thiserror::Error;

/// A step could not produce a usable model. The current parameters are untouched.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{kind}{}", self.component.map_or(String::new(), |k| format!(" (component {k})")))]
pub struct Breakdown {
    /// The component that broke, counted from 0; `None` if the model as a whole did.
    pub component: Option<usize>,
    /// What happened.
    pub kind: BreakdownKind,
}

/// The kinds of breakdown.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum BreakdownKind {
    /// A covariance matrix is numerically singular relative to the total covariance.
    #[error("singular covariance: smallest relative pivot {:.3e}, smallest eigenvalue {:.3e}", .0.smallest_relative_pivot, .0.smallest_eigenvalue)]
    SingularCovariance(Box<SingularCovariance>),
    /// A component lost all its observations.
    #[error("empty component: effective count {effective_count:e}")]
    EmptyComponent {
        /// Σ w r of the component.
        effective_count: f64,
    },
    /// A quantity that must be finite is not.
    #[error("{what} is not finite")]
    NonFinite {
        /// Name of the quantity, for example `density`.
        what: &'static str,
        /// The first row in which it happened, counted from 0.
        row: Option<usize>,
    },
    /// The objective fell although the model claims a non-decreasing M-step.
    #[error("the objective fell by {by:e}")]
    ObjectiveDecreased {
        /// Size of the fall, positive.
        by: f64,
    },
}

impl BreakdownKind {
    /// The name under which the kind is recorded.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SingularCovariance(_) => "singular_covariance",
            Self::EmptyComponent { .. } => "empty_component",
            Self::NonFinite { .. } => "non_finite",
            Self::ObjectiveDecreased { .. } => "objective_decreased",
        }
    }
}

/// The spectrum of a covariance that was judged singular. Computed on the cold path only.
#[derive(Clone, Debug, PartialEq)]
pub struct SingularCovariance {
    /// Smallest eigenvalue.
    pub smallest_eigenvalue: f64,
    /// Largest eigenvalue.
    pub largest_eigenvalue: f64,
    /// min over i of (l_ii(Σ) / l_ii(T))², T the total covariance; the quantity that was judged.
    pub smallest_relative_pivot: f64,
    /// Σ w r of the component; `None` where no statistics belong to the covariance (a jump).
    pub effective_count: Option<f64>,
    /// Unit eigenvector of the smallest eigenvalue (length d).
    pub direction: Vec<f64>,
    /// The covariance itself, d × d, row-major.
    pub covariance: Vec<f64>,
}

impl SingularCovariance {
    /// Largest over smallest eigenvalue; `None` where the smallest is not positive.
    pub fn condition(&self) -> Option<f64> {
        let condition = self.largest_eigenvalue / self.smallest_eigenvalue;
        (self.smallest_eigenvalue > 0.0 && condition.is_finite()).then_some(condition)
    }

    /// The variable with the largest absolute loading in the direction, and that loading.
    pub fn leading_variable(&self) -> Option<(usize, f64)> {
        let by_size = |a: &(usize, &f64), b: &(usize, &f64)| a.1.abs().total_cmp(&b.1.abs());
        self.direction.iter().enumerate().max_by(by_size).map(|(i, &loading)| (i, loading))
    }
}

/// The part of an iteration in which a breakdown happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Making the starting parameters.
    Start,
    /// E-step.
    Expectation,
    /// M-step.
    Maximization,
    /// An accelerator's jump in unconstrained coordinates.
    Jump,
}

impl Stage {
    /// All stages, in the order of a record's categories.
    pub const ALL: [Self; 4] = [Self::Start, Self::Expectation, Self::Maximization, Self::Jump];

    /// The name under which the stage is recorded.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Expectation => "expectation",
            Self::Maximization => "maximization",
            Self::Jump => "jump",
        }
    }
}

/// A breakdown with its place in the fit.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("iteration {iteration}, {}: {breakdown}", stage.name())]
pub struct Failure {
    /// The iteration that could not be finished; the trace's last row is the one before (0: the start itself).
    pub iteration: u32,
    /// Where in the iteration.
    pub stage: Stage,
    /// What happened.
    pub breakdown: Breakdown,
}

/// The fit was interrupted from outside (reading, communication): it has no outcome and writes no row, so that a resumed
/// sweep repeats it.
#[derive(Debug, Error)]
pub enum Interrupted {
    /// The data could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
