//! Where results come from: program, machine, time. Everything here may differ between two runs of the same config and
//! goes to provenance.json and log.jsonl, never into a table.

use crate::plan::Plan;
use crate::seeds;
use records::{Metadata, Provenance};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// The generator behind data and starts.
const GENERATOR: &str = "ChaCha8Rng";
/// Version of its crate.
const GENERATOR_VERSION: &str = "rand_chacha 0.10";
/// The versions of all dependencies.
const LOCK_FILE: &[u8] = include_bytes!("../../../Cargo.lock");

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

/// Everything that can be found out at the start of a sweep.
pub fn provenance(plan: &Plan, threads: usize) -> Provenance {
    let metadata = metadata(plan);
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: git(&["rev-parse", "HEAD"]),
        git_dirty: git(&["status", "--porcelain", "--untracked-files=no"]).map(|changes| !changes.is_empty()),
        cargo_lock_sha256: Some(seeds::hex(&Sha256::digest(LOCK_FILE))),
        rustc: option_env!("RUNNER_RUSTC_VERSION").map(str::to_owned),
        cpu: cpu_model(),
        simd: Some(linalg::Level::detect().name()),
        threads,
        lanes: plan.datasets.iter().map(|dataset| dataset.lanes as usize).max().unwrap_or(1),
        datasets: metadata.datasets,
        rng: metadata.rng,
        rng_version: metadata.rng_version,
        started: Some(timestamp(SystemTime::now())),
        finished: None,
        command: std::env::args().collect(),
    }
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
        if let Ok(mut file) = self.0.lock() {
            let _ = writeln!(file, "{entry}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn timestamps_follow_the_calendar() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
