//! The squared distance that counts: by explicit differences, in one order of sums at every level.

use super::FEW;
use crate::kernels::Level;
use pulp::{Simd, WithSimd};

/// Partial sums of a distance in more than [`FEW`] features, whatever the width of the vectors.
const LANES: usize = 8;

/// Σ_j (x_j − c_j)²: up to [`FEW`] features one after the other, above in eight sums (j modulo 8) that are added pairwise;
/// multiplications and additions are fused. All levels give the same bits.
#[inline(always)]
pub(super) fn squared<S: Simd>(simd: S, x: &[f64], c: &[f64]) -> f64 {
    if x.len() <= FEW {
        return x.iter().zip(c).fold(0.0, |sum, (x, c)| (x - c).mul_add(x - c, sum));
    }
    let (x, x_rest) = x.as_chunks::<LANES>();
    let (c, c_rest) = c.as_chunks::<LANES>();
    let mut sums = [simd.splat_f64s(0.0); LANES];
    for (x, c) in x.iter().zip(c) {
        add(simd, x, c, &mut sums);
    }
    if !x_rest.is_empty() {
        for (v, sum) in sums[..LANES / S::F64_LANES].iter_mut().enumerate() {
            let [from, to] = [v, v + 1].map(|v| (v * S::F64_LANES).min(x_rest.len()));
            let (x, c) = (simd.partial_load_f64s(&x_rest[from..to]), simd.partial_load_f64s(&c_rest[from..to]));
            let difference = simd.sub_f64s(x, c);
            *sum = simd.mul_add_f64s(difference, difference, *sum);
        }
    }
    let mut lanes = [0.0; LANES];
    for (lanes, sum) in S::as_mut_simd_f64s(&mut lanes).0.iter_mut().zip(sums) {
        *lanes = sum;
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Σ_j x_j², to rounding.
#[inline(always)]
pub(super) fn squared_length<S: Simd>(simd: S, x: &[f64]) -> f64 {
    let (vectors, rest) = S::as_simd_f64s(x);
    let rest = simd.partial_load_f64s(rest);
    let first = simd.mul_f64s(rest, rest);
    simd.reduce_sum_f64s(vectors.iter().fold(first, |sum, &x| simd.mul_add_f64s(x, x, sum)))
}

/// Eight features; `sums` uses as many vectors as hold eight numbers.
#[inline(always)]
fn add<S: Simd>(simd: S, x: &[f64; LANES], c: &[f64; LANES], sums: &mut [S::f64s; LANES]) {
    let (x, c) = (S::as_simd_f64s(x).0, S::as_simd_f64s(c).0);
    for v in 0..LANES / S::F64_LANES {
        let difference = simd.sub_f64s(x[v], c[v]);
        sums[v] = simd.mul_add_f64s(difference, difference, sums[v]);
    }
}

/// The nearest of all centres (k × d) by [`squared`], ties to the lowest index, and its squared distance.
#[inline(always)]
pub(super) fn nearest<S: Simd>(simd: S, x: &[f64], centres: &[f64]) -> (u32, f64) {
    let mut best = (0, f64::INFINITY);
    for (k, c) in (0..).zip(centres.chunks_exact(x.len())) {
        let distance = squared(simd, x, c);
        if distance < best.1 {
            best = (k, distance);
        }
    }
    best
}

/// |x − c|, or a little more: rounding never makes it less.
pub fn distance_above(level: Level, x: &[f64], c: &[f64]) -> f64 {
    level.dispatch(Squared { x, c }).sqrt() * (1.0 + (x.len() + 8) as f64 * f64::EPSILON)
}

struct Squared<'a> {
    x: &'a [f64],
    c: &'a [f64],
}

impl WithSimd for Squared<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        squared(simd, self.x, self.c)
    }
}
