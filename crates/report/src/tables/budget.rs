//! Which kind of start pays, once its own cost is counted? Kinds of start and policies at equal numbers of E-passes.
//!
//! - *Cost* of a start: the E-passes of its fit and the passes that making it took.
//! - *Expected passes to a hit*: the passes of all starts over the number of hits, Auger & Hansen's expected running time
//!   (2005, key `auger2005`) of a method that starts again until it hits.
//! - *Success at budget B*: how likely the starts that can be finished within B passes contain a hit. Starts of a cell are
//!   independent, so every window of consecutive starts is a sample of the method; the share of all cyclic windows that
//!   cost at most B and contain a hit estimates the chance without bias, and without replacement. A start that B would
//!   cut off does not count. Unknown where all recorded starts together cost less than B.

use super::cells::{Cells, Group, gather};
use crate::intervals::Share;
use crate::maxima::{self, Best};
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "budget";

/// The budgets, in E-passes, and whether a screen shows them.
const BUDGETS: [(u32, Shown); 6] = [
    (30, Shown::Files),
    (100, Shown::Everywhere),
    (300, Shown::Everywhere),
    (1000, Shown::Everywhere),
    (3000, Shown::Everywhere),
    (10_000, Shown::Files),
];

/// Kinds of start that know the answer: shown, but not in the running for the best.
const KNOWING: [&str; 3] = ["truth", "perturbed", "given"];

/// The table over all problems that have several cells (kinds of start, their covariances, policies) to compare. Without
/// rows where there are none.
pub fn table(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let best = Best::of(runs);
    let mut columns = cells.columns();
    columns.extend([
        Column::number("starts", "starts"),
        Column::share("hits %", "hits"),
        Column::number("passes/start", "passes_per_start"),
        Column::number("passes to a hit", "passes_to_a_hit"),
    ]);
    columns.extend(
        BUDGETS
            .map(|(budget, shown)| Column::number(&format!("≤ {budget}"), &format!("success_{budget}")).shown(shown)),
    );
    let mut rows = Vec::new();
    for groups in gather(&cells, |f| (&f.dataset, f.k, &f.method, &f.covariance, maxima::penalised(f), &f.stop)) {
        if groups.len() < 2 {
            continue;
        }
        let measured: Vec<Measured> = groups.iter().map(|group| Measured::of(group, &best)).collect();
        let running =
            || groups.iter().zip(&measured).filter(|(group, _)| !KNOWING.contains(&group.factors.start.as_str()));
        let fastest = running().filter_map(|(_, m)| m.to_a_hit).min_by(f64::total_cmp);
        let surest: Vec<Option<f64>> = (0..BUDGETS.len())
            .map(|i| running().filter_map(|(_, m)| m.success[i]).max_by(f64::total_cmp).filter(|&s| s > 0.0))
            .collect();
        for (group, m) in groups.iter().zip(&measured) {
            let runs_for_best = !KNOWING.contains(&group.factors.start.as_str());
            let marked = |cell: Cell, value: Option<f64>, best: Option<f64>| Cell {
                best: runs_for_best && value.is_some() && value == best,
                ..cell
            };
            let mut row = cells.names(group.factors);
            row.extend([
                Cell::count(group.runs.len()),
                Cell::share(m.hits),
                Cell::number(m.per_start, Digits::Significant(3)),
                marked(Cell::number(m.to_a_hit, Digits::Significant(3)), m.to_a_hit, fastest),
            ]);
            row.extend(
                m.success
                    .iter()
                    .zip(&surest)
                    .map(|(&success, &surest)| marked(Cell::number(success, Digits::Decimals(2)), success, surest)),
            );
            rows.push(Row { cells: row, main: group.main });
        }
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Which start pays? Success at equal cost".to_owned(),
        caption: "Cost is in E-passes over the data, those of making the start included (an iteration of k-means, of a short \
                  run, of CEM or SEM counts as one). Hits: share of starts that reached the best maximum of their problem, in \
                  per cent with its 95 % Clopper-Pearson interval. Passes to a hit: passes of all starts over the number of \
                  hits, what a hit costs on average to those who start again until it comes (Auger & Hansen 2005). ≤ B: \
                  chance that the starts which can be finished within B passes contain a hit, over all cyclic windows of the \
                  recorded starts; a dash where these cost less than B all together. The best of each problem is marked; \
                  the starts truth, perturbed and given know the answer and do not compete. With several draws, hits are \
                  judged within each draw and chances averaged over draws. Under `map` the problem is another one, \
                  judged by the penalised objective."
            .to_owned(),
        note: "Cost in E-passes, those of the start included; ≤ B: chance of the best maximum within B passes".to_owned(),
        columns,
    }
}

/// What is said about one cell.
struct Measured {
    hits: Share,
    per_start: Option<f64>,
    to_a_hit: Option<f64>,
    success: [Option<f64>; BUDGETS.len()],
}

impl Measured {
    fn of(group: &Group<'_>, best: &Best<'_>) -> Self {
        let costs: Sorted = group.runs.iter().map(|run| cost(run)).collect();
        let hits = Share::of(group.runs.iter().map(|run| best.reached(run)));
        let total: f64 = group.runs.iter().map(|run| cost(run)).sum();
        let draws: Vec<Vec<(f64, bool)>> = group
            .by_draw()
            .iter()
            .map(|runs| runs.iter().map(|run| (cost(run), best.reached(run))).collect())
            .collect();
        Self {
            hits,
            per_start: costs.median(),
            to_a_hit: (hits.hits > 0).then(|| total / hits.hits as f64),
            success: BUDGETS.map(|(budget, _)| {
                let chances: Option<Vec<f64>> = draws.iter().map(|starts| success(starts, f64::from(budget))).collect();
                chances.filter(|c| !c.is_empty()).map(|c| c.iter().sum::<f64>() / c.len() as f64)
            }),
        }
    }
}

/// Passes over the data that a run took: those of its fit and those of making its start.
pub fn cost(run: &RunRow) -> f64 {
    f64::from(run.e_passes) + f64::from(run.start_passes)
}

/// The share of cyclic windows of `starts` (cost, hit) that cost at most `budget` and contain a hit; `None` if all starts
/// together cost no more than the budget.
pub fn success(starts: &[(f64, bool)], budget: f64) -> Option<f64> {
    let total: f64 = starts.iter().map(|&(cost, _)| cost).sum();
    if total <= budget {
        return None;
    }
    let hits = (0..starts.len()).filter(|&first| {
        let mut spent = 0.0;
        starts[first..]
            .iter()
            .chain(&starts[..first])
            .take_while(|&&(cost, _)| {
                spent += cost;
                spent <= budget
            })
            .any(|&(_, hit)| hit)
    });
    Some(hits.count() as f64 / starts.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed};
    use crate::table::{Csv, Format, Terminal};
    use records::Factors;
    use std::sync::Arc;

    #[test]
    fn windows_by_hand() {
        // Costs 10, 20, 30; only the second hits.
        let starts = [(10.0, false), (20.0, true), (30.0, false)];
        assert_eq!(success(&starts, 9.0), Some(0.0));
        assert_eq!(success(&starts, 20.0), Some(1.0 / 3.0)); // from the second
        assert_eq!(success(&starts, 30.0), Some(2.0 / 3.0)); // and from the first: 10 + 20
        assert_eq!(success(&starts, 59.0), Some(2.0 / 3.0)); // from the third: 30 + 10 + 20 is too much
        assert_eq!(success(&starts, 60.0), None);
        assert_eq!(success(&[], 0.0), None);
    }

    /// With equal costs the estimate must agree with 1 − (1 − p)^m for independent starts; exactly so for hits that are
    /// spread evenly (p = 1/4, one window of three of four contains none).
    #[test]
    fn equal_costs_and_even_hits() {
        let starts: Vec<(f64, bool)> = (0..400).map(|i| (5.0, i % 4 == 0)).collect();
        assert_eq!(success(&starts, 5.0), Some(0.25));
        assert_eq!(success(&starts, 14.0), Some(0.5));
        assert_eq!(success(&starts, 20.0), Some(1.0));
    }

    #[test]
    fn a_small_table() {
        let from = |start: &str, row: RunRow| {
            let factors = Factors { start: start.to_owned(), ..factors() };
            RunRow { factors: Arc::new(factors), ..row }
        };
        // Costs 21, 22, 23, 24 (points) and 25, 26 + 10 (em-em), 7 + 20 (truth).
        let runs = [
            from("random-points", converged(0, -180.0)),
            from("random-points", converged(1, -190.0)),
            from("random-points", failed(2)),
            from("random-points", converged(3, -190.0)),
            from("em-em", converged(4, -180.0)),
            from("em-em", RunRow { start_passes: 10, ..converged(5, -180.0) }),
            from("truth", converged(6, -180.0)),
        ];
        let table = table(&runs);
        let text = Terminal { longest: 60 }.render(&table);
        let expected = "\
Which start pays? Success at equal cost
Cost in E-passes, those of the start included; ≤ B: chance of the best maximum within B passes
In all rows: data iris, K 3, method em, policy stop
";
        assert!(text.starts_with(expected), "{text}");
        let csv = Csv.render(&table);
        let line = |start: &str| csv.lines().find(|line| line.contains(start)).unwrap().to_owned();
        assert!(line("random-points").contains(",4,1,4,0.25,"), "{csv}");
        assert!(line("random-points").contains(",22.5,90,0.25,"), "{csv}"); // within 30 only the first start itself
        assert!(line("em-em").contains(",30.5,30.5,0.5,"), "{csv}");
        assert!(line("truth").contains(",27,27,,"), "{csv}"); // all recorded starts cost 27 < 30
        assert!(text.contains("30.5*"), "{text}");
        assert!(!text.contains("27*"), "{text}");
    }
}
