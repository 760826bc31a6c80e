//! Which cluster holds which class: clusters × classes for the best run of each method.

use super::cells::Cells;
use crate::agreement::{Contingency, misclassified_majority, misclassified_matched};
use crate::maxima;
use crate::table::{Cell, Column, Row, Table};
use records::{AssignmentRow, ObservationRow, RunRow};
use std::collections::{BTreeMap, HashMap};

/// The beginning of the names of the tables' files.
const PREFIX: &str = "clusters-";

/// The data set of the tutorial that the study answers.
const TUTORIAL: &str = "iris-uci";

/// The table that a screen shows: that of the tutorial's data set, or else the first.
pub fn most_telling(tables: &[Table]) -> Option<&Table> {
    let mut crossed = tables.iter().filter(|table| table.name.starts_with(PREFIX));
    let first = crossed.clone().next();
    crossed.find(|table| table.name.strip_prefix(PREFIX) == Some(TUTORIAL)).or(first)
}

/// Tables of all data sets with a truth that were drawn once, for the K that is the number of classes. The assignments
/// are those of the best run of each cell; of these the best of each method is shown.
pub fn tables(runs: &[RunRow], assignments: &[AssignmentRow], observations: &[ObservationRow]) -> Vec<Table> {
    let labels = labels(assignments);
    let assigned = runs.iter().filter(|run| labels.contains_key(&run.run));
    let cells = Cells::of(assigned);
    let mut problems: Vec<(&str, u32)> =
        cells.groups.iter().map(|g| (g.factors.dataset.as_str(), g.factors.k)).collect();
    problems.dedup();
    problems.into_iter().filter_map(|(dataset, k)| table(&cells, &labels, observations, dataset, k)).collect()
}

/// (row, component) of each run that has assignments.
fn labels(assignments: &[AssignmentRow]) -> HashMap<u32, Vec<(u32, u32)>> {
    let mut labels: HashMap<u32, Vec<(u32, u32)>> = HashMap::new();
    for assignment in assignments {
        labels.entry(assignment.run).or_default().push((assignment.row, assignment.component));
    }
    labels
}

/// The true classes of a data set.
struct Truth<'a> {
    names: Vec<&'a str>,
    /// Class of each row.
    of_row: HashMap<u32, usize>,
}

impl<'a> Truth<'a> {
    /// `None` if the data set was drawn more than once or a row has no class.
    fn of(observations: &'a [ObservationRow], dataset: &str) -> Option<Self> {
        let mut names: BTreeMap<u32, &str> = BTreeMap::new();
        for row in observations.iter().filter(|row| row.dataset == dataset) {
            if row.draw > 0 {
                return None;
            }
            names.insert(row.row, row.truth.as_deref()?);
        }
        let mut truth = Self { names: Vec::new(), of_row: HashMap::new() };
        for (row, name) in names {
            let class = truth.names.iter().position(|&known| known == name).unwrap_or_else(|| {
                truth.names.push(name);
                truth.names.len() - 1
            });
            truth.of_row.insert(row, class);
        }
        (!truth.names.is_empty()).then_some(truth)
    }
}

fn table(
    cells: &Cells,
    labels: &HashMap<u32, Vec<(u32, u32)>>,
    observations: &[ObservationRow],
    dataset: &str,
    k: u32,
) -> Option<Table> {
    let truth = Truth::of(observations, dataset)?;
    if truth.names.len() != k as usize {
        return None;
    }
    let mut rows = Vec::new();
    let mut sentences = Vec::new();
    for contender in &cells.contenders {
        let groups = cells.groups.iter().filter(|group| {
            let factors = group.factors;
            factors.dataset == dataset && factors.k == k && cells.contender(factors) == *contender
        });
        let Some(best) = maxima::best_run(groups.flat_map(|group| group.runs.iter().copied())) else { continue };
        let pairs = &labels[&best.run];
        let counts = Contingency::from_pairs(
            pairs.iter().filter_map(|(row, component)| Some((*component as usize, *truth.of_row.get(row)?))),
        );
        sentences.push(format!(
            "{contender}: run {} from start {}, {} wrong under the best one-to-one matching, {} by majority",
            best.run,
            best.factors.start,
            misclassified_matched(&counts),
            misclassified_majority(&counts)
        ));
        let mut clusters: Vec<usize> = (0..counts.clusters()).filter(|&i| counts.majority(i).is_some()).collect();
        clusters.sort_by_key(|&i| counts.majority(i));
        for i in clusters {
            let in_class = |class: usize| counts.row(i).get(class).copied().unwrap_or(0);
            let mut row = vec![Cell::text(contender), Cell::count(i)];
            row.push(Cell::maybe_text(counts.majority(i).map(|class| truth.names[class])));
            row.push(Cell::count(usize::try_from(counts.row(i).iter().sum::<u64>()).unwrap_or(usize::MAX)));
            row.extend(
                (0..truth.names.len()).map(|class| Cell::count(usize::try_from(in_class(class)).unwrap_or(usize::MAX))),
            );
            rows.push(Row { cells: row, main: true });
        }
    }
    if rows.is_empty() {
        return None;
    }
    let mut columns = vec![
        Column::factor("method", "method"),
        Column::number("cluster", "cluster"),
        Column::text("majority", "majority"),
        Column::number("rows", "rows"),
    ];
    columns.extend(truth.names.iter().map(|name| Column::number(name, name)));
    Some(Table {
        rows,
        name: format!("{PREFIX}{dataset}"),
        title: format!("Clusters and classes on {dataset}, K = {k}, best run of each method"),
        caption: format!("{}. Clusters are numbered from 0; those without rows are left out.", sentences.join("; ")),
        note: sentences.join("\n"),
        columns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, k_means};
    use crate::table::{Format, Terminal};

    fn observation(row: u32, truth: Option<&str>) -> ObservationRow {
        ObservationRow { dataset: "iris".to_owned(), draw: 0, row, truth: truth.map(str::to_owned), x: vec![0.0] }
    }

    fn assigned(run: u32, components: &[u32]) -> Vec<AssignmentRow> {
        (0..).zip(components).map(|(row, &component)| AssignmentRow { run, row, component }).collect()
    }

    #[test]
    fn the_best_run_of_each_method() {
        let truth = ["setosa", "setosa", "versicolor", "versicolor", "virginica", "virginica"];
        let observations: Vec<ObservationRow> =
            (0..).zip(truth).map(|(row, name)| observation(row, Some(name))).collect();
        let runs = [converged(0, -190.0), converged(1, -180.0), k_means(2, 78.85)];
        let mut assignments = assigned(0, &[0, 0, 0, 0, 0, 0]);
        assignments.extend(assigned(1, &[2, 2, 0, 0, 1, 0]));
        assignments.extend(assigned(2, &[1, 1, 0, 2, 2, 2]));
        let tables = tables(&runs, &assignments, &observations);
        assert_eq!(tables.len(), 1);
        let text = Terminal { longest: 60 }.render(&tables[0]);
        let expected = "\
Clusters and classes on iris, K = 3, best run of each method
em: run 1 from start random-points, 1 wrong under the best one-to-one matching, 1 by majority
k-means: run 2 from start random-points, 1 wrong under the best one-to-one matching, 1 by majority
──────────────────────────────────────────────────────────────────
method   cluster  majority    rows  setosa  versicolor  virginica
──────────────────────────────────────────────────────────────────
em             2  setosa         2       2           0          0
               0  versicolor     3       0           2          1
               1  virginica      1       0           0          1
k-means        1  setosa         2       2           0          0
               0  versicolor     1       0           1          0
               2  virginica      3       0           1          2
──────────────────────────────────────────────────────────────────
";
        assert_eq!(text, expected, "{text}");
    }

    #[test]
    fn without_truth_or_with_another_k_there_is_no_table() {
        let runs = [converged(0, -180.0)];
        let assignments = assigned(0, &[0, 1]);
        assert!(tables(&runs, &assignments, &[observation(0, None), observation(1, None)]).is_empty());
        let two = [observation(0, Some("a")), observation(1, Some("b"))];
        assert!(tables(&runs, &assignments, &two).is_empty());
        assert!(tables(&runs, &[], &[]).is_empty());
    }
}
