//! One run: start → fit → rows.
//!
//! Everything that can go wrong in a run becomes a row. What is *not* here: which type belongs to which name
//! ([`dispatch`]), and what happens to the rows ([`sweep`](crate::sweep)).

mod failures;

use crate::dispatch;
use crate::judged::Judged;
use crate::plan::{Cell, Plan};
use crate::seeds;
use em::reduce::Chosen;
use em::{Begin, FailurePolicy, Remedy, Stage, StopAtFailure, TraceRow};
use em::{Event, Failure, Fit, Interrupted, LatentModel, Observer, Outcome, Plain};
use kmeans::KMeans;
use linalg::Level;
use mixture::criteria;
use mixture::policy::Rebuild;
use mixture::{Constraint, Full, Mixture, MixtureParameters, Reference, Start, StartError, Structure};
use records::{FailureRow, Moment, ParameterRow, RunOutcome, RunRow, TimingRow, TraceRecord};
use report::agreement::{self, Contingency};
use report::{convergence, ends};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

/// What a run needs.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The study.
    pub plan: &'a Plan,
    /// The cell.
    pub cell: &'a Cell,
    /// Number of the start within the cell.
    pub replicate: u32,
    /// The data.
    pub data: &'a Judged,
    /// Whether the E-step runs on all threads: for one big fit; many fits run side by side instead. No number depends on it.
    pub threads: bool,
    /// The instruction set of the kernels. Numbers are bitwise the same at one level only.
    pub level: Level,
}

/// What a run leaves.
#[derive(Clone, Debug)]
pub struct JobRecord {
    /// The row of `runs`.
    pub run: RunRow,
    /// Its rows of `traces`.
    pub traces: Vec<TraceRecord>,
    /// Its rows of `failures`.
    pub failures: Vec<FailureRow>,
    /// Its rows of `parameters`.
    pub parameters: Vec<ParameterRow>,
    /// Its row of `timings`.
    pub timing: TimingRow,
    /// Component of each row of data; `None` if it failed.
    pub labels: Option<Vec<u32>>,
    /// What the start is drawn from.
    start_seed: [u8; 32],
}

/// Runs one job.
pub fn run_job(job: &Job<'_>) -> Result<JobRecord, Interrupted> {
    let mut record = JobRecord::new(job);
    match &job.data.reference {
        Ok(reference) => dispatch::fit(job, reference, &mut record)?,
        Err(error) => record.singular_total(job, *error),
    }
    Ok(record)
}

/// Fits a Gaussian mixture with covariances of structure `S`.
pub fn run_mixture<S: Structure>(
    job: &Job<'_>,
    reference: &Arc<Reference>,
    constraint: Constraint,
    record: &mut JobRecord,
) -> Result<(), Interrupted> {
    let Some(start) = record.start(|seed| dispatch::start::<S>(job, reference, seed))? else { return Ok(()) };
    let parameters = &start.parameters;
    if job.plan.record.start_parameters {
        record.mixture_parameters(Moment::Start, parameters);
    }
    let level = job.level;
    let (emission, event) = match S::from_parameters(parameters, reference, constraint, level) {
        Ok(begin) => begin,
        Err(breakdown) => {
            let failure = Failure { iteration: 0, stage: Stage::Start, breakdown };
            let belongs = |i: usize, k: usize| start.labels.as_ref().is_some_and(|labels| labels[i] as usize == k);
            record.failed(job, &failure, None, belongs);
            return Ok(());
        }
    };
    let begin = Begin { model: Mixture::new(parameters.weights.clone(), emission), event };
    let mut policy = dispatch::remedies::<S>(job, Rebuild { reference: Arc::clone(reference), constraint, level });
    let (fit, repaired) = record.fit(job, begin, &mut *policy)?;
    let all = job.data.sample.rows().all();
    let belongs = |model: &Mixture<S>| {
        let (k, responsibilities) = (model.components(), model.responsibilities(all));
        move |i: usize, c: usize| responsibilities[i * k + c] > 0.5
    };
    for Repaired { failure, remedy, log_likelihood, last_good } in &repaired {
        record.breakdown(job, failure, *log_likelihood, belongs(last_good), remedy);
    }
    let model = &fit.model;
    if let Outcome::Failed(failure) = &fit.outcome {
        record.failed(job, failure, fit.log_likelihood, belongs(model));
        if job.plan.record.failure_parameters {
            record.mixture_parameters(Moment::Failure, &model.parameters());
        }
        return Ok(());
    }
    let end = model.parameters();
    record.mixture_parameters(Moment::End, &end);
    let classification = model.classify(all);
    let free = model.emission().free_parameters();
    let run = &mut record.run;
    run.n_parameters = Some(free);
    run.k_end = u32::try_from(model.components()).ok();
    if let Some(log_likelihood) = fit.log_likelihood {
        let bic = criteria::bic(log_likelihood, free, all.total_weight());
        run.bic = Some(bic);
        run.aic = Some(criteria::aic(log_likelihood, free));
        run.icl = Some(criteria::icl(bic, classification.log_largest));
        run.icl_entropy = Some(criteria::icl_entropy(bic, classification.entropy));
    }
    run.hathaway = criteria::hathaway(&end);
    run.coincidence = criteria::coincidence(&end);
    record.classify(job);
    record.agreement(job, classification.labels);
    Ok(())
}

/// Runs Lloyd's algorithm from the start's means. Starts that run EM do so with full covariances.
pub fn run_k_means(job: &Job<'_>, reference: &Arc<Reference>, record: &mut JobRecord) -> Result<(), Interrupted> {
    let Some(start) = record.start(|seed| dispatch::start::<Full>(job, reference, seed))? else { return Ok(()) };
    if job.plan.record.start_parameters {
        record.centres(Moment::Start, &start.parameters.means, job.data.sample.d);
    }
    let model = KMeans::new(start.parameters.means, reference.total.scales.clone(), job.level);
    let (fit, _) = record.fit(job, model.into(), &mut StopAtFailure)?;
    record.run.inertia = Some(-fit.objective);
    if let Outcome::Failed(failure) = &fit.outcome {
        record.failed(job, failure, Some(fit.objective), |_, _| false);
        if job.plan.record.failure_parameters {
            record.centres(Moment::Failure, fit.model.centres(), job.data.sample.d);
        }
        return Ok(());
    }
    record.run.k_end = u32::try_from(fit.model.components()).ok();
    record.centres(Moment::End, fit.model.centres(), job.data.sample.d);
    record.classify(job);
    record.agreement(job, fit.model.assign(job.data.sample.rows().all()));
    Ok(())
}

/// Rows of the trace before a failure that are kept in spite of the stride.
pub const BEFORE_FAILURE: usize = 16;

/// Keeps every row: the rate needs consecutive ones, also where the table keeps every tenth. And every breakdown that
/// was repaired.
struct Recorder<M> {
    run: u32,
    trace: Vec<TraceRecord>,
    repaired: Vec<Repaired<M>>,
}

/// A breakdown that a policy repaired.
struct Repaired<M> {
    failure: Failure,
    /// Its name in the records.
    remedy: &'static str,
    /// Before the failure.
    log_likelihood: Option<f64>,
    last_good: M,
}

impl<M: Clone> Observer<M> for Recorder<M> {
    fn iteration(&mut self, row: &TraceRow, _model: &M) -> ControlFlow<()> {
        self.trace.push(TraceRecord { run: self.run, row: *row });
        ControlFlow::Continue(())
    }

    fn breakdown(&mut self, failure: &Failure, remedy: Remedy, last_good: &M) {
        let remedy = match remedy {
            Remedy::Stop => return,
            Remedy::Continue { event: Event::Removed { .. }, .. } => "remove",
            Remedy::Continue { .. } => "reseed",
        };
        let log_likelihood = self.trace.last().and_then(|record| record.row.log_likelihood);
        let (failure, last_good) = (failure.clone(), last_good.clone());
        self.repaired.push(Repaired { failure, remedy, log_likelihood, last_good });
    }
}

impl JobRecord {
    /// A run of which nothing is known yet but its place in the plan.
    pub fn new(job: &Job<'_>) -> Self {
        let run = job.cell.first_run + job.replicate;
        let start_seed = seeds::start_seed(job.plan, job.cell, job.replicate);
        let row = RunRow {
            run,
            run_id: seeds::run_id(job.plan, job.cell, job.replicate),
            factors: Arc::clone(&job.cell.factors),
            replicate: job.replicate,
            seed: seeds::first_64_bits(&start_seed),
            outcome: RunOutcome::StartFailed,
            stop_reason: None,
            iterations: 0,
            e_passes: 0,
            start_passes: 0,
            log_likelihood: None,
            objective: None,
            inertia: None,
            n_parameters: None,
            bic: None,
            aic: None,
            icl: None,
            icl_entropy: None,
            k_end: None,
            smallest_count: None,
            smallest_relative_pivot: None,
            condition: None,
            hathaway: None,
            coincidence: None,
            end: None,
            rate: None,
            missing_information: None,
            remaining_gap: None,
            ari: None,
            nmi: None,
            misclassified: None,
            misclassified_majority: None,
        };
        Self {
            run: row,
            traces: Vec::new(),
            failures: Vec::new(),
            parameters: Vec::new(),
            timing: TimingRow { run, start_seconds: 0.0, fit_seconds: 0.0 },
            labels: None,
            start_seed,
        }
    }

    /// The record of a run whose fit panicked.
    pub fn panicked(job: &Job<'_>, message: String) -> Self {
        let mut record = Self::new(job);
        record.run.outcome = RunOutcome::Panic;
        record.failures.push(record.failure(0, Stage::Expectation, "panic", message));
        record
    }

    /// Makes the start; `None` if there is none, which is then recorded.
    fn start(
        &mut self,
        make: impl FnOnce([u8; 32]) -> Result<Start, StartError>,
    ) -> Result<Option<Start>, Interrupted> {
        let clock = Instant::now();
        let start = make(self.start_seed);
        self.timing.start_seconds = clock.elapsed().as_secs_f64();
        match start {
            Ok(start) => {
                self.run.start_passes = start.passes;
                Ok(Some(start))
            }
            Err(StartError::Interrupted(cause)) => Err(cause),
            Err(error) => {
                self.no_start(&error);
                Ok(None)
            }
        }
    }

    /// Runs the fit and fills in what every method has.
    fn fit<M: LatentModel>(
        &mut self,
        job: &Job<'_>,
        begin: Begin<M>,
        policy: &mut dyn FailurePolicy<M>,
    ) -> Result<(Fit<M>, Vec<Repaired<M>>), Interrupted> {
        let clock = Instant::now();
        let data = job.data.sample.rows();
        let monotone = begin.model.monotone();
        let mut stopping = dispatch::stopping(job, monotone);
        let mut recorder = Recorder { run: self.run.run, trace: Vec::with_capacity(256), repaired: Vec::new() };
        let reducer = Chosen::new(job.threads);
        let fit = em::fit_with_remedies(&data, begin, reducer, &mut Plain, &mut stopping, &mut recorder, policy)?;
        self.timing.fit_seconds = clock.elapsed().as_secs_f64();
        let Recorder { mut trace, repaired, .. } = recorder;
        let run = &mut self.run;
        run.iterations = fit.iterations;
        run.e_passes = fit.e_passes;
        run.log_likelihood = fit.log_likelihood;
        run.objective = Some(fit.objective).filter(|objective| objective.is_finite());
        if let Some(TraceRecord { row: last, .. }) = trace.last() {
            run.smallest_count = last.smallest_count;
            run.smallest_relative_pivot = last.smallest_relative_pivot;
            run.condition = last.worst_condition;
        }
        if let Outcome::Stopped(reason) = fit.outcome {
            run.stop_reason = Some(reason);
            run.outcome = match reason {
                reason if reason.converged() => RunOutcome::Converged,
                _ => RunOutcome::MaxIterations,
            };
            // Under a ridge gains shrink by no fixed ratio.
            if monotone {
                run.rate = convergence::rate(&trace, job.data.sample.n);
                run.missing_information = convergence::missing_information(&trace, job.data.sample.n);
                run.remaining_gap = convergence::remaining_gap(&trace, job.data.sample.n);
            }
        }
        let (length, stride) = (trace.len(), job.plan.record.trace_stride as usize);
        let whole = job.replicate < job.plan.record.full_traces;
        // How a covariance collapses is told by the iterations before it.
        let tail = if matches!(fit.outcome, Outcome::Failed(_)) { BEFORE_FAILURE } else { 1 };
        let kept =
            |i: usize, row: &TraceRow| i.is_multiple_of(stride) || i + tail >= length || row.event != Event::None;
        if !whole && stride > 1 {
            let mut i = 0..;
            trace.retain(|record| i.next().is_some_and(|i| kept(i, &record.row)));
        }
        self.traces = trace;
        Ok((fit, repaired))
    }

    fn classify(&mut self, job: &Job<'_>) {
        let thresholds = ends::Thresholds::for_features(job.data.sample.d);
        // A k-means cluster of few points inflates no likelihood.
        let count = self.run.smallest_count.filter(|_| self.run.inertia.is_none());
        self.run.end = Some(ends::classify(self.run.coincidence, self.run.hathaway, count, &thresholds));
    }

    fn agreement(&mut self, job: &Job<'_>, labels: Vec<u32>) {
        if let Some(truth) = &job.data.sample.truth {
            let pairs = labels.iter().zip(&truth.labels).map(|(&a, &b)| (a as usize, b as usize));
            let table = Contingency::from_pairs(pairs);
            self.run.ari = agreement::adjusted_rand(&table);
            self.run.nmi = agreement::normalised_mutual_information(&table);
            self.run.misclassified = u32::try_from(agreement::misclassified_matched(&table)).ok();
            self.run.misclassified_majority = u32::try_from(agreement::misclassified_majority(&table)).ok();
        }
        self.labels = Some(labels);
    }

    fn mixture_parameters(&mut self, moment: Moment, parameters: &MixtureParameters) {
        let rows = (0..parameters.components()).zip(0u32..).map(|(c, component)| ParameterRow {
            run: self.run.run,
            moment,
            component,
            weight: Some(parameters.weights[c]),
            mean: parameters.mean(c).to_vec(),
            covariance: Some(parameters.covariance(c).to_vec()),
        });
        self.parameters.extend(rows);
    }

    fn centres(&mut self, moment: Moment, centres: &[f64], d: usize) {
        let rows = centres.chunks_exact(d).zip(0u32..).map(|(centre, component)| ParameterRow {
            run: self.run.run,
            moment,
            component,
            weight: None,
            mean: centre.to_vec(),
            covariance: None,
        });
        self.parameters.extend(rows);
    }
}
