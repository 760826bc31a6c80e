//! The rows of some runs, checked and made into columns: by the threads that computed them, so that what writes them only joins
//! and copies.

use crate::categories::EnumTypes;
use crate::columns::{Columns, Frame, Record};
use crate::committed::RunRange;
use crate::error::RecordsError;
use crate::part_files::Part;
use crate::rows::{FailureRow, ParameterRow, RunRow, TimingRow, TraceRecord};

/// A part as columns, or a piece of one: see [`Store::encoder`](crate::Store::encoder).
#[derive(Debug, Default)]
pub struct EncodedPart {
    /// Its runs, ascending.
    pub(crate) ranges: Vec<RunRange>,
    pub(crate) runs: Frame<RunRow>,
    pub(crate) traces: Frame<TraceRecord>,
    pub(crate) failures: Frame<FailureRow>,
    pub(crate) parameters: Frame<ParameterRow>,
    pub(crate) timings: Frame<TimingRow>,
}

impl EncodedPart {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.runs.rows()
    }

    /// The first run; `None` if there are none.
    pub fn first_run(&self) -> Option<u32> {
        self.ranges.first().map(|range| range.first)
    }

    /// Rows of traces.
    pub fn trace_rows(&self) -> usize {
        self.traces.rows()
    }

    /// Room for as many rows again.
    pub fn room(&self) -> Room {
        let Self { runs, traces, failures, parameters, timings, .. } = self;
        Room([runs.rows(), traces.rows(), failures.rows(), parameters.rows(), timings.rows()])
    }

    /// Numbers in means and covariances.
    pub fn parameter_values(&self) -> usize {
        self.parameters.list_lengths().iter().sum()
    }

    /// Joins what was appended, but for numbers, so that neither the part nor its tables have to for each of their row groups.
    #[must_use]
    pub fn joined(mut self) -> Self {
        self.runs.join();
        self.traces.join();
        self.failures.join();
        self.parameters.join();
        self.timings.join();
        self
    }

    /// Appends runs that come later in the plan; [`RecordsError::OutOfOrder`] if they do not.
    pub fn append(&mut self, later: Self) -> Result<(), RecordsError> {
        let Self { ranges, runs, traces, failures, parameters, timings } = later;
        let part = self.first_run().unwrap_or_default();
        ranges.into_iter().try_for_each(|range| extend(&mut self.ranges, range, part))?;
        self.runs.append(runs);
        self.traces.append(traces);
        self.failures.append(failures);
        self.parameters.append(parameters);
        self.timings.append(timings);
        Ok(())
    }
}

/// Appends runs to ranges that end before them.
fn extend(ranges: &mut Vec<RunRange>, next: RunRange, part: u32) -> Result<(), RecordsError> {
    match ranges.last_mut() {
        Some(&mut RunRange { last: previous, .. }) if previous >= next.first => {
            return Err(RecordsError::OutOfOrder { part, table: "runs", run: next.first, previous });
        }
        Some(range) if range.last + 1 == next.first => range.last = next.last,
        _ => ranges.push(next),
    }
    Ok(())
}

/// How many rows of each table probably come: sixty columns that grow by doubling cost as much as filling them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room([usize; 5]);

/// Checks the rows of runs and makes them columns, as soon as they are there: rows that were just made are in the cache still, and
/// their memory serves the next ones.
#[derive(Debug)]
pub struct PartEncoder<'a> {
    number: u32,
    types: &'a EnumTypes,
    ranges: Vec<RunRange>,
    runs: Columns<RunRow>,
    traces: Columns<TraceRecord>,
    failures: Columns<FailureRow>,
    parameters: Columns<ParameterRow>,
    timings: Columns<TimingRow>,
}

impl<'a> PartEncoder<'a> {
    /// For a part of that number, which errors name.
    pub(crate) fn new(number: u32, Room(rows): Room, types: &'a EnumTypes) -> Self {
        let [runs, traces, failures, parameters, timings] = rows;
        Self {
            number,
            types,
            ranges: Vec::new(),
            runs: Columns::with_capacity(runs),
            traces: Columns::with_capacity(traces),
            failures: Columns::with_capacity(failures),
            parameters: Columns::with_capacity(parameters),
            timings: Columns::with_capacity(timings),
        }
    }

    /// Appends runs that come later in the plan, with all their rows. After an error it is as it was.
    pub fn append(&mut self, rows: &Part) -> Result<(), RecordsError> {
        let mut ranges = self.ranges.clone();
        for row in &rows.runs {
            extend(&mut ranges, RunRange { first: row.run, last: row.run }, self.number)?;
        }
        check(self.number, rows)?;
        let lengths = self.lengths();
        let Self { types, .. } = *self;
        let appended = self
            .runs
            .append(&rows.runs, types)
            .and_then(|()| self.traces.append(&rows.traces, types))
            .and_then(|()| self.failures.append(&rows.failures, types))
            .and_then(|()| self.parameters.append(&rows.parameters, types))
            .and_then(|()| self.timings.append(&rows.timings, types));
        match appended {
            Ok(()) => self.ranges = ranges,
            Err(_) => self.truncate(lengths),
        }
        appended
    }

    fn lengths(&self) -> [usize; 5] {
        [self.runs.rows(), self.traces.rows(), self.failures.rows(), self.parameters.rows(), self.timings.rows()]
    }

    fn truncate(&mut self, [runs, traces, failures, parameters, timings]: [usize; 5]) {
        self.runs.truncate(runs);
        self.traces.truncate(traces);
        self.failures.truncate(failures);
        self.parameters.truncate(parameters);
        self.timings.truncate(timings);
    }

    /// What was appended.
    pub fn finish(self) -> EncodedPart {
        let Self { types, ranges, runs, traces, failures, parameters, timings, .. } = self;
        EncodedPart {
            ranges,
            runs: Frame::from_columns(runs, types),
            traces: Frame::from_columns(traces, types),
            failures: Frame::from_columns(failures, types),
            parameters: Frame::from_columns(parameters, types),
            timings: Frame::from_columns(timings, types),
        }
    }
}

/// Fails unless all tables are in order and belong to the runs, which ascend.
fn check(part: u32, rows: &Part) -> Result<(), RecordsError> {
    let Part { runs, traces, failures, parameters, timings } = rows;
    check_table(part, runs, traces, |record| (record.run, record.row.iteration, 0))?;
    check_table(part, runs, failures, |row| (row.run, row.attempt, 0))?;
    check_table(part, runs, parameters, |row| (row.run, row.moment as u32, row.component))?;
    check_table(part, runs, timings, |row| (row.run, 0, 0))
}

/// Fails unless the keys rise strictly and belong to the runs.
fn check_table<R: Record>(
    part: u32,
    runs: &[RunRow],
    rows: &[R],
    key: impl Fn(&R) -> (u32, u32, u32),
) -> Result<(), RecordsError> {
    let table = R::TABLE.name;
    let mut runs = runs.iter().map(|row| row.run).peekable();
    let mut previous: Option<(u32, u32, u32)> = None;
    for row in rows {
        let key = key(row);
        let run = key.0;
        if let Some((previous, ..)) = previous.filter(|previous| *previous >= key) {
            return Err(RecordsError::OutOfOrder { part, table, run, previous });
        }
        previous = Some(key);
        while runs.next_if(|&earlier| earlier < run).is_some() {}
        if runs.peek() != Some(&run) {
            return Err(RecordsError::ForeignRun { part, table, run });
        }
    }
    Ok(())
}
