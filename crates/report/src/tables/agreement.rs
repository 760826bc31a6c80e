//! How far the clusters are from the true classes, the methods side by side.

use super::cells::{Cells, Group, by_draw, gather};
use crate::maxima;
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::RunRow;

/// The name of the files of the table without starts.
pub const NAME: &str = "agreement";

/// A measure of agreement.
struct Measure {
    heading: &'static str,
    key: &'static str,
    of: fn(&RunRow) -> Option<f64>,
    larger_is_better: bool,
    digits: Digits,
}

const MEASURES: [Measure; 3] = [
    Measure { heading: "ARI", key: "ari", of: |run| run.ari, larger_is_better: true, digits: Digits::Decimals(3) },
    Measure {
        heading: "1:1",
        key: "misclassified",
        of: |run| run.misclassified.map(f64::from),
        larger_is_better: false,
        digits: Digits::Decimals(1),
    },
    Measure {
        heading: "majority",
        key: "misclassified_majority",
        of: |run| run.misclassified_majority.map(f64::from),
        larger_is_better: false,
        digits: Digits::Decimals(1),
    },
];

/// One row for each data set and K; with `by_start`, one for each kind of start as well.
pub fn table(runs: &[RunRow], by_start: bool) -> Table {
    let cells = Cells::of(runs);
    let mut columns = vec![Column::factor("data", "dataset"), Column::factor("K", "k"), Column::number("n", "n")];
    if by_start {
        columns.push(Column::text("start", "start"));
    }
    let factors = columns.len();
    for measure in &MEASURES {
        for contender in &cells.contenders {
            let key = format!("{}_{}", measure.key, contender.replace([' ', '-'], "_"));
            columns.push(Column::number(&format!("{} {contender}", measure.heading), &format!("{key}_best")));
            let median = Column::number("median", &format!("{key}_median"));
            columns.push(if by_start { median.shown(Shown::Files) } else { median });
        }
    }
    let problems = gather(&cells, |factors| (&factors.dataset, factors.k, by_start.then_some(&factors.start)));
    let rows = problems.iter().filter_map(|groups| row(&cells, groups, by_start)).collect();
    let (name, title) = if by_start {
        ("agreement-by-start", "Agreement with the truth, by kind of start")
    } else {
        (NAME, "Agreement with the truth")
    };
    let mut table = Table {
        rows,
        name: name.to_owned(),
        title: title.to_owned(),
        caption: format!(
            "Each method's best run {}(highest log-likelihood or lowest inertia among proper, converged ends; the truth \
             plays no part in the choice), and the median over all its runs with a proper end. ARI: adjusted Rand index. \
             1:1: rows misclassified under the best one-to-one matching of clusters and classes. Majority: rows \
             misclassified when each cluster takes the name of its largest class; two clusters may share one, so this \
             count is never larger. With several draws, the best is taken in each draw and the median over draws is \
             shown. The better best run is marked.",
            if by_start { "from that start " } else { "" }
        ),
        note: "Best run of each method (chosen without the truth), and the median over its proper ends\n1:1 and majority: \
               rows misclassified under the best matching, and when clusters may share a name"
            .to_owned(),
        columns,
    };
    let width = 2 * cells.contenders.len();
    if cells.contenders.len() > 1 {
        for (i, measure) in MEASURES.iter().enumerate() {
            let best: Vec<usize> = (0..width).step_by(2).map(|j| factors + i * width + j).collect();
            table.mark_best_in_rows(&best, measure.larger_is_better);
        }
    }
    table
}

/// `None` if nothing is known about the truth.
fn row(cells: &Cells, groups: &[&Group], by_start: bool) -> Option<Row> {
    let factors = groups.first()?.factors;
    let mut row = vec![Cell::text(&factors.dataset), Cell::count(factors.k as usize), Cell::count(factors.n as usize)];
    if by_start {
        row.push(Cell::text(&factors.start));
    }
    let mut known = false;
    for measure in &MEASURES {
        for contender in &cells.contenders {
            let runs: Vec<&RunRow> = groups
                .iter()
                .filter(|group| cells.contender(group.factors) == *contender)
                .flat_map(|group| group.runs.iter().copied())
                .collect();
            let best: Sorted =
                by_draw(&runs).into_iter().filter_map(|draw| maxima::best_run(draw).and_then(measure.of)).collect();
            let all: Sorted = runs
                .iter()
                .filter(|run| maxima::proper_score(run).is_some())
                .filter_map(|run| (measure.of)(run))
                .collect();
            known |= all.max().is_some();
            row.extend([best, all].map(|sample| whole(sample.median(), measure.digits)));
        }
    }
    known.then_some(Row { cells: row, main: true })
}

/// A count that is whole is written so.
fn whole(value: Option<f64>, digits: Digits) -> Cell {
    let counted = digits == Digits::Decimals(1) && value.is_some_and(|v| v.fract() == 0.0);
    Cell::number(value, if counted { Digits::Decimals(0) } else { digits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, k_means};
    use crate::table::{Format, Markdown};

    #[test]
    fn methods_stand_side_by_side() {
        let mut worse = converged(1, -190.0);
        (worse.ari, worse.misclassified, worse.misclassified_majority) = (Some(0.5), Some(50), Some(20));
        let mut baseline = k_means(3, 78.85);
        (baseline.ari, baseline.misclassified, baseline.misclassified_majority) = (Some(0.7302), Some(16), Some(16));
        let runs = [converged(0, -180.0), worse, failed(2), baseline];
        let text = Markdown.render(&table(&runs, false));
        let last = text.lines().last().unwrap();
        let expected =
            "| iris | 3 | 150 | **0.900** | 0.700 | 0.730 | 0.730 | **5** | 27.5 | 16 | 16 | **5** | 12.5 | 16 | 16 |";
        assert_eq!(last, expected, "{text}");
    }

    #[test]
    fn data_without_truth_have_no_row() {
        let mut run = converged(0, -180.0);
        (run.ari, run.misclassified, run.misclassified_majority) = (None, None, None);
        assert!(table(&[run], true).rows.is_empty());
    }

    #[test]
    fn a_method_without_proper_end_is_missing() {
        let text = Markdown.render(&table(&[failed(0), k_means(1, 78.85)], false));
        assert!(text.lines().last().unwrap().starts_with("| iris | 3 | 150 | – | – | **0.900** | 0.900 |"), "{text}");
    }
}
