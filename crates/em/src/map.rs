//! The EM map θ → s → θ′ with its bookkeeping: gain, Q and KL of every step.

use crate::batch::{Buffer, Dataset};
use crate::failure::{Breakdown, BreakdownKind, Interrupted, Stage};
use crate::fit::Begin;
use crate::model::LatentModel;
use crate::observe::{Event, TraceRow};
use crate::policy::Remedy;
use crate::reduce::Reducer;
use crate::scheme::{Break, Steps};

/// Relative size of the rounding that a comparison of two objectives must forgive: 1e-12·(|L| + n·d).
pub const SLACK: f64 = 1e-12;

/// The current parameters with statistics and objective that belong to them.
pub struct EmMap<'a, M: LatentModel, D: Dataset, R: Reducer<M>> {
    data: &'a D,
    reducer: R,
    /// θ.
    pub theta: M,
    /// Where the M-step writes; after a step the previous parameters.
    next: M,
    stats: Vec<f64>,
    /// For ΔQ, which sees no rows.
    scratch: M::Scratch,
    objective: f64,
    e_passes: u32,
    step: Step,
}

/// What the last step did. Pending between the move and the E-step that confirms it.
#[derive(Clone, Copy, Default)]
struct Step {
    moved: Option<Move>,
    gain: Option<f64>,
    q_gain: Option<f64>,
    kl: Option<f64>,
    change: Option<f64>,
    event: Event,
}

#[derive(Clone, Copy, PartialEq)]
enum Move {
    Maximized,
    Jumped,
    Repaired,
}

impl<'a, M: LatentModel, D: Dataset, R: Reducer<M>> EmMap<'a, M, D, R> {
    /// Starts at `begin`; statistics and objective follow with the first E-step.
    pub fn new(data: &'a D, begin: Begin<M>, mut reducer: R) -> Self {
        let Begin { model: theta, event } = begin;
        reducer.prepare(&theta, data);
        let scratch = theta.scratch(1);
        let next = theta.clone();
        let stats = vec![0.0; theta.stats_len()];
        Self {
            data,
            reducer,
            theta,
            next,
            stats,
            scratch,
            objective: f64::NEG_INFINITY,
            e_passes: 0,
            step: Step { event, ..Step::default() },
        }
    }

    /// The row of the trace that describes the current parameters.
    pub fn row(&self, iteration: u32) -> TraceRow {
        let health = self.theta.health(&self.stats);
        TraceRow {
            iteration,
            objective: self.objective,
            log_likelihood: self.log_likelihood(),
            gain: self.step.gain,
            q_gain: self.step.q_gain,
            kl: self.step.kl,
            step_norm: self.step.change,
            e_passes: self.e_passes,
            smallest_count: health.smallest_count,
            smallest_relative_pivot: health.smallest_relative_pivot,
            worst_condition: health.worst_condition,
            event: self.step.event,
        }
    }

    /// The log-likelihood of θ, if the objective is made of one.
    pub fn log_likelihood(&self) -> Option<f64> {
        let value = self.objective - self.theta.log_prior();
        (self.theta.probabilistic() && value.is_finite()).then_some(value)
    }

    /// Number of E-passes so far.
    pub fn e_passes(&self) -> u32 {
        self.e_passes
    }

    /// Statistics at θ.
    pub fn stats(&self) -> &[f64] {
        &self.stats
    }

    /// Rounding that a comparison of objectives forgives.
    fn slack(&self) -> f64 {
        let size = self.data.total_weight() * self.data.dimension() as f64;
        SLACK * (self.objective.abs() + size)
    }

    /// The first row whose density vanishes or is not a number (cold path).
    fn locate(&mut self) -> Result<Option<usize>, Interrupted> {
        let mut buffer = Buffer::default();
        let mut density = vec![0.0; self.data.max_len()];
        let mut scratch = self.theta.scratch(self.data.max_len());
        for i in 0..self.data.batches() {
            let batch = self.data.batch(i, &mut buffer)?;
            let rows = batch.rows();
            self.theta.row_log_density(batch, &mut density[..rows], &mut scratch);
            if let Some(row) = density[..rows].iter().position(|value| !value.is_finite()) {
                return Ok(Some(batch.first_row + row));
            }
        }
        Ok(None)
    }

    /// Lets `remedy` write repaired parameters from the last good ones; if it does, they are the current ones, of which
    /// nothing is known until the next E-step. Says whether it did.
    pub fn repair(&mut self, remedy: impl FnOnce(&M, &mut M) -> Remedy) -> bool {
        let Remedy::Continue { event, passes } = remedy(&self.theta, &mut self.next) else { return false };
        std::mem::swap(&mut self.theta, &mut self.next);
        self.reducer.prepare(&self.theta, self.data);
        self.scratch = self.theta.scratch(1);
        self.stats = vec![0.0; self.theta.stats_len()];
        self.e_passes += passes;
        self.step = Step { event, moved: Some(Move::Repaired), ..Step::default() };
        true
    }

    /// Back to the parameters before the last move.
    fn undo(&mut self) {
        if self.step.moved.take().is_some() {
            std::mem::swap(&mut self.theta, &mut self.next);
        }
    }
}

impl<M: LatentModel, D: Dataset, R: Reducer<M>> Steps for EmMap<'_, M, D, R> {
    fn maximize(&mut self) -> Result<(), Break> {
        self.step = Step::default();
        self.theta.maximize(&self.stats, &mut self.next).map_err(|b| Break::Down(Stage::Maximization, b))?;
        if self.theta.probabilistic() {
            self.step.q_gain = Some(self.theta.q_gain(&self.stats, &self.next, &mut self.scratch));
        }
        self.step.change = Some(self.theta.change(&self.next));
        self.step.moved = Some(Move::Maximized);
        std::mem::swap(&mut self.theta, &mut self.next);
        Ok(())
    }

    fn expect(&mut self) -> Result<f64, Break> {
        let log_density = self.reducer.reduce(&self.theta, self.data, &mut self.stats).map_err(Break::Interrupted)?;
        self.e_passes += 1;
        let objective = log_density + self.theta.log_prior();
        if !objective.is_finite() {
            let row = self.locate().map_err(Break::Interrupted)?;
            self.undo();
            let kind = BreakdownKind::NonFinite { what: "density", row };
            return Err(Break::Down(Stage::Expectation, Breakdown { component: None, kind }));
        }
        let moved = self.step.moved;
        if moved == Some(Move::Repaired) {
            // What the next M-step writes into has the shape of the repaired model. No gain: it is another trajectory.
            self.next = self.theta.clone();
        } else if moved.is_some() {
            let gain = objective - self.objective;
            if gain < -self.slack() && moved == Some(Move::Maximized) {
                if self.theta.monotone() {
                    self.undo();
                    let kind = BreakdownKind::ObjectiveDecreased { by: -gain };
                    return Err(Break::Down(Stage::Expectation, Breakdown { component: None, kind }));
                }
                self.step.event = Event::Decreased { by: -gain };
            }
            self.step.gain = Some(gain);
            let prior_gain = self.theta.log_prior() - self.next.log_prior();
            self.step.kl = self.step.q_gain.map(|q_gain| gain - prior_gain - q_gain);
        }
        self.step.moved = None;
        self.objective = objective;
        Ok(objective)
    }

    fn jump(&mut self, xi: &[f64]) -> Result<(), Break> {
        self.step = Step::default();
        self.theta.read(xi, &mut self.next).map_err(|b| Break::Down(Stage::Jump, b))?;
        self.step.change = Some(self.theta.change(&self.next));
        self.step.moved = Some(Move::Jumped);
        std::mem::swap(&mut self.theta, &mut self.next);
        Ok(())
    }

    fn write(&self, xi: &mut [f64]) {
        self.theta.write(xi);
    }

    fn dim(&self) -> usize {
        self.theta.dim()
    }

    fn objective(&self) -> f64 {
        self.objective
    }
}
