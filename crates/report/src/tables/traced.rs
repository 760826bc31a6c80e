//! Which runs' traces the tables look at, and their rows.

use super::{incidence, rates, stop_rules};
use crate::basins::Ends;
use crate::error::ReportError;
use em::TraceRow;
use records::{FailureRow, RunRow};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Traces by run, each in the order of its iterations.
pub type Traces = BTreeMap<u32, Vec<TraceRow>>;

/// Reads the traces that the tables need; what is not there is left out.
pub fn read(dir: &Path, runs: &[RunRow], failures: &[FailureRow], components: &Ends) -> Result<Traces, ReportError> {
    let mut wanted: BTreeSet<u32> = stop_rules::wanted(runs).collect();
    wanted.extend(rates::wanted(runs, components));
    wanted.extend(incidence::wanted(runs, failures));
    let mut traces = Traces::new();
    for record in records::read_traces_of(dir, &wanted).map_err(ReportError::read(dir))? {
        traces.entry(record.run).or_default().push(record.row);
    }
    Ok(traces)
}

/// At most `wanted` of `items`, evenly spread and always with the first.
pub(super) fn sample<T: Copy>(items: &[T], wanted: usize) -> Vec<T> {
    let shown = items.len().min(wanted);
    (0..shown).map(|i| items[i * items.len() / shown]).collect()
}
