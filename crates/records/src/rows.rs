//! The rows of every table as plain values: what the runner fills in and the report reads back.
//!
//! A missing number is `None` (null in Parquet), never 0 and never NaN.

use em::{StopReason, TraceRow};
use std::borrow::Borrow;
use std::sync::Arc;

/// Everything that a cell of the sweep fixes; shared by its replicates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Factors {
    /// Data set id, with its variant where it has several (`iris-fisher`).
    pub dataset: String,
    /// Number of the draw of a synthetic data set, from 0.
    pub draw: u32,
    /// Rows.
    pub n: u32,
    /// Features.
    pub d: u32,
    /// Components.
    pub k: u32,
    /// `em` or `k-means`.
    pub method: String,
    /// Covariance structure; `None` where the method has none.
    pub covariance: Option<String>,
    /// Kind of start.
    pub start: String,
    /// Covariance of a point-type start; `None` where the start has no such option.
    pub start_covariance: Option<String>,
    /// Constraint or failure policy with its parameter (`stop`, `ridge=1e-6`); `None` where the method has none.
    pub policy: Option<String>,
    /// The stop rules in config order, with their tolerances.
    pub stop: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunOutcome {
    /// A stop rule that means convergence fired.
    Converged,
    /// The iteration limit, or another rule that ends a run without calling it converged.
    MaxIterations,
    /// A covariance became singular.
    SingularCovariance,
    /// A component lost all its observations.
    EmptyComponent,
    /// A density or parameter was not finite.
    NonFinite,
    /// The objective fell although the M-step claims that it cannot.
    ObjectiveDecreased,
    /// No start could be made (fewer distinct rows than components, singular total covariance).
    StartFailed,
    /// The fit panicked; caught at the job's edge.
    Panic,
}

impl RunOutcome {
    /// All outcomes, in the order of the record's categories.
    pub const ALL: [Self; 8] = [
        Self::Converged,
        Self::MaxIterations,
        Self::SingularCovariance,
        Self::EmptyComponent,
        Self::NonFinite,
        Self::ObjectiveDecreased,
        Self::StartFailed,
        Self::Panic,
    ];

    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::MaxIterations => "max_iterations",
            Self::SingularCovariance => "singular_covariance",
            Self::EmptyComponent => "empty_component",
            Self::NonFinite => "non_finite",
            Self::ObjectiveDecreased => "objective_decreased",
            Self::StartFailed => "start_failed",
            Self::Panic => "panic",
        }
    }
}

/// What kind of point a run ended at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// Neither of the others.
    Proper,
    /// A likelihood inflated by one nearly singular or nearly empty component.
    Spurious,
    /// Two components are the same: a saddle, the maximum for fewer components.
    Coincident,
}

impl End {
    /// All ends, in the order of the record's categories.
    pub const ALL: [Self; 3] = [Self::Proper, Self::Spurious, Self::Coincident];

    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proper => "proper",
            Self::Spurious => "spurious",
            Self::Coincident => "coincident",
        }
    }
}

/// One start: a row of `runs`.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Number of the run in the plan, from 0: the key that joins the tables.
    pub run: u32,
    /// First 64 bits of the hash of the resolved run; written as 16 hex digits.
    pub run_id: u64,
    /// The factors of the run's cell.
    pub factors: Arc<Factors>,
    /// Number of the start within the cell, from 0.
    pub replicate: u32,
    /// First 64 bits of the start's seed, written as 16 hex digits: runs with the same seed share data and θ₀'s rows.
    pub seed: u64,
    /// How the run ended.
    pub outcome: RunOutcome,
    /// The stop rule that fired; `None` for failures.
    pub stop_reason: Option<StopReason>,
    /// Finished iterations.
    pub iterations: u32,
    /// E-passes of the fit.
    pub e_passes: u32,
    /// Passes over the data that making the start cost (k-means iterations, short runs…).
    pub start_passes: u32,
    /// log L at the end; for a failed run that of the last good parameters.
    pub log_likelihood: Option<f64>,
    /// What was maximised.
    pub objective: Option<f64>,
    /// Sum of squared distances to the nearest centre (k-means).
    pub inertia: Option<f64>,
    /// Free parameters ν.
    pub n_parameters: Option<u32>,
    /// −2 log L + ν ln n (smaller is better).
    pub bic: Option<f64>,
    /// −2 log L + 2 ν.
    pub aic: Option<f64>,
    /// bic − 2 Σ w log max_k r.
    pub icl: Option<f64>,
    /// bic + 2 Σ w entropy of the responsibilities.
    pub icl_entropy: Option<f64>,
    /// Components at the end: fewer than K after `remove`; `None` if the run failed.
    pub k_end: Option<u32>,
    /// Smallest effective count at the end.
    pub smallest_count: Option<f64>,
    /// Smallest relative pivot at the end.
    pub smallest_relative_pivot: Option<f64>,
    /// Lower bound of the worst condition number at the end.
    pub condition: Option<f64>,
    /// min over j ≠ k of λ_min(Σ_j⁻¹ Σ_k).
    pub hathaway: Option<f64>,
    /// Smallest symmetric KL divergence between two components.
    pub coincidence: Option<f64>,
    /// Kind of end, by the default thresholds; `None` if the run failed.
    pub end: Option<End>,
    /// Rate of convergence ρ from the gains.
    pub rate: Option<f64>,
    /// KL/ΔQ over the same rows.
    pub missing_information: Option<f64>,
    /// Aitken's estimate of the gain left at the stop.
    pub remaining_gap: Option<f64>,
    /// Adjusted Rand index against the truth.
    pub ari: Option<f64>,
    /// Normalised mutual information against the truth (arithmetic mean of the entropies).
    pub nmi: Option<f64>,
    /// Rows that the best one-to-one matching leaves wrong.
    pub misclassified: Option<u32>,
    /// Rows wrong when each cluster takes the name of its majority (two may share one): the tutorial's own count.
    pub misclassified_majority: Option<u32>,
}

/// One iteration of a run: a row of `traces`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceRecord {
    /// Number of the run.
    pub run: u32,
    /// The iteration.
    pub row: TraceRow,
}

impl Borrow<TraceRow> for TraceRecord {
    fn borrow(&self) -> &TraceRow {
        &self.row
    }
}

/// One breakdown, remedied or fatal: a row of `failures`.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureRow {
    /// Number of the run.
    pub run: u32,
    /// The iteration that could not be finished.
    pub iteration: u32,
    /// `start`, `expectation`, `maximization`, `jump`.
    pub stage: String,
    /// Component, from 0.
    pub component: Option<u32>,
    /// `singular_covariance`, `empty_component`, `non_finite`, `objective_decreased`, `too_few_distinct_rows`,
    /// `singular_total_covariance`, `every_run_failed`, `given_start`, `panic`.
    pub kind: String,
    /// Smallest eigenvalue of the covariance.
    pub smallest_eigenvalue: Option<f64>,
    /// Largest eigenvalue of the covariance.
    pub largest_eigenvalue: Option<f64>,
    /// Their ratio.
    pub condition: Option<f64>,
    /// Smallest relative pivot.
    pub smallest_relative_pivot: Option<f64>,
    /// Σ w r of the component.
    pub effective_count: Option<f64>,
    /// Variable with the largest loading in the smallest eigenvector.
    pub direction: Option<String>,
    /// That loading.
    pub loading: Option<f64>,
    /// Rows with responsibility above 1/2 for the component.
    pub rows: Option<u32>,
    /// Distinct values of those rows in that variable.
    pub distinct_values: Option<u32>,
    /// `few_rows`, `tied_values`, `hyperplane`.
    pub cause: Option<String>,
    /// log L before the failure (k-means: the objective).
    pub log_likelihood: Option<f64>,
    /// What the policy did (`stop`, `reseed`, `remove`).
    pub remedy: String,
    /// Number of the breakdown within the run, from 1.
    pub attempt: u32,
    /// The numbers in words.
    pub message: String,
}

/// The kinds of failure in the order of the record's categories.
pub const FAILURE_KINDS: [&str; 9] = [
    "singular_covariance",
    "empty_component",
    "non_finite",
    "objective_decreased",
    "too_few_distinct_rows",
    "singular_total_covariance",
    "every_run_failed",
    "given_start",
    "panic",
];

/// The causes of singular covariances in the order of the record's categories.
pub const FAILURE_CAUSES: [&str; 3] = ["few_rows", "tied_values", "hyperplane"];

/// The remedies in the order of the record's categories.
pub const REMEDIES: [&str; 3] = ["stop", "reseed", "remove"];

/// Which parameters a row of `parameters` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// θ₀.
    Start,
    /// At the end.
    End,
    /// The last good ones of a failed run.
    Failure,
}

impl Moment {
    /// All moments, in the order of the record's categories.
    pub const ALL: [Self; 3] = [Self::Start, Self::End, Self::Failure];

    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
            Self::Failure => "failure",
        }
    }
}

/// One component of one run: a row of `parameters`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterRow {
    /// Number of the run.
    pub run: u32,
    /// Which parameters.
    pub moment: Moment,
    /// Component, from 0.
    pub component: u32,
    /// Mixing weight; `None` for k-means.
    pub weight: Option<f64>,
    /// Mean (d numbers).
    pub mean: Vec<f64>,
    /// Covariance (d × d, row-major); `None` for k-means.
    pub covariance: Option<Vec<f64>>,
}

/// The component of one row of data in one run: a row of `assignments`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssignmentRow {
    /// Number of the run.
    pub run: u32,
    /// Row of the data set, from 0.
    pub row: u32,
    /// Component with the largest responsibility (lowest index on ties).
    pub component: u32,
}

/// One row of data as it was fitted: a row of `observations`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservationRow {
    /// Data set id.
    pub dataset: String,
    /// Number of the draw.
    pub draw: u32,
    /// Row, from 0.
    pub row: u32,
    /// Name of the true class.
    pub truth: Option<String>,
    /// The d features.
    pub x: Vec<f64>,
}

/// Wall times of one run: a row of `timings` (the only table that differs between reruns).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimingRow {
    /// Number of the run.
    pub run: u32,
    /// Making the start.
    pub start_seconds: f64,
    /// The fit.
    pub fit_seconds: f64,
}
