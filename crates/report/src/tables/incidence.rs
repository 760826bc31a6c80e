//! When do covariances become singular, under which policy, of what, and how fast?

use super::cells::{Cells, Group};
use super::traced::{Traces, sample};
use crate::incidence::{Incidence, order_of_collapse};
use crate::intervals::Share;
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::{FailureRow, RunOutcome, RunRow};
use std::collections::HashMap;

/// The name of the table's files.
pub const NAME: &str = "incidence";

/// Iterations at which the table looks.
const LOOKS: [u32; 4] = [5, 20, 50, 100];

/// Deaths of one cell whose traces are looked at.
const TRACES: usize = 100;

/// Singular covariances of each run in the order of their attempts, but for those of the start.
pub(crate) fn breakdowns(failures: &[FailureRow]) -> HashMap<u32, Vec<&FailureRow>> {
    let mut of_run: HashMap<u32, Vec<&FailureRow>> = HashMap::new();
    for failure in failures.iter().filter(|f| f.kind == "singular_covariance" && f.stage != "start") {
        of_run.entry(failure.run).or_default().push(failure);
    }
    of_run
}

/// The deaths of a cell: run and fatal breakdown.
fn deaths<'a>(group: &Group<'a>, of_run: &HashMap<u32, Vec<&'a FailureRow>>) -> Vec<(&'a RunRow, &'a FailureRow)> {
    let dead = group.runs.iter().filter(|run| run.outcome == RunOutcome::SingularCovariance);
    dead.filter_map(|&run| Some((run, *of_run.get(&run.run)?.last()?))).collect()
}

/// The runs whose traces the table needs.
pub fn wanted(runs: &[RunRow], failures: &[FailureRow]) -> impl Iterator<Item = u32> {
    let of_run = breakdowns(failures);
    let chosen: Vec<u32> = Cells::of(runs)
        .groups
        .iter()
        .flat_map(|group| sample(&deaths(group, &of_run), TRACES))
        .map(|(run, _)| run.run)
        .collect();
    chosen.into_iter()
}

/// The iterations at which runs died of a singular covariance, among all of them.
pub(crate) fn singular_ends<'a>(
    runs: impl IntoIterator<Item = &'a RunRow>,
    of_run: &HashMap<u32, Vec<&FailureRow>>,
) -> Incidence {
    Incidence::of(runs.into_iter().map(|run| {
        let fatal = of_run.get(&run.run).filter(|_| run.outcome == RunOutcome::SingularCovariance)?.last()?;
        Some(fatal.iteration)
    }))
}

/// One row for each cell in which a covariance became singular.
pub fn table(runs: &[RunRow], failures: &[FailureRow], traces: &Traces) -> Table {
    let cells = Cells::of(runs);
    let of_run = breakdowns(failures);
    let mut columns = cells.columns();
    columns.extend([Column::number("starts", "starts"), Column::share("broke down %", "broke_down")]);
    columns.extend(LOOKS.map(|t| Column::share(&format!("dead by {t} %"), &format!("dead_by_{t}")).shown(Shown::Data)));
    columns.extend([
        Column::text("dead by 5, 20, 50, 100 %", "dead_by").shown(Shown::Files),
        Column::share("dead %", "dead"),
        Column::quartiles("iteration", "iteration"),
        Column::number("few rows", "few_rows"),
        Column::number("tied", "tied_values"),
        Column::number("plane", "hyperplane"),
        Column::number("pivot 2 before", "pivot_two_before").shown(Shown::Files),
        Column::number("1 before", "pivot_one_before").shown(Shown::Files),
        Column::number("at death", "pivot_at_death").shown(Shown::Files),
        Column::quartiles("order", "order_of_collapse"),
    ]);
    let mut rows = Vec::new();
    for group in &cells.groups {
        let broke_down = Share::of(group.runs.iter().map(|run| of_run.contains_key(&run.run)));
        if broke_down.hits == 0 {
            continue;
        }
        let mut row = cells.names(group.factors);
        row.extend([Cell::count(group.runs.len()), Cell::share(broke_down)]);
        let incidence = singular_ends(group.runs.iter().copied(), &of_run);
        row.extend(measure(&incidence, &deaths(group, &of_run), traces));
        rows.push(Row { cells: row, main: group.main });
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "When covariances become singular".to_owned(),
        caption: "Starts in which a covariance became singular at least once (a policy may have mended it), and those that died of \
                  it by an iteration and at all: shares of all starts of the cell, converged ones included (cumulative incidence), \
                  in per cent with 95 % Clopper-Pearson intervals. Iteration: that of death, median and quartiles. Causes of the \
                  deaths: few rows (at most d + 1), tied values, hyperplane. Pivots: median smallest relative pivot two iterations \
                  and one before death, and of the covariance that was refused. Order: ln of the refused pivot over ln of the one \
                  before, median and quartiles over up to 100 deaths: a pivot falls to about this power in one iteration."
            .to_owned(),
        note: "Shares of all starts, converged ones included; order: the power by which the pivot falls in one iteration".to_owned(),
        columns,
    }
}

fn measure(incidence: &Incidence, dead: &[(&RunRow, &FailureRow)], traces: &Traces) -> Vec<Cell> {
    let cause = |name: &str| Cell::count(dead.iter().filter(|(_, f)| f.cause.as_deref() == Some(name)).count());
    // (two before, one before, at death)
    let pivots: Vec<[Option<f64>; 3]> = sample(dead, TRACES)
        .iter()
        .map(|(run, failure)| {
            let before = |back: u32| {
                let iteration = failure.iteration.checked_sub(back)?;
                traces.get(&run.run)?.iter().find(|row| row.iteration == iteration)?.smallest_relative_pivot
            };
            [before(2), before(1), failure.smallest_relative_pivot]
        })
        .collect();
    let median = |i: usize| {
        let sample: Sorted = pivots.iter().filter_map(|p| p[i]).collect();
        Cell::number(sample.median(), Digits::Significant(2))
    };
    let orders: Sorted = pivots.iter().filter_map(|p| order_of_collapse(p[1]?, p[2]?)).collect();
    let times: Sorted = incidence.times().iter().map(|&t| f64::from(t)).collect();
    let quartiles =
        |sample: &Sorted, digits| Cell::between(sample.median(), sample.quantile(0.25), sample.quantile(0.75), digits);
    let percents = LOOKS.map(|t| Digits::Decimals(1).write(100.0 * incidence.by(t).value().unwrap_or(0.0)));
    let mut cells: Vec<Cell> = LOOKS.map(|t| Cell::share(incidence.by(t))).into();
    cells.extend([
        Cell::text(percents.join(", ")),
        Cell::share(incidence.at_all()),
        quartiles(&times, Digits::Significant(3)),
        cause("few_rows"),
        cause("tied_values"),
        cause("hyperplane"),
        median(0),
        median(1),
        median(2),
        quartiles(&orders, Digits::Decimals(2)),
    ]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, tied};
    use crate::table::{Csv, Format};
    use em::TraceRow;

    #[test]
    fn deaths_causes_and_pivots() {
        // Breakdown in iteration 9; pivots 1e-2 and 1e-4 before, 1e-13 at death: order 13/4.
        let dead = RunRow { iterations: 8, ..failed(0) };
        let runs = [dead, converged(1, -1.0), converged(2, -1.0), converged(3, -1.0)];
        let failures = [tied(0)];
        assert_eq!(wanted(&runs, &failures).collect::<Vec<u32>>(), [0]);
        let row =
            |iteration, pivot| TraceRow { iteration, smallest_relative_pivot: Some(pivot), ..TraceRow::default() };
        let traces = Traces::from([(0, vec![row(7, 1e-2), row(8, 1e-4)])]);
        let csv = Csv.render(&table(&runs, &failures, &traces));
        let line = csv.lines().nth(1).unwrap();
        assert!(line.contains("gain-per-row=1e-11,4,1,4,0.25,"), "{csv}");
        assert!(line.contains("\"0.0, 25.0, 25.0, 25.0\",1,4,0.25,"), "{csv}");
        assert!(line.contains(",9,9,9,0,1,0,0.01,0.0001,1e-13,3.25"), "{csv}");
        assert!(table(&runs[1..], &[], &traces).rows.is_empty());
    }
}
