//! From parts to one file per table, and the marker of a finished folder.
//!
//! Rows stream from the parts in order of their runs into row groups at fixed row numbers, so the bytes of a final file
//! do not depend on how the runs were cut into parts, nor on the order in which the parts were written. Files are renamed
//! to their places only when all are written, the marker comes last, and the parts go after it: a crash at any moment
//! leaves either the parts or a finished folder.

use crate::categories::SCHEMA_VERSION;
use crate::columns::Record;
use crate::error::RecordsError;
use crate::files::{self, Fingerprint, TEMPORARY, WrittenFile};
use crate::part_files::{CommittedPart, PARTS, SET_ASIDE, Store};
use crate::rows::{AssignmentRow, FailureRow, ObservationRow, ParameterRow, RunRow, TimingRow, TraceRecord};
use crate::schema::{TABLES, TIMINGS};
use crate::table_file::{Purpose, TableReader};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

/// Name of the file that marks a finished folder.
pub const MARKER_FILE: &str = "complete.json";

/// What a finished folder holds. The lengths and hashes of timings are left out: the marker is deterministic, too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    schema_version: u32,
    plan_hash: String,
    files: BTreeMap<String, Fingerprint>,
}

impl Store {
    /// Merges the committed parts into `runs`, `traces`, `failures`, `parameters` and `timings`, each in order of
    /// (run, iteration). Fails unless exactly `expected_runs` runs are committed. The parts stay until
    /// [`finish`](Self::finish), so a crash in between costs only the compaction.
    pub fn compact(&self, expected_runs: u32) -> Result<(), RecordsError> {
        let committed = self.committed()?;
        if committed.runs() != expected_runs {
            return Err(RecordsError::Incomplete { expected: expected_runs, found: committed.runs() });
        }
        // An older marker would vouch for files that are about to change.
        files::remove(&self.root.join(MARKER_FILE))?;
        let mut written = Vec::new();
        self.merge::<RunRow>(&committed.parts, &mut written)?;
        self.merge::<TraceRecord>(&committed.parts, &mut written)?;
        self.merge::<FailureRow>(&committed.parts, &mut written)?;
        self.merge::<ParameterRow>(&committed.parts, &mut written)?;
        self.merge::<TimingRow>(&committed.parts, &mut written)?;
        self.place(written)
    }

    fn merge<R: Record + Send>(
        &self,
        parts: &[CommittedPart],
        written: &mut Vec<(&'static str, WrittenFile, Fingerprint)>,
    ) -> Result<(), RecordsError> {
        let target = self.root.join(R::TABLE.file_name());
        let (file, fingerprint) = self.context().write::<R>(target, Purpose::Final, |writer| {
            // Reading and writing take about the same time, and nothing else runs now: one thread each.
            thread::scope(|scope| {
                let (sender, groups) = mpsc::sync_channel(1);
                let reader = scope.spawn(move || self.read_parts(parts, &sender));
                groups.into_iter().flatten().try_for_each(|row| writer.push(row))?;
                reader.join().unwrap_or_else(|panic| resume_unwind(panic))
            })
        })?;
        written.push((R::TABLE.name, file, fingerprint));
        Ok(())
    }

    /// Sends the row groups of all parts in order; ends early if nobody receives them any more.
    fn read_parts<R: Record>(&self, parts: &[CommittedPart], groups: &SyncSender<Vec<R>>) -> Result<(), RecordsError> {
        for part in parts.iter().filter(|part| part.tables.contains(R::TABLE.name)) {
            let mut reader = TableReader::open(self.part_file(part.number, R::TABLE.name))?;
            while let Some(rows) = reader.next_group(None)? {
                if groups.send(rows).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Writes `observations`, in the order of the rows: (dataset, draw, row), data sets in the order of the plan.
    pub fn write_observations(&self, rows: impl IntoIterator<Item = ObservationRow>) -> Result<(), RecordsError> {
        self.write_final(rows)
    }

    /// Writes `assignments`, in the order of the rows: (run, row).
    pub fn write_assignments(&self, rows: impl IntoIterator<Item = AssignmentRow>) -> Result<(), RecordsError> {
        self.write_final(rows)
    }

    fn write_final<R: Record>(&self, rows: impl IntoIterator<Item = R>) -> Result<(), RecordsError> {
        files::remove(&self.root.join(MARKER_FILE))?;
        let target = self.root.join(R::TABLE.file_name());
        let (file, fingerprint) = self
            .context()
            .write(target, Purpose::Final, |writer| rows.into_iter().try_for_each(|row| writer.push(row)))?;
        self.place(vec![(R::TABLE.name, file, fingerprint)])
    }

    fn place(&self, written: Vec<(&'static str, WrittenFile, Fingerprint)>) -> Result<(), RecordsError> {
        let mut finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
        for (table, file, fingerprint) in written {
            file.rename()?;
            finals.insert(table.to_owned(), fingerprint);
        }
        files::sync_folder(&self.root)
    }

    /// Marks the folder as finished and removes the parts. All tables must have been written.
    pub fn finish(self) -> Result<(), RecordsError> {
        let mut files = self.finals.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = TABLES.iter().find(|table| !files.contains_key(table.name)) {
            return Err(RecordsError::NotCompacted { table: table.name });
        }
        files.remove(TIMINGS.name);
        let marker = Marker { schema_version: SCHEMA_VERSION, plan_hash: self.metadata.plan_hash, files };
        files::write_json(&self.root, &self.root.join(MARKER_FILE), &marker)?;
        remove_leftovers(&self.root)
    }
}

/// Whether the folder holds the finished results of that plan: the marker is there, of this version, and every table has
/// the length and hash that it states (of `timings` only the presence is checked).
pub fn is_complete(root: &Path, plan_hash: &str) -> Result<bool, RecordsError> {
    let path = root.join(MARKER_FILE);
    if !path.exists() {
        return Ok(false);
    }
    let marker: Marker = match files::read_json(&path) {
        Ok(marker) => marker,
        Err(RecordsError::Json { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    if marker.schema_version != SCHEMA_VERSION || marker.plan_hash != plan_hash {
        return Ok(false);
    }
    for table in TABLES {
        let path = root.join(table.file_name());
        let good = match marker.files.get(table.name) {
            Some(fingerprint) => files::agrees(&path, fingerprint)?,
            None => table.name == TIMINGS.name && path.exists(),
        };
        if !good {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what a finished folder does not need: parts and temporary files. Does nothing while there is no marker.
pub fn remove_leftovers(root: &Path) -> Result<(), RecordsError> {
    if !root.join(MARKER_FILE).exists() {
        return Ok(());
    }
    [PARTS, SET_ASIDE, TEMPORARY].iter().try_for_each(|name| files::remove(&root.join(name)))
}

/// Removes everything that this crate writes but the provenance: for a sweep that starts afresh.
pub fn clear(root: &Path) -> Result<(), RecordsError> {
    files::remove(&root.join(MARKER_FILE))?;
    [PARTS, SET_ASIDE, TEMPORARY].iter().try_for_each(|name| files::remove(&root.join(name)))?;
    TABLES.iter().try_for_each(|table| files::remove(&root.join(table.file_name())))
}
