//! Seedings: which rows become the first centres.

use em::batch::BATCH_ROWS;
use linalg::Level;
use linalg::kernels::{Newcomer, lower, lowered_sum, separation};
use rand::{Rng, RngExt};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};
use std::collections::HashSet;
use thiserror::Error;

/// The data hold fewer different rows than centres are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{components} components need {components} different rows, the data have {distinct}: use fewer components")]
pub struct TooFewDistinctRows {
    /// Number of different rows.
    pub distinct: usize,
    /// Number k of components.
    pub components: usize,
}

/// Number of different rows of `x` (n × d); −0 and 0 are the same.
pub fn distinct_values(x: &[f64], d: usize) -> usize {
    let bits = |row: &[f64]| -> Vec<u64> { row.iter().map(|value| (value + 0.0).to_bits()).collect() };
    x.chunks_exact(d).map(bits).collect::<HashSet<_>>().len()
}

/// K rows with replacement, as the tutorial draws them: duplicates are possible and kept.
pub fn rows_with_replacement(n: usize, k: usize, rng: &mut impl Rng) -> Vec<usize> {
    (0..k).map(|_| rng.random_range(0..n)).collect()
}

/// K rows with pairwise different values, each new one uniform among the rows that differ from those before it.
pub fn distinct_rows(x: &[f64], d: usize, k: usize, rng: &mut impl Rng) -> Result<Vec<usize>, TooFewDistinctRows> {
    let n = x.len() / d;
    let row = |i: usize| &x[i * d..(i + 1) * d];
    // Rows are compared where their fingerprints agree: n·d operations once instead of n·k accesses all over the data.
    let prints: Vec<u64> = x.chunks_exact(d).map(fingerprint).collect();
    let mut equal_to_chosen: Vec<usize> = Vec::new();
    let mut chosen = Vec::with_capacity(k);
    for _ in 0..k {
        let left = n - equal_to_chosen.len();
        if left == 0 {
            return Err(TooFewDistinctRows { distinct: distinct_values(x, d), components: k });
        }
        // The row at that place among those that are left; the others are in ascending order.
        let place = rng.random_range(0..left);
        let next = equal_to_chosen.iter().fold(place, |place, &gone| place + usize::from(gone <= place));
        chosen.push(next);
        let candidates = prints.iter().enumerate().filter(|(_, print)| **print == prints[next]);
        equal_to_chosen.extend(candidates.map(|(i, _)| i).filter(|&i| row(i) == row(next)));
        equal_to_chosen.sort_unstable();
    }
    Ok(chosen)
}

/// Equal rows have equal fingerprints; −0 and 0 are the same.
fn fingerprint(row: &[f64]) -> u64 {
    // Multiplication and rotation as in FxHash; the constant is 2⁶⁴ over the golden ratio.
    row.iter().fold(0, |print: u64, value| {
        (print.rotate_left(5) ^ (value + 0.0).to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// K-means++ with plain D² weighting (Arthur & Vassilvitskii 2007, key `arthur2007`): each new row is drawn with
/// probability proportional to its squared distance to the nearest row chosen before.
pub fn plus_plus(
    x: &[f64],
    d: usize,
    k: usize,
    level: Level,
    rng: &mut impl Rng,
) -> Result<Vec<usize>, TooFewDistinctRows> {
    seed(Distances::new(x, d, level), k, 1, rng)
}

/// Greedy k-means++ (named but not analysed by Arthur & Vassilvitskii 2007, key `arthur2007`; what scikit-learn does):
/// each new row is the best of [`greedy_candidates`] rows drawn as in [`plus_plus`], the one that leaves the smallest
/// Σ_i min_c |x_i − c|². Ties go to the row drawn first.
pub fn plus_plus_greedy(
    x: &[f64],
    d: usize,
    k: usize,
    level: Level,
    rng: &mut impl Rng,
) -> Result<Vec<usize>, TooFewDistinctRows> {
    seed(Distances::new(x, d, level), k, greedy_candidates(k), rng)
}

/// Rows that greedy k-means++ draws for each new centre: 2 + ⌊ln k⌋.
pub fn greedy_candidates(k: usize) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the logarithm of a count")]
    let logarithm = (k.max(1) as f64).ln() as usize;
    2 + logarithm
}

/// What a seeding costs in passes of n·k distances, rounded up: each of the k − 1 later centres measures n distances to
/// every candidate.
pub fn seeding_passes(k: usize, candidates: usize) -> u32 {
    u32::try_from((k.saturating_sub(1) * candidates).div_ceil(k.max(1))).unwrap_or(u32::MAX)
}

fn seed(
    mut distances: Distances<'_>,
    k: usize,
    candidates: usize,
    rng: &mut impl Rng,
) -> Result<Vec<usize>, TooFewDistinctRows> {
    let (x, d) = (distances.x, distances.d);
    let mut chosen = vec![rng.random_range(0..x.len() / d)];
    while chosen.len() < k {
        distances.lower(&chosen);
        let total: f64 = distances.sums.iter().sum();
        if !(total > 0.0) {
            return Err(TooFewDistinctRows { distinct: distinct_values(x, d), components: k });
        }
        let drawn: Vec<usize> = (0..candidates).map(|_| distances.draw(total, rng)).collect();
        let best = if let [only] = drawn[..] {
            only
        } else {
            let sums: Vec<f64> = drawn.iter().map(|&i| distances.lowered_sum(&chosen, i)).collect();
            drawn[(1..candidates).fold(0, |best, i| if sums[i] < sums[best] { i } else { best })]
        };
        chosen.push(best);
    }
    Ok(chosen)
}

/// Squared distances of all rows to the nearest row chosen so far. Rows are dealt into chunks of [`BATCH_ROWS`], so that
/// sums do not depend on the number of threads.
struct Distances<'a> {
    x: &'a [f64],
    d: usize,
    level: Level,
    squared: Vec<f64>,
    /// Place of the nearest row among the chosen ones.
    nearest: Vec<u32>,
    /// Σ of each chunk's squared distances.
    sums: Vec<f64>,
}

impl<'a> Distances<'a> {
    /// The numbers do not depend on the level (`linalg::kernels::exact`).
    fn new(x: &'a [f64], d: usize, level: Level) -> Self {
        let n = x.len() / d;
        let chunks = n.div_ceil(BATCH_ROWS);
        let (squared, nearest) = (vec![f64::INFINITY; n], vec![0; n]);
        Self { x, d, level, squared, nearest, sums: vec![0.0; chunks] }
    }

    fn row(&self, i: usize) -> &'a [f64] {
        &self.x[i * self.d..(i + 1) * self.d]
    }

    /// What separates row `i` from the chosen ones; one more number, so that there is one.
    fn separations(&self, chosen: &[usize], i: usize) -> Vec<f64> {
        chosen.iter().map(|&other| separation(self.level, self.row(i), self.row(other))).chain([0.0]).collect()
    }

    /// Enters the last of the chosen rows.
    fn lower(&mut self, chosen: &[usize]) {
        let Some((&last, before)) = chosen.split_last() else { return };
        let separations = self.separations(before, last);
        let new = Newcomer { centre: self.row(last), separations: &separations };
        #[expect(clippy::cast_possible_truncation, reason = "a number of centres")]
        let index = before.len() as u32;
        let level = self.level;
        let chunk =
            |((x, nearest), squared): ((&[f64], &mut [u32]), &mut [f64])| lower(level, x, new, index, nearest, squared);
        if let [sum] = &mut self.sums[..] {
            *sum = chunk(((self.x, &mut self.nearest), &mut self.squared));
        } else {
            let rows = self.x.par_chunks(BATCH_ROWS * self.d).zip(self.nearest.par_chunks_mut(BATCH_ROWS));
            rows.zip(self.squared.par_chunks_mut(BATCH_ROWS)).map(chunk).collect_into_vec(&mut self.sums);
        }
    }

    /// Σ of all squared distances if row `i` were chosen next.
    fn lowered_sum(&self, chosen: &[usize], i: usize) -> f64 {
        let separations = self.separations(chosen, i);
        let new = Newcomer { centre: self.row(i), separations: &separations };
        let chunk =
            |((x, nearest), squared): ((&[f64], &[u32]), &[f64])| lowered_sum(self.level, x, new, nearest, squared);
        if self.sums.len() == 1 {
            return chunk(((self.x, &self.nearest), &self.squared));
        }
        let rows = self.x.par_chunks(BATCH_ROWS * self.d).zip(self.nearest.par_chunks(BATCH_ROWS));
        rows.zip(self.squared.par_chunks(BATCH_ROWS)).map(chunk).collect::<Vec<f64>>().iter().sum()
    }

    /// A row drawn in proportion to its squared distance, their sum being `total`.
    fn draw(&self, total: f64, rng: &mut impl Rng) -> usize {
        let mut remaining = rng.random::<f64>() * total;
        for (i, (chunk, &sum)) in self.squared.chunks(BATCH_ROWS).zip(&self.sums).enumerate() {
            if remaining >= sum {
                remaining -= sum;
                continue;
            }
            let drawn = chunk.iter().position(|&squared| {
                remaining -= squared;
                remaining < 0.0
            });
            if let Some(drawn) = drawn {
                return i * BATCH_ROWS + drawn;
            }
        }
        // Rounding can leave the last row that is apart undrawn.
        self.squared.iter().rposition(|&squared| squared > 0.0).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const X: [f64; 10] = [0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 9.0, 0.0, 5.0, 5.0];

    #[test]
    fn distinct_rows_differ_in_value() {
        for seed in 0..50 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            for rows in [
                distinct_rows(&X, 2, 3, &mut rng).unwrap(),
                plus_plus(&X, 2, 3, Level::detect(), &mut rng).unwrap(),
                plus_plus_greedy(&X, 2, 3, Level::detect(), &mut rng).unwrap(),
            ] {
                let chosen: Vec<f64> = rows.iter().flat_map(|&i| X[2 * i..2 * i + 2].to_vec()).collect();
                assert_eq!(distinct_values(&chosen, 2), 3);
            }
        }
    }

    #[test]
    fn distinct_rows_are_drawn_from_those_that_are_left() {
        // The list of rows that are left, written down.
        let plain = |x: &[f64], d: usize, k: usize, rng: &mut ChaCha8Rng| -> Vec<usize> {
            let row = |i: usize| &x[i * d..(i + 1) * d];
            let mut left: Vec<usize> = (0..x.len() / d).collect();
            let draw = |_| {
                let next = left[rng.random_range(0..left.len())];
                left.retain(|&i| row(i) != row(next));
                next
            };
            (0..k).map(draw).collect()
        };
        let x: Vec<f64> = (0..300).map(|i| f64::from(i * i % 7) - 3.0).map(|v| if v == 0.0 { -v } else { v }).collect();
        for (x, d, k) in [(&X[..], 2, 3), (&x, 1, 4), (&x, 3, 5)] {
            for seed in 0..20 {
                let rng = || ChaCha8Rng::seed_from_u64(seed);
                assert_eq!(distinct_rows(x, d, k, &mut rng()).unwrap(), plain(x, d, k, &mut rng()));
            }
        }
    }

    #[test]
    fn too_few_distinct_rows_are_counted() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let expected = Err(TooFewDistinctRows { distinct: 3, components: 4 });
        assert_eq!(distinct_rows(&X, 2, 4, &mut rng), expected);
        assert_eq!(plus_plus(&X, 2, 4, Level::detect(), &mut rng), expected);
        assert_eq!(plus_plus_greedy(&X, 2, 4, Level::detect(), &mut rng), expected);
    }

    #[test]
    fn squared_distances_decide() {
        // From 0 the weights of 1 and 10 are 1 : 100.
        let x = [0.0, 1.0, 10.0];
        let mut far = 0;
        let mut from_zero = 0;
        for seed in 0..4000 {
            let rows = plus_plus(&x, 1, 2, Level::detect(), &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
            if rows[0] == 0 {
                from_zero += 1;
                far += usize::from(rows[1] == 2);
            }
        }
        let share = f64::from(u32::try_from(far).unwrap()) / f64::from(from_zero);
        assert!((share - 100.0 / 101.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn candidates_and_their_cost() {
        assert_eq!([1, 2, 3, 7, 8, 21].map(greedy_candidates), [2, 2, 3, 3, 4, 5]);
        assert_eq!([1, 2, 3, 10].map(|k| seeding_passes(k, 1)), [0, 1, 1, 1]);
        assert_eq!([1, 2, 3, 10].map(|k| seeding_passes(k, greedy_candidates(k))), [0, 1, 2, 4]);
    }

    #[test]
    fn greedy_seeds_leave_less() {
        // Three groups of very different spread: mean sums of squares over the same seeds.
        let x: Vec<f64> = (0..30).map(|i| f64::from(i % 10) * 0.1 + f64::from(i / 10) * 3.0).collect();
        let inertia = |rows: &[usize]| -> f64 {
            let nearest = |v: f64| rows.iter().map(|&i| (v - x[i]) * (v - x[i])).fold(f64::INFINITY, f64::min);
            x.iter().map(|&v| nearest(v)).sum()
        };
        let mut sums = [0.0; 2];
        for seed in 0..500 {
            let rng = || ChaCha8Rng::seed_from_u64(seed);
            sums[0] += inertia(&plus_plus(&x, 1, 3, Level::detect(), &mut rng()).unwrap());
            sums[1] += inertia(&plus_plus_greedy(&x, 1, 3, Level::detect(), &mut rng()).unwrap());
        }
        assert!(sums[1] < 0.95 * sums[0], "{sums:?}");
    }
}
