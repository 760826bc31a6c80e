//! Serial or threaded, chosen at run time: the numbers are the same, and a program that needs both compiles one loop.

use super::{Reducer, Serial, Threads};
use crate::batch::Dataset;
use crate::failure::Interrupted;
use crate::model::LatentModel;

/// One of the two.
pub enum Chosen<M: LatentModel> {
    /// One lane after another on the calling thread.
    Serial(Serial<M>),
    /// On the current rayon pool.
    Threads(Threads<M>),
}

impl<M: LatentModel> Chosen<M> {
    /// Threads if `threads`.
    pub fn new(threads: bool) -> Self {
        if threads { Self::Threads(Threads::default()) } else { Self::Serial(Serial::default()) }
    }
}

impl<M: LatentModel> Reducer<M> for Chosen<M> {
    fn prepare(&mut self, model: &M, data: &impl Dataset) {
        match self {
            Self::Serial(serial) => serial.prepare(model, data),
            Self::Threads(threads) => threads.prepare(model, data),
        }
    }

    fn reduce(&mut self, model: &M, data: &impl Dataset, total: &mut [f64]) -> Result<f64, Interrupted> {
        match self {
            Self::Serial(serial) => serial.reduce(model, data, total),
            Self::Threads(threads) => threads.reduce(model, data, total),
        }
    }
}
