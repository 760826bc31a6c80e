//! No allocation per iteration.

use em::{Rows, Serial};
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
    laws::allocation::none_per_iteration(&Rows::new(&iris.x, 4, &[]), model, Serial::default(), count);
}
