//! Which varies more, the draw of the data or the start?

use super::cells::{Cells, Group};
use crate::maxima::{self, Best, Criterion};
use crate::table::{Cell, Column, Digits, Row, Table};
use crate::variance::OneWay;
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "draws";

/// What is compared over draws and starts.
#[derive(Clone, Copy)]
enum Quantity {
    /// Log-likelihood or inertia at the end.
    Criterion,
    /// Rows wrong under the best one-to-one matching.
    Misclassified,
}

/// For cells with several draws: how the best of a draw spreads over draws, and the one-way split of the variance over
/// proper ends into draws and starts. Without rows if nothing was drawn twice.
pub fn table(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let mut columns = cells.columns();
    columns.extend([
        Column::text("quantity", "quantity"),
        Column::number("draws", "draws"),
        Column::number("proper ends", "ends"),
        Column::number("sd of best", "best_sd"),
        Column::number("sd of draws", "draw_sd"),
        Column::number("sd of starts", "start_sd"),
        Column::number("% due to draw", "draw_percent"),
    ]);
    let best = Best::of(runs);
    let mut rows = Vec::new();
    for group in cells.groups.iter().filter(|group| group.by_draw().len() > 1) {
        for quantity in [Quantity::Criterion, Quantity::Misclassified] {
            if let Some(measured) = measure(group, &best, quantity) {
                let mut row = cells.names(group.factors);
                row.extend(measured);
                rows.push(Row { cells: row, main: group.main });
            }
        }
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Which varies more, the draw or the start?".to_owned(),
        caption: "For synthetic data that were drawn several times, over proper ends (those at the iteration \
                  limit included). Sd of best: the standard deviation \
                  over draws of the best run of each draw (over all starts and policies). Sd of draws and sd of starts: \
                  the two components of a one-way random-effects analysis of variance (groups: draws; inside: starts). \
                  Per cent due to the draw: the first's share of their summed variances; missing where nothing varies."
            .to_owned(),
        note: "Components of variance over proper ends: between draws, and between starts within a draw".to_owned(),
        columns,
    }
}

fn measure(group: &Group, best: &Best, quantity: Quantity) -> Option<Vec<Cell>> {
    let criterion = Criterion::of_method(&group.factors.method);
    let value = |run: &RunRow| match quantity {
        Quantity::Criterion => maxima::proper_score(run).map(|score| criterion.from_score(score)),
        Quantity::Misclassified => maxima::proper_score(run).and(run.misclassified).map(f64::from),
    };
    let draws = group.by_draw();
    let values: Vec<Vec<f64>> = draws.iter().map(|runs| runs.iter().filter_map(|run| value(run)).collect()).collect();
    let leaders: Vec<f64> = draws.iter().filter_map(|runs| value(best.run(runs.first()?)?)).collect();
    let split = OneWay::split(&values)?;
    let name = match quantity {
        Quantity::Criterion => criterion.name(),
        Quantity::Misclassified => "misclassified",
    };
    let digits = Digits::Decimals(3);
    Some(vec![
        Cell::text(name),
        Cell::count(split.groups),
        Cell::count(split.values),
        Cell::number(standard_deviation(&leaders), digits),
        Cell::number(Some(split.between), digits),
        Cell::number(Some(split.within), digits),
        Cell::number(split.share_between().map(|share| 100.0 * share), Digits::Decimals(1)),
    ])
}

/// With divisor n − 1; `None` for fewer than two values.
fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed};
    use crate::table::{Csv, Format};
    use records::Factors;
    use std::sync::Arc;

    fn drawn(run: u32, draw: u32, log_likelihood: f64) -> RunRow {
        RunRow { factors: Arc::new(Factors { draw, ..factors() }), ..converged(run, log_likelihood) }
    }

    #[test]
    fn the_split_of_the_log_likelihood() {
        // Draws {1, 3} and {5, 7}: best 3 and 7 (sd √8), σ² between 7, within 2. Misclassified does not vary.
        let runs = [drawn(0, 0, 1.0), drawn(1, 0, 3.0), drawn(2, 1, 5.0), drawn(3, 1, 7.0)];
        let table = table(&runs);
        let csv = Csv.render(&table);
        let line = csv.lines().nth(1).unwrap();
        assert!(line.contains(",log-likelihood,2,4,2.8284271247461903,2.6457513110645907,1.41421356237309"), "{line}");
        assert_eq!(csv.lines().nth(2).unwrap().rsplit(',').next(), Some(""));
    }

    #[test]
    fn one_draw_or_no_proper_end_has_no_row() {
        assert!(table(&[converged(0, 1.0), converged(1, 2.0)]).rows.is_empty());
        let mut dead = failed(1);
        dead.factors = Arc::new(Factors { draw: 1, ..factors() });
        assert!(table(&[failed(0), dead]).rows.is_empty());
    }
}
