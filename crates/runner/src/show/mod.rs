//! `runner show`: one start in detail, from the records of a folder that is finished or still running.

mod failure;
mod parameters;

use crate::cli::ShowArguments;
use crate::exit::Refused;
use crate::plan::Plan;
use crate::plot;
use crate::recorded;
use crate::results_folder;
use anyhow::Context as _;
use console::Style;
use records::{Part, Provenance, RunOutcome, RunRow, TraceRecord, View};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Rows of a plot.
const PLOT_ROWS: usize = 12;
/// Rows of data and events that are listed.
const LISTED: usize = 12;

/// How the text may look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether colours are wanted.
    pub styled: bool,
    /// Characters of a line.
    pub width: usize,
}

impl Look {
    fn paint(self, style: Style, text: &str) -> String {
        if self.styled { style.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    fn title(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }
}

/// The number of a run that was named by its number or its id.
pub fn number(view: &View, name: &str) -> anyhow::Result<u32> {
    let run = match name.parse::<u32>() {
        Ok(run) if name.len() < 16 => run,
        _ => {
            let id = (name.len() == 16).then(|| u64::from_str_radix(name, 16).ok()).flatten();
            let Some(id) = id else {
                return refused(format!(
                    "`{name}` is neither the number of a run nor a run_id (16 hexadecimal digits)"
                ));
            };
            match view.find(id)?.first() {
                Some(&run) => run,
                None => return refused(format!("no recorded run has the id {name}")),
            }
        }
    };
    if !view.contains(run) {
        let ranges: Vec<String> =
            view.runs().iter().take(5).map(|range| format!("{} to {}", range.first, range.last)).collect();
        let known = if ranges.is_empty() { "none is".to_owned() } else { format!("recorded: {}", ranges.join(", ")) };
        return refused(format!("run {run} is not recorded ({known})"));
    }
    Ok(run)
}

fn refused(words: String) -> anyhow::Result<u32> {
    Err(Refused(anyhow::Error::msg(words)).into())
}

/// The cell of a run in words.
pub fn factors(row: &RunRow) -> String {
    let f = &row.factors;
    let mut words = vec![format!("{} draw {}", f.dataset, f.draw), format!("K = {}", f.k), f.method.clone()];
    words.extend(f.covariance.clone());
    words.push(match &f.start_covariance {
        Some(covariance) => format!("{} ({covariance})", f.start),
        None => f.start.clone(),
    });
    words.extend(f.policy.clone());
    words.push(format!("replicate {}", row.replicate));
    words.join(", ")
}

/// Describes a run.
pub fn show(arguments: &ShowArguments, look: Look) -> anyhow::Result<String> {
    let folder = arguments.dir.as_path();
    results_folder::of_a_sweep(folder)?;
    let origin = Provenance::read(folder)?;
    let view = View::open(folder)?;
    let run = number(&view, &arguments.run)?;
    let part = view.read(&BTreeSet::from([run]))?;
    let row = part.runs.first().with_context(|| format!("run {run} is in no table"))?;
    // Names of the features and the data come from the plan; all else is told without it.
    let plan = recorded::plan(folder, &origin, arguments.data.as_deref());
    let told = Told { row, part: &part, plan: plan.as_ref().ok(), look };
    let mut text = told.head();
    told.outcome(&mut text);
    told.trace(&mut text);
    for failure in &part.failures {
        told.failure(&mut text, failure);
    }
    told.parameters(&mut text);
    again(&mut text, folder, run, &origin, look);
    if let Err(error) = &plan {
        let _ = writeln!(text, "\nnote: without names of features and rows of data: {error:#}");
    }
    Ok(text)
}

/// One run and how to tell it.
struct Told<'a> {
    row: &'a RunRow,
    part: &'a Part,
    plan: Option<&'a Plan>,
    look: Look,
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:<14} {value}");
}

fn number_line(text: &mut String, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        line(text, name, &significant(value));
    }
}

/// Six decimals where that shows the number, else a power of ten.
fn significant(value: f64) -> String {
    if value == 0.0 || (1e-3..1e9).contains(&value.abs()) { format!("{value:.6}") } else { format!("{value:.3e}") }
}

fn joined(values: impl Iterator<Item = f64>) -> String {
    values.map(|value| format!("{value:.3e}")).collect::<Vec<_>>().join("  ")
}

impl Told<'_> {
    fn head(&self) -> String {
        let (row, f) = (self.row, &self.row.factors);
        let ended = match row.stop_reason {
            Some(reason) => format!("{} by {}", row.outcome.name(), reason.name()),
            None => row.outcome.name().to_owned(),
        };
        let ended = ended.replace('_', " ");
        let colour = match row.outcome {
            RunOutcome::Converged => Style::new().green(),
            RunOutcome::MaxIterations => Style::new().yellow(),
            _ => Style::new().red(),
        };
        let mut text = format!(
            "{}  {}\n",
            self.look.title(&format!("run {} ({:016x})", row.run, row.run_id)),
            self.look.paint(colour, &format!("{ended}, {} iterations", row.iterations))
        );
        line(&mut text, "data set", &format!("{}, draw {}: {} rows × {} features", f.dataset, f.draw, f.n, f.d));
        let model = match (&f.covariance, &f.policy) {
            (Some(covariance), Some(policy)) => format!(", covariances {covariance}, policy {policy}"),
            _ => String::new(),
        };
        line(&mut text, "model", &format!("{}, K = {}{model}", f.method, f.k));
        let covariance = f.start_covariance.as_ref().map(|one| format!(", covariance {one}")).unwrap_or_default();
        let start = format!("{}{covariance}, replicate {}, seed {:016x}", f.start, row.replicate, row.seed);
        line(&mut text, "start", &start);
        line(&mut text, "stop", &f.stop);
        text
    }

    fn outcome(&self, text: &mut String) {
        let row = self.row;
        let _ = writeln!(text, "\n{}", self.look.title("outcome"));
        if let Some(end) = row.end {
            line(text, "end", end.name());
        }
        number_line(text, "log-likelihood", row.log_likelihood);
        if row.log_likelihood != row.objective {
            number_line(text, "objective", row.objective);
        }
        number_line(text, "inertia", row.inertia);
        number_line(text, "BIC", row.bic);
        if let Some(k) = row.k_end.filter(|k| *k != row.factors.k) {
            line(text, "components", &format!("{k} of {} are left", row.factors.k));
        }
        number_line(text, "smallest count", row.smallest_count);
        number_line(text, "smallest pivot", row.smallest_relative_pivot);
        number_line(text, "Hathaway", row.hathaway);
        number_line(text, "rate", row.rate);
        number_line(text, "remaining gap", row.remaining_gap);
        if let (Some(ari), Some(wrong)) = (row.ari, row.misclassified) {
            line(text, "agreement", &format!("{ari:.4} (adjusted Rand), {wrong} of {} rows wrong", row.factors.n));
        }
        line(text, "passes", &format!("{} of the start, {} of the fit", row.start_passes, row.e_passes));
        if let Some(timing) = self.part.timings.first() {
            let (start, fit) = (1e3 * timing.start_seconds, 1e3 * timing.fit_seconds);
            line(text, "time", &format!("start {start:.3} ms, fit {fit:.3} ms"));
        }
    }

    /// The gap to the end of the trace; and what died, if something did.
    fn trace(&self, text: &mut String) {
        let trace = &self.part.traces;
        let Some(last) = trace.last() else { return };
        let of = |value: &dyn Fn(&TraceRecord) -> Option<f64>| -> Vec<(f64, f64)> {
            trace.iter().filter_map(|record| Some((f64::from(record.row.iteration), value(record)?))).collect()
        };
        let target = last.row.objective + self.row.remaining_gap.unwrap_or(0.0);
        let words = if self.row.remaining_gap.is_some() { "the extrapolated limit" } else { "the last objective" };
        self.plot(text, &format!("gap to {words}"), &of(&|record| Some(target - record.row.objective)));
        if self.part.failures.iter().any(|failure| failure.smallest_relative_pivot.is_some()) {
            self.plot(text, "smallest relative pivot", &of(&|record| record.row.smallest_relative_pivot));
        }
        let events: Vec<_> = trace.iter().filter_map(|record| Some((record, record.row.event.name()?))).collect();
        for (record, name) in events.iter().take(LISTED) {
            let size = record.row.event.size().map(|size| format!(" {size:.3e}")).unwrap_or_default();
            line(text, &format!("iteration {}", record.row.iteration), &format!("{name}{size}"));
        }
        if events.len() > LISTED {
            line(text, "", &format!("… and {} more events", events.len() - LISTED));
        }
    }

    fn plot(&self, text: &mut String, title: &str, points: &[(f64, f64)]) {
        if let Some(plot) = plot::logarithmic(points, self.look.width, PLOT_ROWS) {
            let _ = writeln!(text, "\n{} (log scale) by iteration", self.look.title(title));
            for drawn in plot.lines() {
                // Only the pattern is coloured, not the axis.
                let pattern = drawn.char_indices().find(|(_, one)| ('\u{2800}'..='\u{28ff}').contains(one));
                let (axis, pattern) = drawn.split_at(pattern.map_or(drawn.len(), |(at, _)| at));
                let _ = writeln!(text, "{axis}{}", self.look.paint(Style::new().cyan(), pattern));
            }
        }
    }
}

/// The commands that give the run again.
fn again(text: &mut String, folder: &Path, run: u32, origin: &Provenance, look: Look) {
    let _ = writeln!(text, "\n{}", look.title("again"));
    let _ = writeln!(text, "  runner verify {} --run {run}", quoted(&folder.display().to_string()));
    if let Some(config) = &origin.config {
        let overrides: Vec<String> = origin.overrides.iter().map(|one| format!(" {}", quoted(one))).collect();
        let config = quoted(&config.display().to_string());
        let _ = writeln!(text, "  runner {config}{} --out {}", overrides.concat(), quoted("another folder"));
    }
}

/// A word as a POSIX shell reads it.
fn quoted(word: &str) -> String {
    let plain = |one: char| one.is_alphanumeric() || "-_./=,:+%@".contains(one);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("replicates=3"), "replicates=3");
        assert_eq!(quoted("grid.start=[\"k-means\"]"), "'grid.start=[\"k-means\"]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn numbers_keep_their_size() {
        assert_eq!(significant(-180.185_5), "-180.185500");
        assert_eq!(
            (significant(0.0), significant(1e-12), significant(2e30)),
            ("0.000000".into(), "1.000e-12".into(), "2.000e30".into())
        );
    }
}
