//! The squared distance that counts: by explicit differences, in one order of sums at every level.

use super::FEW;
use pulp::Simd;

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
        let (mut x, mut c) = ([0.0; LANES], [0.0; LANES]);
        x[..x_rest.len()].copy_from_slice(x_rest);
        c[..c_rest.len()].copy_from_slice(c_rest);
        add(simd, &x, &c, &mut sums);
    }
    let mut lanes = [0.0; LANES];
    for (lanes, sum) in S::as_mut_simd_f64s(&mut lanes).0.iter_mut().zip(sums) {
        *lanes = sum;
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
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
