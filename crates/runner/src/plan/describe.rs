//! What `--dry-run` prints: the grid with the number of its runs, and how many rows each table will have.

use super::{Cell, Plan};
use crate::job::BEFORE_FAILURE;
use crate::kinds::StopRule;

impl Plan {
    /// A table of the cells (without draws) with the number of their runs, then the rows of the records; only of the cells that are
    /// `chosen`.
    pub fn describe(&self, chosen: Option<&[bool]>) -> String {
        let shown = |i: usize| chosen.is_none_or(|chosen| chosen[i]);
        let cells: Vec<&Cell> =
            self.cells.iter().enumerate().filter(|(i, _)| shown(*i)).map(|(_, cell)| cell).collect();
        let runs: u64 = cells.iter().map(|cell| u64::from(cell.replicates)).sum();
        format!(
            "{}{} cells, {runs} runs; stop: {}\n\n{}",
            aligned(&self.grid(&cells)),
            cells.len(),
            self.stop_label(),
            aligned(&self.rows(&cells, chosen.is_none()))
        )
    }

    /// One line for all draws of a combination.
    fn grid(&self, cells: &[&Cell]) -> Vec<Vec<String>> {
        let mut covariances: Vec<_> = cells.iter().filter_map(|cell| cell.start_covariance).collect();
        covariances.sort();
        covariances.dedup();
        let several = covariances.len() > 1;
        let line = |cell: &&Cell| {
            let factors = &cell.factors;
            let none = || "–".to_owned();
            let draws = self.datasets[cell.dataset].draws;
            vec![
                factors.dataset.clone(),
                format!("{} × {}", factors.n, factors.d),
                factors.k.to_string(),
                factors.method.clone(),
                factors.covariance.clone().unwrap_or_else(none),
                match &factors.start_covariance {
                    Some(covariance) if several => format!("{} ({covariance})", factors.start),
                    _ => factors.start.clone(),
                },
                factors.policy.clone().unwrap_or_else(none),
                draws.to_string(),
                cell.replicates.to_string(),
                (u64::from(draws) * u64::from(cell.replicates)).to_string(),
            ]
        };
        let header = ["dataset", "n × d", "K", "method", "covariance", "start", "policy", "draws", "starts", "runs"];
        let mut lines = vec![header.iter().map(ToString::to_string).collect()];
        // Neither the grid nor a filter tells draws apart: all have the cells of the first.
        lines.extend(cells.iter().filter(|cell| cell.draw == 0).map(line));
        lines
    }

    /// Rows of each table: exact where the plan determines them, else the most that there can be.
    fn rows(&self, cells: &[&Cell], whole: bool) -> Vec<Vec<String>> {
        let record = &self.record;
        let sum = |rows: &dyn Fn(&Cell) -> u64| cells.iter().map(|cell| rows(cell)).fold(0, u64::saturating_add);
        let runs = sum(&|cell| u64::from(cell.replicates));
        let limits = self.stop.iter().filter_map(|rule| match rule {
            StopRule::MaxIterations(limit) => Some(u64::from(*limit)),
            _ => None,
        });
        let limit = limits.min();
        // Iteration 0 is the start.
        let iterations = limit.map(|limit| limit + 1);
        let (stride, tail) = (u64::from(record.trace_stride), BEFORE_FAILURE as u64);
        let traces = iterations.map(|all| {
            let thinned = all.min(all.div_ceil(stride).saturating_add(if stride > 1 { tail } else { 0 }));
            sum(&|cell| {
                let kept_whole = cell.replicates.min(record.full_traces);
                u64::from(kept_whole) * all + u64::from(cell.replicates - kept_whole) * thinned
            })
        });
        let moments = 1 + u64::from(record.start_parameters);
        let parameters = sum(&|cell| u64::from(cell.replicates) * u64::from(cell.k) * moments);
        // These two need all runs, also where only some are chosen now.
        let assignments = self.cells.iter().map(|cell| u64::from(self.datasets[cell.dataset].n));
        let observations = self.datasets.iter().map(|data| u64::from(data.n) * u64::from(data.draws));
        let at_most = |rows: u64| format!("at most {rows}");
        let every =
            if stride > 1 { format!("; of which one in {stride} is kept, and every event") } else { String::new() };
        let iterated = limit.map(|limit| format!("if every start takes {limit} iterations{every}"));
        let later = || "when all runs of the study are recorded".to_owned();
        let lines = [
            ("table", "rows".to_owned(), String::new()),
            ("runs", runs.to_string(), String::new()),
            ("timings", runs.to_string(), String::new()),
            ("traces", traces.map_or_else(|| "any number".to_owned(), at_most), iterated.unwrap_or_default()),
            ("parameters", at_most(parameters), "if no start breaks down".to_owned()),
            ("failures", "one for each breakdown".to_owned(), String::new()),
            (
                "assignments",
                at_most(assignments.fold(0, u64::saturating_add)),
                if whole { "if a start converges in every cell".to_owned() } else { later() },
            ),
            (
                "observations",
                observations.fold(0, u64::saturating_add).to_string(),
                if whole { String::new() } else { later() },
            ),
        ];
        lines.into_iter().map(|(table, rows, why)| vec![table.to_owned(), rows, why]).collect()
    }
}

/// The lines with their words below each other.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let padded = line.iter().zip(&widths).map(|(word, &width)| format!("{word:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
