//! The end of a sweep: from parts to finished tables. It is reached by the process that finds all runs recorded: the only
//! one, the last of several shards, or `runner compact`.

use crate::best::Best;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::provenance::{self, Log};
use crate::sweep::{self, Samples};
use linalg::Level;
use records::{ObservationRow, Provenance, Store};
use serde_json::json;
use std::path::Path;
use std::time::SystemTime;

/// What the end of a sweep needs.
pub struct Finish<'a> {
    /// What was run.
    pub plan: &'a Plan,
    /// The results folder, for which this process has the lock.
    pub folder: &'a Path,
    /// The samples of all draws.
    pub samples: &'a Samples,
    /// The instruction set of the kernels.
    pub level: Level,
    /// Where the best runs are repeated.
    pub pool: &'a rayon::ThreadPool,
    /// Who is told.
    pub progress: &'a Progress,
    /// And where it is written down.
    pub log: &'a Log,
}

impl Finish<'_> {
    /// Opens the folder as its only writer, merges the parts, and goes on with [`merged`](Self::merged). Runs that are missing
    /// are an error.
    pub fn run(&self, origin: Provenance) -> anyhow::Result<()> {
        let store = Store::open(self.folder, &sweep::categories(self.plan), provenance::metadata(self.plan))?;
        store.compact(self.plan.runs())?;
        let mut best = Best::new(self.plan);
        records::for_each_run(self.folder, |row| best.see(&row))?;
        self.merged(store, &best, origin)
    }

    /// Adds the tables that need all runs, of which the best are known, and marks the folder as complete.
    pub fn merged(&self, store: Store, best: &Best<'_>, mut origin: Provenance) -> anyhow::Result<()> {
        let Self { plan, progress, log, .. } = *self;
        let (mut strange, mut interrupted) = (Vec::new(), None);
        let assigned = best.assignments(self.samples, self.level, self.pool).map_while(|one| match one {
            Ok(one) => {
                strange.extend((!one.same).then_some(one.run));
                Some(one.rows())
            }
            Err(cause) => {
                interrupted = Some(cause);
                None
            }
        });
        store.write_assignments(assigned.flatten())?;
        if let Some(cause) = interrupted {
            return Err(cause.into());
        }
        for run in strange {
            let message = format!("run {run} gave other numbers when it was repeated; please report this as a bug");
            progress.note(&format!("warning: {message}"));
            log.line("warning", json!({ "message": message }));
        }
        store.write_observations(observations(plan, self.samples))?;
        origin.finished = Some(provenance::timestamp(SystemTime::now()));
        store.write_provenance(&origin)?;
        store.finish()?;
        log.line("end", json!({ "runs": plan.runs() }));
        Ok(())
    }
}

/// What was fitted, in the order (data set, draw, row).
pub fn observations<'a>(plan: &'a Plan, samples: &'a Samples) -> impl Iterator<Item = ObservationRow> + 'a {
    samples.iter().flat_map(move |(&(dataset, draw), data)| {
        let sample = &data.sample;
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
