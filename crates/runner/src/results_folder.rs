//! The results folder before the first run: what it holds, and whether it can be written. Nothing is changed here but by
//! [`prepare`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Name of the resolved plan.
pub const PLAN_FILE: &str = "plan.toml";
/// Name of the config as typed.
pub const CONFIG_FILE: &str = "config.toml";
/// Folder of unfinished files, which counts as nothing.
const TEMPORARY: &str = ".tmp";
/// What stands before the hash in [`PLAN_FILE`].
const HASH_MARK: &str = "Plan hash: ";

/// What a results folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or it is not there.
    Nothing,
    /// Results that are to be moved aside.
    MoveAside,
    /// Some of the runs of this plan.
    Unfinished,
    /// All of them.
    Complete,
}

/// Why a results folder cannot be used.
#[derive(Debug, Error)]
pub enum Refusal {
    /// It belongs to another plan.
    #[error(
        "{} holds the results of another plan\n  = note: its plan hash is {found:.16}…, that of this config {expected:.16}…\n  \
         = help: --fresh moves the old results aside and starts anew; --out DIR writes elsewhere",
        folder.display()
    )]
    OtherPlan {
        /// The folder.
        folder: PathBuf,
        /// Hash of its plan.
        found: String,
        /// Hash of the plan that was to run.
        expected: String,
    },
    /// It holds something else.
    #[error("{} is not empty and has no {PLAN_FILE}, so it is no results folder\n  = help: --out DIR writes elsewhere", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be read or written.
    #[error("the results folder {} cannot be written: {source} ({})\n  = help: --out DIR writes elsewhere", folder.display(), at.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Where it was tried.
        at: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Looks at the folder without changing it (a test file comes and goes).
pub fn examine(folder: &Path, plan_hash: &str, fresh: bool) -> Result<Found, Refusal> {
    let unwritable = |at: &Path| {
        let (folder, at) = (folder.to_owned(), at.to_owned());
        move |source| Refusal::Unwritable { folder, at, source }
    };
    let existing = nearest_existing(folder);
    let inside = if existing == folder { folder } else { existing.as_path() };
    let metadata = fs::metadata(inside).map_err(unwritable(inside))?;
    if !metadata.is_dir() {
        return Err(unwritable(inside)(io::Error::other("it is a file, not a folder")));
    }
    try_writing(inside).map_err(unwritable(inside))?;
    if inside != folder {
        return Ok(Found::Nothing);
    }
    let entries = fs::read_dir(folder).map_err(unwritable(folder))?;
    let counts = |entry: &io::Result<fs::DirEntry>| entry.as_ref().map_or(true, |entry| entry.file_name() != TEMPORARY);
    if !entries.into_iter().any(|entry| counts(&entry)) {
        return Ok(Found::Nothing);
    }
    let Ok(text) = fs::read_to_string(folder.join(PLAN_FILE)) else {
        return Err(Refusal::Foreign { folder: folder.to_owned() });
    };
    if fresh {
        return Ok(Found::MoveAside);
    }
    let found = recorded_hash(&text);
    if found != plan_hash {
        return Err(Refusal::OtherPlan { folder: folder.to_owned(), found, expected: plan_hash.to_owned() });
    }
    match records::is_complete(folder, plan_hash) {
        Ok(true) => Ok(Found::Complete),
        Ok(false) => Ok(Found::Unfinished),
        Err(error) => Err(unwritable(folder)(io::Error::other(error))),
    }
}

/// The hash in the head of a plan file.
fn recorded_hash(text: &str) -> String {
    let hash = text.lines().next().and_then(|line| line.split(HASH_MARK).nth(1));
    hash.unwrap_or_default().trim().to_owned()
}

fn nearest_existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    if folder.exists() {
        return folder.to_owned();
    }
    absolute.ancestors().find(|path| path.exists()).map_or(absolute.clone(), Path::to_owned)
}

fn try_writing(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".runner-write-test-{}", std::process::id()));
    fs::File::create_new(&path)?;
    fs::remove_file(&path)
}

/// Makes the folder ready: moves old results aside if asked for, creates it, writes plan and config. Returns where the
/// old results went.
pub fn prepare(folder: &Path, found: &Found, plan: &str, config: &str) -> io::Result<Option<PathBuf>> {
    let aside = match found {
        Found::MoveAside => Some(move_aside(folder)?),
        _ => None,
    };
    fs::create_dir_all(folder)?;
    // The plan is the first thing in the folder: whatever is interrupted later, the folder is known as ours.
    write_whole(folder, PLAN_FILE, plan)?;
    write_whole(folder, CONFIG_FILE, config)?;
    Ok(aside)
}

fn write_whole(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let temporary = folder.join(TEMPORARY);
    fs::create_dir_all(&temporary)?;
    let written = temporary.join(name);
    let mut file = fs::File::create(&written)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&written, folder.join(name))
}

fn move_aside(folder: &Path) -> io::Result<PathBuf> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..u32::MAX).map(|i| folder.with_file_name(format!("{name}.old-{i}"))).find(|path| !path.exists());
    let target = free.ok_or_else(|| io::Error::other("no free name for the old results"))?;
    fs::rename(folder, &target)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_text(hash: &str) -> String {
        format!("# What was run. {HASH_MARK}{hash}\nname = \"x\"\n")
    }

    #[test]
    fn old_results_are_moved_aside_and_never_deleted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("x");
        assert_eq!(examine(&folder, "aa", false).unwrap(), Found::Nothing);
        prepare(&folder, &Found::Nothing, &plan_text("aa"), "").unwrap();
        assert_eq!(examine(&folder, "aa", false).unwrap(), Found::Unfinished);
        let refusal = examine(&folder, "bb", false).unwrap_err().to_string();
        assert!(refusal.contains("another plan") && refusal.contains("--fresh"), "{refusal}");
        for i in 1..=2 {
            assert_eq!(examine(&folder, "bb", true).unwrap(), Found::MoveAside);
            let aside = prepare(&folder, &Found::MoveAside, &plan_text("bb"), "").unwrap();
            assert_eq!(aside, Some(root.path().join(format!("x.old-{i}"))));
        }
        let first = fs::read_to_string(root.path().join("x.old-1").join(PLAN_FILE)).unwrap();
        assert_eq!(recorded_hash(&first), "aa");
    }

    #[test]
    fn foreign_folders_and_files_are_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.tex"), "x").unwrap();
        assert!(matches!(examine(root.path(), "aa", true), Err(Refusal::Foreign { .. })));
        let below_a_file = root.path().join("thesis.tex").join("results");
        assert!(matches!(examine(&below_a_file, "aa", false), Err(Refusal::Unwritable { .. })));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
