//! How steps are put together: plain EM, and accelerators, which see nothing but these calls.

mod plain;

pub use plain::Plain;

use crate::failure::{Breakdown, Interrupted, Stage};

/// Why a step ended early.
#[derive(Debug)]
pub enum Break {
    /// A breakdown in the given stage: a result, recorded.
    Down(Stage, Breakdown),
    /// An interruption from outside: no result.
    Interrupted(Interrupted),
}

/// The moves that a scheme may make. Implemented once, by [`EmMap`](crate::EmMap). On entry and on exit of a step,
/// statistics and objective belong to the current parameters.
pub trait Steps {
    /// M-step: θ ← argmax Q(·; θ). The statistics become stale until [`expect`](Steps::expect).
    fn maximize(&mut self) -> Result<(), Break>;
    /// E-step at θ: statistics and objective. Gives back the objective.
    fn expect(&mut self) -> Result<f64, Break>;
    /// θ ← the model at `xi`. The statistics become stale until [`expect`](Steps::expect).
    fn jump(&mut self, xi: &[f64]) -> Result<(), Break>;
    /// Writes ξ(θ).
    fn write(&self, xi: &mut [f64]);
    /// Number of coordinates.
    fn dim(&self) -> usize;
    /// Objective at θ, as of the last E-step.
    fn objective(&self) -> f64;
}

/// One iteration.
pub trait Scheme: Send {
    /// Moves θ and leaves statistics and objective in agreement with it.
    fn step(&mut self, em: &mut dyn Steps) -> Result<(), Break>;
}
