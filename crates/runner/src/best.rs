//! The best run of every cell, repeated to learn which row went to which component. Of the runs no more is held than one for
//! each cell.

use crate::guard;
use crate::job::Job;
use crate::plan::Plan;
use crate::sweep::Samples;
use em::Interrupted;
use linalg::Level;
use rayon::prelude::*;
use records::{AssignmentRow, End, RunOutcome, RunRow};
use std::cmp::Ordering;

/// Cells whose best runs are repeated at once: their assignments are in memory together.
const CELLS_AT_ONCE: usize = 64;

/// The best run of every cell that has one, in order of the run; `runs` come in any order, one at a time.
#[derive(Debug)]
pub struct Best<'a> {
    plan: &'a Plan,
    /// Boxed: a study may have a million cells, most of them without a run yet.
    rows: Vec<Option<Box<RunRow>>>,
}

impl<'a> Best<'a> {
    /// No runs yet.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, rows: vec![None; plan.cells.len()] }
    }

    /// Looks at one run.
    pub fn see(&mut self, row: &RunRow) {
        let cell = self.plan.cells.partition_point(|cell| cell.first_run <= row.run) - 1;
        if row.outcome != RunOutcome::Converged {
            return;
        }
        let best = &mut self.rows[cell];
        let better = match best {
            None => true,
            Some(best) => compare(row, best).then(best.run.cmp(&row.run)) == Ordering::Greater,
        };
        if better {
            *best = Some(Box::new(row.clone()));
        }
    }

    /// The assignments in order of (run, row), a few cells at a time. Each item is of one run: which it is, the component of
    /// each row, and whether it gave the same numbers when it was repeated (it should).
    pub fn assignments(
        &'a self,
        samples: &'a Samples,
        level: Level,
        pool: &'a rayon::ThreadPool,
    ) -> impl Iterator<Item = Result<Assigned, Interrupted>> + 'a {
        let chosen: Vec<&RunRow> = self.rows.iter().flatten().map(Box::as_ref).collect();
        let chunks = chosen.len().div_ceil(CELLS_AT_ONCE);
        (0..chunks).flat_map(move |i| {
            let chunk = &chosen[i * CELLS_AT_ONCE..chosen.len().min((i + 1) * CELLS_AT_ONCE)];
            let repeated = || chunk.par_iter().map(|row| repeat(self.plan, samples, row, level)).collect::<Vec<_>>();
            pool.install(repeated)
        })
    }
}

/// A run that was repeated.
#[derive(Debug)]
pub struct Assigned {
    /// Its number.
    pub run: u32,
    /// Whether it gave the same numbers.
    pub same: bool,
    labels: Vec<u32>,
}

impl Assigned {
    /// Its rows of the table.
    pub fn rows(self) -> impl Iterator<Item = AssignmentRow> {
        let run = self.run;
        (0..).zip(self.labels).map(move |(row, component)| AssignmentRow { run, row, component })
    }
}

fn repeat(plan: &Plan, samples: &Samples, row: &RunRow, level: Level) -> Result<Assigned, Interrupted> {
    let (cell, replicate) = plan.locate(row.run);
    let data = &samples[&(cell.dataset, cell.draw)];
    let record = guard::run(&Job { plan, cell, replicate, data, threads: false, level })?;
    Ok(Assigned { run: row.run, same: record.run == *row, labels: record.labels.unwrap_or_default() })
}

/// The converged run with the highest log-likelihood (k-means: the lowest inertia) is the best. A spurious or coincident end
/// is only taken where there is no proper one; the lowest run wins ties.
fn compare(a: &RunRow, b: &RunRow) -> Ordering {
    let proper = |row: &RunRow| matches!(row.end, None | Some(End::Proper));
    let value = |row: &RunRow| {
        let value = row.log_likelihood.or(row.inertia.map(|inertia| -inertia)).or(row.objective);
        value.unwrap_or(f64::NEG_INFINITY)
    };
    proper(a).cmp(&proper(b)).then(value(a).total_cmp(&value(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JobRecord;
    use crate::judged::Judged;
    use crate::plan::testing;

    #[test]
    fn the_best_run_is_proper_before_it_is_high_and_early_before_it_is_late() {
        let plan = testing::plan("");
        let data = Judged::new(plan.datasets[0].sample([0; 32]).unwrap());
        let row = |replicate, outcome, log_likelihood, end| {
            let record = JobRecord::new(&Job {
                plan: &plan,
                cell: &plan.cells[0],
                replicate,
                data: &data,
                threads: false,
                level: Level::detect(),
            });
            RunRow { outcome, log_likelihood: Some(log_likelihood), end: Some(end), ..record.run }
        };
        let best = |runs: &[RunRow]| {
            let mut best = Best::new(&plan);
            for row in runs {
                best.see(row);
            }
            best.rows[0].as_ref().map(|row| row.run)
        };
        let low = row(0, RunOutcome::Converged, -9.0, End::Proper);
        let high = row(1, RunOutcome::Converged, -3.0, End::Proper);
        let spurious = row(2, RunOutcome::Converged, 5.0, End::Spurious);
        assert_eq!(best(&[low.clone(), high.clone(), spurious.clone()]), Some(1));
        let unfinished = RunRow { outcome: RunOutcome::MaxIterations, ..high.clone() };
        assert_eq!(best(&[low.clone(), unfinished.clone(), spurious.clone()]), Some(0));
        let equal = RunRow { log_likelihood: Some(-9.0), ..high };
        assert_eq!(best(&[low.clone(), equal.clone(), spurious.clone()]), Some(0));
        assert_eq!(best(&[equal, low.clone()]), Some(0));
        let failed = RunRow { outcome: RunOutcome::SingularCovariance, ..low.clone() };
        assert_eq!(best(&[failed.clone(), unfinished.clone(), spurious]), Some(2));
        assert_eq!(best(&[failed.clone(), unfinished, RunRow { run: 2, ..failed }]), None);
    }

    #[test]
    fn of_k_means_runs_the_lowest_inertia_wins() {
        let plan = testing::plan("");
        let data = Judged::new(plan.datasets[0].sample([0; 32]).unwrap());
        let row = |replicate, inertia| {
            let record = JobRecord::new(&Job {
                plan: &plan,
                cell: &plan.cells[0],
                replicate,
                data: &data,
                threads: false,
                level: Level::detect(),
            });
            RunRow { outcome: RunOutcome::Converged, inertia: Some(inertia), ..record.run }
        };
        let runs = [row(0, 7.0), row(1, 2.0), row(2, 3.0)];
        let mut best = Best::new(&plan);
        for row in runs {
            best.see(&row);
        }
        assert_eq!(best.rows.iter().flatten().map(|row| row.run).collect::<Vec<_>>(), [1]);
    }
}
