//! One sweep as it was read back from its records.

use records::{FailureRow, RunRow};
use std::path::PathBuf;

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
