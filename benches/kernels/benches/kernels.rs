//! Criterion benches: `cargo bench --profile dev` in this folder, or with a filter, `cargo bench --profile dev -- e-pass`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use em::reduce::Chosen;
use em::{EmMap, LatentModel, Reducer, Rows, Serial, Skipping, Steps};
use kernel_benches::{model, model_in, sample};
use kmeans::KMeans;
use linalg::kernels::{Block, exp_in_place, softmax};
use linalg::{Level, SpdFactor, Total, spd};
use mixture::gaussian::structure::{Eee, Vii, Vvi};
use mixture::start::{PointCovariance, points};
use mixture::{Emission, Full, Gaussian, Mixture, Reference, Structure};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// (n, d, k): small ones that fit the first-level cache, then one for each regime of the kernels. Each component has more rows than
/// variables, or its first M-step would be the last.
const SHAPES: [(usize, usize, usize); 6] =
    [(150, 4, 3), (500, 2, 2), (4_096, 8, 8), (4_096, 16, 16), (4_096, 32, 32), (2_048, 256, 4)];

/// The instruction set that is used, and the next one below.
fn levels() -> impl Iterator<Item = Level> {
    Level::available().into_iter().rev().take(2)
}

/// One E-pass, and one full iteration as the loop has it: M-step, ΔQ, change, E-pass, health, row of the trace.
fn passes<S: Structure>(criterion: &mut Criterion, structure: &str) {
    for (n, d, k) in SHAPES {
        let sample = sample::draw(n, d, k, 0.6);
        let rows = Rows::new(&sample.x, d, &[]);
        for level in levels() {
            let start = model::<S>(&sample.x, d, &sample.truth, level);
            let id = BenchmarkId::new(structure, format!("{n}/{d}/{k} {}", level.name()));
            let (mut stats, mut scratch) = (vec![0.0; start.stats_len()], start.scratch(n));
            let mut group = criterion.benchmark_group("e-pass");
            group.throughput(Throughput::Elements((n * k) as u64));
            group.bench_function(id.clone(), |bencher| {
                bencher.iter(|| {
                    stats.fill(0.0);
                    let objective = start.accumulate(rows.all(), &mut stats, &mut scratch);
                    start.flush(&mut stats, &mut scratch);
                    objective
                });
            });
            group.finish();
            let mut em = EmMap::new(&rows, start.into(), Serial::default());
            em.expect().expect("the truth is regular");
            let mut group = criterion.benchmark_group("iteration");
            group.throughput(Throughput::Elements((n * k) as u64));
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    em.maximize().expect("the components stay regular");
                    em.expect().expect("the components stay regular");
                    em.row(1)
                });
            });
        }
    }
}

/// One E-pass in lanes, on the calling thread and on those of a pool.
fn lanes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("e-pass in lanes");
    for (n, d, k) in [(4_096, 4, 3), (16_384, 16, 16)] {
        let sample = sample::draw(n, d, k, 0.6);
        let start = model::<Full>(&sample.x, d, &sample.truth, Level::detect());
        group.throughput(Throughput::Elements((n * k) as u64));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for lanes in [1, 2, 4, em::reduce::MAX_LANES] {
            let rows = Rows::new(&sample.x, d, &[]).with_batch_rows(n / lanes);
            for threads in [1, cores].into_iter().filter(|&threads| threads <= lanes) {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
                let mut reducer = Chosen::new(threads > 1);
                let mut stats = vec![0.0; start.stats_len()];
                reducer.prepare(&start, &rows);
                let id = BenchmarkId::new(format!("{n}/{d}/{k}"), format!("{lanes} lanes, threads: {threads}"));
                group.bench_function(id, |bencher| {
                    pool.install(|| {
                        bencher.iter(|| reducer.reduce(&start, &rows, &mut stats).expect("data in memory"))
                    });
                });
            }
        }
    }
}

/// What an iteration of few variables is made of, ten steps after the start: the table of docs/adr/0017-components-side-by-side.md.
fn parts(criterion: &mut Criterion) {
    let iris = datasets::builtin("iris", None).expect("it is built in").x;
    let two = sample::draw(500, 2, 2, 2.0).x;
    let mut group = criterion.benchmark_group("parts of an iteration");
    for (x, d, chosen) in [(&iris, 4, &[0, 60, 120][..]), (&two, 2, &[0, 1][..])] {
        let (n, k) = (x.len() / d, chosen.len());
        let reference = Arc::new(Reference::new(Total::new(x, d, &[]).expect("the sample varies")));
        let rows = Rows::new(x, d, &[]);
        let start = points(x, chosen, PointCovariance::Total, &reference.total).parameters;
        for level in levels() {
            let mut theta: Mixture<Full> = model_in(&reference, &start, level);
            let (mut next, mut scratch) = (theta.clone(), theta.scratch(n));
            let mut stats = vec![0.0; theta.stats_len()];
            let mut expect = |theta: &Mixture<Full>, stats: &mut [f64]| {
                stats.fill(0.0);
                theta.accumulate(rows.all(), stats, &mut scratch)
            };
            for _ in 0..10 {
                expect(&theta, &mut stats);
                theta.maximize(&stats, &mut next).expect("the components stay regular");
                std::mem::swap(&mut theta, &mut next);
            }
            let id = |part| BenchmarkId::new(part, format!("{n}/{d}/{k} {}", level.name()));
            group.bench_function(id("E-pass"), |bencher| bencher.iter(|| expect(&theta, &mut stats)));
            group.bench_function(id("M-step"), |bencher| bencher.iter(|| theta.maximize(&stats, &mut next)));
            let mut scratch = theta.scratch(n);
            group.bench_function(id("ΔQ"), |bencher| bencher.iter(|| theta.q_gain(&stats, &next, &mut scratch)));
            group.bench_function(id("change"), |bencher| bencher.iter(|| theta.change(&next)));
        }
    }
}

fn structures(criterion: &mut Criterion) {
    passes::<Full>(criterion, "full");
    passes::<Gaussian<Eee>>(criterion, "tied");
    passes::<Gaussian<Vvi>>(criterion, "diagonal");
    passes::<Gaussian<Vii>>(criterion, "spherical");
}

fn factors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("Cholesky and inverse factor");
    for d in [2, 4, 8, 16, 32, 64, 256] {
        let sample = sample::draw(1, d, 1, 1.0);
        let (mut work, mut inverse) = (SpdFactor::new(d), vec![0.0; d * d]);
        let mut factor = vec![0.0; d * d];
        group.bench_function(BenchmarkId::from_parameter(d), |bencher| {
            bencher.iter(|| {
                factor.copy_from_slice(&sample.truth.covariances);
                assert!(work.factor(&mut factor));
                spd::invert_factor(&factor, &mut inverse, d);
                black_box(&inverse);
            });
        });
    }
}

/// Log densities of one block: each of its points whitened by each component.
fn whitening(criterion: &mut Criterion) {
    let k = 8;
    let mut group = criterion.benchmark_group("whitening");
    for d in [2, 4, 8, 16, 32, 64, 256] {
        let sample = sample::draw(1_024.max(4 * d * k), d, k, 0.6);
        for level in levels() {
            let model = model::<Full>(&sample.x, d, &sample.truth, level);
            let (mut block, mut scratch) = (model.emission().block(1_024), model.emission().scratch(1_024));
            block.load(&sample.x[..block.capacity().min(1_024) * d], &[]);
            let mut out = vec![0.0; k * block.stride()];
            group.throughput(Throughput::Elements((block.rows() * k) as u64));
            group.bench_function(BenchmarkId::new(level.name(), d), |bencher| {
                bencher.iter(|| model.emission().log_density(black_box(&block), &mut out, &mut scratch));
            });
        }
    }
}

fn exponentials(criterion: &mut Criterion) {
    let arguments: Vec<f64> = (0..1024).map(|i| -f64::from(i) / 64.0).collect();
    let (mut block, k) = (Block::with_capacity(256, 1), 16);
    block.load(&arguments[..256], &[]);
    let densities: Vec<f64> = (0..256 * k).map(|i| -((i * 7919 % 1009) as f64) / 50.0).collect();
    for level in Level::available() {
        let mut values = arguments.clone();
        let mut group = criterion.benchmark_group("exp");
        group.throughput(Throughput::Elements(1024));
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                values.copy_from_slice(&arguments);
                exp_in_place(level, black_box(&mut values));
            });
        });
        group.finish();
        let mut values = densities.clone();
        let mut group = criterion.benchmark_group("log-sum-exp");
        group.throughput(Throughput::Elements((256 * k) as u64));
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                values.copy_from_slice(&densities);
                softmax(level, black_box(&mut values), &vec![-3.0; k], linalg::kernels::REPRESENTABLE, &block)
            });
        });
    }
}

fn centres(criterion: &mut Criterion) {
    for (n, d, k) in [(150, 4, 3), (16_384, 32, 64), (4_096, 128, 256)] {
        let x = sample::draw(n, d, k, 0.6).x;
        let model = KMeans::new(x[..k * d].to_vec(), vec![1.0; d], Level::detect()).skipping(Skipping::Never);
        let (mut stats, mut scratch) = (vec![0.0; model.stats_len()], model.scratch(n));
        let rows = Rows::new(&x, d, &[]);
        criterion.bench_function(&format!("k-means pass/{n}/{d}/{k}"), |bencher| {
            bencher.iter(|| model.accumulate(rows.all(), &mut stats, &mut scratch));
        });
        let model = model.skipping(Skipping::Always);
        let mut scratch = model.scratch(n);
        criterion.bench_function(&format!("k-means pass, nothing moved/{n}/{d}/{k}"), |bencher| {
            bencher.iter(|| model.accumulate(rows.all(), &mut stats, &mut scratch));
        });
        criterion.bench_function(&format!("k-means++/{n}/{d}/{k}"), |bencher| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            bencher.iter(|| kmeans::plus_plus(&x, d, k, Level::detect(), &mut rng));
        });
    }
}

criterion_group! {
    name = benches;
    // The machine may be shared: many short samples, whose minimum tells.
    config = Criterion::default().warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(600));
    targets = structures, lanes, parts, factors, whitening, exponentials, centres
}
criterion_main!(benches);
