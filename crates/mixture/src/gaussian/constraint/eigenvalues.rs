//! Bounds on the eigenvalues of all covariances.
//!
//! Where the plain maximiser of the covariances is S_k = D_k diag(s_k1 … s_kd) D_kᵀ and nothing else ties the eigenvalues to
//! one another, the maximiser under a bound keeps the eigenvectors and clips the eigenvalues, for
//! Σ_k N_k Σ_j (log λ_kj + s_kj / λ_kj) falls in each λ up to s and rises beyond.
//!
//! *Floor*: λ* = max(s, f). *Ratio* (max λ / min λ ≤ c; Ingrassia & Rocci 2007, key `ingrassia2007`): λ* = clip(s, m, c·m) with
//! the m that minimises the sum. The sum is smooth between the 2Kd points s_kj and s_kj/c, where it has one stationary
//! point, a weighted mean of what is clipped; the best of these 2Kd + 1 candidates is the minimum (Fritz, García-Escudero &
//! Mayo-Iscar 2013, key `fritz2013`). Under rotation, shift and one scale for all variables the result follows the data; a
//! scale for each variable changes the bound.

use crate::gaussian::structure::algebra;

/// Working memory for the bounds of K covariances in d dimensions.
#[derive(Clone, Debug)]
pub(crate) struct Eigenvalues {
    d: usize,
    /// s, k × d.
    values: Vec<f64>,
    /// D, k × d × d.
    vectors: Vec<f64>,
    /// s_kj and s_kj/c, sorted.
    breaks: Vec<f64>,
    matrix: Vec<f64>,
}

impl Eigenvalues {
    pub(crate) fn new(k: usize, d: usize) -> Self {
        Self {
            d,
            values: vec![0.0; k * d],
            vectors: vec![0.0; k * d * d],
            breaks: vec![0.0; 2 * k * d],
            matrix: vec![0.0; d * d],
        }
    }

    /// Clips all eigenvalues of `covariances` (K × d × d) from below at `floor`.
    pub(crate) fn floor(&mut self, covariances: &mut [f64], floor: f64) {
        self.decompose(covariances);
        self.clip(covariances, floor, f64::INFINITY);
    }

    /// Bounds the ratio of the largest eigenvalue of all `covariances` to the smallest by `ratio`, at the least cost in
    /// likelihood; `counts` are the effective counts N_k.
    pub(crate) fn ratio(&mut self, counts: &[f64], covariances: &mut [f64], ratio: f64) {
        self.decompose(covariances);
        if let Some(lower) = lower_bound(counts, &self.values, ratio, &mut self.breaks) {
            self.clip(covariances, lower, ratio * lower);
        }
    }

    fn decompose(&mut self, covariances: &[f64]) {
        let d = self.d;
        for (k, covariance) in covariances.chunks_exact(d * d).enumerate() {
            self.matrix.copy_from_slice(covariance);
            let vectors = &mut self.vectors[k * d * d..(k + 1) * d * d];
            algebra::eigen(&mut self.matrix, &mut self.values[k * d..(k + 1) * d], vectors, d);
        }
    }

    /// Rewrites those covariances of which an eigenvalue is outside; the others keep their bits.
    fn clip(&mut self, covariances: &mut [f64], low: f64, high: f64) {
        let d = self.d;
        let stacks = covariances.chunks_exact_mut(d * d).zip(self.values.chunks_exact_mut(d));
        for ((covariance, values), vectors) in stacks.zip(self.vectors.chunks_exact(d * d)) {
            // Where an eigenvalue is no number there is nothing to clip, and whoever factors the matrix judges it.
            if values.iter().any(|&s| s < low || s > high) {
                clip(values, low, high);
                algebra::write_oriented(covariance, 1.0, values, vectors);
            }
        }
    }
}

/// Clips eigenvalues that are outside.
pub(crate) fn clip(values: &mut [f64], low: f64, high: f64) {
    for s in values.iter_mut().filter(|s| **s < low || **s > high) {
        *s = s.clamp(low, high);
    }
}

/// The m of the ratio bound for `values` (as many for each of the counts N_k), or `None` if the bound holds. `breaks` holds two
/// numbers for each value.
pub(crate) fn lower_bound(counts: &[f64], values: &[f64], ratio: f64, breaks: &mut [f64]) -> Option<f64> {
    let (least, greatest) = values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &s| (low.min(s), high.max(s)));
    if greatest <= ratio * least {
        return None;
    }
    let (size, each) = (values.len(), values.len() / counts.len());
    for (i, &s) in values.iter().enumerate() {
        // Rounding can leave an eigenvalue of a singular covariance below zero.
        breaks[i] = s.max(0.0);
        breaks[size + i] = s.max(0.0) / ratio;
    }
    breaks.sort_by(f64::total_cmp);
    let weighted = || values.iter().enumerate().map(|(i, &s)| (counts[i / each], s.max(0.0)));
    let cost = |m: f64| -> f64 {
        weighted().map(|(n, s)| (n, s, s.clamp(m, ratio * m))).map(|(n, s, l)| n * (l.ln() + s / l)).sum()
    };
    let mut best = (f64::INFINITY, 0.0);
    for i in 0..=breaks.len() {
        let inside = match (i.checked_sub(1).map(|j| breaks[j]), breaks.get(i)) {
            (None, Some(first)) => first / 2.0,
            (Some(last), None) => 2.0 * last,
            (Some(before), Some(after)) => f64::midpoint(before, *after),
            (None, None) => continue,
        };
        let (mut sum, mut count) = (0.0, 0.0);
        for (n, s) in weighted() {
            if s < inside {
                (sum, count) = (sum + n * s, count + n);
            } else if s > ratio * inside {
                (sum, count) = (sum + n * s / ratio, count + n);
            }
        }
        let m = sum / count;
        if m > 0.0 {
            let value = cost(m);
            if value < best.0 {
                best = (value, m);
            }
        }
    }
    Some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ_k N_k (log |Λ_k| + tr(Λ_k⁻¹ S_k)) for diagonal 2 × 2 matrices.
    fn cost(counts: &[f64], s: &[f64], covariances: &[f64]) -> f64 {
        let at = |k: usize, j: usize| covariances[4 * k + 3 * j];
        (0..counts.len() * 2).map(|i| counts[i / 2] * (at(i / 2, i % 2).ln() + s[i] / at(i / 2, i % 2))).sum()
    }

    fn diagonal(s: &[f64]) -> Vec<f64> {
        s.chunks_exact(2).flat_map(|pair| [pair[0], 0.0, 0.0, pair[1]]).collect()
    }

    #[test]
    fn a_floor_clips_from_below_and_leaves_the_rest() {
        // Rotated by 45°: eigenvalues 3 and 1e-6.
        let mut covariances = [1.500_000_5, 1.499_999_5, 1.499_999_5, 1.500_000_5, 2.0, 0.3, 0.3, 1.0];
        let before = covariances;
        Eigenvalues::new(2, 2).floor(&mut covariances, 1e-2);
        assert_eq!(covariances[4..], before[4..]);
        let [a, b, c, d] = [covariances[0], covariances[1], covariances[2], covariances[3]];
        assert!((a - 1.505).abs() < 1e-12 && (b - 1.495).abs() < 1e-12 && b == c && (d - a).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn the_ratio_bound_is_the_constrained_minimum() {
        let (counts, s, ratio) = ([30.0, 70.0, 5.0], [9.0, 0.001, 1.0, 0.4, 50.0, 0.2], 12.0);
        let mut covariances = diagonal(&s);
        Eigenvalues::new(3, 2).ratio(&counts, &mut covariances, ratio);
        let values: Vec<f64> = (0..6).map(|i| covariances[4 * (i / 2) + 3 * (i % 2)]).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), &v| (l.min(v), h.max(v)));
        assert!(high <= ratio * low * (1.0 + 1e-14), "{values:?}");
        // No other lower bound on a fine grid does better.
        let best = cost(&counts, &s, &covariances);
        for step in 1..20_000 {
            let m = f64::from(step) * 1e-3;
            let other: Vec<f64> = s.iter().map(|&s| s.clamp(m, ratio * m)).collect();
            assert!(cost(&counts, &s, &diagonal(&other)) >= best - 1e-9, "m = {m}");
        }
    }

    #[test]
    fn a_ratio_that_holds_changes_no_bit() {
        let mut covariances = [2.0, 0.3, 0.3, 1.0, 1.0, 0.1, 0.1, 0.5];
        let before = covariances;
        Eigenvalues::new(2, 2).ratio(&[1.0, 2.0], &mut covariances, 10.0);
        assert_eq!(covariances, before);
    }

    #[test]
    fn a_component_on_one_point_is_given_the_smallest_allowed_sphere() {
        let mut covariances = diagonal(&[4.0, 1.0, 0.0, 0.0]);
        Eigenvalues::new(2, 2).ratio(&[50.0, 2.0], &mut covariances, 100.0);
        assert_eq!(covariances[4], covariances[7]);
        assert!(covariances[4] > 0.0 && (covariances[0] / covariances[4] - 100.0).abs() < 1e-9, "{covariances:?}");
    }
}
