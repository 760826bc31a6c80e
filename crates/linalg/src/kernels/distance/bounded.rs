//! Labels from those of the last pass, without the distances that the triangle inequality settles.
//!
//! Of every row its label is remembered and, for each group of centres, a lower bound of the distance to those that are not
//! its own. A bound shrinks by as much as the group's centres have moved. The distance to the own centre is needed
//! anyway; a group whose bound exceeds it holds no nearer centre and is skipped, the others are evaluated (Ding et al. 2015, key
//! `ding2015`, with groups that are vectors; the bound of one group is that of Hamerly 2010, key `hamerly2010`).
//!
//! Bounds are kept as bound + the drift when it was measured, and compared after the drift of today is taken off, so
//! that a skipped row writes nothing. All comparisons leave room for rounding: labels and distances are those of
//! [`assign`](super::assign) to the last bit.

use super::dense::threshold;
use super::{Centres, GROUP, exact};
use crate::kernels::Level;
use pulp::{Simd, WithSimd};

/// Features of a row that are multiplied before their products are added up.
const UNROLL: usize = 4;

/// What is remembered of a run of rows.
#[derive(Debug)]
pub struct Memory<'a> {
    /// Index of the nearest centre when it was last looked for.
    pub labels: &'a mut [u32],
    /// Rows × groups, made by [`remember`].
    pub lower: &'a mut [f64],
}

/// Working memory of [`reassign`], for one thread.
#[derive(Clone, Debug)]
pub struct Doubts {
    /// A row about the origin, d.
    row: Vec<f64>,
    /// The groups that its bounds do not settle.
    groups: Vec<usize>,
    /// Their scores, one group after another.
    scores: Vec<f64>,
}

impl Doubts {
    /// For these centres.
    pub fn new(centres: &Centres) -> Self {
        let groups = centres.groups();
        Self { row: vec![0.0; centres.dimension()], groups: vec![0; groups], scores: vec![0.0; groups * GROUP] }
    }
}

/// Turns lower bounds of squared distances (rows × groups, from [`assign`](super::assign)) into what [`reassign`] compares:
/// roots, to which the `drift` of the group is added.
pub fn remember(level: Level, drift: &[f64], lower: &mut [f64]) {
    level.dispatch(Remember { drift, lower });
}

/// The nearest centre of every row of `x`, as [`assign`](super::assign) would find it, into `memory.labels`, and its
/// squared distance into `squared`. `drift` is, for each group, at least the sum of the largest shifts of its centres since
/// anything was remembered. Returns how many groups were evaluated.
pub fn reassign(
    level: Level,
    x: &[f64],
    centres: &Centres,
    drift: &[f64],
    memory: Memory<'_>,
    squared: &mut [f64],
    doubts: &mut Doubts,
) -> usize {
    level.dispatch(Reassign { x, centres, drift, memory, squared, doubts })
}

/// A bound that rounding cannot have raised: (bound + drift) rounded down.
#[inline(always)]
fn keep(bound: f64, drift: f64) -> f64 {
    (bound + drift) * (1.0 - 2.0 * f64::EPSILON)
}

/// Root of a lower bound of a squared distance, rounded down; zero where nothing is known.
#[inline(always)]
fn root(squared: f64) -> f64 {
    squared.max(0.0).sqrt() * (1.0 - f64::EPSILON)
}

struct Remember<'a> {
    drift: &'a [f64],
    lower: &'a mut [f64],
}

impl WithSimd for Remember<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for row in self.lower.chunks_exact_mut(self.drift.len()) {
            for (lower, &drift) in row.iter_mut().zip(self.drift) {
                *lower = keep(root(*lower), drift);
            }
        }
    }
}

struct Reassign<'a> {
    x: &'a [f64],
    centres: &'a Centres,
    drift: &'a [f64],
    memory: Memory<'a>,
    squared: &'a mut [f64],
    doubts: &'a mut Doubts,
}

impl WithSimd for Reassign<'_> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let Self { x, centres, drift, memory, squared, doubts } = self;
        let d = centres.dimension();
        // Above this multiple of the own distance a bound leaves no doubt, whatever explicit differences round to.
        let certain = 1.0 + (2 * d + 16) as f64 * f64::EPSILON;
        let mut evaluated = 0;
        let remembered = memory.labels.iter_mut().zip(memory.lower.chunks_exact_mut(drift.len()));
        for ((x, (label, lower)), squared) in x.chunks_exact(d).zip(remembered).zip(squared) {
            *squared = exact::squared(simd, x, centres.row(*label as usize));
            let limit = squared.sqrt() * certain;
            if !(least_bound(simd, lower, drift) > limit) {
                let found = Doubtful { x, centres, drift, label: *label, squared: *squared, limit };
                let (nearest, distance, groups) = found.settle(simd, lower, doubts);
                (*label, *squared) = (nearest, distance);
                evaluated += groups;
            }
        }
        evaluated
    }
}

/// The smallest of the bounds as they are now.
#[inline(always)]
fn least_bound<S: Simd>(simd: S, lower: &[f64], drift: &[f64]) -> f64 {
    let (lower, l_rest) = S::as_simd_f64s(lower);
    let (drift, d_rest) = S::as_simd_f64s(drift);
    let mut least = f64::INFINITY;
    if !lower.is_empty() {
        let infinite = simd.splat_f64s(f64::INFINITY);
        let bounds = lower.iter().zip(drift);
        let vector = bounds.fold(infinite, |least, (&l, &d)| simd.min_f64s(least, simd.sub_f64s(l, d)));
        least = simd.reduce_min_f64s(vector);
    }
    l_rest.iter().zip(d_rest).fold(least, |least, (l, d)| least.min(l - d))
}

/// A row whose bounds do not settle it.
struct Doubtful<'a> {
    x: &'a [f64],
    centres: &'a Centres,
    drift: &'a [f64],
    /// The centre so far, and the squared distance to it.
    label: u32,
    squared: f64,
    /// Bounds above this settle a group.
    limit: f64,
}

impl Doubtful<'_> {
    /// The nearest centre, its squared distance, and the number of groups that were evaluated; `lower` is brought up to date.
    #[inline(always)]
    fn settle<S: Simd>(&self, simd: S, lower: &mut [f64], doubts: &mut Doubts) -> (u32, f64, usize) {
        let Self { x, centres, drift, label, squared, limit } = *self;
        let Doubts { row, groups, scores } = doubts;
        // Without branches, which nobody could predict.
        let mut count = 0;
        for (g, (lower, drift)) in lower.iter().zip(drift).enumerate() {
            groups[count] = g;
            count += usize::from(!(lower - drift > limit));
        }
        let groups = &groups[..count];
        for ((row, x), at) in row.iter_mut().zip(x).zip(&centres.origin) {
            *row = x - at;
        }
        let length = exact::squared_length(simd, row);
        let threshold = threshold(centres, squared);
        let mut best = f64::NEG_INFINITY;
        let scores = &mut scores.as_chunks_mut::<GROUP>().0[..count];
        for (&g, scores) in groups.iter().zip(&mut *scores) {
            let most = others_scores(simd, row, centres, g, label, scores);
            lower[g] = keep(root(length - 2.0 * (most + threshold)), drift[g]);
            best = best.max(most);
        }
        // The own centre's score by its definition.
        let own = 0.5 * (length - squared);
        if own - best > threshold {
            return (label, squared, count);
        }
        let (index, second) = lead(groups, scores);
        if best - own > threshold && best - second > threshold {
            // Another centre becomes the own one. What it leaves behind in its group, and the old one's distance, are bounds.
            let (g, old) = (index as usize / GROUP, label as usize / GROUP);
            lower[g] =
                lower[g].max(keep(root(length - 2.0 * (second_of(index, groups, scores) + threshold)), drift[g]));
            let squared = squared * (1.0 - (2 * x.len() + 16) as f64 * f64::EPSILON);
            lower[old] = lower[old].min(keep(root(squared), drift[old]));
            return (index, exact::squared(simd, x, centres.row(index as usize)), count);
        }
        // A tie, or nearly one: explicit differences decide, and nothing is claimed about the others.
        lower.fill(0.0);
        let (nearest, distance) = exact::nearest(simd, x, centres.values());
        (nearest, distance, count)
    }
}

/// Index of the largest of the scores, and the second largest score.
fn lead(groups: &[usize], scores: &[[f64; GROUP]]) -> (u32, f64) {
    let (mut best, mut second, mut index) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
    for (g, scores) in groups.iter().zip(scores) {
        for (c, &score) in scores.iter().enumerate() {
            if score > best {
                (second, best, index) = (best, score, g * GROUP + c);
            } else {
                second = second.max(score);
            }
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "an index of a centre")]
    let index = index as u32;
    (index, second)
}

/// The largest score in the group of `index` besides its own.
fn second_of(index: u32, groups: &[usize], scores: &[[f64; GROUP]]) -> f64 {
    let group = groups.iter().zip(scores).filter(|(g, _)| **g == index as usize / GROUP);
    let others = group.flat_map(|(_, scores)| scores.iter().enumerate()).filter(|(c, _)| *c != index as usize % GROUP);
    others.fold(f64::NEG_INFINITY, |most, (_, &score)| most.max(score))
}

/// Scores of a row, about the origin, under the centres of group `g`, −∞ for the centre `label`; returns the largest.
#[inline(always)]
fn others_scores<S: Simd>(
    simd: S,
    row: &[f64],
    centres: &Centres,
    g: usize,
    label: u32,
    scores: &mut [f64; GROUP],
) -> f64 {
    const PLACES: [f64; GROUP] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    let vectors = GROUP / S::F64_LANES;
    let d = row.len();
    let mut sums = [[simd.splat_f64s(0.0); GROUP]; UNROLL];
    let group = centres.groups[g * GROUP * d..(g + 1) * GROUP * d].as_chunks::<GROUP>().0;
    let (row, rest) = row.as_chunks::<UNROLL>();
    let (whole, last) = group.split_at(row.len() * UNROLL);
    for (row, group) in row.iter().zip(whole.as_chunks::<UNROLL>().0) {
        for u in 0..UNROLL {
            let (x, c) = (simd.splat_f64s(row[u]), S::as_simd_f64s(&group[u]).0);
            for v in 0..vectors {
                sums[u][v] = simd.mul_add_f64s(x, c[v], sums[u][v]);
            }
        }
    }
    for (&x, c) in rest.iter().zip(last) {
        let (x, c) = (simd.splat_f64s(x), S::as_simd_f64s(c).0);
        for v in 0..vectors {
            sums[0][v] = simd.mul_add_f64s(x, c[v], sums[0][v]);
        }
    }
    let least = simd.splat_f64s(f64::NEG_INFINITY);
    let own = simd.splat_f64s(f64::from(label) - (g * GROUP) as f64);
    let offsets = S::as_simd_f64s(&centres.offsets.as_chunks::<GROUP>().0[g]).0;
    let places = S::as_simd_f64s(&PLACES).0;
    let mut most = least;
    for (v, score) in S::as_mut_simd_f64s(scores).0.iter_mut().enumerate() {
        let pairs = [simd.add_f64s(sums[0][v], sums[1][v]), simd.add_f64s(sums[2][v], sums[3][v])];
        let sum = simd.add_f64s(offsets[v], simd.add_f64s(pairs[0], pairs[1]));
        *score = simd.select_f64s(simd.equal_f64s(places[v], own), least, sum);
        most = simd.max_f64s(most, *score);
    }
    simd.reduce_max_f64s(most)
}
