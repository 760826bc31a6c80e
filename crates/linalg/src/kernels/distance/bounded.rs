//! Labels from those of the last pass, without the distances that the triangle inequality settles.
//!
//! Of every row its label is remembered and, for each group of centres, a lower bound of the distance to those that are not
//! its own. A bound shrinks by as much as the group's centres have moved. The distance to the own centre is needed
//! anyway; a group whose bound exceeds it holds no nearer centre and is skipped, and so is one that is more than twice as far from
//! the own centre ([`Apart`]). The others are evaluated, the rows of a block together ([`doubts`](super::doubts)). (Ding et al. 2015, key
//! `ding2015`, with groups that are vectors; the bound of one group and the distances between centres are those of Hamerly 2010,
//! key `hamerly2010`.)
//!
//! Bounds are kept as bound + the drift when it was measured, and compared after the drift of today is taken off, so
//! that a skipped row writes nothing. All comparisons leave room for rounding: labels and distances are those of
//! [`assign`](super::assign) to the last bit.

use super::apart::{Apart, Halves};
use super::doubts::{BLOCK, Doubts};
use super::{Centres, exact, fetch};
use crate::kernels::Level;
use pulp::{Simd, WithSimd};

/// What is remembered of a run of rows.
#[derive(Debug)]
pub struct Memory<'a> {
    /// Index of the nearest centre when it was last looked for; to begin with, of any.
    pub labels: &'a mut [u32],
    /// Rows × groups: lower bounds of the distances to the centres that are not the label, plus the drift when they were found. Zero
    /// where nothing is known.
    pub lower: &'a mut [f64],
}

/// The nearest centre of every row of `x`, as [`assign`](super::assign) would find it, into `memory.labels`, and its
/// squared distance into `squared`. `drift` is, for each group, at least the sum of the largest shifts of its centres since
/// anything was remembered; `apart` is that of these centres. Returns how many groups were evaluated.
pub fn reassign(
    level: Level,
    x: &[f64],
    centres: &Centres,
    (drift, apart): (&[f64], &Apart),
    memory: Memory<'_>,
    squared: &mut [f64],
    doubts: &mut Doubts,
) -> usize {
    level.dispatch(Reassign { x, centres, drift, apart: apart.halves(), memory, squared, doubts })
}

/// A bound that rounding cannot have raised: (bound + drift) rounded down.
#[inline(always)]
pub(super) fn keep(bound: f64, drift: f64) -> f64 {
    (bound + drift) * (1.0 - 2.0 * f64::EPSILON)
}

/// Root of a lower bound of a squared distance, rounded down; zero where nothing is known.
#[inline(always)]
pub(super) fn root(squared: f64) -> f64 {
    squared.max(0.0).sqrt() * (1.0 - f64::EPSILON)
}

pub(super) struct Reassign<'a> {
    pub(super) x: &'a [f64],
    pub(super) centres: &'a Centres,
    pub(super) drift: &'a [f64],
    pub(super) apart: Halves<'a>,
    pub(super) memory: Memory<'a>,
    pub(super) squared: &'a mut [f64],
    pub(super) doubts: &'a mut Doubts,
}

impl WithSimd for Reassign<'_> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let Self { x, centres, drift, apart, memory: Memory { labels, lower }, squared, doubts } = self;
        let (d, t) = (centres.dimension(), drift.len());
        // Above this multiple of the own distance a bound leaves no doubt, whatever explicit differences round to.
        let certain = 1.0 + (2 * d + 16) as f64 * f64::EPSILON;
        let mut evaluated = 0;
        let blocks = x.chunks(BLOCK * d).zip(labels.chunks_mut(BLOCK)).zip(lower.chunks_mut(BLOCK * t));
        for (((x, labels), lower), squared) in blocks.zip(squared.chunks_mut(BLOCK)) {
            fetch(x);
            fetch(lower);
            doubts.clear();
            let remembered = labels.iter().zip(lower.chunks_exact(t)).zip(&mut *squared);
            for (i, (x, ((&label, lower), squared))) in x.chunks_exact(d).zip(remembered).enumerate() {
                let own = label as usize;
                *squared = exact::squared(simd, x, centres.row(own));
                let bounds = Bounds { lower, drift, apart: apart.of(own) };
                let limit = squared.sqrt() * certain;
                if !(bounds.least(simd) > limit) {
                    doubts.enter(simd, (i, x), centres, (label, *squared), |g| bounds.of(g) > limit);
                }
            }
            evaluated += doubts.evaluate(simd, centres);
            doubts.settle(simd, x, centres, drift, Memory { labels, lower }, squared);
        }
        evaluated
    }
}

/// What is known of the distances from a row to the centres of each group that are not its own.
struct Bounds<'a> {
    /// Lower bounds + drift.
    lower: &'a [f64],
    drift: &'a [f64],
    /// Half the distance from the own centre: c is no nearer to x than the own centre o where |x − o| ≤ |o − c| / 2.
    apart: &'a [f64],
}

impl Bounds<'_> {
    #[inline(always)]
    fn of(&self, group: usize) -> f64 {
        (self.lower[group] - self.drift[group]).max(self.apart[group])
    }

    /// The smallest.
    #[inline(always)]
    fn least<S: Simd>(&self, simd: S) -> f64 {
        let (lower, l_rest) = S::as_simd_f64s(self.lower);
        let (drift, d_rest) = S::as_simd_f64s(self.drift);
        let (apart, a_rest) = S::as_simd_f64s(self.apart);
        let mut least = f64::INFINITY;
        if !lower.is_empty() {
            let infinite = simd.splat_f64s(f64::INFINITY);
            let bounds = lower.iter().zip(drift).zip(apart);
            let vector = bounds
                .fold(infinite, |least, ((&l, &d), &a)| simd.min_f64s(least, simd.max_f64s(simd.sub_f64s(l, d), a)));
            least = simd.reduce_min_f64s(vector);
        }
        l_rest.iter().zip(d_rest).zip(a_rest).fold(least, |least, ((l, d), a)| least.min((l - d).max(*a)))
    }
}
