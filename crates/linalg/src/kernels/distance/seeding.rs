//! Squared distances to the nearest of the centres chosen so far, one new centre at a time: the passes of k-means++.
//!
//! By the triangle inequality a new centre that is at least twice as far from a point's nearest centre as the point itself
//! cannot be nearer (Elkan 2003, key `elkan2003`); such rows are not read. The bound leaves room for rounding, so the
//! numbers are those of a pass that reads every row.

use super::{FEW, exact};
use crate::kernels::Level;
use pulp::{Simd, WithSimd};

/// A new centre and what is known of some rows.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// The new centre, d.
    pub centre: &'a [f64],
    /// [`separation`] of the new centre from each of those before it.
    pub separations: &'a [f64],
}

/// A squared distance up to which a point of the centre `other` need not look at `centre`.
pub fn separation(level: Level, centre: &[f64], other: &[f64]) -> f64 {
    let slack = (4 * centre.len() + 32) as f64 * f64::EPSILON;
    level.dispatch(Distance { x: centre, c: other }) * (0.25 * (1.0 - slack))
}

/// Lowers `squared` (rows) to the distance to the new centre where it is nearer, and sets the row's entry in `nearest` to
/// `index` there; returns the sum of `squared`, row after row.
pub fn lower(level: Level, x: &[f64], new: Newcomer<'_>, index: u32, nearest: &mut [u32], squared: &mut [f64]) -> f64 {
    level.dispatch(Lower { x, new, index, nearest, squared })
}

/// What [`lower`] would return, without lowering anything.
pub fn lowered_sum(level: Level, x: &[f64], new: Newcomer<'_>, nearest: &[u32], squared: &[f64]) -> f64 {
    level.dispatch(LoweredSum { x, new, nearest, squared })
}

/// The squared distance of seeding. For few features products are rounded before they are added, which keeps the rows
/// that a seed draws what they have always been.
#[inline(always)]
fn distance<S: Simd>(simd: S, x: &[f64], c: &[f64]) -> f64 {
    if x.len() <= FEW { x.iter().zip(c).map(|(x, c)| (x - c) * (x - c)).sum() } else { exact::squared(simd, x, c) }
}

struct Distance<'a> {
    x: &'a [f64],
    c: &'a [f64],
}

impl WithSimd for Distance<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        distance(simd, self.x, self.c)
    }
}

struct Lower<'a> {
    x: &'a [f64],
    new: Newcomer<'a>,
    index: u32,
    nearest: &'a mut [u32],
    squared: &'a mut [f64],
}

impl WithSimd for Lower<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Newcomer { centre, separations } = self.new;
        let mut sum = 0.0;
        let known = self.nearest.iter_mut().zip(self.squared);
        for (x, (nearest, squared)) in self.x.chunks_exact(centre.len()).zip(known) {
            if *squared > separations[*nearest as usize] {
                let distance = distance(simd, x, centre);
                if distance < *squared {
                    (*nearest, *squared) = (self.index, distance);
                }
            }
            sum += *squared;
        }
        sum
    }
}

struct LoweredSum<'a> {
    x: &'a [f64],
    new: Newcomer<'a>,
    nearest: &'a [u32],
    squared: &'a [f64],
}

impl WithSimd for LoweredSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Newcomer { centre, separations } = self.new;
        let mut sum = 0.0;
        let known = self.nearest.iter().zip(self.squared);
        for (x, (&nearest, &squared)) in self.x.chunks_exact(centre.len()).zip(known) {
            sum +=
                if squared > separations[nearest as usize] { squared.min(distance(simd, x, centre)) } else { squared };
        }
        sum
    }
}
