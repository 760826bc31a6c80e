//! Which runs of a plan a process is to do now.

use crate::plan::Plan;
use crate::shard::Shard;
use records::Committed;

/// A share of a plan.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Which shard this is, if there are several.
    pub shard: Option<Shard>,
    /// For each cell whether it is to be run; `None` for all.
    pub cells: Option<Vec<bool>>,
}

/// What is left of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// The runs that are not recorded, ascending.
    pub runs: Vec<u32>,
    /// Number of runs of the share.
    pub total: u32,
    /// How many of them are recorded.
    pub recorded: u32,
}

impl Work {
    /// Whether it is all of the plan.
    pub fn is_whole(&self) -> bool {
        self.shard.is_none() && self.cells.is_none()
    }

    /// Whether a run is one of this process's, wherever its cell is.
    pub fn owns(&self, run: u32, total: u32) -> bool {
        self.shard.is_none_or(|shard| shard.owns(run, total))
    }

    /// The runs that are to be done.
    pub fn left(&self, plan: &Plan, committed: &Committed) -> Left {
        let total = plan.runs();
        let mut done = vec![false; total as usize];
        for range in committed.parts.iter().flat_map(|part| &part.runs) {
            let last = (range.last as usize).min(total as usize - 1);
            done[(range.first as usize).min(last)..=last].fill(true);
        }
        let mut left = Left::default();
        let chosen = |i: usize| self.cells.as_ref().is_none_or(|cells| cells[i]);
        for (_, cell) in plan.cells.iter().enumerate().filter(|(i, _)| chosen(*i)) {
            for run in cell.first_run..cell.first_run + cell.replicates {
                if !self.owns(run, total) {
                    continue;
                }
                left.total += 1;
                if done[run as usize] {
                    left.recorded += 1;
                    continue;
                }
                left.runs.push(run);
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{CONFIG, overridden, plan};

    #[test]
    fn what_is_recorded_is_not_left() {
        let plan = overridden(CONFIG, &["replicates=100"]);
        let left = Work::default().left(&plan, &Committed::default());
        assert_eq!(left.runs, (0..2400).collect::<Vec<_>>());
        assert_eq!((left.total, left.recorded), (2400, 0));
    }

    #[test]
    fn shards_and_filters_take_their_runs_only() {
        let plan = plan("");
        let shards = (1..=3).map(|index| Shard { index, count: 3 });
        let mut all: Vec<u32> = shards
            .flat_map(|shard| {
                let work = Work { shard: Some(shard), cells: None };
                work.left(&plan, &Committed::default()).runs
            })
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..72).collect::<Vec<_>>());
        let cells = Some((0..24).map(|i| i == 1 || i == 20).collect());
        let left = Work { shard: None, cells }.left(&plan, &Committed::default());
        assert_eq!(left.runs, [3, 4, 5, 60, 61, 62]);
    }
}
