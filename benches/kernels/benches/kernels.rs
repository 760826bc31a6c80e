//! Criterion benches: `cargo bench --profile dev` in this folder, or with a filter, `cargo bench --profile dev -- e-pass`.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use em::stop::MaxIterations;
use em::{LatentModel, Plain, Rows, Serial, Stopping};
use kernel_benches::{model, sample};
use kmeans::{KMeans, Skipping};
use linalg::kernels::{Block, exp_in_place, softmax};
use linalg::{Level, SpdFactor, spd};
use mixture::gaussian::structure::{Eee, Vii, Vvi};
use mixture::{Full, Gaussian, Structure};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;
use std::time::Duration;

/// (n, d, k): small ones that fit the first-level cache, then one for each regime of the kernels.
const SHAPES: [(usize, usize, usize); 6] =
    [(150, 4, 3), (500, 2, 2), (4_096, 8, 8), (4_096, 16, 16), (4_096, 32, 32), (1_024, 256, 8)];

fn passes<S: Structure>(criterion: &mut Criterion, structure: &str) {
    for (n, d, k) in SHAPES {
        let sample = sample::draw(n, d, k, 0.6);
        let rows = Rows::new(&sample.x, d, &[]);
        for level in Level::available().into_iter().rev().take(2) {
            let start = model::<S>(&sample.x, d, &sample.truth, level);
            let (mut stats, mut scratch) = (vec![0.0; start.stats_len()], start.scratch(n));
            let id = BenchmarkId::new(structure, format!("{n}/{d}/{k} {}", level.name()));
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
            let mut group = criterion.benchmark_group("ten iterations");
            group.bench_function(id, |bencher| {
                let fit = |model| {
                    let mut stopping = Stopping::new().or(MaxIterations { limit: 10 });
                    em::fit(&rows, model, Serial::default(), &mut Plain, &mut stopping, &mut ())
                };
                bencher.iter_batched(|| start.clone(), fit, BatchSize::LargeInput);
            });
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
    targets = structures, factors, exponentials, centres
}
criterion_main!(benches);
