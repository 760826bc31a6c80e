//! Seeding by chunks, vectors and the triangle inequality draws the rows that the plain algorithm draws.

use kmeans::{greedy_candidates, plus_plus, plus_plus_greedy};
use linalg::Level;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

/// k-means++ as it is written down: every distance, one sum.
fn plain(x: &[f64], d: usize, k: usize, candidates: usize, rng: &mut impl Rng) -> Vec<usize> {
    let n = x.len() / d;
    let row = |i: usize| &x[i * d..(i + 1) * d];
    let distance = |i: usize, j: usize| -> f64 { row(i).iter().zip(row(j)).map(|(a, b)| (a - b) * (a - b)).sum() };
    let mut squared = vec![f64::INFINITY; n];
    let mut chosen = vec![rng.random_range(0..n)];
    while chosen.len() < k {
        let last = chosen[chosen.len() - 1];
        for (i, squared) in squared.iter_mut().enumerate() {
            *squared = squared.min(distance(i, last));
        }
        let total: f64 = squared.iter().sum();
        let drawn: Vec<usize> = (0..candidates)
            .map(|_| {
                let mut remaining = rng.random::<f64>() * total;
                let drawn = squared.iter().position(|squared| {
                    remaining -= squared;
                    remaining < 0.0
                });
                drawn.unwrap_or(n - 1)
            })
            .collect();
        let left = |j: usize| -> f64 { squared.iter().enumerate().map(|(i, least)| least.min(distance(i, j))).sum() };
        let best = drawn
            .iter()
            .map(|&j| left(j))
            .enumerate()
            .fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best });
        chosen.push(drawn[best.0]);
    }
    chosen
}

/// n rows around a few centres, far enough apart that most rows are skipped.
fn clustered(n: usize, d: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    (0..n * d).map(|i| f64::from(u32::try_from(i / d * 7 % 11).unwrap()) * 2.0 + rng.random::<f64>()).collect()
}

#[test]
fn the_same_rows_as_the_plain_algorithm() {
    for (n, d, k) in [(150, 4, 3), (1000, 3, 20), (700, 9, 12), (40_000, 2, 8), (35_000, 6, 6)] {
        let x = clustered(n, d);
        for seed in 0..3 {
            let rng = || ChaCha8Rng::seed_from_u64(seed);
            assert_eq!(
                plus_plus(&x, d, k, Level::detect(), &mut rng()).unwrap(),
                plain(&x, d, k, 1, &mut rng()),
                "{n} {d} {k}"
            );
            let greedy = plus_plus_greedy(&x, d, k, Level::detect(), &mut rng()).unwrap();
            assert_eq!(greedy, plain(&x, d, k, greedy_candidates(k), &mut rng()), "{n} {d} {k}");
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let x = clustered(40_000, 5);
    let seed = || plus_plus_greedy(&x, 5, 6, Level::detect(), &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    let pools = [1, 2, 4].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let [one, two, four] = pools.map(|pool| pool.install(seed));
    assert_eq!(one, two);
    assert_eq!(one, four);
}
