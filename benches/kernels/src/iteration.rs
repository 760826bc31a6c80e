//! Prints seconds per full iteration of `em::fit` for the rows of the table in README.md: `iteration [ROW…] [--threads N]`.
//! Without a row: all of them, on 1 and 2 threads.

use em::stop::{GainPerRow, MaxIterations};
use em::{Plain, Rows, Serial, Stopping, TraceRow};
use kernel_benches::clock::{Moment, Seconds};
use kernel_benches::kind::Kind;
use kernel_benches::{model_in, peak, sample};
use kmeans::{KMeans, lloyd, plus_plus};
use linalg::{Level, Total};
use mixture::start::{PointCovariance, points};
use mixture::{Full, Reference};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Name, n, d, k, spread of the means, model, iterations to time.
struct Row(&'static str, usize, usize, usize, f64, Kind, u32);

const ROWS: [Row; 11] = [
    Row("M", 100_000, 16, 16, 0.6, Kind::Full, 12),
    Row("L", 1_000_000, 32, 32, 0.5, Kind::Full, 3),
    Row("H", 20_000, 256, 8, 1.0, Kind::Full, 6),
    Row("L-separated", 1_000_000, 32, 64, 3.0, Kind::Full, 3),
    Row("L-diag", 1_000_000, 32, 64, 0.5, Kind::Diagonal, 4),
    Row("L-tied", 1_000_000, 32, 32, 0.5, Kind::Tied, 5),
    Row("L-spherical", 1_000_000, 32, 32, 0.5, Kind::Spherical, 5),
    Row("KM1", 1_000_000, 32, 64, 0.5, Kind::KMeans, 8),
    Row("KM2", 200_000, 128, 256, 0.3, Kind::KMeans, 8),
    Row("KM1-clustered", 1_000_000, 32, 64, 3.0, Kind::Skipping, 8),
    Row("KM1-scattered", 1_000_000, 32, 64, 3.0, Kind::Scattered, 12),
];

/// Many fits of one small sample: seconds per iteration over all fits, start and trace included; the best of a few rounds.
fn small(x: &[f64], d: usize, k: usize, fits: u64, stop: impl Fn() -> Stopping) -> Seconds {
    let reference = Arc::new(Reference::new(Total::new(x, d, &[]).expect("the sample varies")));
    let rows = Rows::new(x, d, &[]);
    let n = x.len() / d;
    let mut trace: Vec<TraceRow> = Vec::with_capacity(10_000);
    let mut round = || {
        let (mut iterations, begin) = (0u64, Moment::now());
        for seed in 0..fits {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let chosen: Vec<usize> = (0..k).map(|_| rng.random_range(0..n)).collect();
            let start = points(x, &chosen, PointCovariance::Total, &reference.total);
            let model = model_in::<Full>(&reference, &start.parameters, Level::detect());
            trace.clear();
            let fit = em::fit(&rows, model, Serial::default(), &mut Plain, &mut stop(), &mut trace);
            iterations += u64::from(fit.expect("data in memory").iterations);
        }
        let Seconds { wall, processor } = begin.until(Moment::now());
        Seconds { wall: wall / iterations as f64, processor: processor / iterations as f64 }
    };
    (0..9).map(|_| round()).fold(Seconds::never(), Seconds::min)
}

/// Many fits of k-means, k-means++ and model included: seconds of a fit and its iterations on average; the best of a few rounds.
fn small_k_means(x: &[f64], d: usize, k: usize, fits: u64) -> (Seconds, f64) {
    let scales = Total::new(x, d, &[]).expect("the sample varies").scales;
    let rows = Rows::new(x, d, &[]);
    let mut iterations = 0;
    let mut round = || {
        let begin = Moment::now();
        iterations = 0;
        for seed in 0..fits {
            let chosen = plus_plus(x, d, k, Level::detect(), &mut ChaCha8Rng::seed_from_u64(seed))
                .expect("enough different rows");
            let centres = chosen.iter().flat_map(|&i| &x[i * d..(i + 1) * d]).copied().collect();
            let fit = lloyd(&rows, KMeans::new(centres, scales.clone(), Level::detect()));
            iterations += fit.expect("data in memory").iterations;
        }
        let Seconds { wall, processor } = begin.until(Moment::now());
        Seconds { wall: wall / fits as f64, processor: processor / fits as f64 }
    };
    let best = (0..9).map(|_| round()).fold(Seconds::never(), Seconds::min);
    (best, f64::from(iterations) / fits as f64)
}

fn main() {
    let mut names = Vec::new();
    let mut threads = vec![1, 2];
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--threads" {
            threads = arguments.next().and_then(|value| value.parse().ok()).map_or(threads, |value| vec![value]);
        } else {
            names.push(argument);
        }
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let (flops, exponentials) = (peak::flops(), peak::exponentials());
    println!("{}", Level::detect().name());
    println!("peak of one thread: {:.1} GF/s, {:.2}e9 exp/s\n", flops / 1e9, exponentials / 1e9);
    println!("| row | n/d/k | threads | wall | processor / threads | dense bound | multiple |");
    println!("|:--|:--|--:|--:|--:|--:|--:|");
    let iris = datasets::builtin("iris", None).expect("it is built in").x;
    let two = sample::draw(500, 2, 2, 2.0).x;
    let small_rows = [("S", &iris, 4, 3), ("S2", &two, 2, 2)];
    for (name, x, d, k) in small_rows.into_iter().filter(|row| wanted(row.0)) {
        let n = x.len() / d;
        let seconds = small(x, d, k, 300, || {
            let limit = Stopping::new().or(MaxIterations { limit: if name == "S" { 1000 } else { 100 } });
            // S: mean log-likelihood to 1e-6; S2: a hundred iterations whatever happens.
            if name == "S" { limit.or(GainPerRow { threshold: 1e-6 * n as f64, and_change: None }) } else { limit }
        });
        let bound = (2 * n * k * d * d) as f64 / flops + (n * k) as f64 / exponentials;
        print(name, (n, d, k), 1, seconds, bound);
    }
    if wanted("KM-small") {
        let (seconds, iterations) = small_k_means(&iris, 4, 3, 2000);
        print("KM-small, a fit", (150, 4, 3), 1, seconds, iterations * (2 * 150 * 4 * 3) as f64 / flops);
    }
    for row in ROWS.iter().filter(|row| wanted(row.0)) {
        let &Row(name, n, d, k, spread, kind, iterations) = row;
        let sample = sample::draw(n, d, k, spread);
        for &threads in &threads {
            let seconds = kind.seconds_per_iteration(&sample, d, k, iterations, threads);
            let exps = if matches!(kind, Kind::KMeans | Kind::Skipping | Kind::Scattered) {
                0.0
            } else {
                (n * k) as f64 / exponentials
            };
            let bound = (kind.operations(n, d, k) / flops + exps) / threads as f64;
            print(name, (n, d, k), threads, seconds, bound);
        }
    }
}

/// One line. The multiple of the bound is by processor time: that of a machine with nothing else to do.
fn print(name: &str, (n, d, k): (usize, usize, usize), threads: usize, seconds: Seconds, bound: f64) {
    let processor = seconds.processor / threads as f64;
    let (factor, unit) = if bound < 1e-3 { (1e6, "µs") } else { (1.0, "s") };
    let [wall, each, bound_text] = [seconds.wall, processor, bound].map(|t| format!("{:.4} {unit}", t * factor));
    println!("| {name} | {n}/{d}/{k} | {threads} | {wall} | {each} | {bound_text} | {:.2} |", processor / bound);
}
