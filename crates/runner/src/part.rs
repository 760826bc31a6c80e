//! A part that grows, block of runs by block of runs, until it is worth its files: small ones cost more than the rows in them. Each
//! column of a table is work of its own however short it is (a sketch of its cardinality, a context of the compressor).

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
    /// Runs of the parts before: this one may have as many, so that the first is written soon.
    before: usize,
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
        self.part.runs.len() >= self.before
            || self.part.traces.len() >= TRACE_ROWS
            || self.parameter_values >= PARAMETER_VALUES
            || self.begun.is_some_and(|begun| begun.elapsed() >= LONGEST)
    }

    /// The part; the next one begins.
    pub fn take(&mut self) -> Part {
        let before = self.before + self.part.runs.len();
        std::mem::replace(self, Self { before, ..Self::default() }).part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Job;
    use crate::judged::Judged;
    use crate::plan::testing::plan;
    use em::TraceRow;
    use linalg::Level;
    use records::TraceRecord;

    #[test]
    fn parts_double_until_they_are_large() {
        let plan = plan("");
        let data = Judged::new(plan.datasets[0].sample([0; 32]).unwrap());
        let (cell, replicate) = plan.locate(0);
        let job = Job { plan: &plan, cell, replicate, data: &data, threads: false, level: Level::detect() };
        let record = JobRecord::new(&job);
        let mut part = Growing::default();
        let mut lengths = Vec::new();
        for _ in 0..15 {
            part.extend(vec![record.clone(); 2]);
            if part.is_full() {
                lengths.push(part.take().runs.len());
            }
        }
        assert_eq!(lengths, [2, 2, 4, 8]);
        assert!(!part.is_empty());
        let mut long = record;
        long.traces = vec![TraceRecord { run: 0, row: TraceRow::default() }; TRACE_ROWS];
        part.extend([long]);
        assert!(part.is_full());
    }
}
