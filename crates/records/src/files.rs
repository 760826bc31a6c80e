//! Files that are there whole or not at all, with their lengths and hashes.
//!
//! A file is written under `.tmp/`, flushed and synced, then renamed to its place, and the folder of that place is
//! synced. The temporary folder is hidden and apart from the data, so that no reader of `*.parquet` meets half a file.

use crate::error::RecordsError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Name of the folder for unfinished files.
pub(crate) const TEMPORARY: &str = ".tmp";

/// What a file must be to count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// Rows of the table.
    pub rows: u64,
    /// Length.
    pub bytes: u64,
    /// XXH3 of 128 bits in hexadecimal digits: it tells damage, for a tenth of the time of a cryptographic hash.
    pub xxh3: String,
}

/// Bytes of a growing file that may wait for the disk. Otherwise all would wait until the end, and the sweep for them.
const WAITING_BYTES: u64 = 1 << 24;

/// Turns an error of the operating system into ours.
pub(crate) fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RecordsError {
    move |source| RecordsError::File { action, path: path.to_owned(), source }
}

fn hexadecimal(hash: &Xxh3) -> String {
    format!("{:032x}", hash.digest128())
}

/// The name of an unfinished file. Dropped, it takes the file with it, so that an error on a full disk gives the space
/// back; what a crash leaves, the next start removes.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A file under `.tmp/` that is hashed as it is written. It gets its name by [`finish`](Self::finish) and
/// [`rename`](WrittenFile::rename); dropped before that, it leaves nothing.
pub(crate) struct PendingFile {
    file: BufWriter<File>,
    hash: Box<Xxh3>,
    bytes: u64,
    /// How many of the bytes were sent to the disk ([`WAITING_BYTES`]).
    synced: u64,
    temporary: Temporary,
    target: PathBuf,
}

/// A written and synced file that still lacks its name.
pub(crate) struct WrittenFile {
    temporary: Temporary,
    target: PathBuf,
    pub bytes: u64,
    pub xxh3: String,
}

impl PendingFile {
    /// A file that will be `target`, written in the folder `temporary` of the same file system.
    pub fn create(temporary: &Path, target: PathBuf) -> Result<Self, RecordsError> {
        fs::create_dir_all(temporary).map_err(file_error("create", temporary))?;
        let path = temporary.join(target.file_name().expect("a file has a name"));
        let file = File::create(&path).map_err(file_error("create", &path))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { file, hash: Box::default(), bytes: 0, synced: 0, temporary: Temporary(path), target })
    }

    /// Where the bytes are until the file has its name.
    pub fn temporary(&self) -> &Path {
        &self.temporary.0
    }

    /// Brings all bytes to the disk.
    pub fn finish(mut self) -> Result<WrittenFile, RecordsError> {
        self.file.flush().map_err(file_error("write", &self.temporary.0))?;
        self.file.get_ref().sync_all().map_err(file_error("sync", &self.temporary.0))?;
        Ok(WrittenFile {
            temporary: self.temporary,
            target: self.target,
            bytes: self.bytes,
            xxh3: hexadecimal(&self.hash),
        })
    }
}

impl Write for PendingFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        if self.bytes - self.synced >= WAITING_BYTES {
            self.file.get_ref().sync_data()?;
            self.synced = self.bytes;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl WrittenFile {
    /// Gives the file its name. The folder must be synced afterwards.
    pub fn rename(self) -> Result<(), RecordsError> {
        fs::rename(&self.temporary.0, &self.target).map_err(file_error("rename a temporary file to", &self.target))
    }
}

/// Makes renames in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), RecordsError> {
    // Only Unix opens folders as files; elsewhere the file system orders renames itself.
    if cfg!(unix) {
        let handle = File::open(folder).map_err(file_error("open", folder))?;
        handle.sync_all().map_err(file_error("sync", folder))?;
    }
    Ok(())
}

/// Writes a value as JSON, whole or not at all.
pub(crate) fn write_json(temporary: &Path, target: &Path, value: &impl Serialize) -> Result<(), RecordsError> {
    let mut file = PendingFile::create(temporary, target.to_owned())?;
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|source| RecordsError::Json { path: target.to_owned(), source })?;
    text.push(b'\n');
    file.write_all(&text).map_err(file_error("write", target))?;
    file.finish()?.rename()?;
    sync_folder(target.parent().unwrap_or(Path::new(".")))
}

/// Reads a value from JSON.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, RecordsError> {
    let text = fs::read(path).map_err(file_error("read", path))?;
    serde_json::from_slice(&text).map_err(|source| RecordsError::Json { path: path.to_owned(), source })
}

/// Whether the file is there with that length and hash. A missing file is no error.
pub(crate) fn agrees(path: &Path, expected: &Fingerprint) -> Result<bool, RecordsError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() != expected.bytes => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(file_error("read", path)(error)),
    }
    let mut file = File::open(path).map_err(file_error("open", path))?;
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).map_err(file_error("read", path))? {
            0 => return Ok(hexadecimal(&hash) == expected.xxh3),
            length => hash.update(&buffer[..length]),
        }
    }
}

/// Removes a file or a folder with all in it; nothing there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), RecordsError> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error("remove", path)(error)),
        _ => Ok(()),
    }
}
