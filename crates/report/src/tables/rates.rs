//! Do three measures of the rate of convergence agree with each other, and with theory?
//!
//! Near a maximum, ratios of steps and KL/ΔQ tend to the largest fraction of missing information ρ, ratios of gains to ρ²
//! ([`crate::convergence`]). Theory says ρ = 1 − λ_min(I_com⁻¹ I_obs) at the maximum (Dempster, Laird & Rubin 1977, key
//! `dempster1977`); whoever has computed it hands it over by run.

use super::cells::{Cells, gather};
use super::traced::Traces;
use crate::basins::Ends;
use crate::convergence::{missing_information, projected_limit, rate, remaining_gap, step_ratio};
use crate::maxima::{self, K_MEANS, Maximum};
use crate::quantiles::Sorted;
use crate::replay::complete;
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use records::{Factors, RunRow};
use std::collections::BTreeMap;

/// The name of the table's files.
pub const NAME: &str = "rates";

/// Maxima of each problem that are looked at, the highest.
const HIGHEST: usize = 3;

/// Runs of which one is shown, those of the lowest replicates: sweeps that thin their traces keep theirs whole.
const CANDIDATES: usize = 12;

/// Two measures of a rate that differ by more than this have not settled.
const AGREE: f64 = 0.01;

/// Whether the run has come to its rate: both its measures agree, and it is one.
fn settled(run: &RunRow) -> bool {
    run.rate.zip(run.missing_information).is_some_and(|(rate, missing)| rate < 1.0 && (rate - missing).abs() <= AGREE)
}

/// The highest maxima of each problem in draw 0, with the settled runs of which one may stand for each; none without such a
/// run.
fn maxima_of<'a>(runs: &'a [RunRow], components: &Ends) -> Vec<(usize, Maximum<'a>, Vec<&'a RunRow>)> {
    let cells = Cells::of(runs);
    let problems = gather(&cells, |f| (&f.dataset, f.k, &f.method, &f.covariance, maxima::penalised(f), &f.stop));
    let mut found = Vec::new();
    for groups in problems {
        let of_problem = groups
            .iter()
            .filter(|group| group.factors.method != K_MEANS)
            .flat_map(|group| group.runs.iter().copied())
            .filter(|run| run.factors.draw == 0);
        for (rank, maximum) in (1..).zip(maxima::basins(of_problem, components)).take(HIGHEST) {
            let mut candidates: Vec<&RunRow> = maximum.runs.iter().copied().filter(|run| settled(run)).collect();
            candidates.sort_by_key(|run| (run.replicate, run.run));
            candidates.truncate(CANDIDATES);
            if !candidates.is_empty() {
                found.push((rank, maximum, candidates));
            }
        }
    }
    found
}

/// The runs whose traces the table needs.
pub fn wanted<'a>(runs: &'a [RunRow], components: &Ends) -> impl Iterator<Item = u32> + use<'a> {
    maxima_of(runs, components).into_iter().flat_map(|(_, _, candidates)| candidates).map(|run| run.run)
}

/// A row for each maximum. `theory` holds ρ by the number of a run; the column is there where it knows any run of the table.
pub fn table(runs: &[RunRow], components: &Ends, traces: &Traces, theory: &BTreeMap<u32, f64>) -> Table {
    let found = maxima_of(runs, components);
    // Any run at the maximum will do: they end at the same parameters.
    let known = |maximum: &Maximum<'_>| maximum.runs.iter().find_map(|run| theory.get(&run.run)).copied();
    let theoretical = found.iter().any(|(_, maximum, _)| known(maximum).is_some());
    let rows = found.iter().filter_map(|(rank, maximum, candidates)| {
        let run = longest(candidates, traces)?;
        let mut cells = names(&run.factors);
        cells.extend([Cell::count(*rank), Cell::number(Some(maximum.score), Digits::Decimals(4))]);
        if theoretical {
            cells.push(Cell::number(known(maximum), Digits::Decimals(4)));
        }
        cells.extend(measure(maximum, run, traces));
        Some(Row { cells, main: true })
    });
    let rows = rows.collect();
    let mut columns = vec![
        Column::factor("data", "dataset"),
        Column::factor("K", "k"),
        Column::factor("covariance", "covariance"),
        Column::text("objective", "objective").shown(Shown::Data),
        Column::number("rank", "rank"),
        Column::number("log L", "log_likelihood"),
    ];
    if theoretical {
        columns.push(Column::number("theory", "theory"));
    }
    columns.extend([
        Column::number("runs", "runs"),
        Column::number("settled", "settled"),
        Column::quartiles("√ gain ratio", "rate"),
        Column::quartiles("KL/ΔQ", "missing_information"),
        Column::number("run", "run").shown(Shown::Files),
        Column::number("iterations", "iterations").shown(Shown::Files),
        Column::number("its step ratio", "run_step_ratio"),
        Column::number("its KL/ΔQ", "run_missing_information").shown(Shown::Files),
        Column::number("its gain ratio", "run_gain_ratio"),
        Column::number("its limit", "run_projected_limit").shown(Shown::Files),
        Column::number("its gap left", "run_gap_left").shown(Shown::Files),
    ]);
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Rates of convergence, measured three ways".to_owned(),
        caption: format!(
            "The three highest maxima of each problem in draw 0. √ gain ratio and KL/ΔQ: both tend to the rate ρ; medians over \
             the last 10 iterations of each run above rounding, then median and quartiles over those runs at the maximum in which \
             the two agree to within 0.01 and are below 1: the others ended before they had settled, as runs do that converge \
             within a dozen iterations. \
             Then one of these runs, of the first replicates the one of the most iterations whose trace is whole: ratio of successive parameter changes (ρ), KL/ΔQ (ρ), ratio of successive \
             gains (ρ²), Aitken's projected limit of the objective, and the gap to it that the run left when it stopped.{}",
            if theoretical { " Theory: 1 − λ_min(I_com⁻¹ I_obs) at the maximum." } else { "" }
        ),
        note: "√ gain ratio, KL/ΔQ and step ratio tend to ρ, the gain ratio to ρ²".to_owned(),
        columns,
    }
}

/// Of the candidates with a whole trace, or of all where there is none, the run of the most iterations.
fn longest<'a>(candidates: &[&'a RunRow], traces: &Traces) -> Option<&'a RunRow> {
    let whole = |run: &RunRow| traces.get(&run.run).is_some_and(|trace| complete(trace));
    let order = |run: &&&RunRow| (whole(run), run.iterations, std::cmp::Reverse(run.run));
    candidates.iter().max_by_key(order).copied()
}

fn names(factors: &Factors) -> Vec<Cell> {
    vec![
        Cell::text(&factors.dataset),
        Cell::count(factors.k as usize),
        Cell::maybe_text(factors.covariance.as_deref()),
        Cell::text(if maxima::penalised(factors) { "penalised" } else { "log-likelihood" }),
    ]
}

fn measure(maximum: &Maximum<'_>, run: &RunRow, traces: &Traces) -> Vec<Cell> {
    let quartiles = |sample: &Sorted| {
        Cell::between(sample.median(), sample.quantile(0.25), sample.quantile(0.75), Digits::Decimals(4))
    };
    let settled = || maximum.runs.iter().filter(|run| settled(run));
    let rates: Sorted = settled().filter_map(|run| run.rate).collect();
    let missing: Sorted = settled().filter_map(|run| run.missing_information).collect();
    let n = run.factors.n as usize;
    let trace = traces.get(&run.run).map_or(&[][..], Vec::as_slice);
    let four = |value: Option<f64>| Cell::number(value, Digits::Decimals(4));
    vec![
        Cell::count(maximum.runs.len()),
        Cell::count(rates.values().len()),
        quartiles(&rates),
        quartiles(&missing),
        Cell::count(run.run as usize),
        Cell::count(run.iterations as usize),
        four(step_ratio(trace, n)),
        four(missing_information(trace, n)),
        four(rate(trace, n).map(|rate| rate * rate)),
        Cell::number(projected_limit(trace, n), Digits::Decimals(6)),
        Cell::number(remaining_gap(trace, n), Digits::Significant(2)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::converged;
    use crate::table::{Csv, Format, Markdown};
    use em::TraceRow;

    #[test]
    fn three_measures_meet_theory() {
        // Gains shrink by 0.36, steps by 0.6, KL/ΔQ is 0.6.
        let trace: Vec<TraceRow> = (0..=15_u32)
            .map(|t| {
                let shrunk = 0.36_f64.powi(i32::try_from(t).unwrap());
                let gain = (t > 0).then_some(32.0 * shrunk / 0.36);
                TraceRow {
                    iteration: t,
                    objective: -100.0 - 50.0 * shrunk,
                    log_likelihood: Some(-100.0 - 50.0 * shrunk),
                    gain,
                    q_gain: gain.map(|g| g / 1.6),
                    kl: gain.map(|g| g * 0.6 / 1.6),
                    step_norm: (t > 0).then_some(shrunk.sqrt()),
                    ..TraceRow::default()
                }
            })
            .collect();
        let runs = [
            RunRow { missing_information: Some(0.506), ..converged(0, -100.0) },
            RunRow { rate: Some(0.6), missing_information: Some(0.6), ..converged(1, -100.0) },
            // Not settled: one of a transient, and one that says it does not converge.
            RunRow { rate: Some(0.6), missing_information: Some(0.4), ..converged(2, -100.0) },
            RunRow { rate: Some(1.05), missing_information: Some(1.05), ..converged(3, -100.0) },
        ];
        let traces = Traces::from([(1, trace)]);
        assert_eq!(wanted(&runs, &Ends::default()).collect::<Vec<u32>>(), [0, 1]);
        // Theory knows another run at the same maximum.
        let text = Markdown.render(&table(&runs, &Ends::default(), &traces, &BTreeMap::from([(3, 0.6001)])));
        let last = text.lines().last().unwrap();
        let expected = "| iris | 3 | full | 1 | -100.0000 | 0.6001 | 4 | 2 | 0.5500 [0.5250, 0.5750] | 0.5530 [0.5295, 0.5765] | 1 | \
                        21 | 0.6000 | 0.6000 | 0.3600 | -100.000000 |";
        assert!(last.starts_with(expected), "{text}");
        let csv = Csv.render(&table(&runs, &Ends::default(), &traces, &BTreeMap::new()));
        assert!(!csv.contains("theory"), "{csv}");
    }

    #[test]
    fn a_maximum_without_a_rate_has_no_row() {
        let run = RunRow { rate: None, ..converged(0, -1.0) };
        assert!(table(&[run], &Ends::default(), &Traces::new(), &BTreeMap::new()).rows.is_empty());
    }
}
