//! Gaussian log densities and moments in whitened coordinates y = L⁻¹(x − μ), Σ = L Lᵀ.
//!
//! log N(x; μ, Σ) = c − |y|²/2 with c = −(d ln 2π)/2 − Σ ln l_ii; the sufficient statistics are Σ r, Σ r y and Σ r y yᵀ.
//! Being centred (and scaled) at the current parameters they stay accurate wherever the data sit: raw moments fail at an
//! offset of 1e8.
//!
//! Here for d ≤ 4: the dimension is a compile-time constant and everything lives in registers. Above it is the affair of
//! [`wide`](super::wide).

use super::{Block, Level};
use pulp::{Simd, WithSimd};

/// k whitening maps.
#[derive(Clone, Copy, Debug)]
pub struct Whitening<'a> {
    /// Means, k × d.
    pub means: &'a [f64],
    /// Inverse lower factors L⁻¹, k × d × d.
    pub inverse_factors: &'a [f64],
    /// Log densities at the means, k.
    pub constants: &'a [f64],
}

/// Largest dimension of these kernels.
pub const SMALL: usize = 4;

/// Length of a packed lower triangle.
pub(super) const fn triangle(d: usize) -> usize {
    d * (d + 1) / 2
}

/// Log densities of every point under every component: `out` is k × stride. The whitened points are left in `whitened`, k × d
/// × stride: storing them hides behind the arithmetic, whitening again for the moments would be a third of theirs.
///
/// # Panics
/// If the dimension is above [`SMALL`].
pub fn log_density(level: Level, block: &Block, map: Whitening<'_>, out: &mut [f64], whitened: &mut [f64]) {
    match block.dimension() {
        1 => level.dispatch(SmallDensity::<1> { block, map, out, whitened }),
        2 => level.dispatch(SmallDensity::<2> { block, map, out, whitened }),
        3 => level.dispatch(SmallDensity::<3> { block, map, out, whitened }),
        4 => level.dispatch(SmallDensity::<4> { block, map, out, whitened }),
        d => unreachable!("dimension {d} is wide"),
    }
}

/// Adds Σ r (k), Σ r y (k × d) and the lower triangles of Σ r y yᵀ (k × d(d+1)/2, packed by rows) to `counts`, `first`
/// and `second`. `responsibilities` is k × stride, zero in the padding; `whitened` is what [`log_density`] left.
///
/// # Panics
/// If the dimension d is above [`SMALL`].
pub fn accumulate_whitened(
    level: Level,
    stride: usize,
    whitened: &[f64],
    responsibilities: &[f64],
    counts: &mut [f64],
    first: &mut [f64],
    second: &mut [f64],
) {
    match first.len() / counts.len() {
        1 => level.dispatch(SmallMoments::<1> { stride, whitened, responsibilities, counts, first, second }),
        2 => level.dispatch(SmallMoments::<2> { stride, whitened, responsibilities, counts, first, second }),
        3 => level.dispatch(SmallMoments::<3> { stride, whitened, responsibilities, counts, first, second }),
        4 => level.dispatch(SmallMoments::<4> { stride, whitened, responsibilities, counts, first, second }),
        d => unreachable!("dimension {d} is wide"),
    }
}

struct SmallDensity<'a, const D: usize> {
    block: &'a Block,
    map: Whitening<'a>,
    out: &'a mut [f64],
    whitened: &'a mut [f64],
}

/// One component's mean and factor, in registers. Arrays are filled by loops, for the reason of
/// [`filled`](super::filled).
#[derive(Clone, Copy)]
struct SmallMap<S: Simd, const D: usize> {
    mean: [S::f64s; D],
    inverse: [[S::f64s; D]; D],
}

impl<S: Simd, const D: usize> SmallMap<S, D> {
    #[inline(always)]
    fn load(simd: S, map: Whitening<'_>, k: usize) -> Self {
        let zero = simd.splat_f64s(0.0);
        let mut loaded = Self { mean: [zero; D], inverse: [[zero; D]; D] };
        let (means, inverses) = (&map.means[k * D..(k + 1) * D], &map.inverse_factors[k * D * D..(k + 1) * D * D]);
        for a in 0..D {
            loaded.mean[a] = simd.splat_f64s(means[a]);
            for b in 0..=a {
                loaded.inverse[a][b] = simd.splat_f64s(inverses[a * D + b]);
            }
        }
        loaded
    }

    /// y = L⁻¹(x − μ) of vector `v`.
    #[inline(always)]
    fn whiten(&self, simd: S, points: &[&[S::f64s]; D], v: usize) -> [S::f64s; D] {
        let zero = simd.splat_f64s(0.0);
        let (mut centred, mut y) = ([zero; D], [zero; D]);
        for j in 0..D {
            centred[j] = simd.sub_f64s(points[j][v], self.mean[j]);
        }
        for a in 0..D {
            y[a] = simd.mul_f64s(self.inverse[a][0], centred[0]);
            for b in 1..=a {
                y[a] = simd.mul_add_f64s(self.inverse[a][b], centred[b], y[a]);
            }
        }
        y
    }
}

#[inline(always)]
fn features<S: Simd, const D: usize>(values: &[f64], stride: usize) -> [&[S::f64s]; D] {
    let mut features: [&[S::f64s]; D] = [&[]; D];
    for (a, feature) in features.iter_mut().enumerate() {
        *feature = S::as_simd_f64s(&values[a * stride..][..stride]).0;
    }
    features
}

#[inline(always)]
fn features_mut<S: Simd, const D: usize>(values: &mut [f64], stride: usize) -> [&mut [S::f64s]; D] {
    let mut rest = values;
    [(); D].map(|()| {
        let (feature, others) = std::mem::take(&mut rest).split_at_mut(stride);
        rest = others;
        S::as_mut_simd_f64s(feature).0
    })
}

impl<const D: usize> WithSimd for SmallDensity<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let stride = self.block.stride();
        let points = features::<S, D>(self.block.points(), stride);
        let minus_half = simd.splat_f64s(-0.5);
        for k in 0..self.map.constants.len() {
            let (out, whitened) = (&mut self.out[k * stride..][..stride], &mut self.whitened[k * D * stride..]);
            let map = SmallMap::<S, D>::load(simd, self.map, k);
            let constant = simd.splat_f64s(self.map.constants[k]);
            let residuals = features_mut::<S, D>(whitened, stride);
            for (v, out) in S::as_mut_simd_f64s(out).0.iter_mut().enumerate() {
                let y = map.whiten(simd, &points, v);
                for a in 0..D {
                    residuals[a][v] = y[a];
                }
                let mut square = simd.mul_f64s(y[0], y[0]);
                for a in 1..D {
                    square = simd.mul_add_f64s(y[a], y[a], square);
                }
                *out = simd.mul_add_f64s(square, minus_half, constant);
            }
        }
    }
}

struct SmallMoments<'a, const D: usize> {
    stride: usize,
    whitened: &'a [f64],
    responsibilities: &'a [f64],
    counts: &'a mut [f64],
    first: &'a mut [f64],
    second: &'a mut [f64],
}

impl<const D: usize> WithSimd for SmallMoments<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let zero = simd.splat_f64s(0.0);
        for k in 0..self.counts.len() {
            let r = &self.responsibilities[k * self.stride..][..self.stride];
            let residuals = features::<S, D>(&self.whitened[k * D * self.stride..], self.stride);
            // Two sets of sums for d ≤ 2, where one would wait for its own additions.
            let mut sums = [SmallSums::<S, D>::zero(zero), SmallSums::zero(zero)];
            let (r, _) = S::as_simd_f64s(r);
            let (pairs, rest) = r.as_chunks::<2>();
            if D <= 2 {
                for (v, r) in pairs.iter().enumerate() {
                    sums[0].add(simd, r[0], &residuals, 2 * v);
                    sums[1].add(simd, r[1], &residuals, 2 * v + 1);
                }
                for &r in rest {
                    sums[0].add(simd, r, &residuals, 2 * pairs.len());
                }
            } else {
                for (v, &r) in r.iter().enumerate() {
                    sums[0].add(simd, r, &residuals, v);
                }
            }
            let [a, b] = sums;
            let total = |a: S::f64s, b: S::f64s| simd.reduce_sum_f64s(simd.add_f64s(a, b));
            self.counts[k] += total(a.count, b.count);
            let mut packed = k * triangle(D);
            for i in 0..D {
                self.first[k * D + i] += total(a.first[i], b.first[i]);
                for j in 0..=i {
                    self.second[packed] += total(a.second[i][j], b.second[i][j]);
                    packed += 1;
                }
            }
        }
    }
}

/// Σ r, Σ r y, Σ r y yᵀ (lower triangle), in registers.
#[derive(Clone, Copy)]
struct SmallSums<S: Simd, const D: usize> {
    count: S::f64s,
    first: [S::f64s; D],
    second: [[S::f64s; D]; D],
}

impl<S: Simd, const D: usize> SmallSums<S, D> {
    #[inline(always)]
    fn zero(zero: S::f64s) -> Self {
        Self { count: zero, first: [zero; D], second: [[zero; D]; D] }
    }

    #[inline(always)]
    fn add(&mut self, simd: S, r: S::f64s, residuals: &[&[S::f64s]; D], v: usize) {
        self.count = simd.add_f64s(self.count, r);
        let mut y = [self.count; D];
        for a in 0..D {
            y[a] = residuals[a][v];
        }
        for a in 0..D {
            let weighted = simd.mul_f64s(r, y[a]);
            self.first[a] = simd.add_f64s(self.first[a], weighted);
            for b in 0..=a {
                self.second[a][b] = simd.mul_add_f64s(weighted, y[b], self.second[a][b]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Densities and moments from their formulas, one point at a time.
    #[test]
    fn agree_with_the_formulas_at_every_level() {
        for d in 1..=SMALL {
            let (rows, k) = (37, 2);
            let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
            let x: Vec<f64> = (0..rows * d).map(number).collect();
            let means: Vec<f64> = (0..k * d).map(|i| number(i + 77)).collect();
            let mut inverse = vec![0.0; k * d * d];
            for c in 0..k {
                for a in 0..d {
                    for b in 0..=a {
                        inverse[(c * d + a) * d + b] =
                            if a == b { 1.5 + number(a + c) / 4.0 } else { number(a + 3 * b + c) };
                    }
                }
            }
            let constants = [-1.0, 0.5];
            let map = Whitening { means: &means, inverse_factors: &inverse, constants: &constants };
            let mut block = Block::with_capacity(64, d);
            block.load(&x, &[]);
            let stride = block.stride();
            let mut r: Vec<f64> = (0..k * stride).map(|i| number(i + 5).abs()).collect();
            for c in 0..k {
                r[c * stride + rows..(c + 1) * stride].fill(0.0);
            }

            let mut density = vec![0.0; k * rows];
            let (mut counts, mut first, mut second) = (vec![0.0; k], vec![0.0; k * d], vec![0.0; k * triangle(d)]);
            for c in 0..k {
                for i in 0..rows {
                    let y: Vec<f64> = (0..d)
                        .map(|a| {
                            (0..=a).map(|b| inverse[(c * d + a) * d + b] * (x[i * d + b] - means[c * d + b])).sum()
                        })
                        .collect();
                    density[c * rows + i] = constants[c] - y.iter().map(|y| y * y).sum::<f64>() / 2.0;
                    let r = r[c * stride + i];
                    counts[c] += r;
                    let mut packed = c * triangle(d);
                    for a in 0..d {
                        first[c * d + a] += r * y[a];
                        for b in 0..=a {
                            second[packed] += r * y[a] * y[b];
                            packed += 1;
                        }
                    }
                }
            }

            for level in Level::available() {
                let mut out = vec![0.0; k * stride];
                let mut whitened = vec![0.0; k * d * stride];
                log_density(level, &block, map, &mut out, &mut whitened);
                for c in 0..k {
                    for i in 0..rows {
                        let error = (out[c * stride + i] - density[c * rows + i]).abs();
                        assert!(error < 1e-12 * (1.0 + density[c * rows + i].abs()), "d = {d}, {}", level.name());
                    }
                }
                let (mut n, mut s, mut t) = (vec![0.0; k], vec![0.0; k * d], vec![0.0; k * triangle(d)]);
                accumulate_whitened(level, stride, &whitened, &r, &mut n, &mut s, &mut t);
                let pairs = n.iter().zip(&counts).chain(s.iter().zip(&first)).chain(t.iter().zip(&second));
                for (ours, formula) in pairs {
                    assert!((ours - formula).abs() < 1e-11, "d = {d}, {}: {ours} {formula}", level.name());
                }
            }
        }
    }
}
