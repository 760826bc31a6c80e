//! No allocation per iteration.

use em::{Rows, Serial, Skipping};
use kmeans::KMeans;
use linalg::{Level, Total};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn none_per_iteration() {
    let iris = datasets::builtin("iris", None).unwrap();
    let scales = Total::new(&iris.x, 4, &[]).unwrap().scales;
    let model = KMeans::new(iris.x[..12].to_vec(), scales, Level::detect());
    let count = || ALLOCATOR.stats().allocations + ALLOCATOR.stats().reallocations;
    laws::allocation::none_per_iteration(&Rows::new(&iris.x, 4, &[]), &model, Serial::default, count);
    // More variables and centres than fit in registers, with and without memory of the rows.
    for d in [16, 23] {
        let x: Vec<f64> = (0..2400 * d).map(|i| (i * 7919 % 10_007) as f64 + (i / d % 24 * 9_000) as f64).collect();
        for skipping in [Skipping::Never, Skipping::Always, Skipping::Automatic] {
            let model = KMeans::new(x[..24 * d].to_vec(), vec![1.0; d], Level::detect()).skipping(skipping);
            laws::allocation::none_per_iteration(&Rows::new(&x, d, &[]), &model, Serial::default, count);
        }
    }
}
