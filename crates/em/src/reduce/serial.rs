//! One lane after another on the calling thread: for many small jobs that are themselves run in parallel.

use super::Reducer;
use super::lanes::{self, Lane};
use crate::batch::Dataset;
use crate::failure::Interrupted;
use crate::model::LatentModel;

/// Runs the lanes one after another.
pub struct Serial<M: LatentModel>(Vec<Lane<M::Scratch>>);

impl<M: LatentModel> Default for Serial<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: LatentModel> Reducer<M> for Serial<M> {
    fn prepare(&mut self, model: &M, data: &impl Dataset) {
        self.0 = lanes::make(model, data);
    }

    fn reduce(&mut self, model: &M, data: &impl Dataset, total: &mut [f64]) -> Result<f64, Interrupted> {
        for lane in &mut self.0 {
            lane.run(model, data);
        }
        lanes::merge(&mut self.0, total)
    }
}
