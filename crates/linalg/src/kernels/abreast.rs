//! The M-step of K Gaussian components of dimension d ≤ 4, abreast: a lane of a vector is a component.
//!
//! A matrix of four variables is too small for a vector, and three of them one after the other are 900 ns of an iteration
//! that takes 1300 ns over all the points of iris. Side by side they fill a vector, and every formula is written as if for one
//! component. With y = L⁻¹(x − μ), N = Σ w r, s = Σ w r y and S = Σ w r y yᵀ: μ′ = μ + L s/N and Σ′ = L V Lᵀ with
//! V = S/N − (s/N)(s/N)ᵀ, so L′ = L chol V.

#![expect(
    clippy::range_plus_one,
    reason = "with an inclusive range the triangular loops are not unrolled, and matrices live in memory instead of registers"
)]

use super::log::{ln_1p, ln_in_place};
use super::whitened::{SMALL, triangle};
use super::{Level, WIDTH};
use crate::logarithm::ln_ratio;
use pulp::{Simd, WithSimd};

/// One number of each of a group of components.
type Entry = [f64; WIDTH];

/// Means and factors of K components in groups of [`WIDTH`], entry after entry. The padding repeats the last component, so
/// that nothing in it is irregular.
#[derive(Clone, Debug, Default)]
pub struct Abreast {
    k: usize,
    d: usize,
    /// μ, groups × d.
    means: Vec<Entry>,
    /// Lower triangle of L, packed by rows, groups × d(d+1)/2.
    factors: Vec<Entry>,
    /// Likewise L⁻¹.
    inverses: Vec<Entry>,
    /// Σ ln l_ii, groups.
    half_log_determinants: Vec<Entry>,
    /// min_i l_ii² / pivot_i, groups; NaN where L has no such number.
    relative_pivots: Vec<Entry>,
    /// max_i l_ii² / min_i l_ii², groups.
    conditions: Vec<Entry>,
}

/// Statistics of K components, component after component, whitened at their parameters.
#[derive(Clone, Copy, Debug)]
pub struct WhitenedSums<'a> {
    /// N = Σ w r, k.
    pub counts: &'a [f64],
    /// Σ w r y, k × d.
    pub first: &'a [f64],
    /// Lower triangles of Σ w r y yᵀ, k × d(d+1)/2, packed by rows.
    pub second: &'a [f64],
}

/// Calls the operation with the dimension as a constant.
macro_rules! dispatch {
    ($level:expr, $model:expr, $operation:ident { $($field:ident),* }) => {{
        let level = $level.no_wider_than($model.k);
        match $model.d {
            1 => level.dispatch($operation::<1> { $($field),* }),
            2 => level.dispatch($operation::<2> { $($field),* }),
            3 => level.dispatch($operation::<3> { $($field),* }),
            4 => level.dispatch($operation::<4> { $($field),* }),
            d => unreachable!("dimension {d} is not small"),
        }
    }};
}

impl Abreast {
    /// Memory for `k` components of dimension `d`; none at all for d above [`SMALL`], which has no use for it.
    pub fn new(k: usize, d: usize) -> Self {
        if d > SMALL {
            return Self::default();
        }
        let entries = |count: usize| vec![[0.0; WIDTH]; count * k.div_ceil(WIDTH)];
        Self {
            k,
            d,
            means: entries(d),
            factors: entries(triangle(d)),
            inverses: entries(triangle(d)),
            half_log_determinants: entries(1),
            relative_pivots: entries(1),
            conditions: entries(1),
        }
    }

    /// Takes over means (k × d) and lower factors (k × d × d).
    pub fn load(&mut self, means: &[f64], factors: &[f64]) {
        let (k, d) = (self.k, self.d);
        let groups = self.means.chunks_exact_mut(d).zip(self.factors.chunks_exact_mut(triangle(d)));
        for (group, (own_means, own_factors)) in groups.enumerate() {
            for lane in 0..WIDTH {
                let c = (group * WIDTH + lane).min(k - 1);
                for i in 0..d {
                    own_means[i][lane] = means[c * d + i];
                    for j in 0..=i {
                        own_factors[triangle(i) + j][lane] = factors[(c * d + i) * d + j];
                    }
                }
            }
        }
    }

    /// Writes means (k × d), lower factors and their inverses (k × d × d each; nothing is written above the diagonals).
    pub fn store(&self, means: &mut [f64], factors: &mut [f64], inverses: &mut [f64]) {
        match self.d {
            1 => self.store_in::<1>(means, factors, inverses),
            2 => self.store_in::<2>(means, factors, inverses),
            3 => self.store_in::<3>(means, factors, inverses),
            4 => self.store_in::<4>(means, factors, inverses),
            d => unreachable!("dimension {d} is not small"),
        }
    }

    fn store_in<const D: usize>(&self, means: &mut [f64], factors: &mut [f64], inverses: &mut [f64]) {
        let rows = means.as_chunks_mut::<D>().0.iter_mut();
        let matrices = factors.chunks_exact_mut(D * D).zip(inverses.chunks_exact_mut(D * D));
        for (c, (mean, (factor, inverse))) in rows.zip(matrices).enumerate() {
            let (group, lane) = (c / WIDTH, c % WIDTH);
            let own_mean = &self.means[group * D..][..D];
            let packed = group * triangle(D)..(group + 1) * triangle(D);
            let (own_factor, own_inverse) = (&self.factors[packed.clone()], &self.inverses[packed]);
            for i in 0..D {
                mean[i] = own_mean[i][lane];
                for j in 0..i + 1 {
                    factor[i * D + j] = own_factor[triangle(i) + j][lane];
                    inverse[i * D + j] = own_inverse[triangle(i) + j][lane];
                }
            }
        }
    }

    /// Σ ln l_ii of each component.
    pub fn half_log_determinants(&self) -> &[f64] {
        &self.half_log_determinants.as_flattened()[..self.k]
    }

    /// min_i l_ii² / pivot_i of each component; NaN if a pivot of its covariance was not positive or an l_ii² is not finite.
    pub fn relative_pivots(&self) -> &[f64] {
        &self.relative_pivots.as_flattened()[..self.k]
    }

    /// max_i l_ii² / min_i l_ii² of each component, a lower bound of the condition of its covariance that ends at the largest double.
    pub fn conditions(&self) -> &[f64] {
        &self.conditions.as_flattened()[..self.k]
    }

    /// Everything that follows from the factors: inverses, determinants, judgement relative to `pivots` (d).
    pub fn finish(&mut self, level: Level, pivots: &[f64]) {
        let model = &mut *self;
        dispatch!(level, model, Finish { model, pivots });
        self.take_logarithms(level);
    }

    /// M-step: means and factors that maximise Q given the statistics at `self`, and what follows from them, into `next`.
    pub fn maximize(&self, level: Level, sums: WhitenedSums<'_>, pivots: &[f64], next: &mut Self) {
        let (from, to) = (self, &mut *next);
        dispatch!(level, from, Maximize { from, sums, to, pivots });
        next.take_logarithms(level);
    }

    /// Each component's part of Q(`next`; `self`) − Q(`self`; `self`) but for its weight, into `out` (k).
    ///
    /// With E = L′⁻¹(L − L′) and b = L′⁻¹(μ′ − μ) the residuals after the step are y + E y − b, and the part is
    /// −N Σ ln(l′_ii / l_ii) − ½ [Σ w r |y + E y − b|² − Σ w r |y|²]: near a fixed point, where E and b vanish, no digits
    /// cancel.
    pub fn q_gain(&self, level: Level, sums: WhitenedSums<'_>, next: &Self, out: &mut [f64]) {
        let (from, to) = (self, next);
        dispatch!(level, from, QGain { from, sums, to, out });
    }

    /// Largest change from `self` to `next` of an entry of a covariance, in units of the product of two `scales` (d), or of
    /// a mean, in units of one.
    pub fn change(&self, level: Level, next: &Self, scales: &[f64]) -> f64 {
        let (from, to) = (self, next);
        dispatch!(level, from, Change { from, to, scales })
    }

    /// Turns the products of the pivots, which the kernels leave, into sums of logarithms: one logarithm each, unless a
    /// product left the range of a double.
    fn take_logarithms(&mut self, level: Level) {
        let products = &mut self.half_log_determinants.as_flattened_mut()[..self.k];
        if products.iter().all(|product| product.is_normal()) {
            return ln_in_place(level, products);
        }
        for (c, sum) in products.iter_mut().enumerate() {
            let factor = &self.factors[c / WIDTH * triangle(self.d)..];
            *sum = (0..self.d).map(|i| factor[triangle(i) + i][c % WIDTH].ln()).sum();
        }
    }
}

/// Vector `part` of one number of a group of components.
#[inline(always)]
fn read<S: Simd>(entry: &Entry, part: usize) -> S::f64s {
    S::as_simd_f64s(entry).0[part]
}

#[inline(always)]
fn write<S: Simd>(entry: &mut Entry, part: usize, value: S::f64s) {
    S::as_mut_simd_f64s(entry).0[part] = value;
}

/// Calls `visit(group, part)` for every vector in which there is a component.
#[inline(always)]
fn for_each_vector<S: Simd>(k: usize, mut visit: impl FnMut(usize, usize)) {
    for group in 0..k.div_ceil(WIDTH) {
        for part in 0..WIDTH / S::F64_LANES {
            if group * WIDTH + part * S::F64_LANES < k {
                visit(group, part);
            }
        }
    }
}

/// A vector of each component's entries.
#[inline(always)]
fn vector<S: Simd, const D: usize>(simd: S, stack: &[Entry], group: usize, part: usize) -> [S::f64s; D] {
    let entries = &stack[group * D..][..D];
    let mut out = [simd.splat_f64s(0.0); D];
    for i in 0..D {
        out[i] = read::<S>(&entries[i], part);
    }
    out
}

/// A lower triangle of each component.
#[inline(always)]
fn lower<S: Simd, const D: usize>(simd: S, stack: &[Entry], group: usize, part: usize) -> [[S::f64s; D]; D] {
    let entries = &stack[group * triangle(D)..][..triangle(D)];
    let mut out = [[simd.splat_f64s(0.0); D]; D];
    for i in 0..D {
        for j in 0..i + 1 {
            out[i][j] = read::<S>(&entries[triangle(i) + j], part);
        }
    }
    out
}

/// Statistics of a group of components, transposed from component after component.
struct Statistics<S: Simd, const D: usize> {
    count: S::f64s,
    first: [S::f64s; D],
    /// Lower triangle.
    second: [[S::f64s; D]; D],
}

impl<S: Simd, const D: usize> Statistics<S, D> {
    #[inline(always)]
    fn load(simd: S, sums: WhitenedSums<'_>, group: usize, part: usize) -> Self {
        let k = sums.counts.len();
        let zero = simd.splat_f64s(0.0);
        let mut out = Self { count: zero, first: [zero; D], second: [[zero; D]; D] };
        let mut rows: [(f64, &[f64], &[f64]); WIDTH] = [(0.0, &[], &[]); WIDTH];
        for (lane, row) in rows[..S::F64_LANES].iter_mut().enumerate() {
            let c = (group * WIDTH + part * S::F64_LANES + lane).min(k - 1);
            *row = (sums.counts[c], &sums.first[c * D..][..D], &sums.second[c * triangle(D)..][..triangle(D)]);
        }
        let mut lanes = [0.0; WIDTH];
        for lane in 0..S::F64_LANES {
            lanes[lane] = rows[lane].0;
        }
        out.count = read::<S>(&lanes, 0);
        for i in 0..D {
            for lane in 0..S::F64_LANES {
                lanes[lane] = rows[lane].1[i];
            }
            out.first[i] = read::<S>(&lanes, 0);
            for j in 0..i + 1 {
                for lane in 0..S::F64_LANES {
                    lanes[lane] = rows[lane].2[triangle(i) + j];
                }
                out.second[i][j] = read::<S>(&lanes, 0);
            }
        }
        out
    }
}

/// Inverse, product of the pivots and judgement of the factors of one vector of components.
#[inline(always)]
fn finish<S: Simd, const D: usize>(
    simd: S,
    l: &[[S::f64s; D]; D],
    pivots: &[f64],
    model: &mut Abreast,
    group: usize,
    part: usize,
) {
    let pivots = &pivots[..D];
    let one = simd.splat_f64s(1.0);
    let mut inverse = [[simd.splat_f64s(0.0); D]; D];
    let mut product = l[0][0];
    let square = simd.mul_f64s(l[0][0], l[0][0]);
    let (mut smallest, mut largest, mut sum) = (square, square, square);
    let mut relative = simd.div_f64s(square, simd.splat_f64s(pivots[0]));
    for i in 0..D {
        inverse[i][i] = simd.div_f64s(one, l[i][i]);
        for m in 0..i {
            let mut inner = simd.mul_f64s(l[i][m], inverse[m][m]);
            for a in m + 1..i {
                inner = simd.mul_add_f64s(l[i][a], inverse[a][m], inner);
            }
            inverse[i][m] = simd.neg_f64s(simd.mul_f64s(inverse[i][i], inner));
        }
        if i > 0 {
            product = simd.mul_f64s(product, l[i][i]);
            let square = simd.mul_f64s(l[i][i], l[i][i]);
            sum = simd.add_f64s(sum, square);
            smallest = simd.min_f64s(square, smallest);
            largest = simd.max_f64s(square, largest);
            relative = simd.min_f64s(simd.div_f64s(square, simd.splat_f64s(pivots[i])), relative);
        }
    }
    let entries = &mut model.inverses[group * triangle(D)..][..triangle(D)];
    for i in 0..D {
        for j in 0..i + 1 {
            write::<S>(&mut entries[triangle(i) + j], part, inverse[i][j]);
        }
    }
    write::<S>(&mut model.half_log_determinants[group], part, product);
    // A minimum may lose a NaN, and a square beyond the range of a double is no minimum; the sum of the squares tells both.
    let relative = simd.add_f64s(relative, simd.sub_f64s(sum, sum));
    write::<S>(&mut model.relative_pivots[group], part, relative);
    let condition = simd.min_f64s(simd.div_f64s(largest, smallest), simd.splat_f64s(f64::MAX));
    write::<S>(&mut model.conditions[group], part, condition);
}

struct Finish<'a, const D: usize> {
    model: &'a mut Abreast,
    pivots: &'a [f64],
}

impl<const D: usize> WithSimd for Finish<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { model, pivots } = self;
        for_each_vector::<S>(model.k, |group, part| {
            let l = lower::<S, D>(simd, &model.factors, group, part);
            finish(simd, &l, pivots, model, group, part);
        });
    }
}

struct Maximize<'a, const D: usize> {
    from: &'a Abreast,
    sums: WhitenedSums<'a>,
    to: &'a mut Abreast,
    pivots: &'a [f64],
}

impl<const D: usize> WithSimd for Maximize<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { from, sums, to, pivots } = self;
        let zero = simd.splat_f64s(0.0);
        for_each_vector::<S>(from.k, |group, part| {
            let Statistics { count, first, second } = Statistics::<S, D>::load(simd, sums, group, part);
            let l = lower::<S, D>(simd, &from.factors, group, part);
            let mut moved = vector::<S, D>(simd, &from.means, group, part);
            let share = simd.div_f64s(simd.splat_f64s(1.0), count);
            let mut mean = [zero; D];
            for i in 0..D {
                mean[i] = simd.mul_f64s(first[i], share);
            }
            let means = &mut to.means[group * D..][..D];
            for i in 0..D {
                for j in 0..i + 1 {
                    moved[i] = simd.mul_add_f64s(l[i][j], mean[j], moved[i]);
                }
                write::<S>(&mut means[i], part, moved[i]);
            }
            // chol V, column by column: a pivot that is not positive turns into a NaN that stays.
            let mut c = [[zero; D]; D];
            for i in 0..D {
                for j in 0..i + 1 {
                    c[i][j] = simd.negate_mul_add_f64s(mean[i], mean[j], simd.mul_f64s(second[i][j], share));
                }
            }
            for j in 0..D {
                c[j][j] = simd.sqrt_f64s(c[j][j]);
                let reciprocal = simd.div_f64s(simd.splat_f64s(1.0), c[j][j]);
                for i in j + 1..D {
                    c[i][j] = simd.mul_f64s(c[i][j], reciprocal);
                }
                for i in j + 1..D {
                    for m in j + 1..i + 1 {
                        c[i][m] = simd.negate_mul_add_f64s(c[i][j], c[m][j], c[i][m]);
                    }
                }
            }
            // L′ = L chol V.
            let mut next = [[zero; D]; D];
            let factors = &mut to.factors[group * triangle(D)..][..triangle(D)];
            for i in 0..D {
                for j in 0..i + 1 {
                    next[i][j] = simd.mul_f64s(l[i][j], c[j][j]);
                    for m in j + 1..i + 1 {
                        next[i][j] = simd.mul_add_f64s(l[i][m], c[m][j], next[i][j]);
                    }
                    write::<S>(&mut factors[triangle(i) + j], part, next[i][j]);
                }
            }
            finish(simd, &next, pivots, to, group, part);
        });
    }
}

struct QGain<'a, const D: usize> {
    from: &'a Abreast,
    sums: WhitenedSums<'a>,
    to: &'a Abreast,
    out: &'a mut [f64],
}

impl<const D: usize> WithSimd for QGain<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { from, sums, to, out } = self;
        let zero = simd.splat_f64s(0.0);
        for_each_vector::<S>(from.k, |group, part| {
            let Statistics { count, first, second } = Statistics::<S, D>::load(simd, sums, group, part);
            let l = lower::<S, D>(simd, &from.factors, group, part);
            let next = lower::<S, D>(simd, &to.factors, group, part);
            let inverse = lower::<S, D>(simd, &to.inverses, group, part);
            // Σ ln(l′_ii / l_ii) as one logarithm: the product of 1 + (l′ − l)/l is formed as 1 + p.
            let mut p = zero;
            for i in 0..D {
                let u = simd.div_f64s(simd.sub_f64s(next[i][i], l[i][i]), l[i][i]);
                p = simd.add_f64s(p, simd.mul_add_f64s(p, u, u));
            }
            // E = L′⁻¹ (L − L′).
            let mut e = [[zero; D]; D];
            for i in 0..D {
                for j in 0..i + 1 {
                    for m in j..i + 1 {
                        let difference = simd.sub_f64s(l[m][j], next[m][j]);
                        e[i][j] = simd.mul_add_f64s(inverse[i][m], difference, e[i][j]);
                    }
                }
            }
            let mut moved = vector::<S, D>(simd, &to.means, group, part);
            let old = vector::<S, D>(simd, &from.means, group, part);
            for j in 0..D {
                moved[j] = simd.sub_f64s(moved[j], old[j]);
            }
            let mut squares = zero;
            for i in 0..D {
                // Row i: 2 (E S)_ii + (E S Eᵀ)_ii, and the shift b_i.
                let (mut shift, mut along) = (zero, first[i]);
                for j in 0..i + 1 {
                    shift = simd.mul_add_f64s(inverse[i][j], moved[j], shift);
                    along = simd.mul_add_f64s(e[i][j], first[j], along);
                }
                for a in 0..i + 1 {
                    let mut product = zero;
                    for b in 0..i + 1 {
                        let moment = if a < b { second[b][a] } else { second[a][b] };
                        product = simd.mul_add_f64s(e[i][b], moment, product);
                    }
                    squares = simd.mul_add_f64s(e[i][a], product, squares);
                    if a == i {
                        squares = simd.add_f64s(squares, simd.add_f64s(product, product));
                    }
                }
                let twice = simd.add_f64s(along, along);
                let bracket = simd.sub_f64s(simd.mul_f64s(count, shift), twice);
                squares = simd.mul_add_f64s(shift, bracket, squares);
            }
            let mut lanes = [[0.0; WIDTH]; 4];
            for (lanes, value) in lanes.iter_mut().zip([p, squares, count]) {
                write::<S>(lanes, 0, value);
            }
            let [p, squares, count, logarithms] = &mut lanes;
            for lane in 0..S::F64_LANES {
                logarithms[lane] = ln_1p(p[lane]);
            }
            let first = group * WIDTH + part * S::F64_LANES;
            for (lane, out) in out[first..].iter_mut().take(S::F64_LANES).enumerate() {
                let logarithm = if p[lane] > -0.5 && p[lane] < 1e100 {
                    logarithms[lane]
                } else {
                    let pivot = |model: &Abreast, i: usize| {
                        model.factors[group * triangle(D) + triangle(i) + i][part * S::F64_LANES + lane]
                    };
                    (0..D).map(|i| ln_ratio(pivot(to, i), pivot(from, i))).sum()
                };
                *out = -count[lane] * logarithm - 0.5 * squares[lane];
            }
        });
    }
}

struct Change<'a, const D: usize> {
    from: &'a Abreast,
    to: &'a Abreast,
    scales: &'a [f64],
}

impl<const D: usize> WithSimd for Change<'_, D> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { from, to, scales } = self;
        let zero = simd.splat_f64s(0.0);
        let one = simd.splat_f64s(1.0);
        let scales = &scales[..D];
        let mut unit = [zero; D];
        for i in 0..D {
            unit[i] = simd.div_f64s(one, simd.splat_f64s(scales[i]));
        }
        // The padding repeats the last component: its changes count twice, which a maximum does not see.
        let mut changes = zero;
        for_each_vector::<S>(from.k, |group, part| {
            let old = lower::<S, D>(simd, &from.factors, group, part);
            let new = lower::<S, D>(simd, &to.factors, group, part);
            let old_mean = vector::<S, D>(simd, &from.means, group, part);
            let new_mean = vector::<S, D>(simd, &to.means, group, part);
            for i in 0..D {
                let moved = simd.abs_f64s(simd.sub_f64s(new_mean[i], old_mean[i]));
                changes = simd.max_f64s(simd.mul_f64s(moved, unit[i]), changes);
                for j in 0..i + 1 {
                    let (mut a, mut b) = (zero, zero);
                    for m in 0..j + 1 {
                        a = simd.mul_add_f64s(old[i][m], old[j][m], a);
                        b = simd.mul_add_f64s(new[i][m], new[j][m], b);
                    }
                    let moved = simd.abs_f64s(simd.sub_f64s(b, a));
                    changes = simd.max_f64s(simd.mul_f64s(moved, simd.mul_f64s(unit[i], unit[j])), changes);
                }
            }
        });
        simd.reduce_max_f64s(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpdFactor, spd};

    /// K components and statistics that could be theirs.
    struct Case {
        d: usize,
        means: Vec<f64>,
        factors: Vec<f64>,
        counts: Vec<f64>,
        first: Vec<f64>,
        second: Vec<f64>,
    }

    fn number(i: usize) -> f64 {
        ((i * 7919 + 13) % 1009) as f64 / 1009.0 - 0.5
    }

    fn case(k: usize, d: usize) -> Case {
        let mut case = Case {
            d,
            means: (0..k * d).map(number).collect(),
            factors: vec![0.0; k * d * d],
            counts: (0..k).map(|c| 20.0 + 3.0 * c as f64).collect(),
            first: Vec::new(),
            second: Vec::new(),
        };
        for c in 0..k {
            for i in 0..d {
                for j in 0..=i {
                    case.factors[(c * d + i) * d + j] =
                        if i == j { 1.3 + number(c + 5 * i) } else { number(c + 3 * i + 7 * j) };
                }
            }
            // Moments of 2d points of equal weight around a mean near zero.
            let points: Vec<f64> = (0..2 * d * d).map(|i| number(i * i * 3 + 11 * i + 101 * c) + 0.1).collect();
            let weight = case.counts[c] / (2 * d) as f64;
            let sum = |value: &dyn Fn(&[f64]) -> f64| points.chunks(d).map(value).sum::<f64>() * weight;
            for i in 0..d {
                case.first.push(sum(&|y| y[i]));
            }
            for i in 0..d {
                for j in 0..=i {
                    case.second.push(sum(&|y| y[i] * y[j]));
                }
            }
        }
        case
    }

    /// The step of one component by its formulas: μ′, L′.
    fn step(case: &Case, c: usize) -> (Vec<f64>, Vec<f64>) {
        let d = case.d;
        let (n, s) = (case.counts[c], &case.first[c * d..][..d]);
        let l = &case.factors[c * d * d..][..d * d];
        let mean = (0..d).map(|i| case.means[c * d + i] + (0..d).map(|j| l[i * d + j] * s[j]).sum::<f64>() / n);
        let mut v = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..=i {
                let moment = case.second[c * triangle(d) + triangle(i) + j];
                v[i * d + j] = moment / n - s[i] / n * (s[j] / n);
                v[j * d + i] = v[i * d + j];
            }
        }
        let (mut covariance, mut work) = (vec![0.0; d * d], vec![0.0; d * d]);
        spd::congruence(l, &v, &mut covariance, &mut work, d);
        assert!(SpdFactor::new(d).factor(&mut covariance));
        (mean.collect(), covariance)
    }

    /// Σ w r log N(x) of one component but for constants, from the statistics at `case`'s parameters.
    fn q(case: &Case, c: usize, mean: &[f64], factor: &[f64]) -> f64 {
        let d = case.d;
        let (n, s) = (case.counts[c], &case.first[c * d..][..d]);
        let l = &case.factors[c * d * d..][..d * d];
        let (mut inverse, mut map) = (vec![0.0; d * d], vec![0.0; d * d]);
        spd::invert_factor(factor, &mut inverse, d);
        spd::multiply_factors(&inverse, l, &mut map, d);
        let mut squares = 0.0;
        for i in 0..d {
            // Residual i is Σ_a map_ia y_a − b.
            let b: f64 = (0..d).map(|j| inverse[i * d + j] * (mean[j] - case.means[c * d + j])).sum();
            let along: f64 = (0..d).map(|a| map[i * d + a] * s[a]).sum();
            for a in 0..d {
                for e in 0..d {
                    let (high, low) = (a.max(e), a.min(e));
                    squares += map[i * d + a] * map[i * d + e] * case.second[c * triangle(d) + triangle(high) + low];
                }
            }
            squares += b * (n * b - 2.0 * along);
        }
        -n * spd::half_log_determinant(factor, d) - 0.5 * squares
    }

    #[test]
    fn agrees_with_the_formulas_at_every_level() {
        for (k, d) in [(1, 1), (3, 4), (2, 2), (5, 3), (9, 4), (17, 1)] {
            let case = case(k, d);
            let (pivots, scales): (Vec<f64>, Vec<f64>) = (0..d).map(|i| (2.0 + i as f64, 1.5 + i as f64)).unzip();
            let sums = WhitenedSums { counts: &case.counts, first: &case.first, second: &case.second };
            for level in Level::available() {
                let mut from = Abreast::new(k, d);
                from.load(&case.means, &case.factors);
                from.finish(level, &pivots);
                let mut to = from.clone();
                from.maximize(level, sums, &pivots, &mut to);
                let (mut means, mut factors) = (vec![0.0; k * d], vec![0.0; k * d * d]);
                let (mut inverses, mut gains) = (factors.clone(), vec![0.0; k]);
                to.store(&mut means, &mut factors, &mut inverses);
                from.q_gain(level, sums, &to, &mut gains);
                let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{k} {d}: {a} {b}");
                let mut largest = 0.0f64;
                for c in 0..k {
                    let (mean, factor) = step(&case, c);
                    let own = c * d * d..(c + 1) * d * d;
                    (0..d).for_each(|i| close(means[c * d + i], mean[i]));
                    (0..d * d).for_each(|e| close(factors[own.clone()][e], factor[e]));
                    let mut inverse = vec![0.0; d * d];
                    spd::invert_factor(&factor, &mut inverse, d);
                    (0..d * d).for_each(|e| close(inverses[own.clone()][e], inverse[e]));
                    let (relative, condition) = spd::judge(&factor, &pivots);
                    close(to.relative_pivots()[c], relative);
                    close(to.conditions()[c], condition);
                    close(to.half_log_determinants()[c], spd::half_log_determinant(&factor, d));
                    let old = (&case.means[c * d..][..d], &case.factors[own.clone()]);
                    close(gains[c], q(&case, c, &mean, &factor) - q(&case, c, old.0, old.1));
                    let (mut before, mut after) = (vec![0.0; d * d], vec![0.0; d * d]);
                    spd::reconstruct(old.1, &mut before, d);
                    spd::reconstruct(&factor, &mut after, d);
                    for i in 0..d {
                        largest = largest.max((mean[i] - old.0[i]).abs() / scales[i]);
                        for j in 0..d {
                            let moved = (after[i * d + j] - before[i * d + j]).abs();
                            largest = largest.max(moved / (scales[i] * scales[j]));
                        }
                    }
                }
                close(from.change(level, &to, &scales), largest);
            }
        }
    }

    #[test]
    fn a_covariance_without_a_factor_is_not_a_number_and_spoils_no_other() {
        for level in Level::available() {
            let mut case = case(3, 4);
            // The second component's second variable has a negative variance.
            case.second[triangle(4) + 2] = -1.0;
            let pivots = [1.0; 4];
            let sums = WhitenedSums { counts: &case.counts, first: &case.first, second: &case.second };
            let mut from = Abreast::new(3, 4);
            from.load(&case.means, &case.factors);
            from.finish(level, &pivots);
            let mut to = from.clone();
            from.maximize(level, sums, &pivots, &mut to);
            let [a, b, c] = to.relative_pivots() else { panic!("three components") };
            assert!(*a > 0.0 && b.is_nan() && *c > 0.0, "{a} {b} {c}");
        }
    }

    #[test]
    fn judgement_ends_where_doubles_end() {
        for level in Level::available() {
            let mut model = Abreast::new(2, 2);
            model.load(&[0.0; 4], &[1e100, 0.0, 0.0, 1e-100, 1e160, 0.0, 0.0, 1.0]);
            model.finish(level, &[1e200, 1e-200]);
            let [a, b] = model.relative_pivots() else { panic!("two components") };
            assert!((a - 1.0).abs() < 1e-15 && b.is_nan(), "{a} {b}");
            assert_eq!(model.conditions()[0], f64::MAX);
        }
    }

    #[test]
    fn determinants_may_leave_the_range_of_a_double() {
        for scale in [1e-100, 1.0, 1e100] {
            let factors: Vec<f64> = case(2, 4).factors.iter().map(|l| l * scale).collect();
            let mut model = Abreast::new(2, 4);
            model.load(&[0.0; 8], &factors);
            model.finish(Level::detect(), &[1.0; 4]);
            for (ours, factor) in model.half_log_determinants().iter().zip(factors.chunks(16)) {
                assert!((ours - spd::half_log_determinant(factor, 4)).abs() < 1e-10, "{ours}");
            }
        }
    }

    #[test]
    fn the_gain_of_a_component_that_collapses_is_finite() {
        let case = case(1, 2);
        let sums = WhitenedSums { counts: &case.counts, first: &case.first, second: &case.second };
        let (mut from, mut to) = (Abreast::new(1, 2), Abreast::new(1, 2));
        from.load(&case.means, &case.factors);
        let small: Vec<f64> = case.factors.iter().map(|l| l * 1e-20).collect();
        to.load(&case.means, &small);
        for model in [&mut from, &mut to] {
            model.finish(Level::detect(), &[1.0; 2]);
        }
        let mut gain = [0.0];
        from.q_gain(Level::detect(), sums, &to, &mut gain);
        assert!(gain[0].is_finite() && gain[0] < -1e30, "{}", gain[0]);
    }
}
