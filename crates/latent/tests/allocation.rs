//! No allocation per iteration.

use em::{Rows, Serial};
use latent::classics::linkage::Linkage;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn none_per_iteration() {
    let x = [125.0, 18.0, 20.0, 34.0];
    let count = || ALLOCATOR.stats().allocations + ALLOCATOR.stats().reallocations;
    laws::allocation::none_per_iteration(&Rows::new(&x, 4, &[]), &Linkage::new(0.5), Serial::default, count);
}
