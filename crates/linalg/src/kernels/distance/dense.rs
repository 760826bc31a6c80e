//! All n × k distances, one fused multiplication and addition per point, centre and feature.
//!
//! With x and c about a common origin, |x − c|² = |x|² − 2 (x·c − |c|²/2): the nearest centre has the largest *score*
//! s = x·c − |c|²/2. Scores are rounded; where the two largest are closer than rounding can explain, explicit differences
//! ([`exact`](super::exact)) decide, so labels are those of explicit differences always, ties included.
//!
//! The bound: with u = 2⁻⁵³, ρ = |x| + max |c|, the errors of centring (2uρ²), of the d + 2 rounded operations of a score
//! ((2d + 6)uρ² after doubling) and of an explicit distance ((d + 4)uρ²) sum up to less than (3d + 12)uρ² per centre. Two
//! scores further apart than that belong to distances in the same order. By the explicit distance δ to the leader,
//! ρ² ≤ 2δ + 8 max |c|², so no length of x is needed; the factor 4/3 in [`threshold`] covers its own rounding.
//!
//! A tile of 24 points × 8 centres stays in registers (24 of 32 with AVX-512; 8 × 4 with AVX2, 8 of 16), so a multiplication needs
//! less than half a load, or with AVX2 three quarters of one. There 12 × 4 would leave four registers for operands; one sum
//! then lives in memory, and the tile takes twice as long.

use super::{Centres, GROUP, exact, fetch};
use crate::kernels::{Level, Lines, filled};
use pulp::{Simd, WithSimd};

/// Points of a panel: three vectors of the widest level.
pub(super) const POINTS: usize = 24;

/// Rows and features that are transposed at a time.
const SQUARE: usize = 8;

/// Working memory of [`assign`], for one thread.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// d × [`POINTS`]: feature by feature, about the origin.
    points: Lines,
}

impl Panel {
    /// For these centres.
    pub fn new(centres: &Centres) -> Self {
        Self { points: Lines::zeros(centres.dimension() * POINTS) }
    }

    /// Up to [`POINTS`] rows of `x`; the last one is repeated. Eight features of eight rows at a time: the plain double loop
    /// becomes scatter instructions, which take twice as long.
    #[inline(always)]
    fn load<S: Simd>(&mut self, simd: S, x: &[f64], origin: &[f64]) {
        let d = origin.len();
        let last = x.len() - d;
        let (whole, rest) = origin.as_chunks::<SQUARE>();
        let (points, points_rest) = self.points.as_chunks_mut::<POINTS>().0.split_at_mut(whole.len() * SQUARE);
        for from in (0..POINTS).step_by(SQUARE) {
            let rows: [&[f64]; SQUARE] = filled(|i| &x[((from + i) * d).min(last)..][..d]);
            for (c, (origin, points)) in whole.iter().zip(points.as_chunks_mut::<SQUARE>().0).enumerate() {
                let square: [&[f64; SQUARE]; SQUARE] = filled(|i| &rows[i].as_chunks().0[c]);
                for (j, (points, &at)) in points.iter_mut().zip(origin).enumerate() {
                    let feature: [f64; SQUARE] = filled(|i| square[i][j]);
                    let points = S::as_mut_simd_f64s(&mut points[from..from + SQUARE]).0;
                    for (point, &x) in points.iter_mut().zip(S::as_simd_f64s(&feature).0) {
                        *point = simd.sub_f64s(x, simd.splat_f64s(at));
                    }
                }
            }
            for (j, (points, at)) in (whole.len() * SQUARE..).zip(points_rest.iter_mut().zip(rest)) {
                for (point, row) in points[from..from + SQUARE].iter_mut().zip(rows) {
                    *point = row[j] - at;
                }
            }
        }
    }
}

/// What is known of a panel's points after some centres.
struct Leaders {
    /// Largest score.
    best: [f64; POINTS],
    /// Second largest.
    second: [f64; POINTS],
    /// Index of the leader.
    index: [f64; POINTS],
}

/// The nearest centre of every row of `x` (rows × d) into `labels`, its squared distance by explicit differences into
/// `squared`.
pub fn assign(level: Level, x: &[f64], centres: &Centres, panel: &mut Panel, labels: &mut [u32], squared: &mut [f64]) {
    level.dispatch(Assign { x, centres, panel, labels, squared });
}

struct Assign<'a> {
    x: &'a [f64],
    centres: &'a Centres,
    panel: &'a mut Panel,
    labels: &'a mut [u32],
    squared: &'a mut [f64],
}

impl WithSimd for Assign<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, centres, panel, labels, squared } = self;
        let d = centres.dimension();
        fetch(x);
        for ((x, labels), squared) in
            x.chunks(POINTS * d).zip(labels.chunks_mut(POINTS)).zip(squared.chunks_mut(POINTS))
        {
            panel.load(simd, x, &centres.origin);
            let leaders = if S::F64_LANES == GROUP {
                lead::<S, 3>(simd, centres, panel)
            } else {
                lead::<S, 2>(simd, centres, panel)
            };
            for (i, x) in x.chunks_exact(d).enumerate() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of a centre")]
                let leader = leaders.index[i] as u32;
                let distance = exact::squared(simd, x, centres.row(leader as usize));
                let threshold = threshold(centres, distance);
                let decided = leaders.best[i] - leaders.second[i] > threshold;
                (labels[i], squared[i]) =
                    if decided { (leader, distance) } else { exact::nearest(simd, x, centres.values()) };
            }
        }
    }
}

/// Scores further apart than this belong to distances in the same order; `distance` is that of the leader. Infinite
/// where a score may have overflowed: then nothing is decided.
#[inline(always)]
pub(super) fn threshold(centres: &Centres, distance: f64) -> f64 {
    let factor = (4 * centres.dimension() + 16) as f64 * f64::EPSILON;
    // Eight times, and back, so that what overflows does so here. The smallest normal number is for what underflows.
    (8.0 * distance + 32.0 * centres.reach) * (0.125 * factor) + f64::MIN_POSITIVE
}

/// The leaders of the points of `panel` among all centres, in tiles of `V` vectors of points.
#[inline(always)]
fn lead<S: Simd, const V: usize>(simd: S, centres: &Centres, panel: &Panel) -> Leaders {
    let least = [f64::NEG_INFINITY; POINTS];
    let mut leaders = Leaders { best: least, second: least, index: [0.0; POINTS] };
    let (k, d) = (centres.count(), centres.dimension());
    let span = V * S::F64_LANES;
    for from in (0..POINTS).step_by(span) {
        let mut base = 0;
        for ((group, offsets), last) in (centres.groups.chunks_exact(d * GROUP))
            .zip(centres.offsets.as_chunks::<GROUP>().0)
            .zip((0..k).step_by(GROUP).map(|g| (k - g).min(GROUP)))
        {
            let group = group.as_chunks::<GROUP>().0;
            let points = panel.points.as_chunks::<POINTS>().0;
            let mut round = Round::<S, V>::new(simd, from);
            if S::F64_LANES == 8 && last > 4 {
                round.meet::<8>(simd, points, group, offsets, 0);
            } else if last > 4 {
                round.meet::<4>(simd, points, group, offsets, 0);
                round.meet::<4>(simd, points, group, offsets, 4);
            } else if last > 2 {
                round.meet::<4>(simd, points, group, offsets, 0);
            } else {
                round.meet::<2>(simd, points, group, offsets, 0);
            }
            round.close(simd, base as f64, &mut leaders);
            base += GROUP;
        }
    }
    leaders
}

/// `V` vectors of points against the centres of one group.
struct Round<S: Simd, const V: usize> {
    from: usize,
    best: [S::f64s; V],
    second: [S::f64s; V],
    index: [S::f64s; V],
}

impl<S: Simd, const V: usize> Round<S, V> {
    #[inline(always)]
    fn new(simd: S, from: usize) -> Self {
        let least = [simd.splat_f64s(f64::NEG_INFINITY); V];
        Self { from, best: least, second: least, index: [simd.splat_f64s(0.0); V] }
    }

    /// Scores of `C` centres of the group from the `at`-th.
    #[inline(always)]
    fn meet<const C: usize>(
        &mut self,
        simd: S,
        points: &[[f64; POINTS]],
        group: &[[f64; GROUP]],
        offsets: &[f64; GROUP],
        at: usize,
    ) {
        let mut scores: [[S::f64s; V]; C] = filled(|c| [simd.splat_f64s(offsets[at + c]); V]);
        for (x, group) in points.iter().zip(group) {
            let x = &S::as_simd_f64s(&x[self.from..self.from + V * S::F64_LANES]).0[..V];
            for (c, scores) in scores.iter_mut().enumerate() {
                let centre = simd.splat_f64s(group[at + c]);
                for (score, &x) in scores.iter_mut().zip(x) {
                    *score = simd.mul_add_f64s(x, centre, *score);
                }
            }
        }
        for (c, scores) in scores.iter().enumerate() {
            let index = simd.splat_f64s((at + c) as f64);
            for v in 0..V {
                let leads = simd.greater_than_f64s(scores[v], self.best[v]);
                self.index[v] = simd.select_f64s(leads, index, self.index[v]);
                self.second[v] = simd.max_f64s(self.second[v], simd.min_f64s(self.best[v], scores[v]));
                self.best[v] = simd.max_f64s(self.best[v], scores[v]);
            }
        }
    }

    /// Enters the group, whose first centre is the `base`-th, into the leaders.
    #[inline(always)]
    fn close(self, simd: S, base: f64, leaders: &mut Leaders) {
        let range = self.from..self.from + V * S::F64_LANES;
        let best = S::as_mut_simd_f64s(&mut leaders.best[range.clone()]).0;
        let second = S::as_mut_simd_f64s(&mut leaders.second[range.clone()]).0;
        let index = S::as_mut_simd_f64s(&mut leaders.index[range]).0;
        let base = simd.splat_f64s(base);
        for v in 0..V {
            let leads = simd.greater_than_f64s(self.best[v], best[v]);
            // What leads and what followed: the smaller of the two leaders, or the group's own second.
            let behind = simd.max_f64s(simd.min_f64s(best[v], self.best[v]), self.second[v]);
            second[v] = simd.max_f64s(second[v], behind);
            index[v] = simd.select_f64s(leads, simd.add_f64s(base, self.index[v]), index[v]);
            best[v] = simd.max_f64s(best[v], self.best[v]);
        }
    }
}
