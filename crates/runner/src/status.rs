//! `runner status` and `runner compact`: what a results folder holds, and its end made up for.

use crate::commands::default_threads;
use crate::exit::Refused;
use crate::finish::Finish;
use crate::lock::{self, Held, Lock, Writer};
use crate::progress::{Faults, Progress};
use crate::provenance::Log;
use crate::results_folder::{self, PLAN_FILE};
use crate::shard::Shard;
use crate::{recorded, simd, sweep};
use anyhow::{Context as _, Error};
use records::{Committed, Provenance};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// Most cells that are listed.
const MOST_CELLS: usize = 20;

/// What a results folder holds, in words. Nothing is changed.
pub fn describe(folder: &Path) -> anyhow::Result<String> {
    let hash = results_folder::of_a_sweep(folder)?;
    let path = folder.join(PLAN_FILE);
    let plan: Table = fs::read_to_string(&path)?.parse().with_context(|| path.display().to_string())?;
    let cells = Cell::all(&plan);
    let total: u32 = cells.iter().map(|cell| cell.runs).sum();
    let origin = Provenance::read(folder).ok();
    let held = lock::held(folder)?;
    let mut text = String::new();
    if records::is_complete(folder, &hash)? {
        let faults = Faults::in_folder(folder)?;
        let finished = origin.and_then(|origin| origin.finished).unwrap_or_else(|| "an unknown time".to_owned());
        let _ = writeln!(
            text,
            "{}: complete, {total} runs, {} failed; finished at {finished}",
            folder.display(),
            faults.failed
        );
        writers(&mut text, &held, total, &Committed::default());
        return Ok(text);
    }
    let committed = records::survey(folder, &hash)?;
    let recorded = committed.runs();
    let share = 100.0 * f64::from(recorded) / f64::from(total.max(1));
    let parts = committed.parts.len();
    let _ = writeln!(
        text,
        "{}: {recorded} of {total} runs are recorded ({share:.1} %), in {parts} parts",
        folder.display()
    );
    writers(&mut text, &held, total, &committed);
    for warning in &committed.warnings {
        let being_written = if held.is_empty() { "" } else { " (or is being written)" };
        let _ = writeln!(text, "{warning}{being_written}; the next start sets it aside and repeats its runs");
    }
    unfinished(&mut text, &cells, &committed);
    let command = origin.map(|origin| origin.command).filter(|command| command.len() > 1);
    let again = command.map_or_else(|| "the command that began it".to_owned(), |command| words(&whole(command)));
    let _ = match () {
        () if recorded == total && held.is_empty() => {
            writeln!(text, "to make the tables: runner compact {}", folder.display())
        }
        () if held.is_empty() => writeln!(text, "nobody is at work; to go on: {again}"),
        () => writeln!(text, "nothing is to be done: it is being written"),
    };
    Ok(text)
}

/// Who is at work, and how far the shards are.
fn writers(text: &mut String, held: &[Held], total: u32, committed: &Committed) {
    for Held { writer, holder } in held {
        let who = holder.as_ref().map_or_else(|| "a process".to_owned(), ToString::to_string);
        let _ = match writer {
            Writer::Alone => writeln!(text, "at work: {who}"),
            Writer::Shard(shard) => {
                let (done, all) = progress_of(*shard, total, committed);
                writeln!(text, "at work as shard {shard}: {who}; {done} of {all} runs of its share")
            }
        };
    }
}

fn progress_of(shard: Shard, total: u32, committed: &Committed) -> (usize, usize) {
    let own = |run: &u32| shard.owns(*run, total);
    let ranges = committed.parts.iter().flat_map(|part| &part.runs);
    let done = ranges.flat_map(|range| range.first..=range.last).filter(own).count();
    (done, (0..total).filter(own).count())
}

/// The cells of which runs are missing; draws are added up.
fn unfinished(text: &mut String, cells: &[Cell], committed: &Committed) {
    let mut ranges: Vec<(u32, u32)> =
        committed.parts.iter().flat_map(|part| &part.runs).map(|range| (range.first, range.last)).collect();
    ranges.sort_unstable();
    let mut missing: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut order = Vec::new();
    for cell in cells {
        let (first, end) = (cell.first, cell.first + cell.runs);
        let from = ranges.partition_point(|&(_, last)| last < first);
        let inside = ranges[from..].iter().take_while(|&&(begin, _)| begin < end);
        let done: u32 = inside.map(|&(begin, last)| last.min(end - 1) - begin.max(first) + 1).sum();
        let sums = missing.entry(&cell.label).or_insert_with(|| {
            order.push(cell.label.as_str());
            (0, 0)
        });
        *sums = (sums.0 + done, sums.1 + cell.runs);
    }
    order.retain(|label| missing[label].0 < missing[label].1);
    for label in order.iter().take(MOST_CELLS) {
        let (done, all) = missing[label];
        let _ = writeln!(text, "  {done:>8} of {all:>8}  {label}");
    }
    if order.len() > MOST_CELLS {
        let _ = writeln!(text, "  … and {} more cells", order.len() - MOST_CELLS);
    }
}

/// A command without what makes it do a share only.
fn whole(command: Vec<String>) -> Vec<String> {
    let mut words = command.into_iter();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word.split('=').next() {
            Some("--shard" | "--filter") if word.contains('=') => {}
            Some("--shard" | "--filter") => drop(words.next()),
            _ if word == "--fresh" => {}
            _ => kept.push(word),
        }
    }
    kept
}

/// A command as one would type it.
fn words(command: &[String]) -> String {
    let plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_=./,:+@%".contains(c));
    let quoted = |word: &String| if plain(word) { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) };
    command.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// What the plan file says of a cell.
struct Cell {
    first: u32,
    runs: u32,
    label: String,
}

impl Cell {
    fn all(plan: &Table) -> Vec<Self> {
        let list = |key: &str| plan.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let datasets = list("datasets");
        let number = |cell: &Value, key: &str| cell.get(key).and_then(Value::as_integer).unwrap_or(0);
        let whole = |cell: &Value, key: &str| u32::try_from(number(cell, key)).unwrap_or(0);
        let label = |cell: &Value| {
            let dataset =
                usize::try_from(number(cell, "dataset")).ok().and_then(|i| datasets.get(i)?.get("name")?.as_str());
            let mut words = vec![dataset.unwrap_or("?").to_owned(), format!("K={}", number(cell, "k"))];
            for key in ["method", "covariance", "start", "start_covariance", "policy"] {
                words
                    .extend(cell.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            }
            words.join(" ")
        };
        let cell = |cell: &Value| Self {
            first: whole(cell, "first_run"),
            runs: whole(cell, "replicates"),
            label: label(cell),
        };
        list("cells").iter().map(cell).collect()
    }
}

/// Makes the tables of a folder in which all runs are recorded.
pub fn compact(folder: &Path) -> anyhow::Result<String> {
    let hash = results_folder::of_a_sweep(folder)?;
    if records::is_complete(folder, &hash)? {
        results_folder::tidy(folder);
        return Ok(format!("nothing to do: {} is complete\n", folder.display()));
    }
    let mut origin = Provenance::read(folder)?;
    let plan = recorded::plan(folder, &origin, None)?;
    let _lock = Lock::take(folder, Writer::Alone)?;
    let recorded = records::survey(folder, &hash)?.runs();
    if recorded < plan.runs() {
        let words = format!(
            "{recorded} of {} runs are recorded; `runner status {}` says how to go on",
            plan.runs(),
            folder.display()
        );
        return Err(Refused(Error::msg(words)).into());
    }
    let level = simd::choose(None, origin.simd.as_deref())?;
    origin.command = std::env::args().collect();
    let threads = default_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (samples, progress, log) = (sweep::samples(&plan)?, Progress::new(0, 0, false), Log::open(folder)?);
    let finish = Finish { plan: &plan, folder, samples: &samples, level, pool: &pool, progress: &progress, log: &log };
    finish.run(origin)?;
    Ok(format!("{}: {} runs; `runner report {0}` makes the report\n", folder.display(), plan.runs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_typed_again() {
        let command = ["runner", "a.toml", "grid.start=[\"k-means\"]", "it's"].map(str::to_owned);
        assert_eq!(words(&command), "runner a.toml 'grid.start=[\"k-means\"]' 'it'\\''s'");
        let share =
            ["runner", "--shard", "1/2", "a.toml", "--filter=method=em", "--fresh", "seed=2"].map(str::to_owned);
        assert_eq!(words(&whole(share.to_vec())), "runner a.toml seed=2");
    }

    #[test]
    fn the_plan_file_tells_the_cells() {
        let plan = crate::plan::testing::plan("");
        let cells = Cell::all(&plan.to_toml().unwrap().parse().unwrap());
        assert_eq!(cells.len(), plan.cells.len());
        assert_eq!(cells.iter().map(|cell| cell.runs).sum::<u32>(), plan.runs());
        assert!(cells[0].label.starts_with("faithful K=2 em full tutorial"), "{}", cells[0].label);
        let range = |first, last| records::RunRange { first, last };
        let mut text = String::new();
        let committed = committed(&[range(0, 3), range(5, 5), range(9, 71)]);
        unfinished(&mut text, &cells, &committed);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with(&format!("         2 of        3  {}", cells[1].label)), "{text}");
    }

    fn committed(ranges: &[records::RunRange]) -> Committed {
        let mut committed = Committed::default();
        let folder = tempfile::tempdir().unwrap();
        let plan = crate::plan::testing::plan("");
        let store =
            records::Store::open(folder.path(), &sweep::categories(&plan), crate::provenance::metadata(&plan)).unwrap();
        let data = crate::judged::Judged::new(plan.datasets[0].sample([0; 32]).unwrap());
        for range in ranges {
            let mut part = records::Part::default();
            for run in range.first..=range.last {
                let (cell, replicate) = plan.locate(run);
                let level = linalg::Level::detect();
                let job = crate::job::Job { plan: &plan, cell, replicate, data: &data, threads: false, level };
                part.runs.push(crate::job::JobRecord::new(&job).run);
            }
            store.write_part(range.first, &store.encode(range.first, &part).unwrap()).unwrap();
        }
        committed.parts = store.committed().unwrap().parts;
        committed
    }
}
