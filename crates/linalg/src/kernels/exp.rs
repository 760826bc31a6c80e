//! exp for arguments ≤ 0, vectorised.
//!
//! x = m·ln 2 + r with |r| ≤ ln 2 / 2, exp x = 2^m · P(r), P a polynomial of degree 11 (truncation 1.6e-17),
//! scaled through the exponent field. Written as a slice loop so that it vectorises inside `with_simd`: the generic SIMD
//! trait has no 64-bit shift, and casts cost AVX2 a factor of five.

use super::Level;
use pulp::{Simd, WithSimd};

/// Below this the result is 0: exp(−708) = 3.3e-308 is the smallest normal number.
pub(super) const UNDERFLOW: f64 = -708.0;
/// 1.5 · 2^52: adding it leaves the rounded integer in the low bits.
const ROUND: f64 = 6755399441055744.0;
const LN2_HIGH: f64 = 6.93147180369123816490e-01;
const LN2_LOW: f64 = 1.90821492927058770002e-10;

/// Coefficients of Q for r^9, …, r^0: Chebyshev interpolation of (exp r − 1 − r)/r² on |r| ≤ ln 2 / 2, so that exp(0) is
/// exactly 1.
const COEFFICIENTS: [f64; 10] = [
    2.510038549551032e-08,
    2.7620088445409746e-07,
    2.7557268459997064e-06,
    2.4801521295954376e-05,
    0.00019841269863053618,
    0.0013888888917213717,
    0.008333333333330062,
    0.04166666666662413,
    0.16666666666666669,
    0.5000000000000001,
];

/// exp of one argument, 0 below `least`; NaN stays NaN, exp(0) is exactly 1.
#[inline(always)]
fn exp(x: f64, least: f64) -> f64 {
    let rounded = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let m = rounded - ROUND;
    let r = m.mul_add(-LN2_LOW, m.mul_add(-LN2_HIGH, x));
    // P = 1 + (r + r² Q): the small terms first, so that only the last addition rounds at the size of the result. Q by
    // Estrin's scheme: a chain of four multiply-adds instead of nine, a third faster.
    let c = COEFFICIENTS;
    let pair = |i: usize| c[i].mul_add(r, c[i + 1]);
    let r2 = r * r;
    let (high, low) = (pair(0).mul_add(r2, pair(2)), pair(4).mul_add(r2, pair(6)));
    let q = high.mul_add(r2 * r2, low).mul_add(r2, pair(8));
    let p = 1.0 + q.mul_add(r2, r);
    let scaled = f64::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 52));
    if x < least { 0.0 } else { scaled }
}

/// a ← exp(a + shift − m), added to `sums`, for arguments ≤ 0, 0 for those below `least` ([`UNDERFLOW`] or more); call it inside
/// `with_simd`.
#[inline(always)]
pub(super) fn exp_shifted(values: &mut [f64], shift: f64, largest: &[f64], sums: &mut [f64], least: f64) {
    for ((value, &m), sum) in values.iter_mut().zip(largest).zip(sums) {
        let e = exp((*value + shift) - m, least);
        *value = e;
        *sum += e;
    }
}

/// a ← exp(a), for arguments as those of [`exp_shifted`].
#[inline(always)]
pub(super) fn exp_above<const N: usize>(values: &mut [f64; N], least: f64) {
    for value in values {
        *value = exp(*value, least);
    }
}

struct Exp<'a>(&'a mut [f64]);

impl WithSimd for Exp<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for value in self.0 {
            *value = exp(*value, UNDERFLOW);
        }
    }
}

/// Replaces each argument (≤ 0, −∞ allowed) by its exponential, accurate to 1 unit in the last place; results below
/// 3.3e-308 are 0.
pub fn exp_in_place(level: Level, values: &mut [f64]) {
    level.dispatch(Exp(values));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library_at_every_level() {
        let arguments: Vec<f64> = (0..20_000).map(|i| -708.0 * (f64::from(i) / 20_000.0).powi(2)).collect();
        for level in Level::available() {
            let mut values = arguments.clone();
            exp_in_place(level, &mut values);
            for (&x, &y) in arguments.iter().zip(&values) {
                let expected = x.exp();
                assert!((y - expected).abs() <= 2.3e-16 * expected, "{} exp({x}) = {y}, not {expected}", level.name());
            }
        }
    }

    #[test]
    fn the_edges() {
        for level in Level::available() {
            let mut values = [0.0, -0.0, f64::NEG_INFINITY, -709.0, f64::NAN];
            exp_in_place(level, &mut values);
            assert_eq!(values[..4], [1.0, 1.0, 0.0, 0.0]);
            assert!(values[4].is_nan());
        }
    }
}
