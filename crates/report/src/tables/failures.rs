//! What broke, where, and why.

use super::cells::{Cells, Group};
use crate::error::ReportError;
use crate::intervals::Share;
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::{FailureRow, RunRow};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The name of the table's files.
pub const NAME: &str = "failures";

/// Breakdowns by cell, kind and cause; within a cell the most frequent first.
pub fn table(runs: &[RunRow], failures: &[FailureRow]) -> Result<Table, ReportError> {
    let mut of_run: HashMap<u32, Vec<&FailureRow>> = HashMap::new();
    for failure in failures {
        of_run.entry(failure.run).or_default().push(failure);
    }
    let known: HashSet<u32> = runs.iter().map(|run| run.run).collect();
    if let Some(stray) = failures.iter().find(|failure| !known.contains(&failure.run)) {
        return Err(ReportError::UnknownRun { table: "failures", run: stray.run });
    }
    let cells = Cells::of(runs);
    let mut columns = cells.columns();
    columns.extend(measures());
    let mut rows = Vec::new();
    for group in &cells.groups {
        for (kind, cause, found) in kinds(group, &of_run) {
            let mut row = cells.names(group.factors);
            row.extend([Cell::text(kind), Cell::maybe_text(cause)]);
            row.extend(measure(group, &found));
            rows.push(Row { cells: row, main: group.main });
        }
    }
    Ok(Table {
        rows,
        name: NAME.to_owned(),
        title: "What broke, where, and why".to_owned(),
        caption: "Breakdowns of each cell by kind and cause, with their share of the cell's starts in per cent and its 95 \
                  % Clopper-Pearson interval. Causes of a singular covariance: few rows (at most d + 1 rows with \
                  responsibility above 1/2), tied values (those rows share one value of a variable), hyperplane (neither: \
                  they lie in a plane). Components: how many breakdowns each component had, in the order of their \
                  numbers. Iteration, smallest eigenvalue, condition, effective count, rows and distinct values are \
                  medians; an eigenvalue below 1e-15 of the largest is what rounding leaves of 0, and its condition is \
                  missing. Direction: the variable that most often has the largest loading in the eigenvector of the \
                  smallest eigenvalue, and how often; missing for few rows, whose plane is an accident."
            .to_owned(),
        note: "Medians over the breakdowns of a kind and cause; direction: the most frequent".to_owned(),
        columns,
    })
}

fn measures() -> Vec<Column> {
    vec![
        Column::text("kind", "kind"),
        Column::text("cause", "cause"),
        Column::share("% of starts", "breakdowns"),
        Column::text("components", "components").shown(Shown::Files),
        Column::number("iter.", "iteration"),
        Column::number("min. eigenv.", "smallest_eigenvalue"),
        Column::number("condition", "condition").shown(Shown::Files),
        Column::number("count", "effective_count"),
        Column::number("rows", "rows").shown(Shown::Files),
        Column::number("distinct values", "distinct_values").shown(Shown::Files),
        Column::text("direction", "direction"),
        Column::share("of them %", "direction_share").shown(Shown::Files),
    ]
}

/// The breakdowns of a group by kind and cause, the most frequent first.
fn kinds<'a>(
    group: &Group,
    of_run: &HashMap<u32, Vec<&'a FailureRow>>,
) -> Vec<(&'a str, Option<&'a str>, Vec<&'a FailureRow>)> {
    let mut kinds: BTreeMap<(&str, Option<&str>), Vec<&FailureRow>> = BTreeMap::new();
    for failure in group.runs.iter().filter_map(|run| of_run.get(&run.run)).flatten().copied() {
        kinds.entry((&failure.kind, failure.cause.as_deref())).or_default().push(failure);
    }
    let mut kinds: Vec<_> = kinds.into_iter().map(|((kind, cause), found)| (kind, cause, found)).collect();
    kinds.sort_by_key(|(_, _, found)| std::cmp::Reverse(found.len()));
    kinds
}

fn measure(group: &Group, found: &[&FailureRow]) -> Vec<Cell> {
    // A run may break down more than once where a policy remedies; its first breakdown makes it one of the share.
    let broken: HashSet<u32> = found.iter().map(|failure| failure.run).collect();
    let median = |number: fn(&FailureRow) -> Option<f64>, digits: Digits| {
        let sample: Sorted = found.iter().filter_map(|failure| number(failure)).collect();
        Cell::number(sample.median(), digits)
    };
    let telling = found.iter().filter(|failure| failure.cause.as_deref() != Some("few_rows"));
    let direction = most_frequent(telling.filter_map(|failure| failure.direction.as_deref()));
    let three = Digits::Significant(3);
    // The ratio may be 0, the condition may not be infinite.
    let ratios: Sorted = found.iter().filter_map(|failure| spectrum(failure)).map(|(_, ratio)| ratio).collect();
    let condition = ratios.median().filter(|ratio| *ratio > 0.0).map(f64::recip);
    vec![
        Cell::share(Share { hits: broken.len(), trials: group.runs.len() }),
        Cell::maybe_text(components(found, group.factors.k)),
        median(|failure| Some(f64::from(failure.iteration)), three),
        median(|failure| spectrum(failure).map(|(smallest, _)| smallest), Digits::Significant(2)),
        Cell::number(condition, Digits::Significant(2)),
        median(|failure| failure.effective_count, three),
        median(|failure| failure.rows.map(f64::from), three),
        median(|failure| failure.distinct_values.map(f64::from), three),
        Cell::maybe_text(direction.map(|(name, _)| name)),
        Cell::share(direction.map(|(_, share)| share).unwrap_or_default()),
    ]
}

/// Share of the largest eigenvalue below which the smallest is what rounding leaves of 0: its digits and its sign differ from
/// processor to processor.
const RESOLUTION: f64 = 1e-15;

/// Smallest eigenvalue of the covariance of a breakdown and its ratio to the largest, as far as a double knows them: 0 below
/// [`RESOLUTION`].
fn spectrum(failure: &FailureRow) -> Option<(f64, f64)> {
    let (smallest, largest) = (failure.smallest_eigenvalue?, failure.largest_eigenvalue?);
    Some(if smallest > RESOLUTION * largest { (smallest, smallest / largest) } else { (0.0, 0.0) })
}

/// Breakdowns of each component, `34/30/36`; `None` if no breakdown names a component.
fn components(found: &[&FailureRow], k: u32) -> Option<String> {
    let mut counts = vec![0_usize; k as usize];
    let mut named = false;
    for component in found.iter().filter_map(|failure| failure.component) {
        named = true;
        if let Some(count) = counts.get_mut(component as usize) {
            *count += 1;
        }
    }
    named.then(|| counts.iter().map(usize::to_string).collect::<Vec<String>>().join("/"))
}

/// The most frequent name (the first in the alphabet on ties) and its share.
fn most_frequent<'a>(names: impl Iterator<Item = &'a str>) -> Option<(&'a str, Share)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let trials = counts.values().sum();
    let (name, hits) = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
    Some((name, Share { hits, trials }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, tied};
    use crate::table::{Csv, Format, Terminal};

    #[test]
    fn a_small_table() {
        let runs = [failed(0), failed(1), failed(2), converged(3, -180.0)];
        let few = FailureRow {
            cause: Some("few_rows".to_owned()),
            effective_count: Some(5.0),
            direction: Some("sepal width".to_owned()),
            smallest_eigenvalue: Some(0.0),
            condition: None,
            ..tied(2)
        };
        let table = table(&runs, &[tied(0), tied(1), few]).unwrap();
        let text = Terminal { longest: 60 }.render(&table);
        let expected = "\
What broke, where, and why
Medians over the breakdowns of a kind and cause; direction: the most frequent
In all rows: data iris, K 3, method em, start random-points, policy stop, kind singular_covariance
───────────────────────────────────────────────────────────────────────
cause             % of starts  iter.  min. eigenv.  count  direction
───────────────────────────────────────────────────────────────────────
tied_values  50.0 [6.8, 93.2]      9         1e-14     29  petal width
few_rows     25.0 [0.6, 80.6]      9             0      5  –
───────────────────────────────────────────────────────────────────────
";
        assert_eq!(text, expected, "{text}");
        let csv = Csv.render(&table);
        assert!(
            csv.lines().nth(1).unwrap().contains(",1/1/0,9,1e-14,20000000000000,29,29,1,petal width,2,2,1,"),
            "{csv}"
        );
    }

    #[test]
    fn a_breakdown_of_an_unknown_run_is_an_error() {
        let error = table(&[converged(0, -1.0)], &[tied(7)]).unwrap_err();
        assert!(matches!(error, ReportError::UnknownRun { table: "failures", run: 7 }));
    }

    #[test]
    fn names_that_are_equally_frequent_go_by_the_alphabet() {
        let (name, share) = most_frequent(["b", "a", "b", "a", "c"].into_iter()).unwrap();
        assert_eq!((name, share), ("a", Share { hits: 2, trials: 5 }));
        assert_eq!(most_frequent(std::iter::empty()), None);
    }
}
