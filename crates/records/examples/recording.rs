//! What it costs to record a row of a trace: nanoseconds from rows that are there to the part and to the growing table, step by step, on
//! one thread.
//!
//!     cargo run --release -p runner -p records --example recording [FOLDER [REPEATS]]
//!
//! FOLDER is where the files go: one in memory (`/dev/shm`) leaves out the waiting for a disk. Each time is the least of REPEATS; the
//! runs are like those of row S of the benches (78 iterations), and what their other rows cost is subtracted. `-p runner` asks for
//! the features of polars that a sweep has.

#[path = "../tests/common/mod.rs"]
mod common;

use records::{EncodedPart, Part, Room};
use std::path::Path;
use std::time::Instant;

const PARTS: u32 = 3;
/// Runs of a part: as many as have 2^17 rows of traces.
const RUNS: u32 = 1660;
const ITERATIONS: u32 = 78;
/// Runs that come in one piece.
const PIECE: usize = 64;
const STEPS: [&str; 4] = ["rows to columns", "join", "part", "table"];

/// The runs of each part, all alike.
fn parts() -> Vec<Vec<Part>> {
    let run = |run: u32| {
        // Every tenth made-up run is one of EM that went well.
        let mut part = common::part(10 * run..10 * run + 1, ITERATIONS);
        part.runs[0].run = run;
        part.timings[0].run = run;
        part.traces.iter_mut().for_each(|row| row.run = run);
        part.parameters.iter_mut().for_each(|row| row.run = run);
        part
    };
    (0..PARTS).map(|part| (part * RUNS..(part + 1) * RUNS).map(run).collect()).collect()
}

/// Seconds of each step.
fn record(parts: &[Vec<Part>], folder: &Path) -> [f64; STEPS.len()] {
    let folder = tempfile::tempdir_in(folder).expect("the folder can be written to");
    let store = common::open(folder.path());
    let mut seconds = [0.0; STEPS.len()];
    let mut room = Room::default();
    let mut encoded = Vec::new();
    for (number, runs) in (0..).zip(parts) {
        let begun = Instant::now();
        let mut pieces = Vec::new();
        for runs in runs.chunks(PIECE) {
            let mut encoder = store.encoder(number, room);
            for run in runs {
                encoder.append(run).unwrap();
            }
            let piece = encoder.finish();
            room = piece.room();
            pieces.push(piece);
        }
        seconds[0] += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let mut part = EncodedPart::default();
        for piece in pieces {
            part.append(piece).unwrap();
        }
        let part = part.joined();
        seconds[1] += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        store.write_part(number, &part).unwrap();
        seconds[2] += begun.elapsed().as_secs_f64();
        encoded.push(part);
    }
    let begun = Instant::now();
    let merged = store.merging(PARTS * RUNS, |feeds| assert!(encoded.into_iter().all(|part| feeds.send(part))));
    drop(merged.unwrap());
    seconds[3] += begun.elapsed().as_secs_f64();
    seconds
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let repeats: u32 = arguments.next().map_or(20, |text| text.parse().expect("REPEATS is a number"));
    let with = parts();
    let mut without = with.clone();
    without.iter_mut().flatten().for_each(|part| part.traces.clear());
    let mut least = [[f64::INFINITY; STEPS.len()]; 2];
    for _ in 0..repeats {
        for (least, parts) in least.iter_mut().zip([&with, &without]) {
            for (least, seconds) in least.iter_mut().zip(record(parts, &folder)) {
                *least = least.min(seconds);
            }
        }
    }
    let rows = f64::from(PARTS * RUNS * (ITERATIONS + 1));
    let nanoseconds: Vec<f64> =
        least[0].iter().zip(least[1]).map(|(with, without)| (with - without) / rows * 1e9).collect();
    for (step, nanoseconds) in STEPS.iter().zip(&nanoseconds) {
        println!("{step:16} {nanoseconds:7.1} ns a row of a trace");
    }
    println!("{:16} {:7.1}", "all", nanoseconds.iter().sum::<f64>());
}
