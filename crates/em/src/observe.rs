//! The trace: one row per iteration, handed to an observer while the fit runs.

use crate::failure::Failure;
use crate::policy::Remedy;
use std::ops::ControlFlow;

/// Something that happened in an iteration besides the step itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Nothing.
    #[default]
    None,
    /// The objective fell by more than rounding; allowed only where the model does not claim to be monotone.
    Decreased {
        /// Size of the fall, positive.
        by: f64,
    },
    /// The starting parameters were changed by the constraint before the first E-step (iteration 0 only).
    Projected {
        /// Largest parameter change.
        by: f64,
    },
    /// A failure policy restarted the broken component at a row; the trace goes on from the repaired parameters.
    Reseeded {
        /// The row, from 0.
        row: usize,
    },
    /// A failure policy took the broken component away; the trace goes on with fewer.
    Removed {
        /// Components that are left.
        left: usize,
    },
}

impl Event {
    /// The names of all events, in the order of a record's categories.
    pub const NAMES: [&'static str; 4] = ["decreased", "projected", "reseeded", "removed"];

    /// The name under which the event is recorded; `None` for no event.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Decreased { .. } => Some("decreased"),
            Self::Projected { .. } => Some("projected"),
            Self::Reseeded { .. } => Some("reseeded"),
            Self::Removed { .. } => Some("removed"),
        }
    }

    /// The event's number.
    pub fn size(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Decreased { by } | Self::Projected { by } => Some(by),
            Self::Reseeded { row } => Some(row as f64),
            Self::Removed { left } => Some(left as f64),
        }
    }
}

/// The state after `iteration` steps; row 0 describes the start. One row of the table `traces`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TraceRow {
    /// Number of steps taken; 0 is the start.
    pub iteration: u32,
    /// What is maximised, at θ_t: the log-likelihood, plus log prior if there is one; −inertia for k-means.
    pub objective: f64,
    /// log L(θ_t), a sum over rows; `None` where the objective is none.
    pub log_likelihood: Option<f64>,
    /// objective(θ_t) − objective(θ_{t−1}).
    pub gain: Option<f64>,
    /// Q(θ_t; θ_{t−1}) − Q(θ_{t−1}; θ_{t−1}).
    pub q_gain: Option<f64>,
    /// KL(p(z|x,θ_{t−1}) ‖ p(z|x,θ_t)), as the gain of log-likelihood minus `q_gain`.
    pub kl: Option<f64>,
    /// Largest parameter change of the step ([`LatentModel::change`](crate::LatentModel::change)).
    pub step_norm: Option<f64>,
    /// E-passes over the data so far, including the one at the start.
    pub e_passes: u32,
    /// Smallest effective count at θ_t.
    pub smallest_count: Option<f64>,
    /// Smallest relative pivot at θ_t.
    pub smallest_relative_pivot: Option<f64>,
    /// Lower bound of the worst condition number at θ_t.
    pub worst_condition: Option<f64>,
    /// What else happened.
    pub event: Event,
}

/// Sees every row as it is made; may end the fit.
pub trait Observer<M> {
    /// Called after row `row` with the model it describes.
    fn iteration(&mut self, row: &TraceRow, model: &M) -> ControlFlow<()>;

    /// Called after every breakdown with what the failure policy did about it; `last_good` are the parameters before the
    /// step. If nothing was done the failure is the fit's [`Outcome`](crate::Outcome), too.
    fn breakdown(&mut self, _failure: &Failure, _remedy: Remedy, _last_good: &M) {}
}

/// Sees nothing.
impl<M> Observer<M> for () {
    fn iteration(&mut self, _row: &TraceRow, _model: &M) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Keeps the rows.
impl<M> Observer<M> for Vec<TraceRow> {
    fn iteration(&mut self, row: &TraceRow, _model: &M) -> ControlFlow<()> {
        self.push(*row);
        ControlFlow::Continue(())
    }
}
