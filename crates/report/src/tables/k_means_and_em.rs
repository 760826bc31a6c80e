//! When does k-means mislead? Its best run beside that of EM, and what the fitted mixture looks like.

use super::cells::{Cells, Group, by_draw, gather};
use crate::basins::Ends;
use crate::geometry::Geometry;
use crate::maxima::{self, K_MEANS};
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "k-means-and-em";

/// One row for each data set, K and covariance structure that k-means and EM both answered; without rows where only one of
/// them ran.
pub fn table(runs: &[RunRow], components: &Ends) -> Table {
    let cells = Cells::of(runs);
    let mut rows = Vec::new();
    for groups in gather(&cells, |f| (&f.dataset, f.k)) {
        let hard: Vec<&RunRow> = runs_of(groups.iter().filter(|group| group.factors.method == K_MEANS));
        let soft = |group: &&&Group<'_>| group.factors.method != K_MEANS && !maxima::penalised(group.factors);
        let mut structures: Vec<Option<&str>> =
            groups.iter().filter(soft).map(|group| group.factors.covariance.as_deref()).collect();
        structures.dedup();
        for structure in structures {
            let em = runs_of(groups.iter().filter(soft).filter(|g| g.factors.covariance.as_deref() == structure));
            rows.extend(row(&hard, &em, components));
        }
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "When does k-means mislead?".to_owned(),
        caption: "The best run of k-means (lowest inertia) and of EM (highest log-likelihood of a proper, converged end) over all \
                  starts and policies but map, paired by draw; the truth plays no part in the choice. Medians over draws; more wrong: \
                  rows that k-means misclassifies beyond EM (best one-to-one matching), median with the extremes over draws. From \
                  the best mixture: overlap, an upper bound in per cent of what any rule must misclassify (Bhattacharyya); \
                  elongation, the longest over the shortest axis of a component; sizes, the radius of the largest over that of \
                  the smallest component; weights, the largest over the smallest. For equal spheres of equal weight the last three \
                  are 1, and k-means cuts where it should."
            .to_owned(),
        note: "Best runs by draw; elongation, sizes and weights are 1 where k-means is right".to_owned(),
        columns: vec![
            Column::factor("data", "dataset"),
            Column::factor("K", "k"),
            Column::text("covariance", "covariance"),
            Column::number("n", "n"),
            Column::number("draws", "draws"),
            Column::number("inertia", "inertia").shown(Shown::Files),
            Column::number("ARI k-means", "ari_k_means"),
            Column::number("ARI EM", "ari_em"),
            Column::number("wrong k-means", "misclassified_k_means"),
            Column::number("wrong EM", "misclassified_em"),
            Column { kind: crate::table::Kind::Between("min", "max"), ..Column::number("more wrong", "more_wrong") },
            Column::number("overlap %", "overlap_percent"),
            Column::number("elongation", "elongation"),
            Column::number("sizes", "size_ratio"),
            Column::number("weights", "weight_ratio"),
        ],
    }
}

fn runs_of<'a: 'c, 'c>(groups: impl Iterator<Item = &'c &'c Group<'a>>) -> Vec<&'a RunRow> {
    groups.flat_map(|group| group.runs.iter().copied()).collect()
}

/// `None` where no draw has a best run of both.
fn row(hard: &[&RunRow], em: &[&RunRow], components: &Ends) -> Option<Row> {
    let best = |runs: &[&RunRow]| -> Vec<(u32, RunRow)> {
        let leaders = by_draw(runs).into_iter().filter_map(|draw| maxima::best_run(draw).cloned());
        leaders.map(|run| (run.factors.draw, run)).collect()
    };
    let soft = best(em);
    let pairs: Vec<(RunRow, &RunRow)> = best(hard)
        .into_iter()
        .filter_map(|(draw, run)| Some((run, soft.iter().find(|(other, _)| *other == draw).map(|(_, run)| run)?)))
        .collect();
    let factors = &*pairs.first()?.1.factors;
    let median = |values: &mut dyn Iterator<Item = f64>| values.collect::<Sorted>().median();
    let of_hard = |number: fn(&RunRow) -> Option<f64>| median(&mut pairs.iter().filter_map(|(run, _)| number(run)));
    let of_em = |number: fn(&RunRow) -> Option<f64>| median(&mut pairs.iter().filter_map(|(_, run)| number(run)));
    let wrong = |run: &RunRow| run.misclassified.map(f64::from);
    let more: Sorted = pairs.iter().filter_map(|(hard, soft)| Some(wrong(hard)? - wrong(soft)?)).collect();
    let shapes: Vec<Geometry> =
        pairs.iter().filter_map(|(_, run)| Geometry::of(&components.of(run)?.collect::<Vec<_>>())).collect();
    let shape = |number: fn(&Geometry) -> f64| median(&mut shapes.iter().map(number));
    let three = Digits::Significant(3);
    let cells = vec![
        Cell::text(&factors.dataset),
        Cell::count(factors.k as usize),
        Cell::maybe_text(factors.covariance.as_deref()),
        Cell::count(factors.n as usize),
        Cell::count(pairs.len()),
        Cell::number(of_hard(|run| run.inertia), Digits::Significant(6)),
        Cell::number(of_hard(|run| run.ari), Digits::Decimals(3)),
        Cell::number(of_em(|run| run.ari), Digits::Decimals(3)),
        Cell::number(of_hard(wrong), three),
        Cell::number(of_em(wrong), three),
        Cell::between(more.median(), more.min(), more.max(), three),
        Cell::number(shape(|g| 100.0 * g.overlap), Digits::Significant(2)),
        Cell::number(shape(|g| g.elongation), three),
        Cell::number(shape(|g| g.size_ratio), three),
        Cell::number(shape(|g| g.weight_ratio), three),
    ];
    Some(Row { cells, main: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, k_means};
    use crate::table::{Format, Markdown};

    #[test]
    fn best_runs_stand_side_by_side() {
        let mut hard = k_means(1, 78.85);
        (hard.ari, hard.misclassified) = (Some(0.7302), Some(16));
        let runs = [converged(0, -180.0), hard, k_means(2, 142.75), failed(3)];
        let text = Markdown.render(&table(&runs, &Ends::default()));
        let last = text.lines().last().unwrap();
        let expected = "| iris | 3 | full | 150 | 1 | 78.85 | 0.730 | 0.900 | 16 | 5 | 11 [11, 11] | – | – | – | – |";
        assert_eq!(last, expected, "{text}");
        assert!(table(&runs[1..], &Ends::default()).rows.is_empty());
    }
}
