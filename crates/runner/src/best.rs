//! The best run of every cell, repeated to learn which row went to which component.

use crate::guard;
use crate::job::Job;
use crate::plan::{Cell, Plan};
use crate::sweep::Samples;
use em::Interrupted;
use rayon::prelude::*;
use records::{AssignmentRow, End, RunOutcome, RunRow};
use std::cmp::Ordering;

/// The assignments of the best run of every cell in order of (run, row), and the runs that gave other numbers when they
/// were repeated (there should be none).
pub fn assignments(
    plan: &Plan,
    samples: &Samples,
    runs: &[RunRow],
) -> Result<(Vec<AssignmentRow>, Vec<u32>), Interrupted> {
    let chosen: Vec<&RunRow> = plan.cells.iter().filter_map(|cell| best_run(cell, runs)).collect();
    let repeated: Vec<(Vec<u32>, bool)> =
        chosen.par_iter().map(|row| repeat(plan, samples, row)).collect::<Result<_, _>>()?;
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

fn repeat(plan: &Plan, samples: &Samples, row: &RunRow) -> Result<(Vec<u32>, bool), Interrupted> {
    let (cell, replicate) = plan.locate(row.run);
    let sample = &samples[&(cell.dataset, cell.draw)];
    let record = guard::run(&Job { plan, cell, replicate, sample })?;
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
