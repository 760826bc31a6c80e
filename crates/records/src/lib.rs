//! Tables of results: schemas, Parquet part files, compaction, reading back.
//!
//! A results folder goes through three states. While a sweep runs, a [`Store`] writes numbered parts under `parts/`, each
//! committed by a manifest. [`Store::compact`] merges them into one file per table in order of (run, iteration), and
//! [`Store::finish`] writes the marker that makes the folder complete. The report then only reads: see [`read`].
//!
//! The columns of every table stand in one place, [`schema`]; the rows as plain values in [`rows`]. What the tables hold
//! depends on configuration and data alone, so that a rerun gives the same bytes; times are in a table of their own and
//! the machine is in [`Provenance`].
//!
//! This crate fits nothing, prints nothing and reads neither the clock nor the environment.

pub mod categories;
mod columns;
mod committed;
mod compact;
mod difference;
mod encoded;
pub mod error;
mod files;
mod merge;
mod numbers;
mod pages;
mod part_files;
pub mod provenance;
pub mod read;
pub mod rows;
pub mod schema;
mod table_file;
mod tables;
mod view;

pub use categories::{Categories, Metadata, SCHEMA_VERSION, Vocabulary};
pub use committed::{Committed, CommittedPart, Damage, PartWarning, RunRange, survey};
pub use compact::{MARKER_FILE, clear, has_leftovers, is_complete, remove_leftovers};
pub use difference::{Difference, differences, differences_of_assignments};
pub use encoded::{EncodedPart, PartEncoder, Room};
pub use error::{Place, RecordsError};
pub use merge::{Feeds, Merged};
pub use part_files::{Part, Store};
pub use provenance::Provenance;
pub use read::{
    for_each_outcome, for_each_parameter, for_each_run, for_each_trace, read_assigned_runs, read_assignments,
    read_assignments_of, read_failures, read_metadata, read_observations, read_parameters, read_parameters_of,
    read_runs, read_timings, read_traces_of,
};
pub use rows::{
    AssignmentRow, End, FAILURE_CAUSES, FAILURE_KINDS, Factors, FailureRow, Moment, ObservationRow, ParameterRow,
    REMEDIES, RunOutcome, RunRow, TimingRow, TraceRecord,
};
pub use view::View;
