//! The fuzz targets on their corpus, and on a short walk of mutations from it that is the same on every machine.
//!
//! For longer: `FUZZ_SECONDS=600 cargo test -p runner --test fuzz_corpus config -- --nocapture` walks for that time from another seed
//! each time and keeps inputs that reach a new class. One that panics is left in fuzz/artifacts, the shortest for each place and
//! message; the walk goes on and fails at its end.

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Target = fn(&[u8]) -> String;

/// Mutations of the walk in an ordinary test.
const STEPS: u64 = 300;
/// Longest input of a walk.
const LONGEST: usize = 4096;

fn folder(kind: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(kind).join(name)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder("corpus", name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Replays the corpus, then walks. Returns the number of classes that were seen.
fn fuzz(name: &str, target: Target, dictionary: &[&str]) -> usize {
    let mut pool = corpus(name);
    assert!(pool.len() >= 5, "{name} has {} inputs", pool.len());
    let mut panics = Panics::default();
    let mut classes: BTreeSet<String> =
        pool.iter().map(|input| target_class(target, input).unwrap_or_else(|panic| resume_unwind(panic))).collect();
    let seconds: Option<u64> = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let seed = match seconds {
        Some(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs(),
        None => 1,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let begun = Instant::now();
    let mut slowest = (Duration::ZERO, Vec::new());
    let mut steps = 0;
    while seconds.map_or(steps < STEPS, |seconds| begun.elapsed() < Duration::from_secs(seconds)) {
        let mut input = pool[rng.random_range(0..pool.len())].clone();
        for _ in 0..rng.random_range(1..=6) {
            mutate(&mut input, &pool, dictionary, &mut rng);
        }
        let clock = Instant::now();
        let class = target_class(target, &input);
        let mut time = clock.elapsed();
        if seconds.is_some() && time > slowest.0 {
            // Once more: the machine may have been busy with something else.
            let clock = Instant::now();
            let _ = target_class(target, &input);
            time = time.min(clock.elapsed());
            if time > slowest.0 {
                slowest = (time, input.clone());
            }
        }
        match class {
            Ok(class) => {
                if classes.insert(class) {
                    pool.push(input);
                }
            }
            Err(panic) => panics.keep(name, &input, &*panic),
        }
        steps += 1;
    }
    if seconds.is_some() {
        let (time, input) = slowest;
        println!("{name}: {steps} inputs in {:.0} s, {} classes", begun.elapsed().as_secs_f64(), classes.len());
        println!("slowest: {time:?}, kept in {}", artifact(name, "slowest", &input).display());
        for class in &classes {
            println!("  {class}");
        }
    }
    assert!(panics.shortest.is_empty(), "panics, their inputs in fuzz/artifacts: {:#?}", panics.shortest);
    classes.len()
}

fn target_class(target: Target, input: &[u8]) -> std::thread::Result<String> {
    catch_unwind(AssertUnwindSafe(|| target(input)))
}

fn artifact(name: &str, file: &str, input: &[u8]) -> PathBuf {
    let path = folder("artifacts", name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join(file), input).unwrap();
    path.join(file)
}

/// What panicked: length of the shortest input by message without its numbers.
#[derive(Default)]
struct Panics {
    shortest: BTreeMap<String, usize>,
}

impl Panics {
    fn keep(&mut self, name: &str, input: &[u8], panic: &dyn Any) {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let message: String =
            said.unwrap_or("no message").chars().filter(|one| !one.is_ascii_digit()).take(120).collect();
        if self.shortest.get(&message).is_some_and(|&length| length <= input.len()) {
            return;
        }
        let hash = message
            .bytes()
            .fold(0_u64, |hash, byte| (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        artifact(name, &format!("panic-{hash:016x}"), input);
        self.shortest.insert(message, input.len());
    }
}

fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], dictionary: &[&str], rng: &mut ChaCha8Rng) {
    let at = rng.random_range(0..=input.len());
    let end = rng.random_range(at..=input.len().min(at + 32));
    match rng.random_range(0..8) {
        0 if at < input.len() => input[at] ^= 1 << rng.random_range(0..8),
        1 if at < input.len() => input[at] = rng.next_u32().to_le_bytes()[0],
        2 => input.insert(at, rng.next_u32().to_le_bytes()[0]),
        3 => {
            input.drain(at..end);
        }
        4 => {
            let copy = input[at..end].to_vec();
            input.splice(at..at, copy);
        }
        5 if !dictionary.is_empty() => {
            let word = dictionary[rng.random_range(0..dictionary.len())];
            input.splice(at..end, word.bytes());
        }
        6 if !dictionary.is_empty() => {
            let word = dictionary[rng.random_range(0..dictionary.len())];
            input.splice(at..at, word.bytes());
        }
        _ => {
            let other = &pool[rng.random_range(0..pool.len())];
            let from = rng.random_range(0..=other.len());
            let to = rng.random_range(from..=other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
    }
    input.truncate(LONGEST);
}

#[test]
fn configs() {
    let dictionary = [
        "\n[[dataset.mixture]]\n",
        "\n[[dataset.builtin]]\n",
        "\n[[dataset.csv]]\n",
        "\n[grid]\n",
        "\n[stop]\n",
        "\n[record]\n",
        "\n[[include]]\n",
        "\n[[exclude]]\n",
        "\n[start.em-em]\n",
        "\n[[start.given]]\n",
        "id = ",
        "\"iris\"",
        "components = [",
        "draws = ",
        "n = ",
        "weights = [",
        "means = [[",
        "covariances = [[[",
        "method = ",
        "\"em\"",
        "\"k-means\"",
        "policy = ",
        "{ ridge = 1e-6 }",
        "{ reseed = 5 }",
        "\"remove\"",
        "max-iterations = ",
        "gain-per-row = ",
        "standardise = \"sd\"",
        "4294967295",
        "4294967296",
        "-1",
        "0",
        "1e308",
        "nan",
        "inf",
        "\0",
        "\0grid.start=",
        "\0dataset.builtin.0.components=[1]",
        "\0stop={}",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "\"\"\"",
        "=",
        ".",
        "#",
        "\n",
        "ü",
        "\u{feff}",
        "\r\n",
        "true",
        "1979-05-27",
        "\"all-triples\"",
        "\"given\"",
        "\"truth\"",
        "\"ratio\"",
        "[[[[[[[[",
        "columns = [\"Sepal.Length\"]",
    ];
    assert!(fuzz("config", targets::config, &dictionary) >= 10);
}

#[test]
fn csv_files() {
    let dictionary = [
        ",",
        ";",
        "\n",
        "\r\n",
        "\r",
        "\"",
        "\"\"",
        "a",
        "b",
        "label",
        "w",
        "nan",
        "inf",
        "1e309",
        "-0",
        "1e-400",
        "0x1p3",
        "NA",
        "\u{feff}",
        "\t",
        " ",
        "ü",
        "\u{0}",
        "+1",
        "1_000",
        "1,5",
        "9007199254740993",
        "\n\n",
        "label,w,a,b\n",
    ];
    assert!(fuzz("csv", targets::csv, &dictionary) >= 10);
}

#[test]
fn fits() {
    assert!(fuzz("fit", targets::fit, &[]) >= 10);
}
