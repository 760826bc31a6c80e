//! A share of a sweep: process I of N computes every N-th block of runs and writes them into the same folder as the
//! others. Which runs these are follows from N and the number of runs alone.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Most runs of a block.
const LARGEST_BLOCK: u32 = 512;
/// Blocks per process of a small sweep: cells that take long are spread over all processes.
const BLOCKS: u32 = 8;

/// Process `index` (from 1) of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// Not of the form I/N.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected I/N with 1 ≤ I ≤ N, for example 2/8 for the second of eight processes")]
pub struct NoShard;

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (index, count) = text.split_once('/').ok_or(NoShard)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| NoShard);
        let (index, count) = (number(index)?, number(count)?);
        if (1..=count).contains(&index) { Ok(Self { index, count }) } else { Err(NoShard) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Shard {
    /// The task of a Slurm array: `variable` gives the value of an environment variable. `None` outside of an array, or if it has
    /// one task only.
    pub fn of_slurm(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |name: &str| variable(&format!("SLURM_ARRAY_TASK_{name}"))?.trim().parse::<u32>().ok();
        let (id, count) = (number("ID")?, number("COUNT")?);
        let (first, step) = (number("MIN")?, number("STEP").unwrap_or(1).max(1));
        let index = id.checked_sub(first)? / step + 1;
        (count > 1 && index <= count).then_some(Self { index, count })
    }

    /// The name under which it writes: also that of its lock.
    pub fn writer(self) -> String {
        format!("{}-of-{}", self.index, self.count)
    }

    /// The shard that writes under a name.
    pub fn of_writer(name: &str) -> Option<Self> {
        name.replace("-of-", "/").parse().ok()
    }

    /// Whether `run` of `total` is one of its own.
    pub fn owns(self, run: u32, total: u32) -> bool {
        let block = total.div_ceil(self.count.saturating_mul(BLOCKS)).clamp(1, LARGEST_BLOCK);
        run / block % self.count == self.index - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_one_owner_and_the_shares_are_equal() {
        for (total, count) in [(60, 3), (60, 1), (7, 4), (3, 8), (33_000, 7), (1_000_000, 100), (u32::MAX, 2)] {
            let step = (total / 10_000).max(1) as usize;
            let mut shares = vec![0_u32; count as usize];
            for run in (0..total).step_by(step) {
                let owners: Vec<u32> = (1..=count).filter(|&index| Shard { index, count }.owns(run, total)).collect();
                assert_eq!(owners.len(), 1, "run {run} of {total} in {count}");
                shares[owners[0] as usize - 1] += 1;
            }
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            assert!(step > 1 || most - least <= LARGEST_BLOCK.min(total.div_ceil(count * BLOCKS)), "{shares:?}");
        }
    }

    #[test]
    fn shards_are_typed_or_taken_from_slurm() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""] {
            assert_eq!(wrong.parse::<Shard>(), Err(NoShard), "{wrong}");
        }
        let shard = Shard { index: 12, count: 30 };
        assert_eq!(Shard::of_writer(&shard.writer()), Some(shard));
        assert_eq!(Shard::of_writer("all"), None);
        let slurm = |id: &'static str, count: &'static str, min: &'static str, step: Option<&'static str>| {
            Shard::of_slurm(move |name| match name {
                "SLURM_ARRAY_TASK_ID" => Some(id.to_owned()),
                "SLURM_ARRAY_TASK_COUNT" => Some(count.to_owned()),
                "SLURM_ARRAY_TASK_MIN" => Some(min.to_owned()),
                "SLURM_ARRAY_TASK_STEP" => step.map(str::to_owned),
                _ => None,
            })
        };
        assert_eq!(slurm("0", "4", "0", None), Some(Shard { index: 1, count: 4 }));
        assert_eq!(slurm("9", "4", "3", Some("2")), Some(Shard { index: 4, count: 4 }));
        assert_eq!(slurm("1", "1", "1", None), None);
        assert_eq!(Shard::of_slurm(|_| None), None);
    }
}
