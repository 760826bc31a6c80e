//! What will run: every name resolved, every number checked, every run numbered. A [`Plan`] is a function of the config
//! alone (and of the values of the data sets that it names); two equal plans give equal records.
//!
//! | module | what it holds |
//! |---|---|
//! | [`resolve`] | `SweepFile` → [`Plan`], or all errors at once |
//! | [`data`] | the data sets |
//! | [`starts`] | options of the starts, and those that the user gives |
//! | [`overlap`] | mixtures of a given overlap |
//! | [`selection`] | the cells that `--filter` leaves |
//! | [`describe`] | what `--dry-run` prints |
//! | [`difference`] | what is different between two plans, in words |
//! | [`grid`] | the cells: collapse, include, exclude, numbers |

pub mod data;
pub mod describe;
pub mod difference;
pub mod grid;
pub mod overlap;
pub mod resolve;
pub mod selection;
pub mod starts;

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use crate::kinds::{Covariance, Method, Policy, StartCovariance, StartKind, StopRule};
use crate::seeds;
pub use data::DatasetPlan;
use datasets::Sample;
use records::Factors;
use serde::Serialize;
pub use starts::{GivenStart, Starts};
use std::sync::Arc;

/// A resolved study.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Name of the study.
    pub name: String,
    /// Seed of the study.
    pub seed: u64,
    /// What is recorded.
    pub record: Record,
    /// The stop rules, joined by "or"; the first that matches names the reason.
    pub stop: Vec<StopRule>,
    /// Options of the starts, and those that the user gives.
    pub starts: Starts,
    /// The data sets.
    pub datasets: Vec<DatasetPlan>,
    /// The cells of the grid in the order of their runs.
    pub cells: Vec<Cell>,
}

/// What is recorded beyond one row per run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Every how many iterations a row of the trace is kept. The first, the last, those with an event and the last 16 of a
    /// failed run always are.
    pub trace_stride: u32,
    /// Number of replicates of each cell, from the first, whose trace is kept whole.
    pub full_traces: u32,
    /// Whether the starting parameters are kept.
    pub start_parameters: bool,
    /// Whether the last good parameters of failed runs are kept.
    pub failure_parameters: bool,
}

/// One combination of the factors on one draw of one data set, with its replicates.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// Number of its first run; its runs are `first_run..first_run + replicates`.
    pub first_run: u32,
    /// Number of starts.
    pub replicates: u32,
    /// Index of the data set in the plan.
    pub dataset: usize,
    /// Number of the draw, from 0.
    pub draw: u32,
    /// Number of components K.
    pub k: u32,
    /// What is fitted.
    pub method: Method,
    /// Covariance structure; `None` where the method has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariance: Option<Covariance>,
    /// How the starting parameters are made.
    pub start: StartKind,
    /// Covariance of a point-type start; `None` where the start has no such option.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_covariance: Option<StartCovariance>,
    /// What is done about singular covariances; `None` where the method has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// The same in the words of the records.
    #[serde(skip)]
    pub factors: Arc<Factors>,
    /// Hash of all that determines the cell's runs but the replicate; no number of a run enters.
    #[serde(skip)]
    pub digest: [u8; 32],
}

impl Plan {
    /// The plan of one cell on one file, which records nothing but the ends.
    pub fn single(
        file: &str,
        seed: u64,
        sample: Arc<Sample>,
        (k, replicates): (u32, u32),
        (method, covariance, start, policy): (Method, Covariance, StartKind, Policy),
        stop: Vec<StopRule>,
        given: Option<GivenStart>,
    ) -> Self {
        let record =
            Record { trace_stride: u32::MAX, full_traces: 0, start_parameters: false, failure_parameters: false };
        let mut plan = Self {
            name: "fit".to_owned(),
            seed,
            record,
            stop,
            starts: Starts::new(given.into_iter().collect()),
            datasets: vec![DatasetPlan::single(file, sample, k, replicates)],
            cells: Vec::new(),
        };
        let mixture = method == Method::Em;
        plan.cells = vec![grid::single(
            k,
            replicates,
            method,
            mixture.then_some(covariance),
            start,
            mixture.then_some(policy),
            &plan,
        )];
        plan
    }

    /// Number of runs.
    pub fn runs(&self) -> u32 {
        self.cells.last().map_or(0, |cell| cell.first_run + cell.replicates)
    }

    /// The cell of a run, and the number of the start within it.
    ///
    /// # Panics
    /// If there is no such run.
    pub fn locate(&self, run: u32) -> (&Cell, u32) {
        let after = self.cells.partition_point(|cell| cell.first_run <= run);
        let cell = &self.cells[after - 1];
        assert!(run - cell.first_run < cell.replicates, "run {run} of {}", self.runs());
        (cell, run - cell.first_run)
    }

    /// Every (data set, draw), in order.
    pub fn draws(&self) -> impl Iterator<Item = (usize, u32)> {
        self.datasets.iter().enumerate().flat_map(|(i, dataset)| (0..dataset.draws).map(move |draw| (i, draw)))
    }

    /// SHA-256 of the plan's canonical JSON, in 64 hexadecimal digits.
    pub fn hash(&self) -> String {
        seeds::hex(&seeds::digest(self))
    }

    /// The stop rules as recorded.
    pub fn stop_label(&self) -> String {
        self.stop.iter().map(|rule| rule.label()).collect::<Vec<_>>().join(",")
    }

    /// The plan as a TOML file.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let hash = self.hash();
        Ok(format!("# What was run, resolved from config.toml. Plan hash: {hash}\n\n{}", toml::to_string(self)?))
    }
}
