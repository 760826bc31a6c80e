//! Tables of results: schemas, Parquet part files, compaction, reading back.

pub mod rows;

pub use rows::{
    AssignmentRow, End, FAILURE_CAUSES, FAILURE_KINDS, Factors, FailureRow, Moment, ObservationRow, ParameterRow,
    REMEDIES, RunOutcome, RunRow, TimingRow, TraceRecord,
};
