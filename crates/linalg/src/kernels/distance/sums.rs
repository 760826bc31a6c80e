//! The statistics of a labelled block of rows.

use super::Centres;
use crate::kernels::Level;
use pulp::{Simd, WithSimd};

/// Rows with their labels and squared distances.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Rows × d.
    pub x: &'a [f64],
    /// One weight per row, or empty when all are one.
    pub weight: &'a [f64],
    /// Index of the nearest centre.
    pub labels: &'a [u32],
    /// Squared distance to it.
    pub squared: &'a [f64],
}

/// Adds Σ w (k) and Σ w (x − c) (k × d) over the points of each cluster, and Σ w |x − c|² to `inertia`, row after
/// row: it does not matter how rows are cut into blocks.
pub fn accumulate(
    level: Level,
    rows: Labelled<'_>,
    centres: &Centres,
    counts: &mut [f64],
    sums: &mut [f64],
    inertia: &mut f64,
) {
    level.dispatch(Gather { rows, centres, counts, sums, inertia });
}

struct Gather<'a> {
    rows: Labelled<'a>,
    centres: &'a Centres,
    counts: &'a mut [f64],
    sums: &'a mut [f64],
    inertia: &'a mut f64,
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows: Labelled { x, weight, labels, squared }, centres, counts, sums, inertia } = self;
        let d = centres.dimension();
        for (i, ((x, &label), &squared)) in x.chunks_exact(d).zip(labels).zip(squared).enumerate() {
            let w = if weight.is_empty() { 1.0 } else { weight[i] };
            let k = label as usize;
            *inertia += w * squared;
            counts[k] += w;
            let (sums, s_rest) = S::as_mut_simd_f64s(&mut sums[k * d..(k + 1) * d]);
            let (x, x_rest) = S::as_simd_f64s(x);
            let (c, c_rest) = S::as_simd_f64s(centres.row(k));
            let weight = simd.splat_f64s(w);
            for ((sum, &x), &c) in sums.iter_mut().zip(x).zip(c) {
                *sum = simd.mul_add_f64s(weight, simd.sub_f64s(x, c), *sum);
            }
            if !x_rest.is_empty() {
                let difference = simd.sub_f64s(simd.partial_load_f64s(x_rest), simd.partial_load_f64s(c_rest));
                let sum = simd.mul_add_f64s(weight, difference, simd.partial_load_f64s(s_rest));
                simd.partial_store_f64s(s_rest, sum);
            }
        }
    }
}
