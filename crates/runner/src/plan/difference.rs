//! What is different between two plan files, in words: for a folder that holds the results of another plan.

use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Most lines that are told.
const MOST_LINES: usize = 15;
/// Longest value that is told.
const LONGEST: usize = 60;
/// What tells one cell of the grid from another.
const FACTORS: [&str; 7] = ["dataset", "k", "method", "covariance", "start", "start_covariance", "policy"];

/// One line for each difference, `old → new`; levels of a factor that came are marked `+`, those that went `−`.
pub fn lines(old: &str, new: &str) -> Vec<String> {
    let parse = |text: &str| text.parse::<Table>().unwrap_or_default();
    let (old, new) = (parse(old), parse(new));
    let mut lines = Vec::new();
    let (before, after) = (values(&old), values(&new));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        match (before.get(key), after.get(key)) {
            (Some(old), Some(new)) if old != new => lines.push(format!("{key}: {}", change(old, new))),
            (Some(old), None) => lines.push(format!("{key}: {} → nothing", short(old))),
            (None, Some(new)) => lines.push(format!("{key}: nothing → {}", short(new))),
            _ => {}
        }
    }
    let (before, after) = (Cells::of(&old), Cells::of(&new));
    for factor in FACTORS {
        let levels = |cells: &Cells| cells.levels.get(factor).cloned().unwrap_or_default();
        let (old, new) = (levels(&before), levels(&after));
        let came = new.difference(&old).map(|level| format!("+ {level}"));
        let went = old.difference(&new).map(|level| format!("− {level}"));
        let words: Vec<String> = came.chain(went).collect();
        if !words.is_empty() {
            lines.push(format!("{factor}: {}", words.join(", ")));
        }
    }
    if before.runs != after.runs {
        lines.push(format!("runs: {} → {}", before.runs, after.runs));
    } else if lines.is_empty() && before.count != after.count {
        lines.push(format!("cells: {} → {}", before.count, after.count));
    }
    if lines.is_empty() {
        lines.push("the order of the grid, or the version of the program".to_owned());
    }
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("… and {more} more"));
    }
    lines
}

/// Every value outside of the cells by its path; data sets by name.
fn values(plan: &Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in plan {
        match value {
            _ if key == "cells" => {}
            Value::Array(datasets) if key == "datasets" => {
                for (i, dataset) in datasets.iter().enumerate() {
                    let name = dataset.get("name").and_then(Value::as_str);
                    let name = name.map_or_else(|| i.to_string(), str::to_owned);
                    flatten(&format!("data set {name}"), dataset, &mut found);
                }
            }
            Value::Array(rules) if key == "stop" => {
                found.insert(key.clone(), rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
            }
            _ => flatten(key, value, &mut found),
        }
    }
    found
}

fn flatten(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    if let Value::Table(table) = value {
        for (key, value) in table {
            flatten(&format!("{path}.{key}"), value, found);
        }
    } else {
        found.insert(path.to_owned(), value.to_string());
    }
}

fn short(value: &str) -> String {
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    value.chars().take(LONGEST).chain(['…']).collect()
}

fn change(old: &str, new: &str) -> String {
    let (old, new) = (short(old), short(new));
    // What is too long to tell differs behind its beginning.
    if old == new { "changed".to_owned() } else { format!("{old} → {new}") }
}

/// What the cells of a plan have.
#[derive(Default)]
struct Cells {
    count: usize,
    runs: i64,
    levels: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Cells {
    fn of(plan: &Table) -> Self {
        let mut all = Self::default();
        let cells = plan.get("cells").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for cell in cells {
            all.count += 1;
            all.runs += cell.get("replicates").and_then(Value::as_integer).unwrap_or(0);
            for factor in FACTORS {
                let Some(value) = cell.get(factor) else { continue };
                // Data sets are numbers here, and have lines of their own where their names differ.
                let level = match (factor, value) {
                    ("dataset", Value::Integer(i)) => dataset(plan, *i),
                    (_, Value::String(name)) => name.clone(),
                    (_, other) => other.to_string(),
                };
                all.levels.entry(factor).or_default().insert(level);
            }
        }
        all
    }
}

fn dataset(plan: &Table, index: i64) -> String {
    let datasets = plan.get("datasets").and_then(Value::as_array);
    let found = datasets.and_then(|all| all.get(usize::try_from(index).ok()?)?.get("name")?.as_str());
    found.map_or_else(|| index.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{CONFIG, overridden};

    fn difference(overrides: &[&str]) -> Vec<String> {
        let text = |overrides: &[&str]| overridden(CONFIG, overrides).to_toml().unwrap();
        lines(&text(&[]), &text(overrides))
    }

    #[test]
    fn every_change_has_its_line() {
        assert_eq!(difference(&["seed=8"]), ["seed: 7 → 8"]);
        assert_eq!(difference(&["record.trace-stride=5"]), ["record.trace_stride: 1 → 5"]);
        let grid = difference(&["grid.start=[\"tutorial\", \"k-means\"]", "grid.policy=[\"stop\", { ridge = 1e-3 }]"]);
        assert_eq!(grid[..2], ["start: + k-means, − random-points", "start_covariance: − total"]);
        assert!(grid[2].starts_with("policy: + ") && grid[2].contains("0.001") && grid[2].contains("− "), "{grid:?}");
        let more = difference(&["replicates=4"]);
        assert_eq!(more.last().unwrap(), "runs: 72 → 96");
        assert_eq!(more[0], "data set faithful.replicates: 3 → 4");
        let stop = difference(&["stop.max-iterations=50"]);
        assert!(stop[0].starts_with("stop: ") && stop[0].contains("100") && stop[0].contains("50"), "{stop:?}");
        assert_eq!(difference(&["grid.start=[\"random-points\", \"tutorial\"]"]).len(), 1);
    }

    #[test]
    fn long_lists_are_cut() {
        let table = |count: usize| {
            (0..count).fold("[record]\n".to_owned(), |text, i| format!("{text}k{i} = {}\n", "1".repeat(i % 9 + 1)))
        };
        assert_eq!(lines(&table(0), &table(40)).len(), MOST_LINES + 1);
        assert_eq!(lines("a = \"x\"", "not toml ="), ["a: \"x\" → nothing"]);
    }
}
