//! The results folder before the first run: what it holds, whether it can be written, and the lock on it; and (`reading`) whether a
//! folder has results to be read. A folder that is refused is left as it was.

mod reading;

pub use reading::{NoResults, of_a_finished_sweep, of_a_sweep};

use crate::lock::{LOCKS, Lock, LockError, Writer};
use crate::plan::difference;
use std::fmt::Write as _;
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
/// What the name of the file begins with that shows whether a folder can be written.
const WRITE_TEST: &str = ".runner-write-test-";
/// What stands before the hash in [`PLAN_FILE`].
const HASH_MARK: &str = "Plan hash: ";

/// What a results folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        "{} holds the results of another plan\n{}  \
         = help: --fresh moves the old results aside and starts anew; --out DIR writes elsewhere",
        folder.display(), notes(changes)
    )]
    OtherPlan {
        /// The folder.
        folder: PathBuf,
        /// What is different in this config.
        changes: Vec<String>,
    },
    /// Another process writes there.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// Results cannot be moved aside by one of several processes.
    #[error(
        "--fresh cannot be combined with --shard: it would move aside what the other shards have written\n  \
         = help: move {} away by hand, then start all shards", folder.display()
    )]
    FreshShard {
        /// The folder.
        folder: PathBuf,
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

fn notes(changes: &[String]) -> String {
    let mut text = String::from("  = note: what is different (old → new):\n");
    for change in changes {
        let _ = writeln!(text, "          {change}");
    }
    text
}

/// A folder that this process may write.
#[derive(Debug)]
pub struct Opened {
    /// What it holds.
    pub found: Found,
    /// The lock on it; `None` if it holds all runs, and nothing is to be written.
    pub lock: Option<Lock>,
    /// Where the old results went.
    pub aside: Option<PathBuf>,
}

/// Looks at the folder, locks it for `writer`, and moves old results aside if asked for. `plan` is the text of the plan file.
pub fn open(folder: &Path, plan: &str, fresh: bool, writer: Writer) -> Result<Opened, Refusal> {
    let folder_of = || folder.to_owned();
    let mut found = examine(folder, plan, fresh)?;
    if found == Found::Complete {
        tidy(folder);
        return Ok(Opened { found, lock: None, aside: None });
    }
    if found == Found::MoveAside && writer != Writer::Alone {
        return Err(Refusal::FreshShard { folder: folder_of() });
    }
    let mut lock = Lock::take(folder, writer)?;
    let mut aside = None;
    if found == Found::MoveAside {
        let target = move_aside(folder).map_err(|source| Refusal::Unwritable {
            folder: folder_of(),
            at: folder_of(),
            source,
        })?;
        lock.moved(&target);
        drop(lock);
        lock = Lock::take(folder, writer)?;
        aside = Some(target);
    }
    // Another process may have written, or finished, since.
    found = examine(folder, plan, false)?;
    let lock = (found != Found::Complete).then_some(lock);
    Ok(Opened { found, lock, aside })
}

/// Removes what a crash after the last table left in a complete folder. It does no harm there, so errors are dropped.
pub fn tidy(folder: &Path) {
    let left = records::has_leftovers(folder) || folder.join(LOCKS).exists();
    // Who has the lock is about to do it.
    if left && let Ok(_lock) = Lock::take(folder, Writer::Alone) {
        let _ = records::remove_leftovers(folder);
    }
}

/// Looks at the folder without changing it (a test file comes and goes).
pub fn examine(folder: &Path, plan: &str, fresh: bool) -> Result<Found, Refusal> {
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
    // What another process that begins this moment may have there before the plan.
    let ours = |name: &str| name == TEMPORARY || name == LOCKS || name.starts_with(WRITE_TEST);
    let counts = |entry: &io::Result<fs::DirEntry>| {
        entry.as_ref().map_or(true, |entry| !entry.file_name().to_str().is_some_and(ours))
    };
    if !entries.into_iter().any(|entry| counts(&entry)) {
        return Ok(Found::Nothing);
    }
    let Ok(text) = fs::read_to_string(folder.join(PLAN_FILE)) else {
        return Err(Refusal::Foreign { folder: folder.to_owned() });
    };
    if fresh {
        return Ok(Found::MoveAside);
    }
    let plan_hash = recorded_hash(plan);
    if recorded_hash(&text) != plan_hash {
        return Err(Refusal::OtherPlan { folder: folder.to_owned(), changes: difference::lines(&text, plan) });
    }
    match records::is_complete(folder, &plan_hash) {
        Ok(true) => Ok(Found::Complete),
        Ok(false) => Ok(Found::Unfinished),
        Err(error) => Err(unwritable(folder)(io::Error::other(error))),
    }
}

/// The hash in the head of a plan file.
pub fn recorded_hash(text: &str) -> String {
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
    let path = folder.join(format!("{WRITE_TEST}{}", std::process::id()));
    fs::File::create_new(&path)?;
    removed(&path)
}

/// Removes a file that somebody else may have removed.
fn removed(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes what processes left that were killed while they tried to write.
fn remove_write_tests(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(WRITE_TEST)) {
            removed(&path)?;
        }
    }
    Ok(())
}

/// Writes plan and config into a folder that is locked.
pub fn prepare(folder: &Path, plan: &str, config: &str, writer: Writer) -> Result<(), Refusal> {
    let write = |name: &str, text: &str| {
        write_whole(folder, &writer.name(), name, text).map_err(|source| Refusal::Unwritable {
            folder: folder.to_owned(),
            at: folder.join(name),
            source,
        })
    };
    let refused = |source| Refusal::Unwritable { folder: folder.to_owned(), at: folder.to_owned(), source };
    remove_write_tests(folder).map_err(refused)?;
    // The plan is the first thing in the folder: whatever is interrupted later, the folder is known as ours.
    write(PLAN_FILE, plan)?;
    // Of two shards with different configs that begin at once, the second one stops here.
    examine(folder, plan, false)?;
    if !folder.join(CONFIG_FILE).exists() {
        write(CONFIG_FILE, config)?;
    }
    Ok(())
}

/// Writes a file, whole or not at all, if there is none.
fn write_whole(folder: &Path, writer: &str, name: &str, text: &str) -> io::Result<()> {
    let target = folder.join(name);
    if target.exists() {
        return Ok(());
    }
    let temporary = folder.join(TEMPORARY).join(writer);
    fs::create_dir_all(&temporary)?;
    let written = temporary.join(name);
    let mut file = fs::File::create(&written)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    // Unlike a rename, a link never replaces what another process has just written; not all file systems have it.
    match fs::hard_link(&written, &target) {
        Err(_) if !target.exists() => fs::rename(&written, &target),
        _ => fs::remove_file(&written),
    }
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

    fn plan_text(hash: &str, seed: u32) -> String {
        format!("# What was run. {HASH_MARK}{hash}\nname = \"x\"\nseed = {seed}\n")
    }

    #[test]
    fn old_results_are_moved_aside_and_never_deleted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("x");
        let (first, second) = (plan_text("aa", 1), plan_text("bb", 2));
        let opened = open(&folder, &first, false, Writer::Alone).unwrap();
        assert_eq!(opened.found, Found::Nothing);
        prepare(&folder, &first, "", Writer::Alone).unwrap();
        let busy = open(&folder, &first, false, Writer::Alone).unwrap_err();
        assert!(matches!(busy, Refusal::Locked(LockError::Busy { .. })), "{busy}");
        drop(opened);
        assert_eq!(examine(&folder, &first, false).unwrap(), Found::Unfinished);
        let refusal = open(&folder, &second, false, Writer::Alone).unwrap_err().to_string();
        for words in ["another plan", "--fresh", "seed: 1 → 2"] {
            assert!(refusal.contains(words), "{words}: {refusal}");
        }
        for i in 1..=2 {
            let opened = open(&folder, &second, true, Writer::Alone).unwrap();
            assert_eq!((opened.found, opened.aside), (Found::Nothing, Some(root.path().join(format!("x.old-{i}")))));
            assert!(!root.path().join(format!("x.old-{i}")).join(LOCKS).exists());
            prepare(&folder, &second, "", Writer::Alone).unwrap();
        }
        let kept = fs::read_to_string(root.path().join("x.old-1").join(PLAN_FILE)).unwrap();
        assert_eq!(recorded_hash(&kept), "aa");
        let shard = Writer::Shard("1/2".parse().unwrap());
        assert!(matches!(open(&folder, &second, true, shard), Err(Refusal::FreshShard { .. })));
    }

    /// Two shards of different configs begin in the same moment: both found an empty folder.
    #[test]
    fn of_two_plans_in_one_folder_the_second_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (plan_text("aa", 1), plan_text("bb", 2));
        let writers = [Writer::Shard("1/2".parse().unwrap()), Writer::Shard("2/2".parse().unwrap())];
        let _one = open(root.path(), &first, false, writers[0]).unwrap();
        let _two = open(root.path(), &second, false, writers[1]).unwrap();
        prepare(root.path(), &first, "", writers[0]).unwrap();
        assert!(matches!(prepare(root.path(), &second, "", writers[1]), Err(Refusal::OtherPlan { .. })));
        assert_eq!(fs::read_to_string(root.path().join(PLAN_FILE)).unwrap(), first);
    }

    #[test]
    fn foreign_folders_and_files_are_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let plan = plan_text("aa", 1);
        // Another shard begins in the same moment.
        fs::write(root.path().join(format!("{WRITE_TEST}1")), "").unwrap();
        assert_eq!(examine(root.path(), &plan, false).unwrap(), Found::Nothing);
        remove_write_tests(root.path()).unwrap();
        fs::write(root.path().join("thesis.tex"), "x").unwrap();
        assert!(matches!(open(root.path(), &plan, true, Writer::Alone), Err(Refusal::Foreign { .. })));
        let below_a_file = root.path().join("thesis.tex").join("results");
        assert!(matches!(open(&below_a_file, &plan, false, Writer::Alone), Err(Refusal::Unwritable { .. })));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
