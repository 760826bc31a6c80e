//! `runner verify`: repeats recorded runs and compares every value of theirs, numbers bit by bit.
//!
//! What is repeated is the whole job: the sample is drawn or read, the start is made and the fit is run, all from the config in the
//! results folder. Of the best run of a cell, `assignments` are compared, too, and up to a quarter of what is drawn are such runs, which
//! are few among many. Times are not compared.

use crate::cli::VerifyArguments;
use crate::commands::default_threads;
use crate::exit::Refused;
use crate::guard;
use crate::job::{Job, JobRecord};
use crate::judged::Judged;
use crate::plan::Plan;
use crate::simd;
use crate::sweep::{self, Samples};
use crate::{part, recorded, results_folder, show};
use em::Interrupted;
use linalg::Level;
use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use records::{
    AssignmentRow, Difference, Part, Provenance, RunRange, RunRow, View, differences, differences_of_assignments,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs whose differences are listed.
const LISTED_RUNS: usize = 10;
/// Differences that are listed of one run.
const LISTED_VALUES: usize = 5;

/// What was found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// For stdout.
    pub text: String,
    /// Whether every value was the same.
    pub same: bool,
}

/// Repeats a sample of the runs of a folder.
pub fn verify(arguments: &VerifyArguments) -> anyhow::Result<Verdict> {
    let folder = arguments.dir.as_path();
    results_folder::of_a_sweep(folder)?;
    let origin = Provenance::read(folder)?;
    let plan = recorded::plan(folder, &origin, arguments.data.as_deref())?;
    let view = View::open(folder)?;
    // A folder that is not finished has none yet.
    let mut assigned = if view.is_complete() { records::read_assigned_runs(folder)? } else { BTreeSet::new() };
    assigned.retain(|&run| view.contains(run));
    let (chosen, seed) = choose(arguments, &view, &assigned)?;
    let (level, other_level) = level(arguments.simd, &origin)?;
    let recorded = view.read(&chosen)?;
    let threads = arguments.jobs.map_or_else(default_threads, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let assigned =
        if assigned.is_disjoint(&chosen) { Vec::new() } else { records::read_assignments_of(folder, &chosen)? };
    let (repeated, labels) = pool.install(|| repeat(&plan, &chosen, level, &assigned))?;
    let mut found = differences(&recorded, &repeated, &sweep::categories(&plan))?;
    found.extend(differences_of_assignments(&assigned, &labels)?);

    let mut text = format!("{}: {} of {} recorded runs repeated", folder.display(), chosen.len(), view.count());
    if let Some(seed) = seed {
        let _ = write!(text, " (--runs {} --seed {seed})", chosen.len());
    }
    let _ = writeln!(text, ", {}", level.name());
    let rows = [
        ("runs", recorded.runs.len()),
        ("traces", recorded.traces.len()),
        ("failures", recorded.failures.len()),
        ("parameters", recorded.parameters.len()),
        ("assignments", assigned.len()),
    ];
    let rows: Vec<String> = rows.iter().map(|(table, rows)| format!("{rows} of {table}")).collect();
    let _ = writeln!(text, "rows compared: {}", rows.join(", "));
    if found.is_empty() {
        text.push_str("all values are the same, bit for bit\n");
    } else {
        list(&mut text, &found, &recorded);
        explain(&mut text, &origin);
    }
    if let Some(recorded) = other_level {
        let _ = writeln!(
            text,
            "note: the runs were recorded with {recorded}; results are promised to be the same to the last bit at one SIMD level only"
        );
    }
    Ok(Verdict { text, same: found.is_empty() })
}

/// The runs to repeat, and the seed if they were drawn. `assigned` are those whose assignments are recorded.
fn choose(
    arguments: &VerifyArguments,
    view: &View,
    assigned: &BTreeSet<u32>,
) -> anyhow::Result<(BTreeSet<u32>, Option<u64>)> {
    if view.count() == 0 {
        let shown = arguments.dir.display();
        let words = format!("no run is recorded in {shown} yet; `runner status {shown}` says how to go on");
        return Err(Refused(anyhow::Error::msg(words)).into());
    }
    if !arguments.run.is_empty() {
        let runs = arguments.run.iter().map(|name| show::number(view, name)).collect::<Result<_, _>>()?;
        return Ok((runs, None));
    }
    let seed = arguments.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Short enough to be typed again.
        now.as_nanos().try_into().unwrap_or(0_u64) % 1_000_000_007
    });
    let count = view.count().min(arguments.runs) as usize;
    Ok((draw(view.runs(), assigned, count, seed), Some(seed)))
}

/// `count` of the runs: a quarter (rounded up) of those in `assigned` as far as there are so many, the others of all that are left;
/// within either, each set is equally likely.
fn draw(ranges: &[RunRange], assigned: &BTreeSet<u32>, count: usize, seed: u64) -> BTreeSet<u32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut some = |runs: &mut dyn Iterator<Item = u32>, total: usize, count: usize| -> BTreeSet<u32> {
        let mut places = index::sample(&mut rng, total, count).into_vec();
        places.sort_unstable();
        let mut passed = 0;
        let at = |place: usize| {
            let run = runs.nth(place - passed);
            passed = place + 1;
            run
        };
        places.into_iter().filter_map(at).collect()
    };
    let best = count.div_ceil(4).min(assigned.len());
    let mut chosen = some(&mut assigned.iter().copied(), assigned.len(), best);
    let total: usize = ranges.iter().map(|range| (range.last - range.first + 1) as usize).sum();
    let mut left = ranges.iter().flat_map(|range| range.first..=range.last).filter(|run| !chosen.contains(run));
    let others = some(&mut left, total - best, count - best);
    chosen.extend(others);
    chosen
}

/// The level of the repetition, and that of the record if it is another one. What is recorded is repeated at its own level where this
/// machine has it.
fn level(typed: Option<simd::Simd>, origin: &Provenance) -> anyhow::Result<(Level, Option<String>)> {
    let level = match simd::choose(typed, origin.simd.as_deref()) {
        Err(simd::Unavailable::Recorded { .. }) => simd::choose(None, None)?,
        level => level?,
    };
    let mut others: Vec<&String> = origin.simd.iter().chain(&origin.simd_before).collect();
    others.retain(|name| **name != level.name());
    let others: Vec<String> = others.into_iter().cloned().collect();
    Ok((level, (!others.is_empty()).then(|| others.join(" and "))))
}

/// The runs again, and which row went to which component in those of which that is recorded.
fn repeat(
    plan: &Plan,
    chosen: &BTreeSet<u32>,
    level: Level,
    assigned: &[AssignmentRow],
) -> anyhow::Result<(Part, Vec<AssignmentRow>)> {
    let labelled: BTreeSet<u32> = assigned.iter().map(|row| row.run).collect();
    let located = chosen.iter().map(|&run| plan.locate(run).0);
    let draws: BTreeSet<(usize, u32)> = located.map(|cell| (cell.dataset, cell.draw)).collect();
    let drawn = draws.into_iter().map(|(dataset, draw)| Ok(((dataset, draw), Judged::draw(plan, dataset, draw)?)));
    let samples: Samples = drawn.collect::<anyhow::Result<_>>()?;
    let chosen: Vec<u32> = chosen.iter().copied().collect();
    let one = |&run: &u32| {
        let (cell, replicate) = plan.locate(run);
        let data = &samples[&(cell.dataset, cell.draw)];
        let mut record = guard::run(&Job { plan, cell, replicate, data, threads: false, level })?;
        // Labels of many rows are many.
        record.labels = record.labels.filter(|_| labelled.contains(&run));
        Ok(record)
    };
    let mut records: Vec<JobRecord> = chosen.par_iter().map(one).collect::<Result<_, Interrupted>>()?;
    let mut labels = Vec::new();
    for record in &mut records {
        let run = record.run.run;
        let of_run = record.labels.take().unwrap_or_default();
        labels.extend((0..).zip(of_run).map(|(row, component)| AssignmentRow { run, row, component }));
    }
    let mut repeated = Part::default();
    for record in records {
        repeated.append(part::of(record));
    }
    Ok((repeated, labels))
}

fn list(text: &mut String, found: &[Difference], recorded: &Part) {
    let differing: BTreeSet<u32> = found.iter().map(|one| one.run).collect();
    let _ = writeln!(text, "{} of {} runs differ", differing.len(), recorded.runs.len());
    for &run in differing.iter().take(LISTED_RUNS) {
        let row = recorded.runs.iter().find(|row| row.run == run);
        let _ = writeln!(text, "run {run}{}", row.map(named).unwrap_or_default());
        let of_run: Vec<&Difference> = found.iter().filter(|one| one.run == run).collect();
        for one in of_run.iter().take(LISTED_VALUES) {
            let _ = writeln!(text, "  {one}");
        }
        if of_run.len() > LISTED_VALUES {
            let _ = writeln!(text, "  … and {} more values", of_run.len() - LISTED_VALUES);
        }
    }
    if differing.len() > LISTED_RUNS {
        let _ = writeln!(text, "… and {} more runs", differing.len() - LISTED_RUNS);
    }
}

fn named(row: &RunRow) -> String {
    format!(" ({:016x}): {}", row.run_id, show::factors(row))
}

/// What is different about the program.
fn explain(text: &mut String, origin: &Provenance) {
    let now = crate::provenance::program();
    let mut line = |what: &str, then: Option<&str>, now: Option<&str>| {
        if then != now {
            let (then, now) = (then.unwrap_or("unknown"), now.unwrap_or("unknown"));
            let _ = writeln!(text, "note: {what}: recorded with {then:.40}, repeated with {now:.40}");
        }
    };
    line("version", Some(&origin.version), Some(&now.version));
    line("commit", origin.git_commit.as_deref(), now.git_commit.as_deref());
    line("Cargo.lock (SHA-256)", origin.cargo_lock_sha256.as_deref(), now.cargo_lock_sha256.as_deref());
    line("compiler", origin.rustc.as_deref(), now.rustc.as_deref());
    line("target", Some(&origin.target), Some(&now.target));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_drawn_from_what_is_recorded_each_at_most_once() {
        let ranges = [RunRange { first: 3, last: 5 }, RunRange { first: 10, last: 16 }];
        let recorded: BTreeSet<u32> = (3..=5).chain(10..=16).collect();
        for assigned in [BTreeSet::new(), BTreeSet::from([4, 11, 12])] {
            assert_eq!(draw(&ranges, &assigned, 10, 1), recorded);
            let mut seen = BTreeSet::new();
            for seed in 0..50 {
                let drawn = draw(&ranges, &assigned, 3, seed);
                assert_eq!((drawn.len(), drawn.is_subset(&recorded)), (3, true));
                seen.extend(drawn);
            }
            assert_eq!(seen, recorded);
            assert_eq!(draw(&ranges, &assigned, 4, 7), draw(&ranges, &assigned, 4, 7));
        }
    }

    #[test]
    fn runs_with_assignments_are_a_quarter_of_what_is_drawn() {
        let ranges = [RunRange { first: 0, last: 99_999 }];
        let assigned = BTreeSet::from([7, 50_000, 99_998]);
        for seed in 0..20 {
            let among = |count| draw(&ranges, &assigned, count, seed).intersection(&assigned).count();
            assert_eq!([1, 4].map(among), [1, 1]);
            assert!(among(8) >= 2 && among(100) == 3);
        }
        let drawn: BTreeSet<u32> = (0..40).flat_map(|seed| draw(&ranges, &assigned, 1, seed)).collect();
        assert_eq!(drawn, assigned);
    }
}
