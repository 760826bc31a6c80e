//! Where results come from: `provenance.json`.
//!
//! Everything that may differ between two runs of the same config stands here and in `timings`, nowhere else. The values
//! are found by the caller; this crate reads neither the clock nor the environment.

use crate::error::RecordsError;
use crate::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the file.
pub const PROVENANCE_FILE: &str = "provenance.json";

/// Program, machine and time of a sweep. `None` is a fact that could not be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Version of the project.
    pub version: String,
    /// Commit of the sources.
    pub git_commit: Option<String>,
    /// Whether the sources differed from that commit.
    pub git_dirty: Option<bool>,
    /// SHA-256 of Cargo.lock in hexadecimal digits: the versions of all dependencies.
    pub cargo_lock_sha256: Option<String>,
    /// Version of the compiler.
    pub rustc: Option<String>,
    /// Model of the processor.
    pub cpu: Option<String>,
    /// Instruction set that the kernels chose (`avx512`, `avx2`, `neon`, `scalar`); results are bitwise reproducible only at the
    /// same one.
    pub simd: Option<String>,
    /// Threads of the sweep.
    pub threads: usize,
    /// Largest number of lanes of a fit.
    pub lanes: usize,
    /// Fingerprint of each data set by its id.
    pub datasets: BTreeMap<String, String>,
    /// Name of the random number generator.
    pub rng: String,
    /// Version of the generator's crate.
    pub rng_version: String,
    /// When the sweep began, RFC 3339.
    pub started: Option<String>,
    /// When it was finished, RFC 3339; `None` while it runs.
    pub finished: Option<String>,
    /// The command with its arguments.
    pub command: Vec<String>,
}

impl Provenance {
    /// Writes `provenance.json` into the results folder, whole or not at all.
    pub fn write(&self, root: &Path) -> Result<(), RecordsError> {
        files::write_json(root, &root.join(PROVENANCE_FILE), self)
    }

    /// Reads it back.
    pub fn read(root: &Path) -> Result<Self, RecordsError> {
        files::read_json(&root.join(PROVENANCE_FILE))
    }
}
