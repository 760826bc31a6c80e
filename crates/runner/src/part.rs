//! A part that grows, block of runs by block of runs, until it is worth its files: small ones cost more than the rows in them.

use crate::job::JobRecord;
use records::Part;
use std::time::{Duration, Instant};

/// How long a part may grow: what an interruption can cost, beside the block that is being computed.
const LONGEST: Duration = Duration::from_secs(1);
/// Rows of traces after which a part is full.
const TRACE_ROWS: usize = 1 << 16;
/// Numbers in parameters after which a part is full.
const PARAMETER_VALUES: usize = 1 << 20;

/// The rows of some runs, table by table.
pub fn of(records: impl IntoIterator<Item = JobRecord>) -> Part {
    let mut part = Growing::default();
    part.extend(records);
    part.take()
}

/// The rows of the runs since the last part.
#[derive(Debug, Default)]
pub struct Growing {
    part: Part,
    parameter_values: usize,
    begun: Option<Instant>,
}

impl Growing {
    /// Appends the rows of runs that follow.
    pub fn extend(&mut self, records: impl IntoIterator<Item = JobRecord>) {
        self.begun.get_or_insert_with(Instant::now);
        for record in records {
            let values = |row: &records::ParameterRow| row.mean.len() + row.covariance.as_ref().map_or(0, Vec::len);
            self.parameter_values += record.parameters.iter().map(values).sum::<usize>();
            self.part.runs.push(record.run);
            self.part.traces.extend(record.traces);
            self.part.failures.extend(record.failures);
            self.part.parameters.extend(record.parameters);
            self.part.timings.push(record.timing);
        }
    }

    /// Whether there are no runs.
    pub fn is_empty(&self) -> bool {
        self.part.runs.is_empty()
    }

    /// Whether it should grow no longer.
    pub fn is_full(&self) -> bool {
        self.part.traces.len() >= TRACE_ROWS
            || self.parameter_values >= PARAMETER_VALUES
            || self.begun.is_some_and(|begun| begun.elapsed() >= LONGEST)
    }

    /// The part; the next one begins.
    pub fn take(&mut self) -> Part {
        std::mem::take(self).part
    }
}
