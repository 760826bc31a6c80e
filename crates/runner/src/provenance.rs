//! Where results come from: program, machine, time. Everything here may differ between two runs of the same config and
//! goes to provenance.json and log.jsonl, never into a table.

use crate::plan::Plan;
use crate::seeds;
use linalg::Level;
use records::{Metadata, Provenance};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// The generator behind data and starts.
const GENERATOR: &str = "ChaCha8Rng";
/// Version of its crate.
const GENERATOR_VERSION: &str = "rand_chacha 0.10";
/// The versions of all dependencies.
const LOCK_FILE: &str = include_str!("../../../Cargo.lock");
/// The crates that numbers and files depend on.
const CRATES: [&str; 9] =
    ["faer", "gemm", "nano-gemm", "polars", "pulp", "rand", "rand_chacha", "rand_distr", "zstd-sys"];

/// What config and data determine; every table states it.
pub fn metadata(plan: &Plan) -> Metadata {
    let fingerprint = |dataset: &crate::plan::DatasetPlan| match &dataset.fingerprint {
        Some(values) => values.clone(),
        None => format!("recipe {}", seeds::hex(&seeds::digest(&dataset.source))),
    };
    Metadata {
        plan_hash: plan.hash(),
        rng: GENERATOR.to_owned(),
        rng_version: GENERATOR_VERSION.to_owned(),
        datasets: plan.datasets.iter().map(|dataset| (dataset.name.clone(), fingerprint(dataset))).collect(),
    }
}

/// What the command line said about the config.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// The file.
    pub config: Option<&'a Path>,
    /// `KEY=VALUE`.
    pub overrides: &'a [String],
}

/// Everything that can be found out at the start of a sweep.
pub fn provenance(plan: &Plan, origin: &Origin<'_>, threads: usize, level: Level) -> Provenance {
    let metadata = metadata(plan);
    let text = origin.config.and_then(|path| std::fs::read(path).ok());
    Provenance {
        simd: Some(level.name()),
        threads,
        lanes: plan.datasets.iter().map(|dataset| dataset.lanes as usize).max().unwrap_or(1),
        datasets: metadata.datasets,
        rng: metadata.rng,
        rng_version: metadata.rng_version,
        started: Some(timestamp(SystemTime::now())),
        command: std::env::args().collect(),
        plan_hash: metadata.plan_hash,
        config: origin.config.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
        config_sha256: text.map(|bytes| seeds::hex(&Sha256::digest(bytes))),
        overrides: origin.overrides.to_vec(),
        ..program()
    }
}

/// The program and the machine, without a sweep.
pub fn program() -> Provenance {
    let git = |arguments: &[&str]| sources_are_those_of_the_program().then(|| git(arguments)).flatten();
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: git(&["rev-parse", "HEAD"]),
        git_dirty: git(&["status", "--porcelain", "--untracked-files=no"]).map(|changes| !changes.is_empty()),
        cargo_lock_sha256: Some(seeds::hex(&Sha256::digest(LOCK_FILE))),
        crates: versions(LOCK_FILE),
        rustc: option_env!("RUNNER_RUSTC_VERSION").map(str::to_owned),
        cpu: cpu_model(),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        ..Provenance::default()
    }
}

/// What an interrupted sweep left that still holds when it goes on.
pub fn go_on(now: &mut Provenance, earlier: Provenance) {
    now.started = earlier.started;
    now.simd_before = earlier.simd_before;
    let other = earlier.simd.filter(|simd| now.simd.as_ref() != Some(simd) && !now.simd_before.contains(simd));
    now.simd_before.extend(other);
}

/// What to say if the recorded runs were computed by another build of the program: numbers may differ in their last bits.
pub fn other_program(now: &Provenance, earlier: &Provenance) -> Option<String> {
    let short =
        |commit: &Option<String>| commit.as_deref().map_or_else(|| "unknown".to_owned(), |id| format!("{id:.12}"));
    let (here, there) = (short(&now.git_commit), short(&earlier.git_commit));
    let what = if here != there {
        format!("of commit {there}, this one is {here}")
    } else if now.cargo_lock_sha256 != earlier.cargo_lock_sha256 {
        "with other dependencies".to_owned()
    } else if now.rustc != earlier.rustc {
        "by another compiler".to_owned()
    } else {
        return None;
    };
    Some(format!("the recorded runs were computed by a program {what}; --fresh computes all runs with this one"))
}

/// The versions of [`CRATES`] in a lock file.
fn versions(lock: &str) -> BTreeMap<String, String> {
    let quoted = |line: &str, key: &str| Some(line.strip_prefix(key)?.trim_matches('"').to_owned());
    let mut lines = lock.lines().peekable();
    let mut found = BTreeMap::new();
    while let Some(line) = lines.next() {
        if let Some(name) = quoted(line, "name = ")
            && CRATES.contains(&name.as_str())
            && let Some(version) = lines.peek().and_then(|line| quoted(line, "version = "))
        {
            found.insert(name, version);
        }
    }
    found
}

/// Whether the folder of the sources still holds what this program was made from. Cargo lists that beside the program; a program
/// that was copied or installed has no list, and one that is older than its sources was not made from these.
fn sources_are_those_of_the_program() -> bool {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let current = || {
        let program = std::env::current_exe().ok()?;
        let built = modified(&program)?;
        let list = std::fs::read_to_string(program.with_extension("d")).ok()?;
        let sources = made_from(&list);
        Some(!sources.is_empty() && sources.iter().all(|path| modified(path).is_some_and(|changed| changed <= built)))
    };
    current().unwrap_or(false)
}

/// The files in a list of dependencies in the manner of make: `target: file file`, blanks in names behind a backslash.
fn made_from(list: &str) -> Vec<PathBuf> {
    let files = list.lines().filter_map(|line| line.split_once(": ")).map(|(_, files)| files.replace("\\ ", "\0"));
    files
        .flat_map(|files| files.split_whitespace().map(|file| file.replace('\0', " ").into()).collect::<Vec<_>>())
        .collect()
}

/// The output of a git command in the folder of the sources; `None` without git or repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(env!("CARGO_MANIFEST_DIR")).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn cpu_model() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim().to_owned())
}

/// A point in time in RFC 3339 (UTC, seconds).
pub fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Date of a day since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// `log.jsonl`: what happened when, one JSON object a line.
#[derive(Debug)]
pub struct Log(Mutex<File>);

impl Log {
    /// Opens the log of a results folder; an interrupted sweep appends.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(folder.join("log.jsonl")).map(|file| Self(Mutex::new(file)))
    }

    /// Adds a line. A log that cannot be written is no reason to lose a sweep: the error is dropped.
    pub fn line(&self, event: &str, details: Value) {
        let mut entry = json!({ "time": timestamp(SystemTime::now()), "event": event });
        if let (Value::Object(entry), Value::Object(details)) = (&mut entry, details) {
            entry.extend(details);
        }
        // In one piece: several processes may append.
        let line = format!("{entry}\n");
        if let Ok(mut file) = self.0.lock() {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn another_program_is_named() {
        let here = Provenance { git_commit: Some("4374b2d0".repeat(5)), ..Provenance::default() };
        assert_eq!(other_program(&here, &here), None);
        let told = other_program(&here, &Provenance::default()).unwrap();
        assert!(told.contains("of commit unknown, this one is 4374b2d04374;"), "{told}");
        let there = Provenance { rustc: Some("rustc 1.0".to_owned()), ..here.clone() };
        assert!(other_program(&here, &there).unwrap().contains("another compiler"));
    }

    #[test]
    fn sources_are_read_from_the_list_of_cargo() {
        let list = "/a/target/debug/runner: /a/src/main.rs /a/my\\ crate/lib.rs\n\n/a/src/main.rs:\n";
        assert_eq!(made_from(list), [Path::new("/a/src/main.rs"), Path::new("/a/my crate/lib.rs")]);
        assert!(made_from("").is_empty());
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        let found = versions(LOCK_FILE);
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), CRATES);
        let generator = format!("rand_chacha {}", found["rand_chacha"]);
        assert!(
            generator.starts_with(&format!("{GENERATOR_VERSION}.")),
            "tables state {GENERATOR_VERSION}, not {generator}"
        );
    }

    #[test]
    fn going_on_keeps_the_beginning_and_every_instruction_set() {
        let earlier = |simd: &str, before: &[&str]| Provenance {
            started: Some("then".to_owned()),
            simd: Some(simd.to_owned()),
            simd_before: before.iter().map(ToString::to_string).collect(),
            ..Provenance::default()
        };
        let after = |earlier| {
            let mut now = Provenance { simd: Some("b".to_owned()), ..Provenance::default() };
            go_on(&mut now, earlier);
            assert_eq!(now.started.as_deref(), Some("then"));
            now.simd_before
        };
        assert_eq!(after(earlier("b", &[])), [""; 0]);
        assert_eq!(after(earlier("a", &[])), ["a"]);
        assert_eq!(after(earlier("b", &["a"])), ["a"]);
        assert_eq!(after(earlier("c", &["a"])), ["a", "c"]);
    }

    #[test]
    fn timestamps_follow_the_calendar() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
