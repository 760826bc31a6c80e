//! Logarithms of a few numbers at once: of weights, of determinants, of ratios.
//!
//! x = 2^e · m with m in [√½, √2), ln x = e ln 2 + ln m, ln m = f − f²/2 + s (f²/2 + R(s²)) with f = m − 1, s = f/(2 + f) and
//! the polynomial R of FDLIBM's `e_log.c` (Sun Microsystems 1993): below one unit in the last place, relative to ln x next
//! to x = 1 as well. Written as a slice loop so that it vectorises inside `with_simd`, like [`exp`](super::exp).

use super::{Level, WIDTH};
use crate::logarithm::ln_ratio;
use pulp::{Simd, WithSimd};

/// Bits of √½, rounded down.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// Bits of 1.
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// Bits of 2^52: an integer below 2^52 in the low bits makes 2^52 + that integer.
const INTEGER: u64 = 0x4330_0000_0000_0000;
const LN2_HIGH: f64 = 6.93147180369123816490e-01;
const LN2_LOW: f64 = 1.90821492927058770002e-10;
/// R for s^14, …, s².
const COEFFICIENTS: [f64; 7] = [
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
];

/// ln of a normal positive number.
#[inline(always)]
fn ln(x: f64) -> f64 {
    let shifted = x.to_bits().wrapping_add(ONE - ROOT_HALF);
    let e = f64::from_bits((shifted >> 52) | INTEGER) - (4503599627370496.0 + 1023.0);
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + ROOT_HALF) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let c = COEFFICIENTS;
    let w = z * z;
    let even = c[1].mul_add(w, c[3]).mul_add(w, c[5]);
    let odd = c[0].mul_add(w, c[2]).mul_add(w, c[4]).mul_add(w, c[6]);
    let r = z.mul_add(odd, w * even);
    let half_square = 0.5 * f * f;
    e.mul_add(LN2_HIGH, f - (half_square - s.mul_add(half_square + r, e * LN2_LOW)))
}

/// Whether [`ln`] knows this number.
fn regular(x: f64) -> bool {
    x.is_normal() && x > 0.0
}

struct Ln<'a>(&'a mut [f64; WIDTH]);

impl WithSimd for Ln<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for value in self.0 {
            *value = ln(*value);
        }
    }
}

/// A vector of at most [`WIDTH`] numbers, and ones. Lane by lane: to copy a few numbers, of which the compiler does not know how many, it
/// would call a function.
#[inline(always)]
fn lanes(values: &[f64]) -> [f64; WIDTH] {
    let mut lanes = [1.0; WIDTH];
    for i in 0..WIDTH {
        if i < values.len() {
            lanes[i] = values[i];
        }
    }
    lanes
}

/// The inverse of [`lanes`].
#[inline(always)]
fn put(lanes: &[f64; WIDTH], values: &mut [f64]) {
    for i in 0..WIDTH {
        if i < values.len() {
            values[i] = lanes[i];
        }
    }
}

/// Replaces each number by its natural logarithm, accurate to one unit in the last place; what is zero, subnormal, negative
/// or not finite is left to the standard library.
pub fn ln_in_place(level: Level, values: &mut [f64]) {
    for values in values.chunks_mut(WIDTH) {
        if !values.iter().all(|&x| regular(x)) {
            for x in values {
                *x = x.ln();
            }
            continue;
        }
        let mut lanes = lanes(values);
        level.dispatch(Ln(&mut lanes));
        put(&lanes, values);
    }
}

/// ln(1 + x) for x > −1 with 1 + x normal: the quotient mends what 1 + x loses (Kahan).
#[inline(always)]
pub(super) fn ln_1p(x: f64) -> f64 {
    let rounded = 1.0 + x;
    let moved = rounded - 1.0;
    let corrected = ln(rounded) * (x / moved);
    if moved == 0.0 { x } else { corrected }
}

struct Ratios<'a> {
    new: &'a [f64; WIDTH],
    old: &'a [f64; WIDTH],
    out: &'a mut [f64; WIDTH],
}

impl WithSimd for Ratios<'_> {
    type Output = ();
    /// One loop for each step over arrays of its own: in one loop over all of them the compiler took one lane after the other
    /// (AVX-512: 105 ns a call instead of about 40).
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let (new, old) = (*self.new, *self.old);
        let (mut relative, mut near, mut far) = ([0.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
        for i in 0..WIDTH {
            relative[i] = (new[i] - old[i]) / old[i];
        }
        for i in 0..WIDTH {
            near[i] = ln_1p(relative[i]);
        }
        for i in 0..WIDTH {
            far[i] = ln(new[i] / old[i]);
        }
        for i in 0..WIDTH {
            self.out[i] = if relative[i].abs() < 0.5 { near[i] } else { far[i] };
        }
    }
}

/// ln(new / old) of each pair into `out`: through ln(1 + (new − old)/old) where they are close, so that no digits cancel. All
/// three have the same length; `new`, `old` and their quotient are normal positive numbers, or the answer is that of
/// [`ln_ratio`].
pub fn ln_ratios(level: Level, new: &[f64], old: &[f64], out: &mut [f64]) {
    for ((new, old), out) in new.chunks(WIDTH).zip(old.chunks(WIDTH)).zip(out.chunks_mut(WIDTH)) {
        if !new.iter().zip(old).all(|(&a, &b)| regular(a) && regular(b) && regular(a / b)) {
            for ((out, &new), &old) in out.iter_mut().zip(new).zip(old) {
                *out = ln_ratio(new, old);
            }
            continue;
        }
        let (new, old, mut ratios) = (lanes(new), lanes(old), [1.0; WIDTH]);
        level.dispatch(Ratios { new: &new, old: &old, out: &mut ratios });
        put(&ratios, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, expected: f64) -> bool {
        (ours - expected).abs() <= 2.3e-16 * expected.abs()
    }

    #[test]
    fn agrees_with_the_standard_library_at_every_level() {
        let wide = (-30_000..30_000).map(|i| (f64::from(i) * 0.0236).exp());
        let near = (-20_000..20_000).map(|i| 1.0 + f64::from(i).powi(3) * 1e-14);
        let arguments: Vec<f64> = wide.chain(near).chain([f64::MIN_POSITIVE, f64::MAX, 1.0]).collect();
        for level in Level::available() {
            let mut values = arguments.clone();
            ln_in_place(level, &mut values);
            for (&x, &y) in arguments.iter().zip(&values) {
                assert!(close(y, x.ln()), "{} ln({x:e}) = {y:e}, not {:e}", level.name(), x.ln());
            }
        }
    }

    #[test]
    fn irregular_arguments_are_the_standard_librarys() {
        let mut values = [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310, 2.0];
        ln_in_place(Level::detect(), &mut values);
        assert!(
            values[0] == f64::NEG_INFINITY && values[1].is_nan() && values[2].is_nan() && values[3] == f64::INFINITY
        );
        assert_eq!(values[4..], [1e-310f64.ln(), 2f64.ln()]);
    }

    #[test]
    fn ratios_are_those_of_one_pair_at_every_level() {
        let pairs: Vec<(f64, f64)> = (0..2000)
            .map(|i| (1.0 + f64::from(i % 97) * 1e-15 + f64::from(i % 13) * 0.1, 1.0 + f64::from(i % 7) * 0.2))
            .chain([(1e-20, 1.0), (1.0, 1e-20), (1e-300, 1e300), (0.0, 1.0)])
            .collect();
        let (new, old): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        for level in Level::available() {
            let mut out = vec![0.0; pairs.len()];
            ln_ratios(level, &new, &old, &mut out);
            for (&(a, b), &ours) in pairs.iter().zip(&out) {
                let expected = ln_ratio(a, b);
                assert!(
                    ours == expected || (ours - expected).abs() <= 4.5e-16 * expected.abs(),
                    "{a:e} / {b:e}: {ours:e} {expected:e}"
                );
            }
        }
    }
}
