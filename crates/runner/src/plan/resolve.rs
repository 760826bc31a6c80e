//! `SweepFile` → [`Plan`]. Every error of the config that its shape does not show is found here, and all of them at once.

use super::{Plan, Record, data, grid, starts};
use crate::config::diagnostics::Diagnostic;
use crate::config::document::Document;
use crate::config::spans::Places;
use crate::config::sweep_file::SweepFile;
use crate::kinds::{StopNumber, StopRule};
use std::ops::Range;
use std::path::Path;

/// The largest seed: the largest whole number of TOML.
const LARGEST_SEED: u64 = i64::MAX as u64;

/// What is wrong so far, with the places of the config.
pub struct Errors<'a> {
    places: &'a Places,
    found: Vec<Diagnostic>,
}

impl Errors<'_> {
    /// Adds an error.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// The place of the value at `path`, or of what encloses it where it was left out.
    pub fn span(&self, path: &str) -> Option<Range<usize>> {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return Some(place.value.clone());
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// Refuses 0.
    pub fn at_least_one(&mut self, number: u32, path: &str, what: &str) {
        if number == 0 {
            let span = self.span(path);
            self.push(Diagnostic::new(format!("0 {what}")).at(span, "expected a whole number of at least 1"));
        }
    }

    /// Whether nothing is wrong so far.
    pub fn none(&self) -> bool {
        self.found.is_empty()
    }
}

/// Resolves a config; paths in it are relative to `folder`.
pub fn resolve(document: &Document, folder: &Path) -> Result<Plan, Vec<Diagnostic>> {
    let file = &document.file;
    let mut errors = Errors { places: &document.places, found: Vec::new() };
    check_head(file, &mut errors);
    let stop = stop_rules(file, &mut errors);
    let record = record(file, &mut errors);
    let datasets = data::datasets(file, folder, &mut errors);
    grid::check_lists(file, &mut errors);
    let starts = starts::starts(file, folder, &datasets, &mut errors);
    let (name, seed) = (file.name.clone(), file.seed);
    let mut plan = Plan { name, seed, record, stop, starts, datasets, cells: Vec::new() };
    // Cells of a plan with holes would give errors that are none.
    if errors.none() {
        plan.cells = grid::cells(file, &plan, &mut errors);
    }
    if errors.none() { Ok(plan) } else { Err(errors.found) }
}

fn check_head(file: &SweepFile, errors: &mut Errors<'_>) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if file.name.is_empty() || file.name.starts_with('.') || !file.name.chars().all(allowed) {
        errors.push(
            Diagnostic::new("the name of the study is no folder name")
                .at(errors.span("name"), "expected letters, digits, `.`, `_` and `-`, not beginning with `.`"),
        );
    }
    if file.seed > LARGEST_SEED {
        let label = format!("expected a whole number from 0 to {LARGEST_SEED}");
        errors.push(Diagnostic::new("the seed is out of range").at(errors.span("seed"), label));
    }
    errors.at_least_one(file.replicates, "replicates", "starts per cell");
}

fn stop_rules(file: &SweepFile, errors: &mut Errors<'_>) -> Vec<StopRule> {
    let rules = file.stop.rules();
    for rule in &rules {
        match rule.number() {
            StopNumber::Count(count) => {
                let what = if matches!(rule, StopRule::EPasses(_)) { "E-passes" } else { "iterations" };
                errors.at_least_one(count, &format!("stop.{}", rule.name()), what);
            }
            StopNumber::Tolerance(tolerance) => {
                if !(tolerance >= 0.0 && tolerance.is_finite()) {
                    errors.push(
                        Diagnostic::new(format!("`{}` cannot be {tolerance}", rule.name())).at(
                            errors.span(&format!("stop.{}", rule.name())),
                            "expected a finite number of at least 0",
                        ),
                    );
                }
            }
        }
    }
    rules
}

fn record(file: &SweepFile, errors: &mut Errors<'_>) -> Record {
    errors.at_least_one(file.record.trace_stride, "record.trace-stride", "iterations between two rows of the trace");
    Record {
        trace_stride: file.record.trace_stride,
        full_traces: file.record.full_traces,
        start_parameters: file.record.start_parameters,
        failure_parameters: file.record.failure_parameters,
    }
}
