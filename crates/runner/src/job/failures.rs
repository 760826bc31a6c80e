//! What broke in a run, as rows of `failures`.

use super::{Job, JobRecord};
use em::{Breakdown, BreakdownKind, Failure, Stage};
use linalg::TotalError;
use mixture::{StartError, diagnose};
use records::{FailureRow, RunOutcome};

impl JobRecord {
    /// Records the breakdown that ended the run.
    pub(super) fn failed(
        &mut self,
        job: &Job<'_>,
        failure: &Failure,
        log_likelihood: Option<f64>,
        belongs: impl Fn(usize, usize) -> bool,
    ) {
        self.run.outcome = match &failure.breakdown.kind {
            BreakdownKind::SingularCovariance(_) => RunOutcome::SingularCovariance,
            BreakdownKind::EmptyComponent { .. } => RunOutcome::EmptyComponent,
            BreakdownKind::ObjectiveDecreased { .. } => RunOutcome::ObjectiveDecreased,
            _ => RunOutcome::NonFinite,
        };
        self.breakdown(job, failure, log_likelihood, belongs, "stop");
    }

    /// Records a breakdown and what was done about it. `belongs(i, k)` says whether row i is component k's under the last good parameters.
    pub(super) fn breakdown(
        &mut self,
        job: &Job<'_>,
        failure: &Failure,
        log_likelihood: Option<f64>,
        belongs: impl Fn(usize, usize) -> bool,
        remedy: &str,
    ) {
        let Breakdown { component, kind } = &failure.breakdown;
        let message = failure.breakdown.to_string();
        let mut row = self.failure(failure.iteration, failure.stage, kind.name(), message);
        row.component = component.and_then(|k| u32::try_from(k).ok());
        row.log_likelihood = log_likelihood;
        remedy.clone_into(&mut row.remedy);
        row.attempt = u32::try_from(self.failures.len() + 1).unwrap_or(u32::MAX);
        match kind {
            BreakdownKind::EmptyComponent { effective_count } => row.effective_count = Some(*effective_count),
            BreakdownKind::SingularCovariance(singular) => {
                row.smallest_eigenvalue = Some(singular.smallest_eigenvalue);
                row.largest_eigenvalue = Some(singular.largest_eigenvalue);
                row.condition = singular.condition();
                row.smallest_relative_pivot = Some(singular.smallest_relative_pivot);
                row.effective_count = singular.effective_count;
                let component = component.unwrap_or_default();
                let diagnosis = diagnose(&job.data.sample.x, job.data.sample.d, singular, |i| belongs(i, component));
                if let Some(diagnosis) = diagnosis {
                    row.direction = Some(job.data.sample.columns[diagnosis.variable].clone());
                    row.loading = Some(diagnosis.loading);
                    row.rows = u32::try_from(diagnosis.rows).ok();
                    row.distinct_values = u32::try_from(diagnosis.distinct_values).ok();
                    row.cause = Some(diagnosis.cause.name().to_owned());
                }
            }
            _ => {}
        }
        self.failures.push(row);
    }

    /// No start: a column of the sample is constant or a linear combination of others.
    pub(super) fn singular_total(&mut self, job: &Job<'_>, error: TotalError) {
        let mut row = self.failure(0, Stage::Start, "singular_total_covariance", error.to_string());
        row.direction = Some(job.data.sample.columns[error.column()].clone());
        self.failures.push(row);
    }

    /// No start: fewer distinct rows than components, a cluster that k-means lost, a search whose runs all broke down…
    pub(super) fn no_start(&mut self, error: &StartError) {
        let mut row = self.failure(0, Stage::Start, error.name(), error.to_string());
        if let StartError::Breakdown(breakdown) = error {
            row.component = breakdown.component.and_then(|k| u32::try_from(k).ok());
        }
        if let StartError::EveryRunFailed { passes, .. } = error {
            self.run.start_passes = *passes;
        }
        self.failures.push(row);
    }

    /// A row of `failures` with its place and words only.
    pub(super) fn failure(&self, iteration: u32, stage: Stage, kind: &str, message: String) -> FailureRow {
        FailureRow {
            run: self.run.run,
            iteration,
            stage: stage.name().to_owned(),
            component: None,
            kind: kind.to_owned(),
            smallest_eigenvalue: None,
            largest_eigenvalue: None,
            condition: None,
            smallest_relative_pivot: None,
            effective_count: None,
            direction: None,
            loading: None,
            rows: None,
            distinct_values: None,
            cause: None,
            log_likelihood: None,
            remedy: "stop".to_owned(),
            attempt: 1,
            message,
        }
    }
}
