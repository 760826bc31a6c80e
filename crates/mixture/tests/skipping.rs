//! What is skipped changes nothing: traces, parameters and ends are those of the dense kernels to the last bit.

mod support;

use em::stop::MaxIterations;
use em::{Outcome, Plain, Rows, Serial, Skipping, Stopping, TraceRow};
use linalg::{Level, Total};
use mixture::start::{PointCovariance, points};
use mixture::{Constraint, Full, Mixture, Reference, Structure};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// n rows in `clusters` clusters whose means are uniform in a box of half-width `spread` around `at`; of each cluster the last
/// feature is `thin` as wide as the others.
fn sample(n: usize, d: usize, clusters: usize, spread: f64, thin: f64, at: f64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut about = |size: f64| size * (rng.random::<f64>() + rng.random::<f64>() + rng.random::<f64>() - 1.5);
    let means: Vec<f64> = (0..clusters * d).map(|_| 2.0 * about(spread)).collect();
    let mut x = Vec::with_capacity(n * d);
    for i in 0..n {
        let mean = i % clusters * d;
        for j in 0..d {
            let shared = if j == 0 { 0.0 } else { 0.3 * (x[i * d] - means[mean] - at) };
            let size = if j + 1 == d { thin } else { 1.0 };
            x.push(at + means[mean + j] + shared + about(size));
        }
    }
    x
}

fn model(x: &[f64], d: usize, k: usize, skipping: Skipping, level: Level) -> Mixture<Full> {
    let reference = Arc::new(Reference::new(Total::new(x, d, &[]).unwrap()));
    let rows: Vec<usize> = (0..k).collect();
    let start = points(x, &rows, PointCovariance::Total, &reference.total).parameters;
    let (emission, _) = Full::from_parameters(&start, &reference, Constraint::None, level).unwrap();
    Mixture::new(start.weights, emission.skipping(skipping))
}

fn fit(data: &Rows<'_>, model: Mixture<Full>, iterations: u32) -> (Vec<TraceRow>, Outcome, Mixture<Full>) {
    let mut trace = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: iterations });
    let fit = em::fit(data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
    (trace, fit.outcome, fit.model)
}

#[test]
fn traces_and_parameters_are_those_of_the_dense_kernels() {
    let mut ends = [0; 2];
    // Apart, thin (no component may be measured from the centre of the data), overlapping, far from the origin; several batches,
    // the last of another length; tails of every kind.
    for (n, d, k, spread, thin, at) in [
        (900, 8, 6, 12.0, 1.0, 0.0),
        (700, 5, 3, 20.0, 0.001, 0.0),
        (1000, 16, 7, 6.0, 1.0, 0.0),
        (900, 13, 4, 0.5, 1.0, 0.0),
        (1300, 40, 5, 4.0, 1.0, 1e6),
        (150, 13, 6, 9.0, 1.0, 0.0),
    ] {
        let x = sample(n, d, k, spread, thin, at);
        let weight: Vec<f64> = (0..n).map(|i| [2.0, 0.5, 0.0, 1.0][i % 4]).collect();
        for (level, weight) in Level::available().into_iter().flat_map(|l| [(l, &[][..]), (l, &weight[..])]) {
            let data = Rows::new(&x, d, weight).with_batch_rows(310);
            let run = |skipping| fit(&data, model(&x, d, k, skipping, level), 12);
            let (expected, outcome, dense) = run(Skipping::Never);
            ends[usize::from(matches!(outcome, Outcome::Stopped(_)))] += 1;
            for skipping in [Skipping::Always, Skipping::Automatic] {
                let (trace, failure, end) = run(skipping);
                assert_eq!(trace, expected, "n = {n}, d = {d}, k = {k}, {skipping:?}, {}", level.name());
                assert_eq!((end.parameters(), &failure), (dense.parameters(), &outcome));
            }
        }
    }
    // Breakdowns are the same, too; most fits last.
    assert!(ends[0] > 0 && ends[1] > 3 * ends[0], "{ends:?}");
}
