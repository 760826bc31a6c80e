//! Prints seconds per full iteration of `em::fit` as CSV, against n, d, k and the number of threads:
//! `scaling [--threads N] [--shrink F]`.
//!
//! One size varies, the others stay; the mixtures overlap, so that all pairs of rows and components count. F divides all n: for a
//! first look. The figures are drawn by benches/scaling/run.py.

use kernel_benches::kind::Kind;
use kernel_benches::sample::{self, Sample};

const KINDS: [(Kind, &str); 5] = [
    (Kind::Full, "full"),
    (Kind::Diagonal, "diagonal"),
    (Kind::Tied, "tied"),
    (Kind::Spherical, "spherical"),
    (Kind::KMeans, "k-means"),
];

/// Spread of the means: neighbours overlap.
const SPREAD: f64 = 0.5;

/// Seconds that one point should take; a point of few iterations is repeated until then.
const SECONDS: f64 = 0.15;

/// The fastest iteration of three, then of as many as fit in [`SECONDS`]. On the wall: the processor time of
/// a thread is told in ticks of milliseconds, longer than many of these iterations.
fn seconds(kind: Kind, sample: &Sample, d: usize, k: usize, threads: usize) -> f64 {
    let fastest = |iterations| kind.seconds_per_iteration(sample, d, k, iterations, threads).wall;
    let first = fastest(3);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 3 and 300")]
    let more = (SECONDS / first).clamp(3.0, 300.0) as u32;
    first.min(fastest(more))
}

fn print(axis: &str, name: &str, (n, d, k): (usize, usize, usize), threads: usize, seconds: f64) {
    println!("{axis},{name},{n},{d},{k},{threads},{seconds:.6e}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|word| word == name)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    let cores = option("--threads").unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let shrink = option("--shrink").unwrap_or(1);
    println!("axis,model,n,d,k,threads,seconds");
    let sizes = |axis: &str| -> Vec<(usize, usize, usize)> {
        match axis {
            "n" => [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
                .map(|n: usize| (n.div_ceil(shrink).max(1000), 16, 16))
                .to_vec(),
            "d" => [2, 4, 8, 16, 32, 64, 128, 256].map(|d| (20_000usize.div_ceil(shrink).max(4000), d, 8)).to_vec(),
            _ => [1, 2, 4, 8, 16, 32, 64, 128].map(|k| (40_000usize.div_ceil(shrink).max(8000), 16, k)).to_vec(),
        }
    };
    for axis in ["n", "d", "k"] {
        for (n, d, k) in sizes(axis) {
            let sample = sample::draw(n, d, k, SPREAD);
            for (kind, name) in KINDS {
                print(axis, name, (n, d, k), 1, seconds(kind, &sample, d, k, 1));
            }
        }
    }
    let large = 1_000_000usize.div_ceil(shrink);
    let rows = [
        ("M", Kind::Full, (100_000usize.div_ceil(shrink).max(2000), 16, 16)),
        ("L", Kind::Full, (large, 32, 32)),
        ("KM1", Kind::KMeans, (large, 32, 64)),
    ];
    for (name, kind, (n, d, k)) in rows {
        let sample = sample::draw(n, d, k, SPREAD);
        for threads in 1..=cores {
            print("threads", name, (n, d, k), threads, seconds(kind, &sample, d, k, threads));
        }
    }
}
