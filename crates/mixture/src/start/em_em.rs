//! emEM: short runs of EM from random points, of which the one with the highest log-likelihood is kept (Biernacki,
//! Celeux & Govaert 2003, key `biernacki2003`).
//!
//! A short run ends after step q with L_q − L_{q−1} ≤ tol (L_q − L_0), their rule with tol = 1e-2: a share of what the run
//! has gained, which neither the units of the data nor their number change. Not here: the long run that follows.

use super::StartError;
use super::search::{End, Found, Search, best_of};
use crate::gaussian::Structure;
use em::stop::MaxIterations;
use em::{Breakdown, BreakdownKind, Outcome, Plain, Serial, StopReason, StopRule, Stopping, TraceRow};
use rand::Rng;

/// How many short runs, and how short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmEm {
    /// Number of short runs, at least 1.
    pub runs: u32,
    /// tol, the last step's share of the run's gain.
    pub tolerance: f64,
    /// Iterations that a short run takes at most, at least 1.
    pub max_iterations: u32,
}

impl Default for EmEm {
    fn default() -> Self {
        Self { runs: 10, tolerance: 1e-2, max_iterations: 100 }
    }
}

/// L_q − L_{q−1} ≤ tol (L_q − L_0).
struct ShareOfGain {
    tolerance: f64,
    start: Option<f64>,
}

impl StopRule for ShareOfGain {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let gain = row.gain?;
        // The first row that a rule sees is that of step 1.
        let start = *self.start.get_or_insert(row.objective - gain);
        (gain <= self.tolerance * (row.objective - start)).then_some(StopReason::RelativeGain)
    }
}

/// The best of several short runs with covariances of structure `S`; its criterion is the log-likelihood. Passes: the
/// E-passes of all runs, and those of the points.
///
/// # Panics
/// If there are no runs.
pub fn em_em<S: Structure>(search: &Search<'_>, options: EmEm, rng: &mut impl Rng) -> Result<Found, StartError> {
    best_of(options.runs, |passes| {
        let model = search.begin::<S>(rng, passes)?;
        let mut stopping = Stopping::new()
            .or(ShareOfGain { tolerance: options.tolerance, start: None })
            .or(MaxIterations { limit: options.max_iterations });
        let fit = em::fit(&search.data, model, Serial::default(), &mut Plain, &mut stopping, &mut ())?;
        *passes += fit.e_passes;
        if let Outcome::Failed(failure) = fit.outcome {
            return Err(failure.breakdown.into());
        }
        let infinite = BreakdownKind::NonFinite { what: "log-likelihood", row: None };
        let criterion = fit.log_likelihood.ok_or(Breakdown { component: None, kind: infinite })?;
        Ok(End { criterion, parameters: fit.model.parameters(), labels: None })
    })
}
