//! Wall time and processor time. On a shared machine a long iteration waits for others: wall time then measures them,
//! processor time does not.

use em::{Observer, TraceRow};
use std::ops::ControlFlow;
use std::time::Instant;

/// A duration by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Seconds {
    /// On the wall.
    pub wall: f64,
    /// Summed over the threads; where the system does not tell, the wall's.
    pub processor: f64,
}

/// A moment by both clocks.
#[derive(Clone, Copy)]
pub struct Moment(Instant, Option<f64>);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self(Instant::now(), processor())
    }

    /// From `self` to `later`.
    pub fn until(self, later: Self) -> Seconds {
        let wall = (later.0 - self.0).as_secs_f64();
        let processor = self.1.zip(later.1).map_or(wall, |(from, to)| to - from);
        Seconds { wall, processor }
    }
}

/// Processor seconds of all threads of this process so far (Linux: /proc/self/task/*/schedstat, in nanoseconds).
fn processor() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_ascii_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds * 1e-9)
}

/// Notes when each row of the trace was made.
#[derive(Default)]
pub struct Clock(Vec<Moment>);

impl<M> Observer<M> for Clock {
    fn iteration(&mut self, _row: &TraceRow, _model: &M) -> ControlFlow<()> {
        self.0.push(Moment::now());
        ControlFlow::Continue(())
    }
}

impl Clock {
    /// The fastest iteration, by each clock.
    pub fn fastest(&self) -> Seconds {
        self.0.windows(2).map(|pair| pair[0].until(pair[1])).fold(Seconds::never(), Seconds::min)
    }

    /// The mean of all iterations.
    pub fn mean(&self) -> Seconds {
        let [Some(first), Some(last)] = [self.0.first(), self.0.last()] else { return Seconds::never() };
        let Seconds { wall, processor } = first.until(*last);
        let iterations = (self.0.len() - 1) as f64;
        Seconds { wall: wall / iterations, processor: processor / iterations }
    }
}

impl Seconds {
    /// Longer than anything.
    pub fn never() -> Self {
        Self { wall: f64::INFINITY, processor: f64::INFINITY }
    }

    /// The smaller one, by each clock.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), processor: self.processor.min(other.processor) }
    }
}
