//! Randomness is keyed by what it randomises. A key is a small struct; the seed is the SHA-256 of its canonical JSON
//! (keys sorted, no blanks, floating-point numbers as the hexadecimal digits of their IEEE 754 bits).
//!
//! - data: sweep seed, data set, draw;
//! - parameters of a simulated mixture: sweep seed, data set, number of the mixture;
//! - start: sweep seed, data set, draw, K, location rule, replicate.
//!
//! Neither method, structure, start covariance, policy, stop rule nor the position in a list enters. So everything on the same (data set,
//! draw, K, location rule, replicate) sees the same data and the same rows or responsibilities, and a value added to the
//! grid leaves the numbers of all other runs unchanged. What is *not* here: a generator; each crate that draws seeds its own.

use crate::kinds::{Method, Policy, StartCovariance, StopRule};
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

/// What determines the parameters of a simulated mixture.
#[derive(Serialize)]
struct MixtureKey<'a> {
    purpose: &'static str,
    seed: u64,
    dataset: &'a str,
    mixture: u32,
}

/// What determines where a start lies. Its fields are in the order of their names: see [`digest_of_fields`].
#[derive(Serialize)]
struct StartKey<'a> {
    dataset: &'a str,
    draw: u32,
    k: u32,
    purpose: &'static str,
    replicate: u32,
    rule: &'static str,
    seed: u64,
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
    // Left out where they are what they always were, so that ids of runs keep their meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_covariance: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_options: Option<Value>,
    policy: Option<Policy>,
    stop: &'a [StopRule],
}

/// What determines a run. Its fields are in the order of their names: see [`digest_of_fields`].
#[derive(Serialize)]
struct RunKey {
    cell: String,
    purpose: &'static str,
    replicate: u32,
}

/// Seed of the values of a draw of a synthetic data set.
pub fn data_seed(plan: &Plan, dataset: usize, draw: u32) -> [u8; 32] {
    digest(&DataKey { purpose: "data", seed: plan.seed, dataset: &plan.datasets[dataset].name, draw })
}

/// Seed of the parameters of the simulated mixture of a data set.
pub fn mixture_seed(seed: u64, dataset: &str, mixture: u32) -> [u8; 32] {
    digest(&MixtureKey { purpose: "overlap", seed, dataset, mixture })
}

/// Seed of where a start lies.
pub fn start_seed(plan: &Plan, cell: &Cell, replicate: u32) -> [u8; 32] {
    digest_of_fields(&StartKey {
        dataset: &plan.datasets[cell.dataset].name,
        draw: cell.draw,
        k: cell.k,
        purpose: "start",
        replicate,
        rule: cell.start.location_rule(),
        seed: plan.seed,
    })
}

/// The hashes of cells that differ by their draw only. A study may have a million of them: what they share is written once.
pub struct CellDigests {
    /// Canonical JSON of the key before the number of the draw.
    before: String,
    /// And behind it.
    after: String,
}

impl CellDigests {
    /// Those of all draws of `cell`.
    ///
    /// # Panics
    /// Never: a key has a draw.
    pub fn of(plan: &Plan, cell: &Cell) -> Self {
        const DRAW: &str = ",\"draw\":";
        let text = canonical_text(&cell_key(plan, cell));
        // Quotes within strings are escaped, and no key before this one holds other keys: the first is the right one.
        let (before, after) = text.split_once(DRAW).expect("a cell has a draw");
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
        Self { before: format!("{before}{DRAW}"), after: after.to_owned() }
    }

    /// Hash of all that determines the runs of one cell, but for the replicate.
    pub fn draw(&self, draw: u32) -> [u8; 32] {
        let hash = Sha256::new().chain_update(&self.before).chain_update(draw.to_string());
        hash.chain_update(&self.after).finalize().into()
    }
}

fn cell_key<'a>(plan: &'a Plan, cell: &Cell) -> CellKey<'a> {
    let dataset = &plan.datasets[cell.dataset];
    CellKey {
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
        start_covariance: cell.start_covariance.filter(|one| *one != StartCovariance::Total).map(StartCovariance::name),
        start_options: plan.starts.key(cell.start, cell.dataset, cell.k),
        policy: cell.policy,
        stop: &plan.stop,
    }
}

/// First 64 bits of the hash of the resolved run. It does not depend on the number of the run in the plan.
pub fn run_id(_plan: &Plan, cell: &Cell, replicate: u32) -> u64 {
    first_64_bits(&digest_of_fields(&RunKey { cell: hex(&cell.digest), purpose: "run", replicate }))
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
    Sha256::digest(canonical_text(key)).into()
}

/// The same for a key without floating-point numbers whose fields stand in the order of their names: what serde writes is
/// canonical as it is. Two keys of every run are hashed; to sort their fields took 1.6 % of a study of short fits.
fn digest_of_fields(key: &impl Serialize) -> [u8; 32] {
    Sha256::digest(serde_json::to_vec(key).expect("keys are plain structs")).into()
}

fn canonical_text(key: &impl Serialize) -> String {
    let value = serde_json::to_value(key).expect("keys are plain structs");
    let mut text = String::new();
    canonical(&value, &mut text);
    text
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            // A string cannot be mistaken for it: those are quoted.
            Some(float) => {
                let _ = write!(text, "0x{:016x}", float.to_bits());
            }
            None => {
                let _ = write!(text, "{number}");
            }
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
                quoted(key, text);
                text.push(':');
                canonical(&entries[key], text);
            }
            text.push('}');
        }
        Value::String(words) => quoted(words, text),
        plain => text.push_str(&plain.to_string()),
    }
}

/// A JSON string; nearly all need no escapes.
fn quoted(words: &str, text: &mut String) {
    if words.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(words);
        text.push('"');
    } else {
        text.push_str(&Value::String(words.to_owned()).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{CONFIG, overridden, plan};
    use std::collections::{BTreeMap, BTreeSet};

    /// Everything that tells a run from others, with its id and seed.
    fn runs(plan: &Plan) -> BTreeMap<(String, u32), (u64, [u8; 32])> {
        let named = |cell: &Cell, replicate| {
            let numbers = (run_id(plan, cell, replicate), start_seed(plan, cell, replicate));
            ((format!("{:?}", cell.factors), replicate), numbers)
        };
        plan.cells.iter().flat_map(|cell| (0..cell.replicates).map(move |replicate| named(cell, replicate))).collect()
    }

    #[test]
    fn a_value_added_to_the_grid_leaves_all_other_runs_unchanged() {
        let before = runs(&plan(""));
        let more = "[[dataset.builtin]]\nid = \"iris\"\ncomponents = [3]\n";
        let overrides = [
            "replicates=5",
            "dataset.builtin.0.components=[4, 2, 3]",
            "dataset.mixture.0.draws=3",
            "grid.start=[\"k-means\", \"tutorial\", \"random-points\"]",
            "grid.policy=[{ ridge = 1e-3 }, \"stop\", { ridge = 1e-6 }]",
            "record.trace-stride=7",
        ];
        let after = runs(&overridden(&format!("{CONFIG}{more}"), &overrides));
        assert_eq!(before.len(), 72);
        for (key, numbers) in &before {
            assert_eq!(after.get(key), Some(numbers), "{key:?}");
        }
    }

    #[test]
    fn ids_of_runs_differ_and_seeds_are_shared_by_what_is_compared() {
        let plan = plan("");
        let all = runs(&plan);
        let ids: BTreeSet<u64> = all.values().map(|(id, _)| *id).collect();
        let seeds: BTreeSet<[u8; 32]> = all.values().map(|(_, seed)| *seed).collect();
        assert_eq!(ids.len(), all.len());
        // EM with either policy and k-means share a seed: a third of the runs.
        assert_eq!(seeds.len(), all.len() / 3);
    }

    #[test]
    fn all_that_determines_a_run_changes_its_id() {
        let of = |overrides: &[&str]| runs(&overridden(CONFIG, overrides)).into_values().next().unwrap();
        let (id, seed) = of(&[]);
        for other in ["seed=8", "stop.max-iterations=99", "stop.gain-per-row=1e-10"] {
            assert_ne!(of(&[other]).0, id, "{other}");
        }
        assert_ne!(of(&["seed=8"]).1, seed);
        // Other values in the same rows: another run from the same rows.
        let (other_id, same_seed) = of(&["dataset.builtin.0.standardise=\"sd\""]);
        assert_ne!(other_id, id);
        assert_eq!(same_seed, seed);
    }

    #[test]
    fn data_depend_on_the_sweep_the_data_set_and_the_draw() {
        let (plan, other) = (plan(""), overridden(CONFIG, &["seed=8"]));
        let seeds = [data_seed(&plan, 1, 0), data_seed(&plan, 1, 1), data_seed(&plan, 0, 0), data_seed(&other, 1, 0)];
        assert_eq!(seeds.iter().collect::<BTreeSet<_>>().len(), 4);
        let unchanged = overridden(CONFIG, &["grid.start=[\"k-means\"]", "dataset.mixture.0.components=[3]"]);
        assert_eq!(data_seed(&unchanged, 1, 1), seeds[1]);
    }

    #[test]
    fn canonical_json_is_sorted_and_keeps_every_bit() {
        let mut text = String::new();
        canonical(&serde_json::json!({ "b": [1.0, 1, -0.0, null, true], "a": { "x\"": "ü\\" } }), &mut text);
        assert_eq!(text, "{\"a\":{\"x\\\"\":\"ü\\\\\"},\"b\":[0x3ff0000000000000,1,0x8000000000000000,null,true]}");
        assert_eq!(first_64_bits(&digest(&"")), u64::from_str_radix(&hex(&digest(&""))[..16], 16).unwrap());
    }

    #[test]
    fn fields_in_order_are_canonical() {
        let start = StartKey {
            dataset: "a\"ü\n",
            draw: 1,
            k: 3,
            purpose: "start",
            replicate: 7,
            rule: "points",
            seed: u64::MAX,
        };
        assert_eq!(digest_of_fields(&start), digest(&start));
        let run = RunKey { cell: hex(&[0xa5; 32]), purpose: "run", replicate: 7 };
        assert_eq!(digest_of_fields(&run), digest(&run));
        assert_eq!(hex(&[0x0f, 0xa5]), "0fa5");
    }

    #[test]
    fn the_draw_is_put_where_the_key_has_it() {
        // A name that looks like the key, and start options that have keys of their own.
        let text = CONFIG.replace("id = \"round\"", "id = 'a\",\"draw\":7,'");
        let plan = overridden(&text, &["grid.start=[\"em-em\"]"]);
        let last = plan.cells.last().unwrap();
        assert_eq!(last.draw, 1);
        for cell in &plan.cells {
            assert_eq!(cell.digest, digest(&cell_key(&plan, cell)));
        }
    }

    /// Recorded results keep their meaning only as long as these numbers stay.
    #[test]
    fn the_format_of_the_keys_is_frozen() {
        let plan = plan("");
        let (cell, replicate) = plan.locate(0);
        assert_eq!(hex(&start_seed(&plan, cell, replicate)[..8]), "0470e686199f7eba");
        assert_eq!(hex(&data_seed(&plan, 1, 0)[..8]), "3268af59669f75db");
        assert_eq!(format!("{:016x}", run_id(&plan, cell, replicate)), "a9c35b7c1dd3d454");
    }
}
