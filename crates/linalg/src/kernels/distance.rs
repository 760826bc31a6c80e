//! Squared distances to the nearest of k centres.
//!
//! Differences are formed explicitly: |x|² − 2x·c + |c|² loses all digits at an offset of 1e8.

use super::{Block, Level};
use pulp::{Simd, WithSimd};

/// k centres in d dimensions, row-major.
#[derive(Clone, Copy, Debug)]
pub struct Centres<'a> {
    /// k × d.
    pub values: &'a [f64],
    /// d.
    pub dimension: usize,
}

struct Nearest<'a> {
    block: &'a Block,
    centres: Centres<'a>,
    squared: &'a mut [f64],
    index: &'a mut [f64],
}

impl WithSimd for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { block, centres, squared, index } = self;
        let stride = block.stride();
        let (squared, _) = S::as_mut_simd_f64s(&mut squared[..stride]);
        let (index, _) = S::as_mut_simd_f64s(&mut index[..stride]);
        squared.fill(simd.splat_f64s(f64::INFINITY));
        index.fill(simd.splat_f64s(0.0));
        for (k, centre) in centres.values.chunks_exact(centres.dimension).enumerate() {
            let k = simd.splat_f64s(k as f64);
            for v in 0..squared.len() {
                let mut distance = simd.splat_f64s(0.0);
                for (feature, &c) in block.points().chunks_exact(stride).zip(centre) {
                    let difference = simd.sub_f64s(S::as_simd_f64s(feature).0[v], simd.splat_f64s(c));
                    distance = simd.mul_add_f64s(difference, difference, distance);
                }
                // Strictly less: a tie goes to the lowest index.
                let closer = simd.less_than_f64s(distance, squared[v]);
                squared[v] = simd.select_f64s(closer, distance, squared[v]);
                index[v] = simd.select_f64s(closer, k, index[v]);
            }
        }
    }
}

/// For every point of the block the squared distance to its nearest centre and that centre's index (as a double; ties go
/// to the lowest). Both slices hold `block.stride()` numbers; those of the padding repeat the last point.
pub fn nearest_centres(level: Level, block: &Block, centres: Centres<'_>, squared: &mut [f64], index: &mut [f64]) {
    level.dispatch(Nearest { block, centres, squared, index });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lowest_index() {
        let mut block = Block::with_capacity(3, 2);
        block.load(&[0.0, 0.0, 2.0, 0.0, 1.0, 0.0], &[]);
        let centres = Centres { values: &[0.0, 0.0, 2.0, 0.0, 2.0, 0.0], dimension: 2 };
        for level in Level::available() {
            let (mut squared, mut index) = (vec![0.0; 8], vec![0.0; 8]);
            nearest_centres(level, &block, centres, &mut squared, &mut index);
            assert_eq!((&squared[..3], &index[..3]), (&[0.0, 0.0, 1.0][..], &[0.0, 1.0, 0.0][..]));
        }
    }
}
