//! Progress on stderr: one bar with rate, time left and counters; without a terminal a plain line every 10 %.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use records::RunOutcome;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Time between two drawings: thousands of fits a second must not be spent on the terminal.
const REDRAW: Duration = Duration::from_millis(100);

/// Counts runs as they end; shared by all threads.
#[derive(Debug)]
pub struct Progress {
    total: u32,
    done: AtomicU32,
    converged: AtomicU32,
    limit: AtomicU32,
    failed: AtomicU32,
    panicked: AtomicU32,
    display: Display,
    begun: Instant,
}

/// Starts that neither converged nor reached the iteration limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// All of them.
    pub failed: u32,
    /// Those in which the program itself failed.
    pub panicked: u32,
}

impl Faults {
    /// Counts one run.
    pub fn see(&mut self, outcome: RunOutcome) {
        self.failed += u32::from(!matches!(outcome, RunOutcome::Converged | RunOutcome::MaxIterations));
        self.panicked += u32::from(outcome == RunOutcome::Panic);
    }

    /// Those in a finished folder.
    pub fn in_folder(folder: &Path) -> Result<Self, records::RecordsError> {
        let mut faults = Self::default();
        records::for_each_outcome(folder, |outcome| faults.see(outcome))?;
        Ok(faults)
    }
}

#[derive(Debug)]
enum Display {
    Bar(ProgressBar, Mutex<Instant>),
    Lines { tenths: AtomicU32 },
    Nothing,
}

impl Progress {
    /// A sweep of `total` runs of which `recorded` are done already.
    pub fn new(total: u32, recorded: u32, quiet: bool) -> Self {
        let display = if quiet {
            Display::Nothing
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(u64::from(total)), ProgressDrawTarget::stderr());
            let template = "{bar:30} {human_pos}/{human_len} {rate} {eta} left  {msg}";
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.with_key("rate", |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                let _ = write!(text, "{:.0} runs/s", state.per_sec());
            }));
            bar.set_position(u64::from(recorded));
            bar.reset_eta();
            Display::Bar(bar, Mutex::new(Instant::now()))
        } else {
            Display::Lines { tenths: AtomicU32::new(tenths(recorded, total)) }
        };
        Self {
            total,
            done: AtomicU32::new(recorded),
            converged: AtomicU32::default(),
            limit: AtomicU32::default(),
            failed: AtomicU32::default(),
            panicked: AtomicU32::default(),
            display,
            begun: Instant::now(),
        }
    }

    /// One run has ended.
    pub fn tick(&self, outcome: RunOutcome) {
        let counter = match outcome {
            RunOutcome::Converged => &self.converged,
            RunOutcome::MaxIterations => &self.limit,
            _ => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if outcome == RunOutcome::Panic {
            self.panicked.fetch_add(1, Ordering::Relaxed);
        }
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.display {
            Display::Bar(bar, drawn) => {
                // A thread that does not get the lock leaves the drawing to the one that has it.
                if let Ok(mut drawn) = drawn.try_lock()
                    && drawn.elapsed() >= REDRAW
                {
                    *drawn = Instant::now();
                    bar.set_message(self.counters());
                    bar.set_position(u64::from(done));
                }
            }
            Display::Lines { tenths: shown } => {
                let now = tenths(done, self.total);
                if shown.fetch_max(now, Ordering::Relaxed) < now {
                    eprintln!("{}0 % ({done} of {} runs, {})", now, self.total, self.counters());
                }
            }
            Display::Nothing => {}
        }
    }

    /// Says something without disturbing the bar.
    pub fn note(&self, text: &str) {
        match &self.display {
            Display::Bar(bar, _) => bar.suspend(|| eprintln!("{text}")),
            Display::Lines { .. } => eprintln!("{text}"),
            Display::Nothing => {}
        }
    }

    /// Removes the bar and sums up.
    pub fn finish(&self, new_runs: u32) {
        if let Display::Bar(bar, _) = &self.display {
            bar.finish_and_clear();
        }
        if !matches!(self.display, Display::Nothing) {
            let seconds = self.begun.elapsed().as_secs_f64();
            eprintln!("{new_runs} runs in {seconds:.1} s ({})", self.counters());
        }
    }

    /// What went wrong since the sweep was begun or resumed.
    pub fn faults(&self) -> Faults {
        Faults { failed: self.failed.load(Ordering::Relaxed), panicked: self.panicked.load(Ordering::Relaxed) }
    }

    fn counters(&self) -> String {
        let of = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        let panicked = match of(&self.panicked) {
            0 => String::new(),
            count => format!(", {count} of them panicked"),
        };
        let [converged, limit, failed] = [&self.converged, &self.limit, &self.failed].map(of);
        format!("{converged} converged, {limit} at the limit, {failed} failed{panicked}")
    }
}

fn tenths(done: u32, total: u32) -> u32 {
    u32::try_from(u64::from(done) * 10 / u64::from(total.max(1))).unwrap_or(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_in_three_groups() {
        let progress = Progress::new(4, 0, true);
        let mut faults = Faults::default();
        for outcome in RunOutcome::ALL {
            progress.tick(outcome);
            faults.see(outcome);
        }
        assert_eq!(faults, Faults { failed: 6, panicked: 1 });
        assert_eq!(progress.faults(), faults);
        assert_eq!(progress.counters(), "1 converged, 1 at the limit, 6 failed, 1 of them panicked");
        assert_eq!((tenths(9, 100), tenths(10, 100), tenths(0, 0), tenths(u32::MAX, u32::MAX)), (0, 1, 0, 10));
    }
}
