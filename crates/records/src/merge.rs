//! The tables of a finished folder while they grow: a thread for each, fed with rows in order of their runs, from parts that are
//! being written ([`Store::merging`]) or from parts that are read back ([`Store::compact`]). The bytes depend on the rows alone.

use crate::columns::{Frame, Record};
use crate::committed::RunRange;
use crate::compact::MARKER_FILE;
use crate::encoded::EncodedPart;
use crate::error::RecordsError;
use crate::files::{self, Fingerprint, WrittenFile};
use crate::pages::Purpose;
use crate::part_files::Store;
use crate::rows::{FailureRow, ParameterRow, RunRow, TimingRow, TraceRecord};
use std::panic::resume_unwind;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

/// Groups of rows that may wait for a table; more would only cost memory.
const WAITING: usize = 1;

/// Where the rows of the growing tables go.
pub struct Feeds<'a> {
    pub(crate) runs: SyncSender<Frame<RunRow>>,
    pub(crate) traces: SyncSender<Frame<TraceRecord>>,
    pub(crate) failures: SyncSender<Frame<FailureRow>>,
    pub(crate) parameters: SyncSender<Frame<ParameterRow>>,
    pub(crate) timings: SyncSender<Frame<TimingRow>>,
    pub(crate) sent: &'a AtomicU32,
}

impl Feeds<'_> {
    /// Appends a part. `false` if this cannot be: it does not begin where the last one ended, or a table could not be written; then
    /// nothing comes of these tables, and the parts have to be compacted.
    pub fn send(&self, part: EncodedPart) -> bool {
        let EncodedPart { ranges, runs, traces, failures, parameters, timings } = part;
        let [RunRange { first, last }] = ranges[..] else { return false };
        let sent = first == self.sent.load(Ordering::Relaxed)
            && self.runs.send(runs).is_ok()
            && self.traces.send(traces).is_ok()
            && self.failures.send(failures).is_ok()
            && self.parameters.send(parameters).is_ok()
            && self.timings.send(timings).is_ok();
        if sent {
            self.sent.store(last + 1, Ordering::Relaxed);
        }
        sent
    }
}

/// Tables that are written but lack their names: dropped, they leave nothing.
pub struct Merged(Vec<Table>);

/// One of them.
struct Table {
    name: &'static str,
    file: WrittenFile,
    fingerprint: Fingerprint,
}

impl Store {
    /// Writes `runs`, `traces`, `failures`, `parameters` and `timings` from what `feed` sends while fits are running. They get their
    /// names by [`place_merged`](Self::place_merged). [`RecordsError::Incomplete`] unless `expected_runs` runs are sent.
    pub fn merging(&self, expected_runs: u32, feed: impl FnOnce(Feeds<'_>)) -> Result<Merged, RecordsError> {
        self.merge(expected_runs, |feeds| {
            feed(feeds);
            Ok(())
        })
    }

    pub(crate) fn merge(
        &self,
        expected_runs: u32,
        feed: impl FnOnce(Feeds<'_>) -> Result<(), RecordsError>,
    ) -> Result<Merged, RecordsError> {
        let sent = &AtomicU32::new(0);
        // Known once all feeds are gone.
        let complete = &|| match sent.load(Ordering::Relaxed) {
            found if found == expected_runs => Ok(()),
            found => Err(RecordsError::Incomplete { expected: expected_runs, found }),
        };
        thread::scope(|scope| {
            let (runs, runs_table) = sync_channel(WAITING);
            let (traces, traces_table) = sync_channel(WAITING);
            let (failures, failures_table) = sync_channel(WAITING);
            let (parameters, parameters_table) = sync_channel(WAITING);
            let (timings, timings_table) = sync_channel(WAITING);
            let tables = [
                scope.spawn(move || self.grow::<RunRow>(runs_table, complete)),
                scope.spawn(move || self.grow::<TraceRecord>(traces_table, complete)),
                scope.spawn(move || self.grow::<FailureRow>(failures_table, complete)),
                scope.spawn(move || self.grow::<ParameterRow>(parameters_table, complete)),
                scope.spawn(move || self.grow::<TimingRow>(timings_table, complete)),
            ];
            let fed = feed(Feeds { runs, traces, failures, parameters, timings, sent });
            let tables: Result<Vec<Table>, RecordsError> = tables.into_iter().map(join).collect();
            // A table that cannot be written ends the feed as well, without an error of its own.
            fed.and_then(|()| tables.map(Merged))
        })
    }

    fn grow<R: Record>(
        &self,
        groups: Receiver<Frame<R>>,
        complete: impl Fn() -> Result<(), RecordsError>,
    ) -> Result<Table, RecordsError> {
        let target = self.root.join(R::TABLE.file_name());
        let (file, fingerprint) = self.context().write::<R>(target, Purpose::Final, |writer| {
            groups.into_iter().try_for_each(|rows| writer.append(rows))?;
            complete()
        })?;
        Ok(Table { name: R::TABLE.name, file, fingerprint })
    }

    /// Gives merged tables their names. The parts stay until [`finish`](Self::finish), so a crash in between costs only a
    /// compaction.
    pub fn place_merged(&self, merged: Merged) -> Result<(), RecordsError> {
        // An older marker would vouch for files that are about to change.
        files::remove(&self.root.join(MARKER_FILE))?;
        merged.0.into_iter().try_for_each(|table| self.place(table.name, table.file, table.fingerprint))?;
        files::sync_folder(&self.root)
    }

    pub(crate) fn place(
        &self,
        name: &'static str,
        file: WrittenFile,
        fingerprint: Fingerprint,
    ) -> Result<(), RecordsError> {
        file.rename()?;
        self.finals.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), fingerprint);
        Ok(())
    }
}

pub(crate) fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}
