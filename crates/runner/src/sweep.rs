//! Runs a plan: parallel over jobs, one writer, parts of a fixed number of runs, resumable at any part. What comes out
//! does not depend on the number of threads, nor on where the sweep was interrupted.

use crate::best;
use crate::job::{Job, JobRecord};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::provenance::{self, Log, Origin};
use crate::results_folder::{self, Found};
use crate::{guard, seeds};
use anyhow::Context as _;
use datasets::Sample;
use em::Interrupted;
use linalg::Level;
use rayon::prelude::*;
use records::{Categories, ObservationRow, Part, RunOutcome, Store};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::SystemTime;

/// Runs of a part: what an interruption can cost at most.
const PART_RUNS: u32 = 512;
/// Finished parts that may wait for the writer; more would only cost memory.
const WAITING_PARTS: usize = 2;

/// A sweep to run.
#[derive(Clone, Copy, Debug)]
pub struct Sweep<'a> {
    /// What to run.
    pub plan: &'a Plan,
    /// The config as typed.
    pub config: &'a str,
    /// Where the results go.
    pub folder: &'a Path,
    /// Number of threads.
    pub threads: usize,
    /// The instruction set of the kernels.
    pub level: Level,
    /// Where the config and its overrides come from.
    pub origin: Origin<'a>,
    /// Whether to be silent.
    pub quiet: bool,
}

/// The samples of all draws.
pub type Samples = BTreeMap<(usize, u32), Arc<Sample>>;

/// Runs what is missing and finishes the folder.
pub fn run(sweep: &Sweep<'_>, found: &Found) -> anyhow::Result<()> {
    let Sweep { plan, folder, .. } = *sweep;
    let shown = || format!("results folder {}", folder.display());
    let aside = results_folder::prepare(folder, found, &plan.to_toml()?, sweep.config).with_context(shown)?;
    let log = Log::open(folder).with_context(shown)?;
    let mut origin = provenance::provenance(plan, &sweep.origin, sweep.threads, sweep.level);
    if *found == Found::Unfinished
        && let Ok(earlier) = records::Provenance::read(folder)
    {
        provenance::go_on(&mut origin, earlier);
    }
    origin.write(folder)?;
    let store = Store::open(folder, &categories(plan), provenance::metadata(plan))?;
    let committed = store.committed()?;
    let progress = Progress::new(plan.runs(), committed.runs(), sweep.quiet);
    if let Some(aside) = aside {
        progress.note(&format!("the old results are in {}", aside.display()));
    }
    for warning in &committed.warnings {
        progress.note(&format!("warning: {warning}"));
        log.line("warning", json!({ "message": warning.to_string() }));
    }
    if committed.runs() > 0 {
        progress.note(&format!("going on: {} of {} runs are recorded", committed.runs(), plan.runs()));
    }
    log.line("begin", json!({ "runs": plan.runs(), "recorded": committed.runs(), "threads": sweep.threads }));
    let samples = samples(plan)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(sweep.threads).build()?;
    let todo = missing(plan.runs(), &committed);
    let running =
        Running { plan, samples: &samples, store: &store, progress: &progress, log: &log, level: sweep.level };
    let new_runs = running.parts(&todo, committed.next_number(), &pool)?;
    progress.finish(new_runs);
    store.compact(plan.runs())?;
    let runs = records::read_runs(folder)?;
    let (assignments, strange) = pool.install(|| best::assignments(plan, &samples, &runs, sweep.level))?;
    for run in strange {
        let message = format!("run {run} gave other numbers when it was repeated; please report this as a bug");
        progress.note(&format!("warning: {message}"));
        log.line("warning", json!({ "message": message }));
    }
    store.write_assignments(assignments)?;
    store.write_observations(observations(plan, &samples))?;
    origin.finished = Some(provenance::timestamp(SystemTime::now()));
    origin.write(folder)?;
    store.finish()?;
    log.line("end", json!({ "new_runs": new_runs }));
    Ok(())
}

/// Runs in a finished folder that neither converged nor reached the iteration limit.
pub fn failed_runs(folder: &Path) -> anyhow::Result<usize> {
    let ended = |outcome| matches!(outcome, RunOutcome::Converged | RunOutcome::MaxIterations);
    Ok(records::read_runs(folder)?.iter().filter(|run| !ended(run.outcome)).count())
}

/// The levels of the factors in the order of the plan.
pub fn categories(plan: &Plan) -> Categories {
    let mut categories = Categories { stop: vec![plan.stop_label()], ..Categories::default() };
    let add = |list: &mut Vec<String>, name: &String| {
        if !list.contains(name) {
            list.push(name.clone());
        }
    };
    for dataset in &plan.datasets {
        add(&mut categories.dataset, &dataset.name);
    }
    for cell in &plan.cells {
        let factors = &cell.factors;
        add(&mut categories.method, &factors.method);
        factors.covariance.iter().for_each(|name| add(&mut categories.covariance, name));
        add(&mut categories.start, &factors.start);
        factors.start_covariance.iter().for_each(|name| add(&mut categories.start_covariance, name));
        factors.policy.iter().for_each(|name| add(&mut categories.policy, name));
    }
    categories
}

fn samples(plan: &Plan) -> anyhow::Result<Samples> {
    plan.draws()
        .map(|(dataset, draw)| {
            let named = || format!("draw {draw} of data set {}", plan.datasets[dataset].name);
            let sample = plan.datasets[dataset].sample(seeds::data_seed(plan, dataset, draw)).with_context(named)?;
            Ok(((dataset, draw), sample))
        })
        .collect()
}

/// The runs that are not recorded, in parts.
fn missing(total: u32, committed: &records::Committed) -> Vec<Vec<u32>> {
    let mut done = vec![false; total as usize];
    for range in committed.parts.iter().flat_map(|part| &part.runs) {
        done[range.first as usize..=(range.last as usize).min(total as usize - 1)].fill(true);
    }
    let part = |first: u32| -> Vec<u32> {
        (first..first.saturating_add(PART_RUNS).min(total)).filter(|run| !done[*run as usize]).collect()
    };
    (0..total).step_by(PART_RUNS as usize).map(part).filter(|runs| !runs.is_empty()).collect()
}

/// What the threads of a running sweep share.
struct Running<'a> {
    plan: &'a Plan,
    samples: &'a Samples,
    store: &'a Store,
    progress: &'a Progress,
    log: &'a Log,
    level: Level,
}

impl Running<'_> {
    /// Computes the parts one after another, each on all threads, while the one before is written. Returns the number of
    /// runs written.
    fn parts(&self, todo: &[Vec<u32>], first_number: u32, pool: &rayon::ThreadPool) -> anyhow::Result<u32> {
        let (sender, receiver) = sync_channel(WAITING_PARTS);
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || self.write(first_number, receiver));
            let mut interrupted = Ok(());
            for runs in todo {
                let records: Result<Vec<JobRecord>, Interrupted> =
                    pool.install(|| runs.par_iter().map(|&run| self.one(run)).collect());
                match records {
                    // The writer has gone only if it failed; its error is told below.
                    Ok(records) => {
                        if sender.send(part(records)).is_err() {
                            break;
                        }
                    }
                    // Such a part is not written, so that the same command repeats it.
                    Err(cause) => {
                        interrupted = Err(cause);
                        break;
                    }
                }
            }
            drop(sender);
            let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            interrupted?;
            Ok(written)
        })
    }

    fn write(&self, first_number: u32, parts: Receiver<Part>) -> Result<u32, records::RecordsError> {
        let mut written = 0;
        for (number, part) in (first_number..).zip(parts) {
            self.store.write_part(number, &part)?;
            let runs = u32::try_from(part.runs.len()).unwrap_or(PART_RUNS);
            written += runs;
            let first_run = part.runs.first().map(|row| row.run);
            self.log.line("part", json!({ "number": number, "first_run": first_run, "runs": runs }));
        }
        Ok(written)
    }

    fn one(&self, run: u32) -> Result<JobRecord, Interrupted> {
        let (cell, replicate) = self.plan.locate(run);
        let sample = &self.samples[&(cell.dataset, cell.draw)];
        let record = guard::run(&Job { plan: self.plan, cell, replicate, sample, threads: false, level: self.level })?;
        self.progress.tick(record.run.outcome);
        Ok(record)
    }
}

/// The rows of some runs, table by table.
pub fn part(records: Vec<JobRecord>) -> Part {
    let mut part = Part::default();
    for record in records {
        part.runs.push(record.run);
        part.traces.extend(record.traces);
        part.failures.extend(record.failures);
        part.parameters.extend(record.parameters);
        part.timings.push(record.timing);
    }
    part
}

/// What was fitted, in the order (data set, draw, row).
fn observations<'a>(plan: &'a Plan, samples: &'a Samples) -> impl Iterator<Item = ObservationRow> + 'a {
    samples.iter().flat_map(move |(&(dataset, draw), sample)| {
        let name = &plan.datasets[dataset].name;
        (0..sample.n).map(move |row| ObservationRow {
            dataset: name.clone(),
            draw,
            row: u32::try_from(row).unwrap_or(u32::MAX),
            truth: sample.truth.as_ref().map(|truth| truth.names[truth.labels[row] as usize].clone()),
            x: sample.row(row).to_vec(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::{Committed, CommittedPart, RunRange};

    #[test]
    fn only_runs_that_are_not_recorded_are_run_in_parts_that_do_not_interleave() {
        assert_eq!(missing(3, &Committed::default()), [vec![0, 1, 2]]);
        let folder = tempfile::tempdir().unwrap();
        let plan = crate::plan::testing::plan("");
        let store = Store::open(folder.path(), &categories(&plan), provenance::metadata(&plan)).unwrap();
        let samples = samples(&plan).unwrap();
        let progress = Progress::new(plan.runs(), 0, true);
        let log = Log::open(folder.path()).unwrap();
        let running = Running {
            plan: &plan,
            samples: &samples,
            store: &store,
            progress: &progress,
            log: &log,
            level: Level::detect(),
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        assert_eq!(running.parts(&[vec![5, 6], vec![30]], 4, &pool).unwrap(), 3);
        let committed = store.committed().unwrap();
        let ranges: Vec<RunRange> = committed.parts.iter().flat_map(|part: &CommittedPart| part.runs.clone()).collect();
        assert_eq!(ranges, [RunRange { first: 5, last: 6 }, RunRange { first: 30, last: 30 }]);
        let todo = missing(plan.runs(), &committed);
        assert_eq!(todo.concat(), (0..72).filter(|run| ![5, 6, 30].contains(run)).collect::<Vec<_>>());
    }

    #[test]
    fn categories_follow_the_plan_and_observations_the_draws() {
        let plan = crate::plan::testing::plan("");
        let categories = categories(&plan);
        assert_eq!(categories.dataset, ["faithful", "round"]);
        assert_eq!(categories.method, ["em", "k-means"]);
        assert_eq!(categories.policy, ["stop", "ridge=1e-6"]);
        assert_eq!(categories.stop, ["gain-per-row=1e-11,max-iterations=100"]);
        let samples = samples(&plan).unwrap();
        let rows: Vec<ObservationRow> = observations(&plan, &samples).collect();
        assert_eq!(rows.len(), 272 + 2 * 40);
        assert_eq!((rows[0].x.as_slice(), &rows[0].truth), ([3.6, 79.0].as_slice(), &None));
        assert_eq!((rows[312].dataset.as_str(), rows[312].draw, rows[312].row), ("round", 1, 0));
        assert!(rows[312].truth.is_some() && rows[312].x != rows[272].x);
    }
}
