//! One sweep as it was read back from its records.

use crate::error::ReportError;
use records::{FailureRow, RunRow};
use std::path::{Path, PathBuf};

/// What nearly every table and figure needs. Larger tables (traces, parameters, assignments, observations) are read from
/// `dir` by those that need them.
#[derive(Clone, Debug)]
pub struct Study {
    /// The folder of the records.
    pub dir: PathBuf,
    /// All runs, in the order of their numbers.
    pub runs: Vec<RunRow>,
    /// All breakdowns, in the order of (run, attempt).
    pub failures: Vec<FailureRow>,
}

impl Study {
    /// Reads the tables `runs` and `failures` in `dir`.
    pub fn read(dir: &Path) -> Result<Self, ReportError> {
        let runs = records::read_runs(dir).map_err(ReportError::read(dir))?;
        let failures = records::read_failures(dir).map_err(ReportError::read(dir))?;
        Ok(Self { dir: dir.to_path_buf(), runs, failures })
    }
}
