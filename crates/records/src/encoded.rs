//! The rows of some runs, checked and made into columns: by the threads that computed them, so that what writes them only joins
//! and copies.

use crate::columns::Frame;
use crate::committed::RunRange;
use crate::error::RecordsError;
use crate::rows::{FailureRow, ParameterRow, RunRow, TimingRow, TraceRecord};

/// A part as columns, or a piece of one: see [`Store::encode`](crate::Store::encode).
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

    /// Numbers in means and covariances.
    pub fn parameter_values(&self) -> usize {
        self.parameters.list_lengths().iter().sum()
    }

    /// Joins what was appended, so that neither the part nor its tables have to for each of their row groups.
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
        for range in ranges {
            match self.ranges.last_mut() {
                Some(&mut RunRange { last: previous, .. }) if previous >= range.first => {
                    let (part, run) = (self.ranges[0].first, range.first);
                    return Err(RecordsError::OutOfOrder { part, table: "runs", run, previous });
                }
                Some(last) if last.last + 1 == range.first => last.last = range.last,
                _ => self.ranges.push(range),
            }
        }
        self.runs.append(runs);
        self.traces.append(traces);
        self.failures.append(failures);
        self.parameters.append(parameters);
        self.timings.append(timings);
        Ok(())
    }
}
