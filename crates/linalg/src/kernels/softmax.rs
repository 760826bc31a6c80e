//! Responsibilities and log-likelihood of a block: r_k = exp(a_k − m) / Σ_j exp(a_j − m), log Σ exp a = m + log Σ_j exp(a_j − m),
//! with m = max_j a_j.
//!
//! One logarithm per vector lane and 32 vectors instead of one per point: the sums lie in [1, k], so 32 of them multiply
//! without overflow.

use super::exp::exp_shifted;
use super::{Block, Level, WIDTH, padded};
use pulp::{Simd, WithSimd};

/// Vectors whose sums are multiplied before a logarithm is taken.
const PRODUCT: usize = 32;

/// Working memory for blocks of at most `capacity` points.
#[derive(Clone, Debug)]
pub struct Softmax {
    largest: Vec<f64>,
    sums: Vec<f64>,
}

impl Softmax {
    /// Working memory for blocks of at most `capacity` points.
    pub fn with_capacity(capacity: usize) -> Self {
        let length = padded(capacity);
        Self { largest: vec![0.0; length], sums: vec![0.0; length] }
    }
}

struct Op<'a> {
    /// In: log densities, k × stride. Out: weighted responsibilities w r.
    values: &'a mut [f64],
    log_weights: &'a [f64],
    weights: &'a [f64],
    unweighted: bool,
    work: &'a mut Softmax,
}

impl WithSimd for Op<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { values, log_weights, weights, unweighted, work } = self;
        let stride = weights.len();
        let (weight, _) = S::as_simd_f64s(weights);
        let (largest, _) = S::as_mut_simd_f64s(&mut work.largest[..stride]);
        let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));

        // The first pass only looks, the second exponentiates and sums: every density is loaded twice and stored once.
        largest.fill(simd.splat_f64s(f64::NEG_INFINITY));
        for (component, &log_weight) in values.chunks_exact(stride).zip(log_weights) {
            let log_weight = simd.splat_f64s(log_weight);
            for (&a, m) in S::as_simd_f64s(component).0.iter().zip(&mut *largest) {
                *m = simd.max_f64s(*m, simd.add_f64s(a, log_weight));
            }
        }
        work.sums[..stride].fill(0.0);
        let largest_plain = &work.largest[..stride];
        for (component, &log_weight) in values.chunks_exact_mut(stride).zip(log_weights) {
            exp_shifted(component, log_weight, largest_plain, &mut work.sums[..stride]);
        }
        let (largest, _) = S::as_simd_f64s(&work.largest[..stride]);
        let (sums, _) = S::as_mut_simd_f64s(&mut work.sums[..stride]);

        // Σ w (m + log sum): the padding has w = 0, which turns its factor into 1.
        let mut total = zero;
        for (&m, &w) in largest.iter().zip(weight) {
            total = simd.mul_add_f64s(m, w, total);
        }
        let mut total = simd.reduce_sum_f64s(total);
        if unweighted {
            for (sums, weight) in sums.chunks(PRODUCT).zip(weight.chunks(PRODUCT)) {
                let mut product = one;
                for (&sum, &w) in sums.iter().zip(weight) {
                    product = simd.mul_f64s(product, simd.mul_add_f64s(simd.sub_f64s(sum, one), w, one));
                }
                let mut lanes = [1.0; WIDTH];
                S::as_mut_simd_f64s(&mut lanes).0[0] = product;
                total += lanes[..S::F64_LANES].iter().map(|lane| lane.ln()).sum::<f64>();
            }
        } else {
            // A weight is an exponent: one logarithm per point.
            for (&sum, &w) in sums.iter().zip(weight) {
                let mut lanes = [[1.0; WIDTH], [0.0; WIDTH]];
                S::as_mut_simd_f64s(&mut lanes[0]).0[0] = sum;
                S::as_mut_simd_f64s(&mut lanes[1]).0[0] = w;
                total += lanes[0].iter().zip(&lanes[1]).map(|(sum, w)| w * sum.ln()).sum::<f64>();
            }
        }

        // w r = e · (w / sum)
        for (sum, &w) in sums.iter_mut().zip(weight) {
            *sum = simd.div_f64s(w, *sum);
        }
        for component in values.chunks_exact_mut(stride) {
            for (e, &scale) in S::as_mut_simd_f64s(component).0.iter_mut().zip(&*sums) {
                *e = simd.mul_f64s(*e, scale);
            }
        }
        total
    }
}

/// Turns log densities into weighted responsibilities.
///
/// `values` holds log p(x_i | k) on entry and w_i r_ik on exit (k rows of `block.stride()` numbers, zero in the padding);
/// `log_weights` the k log mixing weights. Returns Σ w log Σ_k exp(…), or a value that is not finite if the density of a
/// point vanishes in every component or is not a number.
pub fn softmax(level: Level, values: &mut [f64], log_weights: &[f64], block: &Block, work: &mut Softmax) -> f64 {
    let (weights, unweighted) = (block.weights(), block.unweighted());
    level.dispatch(Op { values, log_weights, weights, unweighted, work })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(rows: usize, weight: &[f64]) -> (Block, Vec<f64>) {
        let mut block = Block::with_capacity(rows, 1);
        let x: Vec<f64> = (0..rows).map(|i| (i as f64 * 0.7).sin() * 30.0).collect();
        block.load(&x, weight);
        let values = block.points().iter().flat_map(|&x| [-x * x]).chain(block.points().iter().map(|&x| x - 3.0));
        let values = values.collect();
        (block, values)
    }

    #[test]
    fn agrees_with_the_formula_at_every_level() {
        let log_weights = [0.3f64.ln(), 0.7f64.ln()];
        for rows in [1, 7, 8, 9, 300] {
            let weights: Vec<f64> = (0..rows).map(|i| 0.5 + (i % 3) as f64).collect();
            for weight in [&[][..], &weights] {
                let (block, densities) = case(rows, weight);
                let stride = block.stride();
                let mut expected = 0.0;
                for i in 0..rows {
                    let a = [densities[i] + log_weights[0], densities[stride + i] + log_weights[1]];
                    let m = a[0].max(a[1]);
                    let w = if weight.is_empty() { 1.0 } else { weight[i] };
                    expected += w * (m + ((a[0] - m).exp() + (a[1] - m).exp()).ln());
                }
                for level in Level::available() {
                    let mut values = densities.clone();
                    let total = softmax(level, &mut values, &log_weights, &block, &mut Softmax::with_capacity(rows));
                    assert!((total - expected).abs() <= 1e-13 * expected.abs(), "{total} {expected}");
                    for i in 0..stride {
                        let sum = values[i] + values[stride + i];
                        assert!((sum - block.weights()[i]).abs() < 1e-14);
                    }
                }
            }
        }
    }

    #[test]
    fn a_vanishing_density_is_not_finite() {
        let (block, mut values) = case(3, &[]);
        let stride = block.stride();
        values[1] = f64::NEG_INFINITY;
        values[stride + 1] = f64::NEG_INFINITY;
        let total = softmax(Level::detect(), &mut values, &[0.0, 0.0], &block, &mut Softmax::with_capacity(3));
        assert!(!total.is_finite());
    }
}
