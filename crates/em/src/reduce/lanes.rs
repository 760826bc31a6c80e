//! What serial and threaded reduction share: the lanes and their merge.

use crate::batch::{Buffer, Dataset};
use crate::failure::Interrupted;
use crate::model::LatentModel;
use std::ops::Range;

/// Upper bound of the number of lanes. More would only matter on machines with more than 16 cores, and each costs a
/// vector of statistics.
pub const MAX_LANES: usize = 16;

/// Number of lanes for a data set of `batches` batches: a function of n alone.
pub fn lane_count(batches: usize) -> usize {
    batches.clamp(1, MAX_LANES)
}

/// One lane: a run of batches, its statistics and its working memory.
pub(super) struct Lane<S> {
    batches: Range<usize>,
    stats: Vec<f64>,
    objective: Result<f64, Interrupted>,
    scratch: S,
    buffer: Buffer,
}

pub(super) fn make<M: LatentModel>(model: &M, data: &impl Dataset) -> Vec<Lane<M::Scratch>> {
    let batches = data.batches();
    let lanes = lane_count(batches);
    (0..lanes)
        .map(|lane| Lane {
            batches: lane * batches / lanes..(lane + 1) * batches / lanes,
            stats: vec![0.0; model.stats_len()],
            objective: Ok(0.0),
            scratch: model.scratch(data.max_len()),
            buffer: Buffer::default(),
        })
        .collect()
}

impl<S> Lane<S> {
    /// Sums the lane's batches in order.
    pub(super) fn run<M: LatentModel<Scratch = S>>(&mut self, model: &M, data: &impl Dataset) {
        self.stats.fill(0.0);
        let mut objective = 0.0;
        for i in self.batches.clone() {
            match data.batch(i, &mut self.buffer) {
                Ok(batch) => objective += model.accumulate(batch, &mut self.stats, &mut self.scratch),
                Err(error) => {
                    self.objective = Err(error.into());
                    return;
                }
            }
        }
        model.flush(&mut self.stats, &mut self.scratch);
        self.objective = Ok(objective);
    }
}

/// Adds the lanes in order into `total`.
pub(super) fn merge<S>(lanes: &mut [Lane<S>], total: &mut [f64]) -> Result<f64, Interrupted> {
    let mut objective = 0.0;
    for (i, lane) in lanes.iter_mut().enumerate() {
        objective += std::mem::replace(&mut lane.objective, Ok(0.0))?;
        if i == 0 {
            total.copy_from_slice(&lane.stats);
        } else {
            for (sum, &value) in total.iter_mut().zip(&lane.stats) {
                *sum += value;
            }
        }
    }
    Ok(objective)
}
