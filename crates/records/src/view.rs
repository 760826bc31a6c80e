//! A results folder as a reader sees it, finished or still being written. Nothing in it is changed, and no hash is checked:
//! that is for the writer that goes on.

use crate::columns::Record;
use crate::committed::RunRange;
use crate::compact::MARKER_FILE;
use crate::error::RecordsError;
use crate::files::{self, file_error};
use crate::part_files::{PARTS, Part};
use crate::rows::{FailureRow, ParameterRow, RunRow, TimingRow, TraceRecord};
use crate::table_file::TableReader;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is recorded in a folder at the moment of looking.
#[derive(Clone, Debug)]
pub struct View {
    root: PathBuf,
    /// `None`: the folder is finished, and there is one file per table.
    parts: Option<Vec<PartView>>,
    runs: Vec<RunRange>,
}

#[derive(Clone, Debug)]
struct PartView {
    /// Path of its files up to the name of the table.
    stem: PathBuf,
    manifest: Manifest,
}

/// What a reader needs of a manifest.
#[derive(Clone, Debug, Deserialize)]
struct Manifest {
    runs: Vec<RunRange>,
    files: BTreeMap<String, serde_json::Value>,
}

impl View {
    /// Looks at a folder. One without marker and parts has no runs.
    pub fn open(root: &Path) -> Result<Self, RecordsError> {
        let root = root.to_owned();
        if root.join(MARKER_FILE).exists() {
            let rows = TableReader::<RunRow>::open(root.join(RunRow::TABLE.file_name()))?.rows();
            let last = u32::try_from(rows).unwrap_or(u32::MAX).checked_sub(1);
            return Ok(Self {
                root,
                parts: None,
                runs: last.map(|last| RunRange { first: 0, last }).into_iter().collect(),
            });
        }
        let mut parts = Vec::new();
        for path in manifests(&root.join(PARTS))? {
            match files::read_json(&path) {
                Ok(manifest) => parts.push(PartView { stem: path.with_extension(""), manifest }),
                // Neither a damaged manifest nor one that is gone by now says anything about runs.
                Err(RecordsError::Json { .. }) => {}
                Err(RecordsError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let mut runs: Vec<RunRange> = parts.iter().flat_map(|part| &part.manifest.runs).copied().collect();
        runs.sort_by_key(|range| range.first);
        Ok(Self { root, parts: Some(parts), runs })
    }

    /// Whether the sweep is finished.
    pub fn is_complete(&self) -> bool {
        self.parts.is_none()
    }

    /// The runs that are recorded, ascending.
    pub fn runs(&self) -> &[RunRange] {
        &self.runs
    }

    /// How many.
    pub fn count(&self) -> u32 {
        self.runs.iter().map(|range| range.last - range.first + 1).sum()
    }

    /// Whether a run is among them.
    pub fn contains(&self, run: u32) -> bool {
        self.runs.iter().any(|range| (range.first..=range.last).contains(&run))
    }

    /// The rows of some runs in all tables that belong to runs, each in the order of its key.
    pub fn read(&self, runs: &BTreeSet<u32>) -> Result<Part, RecordsError> {
        self.again_if_finished(|view| view.read_now(runs))
    }

    /// The runs with that id, ascending.
    pub fn find(&self, run_id: u64) -> Result<Vec<u32>, RecordsError> {
        let found = self.again_if_finished(|view| {
            let mut found = Vec::new();
            for path in view.files::<RunRow>(None) {
                let mut reader = TableReader::<RunRow>::open(path)?;
                while let Some(rows) = reader.next_group(None)? {
                    found.extend(rows.iter().filter(|row| row.run_id == run_id).map(|row| row.run));
                }
            }
            Ok(found)
        });
        found.map(|mut found| {
            found.sort_unstable();
            found
        })
    }

    /// The parts go when a sweep is finished: then the final files say the same.
    fn again_if_finished<T>(&self, read: impl Fn(&Self) -> Result<T, RecordsError>) -> Result<T, RecordsError> {
        match read(self) {
            Err(RecordsError::File { .. }) if !self.is_complete() && self.root.join(MARKER_FILE).exists() => {
                read(&Self::open(&self.root)?)
            }
            result => result,
        }
    }

    fn read_now(&self, runs: &BTreeSet<u32>) -> Result<Part, RecordsError> {
        Ok(Part {
            runs: self.rows(runs, |row: &RunRow| row.run)?,
            traces: self.rows(runs, |record: &TraceRecord| record.run)?,
            failures: self.rows(runs, |row: &FailureRow| row.run)?,
            parameters: self.rows(runs, |row: &ParameterRow| row.run)?,
            timings: self.rows(runs, |row: &TimingRow| row.run)?,
        })
    }

    fn rows<R: Record>(&self, runs: &BTreeSet<u32>, run: fn(&R) -> u32) -> Result<Vec<R>, RecordsError> {
        let mut chosen = Vec::new();
        for path in self.files::<R>(Some(runs)) {
            let mut reader = TableReader::<R>::open(path)?;
            while let Some(rows) = reader.next_group(Some(runs))? {
                chosen.extend(rows.into_iter().filter(|row| runs.contains(&run(row))));
            }
        }
        // Parts may have been written in any order; within a run the order is that of the key.
        chosen.sort_by_key(run);
        Ok(chosen)
    }

    /// The files of a table, those of parts only if they may hold one of the runs.
    fn files<R: Record>(&self, runs: Option<&BTreeSet<u32>>) -> Vec<PathBuf> {
        let Some(parts) = &self.parts else { return vec![self.root.join(R::TABLE.file_name())] };
        let touches = |part: &&PartView| {
            runs.is_none_or(|runs| {
                part.manifest.runs.iter().any(|range| runs.range(range.first..=range.last).next().is_some())
            })
        };
        let holds = |part: &&PartView| part.manifest.files.contains_key(R::TABLE.name);
        let file = |part: &PartView| part.stem.with_extension(format!("{}.parquet", R::TABLE.name));
        parts.iter().filter(holds).filter(touches).map(file).collect()
    }
}

/// The manifests in a folder, in order of their names; no folder has none.
fn manifests(folder: &Path) -> Result<Vec<PathBuf>, RecordsError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(file_error("list", folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(file_error("list", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
