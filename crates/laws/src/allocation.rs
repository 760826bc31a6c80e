//! No allocation per iteration.
//!
//! The test binary installs a counting allocator and hands in a function that reads its counter; one such test per binary,
//! so that no other test allocates meanwhile.

use em::stop::MaxIterations;
use em::{LatentModel, Observer, Plain, Reducer, Rows, Stopping, TraceRow};
use std::ops::ControlFlow;

/// How often a fit is repeated.
const FITS: usize = 3;

struct Watch<F> {
    allocations: F,
    at_three: usize,
    last: usize,
}

impl<M, F: Fn() -> usize> Observer<M> for Watch<F> {
    fn iteration(&mut self, row: &TraceRow, _model: &M) -> ControlFlow<()> {
        self.last = (self.allocations)();
        if row.iteration == 3 {
            self.at_three = self.last;
        }
        ControlFlow::Continue(())
    }
}

/// From iteration 3 to 20 nothing is allocated. `allocations` counts allocations of the process so far.
///
/// While a short fit runs, the thread of the test harness may still be announcing the test, which takes it four allocations: a fit that
/// allocates does so every time, so one of a few fits without is enough.
pub fn none_per_iteration<M: LatentModel, R: Reducer<M>>(
    data: &Rows<'_>,
    model: &M,
    reducer: impl Fn() -> R,
    allocations: impl Fn() -> usize,
) {
    let fits: Vec<usize> = (0..FITS).map(|_| of_one_fit(data, model.clone(), reducer(), &allocations)).collect();
    assert!(fits.contains(&0), "allocations between iteration 3 and 20: {fits:?}");
}

fn of_one_fit<M: LatentModel>(
    data: &Rows<'_>,
    model: M,
    reducer: impl Reducer<M>,
    allocations: impl Fn() -> usize,
) -> usize {
    let mut watch = Watch { allocations, at_three: 0, last: 0 };
    let mut stopping = Stopping::new().or(MaxIterations { limit: 20 });
    let fit = em::fit(data, model, reducer, &mut Plain, &mut stopping, &mut watch);
    let fit = fit.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fit.iterations, 20, "{:?}", fit.outcome);
    watch.last - watch.at_three
}
