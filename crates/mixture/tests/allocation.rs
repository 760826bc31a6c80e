//! No allocation per iteration, on the calling thread and inside a pool.

mod support;

use em::{Rows, Serial, Threads};
use linalg::spd;
use mixture::gaussian::structure;
use mixture::{Constraint, Gaussian};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn none_per_iteration() {
    let (iris, faithful) = (support::iris(), support::faithful());
    let count = || ALLOCATOR.stats().allocations + ALLOCATOR.stats().reallocations;
    let mut state = 1u64;
    let mut number = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64
    };
    let mut numbers = |count: usize| -> Vec<f64> { (0..count).map(|_| number()).collect() };
    let six = numbers(200 * 6);
    // The same in three clusters far apart, so that pairs are skipped.
    let apart: Vec<f64> = six.iter().enumerate().map(|(i, x)| x + (i / 6 % 3) as f64 * 1e9).collect();
    // Up to the last number of variables without blocked products; twenty rows for each variable.
    let most = spd::BLOCKED - 1;
    let (sixteen, twenty_three) = (numbers(320 * 16), numbers(20 * most * most));
    let cases = [
        (&iris.x, 4, [0, 50, 100]),
        (&faithful.x, 2, [0, 3, 7]),
        (&six, 6, [0, 1, 2]),
        (&apart, 6, [0, 1, 2]),
        (&sixteen, 16, [0, 1, 2]),
        (&twenty_three, most, [0, 1, 2]),
    ];
    // One pool, warmed up: its threads allocate when they first look for work, and when they leave.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.broadcast(|_| ());
    for (x, d, start) in cases {
        let rows = Rows::new(x, d, &[]);
        macro_rules! check {
            ($($structure:ident),*) => { $(for constraint in [Constraint::None, Constraint::Ridge(1e-6)] {
                let model = || support::model::<Gaussian<structure::$structure>>(x, d, &start, constraint);
                laws::allocation::none_per_iteration(&rows, &model(), Serial::default, count);
                // The whole fit inside `install`: entering rayon from outside allocates now and then.
                pool.install(|| {
                    let rows = rows.with_batch_rows(32);
                    laws::allocation::none_per_iteration(&rows, &model(), Threads::default, count);
                });
            })* };
        }
        check!(Vvv, Eee, Vvi, Vii, Eei, Eii, Vei, Evi, Vee, Eve, Vve, Eev, Vev, Evv);
    }
}
