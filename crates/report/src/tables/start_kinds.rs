//! Is one kind of start better than another that draws other rows?
//!
//! Kinds of start under different location rules share the data and nothing else: within a draw their runs are two
//! independent samples, over draws the draws are blocks ([`crate::comparison::shares`]). Kinds that share rows are in the
//! table `paired`.

use super::budget::contests;
use super::cells::{Cells, Group};
use crate::comparison::bootstrap::{Resampler, mean};
use crate::comparison::holm;
use crate::comparison::shares::{Difference, Stratum, difference, fisher};
use crate::intervals::{Interval, Share};
use crate::maxima::Best;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::RunRow;
use std::collections::BTreeSet;

/// The name of the table's files.
pub const NAME: &str = "start-kinds";

/// With fewer draws nothing is said about draws to come.
const DRAWS: usize = 8;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Hits,
    Failures,
}

/// Each kind of start of a problem under one policy against the first one. Without rows where there is one kind only.
pub fn table(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let best = Best::of(runs);
    let mut rows = Vec::new();
    for contest in contests(&cells) {
        let mut policies: Vec<Option<&String>> = contest.iter().map(|group| group.factors.policy.as_ref()).collect();
        policies.dedup();
        let mut seen = BTreeSet::new();
        for policy in policies.into_iter().filter(|policy| seen.insert(*policy)) {
            let groups: Vec<&&Group<'_>> =
                contest.iter().filter(|group| group.factors.policy.as_ref() == policy).collect();
            for measure in [Measure::Hits, Measure::Failures] {
                rows.extend(against_first(&cells, &groups, &best, measure));
            }
        }
    }
    let mut columns = cells.columns();
    columns.extend([
        Column::text("measure", "measure"),
        Column::text("against", "against"),
        Column::number("draws", "draws").shown(Shown::Files),
        Column::share("here %", "here"),
        Column::share("there %", "there"),
        Column::interval("difference", "difference"),
        Column::number("p", "p_holm"),
        Column::number("p", "p").shown(Shown::Data),
        Column::interval("over draws", "over_draws").shown(Shown::Files),
    ]);
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Kinds of start against the first".to_owned(),
        caption: "Shares of starts that reached the best maximum of their problem, or failed, for each kind of start and for \
                  the first kind of the plan under the same policy; in per cent with 95 % Clopper-Pearson intervals. Difference: \
                  here minus there in percentage points with Newcombe's interval; with several draws the mean over draws, the \
                  interval for these draws. p: Fisher's exact test, over draws given each draw's margins, adjusted by Holm over \
                  the kinds of one problem, policy and measure. Over draws: with at least 8 draws, the mean difference with its 95 \
                  % percentile interval over resampled draws, which speaks of draws to come. Kinds that share the starting rows \
                  of the first are in the table of pairs."
            .to_owned(),
        note: "Here minus there in percentage points; p by Fisher's exact test, adjusted by Holm".to_owned(),
        columns,
    }
}

fn against_first(cells: &Cells<'_>, groups: &[&&Group<'_>], best: &Best<'_>, measure: Measure) -> Vec<Row> {
    let Some((first, others)) = groups.split_first() else { return Vec::new() };
    let seeds: BTreeSet<u64> = first.runs.iter().map(|run| run.seed).collect();
    let compared: Vec<(&&&Group<'_>, Vec<Stratum>)> = others
        .iter()
        .filter(|group| !group.runs.iter().any(|run| seeds.contains(&run.seed)))
        .map(|group| (group, strata(first, group, best, measure)))
        .collect();
    let p_values: Vec<Option<f64>> = compared.iter().map(|(_, strata)| fisher(strata)).collect();
    if measure == Measure::Failures && p_values.iter().all(Option::is_none) {
        return Vec::new();
    }
    let adjusted = holm(&p_values);
    let rows = compared.iter().zip(p_values.iter().zip(&adjusted)).map(|((group, strata), (&p, &p_holm))| {
        let pooled = |share: fn(&Stratum) -> Share| {
            strata
                .iter()
                .map(share)
                .fold(Share::default(), |a, b| Share { hits: a.hits + b.hits, trials: a.trials + b.trials })
        };
        let mut row = cells.names(group.factors);
        row.extend([
            Cell::text(if measure == Measure::Hits { "reached best" } else { "failed" }),
            Cell::text(&first.factors.start),
            Cell::count(strata.len()),
            Cell::share(pooled(|stratum| stratum.second)),
            Cell::share(pooled(|stratum| stratum.first)),
            points(difference(strata).map(|Difference { value, interval }| (value, interval))),
            Cell::number(p_holm, Digits::Significant(2)),
            Cell::number(p, Digits::Significant(2)),
            points(over_draws(strata, group)),
        ]);
        Row { cells: row, main: group.main }
    });
    rows.collect()
}

/// Both samples of every draw that both cells have.
fn strata(first: &Group<'_>, second: &Group<'_>, best: &Best<'_>, measure: Measure) -> Vec<Stratum> {
    let counted = |run: &RunRow| match measure {
        Measure::Hits => best.reached(run),
        Measure::Failures => run.end.is_none(),
    };
    let share = |runs: &[&RunRow]| Share::of(runs.iter().map(|run| counted(run)));
    let firsts = first.by_draw();
    let second_of = |draw: &Vec<&RunRow>| {
        let number = draw.first()?.factors.draw;
        let runs: Vec<&RunRow> = second.runs.iter().copied().filter(|run| run.factors.draw == number).collect();
        (!runs.is_empty()).then(|| Stratum { first: share(draw), second: share(&runs) })
    };
    firsts.iter().filter_map(second_of).collect()
}

/// The mean difference over draws with its interval over draws to come.
fn over_draws(strata: &[Stratum], group: &Group<'_>) -> Option<(f64, Interval)> {
    if strata.len() < DRAWS {
        return None;
    }
    let mut differences: Vec<f64> =
        strata.iter().filter_map(|stratum| Some(stratum.second.value()? - stratum.first.value()?)).collect();
    let mut resampler = Resampler::of_runs(group.runs.iter().copied());
    let interval = resampler.interval(std::slice::from_ref(&differences), mean)?;
    Some((mean(&mut differences)?, interval))
}

/// In percentage points.
fn points(found: Option<(f64, Interval)>) -> Cell {
    let part = |of: fn(&(f64, Interval)) -> f64| found.as_ref().map(|found| 100.0 * of(found));
    Cell::between(part(|f| f.0), part(|f| f.1.lower), part(|f| f.1.upper), Digits::Decimals(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, failed};
    use crate::table::{Format, Markdown};
    use records::Factors;
    use std::sync::Arc;

    /// `hits` of 20 runs of a kind reach the best, the others die.
    fn kind(start: &str, first_run: u32, hits: u32, draw: u32) -> Vec<RunRow> {
        let factors = Arc::new(Factors { start: start.to_owned(), draw, ..factors() });
        (0..20)
            .map(|i| {
                let run = first_run + i;
                let row = if i < hits { converged(run, -180.0) } else { failed(run) };
                RunRow { factors: Arc::clone(&factors), seed: u64::from(run), ..row }
            })
            .collect()
    }

    #[test]
    fn hits_and_failures_against_the_first_kind() {
        let runs = [kind("tutorial", 0, 5, 0), kind("k-means", 100, 20, 0)].concat();
        let text = Markdown.render(&table(&runs));
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("| tutorial |")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        // statsmodels 0.15.0 and scipy 1.17.1: 0.75 [0.4784, 0.8881], 7.7086e-7.
        assert!(
            lines[0].contains("reached best") && lines[0].contains("| 75.0 [47.8, 88.8] | 7.7e-7 |"),
            "{}",
            lines[0]
        );
        assert!(lines[1].contains("failed") && lines[1].contains("| -75.0 [-88.8, -47.8] |"), "{}", lines[1]);
    }

    #[test]
    fn shared_seeds_belong_to_the_pairs_and_no_failure_is_no_row() {
        let mut same_rows = kind("em-em", 0, 20, 0);
        for run in &mut same_rows {
            run.run += 500;
        }
        let runs = [kind("random-points", 0, 20, 0), same_rows].concat();
        assert!(table(&runs).rows.is_empty());
        let healthy = [kind("tutorial", 0, 20, 0), kind("k-means", 100, 20, 0)].concat();
        assert_eq!(table(&healthy).rows.len(), 1);
    }

    #[test]
    fn draws_to_come_are_spoken_of_with_eight_draws() {
        let over = |draws: u32| {
            let of_draw =
                |draw| [kind("tutorial", 200 * draw, 5, draw), kind("k-means", 200 * draw + 100, 10, draw)].concat();
            let runs: Vec<RunRow> = (0..draws).flat_map(of_draw).collect();
            Markdown.render(&table(&runs))
        };
        assert!(over(7).lines().last().unwrap().ends_with("| – |"), "{}", over(7));
        assert!(over(8).lines().last().unwrap().ends_with("| -25.0 [-25.0, -25.0] |"), "{}", over(8));
    }
}
