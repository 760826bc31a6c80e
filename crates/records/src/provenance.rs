//! Where results come from: `provenance.json`.
//!
//! Everything that may differ between two runs of the same config stands here and in `timings`, nowhere else. The values
//! are found by the caller; this crate reads neither the clock nor the environment.

use crate::error::RecordsError;
use crate::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the file.
pub const PROVENANCE_FILE: &str = "provenance.json";

/// Program, machine and time of a sweep. `None` is a fact that could not be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provenance {
    /// Hash of the resolved plan, whose text is plan.toml.
    pub plan_hash: String,
    /// The config file, absolute; its text is config.toml.
    pub config: Option<PathBuf>,
    /// SHA-256 of the config file as it was read, in hexadecimal digits.
    pub config_sha256: Option<String>,
    /// What the command line replaced in it (`KEY=VALUE`).
    pub overrides: Vec<String>,
    /// Version of the project.
    pub version: String,
    /// Commit of the sources; `None` where they have changed since the program was built.
    pub git_commit: Option<String>,
    /// Whether the sources differed from that commit.
    pub git_dirty: Option<bool>,
    /// SHA-256 of Cargo.lock in hexadecimal digits: the versions of all dependencies.
    pub cargo_lock_sha256: Option<String>,
    /// Versions of the crates that numbers and files depend on.
    pub crates: BTreeMap<String, String>,
    /// Version of the compiler.
    pub rustc: Option<String>,
    /// Model of the processor.
    pub cpu: Option<String>,
    /// Architecture and operating system (`x86_64-linux`).
    pub target: String,
    /// Instruction set of the kernels; results are bitwise reproducible at the same one only.
    pub simd: Option<String>,
    /// Other instruction sets that runs of this folder were computed with: empty unless it was resumed with another one.
    pub simd_before: Vec<String>,
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
    /// Reads what [`write_provenance`](crate::Store::write_provenance) wrote.
    pub fn read(root: &Path) -> Result<Self, RecordsError> {
        files::read_json(&root.join(PROVENANCE_FILE))
    }
}
