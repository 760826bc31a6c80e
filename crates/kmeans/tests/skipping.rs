//! Skipped distances change nothing: traces, parameters and labels are Lloyd's to the last bit.

use em::stop::MaxIterations;
use em::{Batch, LatentModel, Plain, Rows, Serial, Skipping, Stopping, TraceRow};
use kmeans::KMeans;
use linalg::Level;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// n rows around `clusters` centres that are `spread` apart, all values on a grid of `step` and moved by `at`.
fn sample(n: usize, d: usize, clusters: usize, spread: f64, step: f64, at: f64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let about = |size: f64, rng: &mut ChaCha8Rng| size * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
    let means: Vec<f64> = (0..clusters * d).map(|_| about(spread, &mut rng)).collect();
    let row = (0..n).flat_map(|_| {
        let mean = rng.random_range(0..clusters) * d;
        (0..d).map(|j| at + ((means[mean + j] + about(1.0, &mut rng)) / step).round() * step).collect::<Vec<f64>>()
    });
    row.collect()
}

fn model(x: &[f64], d: usize, k: usize, skipping: Skipping, level: Level) -> KMeans {
    let n = x.len() / d;
    let rows = (0..k).map(|i| i * (n / k));
    let centres = rows.flat_map(|i| x[i * d..(i + 1) * d].to_vec()).collect();
    KMeans::new(centres, vec![1.0; d], level).skipping(skipping)
}

fn fit(data: &Rows<'_>, model: KMeans, iterations: u32) -> (Vec<TraceRow>, KMeans) {
    let mut trace = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: iterations });
    let fit = em::fit(data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
    (trace, fit.model)
}

#[test]
fn traces_and_parameters_are_lloyds() {
    // Separated and not, ties on a grid, far from the origin; several batches, the last of another length; tails of every kind.
    for (n, d, k, clusters, spread, step, at) in [
        (3000, 8, 24, 12, 20.0, 1e-9, 0.0),
        (3000, 13, 11, 6, 1.5, 1e-9, 0.0),
        (2000, 5, 70, 1, 1.0, 1e-9, 0.0),
        (2500, 6, 17, 6, 8.0, 0.25, 0.0),
        (2500, 16, 9, 9, 6.0, 1e-6, 1e8),
        (3000, 3, 40, 20, 10.0, 1e-9, 0.0),
        // Where remembering may pay: from the third pass on, never, and now and then.
        (3000, 40, 40, 20, 10.0, 1e-9, 0.0),
        (1400, 40, 36, 1, 1.0, 1e-9, 0.0),
        (1400, 32, 48, 8, 3.0, 0.25, 0.0),
    ] {
        let x = sample(n, d, clusters, spread, step, at);
        let weight: Vec<f64> = (0..n).map(|i| if i % 5 == 0 { 2.0 } else { 0.5 }).collect();
        for (level, weight) in Level::available().into_iter().flat_map(|l| [(l, &[][..]), (l, &weight[..])]) {
            let data = Rows::new(&x, d, weight).with_batch_rows(1100);
            let run = |skipping| fit(&data, model(&x, d, k, skipping, level), 25);
            let (expected, lloyd) = run(Skipping::Never);
            assert_eq!(expected.len(), 26, "a cluster got lost: n = {n}, d = {d}, k = {k}");
            for skipping in [Skipping::Always, Skipping::Automatic] {
                let (trace, end) = run(skipping);
                assert_eq!(trace, expected, "n = {n}, d = {d}, k = {k}, {skipping:?}");
                assert_eq!(end.centres(), lloyd.centres());
                assert_eq!(end.assign(data.all()), lloyd.assign(data.all()));
            }
        }
    }
}

#[test]
fn centres_may_jump_and_batches_may_come_in_any_order() {
    let (n, d, k) = (1500, 7, 30);
    let x = sample(n, d, 10, 6.0, 1e-9, 0.0);
    let plain = model(&x, d, k, Skipping::Never, Level::detect());
    let skipping = plain.clone().skipping(Skipping::Always);
    let whole = Batch { x: &x, dimension: d, weight: &[], first_row: 0 };
    let cuts = [(0, 500), (500, 700), (700, 1500)].map(|(from, to)| whole.slice(from, to));
    let mut remembering = skipping.scratch(1500);
    let (mut from_scratch, mut from_memory) = (vec![0.0; plain.stats_len()], vec![0.0; plain.stats_len()]);
    let mut centres = plain.centres().to_vec();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for pass in 0..60 {
        // Small shifts, and now and then somewhere else; every seventh pass the same centres again.
        let size = if pass % 10 == 9 { 3.0 } else { 0.02 };
        if pass % 7 != 6 {
            for c in &mut centres {
                *c += size * (rng.random::<f64>() - 0.5);
            }
        }
        // Once a model that is no number comes between.
        if pass == 30 {
            let nowhere = KMeans::new(vec![f64::NAN; k * d], vec![1.0; d], Level::detect()).skipping(Skipping::Always);
            nowhere.accumulate(cuts[0], &mut from_memory, &mut remembering);
            centres.rotate_left(d);
        }
        let at = |skipping| KMeans::new(centres.clone(), vec![1.0; d], Level::detect()).skipping(skipping);
        let batch = cuts[rng.random_range(0..cuts.len())];
        from_scratch.fill(0.0);
        from_memory.fill(0.0);
        let plain = at(Skipping::Never);
        let expected = plain.accumulate(batch, &mut from_scratch, &mut plain.scratch(1500));
        let found = at(Skipping::Always).accumulate(batch, &mut from_memory, &mut remembering);
        assert_eq!((found, &from_memory), (expected, &from_scratch), "pass {pass}");
    }
}
