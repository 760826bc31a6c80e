//! What the starts that search share: random points, the plain M-step, and the best of several runs.
//!
//! A run that breaks down is skipped and counted, its passes too; if all do, that is an error. Ties go to the earlier
//! run. Not here: what a run does (one file each), constraints and policies: short runs use the plain maximiser.

use super::points::{PointCovariance, random_points};
use super::{Start, StartError};
use crate::gaussian::{Constraint, Reference, Structure};
use crate::mixture::Mixture;
use crate::parameters::MixtureParameters;
use em::{Breakdown, Rows};
use linalg::Level;
use rand::Rng;
use std::sync::Arc;

/// Where a search looks.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The rows.
    pub data: Rows<'a>,
    /// Number K of components.
    pub components: usize,
    /// Covariance of the random points from which every run begins.
    pub covariance: PointCovariance,
    /// What covariances are judged against.
    pub reference: Arc<Reference>,
    /// Instruction set of the kernels.
    pub level: Level,
}

/// The best of several runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the best run ended with; passes are the sum over all runs.
    pub start: Start,
    /// What was compared: the log-likelihood of the start's parameters; for CEM the classification log-likelihood.
    pub criterion: f64,
    /// Number of runs.
    pub runs: u32,
    /// Number of runs that broke down.
    pub failed: u32,
}

/// The end of one run.
pub(super) struct End {
    pub(super) criterion: f64,
    pub(super) parameters: MixtureParameters,
    pub(super) labels: Option<Vec<u32>>,
}

impl Search<'_> {
    /// The model at K random points.
    pub(super) fn begin<S: Structure>(&self, rng: &mut impl Rng, passes: &mut u32) -> Result<Mixture<S>, StartError> {
        let start = random_points(self.data.all(), self.components, self.covariance, &self.reference.total, rng)?;
        *passes += start.passes;
        Ok(self.model(start.parameters)?)
    }

    /// The model with these parameters. If they are the moments of a partition, this is the M-step of any structure.
    pub(super) fn model<S: Structure>(&self, parameters: MixtureParameters) -> Result<Mixture<S>, Breakdown> {
        let (emission, _) = S::from_parameters(&parameters, &self.reference, Constraint::None, self.level)?;
        Ok(Mixture::new(parameters.weights, emission))
    }
}

/// The best of `runs` calls of `run`, which adds the passes that it took, whether it ends or breaks down.
pub(super) fn best_of(
    runs: u32,
    mut run: impl FnMut(&mut u32) -> Result<End, StartError>,
) -> Result<Found, StartError> {
    assert!(runs > 0, "a search has at least one run");
    let (mut passes, mut failed) = (0, 0);
    let mut best: Option<End> = None;
    let mut last = None;
    for _ in 0..runs {
        match run(&mut passes) {
            Ok(end) => {
                if best.as_ref().is_none_or(|best| end.criterion > best.criterion) {
                    best = Some(end);
                }
            }
            Err(StartError::Breakdown(breakdown)) => {
                failed += 1;
                last = Some(breakdown);
            }
            Err(other) => return Err(other),
        }
    }
    match (best, last) {
        (Some(End { criterion, parameters, labels }), _) => {
            Ok(Found { start: Start { parameters, passes, labels }, criterion, runs, failed })
        }
        (None, Some(last)) => Err(StartError::EveryRunFailed { runs, passes, last }),
        (None, None) => unreachable!("every run ends or breaks down"),
    }
}
