//! Does a method, policy, structure or start do better than another from the same starting rows?
//!
//! Runs whose seeds are equal share the draw and θ₀'s rows; they are compared pair by pair
//! ([`crate::comparison::paired`]). Each cell is set against the first cell of the plan that differs from it in one factor
//! only and shares its seeds. k-means has no structure and no policy: it is set against EM of every structure under the
//! first policy.

use super::cells::{Cells, Group};
use crate::budget;
use crate::comparison::bootstrap::{Resampler, mean, median};
use crate::comparison::holm;
use crate::comparison::paired::{Discordance, sign_test, signed_ranks};
use crate::intervals::Interval;
use crate::maxima::{self, Best, K_MEANS, Problem};
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::{Factors, RunRow};
use std::collections::BTreeMap;

/// The name of the table's files.
pub const NAME: &str = "paired";

/// The table; without rows where no two cells share seeds.
pub fn table(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let best = Best::of(runs);
    let seeds: Vec<Seeds<'_>> = cells.groups.iter().map(seeds).collect();
    let mut contrasts: Vec<Contrast<'_>> = Vec::new();
    for (i, group) in cells.groups.iter().enumerate() {
        let mut factors: Vec<&'static str> = Vec::new();
        for (j, earlier) in cells.groups[..i].iter().enumerate() {
            let Some(factor) = differing(earlier, group).filter(|factor| !factors.contains(factor)) else { continue };
            let pairs = pairs(&seeds[j], &seeds[i]);
            if !pairs.is_empty() {
                factors.push(factor);
                contrasts.push(Contrast { factor, first: earlier.factors, second: group, pairs });
            }
        }
    }
    let found: Vec<Found> = contrasts.iter().map(|contrast| Found::of(contrast, &best)).collect();
    let adjusted = adjust(&contrasts, &found);
    let rows = contrasts.iter().zip(&found).zip(&adjusted).map(|((contrast, found), adjusted)| {
        let mut row = cells.names(contrast.second.factors);
        row.extend([Cell::text(contrast.factor), Cell::text(level(contrast.first, contrast.factor))]);
        row.extend(found.cells(adjusted));
        Row { cells: row, main: contrast.second.main }
    });
    let mut columns = cells.columns();
    columns.extend([Column::text("factor", "factor"), Column::text("against", "against")]);
    columns.extend(measures());
    Table {
        rows: rows.collect(),
        name: NAME.to_owned(),
        title: "From the same starting rows: which does better?".to_owned(),
        caption: "Each row sets a cell against the one that has the other level of the factor named and all else the same; \
                  pairs are runs with the same seed, which share the draw and the starting rows. Hits and failures: pairs in \
                  which one of the two alone reached the best maximum of its problem, or failed (here + there); the difference \
                  is in percentage points, here minus there, with its 95 % percentile interval over resampled pairs; p by \
                  McNemar's exact test. Passes (those of the start included), misclassified rows: median \
                  difference over pairs of proper ends with its 95 % percentile interval, and p by Wilcoxon's signed ranks with \
                  Pratt's zeros. Log L: pairs of proper ends whose log-likelihood is higher here + there by more than 1e-3 + \
                  1e-6·|L|; p by the sign test; only where both answer the same problem. All p are adjusted by Holm over the \
                  contrasts of one factor on one data set and K; those without adjustment are in the CSV file. Draws are \
                  strata: what is said holds for these draws."
            .to_owned(),
        note: "Pairs of runs with the same seed; p adjusted by Holm".to_owned(),
        columns,
    }
}

fn measures() -> Vec<Column> {
    let p = |key: &str| {
        [
            Column::number("p", &format!("{key}_p_holm")).shown(Shown::Files),
            Column::number("p", &format!("{key}_p")).shown(Shown::Data),
        ]
    };
    let mut columns = vec![
        Column::number("pairs", "pairs"),
        Column::text("hits", "hits").shown(Shown::Files),
        Column::number("hits here", "hits_here_only").shown(Shown::Data),
        Column::number("hits there", "hits_there_only").shown(Shown::Data),
        Column::interval("Δ hits", "hits_difference"),
    ];
    columns.extend(p("hits"));
    columns.extend([
        Column::text("failures", "failures").shown(Shown::Files),
        Column::number("failures here", "failures_here_only").shown(Shown::Data),
        Column::number("failures there", "failures_there_only").shown(Shown::Data),
    ]);
    columns.extend(p("failures"));
    for (heading, key) in [("Δ passes", "passes"), ("Δ miscl.", "misclassified")] {
        columns.push(Column::number("pairs", &format!("{key}_pairs")).shown(Shown::Data));
        columns.push(Column::interval(heading, &format!("{key}_difference")));
        columns.extend(p(key));
        columns.push(Column::number("sign", &format!("{key}_sign_p")).shown(Shown::Data));
    }
    columns.extend([
        Column::text("log L", "log_likelihood").shown(Shown::Files),
        Column::number("higher here", "log_likelihood_higher_here").shown(Shown::Data),
        Column::number("higher there", "log_likelihood_higher_there").shown(Shown::Data),
    ]);
    columns.extend(p("log_likelihood"));
    columns
}

/// Two cells from the same starting rows.
struct Contrast<'a> {
    factor: &'static str,
    first: &'a Factors,
    second: &'a Group<'a>,
    pairs: Vec<(&'a RunRow, &'a RunRow)>,
}

type Seeds<'a> = BTreeMap<(u32, u64, u32), &'a RunRow>;

fn seeds<'a>(group: &Group<'a>) -> Seeds<'a> {
    group.runs.iter().map(|&run| ((run.factors.draw, run.seed, run.replicate), run)).collect()
}

/// The runs with the same seed, in the order (draw, seed).
fn pairs<'a>(first: &Seeds<'a>, second: &Seeds<'a>) -> Vec<(&'a RunRow, &'a RunRow)> {
    second.iter().filter_map(|(key, &run)| Some((*first.get(key)?, run))).collect()
}

/// The one factor in which two cells differ; `None` if there are several, or another data set or K.
fn differing(first: &Group<'_>, second: &Group<'_>) -> Option<&'static str> {
    let (a, b) = (first.factors, second.factors);
    if (&a.dataset, a.k) != (&b.dataset, b.k) {
        return None;
    }
    if a.method != b.method {
        let em_is_main = [first, second].iter().all(|group| group.factors.method == K_MEANS || group.main);
        return (em_is_main && (&a.start, &a.stop) == (&b.start, &b.stop)).then_some("method");
    }
    let differences = [
        ("covariance", a.covariance != b.covariance),
        ("start", a.start != b.start),
        ("start covariance", a.start_covariance != b.start_covariance),
        ("policy", a.policy != b.policy),
        ("stop", a.stop != b.stop),
    ];
    let mut differing = differences.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name);
    differing.next().filter(|_| differing.next().is_none())
}

/// What a cell has for a factor.
fn level(factors: &Factors, factor: &str) -> String {
    let level = match factor {
        "method" => match &factors.covariance {
            Some(covariance) => Some(format!("{} {covariance}", factors.method)),
            None => Some(factors.method.clone()),
        },
        "covariance" => factors.covariance.clone(),
        "start" => Some(factors.start.clone()),
        "start covariance" => factors.start_covariance.clone(),
        "policy" => factors.policy.clone(),
        _ => Some(factors.stop.clone()),
    };
    level.unwrap_or_default()
}

/// A median difference.
#[derive(Default)]
struct Shift {
    pairs: usize,
    median: Option<f64>,
    interval: Option<Interval>,
    signed_ranks: Option<f64>,
    sign: Option<f64>,
}

impl Shift {
    /// Of differences, draw by draw.
    fn of(draws: &[Vec<f64>], resampler: &mut Resampler) -> Self {
        let mut all: Vec<f64> = draws.concat();
        Self {
            pairs: all.len(),
            signed_ranks: signed_ranks(&all).map(|found| found.p),
            sign: sign_test(&all),
            median: median(&mut all),
            interval: resampler.interval(draws, median),
        }
    }
}

/// What was found about a contrast.
struct Found {
    hits: Discordance,
    hits_interval: Option<Interval>,
    failures: Discordance,
    passes: Shift,
    misclassified: Shift,
    /// `None` where the two cells answer different problems.
    higher: Option<Discordance>,
}

impl Found {
    fn of(contrast: &Contrast<'_>, best: &Best<'_>) -> Self {
        let mut draws: BTreeMap<u32, Vec<(&RunRow, &RunRow)>> = BTreeMap::new();
        for pair in &contrast.pairs {
            draws.entry(pair.0.factors.draw).or_default().push(*pair);
        }
        let mut resampler = Resampler::of_runs(contrast.pairs.iter().flat_map(|(a, b)| [*a, *b]));
        let over_draws = |number: &dyn Fn(&RunRow, &RunRow) -> Option<f64>| -> Vec<Vec<f64>> {
            draws.values().map(|pairs| pairs.iter().filter_map(|(a, b)| number(a, b)).collect()).collect()
        };
        let proper = |a: &RunRow, b: &RunRow| maxima::proper_score(a).zip(maxima::proper_score(b));
        let hit = |run: &RunRow| f64::from(u8::from(best.reached(run)));
        let hits = over_draws(&|a, b| Some(hit(b) - hit(a)));
        let passes = over_draws(&|a, b| proper(a, b).map(|_| budget::cost(b) - budget::cost(a)));
        let misclassified = over_draws(&|a, b| {
            proper(a, b).and(a.misclassified.zip(b.misclassified)).map(|(a, b)| f64::from(b) - f64::from(a))
        });
        // Passes of k-means and of EM are no common unit.
        let passes = if contrast.factor == "method" { Vec::new() } else { passes };
        let same_problem = contrast.pairs.iter().all(|(a, b)| Problem::of(a) == Problem::of(b));
        Self {
            hits: Discordance::of(contrast.pairs.iter().map(|(a, b)| (best.reached(a), best.reached(b)))),
            hits_interval: resampler.interval(&hits, mean),
            failures: Discordance::of(contrast.pairs.iter().map(|(a, b)| (a.end.is_none(), b.end.is_none()))),
            passes: Shift::of(&passes, &mut resampler),
            misclassified: Shift::of(&misclassified, &mut resampler),
            higher: same_problem.then(|| {
                let beyond = |a: f64, b: f64| a - b > maxima::tolerance(a);
                let both = contrast.pairs.iter().filter_map(|(a, b)| proper(a, b));
                Discordance::of(both.map(|(a, b)| (beyond(a, b), beyond(b, a))))
            }),
        }
    }

    /// The p-values in the order of the columns.
    fn p_values(&self) -> [Option<f64>; 5] {
        [
            self.hits.mcnemar(),
            self.failures.mcnemar(),
            self.passes.signed_ranks,
            self.misclassified.signed_ranks,
            self.higher.and_then(Discordance::mcnemar),
        ]
    }

    fn cells(&self, adjusted: &[Option<f64>; 5]) -> Vec<Cell> {
        let p_values = self.p_values();
        let p = |i: usize| [adjusted[i], p_values[i]].map(|p| Cell::number(p, Digits::Significant(2)));
        let both = |counted: Discordance| {
            [
                Cell::text(format!("{} + {}", counted.second_only, counted.first_only)),
                Cell::count(counted.second_only),
                Cell::count(counted.first_only),
            ]
        };
        let points = |value: Option<f64>| value.map(|v| 100.0 * v);
        let ends = |interval: Option<Interval>| (interval.map(|i| i.lower), interval.map(|i| i.upper));
        let (lower, upper) = ends(self.hits_interval);
        let mut cells = vec![Cell::count(self.hits.pairs)];
        cells.extend(both(self.hits));
        let difference = points(self.hits.difference());
        cells.push(Cell::between(difference, points(lower), points(upper), Digits::Decimals(1)));
        cells.extend(p(0));
        cells.extend(both(self.failures));
        cells.extend(p(1));
        for (i, shift) in [(2, &self.passes), (3, &self.misclassified)] {
            let (lower, upper) = ends(shift.interval);
            cells.push(Cell::count(shift.pairs));
            cells.push(Cell::between(shift.median, lower, upper, Digits::Significant(3)));
            cells.extend(p(i));
            cells.push(Cell::number(shift.sign, Digits::Significant(2)));
        }
        match self.higher {
            Some(higher) => cells.extend(both(higher)),
            None => cells.extend([(); 3].map(|()| Cell::number(None, Digits::Decimals(0)))),
        }
        cells.extend(p(4));
        cells
    }
}

/// Holm over the contrasts of one factor on one data set and K, for each measure.
fn adjust(contrasts: &[Contrast<'_>], found: &[Found]) -> Vec<[Option<f64>; 5]> {
    let mut families: BTreeMap<(&str, u32, &str), Vec<usize>> = BTreeMap::new();
    for (i, contrast) in contrasts.iter().enumerate() {
        let factors = contrast.first;
        families.entry((&factors.dataset, factors.k, contrast.factor)).or_default().push(i);
    }
    let mut adjusted = vec![[None; 5]; contrasts.len()];
    for family in families.values() {
        for measure in 0..5 {
            let p_values: Vec<Option<f64>> = family.iter().map(|&i| found[i].p_values()[measure]).collect();
            for (&i, p) in family.iter().zip(holm(&p_values)) {
                adjusted[i][measure] = p;
            }
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed, k_means};
    use crate::table::{Csv, Format, Markdown};
    use std::sync::Arc;

    fn from(seed: u64, mut row: RunRow, change: impl Fn(&mut Factors)) -> RunRow {
        change(Arc::make_mut(&mut row.factors));
        (row.seed, row.replicate) = (seed, 0);
        row
    }

    fn column(csv: &str, line: usize, key: &str) -> String {
        let cells = |line: usize| csv.lines().nth(line).unwrap().split(',').collect::<Vec<_>>();
        let place = cells(0).iter().position(|&name| name == key).unwrap();
        cells(line)[place].to_owned()
    }

    #[test]
    fn a_policy_is_set_against_the_first_pair_by_pair() {
        let ridge = |f: &mut Factors| f.policy = Some("ridge=1e-6".to_owned());
        let mut runs = Vec::new();
        for seed in 0..6_u32 {
            // `stop` dies in five of six, where the ridge reaches the best; in the sixth both do.
            let first = if seed < 5 { failed(seed) } else { converged(seed, -180.0) };
            runs.push(from(u64::from(seed), first, |_| ()));
            runs.push(from(u64::from(seed), converged(10 + seed, -180.0), ridge));
        }
        // Without a partner.
        runs.push(from(77, converged(30, -180.0), ridge));
        let table = table(&runs);
        assert_eq!(table.rows.len(), 1);
        let csv = Csv.render(&table);
        assert_eq!((column(&csv, 1, "factor"), column(&csv, 1, "against")), ("policy".to_owned(), "stop".to_owned()));
        assert_eq!(column(&csv, 1, "pairs"), "6");
        assert_eq!((column(&csv, 1, "hits_here_only"), column(&csv, 1, "hits_there_only")), ("5".into(), "0".into()));
        assert_eq!(column(&csv, 1, "hits_p"), "0.0625"); // 2/2⁵
        assert_eq!(column(&csv, 1, "failures_there_only"), "5");
        assert_eq!(column(&csv, 1, "passes_pairs"), "1");
        // e_passes 21 + run: 31 + 5 against 21 + 5.
        assert_eq!(column(&csv, 1, "passes_difference"), "10");
        let text = Markdown.render(&table);
        assert!(text.lines().last().unwrap().contains("| 5 + 0 | 83.3 ["), "{text}");
    }

    #[test]
    fn k_means_is_set_against_em_without_passes_or_log_likelihood() {
        let mut runs = Vec::new();
        for seed in 0..4_u32 {
            let mut hard = k_means(10 + seed, 78.85);
            hard.misclassified = Some(16);
            runs.push(from(u64::from(seed), converged(seed, -180.0), |_| ()));
            runs.push(from(u64::from(seed), hard, |_| ()));
        }
        let csv = Csv.render(&table(&runs));
        assert_eq!(column(&csv, 1, "against"), "em full");
        assert_eq!(column(&csv, 1, "misclassified_difference"), "11");
        assert_eq!(
            (column(&csv, 1, "passes_difference"), column(&csv, 1, "log_likelihood_p")),
            (String::new(), String::new())
        );
        assert_eq!(column(&csv, 1, "log_likelihood_higher_here"), "");
    }

    #[test]
    fn two_differences_or_other_seeds_are_no_pairs() {
        let other = |f: &mut Factors| (f.policy, f.start) = (Some("map".to_owned()), "em-em".to_owned());
        assert!(table(&[from(1, converged(0, -180.0), |_| ()), from(1, converged(1, -180.0), other)]).rows.is_empty());
        let start = |f: &mut Factors| f.start = "k-means++".to_owned();
        assert!(table(&[from(1, converged(0, -180.0), |_| ()), from(2, converged(1, -180.0), start)]).rows.is_empty());
        assert_eq!(level(&factors(), "stop"), "gain-per-row=1e-11");
    }

    #[test]
    fn holm_counts_the_contrasts_of_a_factor() {
        let mut runs = Vec::new();
        for seed in 0..6_u32 {
            runs.push(from(u64::from(seed), failed(seed), |_| ()));
            for (i, policy) in [(1, "ridge=1e-6"), (2, "floor=1e-4")] {
                let named = |f: &mut Factors| f.policy = Some(policy.to_owned());
                runs.push(from(u64::from(seed), converged(10 * i + seed, -180.0), named));
            }
        }
        let csv = Csv.render(&table(&runs));
        for line in [1, 2] {
            let p = |key: &str| column(&csv, line, key).parse::<f64>().unwrap();
            assert!((p("hits_p") - 0.03125).abs() < 1e-15 && (p("hits_p_holm") - 0.0625).abs() < 1e-15, "{csv}");
        }
    }
}
