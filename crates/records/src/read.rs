//! Reading a results folder back: typed rows, row group by row group.
//!
//! Small tables come as vectors. `traces` and `parameters` grow with every iteration and dimension; they are handed over
//! row by row, or read for chosen runs only.

use crate::categories::Metadata;
use crate::columns::Record;
use crate::error::RecordsError;
use crate::rows::{
    AssignmentRow, FailureRow, ObservationRow, ParameterRow, RunOutcome, RunRow, TimingRow, TraceRecord,
};
use crate::table_file::TableReader;
use std::collections::BTreeSet;
use std::path::Path;

fn open<R: Record>(root: &Path) -> Result<TableReader<R>, RecordsError> {
    TableReader::open(root.join(R::TABLE.file_name()))
}

fn for_each<R: Record>(root: &Path, mut each: impl FnMut(R)) -> Result<(), RecordsError> {
    let mut reader = open(root)?;
    while let Some(rows) = reader.next_group(None)? {
        rows.into_iter().for_each(&mut each);
    }
    Ok(())
}

fn read_all<R: Record>(root: &Path) -> Result<Vec<R>, RecordsError> {
    let mut reader = open(root)?;
    let mut all = Vec::new();
    // At once, because a vector that moves is there twice. A file may lie about its length: then the rows tell.
    let _ = all.try_reserve_exact(reader.rows());
    while let Some(rows) = reader.next_group(None)? {
        all.extend(rows);
    }
    Ok(all)
}

fn read_of<R: Record>(root: &Path, runs: &BTreeSet<u32>, run: impl Fn(&R) -> u32) -> Result<Vec<R>, RecordsError> {
    let mut chosen = Vec::new();
    let mut reader = open(root)?;
    while let Some(rows) = reader.next_group(Some(runs))? {
        chosen.extend(rows.into_iter().filter(|row| runs.contains(&run(row))));
    }
    Ok(chosen)
}

/// The facts that the files of a folder state, taken from `runs`.
pub fn read_metadata(root: &Path) -> Result<Metadata, RecordsError> {
    open::<RunRow>(root).map(|reader| reader.metadata())
}

/// All rows of `runs`, in order of the run; within a row group, rows of the same cell share their factors.
pub fn read_runs(root: &Path) -> Result<Vec<RunRow>, RecordsError> {
    read_all(root)
}

/// Hands every row of `runs` to `each`, in order of the run; holds one row group at a time.
pub fn for_each_run(root: &Path, each: impl FnMut(RunRow)) -> Result<(), RecordsError> {
    for_each(root, each)
}

/// Hands the outcome of every run to `each`, in order of the run; no other column is read.
pub fn for_each_outcome(root: &Path, each: impl FnMut(RunOutcome)) -> Result<(), RecordsError> {
    open::<RunRow>(root)?.values("outcome", &RunOutcome::ALL, RunOutcome::name)?.into_iter().for_each(each);
    Ok(())
}

/// Hands every row of `traces` to `each`, in order of (run, iteration); holds one row group at a time.
pub fn for_each_trace(root: &Path, each: impl FnMut(TraceRecord)) -> Result<(), RecordsError> {
    for_each(root, each)
}

/// The rows of `traces` of some runs, in order of (run, iteration).
pub fn read_traces_of(root: &Path, runs: &BTreeSet<u32>) -> Result<Vec<TraceRecord>, RecordsError> {
    read_of(root, runs, |record: &TraceRecord| record.run)
}

/// All rows of `failures`, in order of (run, attempt).
pub fn read_failures(root: &Path) -> Result<Vec<FailureRow>, RecordsError> {
    read_all(root)
}

/// Hands every row of `parameters` to `each`, in order of (run, moment, component); holds one row group at a time.
pub fn for_each_parameter(root: &Path, each: impl FnMut(ParameterRow)) -> Result<(), RecordsError> {
    for_each(root, each)
}

/// All rows of `parameters`, in order of (run, moment, component).
pub fn read_parameters(root: &Path) -> Result<Vec<ParameterRow>, RecordsError> {
    read_all(root)
}

/// The rows of `parameters` of some runs, in order of (run, moment, component).
pub fn read_parameters_of(root: &Path, runs: &BTreeSet<u32>) -> Result<Vec<ParameterRow>, RecordsError> {
    read_of(root, runs, |row: &ParameterRow| row.run)
}

/// All rows of `assignments`, in order of (run, row).
pub fn read_assignments(root: &Path) -> Result<Vec<AssignmentRow>, RecordsError> {
    read_all(root)
}

/// The rows of `assignments` of some runs, in order of (run, row); only the best run of a cell has any.
pub fn read_assignments_of(root: &Path, runs: &BTreeSet<u32>) -> Result<Vec<AssignmentRow>, RecordsError> {
    read_of(root, runs, |row: &AssignmentRow| row.run)
}

/// The runs of which `assignments` has rows; the rows themselves are not read.
pub fn read_assigned_runs(root: &Path) -> Result<BTreeSet<u32>, RecordsError> {
    open::<AssignmentRow>(root)?.runs()
}

/// All rows of `observations`, in order of (dataset, draw, row).
pub fn read_observations(root: &Path) -> Result<Vec<ObservationRow>, RecordsError> {
    read_all(root)
}

/// All rows of `timings`, in order of the run.
pub fn read_timings(root: &Path) -> Result<Vec<TimingRow>, RecordsError> {
    read_all(root)
}
