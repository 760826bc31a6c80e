//! The laws that every latent-variable model must obey. Each is a function that panics with numbers when its law is broken;
//! a model's `tests/laws.rs` calls them with a table of cases.
//!
//! | law | module |
//! |---|---|
//! | the objective never falls | [`monotone`] |
//! | batches, threads and row weights change nothing | [`invariance`] |
//! | Δ log L = ΔQ + KL, KL ≥ 0; the M-step is optimal; convergence is a fixed point | [`identity`] |
//! | coordinates round trip | [`coordinates`] |
//! | transformed data, transformed model: same trace | [`equivariance`] |
//! | no allocation per iteration | [`allocation`] |

pub mod allocation;
pub mod coordinates;
pub mod equivariance;
pub mod identity;
pub mod invariance;
pub mod monotone;

use em::stop::{GainPerRow, MaxIterations};
use em::{Dataset, LatentModel, Plain, Rows, Serial, Stopping, TraceRow};

/// Rounding that two sums over the rows may differ by: 1e-12·(|L| + n·d).
pub fn slack(data: &impl Dataset, objective: f64) -> f64 {
    em::map::SLACK * (objective.abs() + data.total_weight() * data.dimension() as f64)
}

/// Runs `iterations` of plain EM and gives back the last model and the trace.
///
/// # Panics
/// If a step breaks down.
pub fn run<M: LatentModel>(data: &Rows<'_>, model: M, iterations: u32) -> (M, Vec<TraceRow>) {
    let mut trace = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: iterations });
    let fit = em::fit(data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace);
    let fit = fit.unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(fit.outcome, em::Outcome::Stopped(_)), "broke down: {:?}", fit.outcome);
    (fit.model, trace)
}

/// Runs plain EM until the gain per row is below 1e-15, or 5000 iterations.
///
/// # Panics
/// If a step breaks down.
pub fn converge<M: LatentModel>(data: &Rows<'_>, model: M) -> (M, Vec<TraceRow>) {
    let mut trace = Vec::new();
    let threshold = 1e-15 * data.total_weight();
    let mut stopping = Stopping::new().or(GainPerRow { threshold, and_change: None }).or(MaxIterations { limit: 5000 });
    let fit = em::fit(data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace);
    let fit = fit.unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(fit.outcome, em::Outcome::Stopped(_)), "broke down: {:?}", fit.outcome);
    (fit.model, trace)
}

/// Statistics and objective of `model` on the batches of `data`, from a lane of its own.
pub(crate) fn expect<M: LatentModel>(data: &Rows<'_>, model: &M) -> (Vec<f64>, f64) {
    let mut scratch = model.scratch(data.max_len());
    let mut stats = vec![0.0; model.stats_len()];
    let objective = model.accumulate(data.all(), &mut stats, &mut scratch) + model.log_prior();
    model.flush(&mut stats, &mut scratch);
    (stats, objective)
}
