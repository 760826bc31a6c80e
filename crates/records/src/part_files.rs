//! Parts: what a running sweep writes, so that a crash at any moment loses no committed run and needs no cleaning.
//!
//! A part is one Parquet file per table that has rows, and a manifest with the length and SHA-256 of each. The files are
//! written under `.tmp/`, synced and renamed into `parts/`; the manifest is renamed last. A part counts if and only if its
//! manifest is there and all hashes agree: Parquet as it is written here has no checksums of its own, and most flipped
//! bits would be read in silence.
//!
//! One process at a time may have a folder open; within it, parts may be written from several threads.

use crate::categories::{Categories, EnumTypes, Metadata, SCHEMA_VERSION};
use crate::columns::Record;
use crate::error::RecordsError;
use crate::files::{self, Fingerprint, TEMPORARY, WrittenFile, file_error};
use crate::rows::{FailureRow, ParameterRow, RunRow, TimingRow, TraceRecord};
use crate::table_file::{Context, Purpose};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Folder of the parts.
pub(crate) const PARTS: &str = "parts";
/// Folder of the parts that did not count.
pub(crate) const SET_ASIDE: &str = ".set-aside";

/// The rows of some runs. Each table is sorted by its key, and every row belongs to one of `runs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Rows of `runs`, in order of the run number. Parts must not interleave.
    pub runs: Vec<RunRow>,
    /// Rows of `traces`, in order of (run, iteration).
    pub traces: Vec<TraceRecord>,
    /// Rows of `failures`, in order of (run, attempt).
    pub failures: Vec<FailureRow>,
    /// Rows of `parameters`, in order of (run, moment, component).
    pub parameters: Vec<ParameterRow>,
    /// Rows of `timings`, in order of the run.
    pub timings: Vec<TimingRow>,
}

/// Consecutive run numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRange {
    /// The first.
    pub first: u32,
    /// The last, included.
    pub last: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    schema_version: u32,
    plan_hash: String,
    part: u32,
    runs: Vec<RunRange>,
    files: BTreeMap<String, Fingerprint>,
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
}

/// A part that was moved out of the way; its runs have to be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWarning {
    /// Its number.
    pub part: u32,
    /// Why.
    pub damage: Damage,
}

impl fmt::Display for PartWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, damage } = self;
        match damage {
            Damage::NoManifest => write!(f, "part {part} was not finished (no manifest)")?,
            Damage::UnreadableManifest => write!(f, "part {part} has an unreadable manifest")?,
            Damage::OtherPlan => write!(f, "part {part} belongs to another plan or version")?,
            Damage::File { name } => write!(f, "part {part}: {name} differs from its manifest")?,
        }
        write!(f, "; it was moved to {SET_ASIDE} and its runs will be repeated")
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

    /// A number that no committed part has.
    pub fn next_number(&self) -> u32 {
        self.parts.iter().map(|part| part.number + 1).max().unwrap_or(0)
    }
}

/// A results folder that is being written.
#[derive(Debug)]
pub struct Store {
    pub(crate) root: PathBuf,
    pub(crate) types: EnumTypes,
    pub(crate) metadata: Metadata,
    /// Fingerprints of the final files written so far.
    pub(crate) finals: Mutex<BTreeMap<String, Fingerprint>>,
}

impl Store {
    /// Opens a results folder, creating it where needed, and removes what a crash left in `.tmp/`. Parts stay.
    pub fn open(root: &Path, categories: &Categories, metadata: Metadata) -> Result<Self, RecordsError> {
        let types = EnumTypes::new(categories)?;
        files::remove(&root.join(TEMPORARY))?;
        let parts = root.join(PARTS);
        fs::create_dir_all(&parts).map_err(file_error("create", &parts))?;
        files::sync_folder(root)?;
        Ok(Self { root: root.to_owned(), types, metadata, finals: Mutex::default() })
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context { root: &self.root, types: &self.types, metadata: &self.metadata }
    }

    pub(crate) fn part_file(&self, number: u32, table: &str) -> PathBuf {
        self.root.join(PARTS).join(format!("{number:06}.{table}.parquet"))
    }

    fn manifest_file(&self, number: u32) -> PathBuf {
        self.root.join(PARTS).join(format!("{number:06}.json"))
    }

    /// Writes a part. When this returns, its runs survive a crash; if it fails, the part does not count.
    pub fn write_part(&self, number: u32, part: &Part) -> Result<(), RecordsError> {
        let manifest = self.manifest_file(number);
        if manifest.exists() {
            return Err(RecordsError::PartExists { part: number });
        }
        let runs = part.check(number)?;
        let mut written = Vec::new();
        let mut fingerprints = BTreeMap::new();
        self.write_table(number, &part.runs, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.traces, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.failures, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.parameters, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.timings, &mut written, &mut fingerprints)?;
        written.into_iter().try_for_each(WrittenFile::rename)?;
        // The files' names must be on disk before the manifest vouches for them.
        files::sync_folder(&self.root.join(PARTS))?;
        let value = Manifest {
            schema_version: SCHEMA_VERSION,
            plan_hash: self.metadata.plan_hash.clone(),
            part: number,
            runs,
            files: fingerprints,
        };
        files::write_json(&self.root, &manifest, &value)
    }

    fn write_table<R: Record>(
        &self,
        number: u32,
        rows: &[R],
        written: &mut Vec<WrittenFile>,
        fingerprints: &mut BTreeMap<String, Fingerprint>,
    ) -> Result<(), RecordsError> {
        // A table without rows has no file: a part costs one sync per file.
        if rows.is_empty() {
            return Ok(());
        }
        let target = self.part_file(number, R::TABLE.name);
        let (file, fingerprint) = self.context().write_rows(target, Purpose::Part, rows)?;
        written.push(file);
        fingerprints.insert(R::TABLE.name.to_owned(), fingerprint);
        Ok(())
    }

    /// The parts that count. All others are moved to `.set-aside/` and reported as warnings, so that their runs can be
    /// repeated under any number.
    pub fn committed(&self) -> Result<Committed, RecordsError> {
        let folder = self.root.join(PARTS);
        let mut found: BTreeMap<u32, Vec<PathBuf>> = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(file_error("list", &folder))? {
            let path = entry.map_err(file_error("list", &folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // A file with another name is none of ours and stays.
            if let Some(number) = name.split('.').next().and_then(|digits| digits.parse().ok()) {
                found.entry(number).or_default().push(path);
            }
        }
        let mut committed = Committed::default();
        for (number, paths) in found {
            match self.examine(number)? {
                Ok(part) => committed.parts.push(part),
                Err(damage) => {
                    self.set_aside(&paths)?;
                    committed.warnings.push(PartWarning { part: number, damage });
                }
            }
        }
        committed.parts.sort_by_key(|part| part.span().first);
        for pair in committed.parts.windows(2) {
            if pair[1].span().first <= pair[0].span().last {
                let [first, second] = [pair[0].number, pair[1].number];
                return Err(RecordsError::OverlappingParts { first, second, run: pair[1].span().first });
            }
        }
        Ok(committed)
    }

    fn examine(&self, number: u32) -> Result<Result<CommittedPart, Damage>, RecordsError> {
        let path = self.manifest_file(number);
        if !path.exists() {
            return Ok(Err(Damage::NoManifest));
        }
        let manifest: Manifest = match files::read_json(&path) {
            Ok(manifest) => manifest,
            Err(RecordsError::Json { .. }) => return Ok(Err(Damage::UnreadableManifest)),
            Err(error) => return Err(error),
        };
        if manifest.schema_version != SCHEMA_VERSION || manifest.plan_hash != self.metadata.plan_hash {
            return Ok(Err(Damage::OtherPlan));
        }
        let ascending = manifest.runs.windows(2).all(|pair| pair[0].last < pair[1].first);
        let proper = manifest.runs.iter().all(|range| range.first <= range.last);
        if manifest.part != number || manifest.runs.is_empty() || !ascending || !proper {
            return Ok(Err(Damage::UnreadableManifest));
        }
        for (table, fingerprint) in &manifest.files {
            let path = self.part_file(number, table);
            if !files::agrees(&path, fingerprint)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Ok(Err(Damage::File { name }));
            }
        }
        Ok(Ok(CommittedPart { number, runs: manifest.runs, tables: manifest.files.into_keys().collect() }))
    }

    fn set_aside(&self, paths: &[PathBuf]) -> Result<(), RecordsError> {
        let folder = self.root.join(SET_ASIDE);
        fs::create_dir_all(&folder).map_err(file_error("create", &folder))?;
        // The manifest goes first: whenever this is interrupted, the part does not count.
        let (manifests, tables): (Vec<_>, Vec<_>) =
            paths.iter().partition(|path| path.extension().is_some_and(|extension| extension == "json"));
        for path in manifests.into_iter().chain(tables) {
            let target = folder.join(path.file_name().unwrap_or_default());
            fs::rename(path, &target).map_err(file_error("move away", path))?;
        }
        files::sync_folder(&self.root.join(PARTS))
    }
}

impl Part {
    /// The ranges of its runs, if all tables are in order and belong to them.
    fn check(&self, part: u32) -> Result<Vec<RunRange>, RecordsError> {
        if self.runs.is_empty() {
            return Err(RecordsError::EmptyPart { part });
        }
        let mut ranges: Vec<RunRange> = Vec::new();
        let mut previous = None;
        for row in &self.runs {
            if let Some(previous) = previous.filter(|&previous| previous >= row.run) {
                return Err(RecordsError::OutOfOrder { part, table: "runs", run: row.run, previous });
            }
            previous = Some(row.run);
            match ranges.last_mut() {
                Some(range) if range.last + 1 == row.run => range.last = row.run,
                _ => ranges.push(RunRange { first: row.run, last: row.run }),
            }
        }
        let moment = |row: &ParameterRow| (row.run, row.moment as u32, row.component);
        check_table(part, &ranges, &self.traces, |record| (record.run, record.row.iteration, 0))?;
        check_table(part, &ranges, &self.failures, |row| (row.run, row.attempt, 0))?;
        check_table(part, &ranges, &self.parameters, moment)?;
        check_table(part, &ranges, &self.timings, |row| (row.run, 0, 0))?;
        Ok(ranges)
    }
}

/// Fails unless the keys rise strictly and belong to the ranges.
fn check_table<R: Record>(
    part: u32,
    ranges: &[RunRange],
    rows: &[R],
    key: impl Fn(&R) -> (u32, u32, u32),
) -> Result<(), RecordsError> {
    let table = R::TABLE.name;
    let mut range = 0;
    let mut previous: Option<(u32, u32, u32)> = None;
    for row in rows {
        let key = key(row);
        let run = key.0;
        if let Some((previous, ..)) = previous.filter(|previous| *previous >= key) {
            return Err(RecordsError::OutOfOrder { part, table, run, previous });
        }
        previous = Some(key);
        while ranges.get(range).is_some_and(|range| range.last < run) {
            range += 1;
        }
        if ranges.get(range).is_none_or(|range| run < range.first) {
            return Err(RecordsError::ForeignRun { part, table, run });
        }
    }
    Ok(())
}
