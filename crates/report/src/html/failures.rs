//! What broke: one example of each kind and cause, with its numbers, its last iterations, and how to see it again.

use super::folder::Folder;
use super::markup::{Escaped, id, pairs, shell};
use crate::error::ReportError;
use crate::study::Study;
use crate::table::html::numbers;
use crate::table::number::{Digits, count, grouped};
use linalg::diagnosis;
use records::{FailureRow, Moment, ParameterRow, RunRow, TraceRecord};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Iterations before a breakdown that are shown.
const BEFORE: usize = 6;

/// What is recorded of the examples besides the breakdown itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// Their parameters.
    pub(super) parameters: Vec<ParameterRow>,
    /// Their traces.
    pub(super) traces: Vec<TraceRecord>,
}

impl Evidence {
    /// Reads it for the examples of the study.
    pub(super) fn read(study: &Study) -> Result<Self, ReportError> {
        let runs: BTreeSet<u32> = kinds(study).iter().map(|kind| kind.example.run).collect();
        if runs.is_empty() {
            return Ok(Self::default());
        }
        let dir = &study.dir;
        Ok(Self {
            parameters: records::read_parameters_of(dir, &runs).map_err(ReportError::read(dir))?,
            traces: records::read_traces_of(dir, &runs).map_err(ReportError::read(dir))?,
        })
    }
}

/// The breakdowns of one kind and cause.
struct Kind<'a> {
    name: &'a str,
    cause: Option<&'a str>,
    breakdowns: usize,
    runs: usize,
    /// The one with the lowest number of run.
    example: &'a FailureRow,
}

/// All kinds and causes, the most frequent first.
fn kinds(study: &Study) -> Vec<Kind<'_>> {
    let mut found: BTreeMap<(&str, Option<&str>), Vec<&FailureRow>> = BTreeMap::new();
    for failure in &study.failures {
        found.entry((&failure.kind, failure.cause.as_deref())).or_default().push(failure);
    }
    let mut kinds: Vec<Kind<'_>> = found
        .into_iter()
        .filter_map(|((kind, cause), failures)| {
            let runs: BTreeSet<u32> = failures.iter().map(|failure| failure.run).collect();
            let example = failures.iter().copied().min_by_key(|failure| (failure.run, failure.attempt))?;
            Some(Kind { name: kind, cause, breakdowns: failures.len(), runs: runs.len(), example })
        })
        .collect();
    // Stable: of equally frequent kinds the first in the alphabet comes first.
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.breakdowns));
    kinds
}

/// A block for each kind and cause; empty if nothing broke.
pub(super) fn failures(study: &Study, evidence: &Evidence, folder: &Folder) -> String {
    let mut out = String::new();
    for kind in kinds(study) {
        // What the table of failures refuses, too: a breakdown of an unknown run.
        if let Ok(place) = study.runs.binary_search_by_key(&kind.example.run, |run| run.run) {
            block(&mut out, &kind, &study.runs[place], evidence, folder);
        }
    }
    if !out.is_empty() {
        out.insert_str(
            0,
            "<p>A start that breaks down is a row like any other. For each kind and cause there follows the example with the lowest \
             number of run.</p>\n",
        );
    }
    out
}

fn block(out: &mut String, kind: &Kind<'_>, run: &RunRow, evidence: &Evidence, folder: &Folder) {
    let words = |name: &str| name.replace('_', " ");
    let cause = kind.cause.map(|cause| format!(": {}", words(cause))).unwrap_or_default();
    let heading = format!("{}{cause}", words(kind.name));
    let _ = writeln!(
        out,
        "<article class=\"failure\" id=\"{}\">\n<h3>{}</h3>\n<p>{} in {}. {}</p>",
        id("failure", &format!("{}-{}", kind.name, kind.cause.unwrap_or("any")).replace('_', "-")),
        Escaped(&capital(&heading)),
        count(kind.breakdowns, "breakdown"),
        count(kind.runs, "run"),
        meaning(kind.name, kind.cause)
    );
    pairs(out, &format!("Run {}", run.run), &facts(run, kind.example, evidence));
    last_iterations(out, kind.example, &evidence.traces);
    let _ = writeln!(
        out,
        "<p>To see it in detail, and to run it again:</p>\n<pre>cargo run -p runner -- show {path} {run}\ncargo run -p runner -- verify {path} \
         --run {run}</pre>",
        path = Escaped(&shell(&folder.path)),
        run = run.run
    );
    if let Some(command) = cell_alone(run, folder) {
        let _ = writeln!(
            out,
            "<p>All starts of its cell, and nothing else, into a folder of their own:</p>\n<pre>{}</pre>",
            Escaped(&command)
        );
    }
    *out += "</article>\n";
}

/// The command that runs only the cell of a run (on all draws of its data set); `None` if the config's place is not known.
fn cell_alone(run: &RunRow, folder: &Folder) -> Option<String> {
    let provenance = folder.provenance.as_ref()?;
    let config = provenance.get("config")?.as_str()?;
    let overrides = provenance.get("overrides").and_then(Value::as_array);
    let overrides = overrides.into_iter().flatten().filter_map(Value::as_str);
    let words: Vec<String> = std::iter::once(config).chain(overrides).map(shell).collect();
    let factors = &*run.factors;
    let (dataset, components) = (filtered(&factors.dataset), factors.k.to_string());
    let values = [
        ("dataset", Some(&dataset)),
        ("components", Some(&components)),
        ("method", Some(&factors.method)),
        ("covariance", factors.covariance.as_ref()),
        ("start", Some(&factors.start)),
        ("start-covariance", factors.start_covariance.as_ref()),
        ("policy", factors.policy.as_ref()),
    ];
    let values = values.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value?)));
    let filter = shell(&values.collect::<Vec<_>>().join(","));
    let out = shell(&format!("{}-run-{}", folder.path.trim_end_matches('/'), run.run));
    Some(format!("cargo run -p runner -- {} \\\n  --filter {filter} \\\n  --out {out}", words.join(" ")))
}

/// The name of a data set as a filter reads it: as it is, or quoted where TOML or the filter would take it for something else.
fn filtered(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !["true", "false", "inf", "nan"].contains(&name);
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What a kind and cause mean, in a sentence of markup.
fn meaning(kind: &str, cause: Option<&str>) -> &'static str {
    match (kind, cause) {
        (_, Some("few_rows")) => {
            "The component rests on at most <i>d</i> + 1 observations, too few to span the space: its covariance loses rank."
        }
        (_, Some("tied_values")) => {
            "The observations of the component share one value of a variable, as rounded data do: its variance in that direction \
             goes to zero."
        }
        (_, Some("hyperplane")) => {
            "The observations of the component lie in a plane, though they are many and no single variable is tied."
        }
        ("singular_covariance", _) => "A covariance lost its rank.",
        ("empty_component", _) => "A component lost all its observations.",
        ("non_finite", _) => "A number that is not finite came up.",
        ("objective_decreased", _) => "The objective fell by more than rounding explains.",
        ("too_few_distinct_rows", _) => "The data have fewer distinct rows than components.",
        ("singular_total_covariance", _) => "The data themselves do not span their space.",
        ("every_run_failed", _) => "All short runs that the start consists of broke down.",
        ("given_start", _) => "The start that was given could not be used.",
        ("panic", _) => "The program met a state that it did not expect; this is a bug to be reported.",
        _ => "",
    }
}

/// Name and markup of all that is known about the breakdown.
fn facts(run: &RunRow, failure: &FailureRow, evidence: &Evidence) -> Vec<(String, String)> {
    let factors = &*run.factors;
    let code = |word: &str| format!("<code>{}</code>", Escaped(word));
    let short = |value: f64| numbers(&Digits::Significant(3).write(value));
    let mut facts: Vec<(&str, String)> = Vec::new();
    let mut fact = |name, content: Option<String>| facts.extend(content.map(|content| (name, content)));
    let draw = if factors.draw > 0 { format!(", draw {}", factors.draw) } else { String::new() };
    fact("data", Some(format!("{}{draw}, K = {}", Escaped(&factors.dataset), factors.k)));
    let ways = [
        ("method", Some(&factors.method)),
        ("structure", factors.covariance.as_ref()),
        ("start", Some(&factors.start)),
        ("its covariances", factors.start_covariance.as_ref()),
        ("policy", factors.policy.as_ref()),
    ];
    let ways = ways.into_iter().filter_map(|(name, word)| Some(format!("{name} {}", code(word?))));
    fact("way", Some(ways.collect::<Vec<String>>().join(", ")));
    fact("replicate, seed", Some(format!("{}, {}", run.replicate, run.seed)));
    let component = failure.component.map(|component| format!(", component {component}")).unwrap_or_default();
    let stage = Escaped(&failure.stage);
    fact("where", Some(format!("iteration {}, {stage}{component}", failure.iteration)));
    fact("remedy", Some(format!("{}, at breakdown {} of the run", code(&failure.remedy), failure.attempt)));
    fact("log L before", failure.log_likelihood.map(|value| numbers(&Digits::Decimals(4).write(value))));
    let eigenvalues = failure.smallest_eigenvalue.zip(failure.largest_eigenvalue);
    let condition = failure.condition.map(|value| format!(", condition {}", short(value))).unwrap_or_default();
    fact(
        "covariance that failed",
        eigenvalues.map(|(low, high)| format!("eigenvalues from {} to {}{condition}", short(low), short(high))),
    );
    fact("smallest relative pivot", failure.smallest_relative_pivot.map(short));
    fact("last good covariance", last_spectrum(failure, &evidence.parameters));
    let loading = failure.loading.map(|loading| format!(", loading {}", short(loading))).unwrap_or_default();
    fact("direction", failure.direction.as_deref().map(|name| format!("{}{loading}", Escaped(name))));
    fact("effective count", failure.effective_count.map(short));
    let distinct =
        failure.distinct_values.map(|number| format!(", with {} there", count(number as usize, "distinct value")));
    fact(
        "rows involved",
        failure
            .rows
            .map(|rows| format!("{} above responsibility ½{}", grouped(rows as usize), distinct.unwrap_or_default())),
    );
    fact("in words", Some(Escaped(&failure.message).to_string()));
    facts.into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
}

/// The spectrum of the failing component before its breakdown, if it was recorded.
fn last_spectrum(failure: &FailureRow, parameters: &[ParameterRow]) -> Option<String> {
    let row = parameters.iter().find(|row| {
        row.run == failure.run && row.moment == Moment::Failure && Some(row.component) == failure.component
    })?;
    let spectrum = diagnosis::spectrum(row.covariance.as_deref()?, row.mean.len())?;
    let values = spectrum.eigenvalues.iter().rev().map(|&value| numbers(&Digits::Significant(3).write(value)));
    let weight = row.weight.map(|weight| format!("; weight {}", numbers(&Digits::Significant(3).write(weight))));
    Some(format!("eigenvalues {}{}", values.collect::<Vec<String>>().join(", "), weight.unwrap_or_default()))
}

/// The iterations before the breakdown, as far as they were recorded.
fn last_iterations(out: &mut String, failure: &FailureRow, traces: &[TraceRecord]) {
    let mut rows: Vec<&em::TraceRow> = traces
        .iter()
        .filter(|record| record.run == failure.run && record.row.iteration <= failure.iteration)
        .map(|record| &record.row)
        .collect();
    rows.sort_by_key(|row| row.iteration);
    let rows = &rows[rows.len().saturating_sub(BEFORE)..];
    if rows.is_empty() {
        return;
    }
    *out += "<div class=\"scroll\"><table><caption>Its last recorded iterations</caption>\n<thead><tr><th \
             scope=\"col\">iteration</th><th scope=\"col\">log L</th><th scope=\"col\">smallest relative pivot</th></tr></thead>\n<tbody>\n";
    let maybe = |value: Option<f64>, digits: Digits| {
        value.map_or_else(
            || "<td class=\"m\">–</td>".to_owned(),
            |value| format!("<td>{}</td>", numbers(&digits.write(value))),
        )
    };
    for row in rows {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th>{}{}</tr>",
            row.iteration,
            maybe(row.log_likelihood, Digits::Decimals(4)),
            maybe(row.smallest_relative_pivot, Digits::Significant(2))
        );
    }
    *out += "</tbody></table></div>\n";
}
