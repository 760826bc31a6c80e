//! Which parts of a folder count: found out from the manifests and the hashes of the files, without changing anything.

use crate::categories::SCHEMA_VERSION;
use crate::error::RecordsError;
use crate::files::{self, Fingerprint, file_error};
use crate::part_files::PARTS;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Consecutive run numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRange {
    /// The first.
    pub first: u32,
    /// The last, included.
    pub last: u32,
}

/// What commits a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub schema_version: u32,
    pub plan_hash: String,
    pub part: u32,
    pub runs: Vec<RunRange>,
    pub files: BTreeMap<String, Fingerprint>,
}

/// A part that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedPart {
    /// Its number.
    pub number: u32,
    /// Its runs, ascending.
    pub runs: Vec<RunRange>,
    pub(crate) tables: BTreeSet<String>,
}

impl CommittedPart {
    pub(crate) fn span(&self) -> RunRange {
        let last = self.runs.last().map_or(0, |range| range.last);
        RunRange { first: self.runs.first().map_or(0, |range| range.first), last }
    }
}

/// Why a part does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// Files without a manifest: the usual trace of a crash or interruption.
    NoManifest,
    /// The manifest cannot be read.
    UnreadableManifest,
    /// The manifest belongs to another plan or version.
    OtherPlan,
    /// A file is missing, or its length or hash differs from the manifest.
    File {
        /// Name of the file.
        name: String,
    },
    /// It has a run that another part has, too.
    Repeats {
        /// Number of the other part.
        other: u32,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoManifest => write!(f, "it was not finished (no manifest)"),
            Self::UnreadableManifest => write!(f, "its manifest cannot be read"),
            Self::OtherPlan => write!(f, "it belongs to another plan or version"),
            Self::File { name } => write!(f, "{name} differs from its manifest"),
            Self::Repeats { other } => write!(f, "it has runs of part {other}"),
        }
    }
}

/// A part that does not count; its runs have to be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWarning {
    /// Its number.
    pub part: u32,
    /// Why.
    pub damage: Damage,
    /// What there is of it.
    pub(crate) files: Vec<PathBuf>,
}

impl fmt::Display for PartWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {} does not count: {}", self.part, self.damage)
    }
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The parts that count, in order of their runs.
    pub parts: Vec<CommittedPart>,
    /// The parts that do not, in order of their numbers.
    pub warnings: Vec<PartWarning>,
}

impl Committed {
    /// Whether the run is done.
    pub fn contains(&self, run: u32) -> bool {
        let ranges = self.parts.iter().flat_map(|part| &part.runs);
        ranges.into_iter().any(|range| (range.first..=range.last).contains(&run))
    }

    /// Number of runs done.
    pub fn runs(&self) -> u32 {
        self.parts.iter().flat_map(|part| &part.runs).map(|range| range.last - range.first + 1).sum()
    }
}

/// Where a table of a part is.
pub(crate) fn part_file(root: &Path, number: u32, table: &str) -> PathBuf {
    root.join(PARTS).join(format!("{number:06}.{table}.parquet"))
}

/// Where the manifest of a part is.
pub(crate) fn manifest_file(root: &Path, number: u32) -> PathBuf {
    root.join(PARTS).join(format!("{number:06}.json"))
}

/// Looks at the parts of a plan without changing anything. A folder without parts has none.
pub fn survey(root: &Path, plan_hash: &str) -> Result<Committed, RecordsError> {
    let mut committed = Committed::default();
    // Runs that count, as disjoint ranges: first run → (last run, part).
    let mut taken: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for (part, files) in part_files(root)? {
        let found = examine(root, plan_hash, part)?.and_then(|part| match repeated(&part.runs, &taken) {
            Some(other) => Err(Damage::Repeats { other }),
            None => Ok(part),
        });
        match found {
            Ok(found) => {
                taken.extend(found.runs.iter().map(|range| (range.first, (range.last, part))));
                committed.parts.push(found);
            }
            Err(damage) => committed.warnings.push(PartWarning { part, damage, files }),
        }
    }
    committed.parts.sort_by_key(|part| part.span().first);
    Ok(committed)
}

/// The files in the folder of the parts by the number of their part.
fn part_files(root: &Path) -> Result<BTreeMap<u32, Vec<PathBuf>>, RecordsError> {
    let folder = root.join(PARTS);
    let mut found: BTreeMap<u32, Vec<PathBuf>> = BTreeMap::new();
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(file_error("list", &folder))?,
    };
    for entry in entries {
        let path = entry.map_err(file_error("list", &folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A file with another name is none of ours and stays.
        if let Some(number) = name.split('.').next().and_then(|digits| digits.parse().ok()) {
            found.entry(number).or_default().push(path);
        }
    }
    Ok(found)
}

/// A part that has one of the runs.
fn repeated(runs: &[RunRange], taken: &BTreeMap<u32, (u32, u32)>) -> Option<u32> {
    runs.iter().find_map(|range| {
        let before = taken.range(..=range.last).next_back();
        before.and_then(|(_, &(last, part))| (last >= range.first).then_some(part))
    })
}

fn examine(root: &Path, plan_hash: &str, number: u32) -> Result<Result<CommittedPart, Damage>, RecordsError> {
    let path = manifest_file(root, number);
    if !path.exists() {
        return Ok(Err(Damage::NoManifest));
    }
    let manifest: Manifest = match files::read_json(&path) {
        Ok(manifest) => manifest,
        Err(RecordsError::Json { .. }) => return Ok(Err(Damage::UnreadableManifest)),
        Err(error) => return Err(error),
    };
    if manifest.schema_version != SCHEMA_VERSION || manifest.plan_hash != plan_hash {
        return Ok(Err(Damage::OtherPlan));
    }
    let ascending = manifest.runs.windows(2).all(|pair| pair[0].last < pair[1].first);
    let proper = manifest.runs.iter().all(|range| range.first <= range.last);
    if manifest.part != number || manifest.runs.is_empty() || !ascending || !proper {
        return Ok(Err(Damage::UnreadableManifest));
    }
    for (table, fingerprint) in &manifest.files {
        let path = part_file(root, number, table);
        if !files::agrees(&path, fingerprint)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Err(Damage::File { name }));
        }
    }
    Ok(Ok(CommittedPart { number, runs: manifest.runs, tables: manifest.files.into_keys().collect() }))
}
