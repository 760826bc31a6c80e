//! Up to four features: a point's features stay in registers, and differences are as fast as anything else.

use super::{Centres, FEW};
use crate::kernels::{Block, Level, filled};
use pulp::{Simd, WithSimd};

/// Up to so many centres, sums by masks over vectors of points beat going through the points one after another: iris with
/// three centres takes a third of the time.
pub const FEW_CENTRES: usize = 8;

/// For every point of the block the squared distance to its nearest centre and that centre's index (as a double; ties go
/// to the lowest). Both slices hold `block.stride()` numbers; those of the padding repeat the last point.
///
/// # Panics
/// If the block has more than [`FEW`] features.
pub fn assign_few(level: Level, block: &Block, centres: &Centres, squared: &mut [f64], index: &mut [f64]) {
    match block.dimension() {
        1 => level.dispatch(Assign::<1> { block, centres, squared, index }),
        2 => level.dispatch(Assign::<2> { block, centres, squared, index }),
        3 => level.dispatch(Assign::<3> { block, centres, squared, index }),
        4 => level.dispatch(Assign::<4> { block, centres, squared, index }),
        d => panic!("{d} features are more than {FEW}"),
    }
}

/// Adds Σ w (k) and Σ w (x − c) (k × d) over the points of each cluster, and Σ w |x − c|² to `inertia`. For up to
/// [`FEW_CENTRES`] centres.
///
/// # Panics
/// If the block has more than [`FEW`] features.
#[expect(clippy::too_many_arguments, reason = "three sums of three shapes; a struct would be taken apart at once")]
pub fn accumulate_few(
    level: Level,
    block: &Block,
    centres: &Centres,
    squared: &[f64],
    index: &[f64],
    counts: &mut [f64],
    sums: &mut [f64],
    inertia: &mut f64,
) {
    match block.dimension() {
        1 => level.dispatch(Gather::<1> { block, centres, squared, index, counts, sums, inertia }),
        2 => level.dispatch(Gather::<2> { block, centres, squared, index, counts, sums, inertia }),
        3 => level.dispatch(Gather::<3> { block, centres, squared, index, counts, sums, inertia }),
        4 => level.dispatch(Gather::<4> { block, centres, squared, index, counts, sums, inertia }),
        d => panic!("{d} features are more than {FEW}"),
    }
}

#[inline(always)]
fn features<S: Simd, const D: usize>(block: &Block) -> [&[S::f64s]; D] {
    let stride = block.stride();
    filled(|j| S::as_simd_f64s(&block.points()[j * stride..(j + 1) * stride]).0)
}

struct Assign<'a, const D: usize> {
    block: &'a Block,
    centres: &'a Centres,
    squared: &'a mut [f64],
    index: &'a mut [f64],
}

impl<const D: usize> WithSimd for Assign<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let stride = self.block.stride();
        let points = features::<S, D>(self.block);
        let squared = S::as_mut_simd_f64s(&mut self.squared[..stride]).0;
        let index = S::as_mut_simd_f64s(&mut self.index[..stride]).0;
        let centres = self.centres.values().as_chunks::<D>().0;
        for (v, (squared, index)) in squared.iter_mut().zip(index).enumerate() {
            let x: [S::f64s; D] = filled(|j| points[j][v]);
            let mut best = (simd.splat_f64s(f64::INFINITY), simd.splat_f64s(0.0));
            for (k, c) in centres.iter().enumerate() {
                let mut distance = simd.splat_f64s(0.0);
                for j in 0..D {
                    let difference = simd.sub_f64s(x[j], simd.splat_f64s(c[j]));
                    distance = simd.mul_add_f64s(difference, difference, distance);
                }
                // Strictly less: a tie goes to the lowest index.
                let closer = simd.less_than_f64s(distance, best.0);
                best.0 = simd.select_f64s(closer, distance, best.0);
                best.1 = simd.select_f64s(closer, simd.splat_f64s(k as f64), best.1);
            }
            (*squared, *index) = best;
        }
    }
}

struct Gather<'a, const D: usize> {
    block: &'a Block,
    centres: &'a Centres,
    squared: &'a [f64],
    index: &'a [f64],
    counts: &'a mut [f64],
    sums: &'a mut [f64],
    inertia: &'a mut f64,
}

impl<const D: usize> WithSimd for Gather<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let stride = self.block.stride();
        let points = features::<S, D>(self.block);
        let weights = S::as_simd_f64s(self.block.weights()).0;
        let index = S::as_simd_f64s(&self.index[..stride]).0;
        let zero = simd.splat_f64s(0.0);
        let centres = self.centres.values().as_chunks::<D>().0;
        for (k, (c, sums)) in centres.iter().zip(self.sums.as_chunks_mut::<D>().0).enumerate() {
            let (mut count, mut first) = (zero, [zero; D]);
            for (v, (&weight, &index)) in weights.iter().zip(index).enumerate() {
                let own = simd.equal_f64s(index, simd.splat_f64s(k as f64));
                let weight = simd.select_f64s(own, weight, zero);
                count = simd.add_f64s(count, weight);
                for j in 0..D {
                    let difference = simd.sub_f64s(points[j][v], simd.splat_f64s(c[j]));
                    first[j] = simd.mul_add_f64s(weight, difference, first[j]);
                }
            }
            self.counts[k] += simd.reduce_sum_f64s(count);
            for (sum, first) in sums.iter_mut().zip(first) {
                *sum += simd.reduce_sum_f64s(first);
            }
        }
        let squared = S::as_simd_f64s(&self.squared[..stride]).0;
        let inertia = weights.iter().zip(squared).fold(zero, |sum, (&w, &r)| simd.mul_add_f64s(w, r, sum));
        *self.inertia += simd.reduce_sum_f64s(inertia);
    }
}
