//! Randomness is keyed by what it randomises. A key is a small struct; the seed is the SHA-256 of its canonical JSON
//! (keys sorted, no blanks, floating-point numbers as the hexadecimal digits of their IEEE 754 bits).
//!
//! - data: sweep seed, data set, draw;
//! - start: sweep seed, data set, draw, K, location rule, replicate.
//!
//! Neither method, structure, policy, stop rule nor the position in a list enters. So everything on the same (data set,
//! draw, K, location rule, replicate) sees the same data and the same rows or responsibilities, and a value added to the
//! grid leaves the numbers of all other runs unchanged. What is *not* here: a generator; each crate that draws seeds its own.

use crate::kinds::{Method, Policy, StopRule};
use crate::plan::{Cell, Plan};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What determines the values of a synthetic sample.
#[derive(Serialize)]
struct DataKey<'a> {
    purpose: &'static str,
    seed: u64,
    dataset: &'a str,
    draw: u32,
}

/// What determines where a start lies.
#[derive(Serialize)]
struct StartKey<'a> {
    purpose: &'static str,
    seed: u64,
    dataset: &'a str,
    draw: u32,
    k: u32,
    rule: &'static str,
    replicate: u32,
}

/// What determines the runs of a cell, but for the replicate.
#[derive(Serialize)]
struct CellKey<'a> {
    purpose: &'static str,
    seed: u64,
    dataset: &'a str,
    source: &'a crate::plan::data::Source,
    fingerprint: &'a Option<String>,
    columns: &'a [String],
    standardise: &'static str,
    n: u32,
    draw: u32,
    k: u32,
    method: Method,
    covariance: Option<&'static str>,
    start: &'static str,
    policy: Option<Policy>,
    stop: &'a [StopRule],
}

/// What determines a run.
#[derive(Serialize)]
struct RunKey {
    purpose: &'static str,
    cell: String,
    replicate: u32,
}

/// Seed of the values of a draw of a synthetic data set.
pub fn data_seed(plan: &Plan, dataset: usize, draw: u32) -> [u8; 32] {
    digest(&DataKey { purpose: "data", seed: plan.seed, dataset: &plan.datasets[dataset].name, draw })
}

/// Seed of where a start lies.
pub fn start_seed(plan: &Plan, cell: &Cell, replicate: u32) -> [u8; 32] {
    digest(&StartKey {
        purpose: "start",
        seed: plan.seed,
        dataset: &plan.datasets[cell.dataset].name,
        draw: cell.draw,
        k: cell.k,
        rule: cell.start.location_rule(),
        replicate,
    })
}

/// Hash of all that determines the runs of a cell, but for the replicate.
pub fn cell_digest(plan: &Plan, cell: &Cell) -> [u8; 32] {
    let dataset = &plan.datasets[cell.dataset];
    digest(&CellKey {
        purpose: "cell",
        seed: plan.seed,
        dataset: &dataset.name,
        source: &dataset.source,
        fingerprint: &dataset.fingerprint,
        columns: &dataset.columns,
        standardise: dataset.standardise.name(),
        n: dataset.n,
        draw: cell.draw,
        k: cell.k,
        method: cell.method,
        covariance: cell.covariance.map(crate::kinds::Covariance::name),
        start: cell.start.name(),
        policy: cell.policy,
        stop: &plan.stop,
    })
}

/// First 64 bits of the hash of the resolved run. It does not depend on the number of the run in the plan.
pub fn run_id(_plan: &Plan, cell: &Cell, replicate: u32) -> u64 {
    first_64_bits(&digest(&RunKey { purpose: "run", cell: hex(&cell.digest), replicate }))
}

/// The first 8 bytes, the most significant first, so that hexadecimal digits agree.
pub fn first_64_bits(bytes: &[u8; 32]) -> u64 {
    bytes[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// SHA-256 of the canonical JSON of `key`.
///
/// # Panics
/// If `key` holds a map whose keys are no strings; keys are our own structs.
pub fn digest(key: &impl Serialize) -> [u8; 32] {
    let value = serde_json::to_value(key).expect("keys are plain structs");
    let mut text = String::new();
    canonical(&value, &mut text);
    Sha256::digest(text.as_bytes()).into()
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            // A string cannot be mistaken for it: those are quoted.
            Some(float) => {
                let _ = write!(text, "0x{:016x}", float.to_bits());
            }
            None => text.push_str(&number.to_string()),
        },
        Value::Array(values) => {
            text.push('[');
            for (i, value) in values.iter().enumerate() {
                text.push_str(if i > 0 { "," } else { "" });
                canonical(value, text);
            }
            text.push(']');
        }
        Value::Object(entries) => {
            let mut keys: Vec<&String> = entries.keys().collect();
            keys.sort();
            text.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                text.push_str(if i > 0 { "," } else { "" });
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                canonical(&entries[key], text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
