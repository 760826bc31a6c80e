//! The operations on one vector of components: what is written here as if for one is done for all of its lanes.

#![expect(
    clippy::range_plus_one,
    reason = "with an inclusive range the triangular loops are not unrolled, and matrices live in memory instead of registers"
)]

use super::super::WIDTH;
use super::super::log::ln_1p;
use super::super::whitened::triangle;
use super::{Abreast, Entry, WhitenedSums};
use crate::logarithm::ln_ratio;
use pulp::{Simd, WithSimd};

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

pub(super) struct Finish<'a, const D: usize> {
    pub model: &'a mut Abreast,
    pub pivots: &'a [f64],
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

pub(super) struct Maximize<'a, const D: usize> {
    pub from: &'a Abreast,
    pub sums: WhitenedSums<'a>,
    pub to: &'a mut Abreast,
    pub pivots: &'a [f64],
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

pub(super) struct QGain<'a, const D: usize> {
    pub from: &'a Abreast,
    pub sums: WhitenedSums<'a>,
    pub to: &'a Abreast,
    pub out: &'a mut [f64],
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

pub(super) struct Change<'a, const D: usize> {
    pub from: &'a Abreast,
    pub to: &'a Abreast,
    pub scales: &'a [f64],
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
