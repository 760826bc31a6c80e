//! Distances along the axes, and their moments: densities that need no factor.
//!
//! For k centres at once, in tiles of 4 centres by 4 vectors of points (4 by 2 with 16 registers), x measured from the centre of the
//! data (δ = μ − m):
//!
//! - [`scaled_densities`]: Σ_j ((x_j − δ_j)/σ_j)², two fused multiply-adds for each point, centre and feature where
//!   y = x/σ − δ/σ is accurate ([`NEAR`]), else a difference and a product more;
//! - [`distances`]: Σ_j (x_j − δ_j)², a difference and a multiply-add, at any offset.
//!
//! Squares are summed of differences, never as |x|² − 2 x·δ + |δ|²: that would be one operation instead of two and would
//! lose the digits of a tight cluster.

use super::product::{Columns, Panels, ROWS, by_columns};
use super::{Level, WIDTH, filled};
use pulp::{Simd, WithSimd};

/// Largest γ = 1 + max_j |δ_j|/σ_j at which x may be measured from the centre of the data instead of from μ. A square distance
/// carries an error of at most 4 ε γ times itself and unity, a second moment about the centre of the data, moved to μ,
/// one of 4 ε γ² N (`tests::errors_stay_within_their_bounds`): at 64, 6e-14 and 4e-12 N.
pub const NEAR: f64 = 64.0;

/// k centres and scales, ready for [`scaled_densities`].
#[derive(Clone, Debug)]
pub struct Scaled {
    /// 1/σ, k × d.
    inverse: Panels,
    /// −δ/σ if the centres are near, else δ, k × d.
    origins: Panels,
    near: bool,
}

impl Scaled {
    /// k centres in d dimensions, all zero.
    pub fn new(k: usize, d: usize) -> Self {
        let panels = Panels::new(k, d, super::Part::All);
        Self { inverse: panels.clone(), origins: panels, near: true }
    }

    /// Sets offsets δ and inverse scales 1/σ of each centre and feature; decides whether they are near.
    pub fn set(&mut self, offset: impl Fn(usize, usize) -> f64, inverse: impl Fn(usize, usize) -> f64) {
        let (k, d) = (self.inverse.rows(), self.inverse.columns());
        // Written so that a NaN is far.
        self.near = (0..k).all(|c| (0..d).all(|j| 1.0 + (offset(c, j) * inverse(c, j)).abs() <= NEAR));
        self.inverse.fill(&inverse);
        let near = self.near;
        self.origins.fill(|c, j| if near { -offset(c, j) * inverse(c, j) } else { offset(c, j) });
    }

    /// Whether γ ≤ `NEAR` for all centres.
    pub fn near(&self) -> bool {
        self.near
    }
}

/// out = c_k − ½ Σ_j ((x_j − δ_j)/σ_j)² for k centres with constants c: `x` is d × stride, `out` k × stride.
///
/// # Panics
/// If the lengths do not fit together.
pub fn scaled_densities(level: Level, centres: &Scaled, constants: &[f64], x: &[f64], stride: usize, out: &mut [f64]) {
    let (first, second) = (&centres.inverse, &centres.origins);
    assert!(stride.is_multiple_of(WIDTH) && x.len() == first.columns() * stride);
    assert!(out.len() == first.rows() * stride && constants.len() == first.rows());
    if centres.near {
        level.dispatch(Distances::<NEARBY> { first, second, constants, x, stride, out });
    } else {
        level.dispatch(Distances::<FAR> { first, second, constants, x, stride, out });
    }
}

/// out = c_k − ½ Σ_j (x_j − δ_j)² for k centres δ (k × d) with constants c, or without constants the squared distances
/// Σ_j (x_j − δ_j)² themselves: `x` is d × stride, `out` k × stride.
///
/// # Panics
/// If the lengths do not fit together.
pub fn distances(level: Level, centres: &Panels, constants: &[f64], x: &[f64], stride: usize, out: &mut [f64]) {
    assert!(stride.is_multiple_of(WIDTH) && x.len() == centres.columns() * stride);
    assert!(out.len() == centres.rows() * stride && (constants.is_empty() || constants.len() == centres.rows()));
    level.dispatch(Distances::<PLAIN> { first: centres, second: centres, constants, x, stride, out });
}

// How a coordinate is formed from x and the two matrices a and b.
/// a x + b.
const NEARBY: u8 = 0;
/// a (x − b).
const FAR: u8 = 1;
/// x − a.
const PLAIN: u8 = 2;

struct Distances<'a, const FORM: u8> {
    first: &'a Panels,
    second: &'a Panels,
    /// One per centre: densities are wanted; none: squared distances.
    constants: &'a [f64],
    x: &'a [f64],
    stride: usize,
    out: &'a mut [f64],
}

impl<const FORM: u8> WithSimd for Distances<'_, FORM> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        by_columns(simd, self.stride, &mut self);
    }
}

impl<const FORM: u8> Columns for Distances<'_, FORM> {
    #[inline(always)]
    fn columns<S: Simd, const V: usize>(&mut self, simd: S, from: usize) {
        let Self { first, second, constants, x, stride, out } = self;
        let minus_half = simd.splat_f64s(-0.5);
        for (index, out) in out.chunks_mut(ROWS * *stride).enumerate() {
            let mut tile = [[simd.splat_f64s(0.0); V]; ROWS];
            let parameters = first.panel(index).iter().zip(second.panel(index));
            for (row, (a, b)) in x.chunks_exact(*stride).zip(parameters) {
                let row = &S::as_simd_f64s(row).0[from..from + V];
                let row: [S::f64s; V] = filled(|v| row[v]);
                for m in 0..ROWS {
                    let (a, b) = (simd.splat_f64s(a[m]), simd.splat_f64s(b[m]));
                    for v in 0..V {
                        let y = match FORM {
                            NEARBY => simd.mul_add_f64s(a, row[v], b),
                            FAR => simd.mul_f64s(a, simd.sub_f64s(row[v], b)),
                            _ => simd.sub_f64s(row[v], a),
                        };
                        tile[m][v] = simd.mul_add_f64s(y, y, tile[m][v]);
                    }
                }
            }
            for (m, (row, mut sums)) in out.chunks_exact_mut(*stride).zip(tile).enumerate() {
                if let Some(&constant) = constants.get(index * ROWS + m) {
                    let constant = simd.splat_f64s(constant);
                    for sum in &mut sums {
                        *sum = simd.mul_add_f64s(minus_half, *sum, constant);
                    }
                }
                let (row, _) = S::as_mut_simd_f64s(row);
                for (value, sum) in row[from..from + V].iter_mut().zip(sums) {
                    *value = sum;
                }
            }
        }
    }
}

/// out_k = c_k + f_k q_k along each of the k rows (stride numbers each): log densities from squared distances, f = −1/2 or
/// −1/(2σ²).
pub fn affine_rows(level: Level, constants: &[f64], factors: impl Fn(usize) -> f64, q: &[f64], out: &mut [f64]) {
    let stride = q.len() / constants.len();
    for (k, (out, q)) in out.chunks_exact_mut(stride).zip(q.chunks_exact(stride)).enumerate() {
        level.dispatch(Affine { constant: constants[k], factor: factors(k), q, out });
    }
}

struct Affine<'a> {
    constant: f64,
    factor: f64,
    q: &'a [f64],
    out: &'a mut [f64],
}

impl WithSimd for Affine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (constant, factor) = (simd.splat_f64s(self.constant), simd.splat_f64s(self.factor));
        for (out, &q) in S::as_mut_simd_f64s(self.out).0.iter_mut().zip(S::as_simd_f64s(self.q).0) {
            *out = simd.mul_add_f64s(factor, q, constant);
        }
    }
}

/// Σ r and Σ r v over the points of one row each.
pub fn weigh(level: Level, r: &[f64], values: &[f64]) -> (f64, f64) {
    level.dispatch(Weigh { r, values })
}

struct Weigh<'a> {
    r: &'a [f64],
    values: &'a [f64],
}

impl WithSimd for Weigh<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f64, f64) {
        // Four partial sums hide the latency of the additions.
        let zero = simd.splat_f64s(0.0);
        let (mut counts, mut sums) = ([zero; 4], [zero; 4]);
        let (r, values) = (S::as_simd_f64s(self.r).0, S::as_simd_f64s(self.values).0);
        for (r, values) in r.chunks(4).zip(values.chunks(4)) {
            for (i, (&r, &value)) in r.iter().zip(values).enumerate() {
                counts[i] = simd.add_f64s(counts[i], r);
                sums[i] = simd.mul_add_f64s(r, value, sums[i]);
            }
        }
        let total =
            |[a, b, c, d]: [S::f64s; 4]| simd.reduce_sum_f64s(simd.add_f64s(simd.add_f64s(a, b), simd.add_f64s(c, d)));
        (total(counts), total(sums))
    }
}

/// Adds the row `r` to `sums` and gives back Σ r.
pub fn add_row(level: Level, r: &[f64], sums: &mut [f64]) -> f64 {
    level.dispatch(AddRow { r, sums })
}

struct AddRow<'a> {
    r: &'a [f64],
    sums: &'a mut [f64],
}

impl WithSimd for AddRow<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut totals = [simd.splat_f64s(0.0); 4];
        let (r, sums) = (S::as_simd_f64s(self.r).0, S::as_mut_simd_f64s(self.sums).0);
        for (r, sums) in r.chunks(4).zip(sums.chunks_mut(4)) {
            for (i, (&r, sum)) in r.iter().zip(sums).enumerate() {
                totals[i] = simd.add_f64s(totals[i], r);
                *sum = simd.add_f64s(*sum, r);
            }
        }
        let [a, b, c, d] = totals;
        simd.reduce_sum_f64s(simd.add_f64s(simd.add_f64s(a, b), simd.add_f64s(c, d)))
    }
}

/// out = u v, number by number: squares, or weighted features.
pub fn multiply_rows(level: Level, left: &[f64], right: &[f64], out: &mut [f64]) {
    level.dispatch(Pointwise { left, right, out });
}

struct Pointwise<'a> {
    left: &'a [f64],
    right: &'a [f64],
    out: &'a mut [f64],
}

impl WithSimd for Pointwise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let factors = S::as_simd_f64s(self.left).0.iter().zip(S::as_simd_f64s(self.right).0);
        for (out, (&left, &right)) in S::as_mut_simd_f64s(self.out).0.iter_mut().zip(factors) {
            *out = simd.mul_f64s(left, right);
        }
    }
}

/// out = x − δ for each of the d rows of `x` (stride numbers each).
pub fn subtract_from_rows(level: Level, offsets: &[f64], x: &[f64], out: &mut [f64]) {
    let stride = x.len() / offsets.len();
    for ((out, x), &offset) in out.chunks_exact_mut(stride).zip(x.chunks_exact(stride)).zip(offsets) {
        level.dispatch(Affine { constant: -offset, factor: 1.0, q: x, out });
    }
}

/// Adds Σ r y and Σ r y², y = (x − δ)/σ, for one centre and one feature `x`: what no offset can hurt.
pub fn accumulate_scaled(level: Level, r: &[f64], x: &[f64], offset: f64, inverse: f64) -> (f64, f64) {
    level.dispatch(Centred { r, x, offset, inverse })
}

struct Centred<'a> {
    r: &'a [f64],
    x: &'a [f64],
    offset: f64,
    inverse: f64,
}

impl WithSimd for Centred<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f64, f64) {
        let (offset, inverse) = (simd.splat_f64s(self.offset), simd.splat_f64s(self.inverse));
        let zero = simd.splat_f64s(0.0);
        let (mut first, mut second) = ([zero; 4], [zero; 4]);
        let (r, x) = (S::as_simd_f64s(self.r).0, S::as_simd_f64s(self.x).0);
        for (r, x) in r.chunks(4).zip(x.chunks(4)) {
            for (i, (&r, &x)) in r.iter().zip(x).enumerate() {
                let y = simd.mul_f64s(inverse, simd.sub_f64s(x, offset));
                let weighted = simd.mul_f64s(r, y);
                first[i] = simd.add_f64s(first[i], weighted);
                second[i] = simd.mul_add_f64s(weighted, y, second[i]);
            }
        }
        let total =
            |[a, b, c, d]: [S::f64s; 4]| simd.reduce_sum_f64s(simd.add_f64s(simd.add_f64s(a, b), simd.add_f64s(c, d)));
        (total(first), total(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Part, accumulate_products};

    fn number(i: usize) -> f64 {
        ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0
    }

    /// Distances and moments of centres up to γ = 63 and far beyond, against their formulas.
    #[test]
    fn errors_stay_within_their_bounds() {
        for (k, d, vectors) in [(1, 1, 1), (3, 4, 2), (5, 7, 3), (8, 3, 6), (9, 32, 7)] {
            let stride = vectors * WIDTH;
            for distance in [0.3, 5.0, 62.0, 1e4] {
                let sigma = |c: usize, j: usize| 0.05 + number(c * d + j + 31).abs();
                let offset = |c: usize, j: usize| distance * sigma(c, j) * number(c + 5 * j + 2);
                // Points around the first centre; as if they had been measured exactly.
                let x: Vec<f64> =
                    (0..d * stride).map(|i| offset(0, i / stride) + 2.0 * sigma(0, i / stride) * number(i)).collect();
                let r: Vec<f64> = (0..stride).map(|i| number(i + 3).abs()).collect();
                let mut centres = Scaled::new(k, d);
                centres.set(offset, |c, j| 1.0 / sigma(c, j));
                assert_eq!(centres.near(), distance < 100.0);
                let mut plain = Panels::new(k, d, Part::All);
                plain.fill(offset);
                for level in Level::available() {
                    let (mut scaled, mut unscaled) = (vec![f64::NAN; k * stride], vec![f64::NAN; k * stride]);
                    scaled_densities(level, &centres, &vec![0.25; k], &x, stride, &mut scaled);
                    distances(level, &plain, &[], &x, stride, &mut unscaled);
                    let mut densities = vec![f64::NAN; k * stride];
                    distances(level, &plain, &vec![0.25; k], &x, stride, &mut densities);
                    for (density, q) in densities.iter().zip(&unscaled) {
                        assert!((density - (0.25 - 0.5 * q)).abs() <= f64::EPSILON * (1.0 + q));
                    }
                    for (index, (a, b)) in scaled.iter().zip(&unscaled).enumerate() {
                        let (c, i) = (index / stride, index % stride);
                        let difference = |j: usize| x[j * stride + i] - offset(c, j);
                        let scaled: f64 = (0..d).map(|j| (difference(j) / sigma(c, j)).powi(2)).sum();
                        let unscaled: f64 = (0..d).map(|j| difference(j).powi(2)).sum();
                        let gamma = if centres.near() { 1.0 + distance } else { 1.0 };
                        let bound = 4.0 * f64::EPSILON * (gamma + d as f64) * (scaled + 1.0);
                        assert!(
                            (2.0 * (0.25 - a) - scaled).abs() <= bound,
                            "γ = {gamma}, {}: {a} {scaled}",
                            level.name()
                        );
                        assert!((b - unscaled).abs() <= 4.0 * f64::EPSILON * d as f64 * unscaled, "{b} {unscaled}");
                    }

                    // Moments of the first centre: about it, and, where it is near, moved there from the centre of the data.
                    let count: f64 = r.iter().sum();
                    for j in 0..d {
                        let row = &x[j * stride..(j + 1) * stride];
                        let y = |i: usize| (row[i] - offset(0, j)) / sigma(0, j);
                        let first: f64 = (0..stride).map(|i| r[i] * y(i)).sum();
                        let second: f64 = (0..stride).map(|i| r[i] * y(i) * y(i)).sum();
                        let (s, t) = accumulate_scaled(level, &r, row, offset(0, j), 1.0 / sigma(0, j));
                        assert!((s - first).abs() + (t - second).abs() < 1e-14 * count * d as f64, "{t} {second}");
                        if centres.near() {
                            let mut squares = vec![0.0; stride];
                            multiply_rows(level, row, row, &mut squares);
                            let (mut s, mut t) = ([0.0], [0.0]);
                            accumulate_products(level, Part::All, &r, row, stride, &mut s);
                            accumulate_products(level, Part::All, &r, &squares, stride, &mut t);
                            let (delta, sigma) = (offset(0, j), sigma(0, j));
                            let moved = (t[0] - delta * (2.0 * s[0] - count * delta)) / (sigma * sigma);
                            let bound = 4.0 * f64::EPSILON * (1.0 + distance).powi(2) * count;
                            assert!((moved - second).abs() <= bound, "γ = {distance}: {moved} {second}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn rows_agree_with_the_formulas_at_every_level() {
        let (k, stride) = (3, 5 * WIDTH);
        let q: Vec<f64> = (0..k * stride).map(number).collect();
        let constants = [1.0, -2.0, 0.5];
        for level in Level::available() {
            let mut out = vec![0.0; k * stride];
            affine_rows(level, &constants, |k| k as f64 - 0.5, &q, &mut out);
            for (i, value) in out.iter().enumerate() {
                let formula = constants[i / stride] + ((i / stride) as f64 - 0.5) * q[i];
                assert!((value - formula).abs() < 1e-15 * 4.0);
            }
            subtract_from_rows(level, &constants, &q, &mut out);
            assert!(out.iter().enumerate().all(|(i, value)| *value == q[i] - constants[i / stride]));
            let (r, values) = (&q[..stride], &q[stride..2 * stride]);
            let (count, sum) = weigh(level, r, values);
            assert!((count - r.iter().sum::<f64>()).abs() < 1e-13);
            let mut sums = values.to_vec();
            assert!((add_row(level, r, &mut sums) - count).abs() < 1e-13);
            assert!(sums.iter().zip(r.iter().zip(values)).all(|(sum, (r, v))| *sum == r + v));
            assert!((sum - r.iter().zip(values).map(|(r, v)| r * v).sum::<f64>()).abs() < 1e-13);
        }
    }

    #[test]
    fn what_is_no_number_is_far() {
        let mut centres = Scaled::new(1, 2);
        centres.set(|_, j| if j == 0 { 0.0 } else { f64::NAN }, |_, _| 1.0);
        assert!(!centres.near());
    }
}
