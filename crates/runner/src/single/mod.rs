//! `runner fit`: one mixture (or k-means) for one file, from several starts; the best of them is described and kept.
//!
//! It is a sweep of one cell that writes no records: the same plan, the same starts, the same fit. Small samples run their
//! starts side by side; a sample of many rows runs them one after another, each on all threads.

mod words;

use crate::cli::FitArguments;
use crate::config::diagnostics::suggestion;
use crate::dispatch;
use crate::exit::Refused;
use crate::guard;
use crate::job::{Job, JobRecord};
use crate::judged::Judged;
use crate::kinds::{Covariance, Method, Policy, StartKind, StopRule};
use crate::plan::{Plan, starts};
use crate::simd;
use anyhow::{Context as _, bail};
use datasets::{FileOptions, Sample};
use linalg::Level;
use mixture::{FittedMixture, MixtureParameters};
use rayon::prelude::*;
use records::{Moment, RunOutcome, RunRow};
use report::maxima;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use words::{Timing, describe, json};

/// Gain per row below which a fit has converged, unless told.
const TOLERANCE: f64 = 1e-10;

/// Rows above which one fit keeps all threads busy, so that starts run one after another; also rows whose responsibilities are
/// in memory at once.
const MANY_ROWS: usize = 16_384;

/// What `runner fit` tells, in words or as JSON.
pub struct Told {
    /// For stdout.
    pub text: String,
    /// Whether a fit was found.
    pub found: bool,
}

/// Reads, fits, writes what was asked for.
pub fn fit(arguments: &FitArguments) -> anyhow::Result<Told> {
    let clock = Instant::now();
    let sample = FileOptions {
        path: arguments.file.clone(),
        columns: arguments.columns.clone(),
        label: arguments.label.clone(),
        weight: arguments.weight.clone(),
    };
    let sample = Arc::new(sample.read()?);
    let read_seconds = clock.elapsed().as_secs_f64();
    let plan = plan(arguments, &sample).map_err(Refused)?;
    let threads = arguments.threads.map_or_else(crate::commands::default_threads, usize::from);
    let level = simd::choose(arguments.simd, None)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let clock = Instant::now();
    let data = Judged::guarded(&plan.datasets[0].name, || Ok(Judged::new(Arc::clone(&sample))))?;
    let mut records = pool.install(|| run(&plan, &data, level))?;
    let seconds = clock.elapsed().as_secs_f64();
    let runs: Vec<&RunRow> = records.iter().map(|record| &record.run).collect();
    let Some(best) = best(&runs) else {
        let text = if arguments.json { "null\n".to_owned() } else { outcomes(&records) };
        return Ok(Told { text, found: false });
    };
    let reached = runs.iter().filter(|run| reached(run, runs[best])).count();
    let model = Model::of(&records[best], &plan, &sample);
    if let Some(path) = &arguments.save {
        model.save(path)?;
    }
    if let Some(path) = &arguments.labels {
        write_labels(path, records[best].labels.as_deref().unwrap_or_default())?;
    }
    if let Some(path) = &arguments.responsibilities {
        model.write_responsibilities(path, &sample, level)?;
    }
    let timing = Timing {
        read: read_seconds,
        start: records[best].timing.start_seconds,
        fit: records[best].timing.fit_seconds,
        all: seconds,
    };
    let text = if arguments.json {
        json(&records[best].run, &model, &timing)?
    } else {
        let reached = format!("the best reached by {reached} of {}", records.len());
        let starts =
            if records.len() > 1 { format!("{}; {reached}\n", outcomes(&records).trim_end()) } else { String::new() };
        describe(arguments, &plan, &sample, &records[best].run, &model, &timing, &starts)
    };
    // Labels of a million rows are dropped before the text is printed.
    records.clear();
    Ok(Told { text, found: true })
}

/// The plan of one cell.
fn plan(arguments: &FitArguments, sample: &Arc<Sample>) -> anyhow::Result<Plan> {
    let method: Method = name("method", &arguments.method, Method::ALL.iter().map(|one| one.name()))?;
    let structures = Covariance::ALL.iter().map(|one| one.name());
    let covariance: Covariance = name("covariance", &arguments.covariance, structures)?;
    let kind = if arguments.from.is_some() { "given" } else { &arguments.start };
    let start: StartKind = name("start", kind, StartKind::ALL.iter().map(|one| one.name()))?;
    let policy = policy(&arguments.policy)?;
    if !dispatch::allows(covariance, policy) {
        bail!("the policy `{}` is not for covariance `{}` (runner --list)", policy.name(), covariance.name());
    }
    let k = arguments.components;
    if start.only_components().is_some_and(|only| only != k) {
        bail!("the start `{}` is for K = {}", start.name(), start.only_components().unwrap_or_default());
    }
    let given = match &arguments.from {
        Some(path) => Some(starts::read_given(path, sample, 0).map_err(anyhow::Error::msg)?),
        None => None,
    };
    if let Some(given) = &given
        && given.k != k
    {
        bail!(
            "the start in {} has {} components, but K = {k}",
            arguments.from.as_deref().unwrap_or(Path::new("")).display(),
            given.k
        );
    }
    let truth = sample.truth.as_ref().map(|truth| truth.names.len());
    if matches!(start, StartKind::Truth | StartKind::Perturbed) && truth != Some(k as usize) {
        bail!("the start `{}` needs --label with K = {k} classes", start.name());
    }
    let stop = match arguments.iterations {
        Some(iterations) => vec![StopRule::MaxIterations(iterations)],
        None => vec![
            StopRule::GainPerRow(arguments.tolerance.unwrap_or(TOLERANCE)),
            StopRule::MaxIterations(arguments.max_iterations),
        ],
    };
    let replicates = if start.exhaustive(u32::try_from(sample.n)?).is_some() { 1 } else { arguments.starts };
    let file = arguments.file.display().to_string();
    Ok(Plan::single(
        &file,
        arguments.seed,
        Arc::clone(sample),
        (k, replicates),
        (method, covariance, start, policy),
        stop,
        given,
    ))
}

/// A kind by its name or alias.
fn name<T: DeserializeOwned>(
    what: &str,
    typed: &str,
    known: impl Iterator<Item = &'static str> + Clone,
) -> anyhow::Result<T> {
    let found = serde_json::from_value(serde_json::Value::String(typed.to_owned()));
    found.map_err(|_| anyhow::anyhow!("unknown {what} `{typed}`: {}", suggestion(typed, known)))
}

/// `stop`, `map`, `ridge=1e-6`, `reseed=5`.
fn policy(typed: &str) -> anyhow::Result<Policy> {
    #[derive(serde::Deserialize)]
    struct One {
        policy: Policy,
    }
    let toml = match typed.split_once('=') {
        Some((name, number)) => format!("policy = {{ {name} = {number} }}"),
        None => format!("policy = \"{typed}\""),
    };
    let parsed: Result<One, _> = toml::from_str(&toml);
    let policy = parsed
        .map_err(|_| anyhow::anyhow!("`{typed}` is no policy: stop, ridge=1e-6, ratio=1e4, … (runner --list)"))?
        .policy;
    match policy.fault() {
        Some((expected, help)) => bail!("--policy {typed}: {expected}; {help}"),
        None => Ok(policy),
    }
}

fn run(plan: &Plan, data: &Judged, level: Level) -> anyhow::Result<Vec<JobRecord>> {
    let cell = &plan.cells[0];
    let big = data.sample.n > MANY_ROWS;
    let one = |replicate| Ok(guard::run(&Job { plan, cell, replicate, data, threads: big, level })?);
    if big {
        // Only the best keeps its labels.
        let mut records: Vec<JobRecord> = Vec::new();
        for replicate in 0..cell.replicates {
            records.push(one(replicate)?);
            let runs: Vec<&RunRow> = records.iter().map(|record| &record.run).collect();
            let best = best(&runs);
            for (i, record) in records.iter_mut().enumerate() {
                if Some(i) != best {
                    record.labels = None;
                }
            }
        }
        return Ok(records);
    }
    (0..cell.replicates).into_par_iter().map(one).collect()
}

/// The best converged proper end; without one the best of what ended at all.
fn best(runs: &[&RunRow]) -> Option<usize> {
    let rank = |run: &RunRow| Some((maxima::is_maximum(run), maxima::proper_score(run).is_some(), maxima::score(run)?));
    let ranked = runs.iter().enumerate().filter_map(|(i, run)| Some((rank(run)?, i)));
    let better = |a: &((bool, bool, f64), usize), b: &((bool, bool, f64), usize)| {
        let order = (a.0.0, a.0.1).cmp(&(b.0.0, b.0.1)).then(a.0.2.total_cmp(&b.0.2));
        order.then(b.1.cmp(&a.1))
    };
    ranked.max_by(better).map(|(_, i)| i)
}

fn reached(run: &RunRow, best: &RunRow) -> bool {
    let scores = maxima::score(run).zip(maxima::score(best));
    run.end == best.end && scores.is_some_and(|(own, best)| (own - best).abs() <= maxima::tolerance(best))
}

/// `10 starts: 9 converged, 1 singular covariance`.
fn outcomes(records: &[JobRecord]) -> String {
    let count = |outcome: RunOutcome| records.iter().filter(|record| record.run.outcome == outcome).count();
    let counted = RunOutcome::ALL.iter().map(|&outcome| (outcome.name().replace('_', " "), count(outcome)));
    let words: Vec<String> =
        counted.filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
    let mut text = format!("{} starts: {}\n", records.len(), words.join(", "));
    let failures = records.iter().flat_map(|record| &record.failures).filter(|row| row.remedy == "stop");
    for failure in failures.take(3) {
        let _ = writeln!(text, "  start {}, iteration {}: {}", failure.run, failure.iteration, failure.message);
    }
    text
}

/// What is kept of a fit.
enum Model {
    Mixture(FittedMixture),
    KMeans(KMeansModel),
}

/// Centres of k-means.
#[derive(Serialize)]
struct KMeansModel {
    method: &'static str,
    columns: Vec<String>,
    n: u64,
    inertia: Option<f64>,
    centres: Vec<Vec<f64>>,
}

impl Model {
    fn of(record: &JobRecord, plan: &Plan, sample: &Sample) -> Self {
        let end = record.parameters.iter().filter(|row| row.moment == Moment::End);
        let (columns, n) = (sample.columns.clone(), sample.n as u64);
        if plan.cells[0].method == Method::KMeans {
            let centres = end.map(|row| row.mean.clone()).collect();
            return Self::KMeans(KMeansModel { method: "k-means", columns, n, inertia: record.run.inertia, centres });
        }
        let mut parameters = MixtureParameters { weights: vec![], means: vec![], covariances: vec![] };
        for row in end {
            parameters.weights.extend(row.weight);
            parameters.means.extend(&row.mean);
            parameters.covariances.extend(row.covariance.iter().flatten());
        }
        let structure = plan.cells[0].covariance.unwrap_or(Covariance::Full).name().to_owned();
        let log_likelihood = record.run.log_likelihood.unwrap_or(f64::NEG_INFINITY);
        Self::Mixture(FittedMixture { structure, columns, n, log_likelihood, parameters })
    }

    /// As TOML or JSON, by the ending of the name.
    fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = match (path.extension().and_then(|ending| ending.to_str()), self) {
            (Some("json"), Self::Mixture(model)) => serde_json::to_string_pretty(model)?,
            (Some("json"), Self::KMeans(model)) => serde_json::to_string_pretty(model)?,
            (Some("toml"), Self::Mixture(model)) => toml::to_string(model)?,
            (Some("toml"), Self::KMeans(model)) => toml::to_string(model)?,
            _ => bail!("{}: a model is saved as .toml or .json", path.display()),
        };
        std::fs::write(path, text + "\n").with_context(|| path.display().to_string())
    }

    fn write_responsibilities(&self, path: &Path, sample: &Sample, level: Level) -> anyhow::Result<()> {
        let Self::Mixture(model) = self else { bail!("k-means has labels but no responsibilities") };
        let mut out = BufWriter::new(File::create(path).with_context(|| path.display().to_string())?);
        let k = model.components();
        let names: Vec<String> = (0..k).map(|c| format!("r{c}")).collect();
        writeln!(out, "{}", names.join(","))?;
        for rows in sample.x.chunks(MANY_ROWS * sample.d) {
            for row in model.responsibilities(rows, level)?.chunks_exact(k) {
                let words: Vec<String> = row.iter().map(|value| format!("{value:?}")).collect();
                writeln!(out, "{}", words.join(","))?;
            }
        }
        Ok(out.flush()?)
    }
}

fn write_labels(path: &Path, labels: &[u32]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path).with_context(|| path.display().to_string())?);
    writeln!(out, "component")?;
    labels.iter().try_for_each(|label| writeln!(out, "{label}"))?;
    Ok(out.flush()?)
}
