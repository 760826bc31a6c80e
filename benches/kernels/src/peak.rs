//! What this machine can do at most: fused multiply-adds from registers, and our exponential from the first-level cache.

use linalg::{Level, kernels::exp_in_place};
use pulp::{Arch, Simd, WithSimd};
use std::hint::black_box;
use std::time::Instant;

/// Independent chains: four cycles of latency on two units need eight, more cost nothing.
const CHAINS: usize = 12;

struct MultiplyAdd {
    steps: usize,
}

impl WithSimd for MultiplyAdd {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (a, b) = (simd.splat_f64s(black_box(0.999)), simd.splat_f64s(black_box(1e-3)));
        let mut chains = [simd.splat_f64s(1.0); CHAINS];
        for _ in 0..self.steps {
            for chain in &mut chains {
                *chain = simd.mul_add_f64s(*chain, a, b);
            }
        }
        let sum = chains.into_iter().fold(simd.splat_f64s(0.0), |sum, chain| simd.add_f64s(sum, chain));
        black_box(simd.reduce_sum_f64s(sum));
        (self.steps * CHAINS * S::F64_LANES * 2) as f64
    }
}

/// Best of several short runs: operations per second.
fn best(mut run: impl FnMut() -> f64) -> f64 {
    let rate = |_| {
        let start = Instant::now();
        let operations = run();
        operations / start.elapsed().as_secs_f64()
    };
    (0..60).map(rate).fold(0.0, f64::max)
}

/// Floating-point operations per second of one thread.
pub fn flops() -> f64 {
    best(|| Arch::new().dispatch(MultiplyAdd { steps: 200_000 }))
}

/// Exponentials per second of one thread.
pub fn exponentials() -> f64 {
    let arguments: Vec<f64> = (0..1024).map(|i| -f64::from(i) / 64.0).collect();
    let mut values = arguments.clone();
    let level = Level::detect();
    best(|| {
        for _ in 0..200 {
            values.copy_from_slice(&arguments);
            exp_in_place(level, black_box(&mut values));
        }
        200.0 * 1024.0
    })
}
