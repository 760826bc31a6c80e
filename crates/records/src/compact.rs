//! From parts to one file per table, and the marker of a finished folder.
//!
//! Rows stream from the parts in order of their runs into row groups at fixed row numbers, so the bytes of a final file
//! do not depend on how the runs were cut into parts, nor on the order in which the parts were written. Parts may
//! interleave; those that do are open at the same time, each with one row group. Files are renamed
//! to their places only when all are written, the marker comes last, and the parts go after it: a crash at any moment
//! leaves either the parts or a finished folder.

use crate::categories::SCHEMA_VERSION;
use crate::columns::{Frame, Record};
use crate::committed::{CommittedPart, RunRange};
use crate::error::RecordsError;
use crate::files::{self, Fingerprint, TEMPORARY};
use crate::merge::{Feeds, join};
use crate::pages::Purpose;
use crate::part_files::{PARTS, SET_ASIDE, Store};
use crate::rows::{AssignmentRow, ObservationRow};
use crate::schema::{TABLES, TIMINGS};
use crate::table_file::TableReader;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
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
        let parts = &committed.parts;
        let merged = self.merge(expected_runs, |feeds| {
            feeds.sent.store(expected_runs, Ordering::Relaxed);
            let Feeds { runs, traces, failures, parameters, timings, .. } = feeds;
            thread::scope(|scope| {
                let readers = [
                    scope.spawn(move || self.read_parts(parts, &runs)),
                    scope.spawn(move || self.read_parts(parts, &traces)),
                    scope.spawn(move || self.read_parts(parts, &failures)),
                    scope.spawn(move || self.read_parts(parts, &parameters)),
                    scope.spawn(move || self.read_parts(parts, &timings)),
                ];
                readers.into_iter().try_for_each(join)
            })
        })?;
        self.place_merged(merged)
    }

    /// Sends the rows of all parts in order of their runs; ends early if nobody receives them any more.
    fn read_parts<R: Record>(
        &self,
        parts: &[CommittedPart],
        groups: &SyncSender<Frame<R>>,
    ) -> Result<(), RecordsError> {
        let parts = parts.iter().filter(|part| part.tables.contains(R::TABLE.name));
        let mut ranges: Vec<(RunRange, &CommittedPart)> =
            parts.flat_map(|part| part.runs.iter().map(move |range| (*range, part))).collect();
        ranges.sort_by_key(|(range, _)| range.first);
        let mut open: BTreeMap<u32, PartReader<R>> = BTreeMap::new();
        for (range, part) in ranges {
            let mut reader = match open.remove(&part.number) {
                Some(reader) => reader,
                None => PartReader::open(self.part_file(part.number, R::TABLE.name))?,
            };
            while let Some(rows) = reader.rows_until(range.last)? {
                if groups.send(rows).is_err() {
                    return Ok(());
                }
            }
            if range.last < part.span().last {
                open.insert(part.number, reader);
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
        self.place(R::TABLE.name, file, fingerprint)?;
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
        files::write_json(&self.temporary, &self.root.join(MARKER_FILE), &marker)?;
        remove_leftovers(&self.root)
    }
}

/// A part that is read range by range.
struct PartReader<R> {
    reader: TableReader<R>,
    pending: Frame<R>,
}

impl<R: Record> PartReader<R> {
    fn open(path: PathBuf) -> Result<Self, RecordsError> {
        TableReader::open(path).map(|reader| Self { reader, pending: Frame::default() })
    }

    /// The next rows, at least one, that belong to runs up to `last`; `None` if there are no more.
    fn rows_until(&mut self, last: u32) -> Result<Option<Frame<R>>, RecordsError> {
        if self.pending.rows() == 0 {
            let Some(rows) = self.reader.next_frame()? else { return Ok(None) };
            self.pending = rows;
        }
        let (rows, others) = self.pending.split_at(self.pending.rows_until(last));
        self.pending = others;
        Ok((rows.rows() > 0).then_some(rows))
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

/// Whether the folder holds something that a finished one does not need: a crash after the marker leaves it.
pub fn has_leftovers(root: &Path) -> bool {
    [PARTS, SET_ASIDE, TEMPORARY].iter().any(|name| root.join(name).exists())
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
