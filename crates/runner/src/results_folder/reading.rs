//! Whether a folder has results to be read: what every command asks that reads one.

use super::{PLAN_FILE, recorded_hash};
use crate::exit::Refused;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is nothing to read in a folder.
#[derive(Debug, Error)]
pub enum NoResults {
    /// It does not exist.
    #[error("{} does not exist{EXPECTED}", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// It is a file.
    #[error("{} is a file{EXPECTED}", folder.display())]
    File {
        /// The file.
        folder: PathBuf,
    },
    /// It was not made by a sweep.
    #[error("{} is no results folder: it has no {PLAN_FILE} of a sweep{EXPECTED}", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// The system does not let it be read.
    #[error("the results folder {} cannot be read: {source} ({PLAN_FILE})", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The sweep has not ended.
    #[error(
        "the sweep in {} is not finished, so there are no tables yet\n  = help: `runner status {0}` says what is done and how to go on",
        folder.display()
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
    },
}

/// What a command needs that reads.
const EXPECTED: &str = "\n  = help: expected a results folder, results/NAME or that of --out; `runner CONFIG.toml` makes one and says where";

/// The hash of the plan in a folder that a sweep has made, finished or not. Everything else is refused.
pub fn of_a_sweep(folder: &Path) -> Result<String, Refused> {
    let owned = || folder.to_owned();
    let refused = |why: NoResults| Err(Refused(why.into()));
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return refused(NoResults::Missing { folder: owned() });
        }
        Ok(metadata) if !metadata.is_dir() => return refused(NoResults::File { folder: owned() }),
        // What else is wrong, reading says.
        _ => {}
    }
    match fs::read_to_string(folder.join(PLAN_FILE)).map(|text| recorded_hash(&text)) {
        Ok(hash) if !hash.is_empty() => Ok(hash),
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            refused(NoResults::Unreadable { folder: owned(), source })
        }
        _ => refused(NoResults::Foreign { folder: owned() }),
    }
}

/// Refuses everything but a folder with the tables of a finished sweep; the plan need not be there.
pub fn of_a_finished_sweep(folder: &Path) -> Result<(), Refused> {
    if folder.join(records::schema::RUNS.file_name()).exists() {
        return Ok(());
    }
    of_a_sweep(folder)?;
    Err(Refused(NoResults::Unfinished { folder: folder.to_owned() }.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sweep_has_made_is_known_by_its_plan() {
        let root = tempfile::tempdir().unwrap();
        let plan = root.path().join(PLAN_FILE);
        let told = || of_a_sweep(root.path()).map_err(|refused| refused.to_string());
        assert!(told().unwrap_err().contains("it has no plan.toml of a sweep"));
        fs::write(&plan, "chapters = 3\n").unwrap();
        assert!(told().unwrap_err().contains("it has no plan.toml of a sweep"));
        fs::write(&plan, b"\xff").unwrap();
        assert!(told().unwrap_err().contains("cannot be read: "));
        fs::write(&plan, "# What was run. Plan hash: aa\nname = \"x\"\n").unwrap();
        assert_eq!(told(), Ok("aa".to_owned()));
        let unfinished = of_a_finished_sweep(root.path()).unwrap_err().to_string();
        assert!(unfinished.contains("is not finished") && unfinished.contains("runner status "), "{unfinished}");
        fs::write(root.path().join("runs.parquet"), "").unwrap();
        assert!(of_a_finished_sweep(root.path()).is_ok());
    }
}
