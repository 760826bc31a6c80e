//! SIMD kernels over blocks of points.
//!
//! Within a block the points are transposed to structure of arrays, padded to whole vectors by repeating the last point
//! with weight zero. Transposing costs about 3 % of an iteration at d = 4 and saves a repacked second copy of the data.

mod abreast;
mod axes;
mod block;
mod distance;
mod exp;
mod lines;
mod log;
mod product;
mod scatter;
mod sieve;
mod softmax;
mod triangular;
mod whitened;
mod wide;

pub use abreast::{Abreast, WhitenedSums};
pub use axes::{
    Scaled, accumulate_scaled, add_row, affine_rows, distances, multiply_rows, scaled_densities, subtract_from_rows,
    weigh,
};
pub use block::Block;
pub use distance::{
    Apart, Centres, Doubts, FEW, FEW_CENTRES, GROUP, Labelled, Memory, Newcomer, Panel, accumulate, accumulate_few,
    assign, assign_few, distance_above, lower, lowered_sum, reassign, separation,
};
pub use exp::exp_in_place;
pub use lines::Lines;
pub use log::{ln_in_place, ln_ratios};
pub use product::{Panels, Part, accumulate_products, multiply};
pub use scatter::{Moments, PANEL, panels_len, scatter};
pub use sieve::{Sifted, Wanted, softmax_sifted, tile_points};
pub use softmax::{NEGLIGIBLE, REPRESENTABLE, log_likelihood, softmax};
pub use triangular::{LowerMap, lower_map, squared_norms};
pub use whitened::{SMALL, Whitening, accumulate_whitened, log_density};
pub use wide::{NEAR, Wide, WideWork, amplification, interleaved_sum, sum};

use pulp::Arch;

/// Widest vector in doubles (AVX-512); blocks are padded to multiples of it at every level, so that layouts do not depend
/// on the machine.
pub const WIDTH: usize = 8;

/// `n` rounded up to whole vectors.
#[inline]
pub fn padded(n: usize) -> usize {
    n.next_multiple_of(WIDTH)
}

/// [value(0), value(1), …], for kernels. `array::from_fn` is not inlined everywhere into the function that carries the target features,
/// and then each load and splat is a call: in the release profile that was a fifth of an E-step at d = 16.
#[inline(always)]
fn filled<T: Copy, const N: usize>(mut value: impl FnMut(usize) -> T) -> [T; N] {
    let mut values = [value(0); N];
    // No iterator: in the `dev` profile of the workspace its `next` was a call at times, and k-means took twice as long.
    let mut i = 1;
    while i < N {
        values[i] = value(i);
        i += 1;
    }
    values
}

/// The instruction set that the kernels use, as a value.
#[derive(Clone, Copy, Debug)]
pub struct Level(Arch);

impl Default for Level {
    fn default() -> Self {
        Self::detect()
    }
}

impl Level {
    /// The best that this machine has.
    pub fn detect() -> Self {
        Self(Arch::new())
    }

    /// Plain Rust; fused multiply-add in software makes it slow: it is the reference in tests.
    pub fn scalar() -> Self {
        Self(Arch::Scalar)
    }

    /// Every level that this machine has, the scalar one first.
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            let v3 = pulp::x86::V3::try_new().map(|simd| Self(Arch::V3(simd)));
            let v4 = pulp::x86::V4::try_new().map(|simd| Self(Arch::V4(simd)));
            [Some(Self::scalar()), v3, v4].into_iter().flatten().collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![Self::scalar(), Self::detect()]
    }

    /// Short name: `scalar`, `v3`, `v4`, or `vector` on other architectures.
    pub fn key(self) -> &'static str {
        match self.0 {
            Arch::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => "v3",
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => "v4",
            #[allow(unreachable_patterns, reason = "other architectures have other variants")]
            _ => "vector",
        }
    }

    /// Name for the record of provenance.
    pub fn name(self) -> String {
        match self.0 {
            Arch::Scalar => "scalar".into(),
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => "x86-64-v3 (AVX2, FMA)".into(),
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => "x86-64-v4 (AVX-512)".into(),
            #[allow(unreachable_patterns, reason = "other architectures have other variants")]
            _ => "vector".into(),
        }
    }

    /// Where `lanes` numbers fit half of a vector of AVX-512: AVX2, which divides them in half the time (an M-step of three
    /// components takes 150 instead of 350 ns on a Zen 4). Both fuse multiply-add, so the bits are the same.
    pub(crate) fn no_wider_than(self, lanes: usize) -> Self {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(simd) if lanes <= WIDTH / 2 => Self(Arch::V3(*simd)),
            _ => self,
        }
    }

    /// Runs an operation with this instruction set.
    #[inline]
    pub(crate) fn dispatch<Op: pulp::WithSimd>(self, op: Op) -> Op::Output {
        self.0.dispatch(op)
    }
}
