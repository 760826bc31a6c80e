//! Parts: what a running sweep writes, so that a crash at any moment loses no committed run and needs no cleaning.
//!
//! A part is one Parquet file per table that has rows, and a manifest with the length and hash (XXH3) of each. The files are
//! written under `.tmp/`, synced and renamed into `parts/`; the manifest is renamed last. A part counts if and only if its
//! manifest is there and all hashes agree: Parquet as it is written here has no checksums of its own, and most flipped
//! bits would be read in silence.
//!
//! Several processes may write parts of one folder, if their parts have different numbers and their unfinished files
//! different folders ([`Store::open_shared`]). What else is written, is written by one of them.

use crate::categories::{Categories, EnumTypes, Metadata, SCHEMA_VERSION};
use crate::columns::{Frame, Record};
use crate::committed::{self, Committed, Manifest};
use crate::encoded::{EncodedPart, PartEncoder, Room};
use crate::error::RecordsError;
use crate::files::{self, Fingerprint, TEMPORARY, WrittenFile, file_error};
use crate::pages::Purpose;
use crate::provenance::{PROVENANCE_FILE, Provenance};
use crate::rows::{FailureRow, ParameterRow, RunRow, TimingRow, TraceRecord};
use crate::table_file::Context;
use std::collections::BTreeMap;
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

impl Part {
    /// Appends the rows of runs that come later.
    pub fn append(&mut self, later: Self) {
        let Self { runs, traces, failures, parameters, timings } = later;
        self.runs.extend(runs);
        self.traces.extend(traces);
        self.failures.extend(failures);
        self.parameters.extend(parameters);
        self.timings.extend(timings);
    }
}

/// A results folder that is being written.
#[derive(Debug)]
pub struct Store {
    pub(crate) root: PathBuf,
    /// Where unfinished files are.
    pub(crate) temporary: PathBuf,
    pub(crate) types: EnumTypes,
    pub(crate) metadata: Metadata,
    /// Fingerprints of the final files written so far.
    pub(crate) finals: Mutex<BTreeMap<String, Fingerprint>>,
}

impl Store {
    /// Opens a results folder for its only writer, creating it where needed, and removes what a crash left of unfinished
    /// files. Parts stay.
    pub fn open(root: &Path, categories: &Categories, metadata: Metadata) -> Result<Self, RecordsError> {
        files::remove(&root.join(TEMPORARY))?;
        Self::with_temporary(root, root.join(TEMPORARY), categories, metadata)
    }

    /// Opens a results folder for one of several writers. `writer` names it: what an earlier writer of this name left
    /// unfinished is removed, what others are writing is not touched. The caller sees to it that no two live at once.
    pub fn open_shared(
        root: &Path,
        writer: &str,
        categories: &Categories,
        metadata: Metadata,
    ) -> Result<Self, RecordsError> {
        let temporary = root.join(TEMPORARY).join(writer);
        files::remove(&temporary)?;
        Self::with_temporary(root, temporary, categories, metadata)
    }

    fn with_temporary(
        root: &Path,
        temporary: PathBuf,
        categories: &Categories,
        metadata: Metadata,
    ) -> Result<Self, RecordsError> {
        let types = EnumTypes::new(categories)?;
        let parts = root.join(PARTS);
        fs::create_dir_all(&parts).map_err(file_error("create", &parts))?;
        files::sync_folder(root)?;
        Ok(Self { root: root.to_owned(), temporary, types, metadata, finals: Mutex::default() })
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context { temporary: &self.temporary, types: &self.types, metadata: &self.metadata }
    }

    pub(crate) fn part_file(&self, number: u32, table: &str) -> PathBuf {
        committed::part_file(&self.root, number, table)
    }

    /// Writes `provenance.json`, whole or not at all.
    pub fn write_provenance(&self, provenance: &Provenance) -> Result<(), RecordsError> {
        files::write_json(&self.temporary, &self.root.join(PROVENANCE_FILE), provenance)
    }

    /// Makes columns of the rows of a part, or of a piece of one.
    pub fn encoder(&self, number: u32, room: Room) -> PartEncoder<'_> {
        PartEncoder::new(number, room, &self.types)
    }

    /// The rows of a part as columns.
    pub fn encode(&self, number: u32, rows: &Part) -> Result<EncodedPart, RecordsError> {
        let mut encoder = self.encoder(number, Room::default());
        encoder.append(rows)?;
        Ok(encoder.finish())
    }

    /// Writes a part. When this returns, its runs survive a crash; if it fails, the part does not count and leaves no file.
    /// No two parts may have the same number.
    pub fn write_part(&self, number: u32, part: &EncodedPart) -> Result<(), RecordsError> {
        let manifest = committed::manifest_file(&self.root, number);
        if manifest.exists() {
            return Err(RecordsError::PartExists { part: number });
        }
        if part.ranges.is_empty() {
            return Err(RecordsError::EmptyPart { part: number });
        }
        let mut written = Vec::new();
        let mut fingerprints = BTreeMap::new();
        self.write_table(number, &part.runs, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.traces, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.failures, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.parameters, &mut written, &mut fingerprints)?;
        self.write_table(number, &part.timings, &mut written, &mut fingerprints)?;
        let value = Manifest {
            schema_version: SCHEMA_VERSION,
            plan_hash: self.metadata.plan_hash.clone(),
            part: number,
            runs: part.ranges.clone(),
            files: fingerprints,
        };
        let placed = self.place_part(written, &manifest, &value);
        if placed.is_err() {
            // A full disk is not filled further. What cannot be removed is set aside by the next start.
            for table in value.files.keys() {
                let _ = files::remove(&self.part_file(number, table));
            }
        }
        placed
    }

    fn place_part(&self, written: Vec<WrittenFile>, manifest: &Path, value: &Manifest) -> Result<(), RecordsError> {
        written.into_iter().try_for_each(WrittenFile::rename)?;
        // The files' names must be on disk before the manifest vouches for them.
        files::sync_folder(&self.root.join(PARTS))?;
        files::write_json(&self.temporary, manifest, value)
    }

    fn write_table<R: Record>(
        &self,
        number: u32,
        rows: &Frame<R>,
        written: &mut Vec<WrittenFile>,
        fingerprints: &mut BTreeMap<String, Fingerprint>,
    ) -> Result<(), RecordsError> {
        // A table without rows has no file: a part costs one sync per file.
        if rows.rows() == 0 {
            return Ok(());
        }
        let target = self.part_file(number, R::TABLE.name);
        let (file, fingerprint) = self.context().write(target, Purpose::Part, |writer| writer.append(rows.clone()))?;
        written.push(file);
        fingerprints.insert(R::TABLE.name.to_owned(), fingerprint);
        Ok(())
    }

    /// The parts that count. All others are moved to `.set-aside/` and reported as warnings, so that their runs can be
    /// repeated under any number.
    pub fn committed(&self) -> Result<Committed, RecordsError> {
        self.committed_of(|_| true)
    }

    /// The parts that count, where this writer is responsible for the parts of some numbers only: those of others that do
    /// not count may be written at this moment and are neither moved nor reported.
    pub fn committed_of(&self, responsible: impl Fn(u32) -> bool) -> Result<Committed, RecordsError> {
        let mut found = committed::survey(&self.root, &self.metadata.plan_hash)?;
        found.warnings.retain(|warning| responsible(warning.part));
        for warning in &found.warnings {
            self.set_aside(&warning.files)?;
        }
        Ok(found)
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
