//! How runs end, by cell.

use super::cells::Cells;
use crate::intervals::Share;
use crate::table::{Cell, Column, Row, Shown, Table};
use records::{RunOutcome, RunRow};

/// The name of the table's files.
pub const NAME: &str = "outcomes";

/// Starts, and the share of every outcome among them.
pub fn table(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let mut columns = cells.columns();
    columns.push(Column::number("starts", "starts"));
    columns.extend(RunOutcome::ALL.map(|outcome| {
        let happened = runs.iter().any(|run| run.outcome == outcome);
        let shown = if happened { Shown::Everywhere } else { Shown::Data };
        Column::share(heading(outcome), outcome.name()).shown(shown)
    }));
    let rows = cells.groups.iter().map(|group| {
        let mut row = cells.names(group.factors);
        row.push(Cell::count(group.runs.len()));
        let share = |outcome| Share::of(group.runs.iter().map(|run| run.outcome == outcome));
        row.extend(RunOutcome::ALL.map(|outcome| Cell::share(share(outcome))));
        Row { cells: row, main: group.main }
    });
    Table {
        rows: rows.collect(),
        name: NAME.to_owned(),
        title: "How runs end".to_owned(),
        caption: "Share of the starts of each cell in per cent, with its 95 % Clopper-Pearson interval. An outcome that \
                  never happened in the whole sweep has no column (in the CSV it has). Converged says that a stop rule \
                  fired, not that the end is a maximum: see the table of convergence. Draws of a synthetic data set are \
                  pooled."
            .to_owned(),
        note: "Per cent of the starts, with 95 % Clopper-Pearson intervals".to_owned(),
        columns,
    }
}

fn heading(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Converged => "converged",
        RunOutcome::MaxIterations => "iteration limit",
        RunOutcome::SingularCovariance => "singular",
        RunOutcome::EmptyComponent => "empty component",
        RunOutcome::NonFinite => "not finite",
        RunOutcome::ObjectiveDecreased => "decreased",
        RunOutcome::StartFailed => "no start",
        RunOutcome::Panic => "panic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, k_means};
    use crate::table::{Format, Markdown, Terminal};

    #[test]
    fn a_small_table() {
        let runs = [converged(0, -180.0), converged(1, -180.0), converged(2, -185.0), failed(3), k_means(4, 78.0)];
        let text = Terminal { longest: 60 }.render(&table(&runs));
        let expected = "\
How runs end
Per cent of the starts, with 95 % Clopper-Pearson intervals
In all rows: data iris, K 3, start random-points
─────────────────────────────────────────────────────────────
method   policy  starts          converged          singular
─────────────────────────────────────────────────────────────
em       stop         4  75.0 [19.4, 99.4]  25.0 [0.6, 80.6]
k-means  –            1     100 [2.5, 100]       0 [0, 97.5]
─────────────────────────────────────────────────────────────
";
        assert_eq!(text, expected, "{text}");
    }

    #[test]
    fn no_runs_make_an_empty_table() {
        let table = table(&[]);
        assert!(table.rows.is_empty());
        assert!(Markdown.render(&table).ends_with("|--:|\n"));
    }
}
