//! Who writes to a results folder. One process writes alone, or several as the shards of one division; a lock for each lies in
//! `.locks/`, with the process and its host inside.
//!
//! The lock is the kernel's (`File::try_lock`): it goes with its process, however that ends, so a lock can be left
//! behind as a file only. Where kernels of several hosts do not share locks, the file tells: its owner touches it every
//! `BEAT`, and one that was not touched for `SILENCE` is left behind, by the clock of the file system. Where a file system
//! has no locks at all, a process of this host is looked for by its number and the time at which it was started.

use crate::provenance::timestamp;
use crate::shard::Shard;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// Folder of the locks.
pub const LOCKS: &str = ".locks";
/// Name of the lock of a process that writes alone.
const ALONE: &str = "all";
/// Time between two signs of life.
const BEAT: Duration = Duration::from_secs(10);
/// Time without a sign of life after which a process on another host counts as dead.
const SILENCE: Duration = Duration::from_secs(60);
/// Attempts at a lock that another process may be looking at, or removing, this moment.
const ATTEMPTS: u32 = 20;
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(25);

/// Who wants to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// One process alone.
    Alone,
    /// One of several.
    Shard(Shard),
}

impl Writer {
    /// Name of its lock and of its folder of unfinished files.
    pub fn name(self) -> String {
        match self {
            Self::Alone => ALONE.to_owned(),
            Self::Shard(shard) => shard.writer(),
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        if name == ALONE { Some(Self::Alone) } else { Shard::of_writer(name).map(Self::Shard) }
    }

    /// Whether both may write at once.
    fn agrees(self, other: Self) -> bool {
        matches!((self, other), (Self::Shard(a), Self::Shard(b)) if a.count == b.count && a.index != b.index)
    }
}

/// A process, as it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its host.
    pub host: String,
    /// When it was started, in the ticks of its kernel: another process of the same number has another time.
    pub ticks: Option<u64>,
    /// When it took the lock, RFC 3339.
    pub since: String,
}

impl Holder {
    fn this_process(now: SystemTime) -> Self {
        let pid = std::process::id();
        Self { pid, host: host(), ticks: started(pid), since: timestamp(now) }
    }

    /// Whether such a process lives on this host; `None` if that cannot be found out.
    fn lives_here(&self) -> Option<bool> {
        if self.host != host() || !Path::new("/proc/self/stat").exists() {
            return None;
        }
        Some(self.ticks.is_some() && started(self.pid) == self.ticks)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on host {}, since {}", self.pid, self.host, self.since)
    }
}

/// A lock that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// As whom.
    pub writer: Writer,
    /// Who; `None` if the lock does not say.
    pub holder: Option<Holder>,
}

/// Why a folder cannot be written.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process writes there.
    #[error("{}", busy(folder, held))]
    Busy {
        /// The results folder.
        folder: PathBuf,
        /// The lock in the way.
        held: Held,
    },
    /// The lock cannot be made.
    #[error("cannot lock the results folder: {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn busy(folder: &Path, held: &Held) -> String {
    let whom = match held.writer {
        Writer::Alone => String::new(),
        Writer::Shard(shard) => format!(" as shard {shard}"),
    };
    let who = held.holder.as_ref().map_or_else(|| "another process".to_owned(), ToString::to_string);
    let help = match &held.holder {
        Some(holder) if holder.host != host() => format!(
            "wait for it, or stop it there; if it is dead, its lock is ignored {} s after its last sign of life",
            SILENCE.as_secs()
        ),
        Some(holder) => {
            format!("wait for it, or stop it: kill {}; its runs are kept, and the same command goes on", holder.pid)
        }
        None => "wait for it, or stop it; its runs are kept, and the same command goes on".to_owned(),
    };
    format!(
        "{} is being written{whom}: {who}\n  = help: {help}\n  = help: --out DIR writes elsewhere",
        folder.display()
    )
}

/// A lock that this process has, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Dropped to end the signs of life.
    stop: Option<Sender<()>>,
    beat: Option<JoinHandle<()>>,
}

impl Lock {
    /// Takes the lock of `writer`, if no other process writes what it may write. The folder is created where needed.
    pub fn take(folder: &Path, writer: Writer) -> Result<Self, LockError> {
        let locks = folder.join(LOCKS);
        let path = locks.join(writer.name());
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LockError::File { path, source }
        };
        let busy = |held| LockError::Busy { folder: folder.to_owned(), held };
        let Some(file) = own(&path).map_err(failed(&path))? else {
            return Err(busy(Held { writer, holder: read(&path) }));
        };
        let holder = Holder::this_process(SystemTime::now());
        let text = serde_json::to_string(&holder).unwrap_or_default();
        write(&file, &text).map_err(failed(&path))?;
        let (stop, stopped) = mpsc::channel();
        let beat = thread::spawn(move || {
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                let _ = write(&file, &text);
            }
        });
        // From here on dropping gives it back. First announced, then looked around: of two processes at most one goes on.
        let lock = Self { path, stop: Some(stop), beat: Some(beat) };
        for held in held(folder).map_err(failed(&locks))? {
            if held.writer != writer && !held.writer.agrees(writer) {
                return Err(busy(held));
            }
        }
        Ok(lock)
    }

    /// The results folder was renamed.
    pub fn moved(&mut self, folder: &Path) {
        let name = self.path.file_name().unwrap_or_default().to_owned();
        self.path = folder.join(LOCKS).join(name);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The name goes while the lock is still there: who opened the file before sees that it has no name any more.
        let _ = fs::remove_file(&self.path);
        drop(self.stop.take());
        if let Some(beat) = self.beat.take() {
            let _ = beat.join();
        }
        if let Some(locks) = self.path.parent() {
            let _ = fs::remove_dir(locks);
        }
    }
}

/// The locks that somebody has; files that were left behind are removed.
pub fn held(folder: &Path) -> io::Result<Vec<Held>> {
    let entries = match fs::read_dir(folder.join(LOCKS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let Some(writer) = path.file_name().and_then(|name| name.to_str()).and_then(Writer::of_name) else { continue };
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        let holder = read(&path);
        if is_held(&path, &file, &file.try_lock_shared(), holder.as_ref())? {
            all.push(Held { writer, holder });
        } else if still_named(&path, &file) {
            let _ = fs::remove_file(&path);
        }
    }
    all.sort_by_key(|held| match held.writer {
        Writer::Alone => 0,
        Writer::Shard(shard) => shard.index,
    });
    Ok(all)
}

/// The file with this process's lock on it; `None` if somebody has it.
fn own(path: &Path) -> io::Result<Option<File>> {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        if let Some(locks) = path.parent() {
            fs::create_dir_all(locks)?;
        }
        let file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path) {
            // The last owner of a lock has just removed the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        let holder = read(path);
        if !is_held(path, &file, &file.try_lock(), holder.as_ref())? && still_named(path, &file) {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Whether a process has the lock, by what the kernel said, and what the file says where that is not enough.
fn is_held(path: &Path, file: &File, tried: &Result<(), TryLockError>, holder: Option<&Holder>) -> io::Result<bool> {
    let kernel = match tried {
        Err(TryLockError::WouldBlock) => return Ok(true),
        Ok(()) => true,
        Err(TryLockError::Error(_)) => false,
    };
    let Some(holder) = holder else { return Ok(false) };
    if holder.host == host() {
        return Ok(!kernel && holder.lives_here().unwrap_or(false));
    }
    silence(path, file).map(|silence| silence < SILENCE)
}

/// Time since the last sign of life, by the clock of the file system.
fn silence(path: &Path, file: &File) -> io::Result<Duration> {
    let probe = path.with_file_name(format!("probe-{}", std::process::id()));
    let now = File::create(&probe).and_then(|file| file.metadata()?.modified());
    let _ = fs::remove_file(&probe);
    Ok(now?.duration_since(file.metadata()?.modified()?).unwrap_or_default())
}

/// Whether the name still means this file, and not one that was made after it was removed.
fn still_named(path: &Path, file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let place = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
        matches!((fs::metadata(path), file.metadata()), (Ok(a), Ok(b)) if place(&a) == place(&b))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

fn read(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    File::open(path).ok()?.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write(mut file: &File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// Name of this host.
fn host() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernel.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// When a process of this host was started, in ticks since the kernel was.
fn started(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses that may hold anything; the time is the 22nd.
    text.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(index: u32, count: u32) -> Writer {
        Writer::Shard(Shard { index, count })
    }

    fn write_lock(folder: &Path, name: &str, holder: &Holder) -> PathBuf {
        fs::create_dir_all(folder.join(LOCKS)).unwrap();
        let path = folder.join(LOCKS).join(name);
        fs::write(&path, serde_json::to_string(holder).unwrap()).unwrap();
        path
    }

    #[test]
    fn one_writes_alone_or_the_shards_of_one_division_do() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("x");
        let alone = Lock::take(&folder, Writer::Alone).unwrap();
        let refusal = Lock::take(&folder, Writer::Alone).unwrap_err().to_string();
        assert!(refusal.contains(&format!("process {} on host", std::process::id())), "{refusal}");
        assert!(Lock::take(&folder, shard(1, 2)).is_err());
        drop(alone);
        assert!(!folder.join(LOCKS).exists());
        let first = Lock::take(&folder, shard(1, 2)).unwrap();
        let second = Lock::take(&folder, shard(2, 2)).unwrap();
        let refusal = Lock::take(&folder, shard(2, 3)).unwrap_err().to_string();
        assert!(refusal.contains("as shard 1/2"), "{refusal}");
        assert!(Lock::take(&folder, shard(1, 2)).is_err() && Lock::take(&folder, Writer::Alone).is_err());
        let writers: Vec<Writer> = held(&folder).unwrap().into_iter().map(|held| held.writer).collect();
        assert_eq!(writers, [shard(1, 2), shard(2, 2)]);
        drop((first, second));
        Lock::take(&folder, Writer::Alone).unwrap();
        assert!(!folder.join(LOCKS).exists());
    }

    #[test]
    fn what_a_dead_process_left_is_no_lock() {
        let root = tempfile::tempdir().unwrap();
        let holder = Holder::this_process(SystemTime::now());
        // Of this host: the kernel says that nobody has it.
        for holder in [&holder, &Holder { pid: u32::MAX, ..holder.clone() }] {
            write_lock(root.path(), "all", holder);
            drop(Lock::take(root.path(), Writer::Alone).unwrap());
        }
        // Empty, or cut by a crash.
        fs::create_dir_all(root.path().join(LOCKS)).unwrap();
        fs::write(root.path().join(LOCKS).join("1-of-2"), "{\"pid\": 1").unwrap();
        drop(Lock::take(root.path(), Writer::Alone).unwrap());
        assert!(!root.path().join(LOCKS).exists());
    }

    #[test]
    fn a_process_on_another_host_counts_until_it_is_silent() {
        let root = tempfile::tempdir().unwrap();
        let holder = Holder { host: "elsewhere".to_owned(), ..Holder::this_process(SystemTime::now()) };
        let path = write_lock(root.path(), "1-of-2", &holder);
        let refusal = Lock::take(root.path(), Writer::Alone).unwrap_err().to_string();
        assert!(refusal.contains("on host elsewhere") && refusal.contains("60 s after its last"), "{refusal}");
        assert!(Lock::take(root.path(), shard(1, 2)).is_err());
        drop(Lock::take(root.path(), shard(2, 2)).unwrap());
        let long_ago = SystemTime::now() - SILENCE - Duration::from_secs(1);
        File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        drop(Lock::take(root.path(), shard(1, 2)).unwrap());
    }

    #[test]
    fn another_process_of_the_same_number_is_told_by_its_time() {
        let holder = Holder::this_process(SystemTime::now());
        if holder.ticks.is_some() {
            assert_eq!(holder.lives_here(), Some(true));
            assert_eq!(Holder { ticks: Some(1), ..holder.clone() }.lives_here(), Some(false));
            assert_eq!(Holder { pid: u32::MAX, ..holder.clone() }.lives_here(), Some(false));
        }
        assert_eq!(Holder { host: "elsewhere".to_owned(), ..holder }.lives_here(), None);
    }
}
