//! Who computes what next: threads take runs in the order of the plan, a few at a time, and none gets far ahead of the slowest.
//!
//! So what waits for a slow run takes little memory, an interruption costs little, and no thread waits for the others at
//! the end of a block. Nothing that is recorded depends on who took what.

use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many places per thread the first may be ahead of the last that is not done.
const AHEAD: usize = 256;
/// Most places that are taken at a time.
const MOST: usize = 64;
/// Between these times a turn is neither lengthened nor shortened: what is done once for each, some sixty columns, takes about a
/// thousand allocations.
const BRISK: Duration = Duration::from_millis(8);
const SLOW: Duration = Duration::from_millis(32);

/// The places in a list of runs that are still to be taken.
#[derive(Debug)]
pub struct Turns {
    places: usize,
    threads: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The first place that nobody took.
    next: usize,
    /// Places that were taken and given back.
    returned: Vec<Range<usize>>,
    /// All places before this one are done.
    done: usize,
    closed: bool,
}

impl Turns {
    /// So many places for so many threads.
    pub fn new(places: usize, threads: usize) -> Self {
        Self { places, threads: threads.max(1), state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next places, at most `wanted` and at least one; near the end fewer, for all threads to end together. Waits while they are
    /// too far ahead. `None` if none are left or nobody wants more.
    pub fn take(&self, wanted: usize) -> Option<Range<usize>> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(returned) = state.returned.pop() {
                let end = returned.end.min(returned.start + wanted);
                if end < returned.end {
                    state.returned.push(end..returned.end);
                }
                return Some(returned.start..end);
            }
            let left = self.places - state.next;
            if left == 0 {
                return None;
            }
            let limit = state.done + AHEAD * self.threads;
            if state.next < limit {
                let length = wanted.min(left.div_ceil(2 * self.threads)).min(limit - state.next);
                let taken = state.next..state.next + length;
                state.next = taken.end;
                return Some(taken);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives back places that take too long for one thread.
    pub fn give_back(&self, places: Range<usize>) {
        if !places.is_empty() {
            self.state().returned.push(places);
            self.changed.notify_all();
        }
    }

    /// All places before `place` are done.
    pub fn done(&self, place: usize) {
        self.state().done = place;
        self.changed.notify_all();
    }

    /// Nobody takes any more.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }
}

/// How many places a thread takes at a time: as many as take some milliseconds.
#[derive(Debug)]
pub struct Pace(usize);

impl Default for Pace {
    fn default() -> Self {
        Self(1)
    }
}

impl Pace {
    /// How many to take.
    pub fn places(&self) -> usize {
        self.0
    }

    /// Whether a turn that has taken so long should end.
    pub fn is_slow(time: Duration) -> bool {
        time > SLOW
    }

    /// Learns from a turn.
    pub fn learn(&mut self, time: Duration) {
        if time < BRISK {
            self.0 = (2 * self.0).min(MOST);
        } else if Self::is_slow(time) {
            self.0 = (self.0 / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_are_taken_once_in_order() {
        let turns = Turns::new(100, 2);
        let mut next = 0;
        while let Some(places) = turns.take(7) {
            assert_eq!(places.start, next);
            assert!(places.len() <= 7);
            next = places.end;
        }
        assert_eq!(next, 100);
    }

    #[test]
    fn turns_are_short_at_the_end_and_what_is_given_back_comes_first() {
        let turns = Turns::new(20, 2);
        assert_eq!(turns.take(64), Some(0..5));
        assert_eq!(turns.take(64), Some(5..9));
        turns.give_back(2..5);
        assert_eq!(turns.take(2), Some(2..4));
        assert_eq!(turns.take(64), Some(4..5));
        assert_eq!(turns.take(64), Some(9..12));
    }

    #[test]
    fn nobody_gets_far_ahead() {
        let turns = Turns::new(10_000, 1);
        let mut last = 0;
        while last < AHEAD {
            last = turns.take(64).unwrap().end;
        }
        assert_eq!(last, AHEAD);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| turns.take(64));
            turns.done(10);
            assert_eq!(waiting.join().unwrap(), Some(AHEAD..AHEAD + 10));
            let waiting = scope.spawn(|| turns.take(64));
            turns.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }

    #[test]
    fn a_turn_takes_some_milliseconds() {
        let mut pace = Pace::default();
        let mut turns = Vec::new();
        for each in [200, 200, 200, 200, 200, 200, 10_000, 10_000, 10_000, 10_000, 10_000] {
            turns.push(pace.places());
            pace.learn(Duration::from_micros(each * pace.places() as u64));
        }
        assert_eq!(turns, [1, 2, 4, 8, 16, 32, 64, 32, 16, 8, 4]);
        assert!(!Pace::is_slow(BRISK));
    }
}
