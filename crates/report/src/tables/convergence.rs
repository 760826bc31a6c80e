//! How fast runs converge, how many maxima they find, and how often the best of them.

use super::cells::{Cells, Group};
use crate::basins::Ends;
use crate::intervals::{Share, StartsNeeded};
use crate::maxima::{self, Best, Criterion};
use crate::quantiles::Sorted;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::{End, RunOutcome, RunRow};

/// The name of the files of the table by log-likelihood.
pub const NAME: &str = "convergence";

/// The table for the runs that are judged by `criterion`; without rows if there are none. `components` tells maxima of one
/// height apart.
pub fn table(runs: &[RunRow], criterion: Criterion, components: &Ends) -> Table {
    let judged = || runs.iter().filter(|run| Criterion::of_method(&run.factors.method) == criterion);
    let best = Best::of(judged());
    let cells = Cells::of(judged());
    let mut columns = cells.columns();
    columns.extend(measures(criterion));
    let rows = cells.groups.iter().map(|group| {
        let mut row = cells.names(group.factors);
        row.extend(measure(group, &best, criterion, components));
        Row { cells: row, main: group.main }
    });
    let (name, title, scope, which) = match criterion {
        Criterion::LogLikelihood => (NAME, "Convergence, over proper ends", "methods, starts and policies", "highest"),
        Criterion::Inertia => ("convergence-k-means", "Convergence of k-means", "starts", "lowest"),
    };
    let what = criterion.name();
    Table {
        rows: rows.collect(),
        name: name.to_owned(),
        title: title.to_owned(),
        caption: format!(
            "A proper end is one that is neither spurious (Hathaway's ratio below 1e-3, or a component of at most d + 1 \
             observations) nor coincident (two components equal); iterations, E-passes, {what} and maxima are over \
             proper ends only, those at the iteration limit included; the others are counted in columns of their own. Best is the {which} {what} of a proper, \
             converged end over all {scope} of the same draw, K and covariance structure. A run reached it if its proper \
             end is within 1e-3 + 1e-6·|L| of it; the share is over all starts, failed ones included, in per cent with \
             its 95 % Clopper-Pearson interval. Maxima: ends within max(1e-4, 10 \
             × the gain still to come) whose matched components agree (symmetric KL below 1e-3) are one; runs at the iteration limit are not counted. Starts needed: to reach the best \
             with probability 0.95, with the ends of the interval mapped through. Passes per hit: E-passes of all starts, \
             the making of the starts included, for each that reached the best. With several draws, hits and maxima are \
             judged within each draw; hits are then pooled, maxima are the median over draws, and values of {what}, \
             which draws do not share, are left out: only gaps to the best of the draw remain."
        ),
        note: format!("Best: {which} {what} of a proper end over all {scope} of the same draw and K"),
        columns,
    }
}

fn measures(criterion: Criterion) -> Vec<Column> {
    let (what, spurious) = match criterion {
        Criterion::LogLikelihood => ("log L", "highest spurious"),
        Criterion::Inertia => ("inertia", "lowest spurious"),
    };
    vec![
        Column::number("starts", "starts"),
        Column::number("draws", "draws").shown(Shown::Files),
        Column::number("proper", "proper"),
        Column::number("spur.", "spurious"),
        Column::number("coinc.", "coincident"),
        Column::number("failed", "failed"),
        Column::number("at limit", "at_limit").shown(Shown::Files),
        Column::quartiles("iterations", "iterations"),
        Column::number("95th", "iterations_q95").shown(Shown::Files),
        Column::quartiles("E-passes", "e_passes").shown(Shown::Files),
        Column::number(&format!("best {what}"), "best"),
        Column::number(&format!("median {what}"), "median").shown(Shown::Files),
        Column::number(&format!("worst {what}"), "worst").shown(Shown::Files),
        Column::number("median gap", "median_gap").shown(Shown::Files),
        Column::number("worst gap", "worst_gap").shown(Shown::Files),
        Column::share("reached best %", "reached"),
        Column::number("maxima", "maxima"),
        Column::interval("starts needed", "starts_needed"),
        Column::number("passes/hit", "e_passes_per_hit").shown(Shown::Files),
        Column::number(spurious, "best_spurious").shown(Shown::Files),
    ]
}

fn measure(group: &Group, best: &Best, criterion: Criterion, components: &Ends) -> Vec<Cell> {
    let runs = &group.runs;
    let draws = group.by_draw();
    let ends = |end: End| runs.iter().filter(|run| run.end == Some(end)).count();
    let proper: Vec<&&RunRow> = runs.iter().filter(|run| maxima::proper_score(run).is_some()).collect();
    let of_proper = |number: fn(&RunRow) -> u32| proper.iter().map(|run| f64::from(number(run))).collect::<Sorted>();
    let quartiles = |sample: &Sorted| {
        Cell::between(sample.median(), sample.quantile(0.25), sample.quantile(0.75), Digits::Significant(3))
    };
    let iterations = of_proper(|run| run.iterations);
    let passes = of_proper(|run| run.e_passes + run.start_passes);
    // Draws share no scale: values only where there is one draw.
    let scores: Sorted = match draws.len() {
        1 => proper.iter().filter_map(|run| maxima::proper_score(run)).collect(),
        _ => Sorted::default(),
    };
    let value = |score: Option<f64>| Cell::number(score.map(|s| criterion.from_score(s)), Digits::Decimals(4));
    let gaps: Sorted = runs.iter().filter_map(|run| best.gap(run)).collect();
    let reached = Share::of(runs.iter().map(|run| best.reached(run)));
    let needed = StartsNeeded::from_share(reached);
    let float = |number: Option<u64>| number.map(|n| n as f64);
    let maxima: Sorted =
        draws.iter().map(|draw| maxima::basins(draw.iter().copied(), components).len() as f64).collect();
    let all_passes: f64 = runs.iter().map(|run| f64::from(run.e_passes) + f64::from(run.start_passes)).sum();
    let per_hit = (reached.hits > 0).then(|| all_passes / reached.hits as f64);
    let spurious = runs.iter().filter(|run| run.end == Some(End::Spurious)).filter_map(|run| maxima::score(run));
    let spurious = spurious.max_by(f64::total_cmp).filter(|_| draws.len() == 1);
    vec![
        Cell::count(runs.len()),
        Cell::count(draws.len()),
        Cell::count(proper.len()),
        Cell::count(ends(End::Spurious)),
        Cell::count(ends(End::Coincident)),
        Cell::count(runs.iter().filter(|run| run.end.is_none()).count()),
        Cell::count(runs.iter().filter(|run| run.outcome == RunOutcome::MaxIterations).count()),
        quartiles(&iterations),
        Cell::number(iterations.quantile(0.95), Digits::Significant(3)),
        quartiles(&passes),
        value(scores.max()),
        value(scores.median()),
        value(scores.min()),
        Cell::number(gaps.median(), Digits::Significant(3)),
        Cell::number(gaps.max(), Digits::Significant(3)),
        Cell::share(reached),
        Cell::number(maxima.median(), Digits::Significant(3)),
        Cell::between(float(needed.estimate), float(needed.lower), float(needed.upper), Digits::Decimals(0)),
        Cell::number(per_hit, Digits::Significant(3)),
        value(spurious),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed, k_means};
    use crate::table::{Csv, Format, Terminal};
    use records::Factors;
    use std::sync::Arc;

    #[test]
    fn a_small_table() {
        let mut spurious = converged(4, -170.0);
        spurious.end = Some(End::Spurious);
        let mut coincident = converged(5, -214.0);
        coincident.end = Some(End::Coincident);
        let runs = [
            converged(0, -180.0),
            converged(1, -180.0005),
            converged(2, -190.0),
            converged(3, -195.0),
            spurious,
            coincident,
            failed(6),
            k_means(7, 78.0),
        ];
        let text = Terminal { longest: 60 }.render(&table(&runs, Criterion::LogLikelihood, &Ends::default()));
        let expected = "\
Convergence, over proper ends
Best: highest log-likelihood of a proper end over all methods, starts and policies of the same draw and K
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
data  K  method  start          policy  starts  proper  spur.  coinc.  failed         iterations  best log L    reached best %  maxima  starts needed
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
iris  3  em      random-points  stop         7       4      1       1       1  21.5 [20.8, 22.2]   -180.0000  28.6 [3.7, 71.0]       4      9 [3, 81]
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
";
        assert_eq!(text, expected, "{text}");
        let csv = Csv.render(&table(&runs, Criterion::LogLikelihood, &Ends::default()));
        let fields: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
        let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
        let field = |key: &str| fields[header.iter().position(|&name| name == key).unwrap()];
        assert_eq!(field("reached_count"), "2");
        assert_eq!(field("best_spurious"), "-170");
        assert_eq!(field("median"), "-185.00025");
        // E-passes 21…27 of seven starts, two hits.
        assert_eq!(field("e_passes_per_hit"), "84");
    }

    #[test]
    fn all_failed_is_missing_not_zero() {
        let csv = Csv.render(&table(&[failed(0), failed(1)], Criterion::LogLikelihood, &Ends::default()));
        let expected = "iris,3,em,full,random-points,total,stop,gain-per-row=1e-11,2,1,0,0,0,2,0,,,,,,,,,,,,,0,2,0,0,\
                        0.841886116991581,0,,2,,,\n";
        assert_eq!(csv.lines().nth(1).unwrap().to_owned() + "\n", expected);
    }

    #[test]
    fn hits_are_judged_within_each_draw() {
        let drawn = |run: u32, draw: u32, log_likelihood: f64| {
            let factors = Factors { draw, ..factors() };
            RunRow { factors: Arc::new(factors), ..converged(run, log_likelihood) }
        };
        // Best −10 in one draw, −20 in the other: both are hits, and no value is shown.
        let runs = [drawn(0, 0, -10.0), drawn(1, 0, -12.0), drawn(2, 1, -20.0), drawn(3, 1, -20.0)];
        let csv = Csv.render(&table(&runs, Criterion::LogLikelihood, &Ends::default()));
        let expected = "iris,3,em,full,random-points,total,stop,gain-per-row=1e-11,4,2,4,0,0,0,0,";
        assert!(csv.lines().nth(1).unwrap().starts_with(expected), "{csv}");
        assert!(csv.contains(",,,,0,2,3,4,0.75,"), "{csv}");
    }

    #[test]
    fn k_means_is_judged_by_inertia() {
        let table =
            table(&[converged(0, -180.0), k_means(1, 142.75), k_means(2, 78.85)], Criterion::Inertia, &Ends::default());
        assert_eq!(table.rows.len(), 1);
        let text = Terminal { longest: 60 }.render(&table);
        assert!(text.contains("78.8500"), "{text}");
    }
}
