//! What can go wrong between rows and files.

use polars::prelude::PolarsError;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// The row that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A row that belongs to a run.
    Run(u32),
    /// A row of data.
    Observation {
        /// Data set id.
        dataset: String,
        /// Number of the draw.
        draw: u32,
        /// Row of the data set, from 0.
        row: u32,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(run) => write!(f, "run {run}"),
            Self::Observation { dataset, draw, row } => write!(f, "dataset {dataset}, draw {draw}, row {row}"),
        }
    }
}

/// Rows could not be written, or files could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Parquet could not be written or read.
    #[error("table {table}, {}: {source}", path.display())]
    Parquet {
        /// The table.
        table: &'static str,
        /// The file.
        path: PathBuf,
        /// What polars said.
        source: Box<PolarsError>,
    },
    /// A JSON file does not say what it should.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Position and reason.
        source: serde_json::Error,
    },
    /// NaN or an infinite number: a missing number is null, so such a value is a bug where the row was made.
    #[error(
        "table {table}, column {column}, {place}: {value} is not finite; a number that has no value must be left missing"
    )]
    NotFinite {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        place: Place,
        /// The value.
        value: f64,
    },
    /// A column that is never null got no value.
    #[error("table {table}, column {column}, {place}: the value is missing, but this column is never null")]
    Missing {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        place: Place,
    },
    /// A factor level that the plan did not announce.
    #[error(
        "table {table}, column {column}, {place}: `{value}` is none of the categories ({}); the plan must name it",
        expected.join(", ")
    )]
    UnknownCategory {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        place: Place,
        /// The level.
        value: String,
        /// The levels of the plan.
        expected: Vec<String>,
    },
    /// A factor level that the plan announced twice.
    #[error("category `{value}` of {vocabulary} is listed twice; the plan must list each once")]
    DuplicateCategory {
        /// The factor.
        vocabulary: &'static str,
        /// The level.
        value: String,
    },
    /// A part whose rows are not in order.
    #[error("part {part}, table {table}: run {run} comes after run {previous}; sort the rows before writing")]
    OutOfOrder {
        /// Number of the part.
        part: u32,
        /// The table.
        table: &'static str,
        /// Run of the row that comes too late (the same run: its iteration, moment or component is out of order).
        run: u32,
        /// Run of the row before.
        previous: u32,
    },
    /// A part with a row of a run that it does not cover.
    #[error("part {part}, table {table}: a row of run {run}, but table runs of this part has no such run")]
    ForeignRun {
        /// Number of the part.
        part: u32,
        /// The table.
        table: &'static str,
        /// The run.
        run: u32,
    },
    /// A part without runs.
    #[error("part {part} has no runs; do not write it")]
    EmptyPart {
        /// Number of the part.
        part: u32,
    },
    /// A number that is taken.
    #[error("part {part} exists already; continue with a number above those of the committed parts")]
    PartExists {
        /// Number of the part.
        part: u32,
    },
    /// Compaction before all runs are there.
    #[error("{found} of {expected} runs are committed; resume the sweep before compacting")]
    Incomplete {
        /// Runs of the plan.
        expected: u32,
        /// Runs of the committed parts.
        found: u32,
    },
    /// `finish` before `compact`.
    #[error("table {table} has not been written; compact before finishing")]
    NotCompacted {
        /// The missing table.
        table: &'static str,
    },
    /// A file with other columns than this version writes.
    #[error(
        "{}: table {table}, column {column}: expected {expected}, found {found}; the file is of another version, rerun the sweep",
        path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The documented type.
        expected: String,
        /// The type in the file.
        found: String,
    },
    /// A category in a file that this version does not know.
    #[error("{}: table {table}, column {column}: `{value}` is unknown to this version", path.display())]
    UnknownName {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The name.
        value: String,
    },
    /// A null in a file where none can be.
    #[error("{}: table {table}, column {column}: row {row} is null, but this column is never null", path.display())]
    UnexpectedNull {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Row within its row group, from 0.
        row: usize,
    },
}
