//! A part that grows, piece by piece, until it is worth its files: small ones cost more than the rows in them. Each
//! column of a table is work of its own however short it is (a sketch of its cardinality, a context of the compressor).

use crate::job::JobRecord;
use records::{EncodedPart, Part, RecordsError};
use std::time::{Duration, Instant};

/// How long a part may grow: what a crash can cost, beside what is being computed. A hundredth of the time so far, between these: a
/// study of long fits has hundreds of parts, not one for each run.
const LONGEST: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// Runs that a part has at least, unless it grew for long enough.
const FEWEST: usize = 512;
/// Rows of traces after which a part is full.
const TRACE_ROWS: usize = 1 << 17;
/// Numbers in parameters after which a part is full.
const PARAMETER_VALUES: usize = 1 << 20;

/// The rows of a run, table by table.
pub fn of(record: JobRecord) -> Part {
    let JobRecord { run, traces, failures, parameters, timing, .. } = record;
    Part { runs: vec![run], traces, failures, parameters, timings: vec![timing] }
}

/// How long a part may grow, so long after the first.
fn longest(so_far: Duration) -> Duration {
    (so_far / 100).clamp(LONGEST[0], LONGEST[1])
}

/// The rows of the runs since the last part.
#[derive(Debug)]
pub struct Growing {
    part: EncodedPart,
    /// Runs of the parts before: this one may have as many, so that the first is written soon.
    before: usize,
    parameter_values: usize,
    first_begun: Instant,
    begun: Instant,
}

impl Default for Growing {
    fn default() -> Self {
        let now = Instant::now();
        Self { part: EncodedPart::default(), before: 0, parameter_values: 0, first_begun: now, begun: now }
    }
}

impl Growing {
    /// Appends the rows of runs that follow.
    pub fn append(&mut self, piece: EncodedPart) -> Result<(), RecordsError> {
        self.parameter_values += piece.parameter_values();
        self.part.append(piece)
    }

    /// Whether there are no runs.
    pub fn is_empty(&self) -> bool {
        self.part.runs() == 0
    }

    /// Whether it should grow no longer.
    pub fn is_full(&self) -> bool {
        let many = self.part.runs() >= self.before.max(FEWEST);
        let large = || self.part.trace_rows() >= TRACE_ROWS || self.parameter_values >= PARAMETER_VALUES;
        let old = || self.begun.elapsed() >= longest(self.first_begun.elapsed());
        !self.is_empty() && (many || large() || old())
    }

    /// The part; the next one begins.
    pub fn take(&mut self) -> EncodedPart {
        let before = self.before + self.part.runs();
        let next = Self { before, first_begun: self.first_begun, ..Self::default() };
        std::mem::replace(self, next).part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Job;
    use crate::judged::Judged;
    use crate::plan::testing::plan;
    use crate::{provenance, sweep};
    use em::TraceRow;
    use linalg::Level;
    use records::{Room, Store, TraceRecord};
    use std::ops::Range;

    #[test]
    fn parts_double_until_they_are_large() {
        let plan = plan("");
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &sweep::categories(&plan), provenance::metadata(&plan)).unwrap();
        let data = Judged::new(plan.datasets[0].sample([0; 32]).unwrap());
        let (cell, replicate) = plan.locate(0);
        let job = Job { plan: &plan, cell, replicate, data: &data, threads: false, level: Level::detect() };
        let piece = |runs: Range<u32>, traces: u32| {
            let record = |run: u32| {
                let mut record = JobRecord::new(&job);
                (record.run.run, record.timing.run) = (run, run);
                let row = |iteration: u32| TraceRow { iteration, ..TraceRow::default() };
                record.traces = (0..traces).map(|iteration| TraceRecord { run, row: row(iteration) }).collect();
                of(record)
            };
            let mut encoder = store.encoder(runs.start, Room::default());
            runs.map(record).for_each(|rows| encoder.append(&rows).unwrap());
            encoder.finish()
        };
        let mut part = Growing::default();
        let mut lengths = Vec::new();
        for first in (0..4864).step_by(128) {
            part.append(piece(first..first + 128, 1)).unwrap();
            if part.is_full() {
                lengths.push(part.take().runs());
            }
        }
        assert_eq!(lengths, [512, 512, 1024, 2048]);
        assert!(!part.is_empty());
        part.append(piece(4864..4865, u32::try_from(TRACE_ROWS).unwrap())).unwrap();
        assert!(part.is_full());
    }

    #[test]
    fn parts_of_long_studies_grow_longer() {
        let seconds = |seconds: u64| longest(Duration::from_secs(seconds)).as_secs();
        assert_eq!([0, 50, 1000, 86_400].map(seconds), [1, 1, 10, 60]);
    }
}
