//! What would each stop rule have cost, and what would it have left?

use super::cells::{Cells, gather};
use super::traced::Traces;
use crate::intervals::Share;
use crate::maxima::{self, K_MEANS};
use crate::quantiles::Sorted;
use crate::replay::{CONTENDERS, Replayed, complete, replay};
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use em::TraceRow;
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "stop-rules";

/// Traces of one problem that are looked at, of the first replicates.
const TRACES: usize = 60;

/// A problem and the runs that are looked at: draw 0, first policy, proper converged ends.
fn problems(runs: &[RunRow]) -> Vec<Vec<&RunRow>> {
    let cells = Cells::of(runs);
    let problems = gather(&cells, |f| (&f.dataset, f.k, &f.method, &f.covariance, maxima::penalised(f), &f.stop));
    let of_problem = problems.into_iter().map(|groups| {
        let main = groups.into_iter().filter(|group| group.main && group.factors.method != K_MEANS);
        let mut candidates: Vec<&RunRow> = main
            .flat_map(|group| group.runs.iter().copied())
            .filter(|run| run.factors.draw == 0 && maxima::is_maximum(run))
            .collect();
        // Sweeps that thin their traces keep those of the first replicates whole.
        candidates.sort_by_key(|run| (run.replicate, run.run));
        candidates.truncate(TRACES);
        candidates
    });
    of_problem.filter(|runs| !runs.is_empty()).collect()
}

/// The runs whose traces the table needs.
pub fn wanted(runs: &[RunRow]) -> impl Iterator<Item = u32> {
    problems(runs).into_iter().flatten().map(|run| run.run)
}

/// A row for each rule and problem; without rows where no trace is complete.
pub fn table(runs: &[RunRow], traces: &Traces) -> Table {
    let mut rows = Vec::new();
    for problem in problems(runs) {
        let known: Vec<(&RunRow, &[TraceRow])> = problem
            .iter()
            .filter_map(|&run| Some((run, traces.get(&run.run)?.as_slice())))
            .filter(|(_, trace)| complete(trace))
            .collect();
        let Some((first, _)) = known.first() else { continue };
        let factors = &*first.factors;
        for contender in &CONTENDERS {
            let found: Vec<Option<(Replayed, bool)>> = known
                .iter()
                .map(|(run, trace)| {
                    let n = run.factors.n as usize;
                    let stopped = replay(trace, &mut (contender.rule)(n as f64), n)?;
                    let end = trace.last().map_or(0.0, |row| row.objective);
                    Some((stopped, stopped.left > maxima::tolerance(end)))
                })
                .collect();
            let fired: Vec<&(Replayed, bool)> = found.iter().flatten().collect();
            let passes: Sorted = fired.iter().map(|(stopped, _)| f64::from(stopped.e_passes)).collect();
            let left: Sorted = fired.iter().map(|(stopped, _)| stopped.left).collect();
            let cells = vec![
                Cell::text(&factors.dataset),
                Cell::count(factors.k as usize),
                Cell::maybe_text(factors.covariance.as_deref()),
                Cell::text(contender.name),
                Cell::share(Share { hits: fired.len(), trials: found.len() }),
                Cell::between(passes.median(), passes.quantile(0.25), passes.quantile(0.75), Digits::Significant(3)),
                Cell::number(left.median(), Digits::Significant(2)),
                Cell::number(left.max(), Digits::Significant(2)),
                Cell::share(Share::of(fired.iter().map(|(_, short)| *short))),
            ];
            rows.push(Row { cells, main: true });
        }
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Stop rules on the same traces".to_owned(),
        caption: "Each rule asked again on recorded traces, without fitting anew: up to 60 runs of each problem (draw 0, the first \
                  policy, proper converged ends, the first replicates of every kind of start, as far as every iteration was recorded). Fired: runs that the rule would have ended before \
                  the rule of the study did, in per cent with the 95 % Clopper-Pearson interval; the other columns are over \
                  these. Passes: median E-passes at the stop, with quartiles. Left: log-likelihood still to gain, to the end of \
                  the trace and by Aitken's projection beyond, median and worst. Short: more than 1e-3 + 1e-6·|L| below its own \
                  limit, so that the run would not be counted as having reached it."
            .to_owned(),
        note: "What each rule would have cost and left on recorded traces; short: not within 1e-3 + 1e-6·|L| of its limit"
            .to_owned(),
        columns: vec![
            Column::factor("data", "dataset"),
            Column::factor("K", "k"),
            Column::factor("covariance", "covariance"),
            Column::text("rule", "rule"),
            Column::share("fired %", "fired").shown(Shown::Files),
            Column::quartiles("passes", "e_passes"),
            Column::number("left", "left_median"),
            Column::number("worst left", "left_worst"),
            Column::share("short %", "short"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed};
    use crate::table::{Csv, Format};

    #[test]
    fn a_rule_is_asked_on_each_trace() {
        let trace: Vec<TraceRow> = (0..=40_u32)
            .map(|t| {
                let level = |t: u32| -100.0 - 50.0 * 0.5_f64.powi(i32::try_from(t).unwrap());
                TraceRow {
                    iteration: t,
                    objective: level(t),
                    log_likelihood: Some(level(t)),
                    gain: (t > 0).then(|| level(t) - level(t - 1)),
                    e_passes: t + 1,
                    ..TraceRow::default()
                }
            })
            .collect();
        let runs = [converged(0, -100.0), converged(1, -100.0), converged(2, -100.0), failed(3)];
        assert_eq!(wanted(&runs).collect::<Vec<u32>>(), [0, 1, 2]);
        let thinned: Vec<TraceRow> = trace.iter().copied().step_by(2).collect();
        let traces = Traces::from([(0, trace.clone()), (1, trace), (2, thinned)]);
        let csv = Csv.render(&table(&runs, &traces));
        // Gain ≤ 1e-3 first at t = 16: 17 passes, 50/2¹⁶ = 7.6e-4 left, within 1e-3 of the limit.
        let line = csv.lines().find(|line| line.contains("absolute-gain")).unwrap();
        assert!(line.starts_with("iris,3,full,absolute-gain = 1e-3,2,2,1,"), "{csv}");
        assert!(line.contains(",17,17,17,0.00076293"), "{line}");
        // No parameter changes were recorded: that rule never fires.
        assert!(csv.contains("parameter-change = 1e-5,0,2,0,0,"), "{csv}");
        assert!(table(&runs, &Traces::new()).rows.is_empty());
    }
}
