//! The best run of every cell, repeated to learn which row went to which component.

use crate::guard;
use crate::job::Job;
use crate::plan::{Cell, Plan};
use crate::sweep::Samples;
use em::Interrupted;
use linalg::Level;
use rayon::prelude::*;
use records::{AssignmentRow, End, RunOutcome, RunRow};
use std::cmp::Ordering;

/// The assignments of the best run of every cell in order of (run, row), and the runs that gave other numbers when they
/// were repeated (there should be none).
pub fn assignments(
    plan: &Plan,
    samples: &Samples,
    runs: &[RunRow],
    level: Level,
) -> Result<(Vec<AssignmentRow>, Vec<u32>), Interrupted> {
    let chosen: Vec<&RunRow> = plan.cells.iter().filter_map(|cell| best_run(cell, runs)).collect();
    let repeated: Vec<(Vec<u32>, bool)> =
        chosen.par_iter().map(|row| repeat(plan, samples, row, level)).collect::<Result<_, _>>()?;
    let mut strange = Vec::new();
    let mut rows = Vec::new();
    for (row, (labels, same)) in chosen.iter().zip(repeated) {
        if !same {
            strange.push(row.run);
        }
        let assigned = (0..).zip(labels).map(|(i, component)| AssignmentRow { run: row.run, row: i, component });
        rows.extend(assigned);
    }
    Ok((rows, strange))
}

fn repeat(plan: &Plan, samples: &Samples, row: &RunRow, level: Level) -> Result<(Vec<u32>, bool), Interrupted> {
    let (cell, replicate) = plan.locate(row.run);
    let sample = &samples[&(cell.dataset, cell.draw)];
    let record = guard::run(&Job { plan, cell, replicate, sample, threads: false, level })?;
    Ok((record.labels.unwrap_or_default(), record.run == *row))
}

/// The converged run with the highest log-likelihood (k-means: the lowest inertia). A spurious or coincident end is only
/// taken where there is no proper one; the lowest run wins ties.
fn best_run<'a>(cell: &Cell, runs: &'a [RunRow]) -> Option<&'a RunRow> {
    let (first, count) = (cell.first_run as usize, cell.replicates as usize);
    let converged = runs.get(first..first + count)?.iter().filter(|row| row.outcome == RunOutcome::Converged);
    converged.reduce(|best, row| if compare(row, best) == Ordering::Greater { row } else { best })
}

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
    use crate::plan::testing;

    #[test]
    fn the_best_run_is_proper_before_it_is_high_and_early_before_it_is_late() {
        let plan = testing::plan("");
        let sample = plan.datasets[0].sample([0; 32]).unwrap();
        let row = |replicate, outcome, log_likelihood, end| {
            let record = JobRecord::new(&Job {
                plan: &plan,
                cell: &plan.cells[0],
                replicate,
                sample: &sample,
                threads: false,
                level: Level::detect(),
            });
            RunRow { outcome, log_likelihood: Some(log_likelihood), end: Some(end), ..record.run }
        };
        let best = |runs: &[RunRow]| best_run(&plan.cells[0], runs).map(|row| row.run);
        let low = row(0, RunOutcome::Converged, -9.0, End::Proper);
        let high = row(1, RunOutcome::Converged, -3.0, End::Proper);
        let spurious = row(2, RunOutcome::Converged, 5.0, End::Spurious);
        assert_eq!(best(&[low.clone(), high.clone(), spurious.clone()]), Some(1));
        let unfinished = RunRow { outcome: RunOutcome::MaxIterations, ..high.clone() };
        assert_eq!(best(&[low.clone(), unfinished.clone(), spurious.clone()]), Some(0));
        let equal = RunRow { log_likelihood: Some(-9.0), ..high };
        assert_eq!(best(&[low.clone(), equal, spurious.clone()]), Some(0));
        let failed = RunRow { outcome: RunOutcome::SingularCovariance, ..low.clone() };
        assert_eq!(best(&[failed.clone(), unfinished.clone(), spurious]), Some(2));
        assert_eq!(best(&[failed.clone(), unfinished, RunRow { run: 2, ..failed }]), None);
    }

    #[test]
    fn of_k_means_runs_the_lowest_inertia_wins() {
        let plan = testing::plan("");
        let sample = plan.datasets[0].sample([0; 32]).unwrap();
        let row = |replicate, inertia| {
            let record = JobRecord::new(&Job {
                plan: &plan,
                cell: &plan.cells[0],
                replicate,
                sample: &sample,
                threads: false,
                level: Level::detect(),
            });
            RunRow { outcome: RunOutcome::Converged, inertia: Some(inertia), ..record.run }
        };
        let runs = [row(0, 7.0), row(1, 2.0), row(2, 3.0)];
        assert_eq!(best_run(&plan.cells[0], &runs).map(|row| row.run), Some(1));
    }
}
