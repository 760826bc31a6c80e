//! The job's edge: a panic in one fit is caught, recorded as the outcome `panic`, and costs no other run anything. Of what is made
//! before the jobs (samples), a panic is an error.

use crate::job::{Job, JobRecord, run_job};
use em::Interrupted;
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use thiserror::Error;

thread_local! {
    /// Whether this thread is inside a job, where a panic is a result and prints nothing.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What is done about a job: [`run_job`], or in a test something that panics.
pub type Work = fn(&Job<'_>) -> Result<JobRecord, Interrupted>;

/// Runs a job; a panic becomes a record.
pub fn run(job: &Job<'_>) -> Result<JobRecord, Interrupted> {
    caught(job, run_job)
}

/// Does `work` about a job; a panic becomes a record.
pub fn caught(job: &Job<'_>, work: Work) -> Result<JobRecord, Interrupted> {
    shielded(|| work(job)).unwrap_or_else(|panic| Ok(JobRecord::panicked(job, panic.message)))
}

/// A panic that was caught.
#[derive(Debug, Error)]
#[error("a panic: {message}\n  = note: this is a bug of the program, not of the data; please report it")]
pub struct Panicked {
    /// Its words.
    pub message: String,
}

/// Does `work`; a panic becomes an error and prints nothing.
pub fn shielded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    silence();
    INSIDE.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(false);
    result.map_err(|panic| Panicked { message: message(panic.as_ref()) })
}

/// Keeps the default hook for panics outside of jobs.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                default(info);
            }
        }));
    });
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judged::Judged;
    use crate::plan::testing;
    use linalg::Level;
    use records::RunOutcome;

    #[test]
    fn a_panic_is_a_row_and_the_thread_goes_on() {
        let plan = testing::plan("");
        let data = Judged::new(plan.datasets[0].sample([0; 32]).unwrap());
        let (cell, replicate) = plan.locate(3);
        let job = Job { plan: &plan, cell, replicate, data: &data, threads: false, level: Level::detect() };
        let record = caught(&job, |_| panic!("index {} out of bounds", 7)).unwrap();
        assert_eq!(record.run.outcome, RunOutcome::Panic);
        assert_eq!((record.run.run, record.run.replicate), (3, replicate));
        assert_eq!(record.failures[0].message, "index 7 out of bounds");
        assert_eq!(record.failures[0].kind, "panic");
        assert!(!INSIDE.get());
    }
}
