//! The threads of a running sweep: some compute runs and make columns of their rows, one puts these in order and cuts parts, one
//! writes the parts, and one for each table lets it grow (`records`).

use crate::best::Best;
use crate::guard;
use crate::interrupt::Interrupt;
use crate::job::{Job, JobRecord};
use crate::part::{self, Growing};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::provenance::Log;
use crate::sweep::Samples;
use crate::turns::{Pace, Turns};
use em::Interrupted;
use linalg::Level;
use records::{EncodedPart, Feeds, RecordsError, Room, Store};
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// Finished parts that may wait for the writer; more would only cost memory.
const WAITING_PARTS: usize = 1;

/// When nothing new is begun.
pub struct Stop<'a> {
    interrupt: &'a Interrupt,
    max_failures: Option<u32>,
    progress: &'a Progress,
    told: AtomicBool,
}

impl<'a> Stop<'a> {
    /// After a signal, or when more starts have failed than `max_failures` allows.
    pub fn new(interrupt: &'a Interrupt, max_failures: Option<u32>, progress: &'a Progress) -> Self {
        Self { interrupt, max_failures, progress, told: AtomicBool::new(false) }
    }

    fn requested(&self) -> bool {
        let signal = self.interrupt.requested().is_some();
        let failures = self.max_failures.is_some_and(|most| self.progress.faults().failed >= most);
        if (signal || failures) && !self.told.swap(true, Ordering::Relaxed) {
            let why = if signal { "; a second Ctrl-C ends at once" } else { "" };
            self.progress.note(&format!("stopping: what is running is finished and recorded{why}"));
        }
        signal || failures
    }
}

/// What came of the runs in some places of the list.
struct Piece {
    places: Range<usize>,
    rows: EncodedPart,
    /// What ended it early, or kept it from being written.
    error: Option<anyhow::Error>,
}

/// Dropped in a panic, it sends the others home, who would wait for places that are never done.
struct SendHome<'a>(&'a Turns);

impl Drop for SendHome<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

/// What the threads share.
pub struct Running<'a, 'plan> {
    /// What is run.
    pub plan: &'a Plan,
    /// The samples of all draws.
    pub samples: &'a Samples,
    /// Where the parts go.
    pub store: &'a Store,
    /// Who is told of each run.
    pub progress: &'a Progress,
    /// The best runs so far.
    pub best: &'a Mutex<Best<'plan>>,
    /// Where each part is written down.
    pub log: &'a Log,
    /// The instruction set of the kernels.
    pub level: Level,
    /// When nothing new is begun.
    pub stop: &'a Stop<'a>,
    /// What is done about each run.
    pub job: guard::Work,
}

impl Running<'_, '_> {
    /// Computes `runs` on all threads of the pool, and writes them in parts. Returns the number of runs written. The rows of written
    /// parts go on to `feeds`.
    pub fn run(&self, runs: &[u32], pool: &rayon::ThreadPool, feeds: Option<Feeds<'_>>) -> anyhow::Result<u32> {
        let turns = &Turns::new(runs.len(), pool.current_num_threads());
        let (pieces, gathered) = channel();
        let (parts, finished) = sync_channel(WAITING_PARTS);
        thread::scope(|scope| {
            let writer = scope.spawn(move || self.write(finished, feeds));
            let workers = scope.spawn(move || {
                pool.broadcast(|_| self.work(runs, turns, &pieces));
            });
            let gathered = self.gather(gathered, turns, &parts);
            drop(parts);
            // If the writer failed, the others are still waiting.
            turns.close();
            workers.join().unwrap_or_else(|panic| resume_unwind(panic));
            let written = writer.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            gathered.map(|()| written)
        })
    }

    /// One turn after the other.
    fn work(&self, runs: &[u32], turns: &Turns, pieces: &Sender<Piece>) {
        let _send_home = SendHome(turns);
        let (mut pace, mut room) = (Pace::default(), Room::default());
        while let Some(places) = turns.take(pace.places()) {
            let begun = Instant::now();
            let mut end = places.start;
            let mut rows = self.store.encoder(runs[places.start], room);
            let mut error: Option<anyhow::Error> = None;
            while end < places.end && error.is_none() && !(end > places.start && Pace::is_slow(begun.elapsed())) {
                // A run that was interrupted or refused is not written, so that the same command repeats it.
                match self.one(runs[end]) {
                    Ok(Some(record)) => error = rows.append(&part::of(record)).err().map(Into::into),
                    Ok(None) => {}
                    Err(cause) => error = Some(cause.into()),
                }
                end += 1;
            }
            turns.give_back(end..places.end);
            let rows = rows.finish();
            // The next turn resembles this one.
            room = rows.room();
            pace.learn(begun.elapsed());
            if pieces.send(Piece { places: places.start..end, rows, error }).is_err() {
                return;
            }
        }
    }

    /// `None` if nothing new is to be begun.
    fn one(&self, run: u32) -> Result<Option<JobRecord>, Interrupted> {
        if self.stop.requested() {
            return Ok(None);
        }
        let (cell, replicate) = self.plan.locate(run);
        let data = &self.samples[&(cell.dataset, cell.draw)];
        let job = Job { plan: self.plan, cell, replicate, data, threads: false, level: self.level };
        let record = guard::caught(&job, self.job)?;
        self.progress.tick(record.run.outcome);
        self.best.lock().unwrap_or_else(PoisonError::into_inner).see(&record.run);
        Ok(Some(record))
    }

    /// Puts the pieces in order and cuts parts. After an error nothing new is begun, and all that was computed is still
    /// sent on.
    fn gather(&self, pieces: Receiver<Piece>, turns: &Turns, parts: &SyncSender<EncodedPart>) -> anyhow::Result<()> {
        let mut early: BTreeMap<usize, (usize, EncodedPart)> = BTreeMap::new();
        let mut next = 0;
        let mut part = Growing::default();
        let mut first_error = None;
        for Piece { places, rows, error } in pieces {
            first_error = first_error.or(error);
            early.insert(places.start, (places.end, rows));
            while let Some((end, rows)) = early.remove(&next) {
                next = end;
                part.append(rows)?;
                // The writer has gone only if it failed; its error is told.
                if part.is_full() && parts.send(part.take()).is_err() {
                    return Ok(());
                }
            }
            turns.done(next);
            if first_error.is_some() || self.stop.requested() {
                turns.close();
            }
        }
        for (_, (_, rows)) in early {
            part.append(rows)?;
        }
        if !part.is_empty() {
            let _ = parts.send(part.take());
        }
        first_error.map_or(Ok(()), Err)
    }

    fn write(&self, parts: Receiver<EncodedPart>, mut feeds: Option<Feeds<'_>>) -> Result<u32, RecordsError> {
        let mut written = 0;
        for part in parts {
            // A run belongs to one part only, so the first one is a number that no other process takes.
            let Some(first) = part.first_run() else { continue };
            let part = part.joined();
            self.store.write_part(first, &part)?;
            let runs = u32::try_from(part.runs()).unwrap_or(u32::MAX);
            written += runs;
            self.log.line("part", json!({ "number": first, "runs": runs }));
            feeds = feeds.filter(|feeds| feeds.send(part));
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_sends_the_others_home() {
        let turns = Turns::new(10, 1);
        let panicked = thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let _send_home = SendHome(&turns);
                guard::shielded(|| turns.take(1)).unwrap();
                resume_unwind(Box::new("a bug"));
            });
            worker.join().is_err()
        });
        assert!(panicked);
        assert_eq!(turns.take(1), None);
    }
}
