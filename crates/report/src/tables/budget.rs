//! Which kind of start pays, once its own cost is counted? Kinds of start and policies at equal numbers of E-passes.
//!
//! [`crate::budget`] says what a pass is and how chances are estimated. Two tables: [`table`] for reading, [`curve`] for
//! drawing, at more budgets and with bands.

use super::cells::{Cells, Group, gather};
use crate::budget::{self, Start};
use crate::comparison::bootstrap::Resampler;
use crate::intervals::{Interval, Share};
use crate::maxima::{self, Best};
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "budget";

/// The name of the file of the curve.
pub const CURVE: &str = "budget-curve";

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
pub(crate) const KNOWING: [&str; 3] = ["truth", "perturbed", "given"];

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
    for groups in contests(&cells) {
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
        caption: "Cost is in E-passes over the data, those of making the start included (an iteration of a short run, of CEM or SEM \
                  counts as one; distances of k-means by their operations: under full covariances a pass of k-means is 0.16 of an \
                  E-pass with two features, 0.18 with four). Hits: share of starts that reached the best maximum of their problem, in \
                  per cent with its 95 % Clopper-Pearson interval. Passes to a hit: passes of all starts over the number of \
                  hits, what a hit costs on average to those who start again until it comes (Auger & Hansen 2005). ≤ B: \
                  chance that the starts which can be finished within B passes contain a hit, the mean over orders of the \
                  recorded starts; a start that B cuts off does not count; a dash where these cost less than B all together. \
                  95 % bands by resampling the starts are in budget-curve.csv. The best of each problem is marked; \
                  the starts truth, perturbed and given know the answer and do not compete. With several draws, hits are \
                  judged within each draw and chances averaged over draws. Under `map` the problem is another one, \
                  judged by the penalised objective."
            .to_owned(),
        note: "Cost in E-passes, those of the start included; ≤ B: chance of the best maximum within B passes".to_owned(),
        columns,
    }
}

/// Cells that work on the same problem, where there are several: what a budget can be spent on.
pub(crate) fn contests<'c, 'a>(cells: &'c Cells<'a>) -> Vec<Vec<&'c Group<'a>>> {
    let mut contests = gather(cells, |f| (&f.dataset, f.k, &f.method, &f.covariance, maxima::penalised(f), &f.stop));
    contests.retain(|groups| groups.len() > 1);
    contests
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
        let costs: Sorted = group.runs.iter().map(|run| budget::cost(run)).collect();
        let hits = Share::of(group.runs.iter().map(|run| best.reached(run)));
        let success = success(group, best, &BUDGETS.map(|(budget, _)| f64::from(budget)));
        Self {
            hits,
            per_start: costs.median(),
            to_a_hit: (hits.hits > 0).then(|| costs.values().iter().sum::<f64>() / hits.hits as f64),
            success: std::array::from_fn(|i| success[i]),
        }
    }
}

/// The starts of a cell, draw by draw.
fn starts(group: &Group<'_>, best: &Best<'_>) -> Vec<Vec<Start>> {
    let start = |run: &&RunRow| Start { cost: budget::cost(run), hit: best.reached(run) };
    group.by_draw().iter().map(|runs| runs.iter().map(start).collect()).collect()
}

/// The chances within `budgets`, averaged over draws; unknown where they are in any draw.
pub(crate) fn success(group: &Group<'_>, best: &Best<'_>, budgets: &[f64]) -> Vec<Option<f64>> {
    let draws = starts(group, best);
    let mut resampler = Resampler::of_runs(group.runs.iter().copied());
    let found: Vec<Vec<Option<f64>>> =
        draws.iter().map(|starts| budget::success(starts, budgets, &mut resampler)).collect();
    let mean = |i: usize| {
        let chances: Option<Vec<f64>> = found.iter().map(|draw| draw[i]).collect();
        chances.filter(|c| !c.is_empty()).map(|c| c.iter().sum::<f64>() / c.len() as f64)
    };
    (0..budgets.len()).map(mean).collect()
}

/// Budgets of the curve: six in each decade from 10 to 10,000 passes.
pub(crate) fn curve_budgets() -> Vec<f64> {
    let decades = [10.0, 100.0, 1000.0];
    let mut budgets: Vec<f64> =
        decades.iter().flat_map(|decade| [1.0, 1.5, 2.0, 3.0, 5.0, 7.0].map(|step| step * decade)).collect();
    budgets.push(10_000.0);
    budgets
}

/// One cell's chance of success over budgets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    /// (budget, chance), for budgets at which it is known.
    pub chances: Vec<(f64, f64)>,
    /// A 95 % band at these budgets; `None` where every start or none hit.
    pub band: Option<Vec<Interval>>,
}

impl Curve {
    /// The curve of a cell.
    pub(crate) fn of(group: &Group<'_>, best: &Best<'_>) -> Self {
        let budgets = curve_budgets();
        let known = |(&budget, chance): (&f64, Option<f64>)| Some((budget, chance?));
        let chances: Vec<(f64, f64)> = budgets.iter().zip(success(group, best, &budgets)).filter_map(known).collect();
        let budgets: Vec<f64> = chances.iter().map(|(budget, _)| *budget).collect();
        let mut resampler = Resampler::of_runs(group.runs.iter().copied());
        let band = budget::band(&starts(group, best), &budgets, &mut resampler);
        Self { chances, band }
    }
}

/// The chance of success at many budgets, with bands, for the cells of the first method under its first policy: a table for
/// drawing.
pub fn curve(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let best = Best::of(runs);
    let mut columns = cells.columns();
    columns.extend([
        Column::number("draws", "draws"),
        Column::number("starts", "starts"),
        Column::number("passes", "budget"),
        Column::interval("success", "success"),
    ]);
    let mut rows = Vec::new();
    for group in contests(&cells).into_iter().flatten().filter(|group| group.main) {
        let curve = Curve::of(group, &best);
        for (i, &(budget, chance)) in curve.chances.iter().enumerate() {
            let band = curve.band.as_ref().map(|band| band[i]);
            let mut row = cells.names(group.factors);
            row.extend([
                Cell::count(group.by_draw().len()),
                Cell::count(group.runs.len()),
                Cell::number(Some(budget), Digits::Decimals(0)),
                Cell::between(Some(chance), band.map(|b| b.lower), band.map(|b| b.upper), Digits::Decimals(3)),
            ]);
            rows.push(Row { cells: row, main: false });
        }
    }
    Table {
        rows,
        name: CURVE.to_owned(),
        title: "Success by budget".to_owned(),
        caption: "Chance of the best maximum within a budget of E-passes, with its 95 % percentile interval over resamples of \
                  the starts of each draw; the interval is missing where every start or none reached the best."
            .to_owned(),
        note: String::new(),
        columns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed};
    use crate::table::{Csv, Format, Terminal};
    use records::Factors;
    use std::sync::Arc;

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
        // Within 30 passes the first start hits (25), the second is cut off (36): half of the orders.
        assert!(line("em-em").contains(",30.5,30.5,0.5"), "{csv}");
        assert!(line("truth").contains(",27,27,,"), "{csv}"); // all recorded starts cost 27 < 30
        assert!(text.contains("30.5*"), "{text}");
        assert!(!text.contains("27*"), "{text}");
    }

    #[test]
    fn the_curve_ends_where_the_records_end() {
        let from = |start: &str, row: RunRow| {
            let factors = Factors { start: start.to_owned(), ..factors() };
            RunRow { factors: Arc::new(factors), ..row }
        };
        let runs = [
            from("tutorial", converged(0, -180.0)),
            from("tutorial", converged(1, -190.0)),
            from("k-means", converged(2, -180.0)),
        ];
        let csv = Csv.render(&curve(&runs));
        let budgets = |start: &str| csv.lines().filter(|line| line.contains(start)).count();
        // 21 + 22 passes: known up to 30; 23: up to 20.
        assert_eq!((budgets("tutorial"), budgets("k-means")), (4, 3), "{csv}");
        assert!(csv.lines().nth(1).unwrap().ends_with(",1,2,10,0,0,0"), "{csv}");
        assert!(csv.lines().last().unwrap().ends_with(",1,1,20,0,,"), "{csv}");
    }
}
