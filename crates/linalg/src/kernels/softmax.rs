//! Responsibilities and log-likelihood of a block: r_k = exp(a_k − m) / Σ_j exp(a_j − m), log Σ exp a = m + log Σ_j exp(a_j − m),
//! with m = max_j a_j.
//!
//! One logarithm per vector lane and 32 vectors instead of one per point: the sums lie in [1, k], so 32 of them multiply
//! without overflow.
//!
//! What is negligible may be nothing: exp(a_k − m) is 0 below a limit, which can be so high ([`NEGLIGIBLE`]) that no double would have
//! held the term. What is 0 need not be computed ([`sieve`](super::sieve)).

use super::exp::{UNDERFLOW, exp_above, exp_shifted};
use super::{Block, Level, WIDTH};
use pulp::{Simd, WithSimd};

/// Vectors whose sums are multiplied before a logarithm is taken.
const PRODUCT: usize = 32;

/// Points that are exponentiated together: their maxima and sums stay in registers, and the division of one chunk hides behind
/// the exponentials of the next.
const CHUNK: usize = 32;

/// Limit of logarithms relative to the largest: every term that is a normal number.
pub const REPRESENTABLE: f64 = UNDERFLOW;

/// The same, −60 ln 2: a term below 2⁻⁶⁰ of the largest does not change their sum, which a double holds to 2⁻⁵³, nor do 64 of them; and a
/// component of which no row holds more has an effective count below 2⁻⁶⁰ of the sample's.
pub const NEGLIGIBLE: f64 = -60.0 * std::f64::consts::LN_2;

struct Op<'a> {
    /// In: log densities, k × stride. Out: weighted responsibilities w r.
    values: &'a mut [f64],
    log_weights: &'a [f64],
    weights: &'a [f64],
    unweighted: bool,
    least: f64,
}

impl WithSimd for Op<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { values, log_weights, weights, unweighted, least } = self;
        let (mut total, options) = (Total::new(simd), (unweighted, least));
        let (chunks, rest) = weights.as_chunks::<CHUNK>();
        let stride = weights.len();
        for (i, weights) in chunks.iter().enumerate() {
            any(simd, &mut values[i * CHUNK..], stride, log_weights, weights, options, &mut total);
        }
        for (i, weights) in rest.as_chunks::<WIDTH>().0.iter().enumerate() {
            let from = chunks.len() * CHUNK + i * WIDTH;
            any(simd, &mut values[from..], stride, log_weights, weights, options, &mut total);
        }
        total.finish(simd)
    }
}

/// Responsibilities of N points, which stand first in each component's row of `values`, by what is fastest for so many components. The
/// bits are the same.
#[inline(always)]
fn any<S: Simd, const N: usize>(
    simd: S,
    values: &mut [f64],
    stride: usize,
    log_weights: &[f64],
    weights: &[f64; N],
    options: (bool, f64),
    total: &mut Total<S>,
) {
    match log_weights {
        [a, b] => chunk_of_two(simd, values, stride, [*a, *b], weights, options, total),
        _ => chunk(simd, values, stride, log_weights, weights, options, total),
    }
}

/// Σ w (m + log sum) as it grows.
struct Total<S: Simd> {
    /// Σ w m.
    largest: S::f64s,
    /// Product of the sums of points of weight one since the last logarithm, and how many vectors there are in it.
    product: S::f64s,
    vectors: usize,
    /// Σ w log sum so far.
    logarithms: f64,
}

impl<S: Simd> Total<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Self { largest: simd.splat_f64s(0.0), product: simd.splat_f64s(1.0), vectors: 0, logarithms: 0.0 }
    }

    /// Adds N points of known largest term and sum relative to it.
    #[inline(always)]
    fn add<const N: usize>(
        &mut self,
        simd: S,
        largest: &[f64; N],
        sums: &[f64; N],
        weights: &[f64; N],
        unweighted: bool,
    ) {
        let one = simd.splat_f64s(1.0);
        // The padding has w = 0, which turns its factor of the product into 1.
        let weight = S::as_simd_f64s(weights).0;
        for (&m, &w) in S::as_simd_f64s(largest).0.iter().zip(weight) {
            self.largest = simd.mul_add_f64s(m, w, self.largest);
        }
        if unweighted {
            for (&sum, &w) in S::as_simd_f64s(sums).0.iter().zip(weight) {
                if self.vectors == PRODUCT {
                    self.take_logarithm();
                    (self.product, self.vectors) = (one, 0);
                }
                self.product = simd.mul_f64s(self.product, simd.mul_add_f64s(simd.sub_f64s(sum, one), w, one));
                self.vectors += 1;
            }
        } else {
            // A weight is an exponent: one logarithm per point.
            self.logarithms += sums.iter().zip(weights).map(|(sum, w)| w * sum.ln()).sum::<f64>();
        }
    }

    #[inline(always)]
    fn finish(mut self, simd: S) -> f64 {
        self.take_logarithm();
        simd.reduce_sum_f64s(self.largest) + self.logarithms
    }

    #[inline(always)]
    fn take_logarithm(&mut self) {
        let mut lanes = [1.0; WIDTH];
        S::as_mut_simd_f64s(&mut lanes).0[0] = self.product;
        self.logarithms += ln_of_product(&lanes[..S::F64_LANES]);
    }
}

/// Responsibilities of N points, of any number of components.
#[inline(always)]
fn chunk<S: Simd, const N: usize>(
    simd: S,
    values: &mut [f64],
    stride: usize,
    log_weights: &[f64],
    weights: &[f64; N],
    (unweighted, least): (bool, f64),
    total: &mut Total<S>,
) {
    let (mut largest, mut sums) = ([f64::NEG_INFINITY; N], [0.0; N]);
    // Indices instead of chunks, which divide to know how many they are: 20 cycles for each of these loops.
    for (c, &log_weight) in log_weights.iter().enumerate() {
        let log_weight = simd.splat_f64s(log_weight);
        let densities = S::as_simd_f64s(&values[c * stride..][..N]).0;
        for (&a, m) in densities.iter().zip(S::as_mut_simd_f64s(&mut largest).0) {
            *m = simd.max_f64s(*m, simd.add_f64s(a, log_weight));
        }
    }
    for (c, &log_weight) in log_weights.iter().enumerate() {
        exp_shifted(&mut values[c * stride..][..N], log_weight, &largest, &mut sums, least);
    }
    total.add(simd, &largest, &sums, weights, unweighted);
    let weight = S::as_simd_f64s(weights).0;
    // w r = e · (w / sum)
    for (sum, &w) in S::as_mut_simd_f64s(&mut sums).0.iter_mut().zip(weight) {
        *sum = simd.div_f64s(w, *sum);
    }
    for c in 0..log_weights.len() {
        let component = S::as_mut_simd_f64s(&mut values[c * stride..][..N]).0;
        for (e, &scale) in component.iter_mut().zip(S::as_simd_f64s(&sums).0) {
            *e = simd.mul_f64s(*e, scale);
        }
    }
}

/// The same of two components: exp(0) = 1 of the larger term is known, so half of the exponentials are left. (Of three components two
/// thirds would be left; to find them and to put them at their places took longer than the third.)
#[inline(always)]
fn chunk_of_two<S: Simd, const N: usize>(
    simd: S,
    values: &mut [f64],
    stride: usize,
    log_weights: [f64; 2],
    weights: &[f64; N],
    (unweighted, least): (bool, f64),
    total: &mut Total<S>,
) {
    let (mut largest, mut smaller, mut sums) = ([0.0; N], [0.0; N], [0.0; N]);
    let (first, second) = values.split_at_mut(stride);
    let (first, second) = (S::as_mut_simd_f64s(&mut first[..N]).0, S::as_mut_simd_f64s(&mut second[..N]).0);
    let [shift, other_shift] = log_weights.map(|log_weight| simd.splat_f64s(log_weight));
    let rows = first.iter_mut().zip(second.iter_mut()).zip(S::as_mut_simd_f64s(&mut largest).0);
    for (((a, b), m), small) in rows.zip(S::as_mut_simd_f64s(&mut smaller).0) {
        (*a, *b) = (simd.add_f64s(*a, shift), simd.add_f64s(*b, other_shift));
        let larger = simd.max_f64s(*a, *b);
        *m = larger;
        // One of them is 0, and what is no number stays none, whatever the maximum makes of it.
        *small = simd.add_f64s(simd.sub_f64s(*a, larger), simd.sub_f64s(*b, larger));
    }
    exp_above(&mut smaller, least);
    for (sum, &e) in S::as_mut_simd_f64s(&mut sums).0.iter_mut().zip(S::as_simd_f64s(&smaller).0) {
        *sum = simd.add_f64s(simd.splat_f64s(1.0), e);
    }
    total.add(simd, &largest, &sums, weights, unweighted);
    let rows = first.iter_mut().zip(second).zip(S::as_simd_f64s(&smaller).0).zip(S::as_simd_f64s(&sums).0);
    for ((((a, b), &e), &sum), &w) in rows.zip(S::as_simd_f64s(weights).0) {
        let scale = simd.div_f64s(w, sum);
        let small = simd.mul_f64s(e, scale);
        let first_is_larger = simd.greater_than_or_equal_f64s(*a, *b);
        *a = simd.select_f64s(first_is_larger, scale, small);
        *b = simd.select_f64s(first_is_larger, small, scale);
    }
}

/// ln of a product of numbers ≥ 1, with as few logarithms as the range of a double allows: one, up to 16 components.
#[inline(always)]
fn ln_of_product(factors: &[f64]) -> f64 {
    let (mut sum, mut product) = (0.0, 1.0f64);
    for &factor in factors {
        if factor * product > 1e300 {
            sum += product.ln();
            product = 1.0;
        }
        product *= factor;
    }
    sum + product.ln()
}

struct Logarithm<'a> {
    largest: &'a [f64],
    sums: &'a [f64],
    weights: &'a [f64],
    unweighted: bool,
}

impl WithSimd for Logarithm<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { largest, sums, weights, unweighted } = self;
        let mut total = Total::new(simd);
        let chunks = [largest, sums, weights].map(|values| values.as_chunks::<CHUNK>());
        for ((largest, sums), weights) in chunks[0].0.iter().zip(chunks[1].0).zip(chunks[2].0) {
            total.add(simd, largest, sums, weights, unweighted);
        }
        let rest = chunks.map(|(_, rest)| rest.as_chunks::<WIDTH>().0);
        for ((largest, sums), weights) in rest[0].iter().zip(rest[1]).zip(rest[2]) {
            total.add(simd, largest, sums, weights, unweighted);
        }
        total.finish(simd)
    }
}

/// What [`softmax`] returns for a block, to the bit, from the largest term of each point and the sum of the exponentials relative to
/// it; all slices as long as the block's stride, with weight 0 in the padding.
pub fn log_likelihood(level: Level, largest: &[f64], sums: &[f64], weights: &[f64], unweighted: bool) -> f64 {
    level.dispatch(Logarithm { largest, sums, weights, unweighted })
}

/// Turns log densities into weighted responsibilities.
///
/// `values` holds log p(x_i | k) on entry and w_i r_ik on exit (k rows of `block.stride()` numbers, zero in the padding);
/// `log_weights` the k log mixing weights. Terms whose logarithm, relative to the largest of their point, is below `least` are 0
/// ([`REPRESENTABLE`] or more). Returns Σ w log Σ_k exp(…), or a value that is not finite if the density of a point vanishes in every
/// component or is not a number.
pub fn softmax(level: Level, values: &mut [f64], log_weights: &[f64], least: f64, block: &Block) -> f64 {
    let (weights, unweighted) = (block.weights(), block.unweighted());
    level.dispatch(Op { values, log_weights, weights, unweighted, least })
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
                    let total = softmax(level, &mut values, &log_weights, REPRESENTABLE, &block);
                    assert!((total - expected).abs() <= 1e-13 * expected.abs(), "{total} {expected}");
                    for i in 0..stride {
                        let sum = values[i] + values[stride + i];
                        assert!((sum - block.weights()[i]).abs() < 1e-14);
                    }
                }
            }
        }
    }

    /// [`softmax`] without what is special about few components.
    struct General<'a>(Op<'a>);

    impl WithSimd for General<'_> {
        type Output = f64;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            let Op { values, log_weights, weights, unweighted, least } = self.0;
            let mut total = Total::new(simd);
            for (i, points) in weights.as_chunks::<WIDTH>().0.iter().enumerate() {
                let values = &mut values[i * WIDTH..];
                chunk(simd, values, weights.len(), log_weights, points, (unweighted, least), &mut total);
            }
            total.finish(simd)
        }
    }

    #[test]
    fn two_components_have_the_bits_of_any_number() {
        // Log densities that are close, equal, far apart, infinite and no numbers, in pairs of all kinds.
        let kinds = [-2.5, -2.5, -2.75, 0.0, -30.0, -50.0, -800.0, f64::NEG_INFINITY, f64::INFINITY, f64::NAN];
        let (block, log_weights) = (case(8, &[]).0, [0.2f64.ln(), 0.8f64.ln()]);
        let weights = block.weights();
        let mut strange = 0;
        for (a, b) in kinds.iter().flat_map(|a| kinds.map(|b| (*a, b))) {
            for (level, least) in Level::available().into_iter().flat_map(|l| [(l, REPRESENTABLE), (l, NEGLIGIBLE)]) {
                let values: Vec<f64> = (0..16)
                    .map(|i| {
                        if i == 3 {
                            a
                        } else if i == 11 {
                            b
                        } else {
                            -f64::from(i)
                        }
                    })
                    .collect();
                let (mut fast, mut general) = (values.clone(), values);
                let total = softmax(level, &mut fast, &log_weights, least, &block);
                let op = Op { values: &mut general, log_weights: &log_weights, weights, unweighted: true, least };
                let expected = level.dispatch(General(op));
                assert_eq!(total.is_finite(), expected.is_finite(), "{a} {b}: {total} {expected}");
                strange += u32::from(!expected.is_finite());
                let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits();
                let all_same = same(&total, &expected) && fast.iter().zip(&general).all(|(a, b)| same(a, b));
                assert!(all_same || !expected.is_finite(), "{a} {b} {}", level.name());
            }
        }
        assert!(strange > 0);
    }

    #[test]
    fn a_vanishing_density_is_not_finite() {
        let (block, mut values) = case(3, &[]);
        let stride = block.stride();
        values[1] = f64::NEG_INFINITY;
        values[stride + 1] = f64::NEG_INFINITY;
        let total = softmax(Level::detect(), &mut values, &[0.0, 0.0], REPRESENTABLE, &block);
        assert!(!total.is_finite());
    }
}
