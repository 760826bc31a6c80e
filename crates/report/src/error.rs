//! What can go wrong when a report is made.

use records::RecordsError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A report could not be made. The records themselves are never touched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A table of the records could not be read.
    #[error("cannot read the records in {}; is it the folder of a finished sweep?", dir.display())]
    Read {
        /// The folder of the records.
        dir: PathBuf,
        /// What the reader said.
        source: Box<RecordsError>,
    },
    /// A file or folder of the report could not be written.
    #[error("cannot write {}; check that the folder exists and is writable", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Two tables of the records contradict each other.
    #[error("{table} names run {run}, which is not in the table of runs; do all tables belong to one sweep?")]
    UnknownRun {
        /// The table with the unknown run.
        table: &'static str,
        /// The number of the run.
        run: u32,
    },
}

impl ReportError {
    /// Says in which folder reading failed: `records::read_runs(dir).map_err(ReportError::read(dir))`.
    pub fn read(dir: &Path) -> impl FnOnce(RecordsError) -> Self + '_ {
        move |source| Self::Read { dir: dir.to_path_buf(), source: Box::new(source) }
    }

    /// Says which file could not be written: `fs::write(path, text).map_err(ReportError::write(path))`.
    pub fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_path_buf(), source }
    }
}
