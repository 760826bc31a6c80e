//! Runs a plan, or a share of it: parallel over jobs ([`running`](crate::running)), resumable at any part. What
//! comes out depends neither on the number of threads and processes, nor on where the sweep was interrupted.

use crate::best::Best;
use crate::finish::Finish;
use crate::guard;
use crate::interrupt::Interrupt;
use crate::judged::Judged;
use crate::lock::{Lock, LockError, Writer};
use crate::plan::Plan;
use crate::progress::{Faults, Progress};
use crate::provenance::{self, Log, Origin};
use crate::results_folder::{self, Found};
use crate::running::{Running, Stop};
use crate::work::Work;
use anyhow::Context as _;
use linalg::Level;
use records::{Categories, Provenance, Store};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the last shards wait for each other's locks when they end at the same time.
const LAST_SHARDS: Duration = Duration::from_secs(2);

/// A sweep to run.
#[derive(Clone, Copy, Debug)]
pub struct Sweep<'a> {
    /// What is to be known about the study.
    pub plan: &'a Plan,
    /// What this process does of it.
    pub work: &'a Work,
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
    /// Number of failed starts after which nothing new is begun.
    pub max_failures: Option<u32>,
    /// Whether to be silent.
    pub quiet: bool,
    /// What is done about each run: [`run_job`](crate::job::run_job).
    pub job: guard::Work,
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All runs are recorded, and the tables are there.
    Complete {
        /// The exit code that a signal asks for, if there was one meanwhile.
        signal: Option<u8>,
    },
    /// This process has done its share; runs of others are missing.
    ShareDone {
        /// Runs recorded, of the whole plan.
        recorded: u32,
    },
    /// A signal came.
    Signal {
        /// The exit code that it asks for.
        code: u8,
        /// Runs recorded, of the whole plan.
        recorded: u32,
    },
    /// Too many starts failed.
    Failures {
        /// Runs recorded, of the whole plan.
        recorded: u32,
    },
}

/// The samples of all draws.
pub type Samples = BTreeMap<(usize, u32), Judged>;

impl Sweep<'_> {
    fn writer(&self) -> Writer {
        self.work.shard.map_or(Writer::Alone, Writer::Shard)
    }

    fn metadata(&self) -> records::Metadata {
        provenance::metadata(self.plan)
    }

    fn open_store(&self) -> Result<Store, records::RecordsError> {
        let (categories, metadata) = (categories(self.plan), self.metadata());
        match self.writer() {
            Writer::Alone => Store::open(self.folder, &categories, metadata),
            writer @ Writer::Shard(_) => Store::open_shared(self.folder, &writer.name(), &categories, metadata),
        }
    }

    fn provenance(&self, found: Found) -> (Provenance, Option<String>) {
        let mut origin = provenance::provenance(self.plan, &self.origin, self.threads, self.level);
        let earlier = (found == Found::Unfinished).then(|| Provenance::read(self.folder).ok()).flatten();
        let other = earlier.as_ref().and_then(|earlier| provenance::other_program(&origin, earlier));
        if let Some(earlier) = earlier {
            provenance::go_on(&mut origin, earlier);
        }
        (origin, other)
    }

    /// Runs what is missing of the share, and finishes the folder if nothing is missing of the whole. Also says what went wrong
    /// in the new runs.
    pub fn run(&self, found: Found, lock: Lock, aside: Option<&Path>) -> anyhow::Result<(Ended, Faults)> {
        let Self { plan, folder, work, .. } = *self;
        let interrupt = Interrupt::watch().context("signals cannot be watched")?;
        results_folder::prepare(folder, &plan.to_toml()?, self.config, self.writer())?;
        let shown = || format!("results folder {}", folder.display());
        let log = Log::open(folder).with_context(shown)?;
        let (origin, other_program) = self.provenance(found);
        let store = self.open_store()?;
        let committed = store.committed_of(|part| work.owns(part, plan.runs()))?;
        store.write_provenance(&origin)?;
        let left = work.left(plan, &committed);
        let progress = &Progress::new(left.total, left.recorded, self.quiet);
        let warn = |message: String| {
            progress.note(&format!("warning: {message}"));
            log.line("warning", json!({ "message": message }));
        };
        if let Some(aside) = aside {
            progress.note(&format!("the old results are in {}", aside.display()));
        }
        if committed.runs() > 0 {
            other_program.into_iter().for_each(&warn);
        }
        for warning in &committed.warnings {
            warn(format!("{warning}; it was moved to .set-aside, and its runs are repeated"));
        }
        if committed.runs() > 0 {
            progress.note(&format!("going on: {} of {} runs are recorded", left.recorded, left.total));
        }
        let shard = work.shard.map(|shard| shard.to_string());
        log.line(
            "begin",
            json!({ "runs": left.total, "recorded": left.recorded, "threads": self.threads, "shard": shard }),
        );
        let samples = samples(plan)?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let stop = Stop::new(&interrupt, self.max_failures, progress);
        let best = Mutex::new(Best::new(plan));
        let running = Running {
            plan,
            samples: &samples,
            store: &store,
            progress,
            best: &best,
            log: &log,
            level: self.level,
            stop: &stop,
            job: self.job,
        };
        let (new_runs, merged) = if work.is_whole() && left.recorded == 0 {
            let mut ended = Ok(0);
            let merged = store.merging(left.total, |feeds| ended = running.run(&left.runs, &pool, Some(feeds)));
            // Without these tables the parts are merged, and what was in the way is told if it still is.
            (ended?, merged.ok())
        } else {
            (running.run(&left.runs, &pool, None)?, None)
        };
        progress.finish(new_runs);
        let recorded = left.recorded + new_runs;
        if recorded < left.total {
            let recorded = committed.runs() + new_runs;
            let ended = match interrupt.requested() {
                Some(code) => Ended::Signal { code, recorded },
                None => Ended::Failures { recorded },
            };
            return Ok((ended, progress.faults()));
        }
        let finish = Finish { plan, folder, samples: &samples, level: self.level, pool: &pool, progress, log: &log };
        let missing = if let Some(merged) = merged {
            store.place_merged(merged)?;
            finish.merged(store, &best.into_inner().unwrap_or_else(PoisonError::into_inner), origin)?;
            None
        } else {
            drop(store);
            self.finish(&finish, lock, origin)?
        };
        let ended = match missing {
            None => Ended::Complete { signal: interrupt.requested() },
            Some(recorded) => Ended::ShareDone { recorded },
        };
        Ok((ended, progress.faults()))
    }

    /// Finishes the folder, unless runs of other processes are missing: then it says how many runs are recorded.
    fn finish(&self, finish: &Finish<'_>, lock: Lock, origin: Provenance) -> anyhow::Result<Option<u32>> {
        let Some(_lock) = self.lock_all(lock)? else { return self.recorded().map(Some) };
        if !self.work.is_whole() {
            // Another shard may have been the last one.
            if records::is_complete(self.folder, &self.metadata().plan_hash)? {
                return Ok(None);
            }
            let recorded = self.recorded()?;
            if recorded < self.plan.runs() {
                return Ok(Some(recorded));
            }
        }
        finish.run(origin).map(|()| None)
    }

    /// Runs of the whole plan that are recorded, by all processes.
    fn recorded(&self) -> anyhow::Result<u32> {
        Ok(records::survey(self.folder, &self.metadata().plan_hash)?.runs())
    }

    /// The lock for writing alone, if no other shard is at work.
    fn lock_all(&self, lock: Lock) -> anyhow::Result<Option<Lock>> {
        if self.writer() == Writer::Alone {
            return Ok(Some(lock));
        }
        drop(lock);
        let begun = Instant::now();
        loop {
            match Lock::take(self.folder, Writer::Alone) {
                Ok(lock) => return Ok(Some(lock)),
                // Two shards that end together are in each other's way for a moment.
                Err(LockError::Busy { .. }) if begun.elapsed() < LAST_SHARDS => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(LockError::Busy { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
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

/// Draws all samples.
pub fn samples(plan: &Plan) -> anyhow::Result<Samples> {
    plan.draws().map(|(dataset, draw)| Ok(((dataset, draw), Judged::draw(plan, dataset, draw)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finish::observations;
    use records::ObservationRow;

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
