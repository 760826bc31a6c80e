//! Seedings: which rows become the first centres.

use rand::{Rng, RngExt};
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
    let row = |i: usize| &x[i * d..(i + 1) * d];
    let mut left: Vec<usize> = (0..x.len() / d).collect();
    let mut chosen = Vec::with_capacity(k);
    for _ in 0..k {
        if left.is_empty() {
            return Err(TooFewDistinctRows { distinct: distinct_values(x, d), components: k });
        }
        let next = left[rng.random_range(0..left.len())];
        chosen.push(next);
        left.retain(|&i| row(i) != row(next));
    }
    Ok(chosen)
}

/// K-means++ with plain D² weighting (Arthur & Vassilvitskii 2007, key `arthur2007`): each new row is drawn with
/// probability proportional to its squared distance to the nearest row chosen before.
pub fn plus_plus(x: &[f64], d: usize, k: usize, rng: &mut impl Rng) -> Result<Vec<usize>, TooFewDistinctRows> {
    let n = x.len() / d;
    let mut squared = vec![f64::INFINITY; n];
    let mut chosen = vec![rng.random_range(0..n)];
    while chosen.len() < k {
        let centre = &x[chosen[chosen.len() - 1] * d..][..d];
        for (least, row) in squared.iter_mut().zip(x.chunks_exact(d)) {
            *least = least.min(row.iter().zip(centre).map(|(a, b)| (a - b) * (a - b)).sum());
        }
        let total: f64 = squared.iter().sum();
        if !(total > 0.0) {
            return Err(TooFewDistinctRows { distinct: distinct_values(x, d), components: k });
        }
        let mut remaining = rng.random::<f64>() * total;
        let drawn = squared.iter().position(|&weight| {
            remaining -= weight;
            remaining < 0.0
        });
        // Rounding can leave the last positive weight undrawn.
        let last = || squared.iter().rposition(|&weight| weight > 0.0).unwrap_or(0);
        chosen.push(drawn.unwrap_or_else(last));
    }
    Ok(chosen)
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
            for rows in [distinct_rows(&X, 2, 3, &mut rng).unwrap(), plus_plus(&X, 2, 3, &mut rng).unwrap()] {
                let chosen: Vec<f64> = rows.iter().flat_map(|&i| X[2 * i..2 * i + 2].to_vec()).collect();
                assert_eq!(distinct_values(&chosen, 2), 3);
            }
        }
    }

    #[test]
    fn too_few_distinct_rows_are_counted() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let expected = Err(TooFewDistinctRows { distinct: 3, components: 4 });
        assert_eq!(distinct_rows(&X, 2, 4, &mut rng), expected);
        assert_eq!(plus_plus(&X, 2, 4, &mut rng), expected);
    }

    #[test]
    fn squared_distances_decide() {
        // From 0 the weights of 1 and 10 are 1 : 100.
        let x = [0.0, 1.0, 10.0];
        let mut far = 0;
        let mut from_zero = 0;
        for seed in 0..4000 {
            let rows = plus_plus(&x, 1, 2, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
            if rows[0] == 0 {
                from_zero += 1;
                far += usize::from(rows[1] == 2);
            }
        }
        let share = f64::from(u32::try_from(far).unwrap()) / f64::from(from_zero);
        assert!((share - 100.0 / 101.0).abs() < 0.01, "{share}");
    }
}
