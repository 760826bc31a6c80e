//! Which structure, how many components? The Bayesian information criterion as mclust prints it, and the long table behind.
//!
//! BIC = −2 log L + ν ln n (Schwarz 1978, key `schwarz1978`; smaller is better; mclust prints it with the sign turned). It
//! is taken at the best maximum of each cell: the highest log-likelihood of a proper, converged end over all starts and
//! policies. A cell in which only spurious, coincident or failed ends are known stays empty: the criterion means nothing
//! at a likelihood that can be made as large as one likes.

use crate::maxima;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::{End, Factors, RunOutcome, RunRow};
use std::collections::BTreeMap;

/// The name of the files of the wide table.
pub const NAME: &str = "selection";

/// The name of the file of the long table.
pub const LONG: &str = "criteria";

/// Most cells named in the note.
const RUNNERS_UP: usize = 3;

/// One sample that models compete for: data set, draw, and whether under a prior.
type Sample<'a> = (&'a str, u32, bool);

/// One number of components with one structure.
#[derive(Clone, Debug, Default)]
struct Candidate<'a> {
    /// The best maximum, if one is known.
    best: Option<&'a RunRow>,
    /// All runs.
    runs: Vec<&'a RunRow>,
}

/// The models that compete for one sample.
#[derive(Clone, Debug)]
struct Contest<'a> {
    sample: Sample<'a>,
    /// Keyed by (components at the end, rank of the structure).
    candidates: BTreeMap<(u32, usize), Candidate<'a>>,
}

/// mclust's three letters for a structure; what has none is returned as it is.
pub fn letters(structure: &str) -> &str {
    match structure {
        "full" => "VVV",
        "tied" => "EEE",
        "diag" => "VVI",
        "spherical" => "VII",
        "tied-diag" => "EEI",
        "tied-spherical" => "EII",
        other => other,
    }
}

/// All contests in the order of the plan, and the structures in theirs.
struct Selection<'a> {
    structures: Vec<&'a str>,
    contests: Vec<Contest<'a>>,
}

/// The components of a run's model: those it ended with, where it ended.
fn components(run: &RunRow) -> u32 {
    run.k_end.unwrap_or(run.factors.k)
}

/// Whether a run's end may stand for its model. Other than for hits, an end with fewer components than at the start counts,
/// for the number that it has.
fn stands(run: &RunRow) -> bool {
    run.outcome == RunOutcome::Converged && run.end == Some(End::Proper) && run.bic.is_some()
}

impl<'a> Selection<'a> {
    fn of(runs: &'a [RunRow]) -> Self {
        let mut structures: Vec<&str> = Vec::new();
        let mut contests: Vec<Contest<'a>> = Vec::new();
        for run in runs {
            let factors: &Factors = &run.factors;
            let Some(covariance) = factors.covariance.as_deref() else { continue };
            let rank = structures.iter().position(|&known| known == covariance).unwrap_or_else(|| {
                structures.push(covariance);
                structures.len() - 1
            });
            let sample = (factors.dataset.as_str(), factors.draw, maxima::penalised(factors));
            let place = contests.iter().position(|contest| contest.sample == sample).unwrap_or_else(|| {
                contests.push(Contest { sample, candidates: BTreeMap::new() });
                contests.len() - 1
            });
            let candidate = contests[place].candidates.entry((components(run), rank)).or_default();
            candidate.runs.push(run);
            if stands(run) && candidate.best.is_none_or(|best| maxima::score(run) > maxima::score(best)) {
                candidate.best = Some(run);
            }
        }
        contests.retain(|contest| contest.candidates.len() > 1);
        Self { structures, contests }
    }
}

impl Contest<'_> {
    /// The best maxima with their places, the lowest BIC first.
    fn ranking(&self) -> Vec<((u32, usize), f64)> {
        let known = self.candidates.iter().filter_map(|(&place, candidate)| Some((place, candidate.best?.bic?)));
        let mut known: Vec<((u32, usize), f64)> = known.collect();
        known.sort_by(|a, b| a.1.total_cmp(&b.1));
        known
    }

    /// The lowest value of a criterion.
    fn lowest(&self, criterion: fn(&RunRow) -> Option<f64>) -> Option<f64> {
        self.candidates.values().filter_map(|candidate| criterion(candidate.best?)).min_by(f64::total_cmp)
    }

    fn name(&self, several_draws: bool) -> String {
        let (dataset, draw, penalised) = self.sample;
        let draw = if several_draws { format!(" draw {draw}") } else { String::new() };
        format!("{dataset}{draw}{}", if penalised { " (map)" } else { "" })
    }

    fn cells(&self) -> Vec<Cell> {
        let (dataset, draw, penalised) = self.sample;
        vec![Cell::text(dataset), Cell::count(draw as usize), Cell::text(if penalised { "map" } else { "likelihood" })]
    }
}

/// The columns that name a contest.
fn columns(contests: &[Contest]) -> Vec<Column> {
    let if_several = |several: bool| if several { Shown::Everywhere } else { Shown::Data };
    vec![
        Column::factor("data", "dataset"),
        Column::factor("draw", "draw").shown(if_several(contests.iter().any(|contest| contest.sample.1 > 0))),
        Column::factor("maximised", "maximised").shown(if_several(contests.iter().any(|contest| contest.sample.2))),
    ]
}

/// The wide table: a row for each number of components, a column for each structure, the winner of each sample marked.
/// Without rows where nothing competes.
pub fn table(runs: &[RunRow]) -> Table {
    let Selection { structures, contests } = Selection::of(runs);
    let several_draws = contests.iter().any(|contest| contest.sample.1 > 0);
    let mut columns = columns(&contests);
    columns.push(Column::number("K", "k"));
    // Among structures that only mclust has a name for, the others go by mclust's names too.
    let by_letters = structures.iter().any(|name| letters(name) == *name);
    let heading = |rank: usize| if by_letters { letters(structures[rank]) } else { structures[rank] };
    columns
        .extend((0..structures.len()).map(|rank| Column::number(heading(rank), &format!("bic_{}", structures[rank]))));
    let mut rows = Vec::new();
    let mut leaders = Vec::new();
    for contest in &contests {
        let ranking = contest.ranking();
        let Some(&(_, lowest)) = ranking.first() else { continue };
        let mut ks: Vec<u32> = contest.candidates.keys().map(|&(k, _)| k).collect();
        ks.dedup();
        for k in ks {
            let bic = |rank: usize| contest.candidates.get(&(k, rank)).and_then(|candidate| candidate.best?.bic);
            let mut cells = contest.cells();
            cells.push(Cell::count(k as usize));
            cells.extend((0..structures.len()).map(|rank| {
                let value = bic(rank);
                Cell { best: value == Some(lowest), ..Cell::number(value, Digits::Decimals(2)) }
            }));
            rows.push(Row { cells, main: true });
        }
        let named = ranking.iter().take(RUNNERS_UP).enumerate().map(|(i, &((k, rank), bic))| match i {
            0 => format!("{} K={k} ({bic:.2})", heading(rank)),
            _ => format!("{} K={k} (+{:.2})", heading(rank), bic - lowest),
        });
        leaders.push(format!("{}: {}", contest.name(several_draws), named.collect::<Vec<String>>().join(", ")));
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Which structure, how many components? BIC".to_owned(),
        caption: "Bayesian information criterion −2 log L + ν ln n, smaller is better (mclust prints it with the sign \
                  turned), at the best proper, converged end of each cell over all starts and policies; the lowest of \
                  each sample is marked. A cell is empty where only spurious, coincident, failed or unfinished ends are \
                  known: criteria.csv says which. A run that lost components counts for the number that it ended with. \
                  Ends under `map` maximise a penalised objective and compete among themselves; their log L is that at \
                  the penalised maximum, as in mclust. VVV is full, EEE tied, VVI diag, VII spherical, EEI tied-diag, EII \
                  tied-spherical."
            .to_owned(),
        note: format!("−2 log L + ν ln n at the best proper end, smaller is better. {}", leaders.join("; ")),
        columns,
    }
}

/// One criterion of the long table.
type Measure = (&'static str, fn(&RunRow) -> Option<f64>);

/// The criteria of the long table.
const CRITERIA: [Measure; 4] =
    [("bic", |run| run.bic), ("aic", |run| run.aic), ("icl", |run| run.icl), ("icl_entropy", |run| run.icl_entropy)];

/// The long table: every criterion at the best maximum of every model, the run it was found by, which criteria it wins,
/// and how the runs of the model ended.
pub fn long(runs: &[RunRow]) -> Table {
    let Selection { structures, contests } = Selection::of(runs);
    let mut columns = columns(&contests);
    columns.extend([Column::factor("covariance", "covariance"), Column::number("K", "k")]);
    columns.extend(CRITERIA.map(|(name, _)| Column::number(name, name)));
    columns.extend([
        Column::text("wins", "wins"),
        Column::number("log L", "log_likelihood"),
        Column::number("ν", "n_parameters"),
        Column::number("run", "run"),
        Column::number("starts", "starts"),
        Column::number("proper", "proper"),
        Column::number("spur.", "spurious"),
        Column::number("coinc.", "coincident"),
        Column::number("at limit", "at_limit"),
        Column::number("failed", "failed"),
    ]);
    let mut rows = Vec::new();
    for contest in &contests {
        let lowest = CRITERIA.map(|(_, criterion)| contest.lowest(criterion));
        for (&(k, rank), candidate) in &contest.candidates {
            let best = candidate.best;
            let mut cells = contest.cells();
            cells.extend([Cell::text(structures[rank]), Cell::count(k as usize)]);
            let values = CRITERIA.map(|(_, criterion)| best.and_then(criterion));
            let wins = (0..CRITERIA.len()).filter(|&i| values[i].is_some() && values[i] == lowest[i]);
            let wins: Vec<&str> = wins.map(|i| CRITERIA[i].0).collect();
            cells.extend(values.iter().zip(lowest).map(|(&value, lowest)| Cell {
                best: value.is_some() && value == lowest,
                ..Cell::number(value, Digits::Decimals(2))
            }));
            let ends = |end: End| candidate.runs.iter().filter(|run| run.end == Some(end)).count();
            let outcome = |is: fn(&RunRow) -> bool| candidate.runs.iter().filter(|run| is(run)).count();
            cells.extend([
                Cell::text(wins.join(" ")),
                Cell::number(best.and_then(|run| run.log_likelihood), Digits::Decimals(4)),
                Cell::number(best.and_then(|run| run.n_parameters).map(f64::from), Digits::Decimals(0)),
                Cell::number(best.map(|run| f64::from(run.run)), Digits::Decimals(0)),
                Cell::count(candidate.runs.len()),
                Cell::count(ends(End::Proper)),
                Cell::count(ends(End::Spurious)),
                Cell::count(ends(End::Coincident)),
                Cell::count(outcome(|run| run.outcome == RunOutcome::MaxIterations)),
                Cell::count(outcome(|run| run.end.is_none())),
            ]);
            rows.push(Row { cells, main: true });
        }
    }
    Table {
        rows,
        name: LONG.to_owned(),
        title: "Criteria of every model".to_owned(),
        caption:
            "At the best proper, converged end of every model: BIC, AIC = −2 log L + 2 ν, ICL = BIC − 2 Σ w log max r \
                  (mclust's with the sign turned), and its entropy form BIC + 2 Σ w H(r); all smaller is better. Wins: \
                  the criteria of which it is the lowest of its sample."
                .to_owned(),
        note: String::new(),
        columns,
    }
}

/// The models with the lowest BIC, by sample: (data set, components, structure). Empty where nothing competes.
pub fn winners(runs: &[RunRow]) -> Vec<(&str, u32, &str)> {
    let Selection { structures, contests } = Selection::of(runs);
    let winner = |contest: &Contest<'_>| contest.ranking().first().map(|&(place, _)| place);
    let named = contests.iter().filter_map(|contest| Some((contest.sample.0, winner(contest)?)));
    named.map(|(dataset, (k, rank))| (dataset, k, structures[rank])).collect()
}

/// One structure's (components, BIC), in ascending order.
pub type Curve<'a> = (&'a str, Vec<(u32, f64)>);

/// The BIC of every model with a known maximum, by the name of the sample.
pub fn curves(runs: &[RunRow]) -> Vec<(String, Vec<Curve<'_>>)> {
    let Selection { structures, contests } = Selection::of(runs);
    let several_draws = contests.iter().any(|contest| contest.sample.1 > 0);
    contests
        .iter()
        .map(|contest| {
            let curve = |rank: usize| {
                let known = contest.candidates.iter().filter(move |((_, structure), _)| *structure == rank);
                known.filter_map(|(&(k, _), candidate)| Some((k, candidate.best?.bic?))).collect::<Vec<(u32, f64)>>()
            };
            let curves = structures.iter().enumerate().map(|(rank, &name)| (name, curve(rank)));
            (contest.name(several_draws), curves.filter(|(_, points)| !points.is_empty()).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed};
    use crate::table::{Csv, Format, Terminal};
    use std::sync::Arc;

    fn fitted(run: u32, k: u32, covariance: &str, log_likelihood: f64, n_parameters: u32) -> RunRow {
        let factors = Factors { k, covariance: Some(covariance.to_owned()), ..factors() };
        let deviance = -2.0 * log_likelihood;
        RunRow {
            factors: Arc::new(factors),
            k_end: Some(k),
            n_parameters: Some(n_parameters),
            bic: Some(deviance + f64::from(n_parameters) * 150.0_f64.ln()),
            aic: Some(deviance + 2.0 * f64::from(n_parameters)),
            ..converged(run, log_likelihood)
        }
    }

    /// mclust 6.0 on iris: VEV with two components has BIC −561.7285, VVV with three −580.8396.
    fn runs() -> Vec<RunRow> {
        let mut spurious = fitted(2, 3, "VVV", 500.0, 44);
        spurious.end = Some(End::Spurious);
        let dead = RunRow { factors: fitted(3, 3, "VEV", 0.0, 38).factors, ..failed(3) };
        vec![
            fitted(0, 2, "VEV", -215.7260, 26),
            fitted(1, 3, "VVV", -180.1855, 44),
            spurious,
            dead,
            fitted(4, 2, "VEV", -230.0, 26),
        ]
    }

    #[test]
    fn the_best_proper_end_stands_for_its_model_and_the_winner_is_marked() {
        let text = Terminal { longest: 60 }.render(&table(&runs()));
        let expected = "\
Which structure, how many components? BIC
−2 log L + ν ln n at the best proper end, smaller is better. iris: VEV K=2 (561.73), VVV K=3 (+19.11)
In all rows: data iris
───────────────────
K      VEV     VVV
───────────────────
2  561.73*       –
3        –  580.84
───────────────────
";
        assert_eq!(text, expected, "{text}");
    }

    #[test]
    fn the_long_table_says_why_a_cell_is_empty() {
        let csv = Csv.render(&long(&runs()));
        let line = |start: &str| csv.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
        assert!(line("iris,0,likelihood,VEV,3").ends_with(",,,,,,,,,1,0,0,0,0,1"), "{csv}");
        assert!(line("iris,0,likelihood,VEV,2").contains(",bic,-215.726,26,0,2,2,0,0,0,0"), "{csv}");
        assert!(line("iris,0,likelihood,VVV,3").contains(",aic,-180.1855,44,1,2,1,1,0,0,0"), "{csv}");
    }

    #[test]
    fn a_lost_component_counts_for_what_is_left_and_one_model_is_no_contest() {
        let mut removed = fitted(5, 3, "VEV", -210.0, 26);
        removed.k_end = Some(2);
        let mut all = runs();
        all.push(removed);
        assert!(Csv.render(&long(&all)).contains("iris,0,likelihood,VEV,2,550.27"), "{}", Csv.render(&long(&all)));
        assert!(table(&runs()[..1]).rows.is_empty());
        assert_eq!(winners(&runs()), [("iris", 2, "VEV")]);
        assert_eq!(curves(&runs())[0].1[1], ("VVV", vec![(3, runs()[1].bic.unwrap())]));
    }
}
