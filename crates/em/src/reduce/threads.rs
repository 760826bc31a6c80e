//! Lanes on the threads of the current rayon pool: for one big job. Bitwise the same result as [`Serial`](super::Serial).

use super::Reducer;
use super::lanes::{self, Lane};
use crate::batch::Dataset;
use crate::failure::Interrupted;
use crate::model::LatentModel;
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

/// Runs the lanes on the current rayon pool.
pub struct Threads<M: LatentModel>(Vec<Lane<M::Scratch>>);

impl<M: LatentModel> Default for Threads<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: LatentModel> Reducer<M> for Threads<M> {
    fn prepare(&mut self, model: &M, data: &impl Dataset) {
        self.0 = lanes::make(model, data);
    }

    fn reduce(&mut self, model: &M, data: &impl Dataset, total: &mut [f64]) -> Result<f64, Interrupted> {
        self.0.par_iter_mut().for_each(|lane| lane.run(model, data));
        lanes::merge(&mut self.0, total)
    }
}
