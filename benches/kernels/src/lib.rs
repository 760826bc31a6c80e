//! What the benches share: samples from seeded mixtures, models at the truth, the peak of this machine.

pub mod clock;
pub mod kind;
pub mod peak;
pub mod sample;

use clock::{Clock, Seconds};
use em::reduce::Chosen;
use em::stop::MaxIterations;
use em::{LatentModel, Plain, Rows, Stopping};
use linalg::{Level, Total};
use mixture::{Constraint, Mixture, MixtureParameters, Reference, Structure};
use std::sync::Arc;

/// The mixture with these parameters, judged against the sample.
pub fn model<S: Structure>(x: &[f64], d: usize, parameters: &MixtureParameters, level: Level) -> Mixture<S> {
    let total = Total::new(x, d, &[]).expect("the sample varies in every direction");
    model_in(&Arc::new(Reference::new(total)), parameters, level)
}

/// The mixture with these parameters, judged against a known reference.
pub fn model_in<S: Structure>(reference: &Arc<Reference>, parameters: &MixtureParameters, level: Level) -> Mixture<S> {
    let (emission, _) =
        S::from_parameters(parameters, reference, Constraint::None, level).expect("the parameters are regular");
    Mixture::new(parameters.weights.clone(), emission)
}

/// Seconds of the fastest of `iterations` full iterations of `em::fit`: E-pass, M-step, ΔQ, KL, health, trace row.
/// With more than one thread call it inside the pool.
pub fn seconds_per_iteration<M: LatentModel>(
    x: &[f64],
    d: usize,
    model: M,
    iterations: u32,
    threads: usize,
) -> Seconds {
    clocked(x, d, model, iterations, threads).fastest()
}

/// When each of `iterations` full iterations ended.
pub fn clocked<M: LatentModel>(x: &[f64], d: usize, model: M, iterations: u32, threads: usize) -> Clock {
    let mut clock = Clock::default();
    let mut stopping = Stopping::new().or(MaxIterations { limit: iterations });
    let reducer = Chosen::new(threads > 1);
    em::fit(&Rows::new(x, d, &[]), model, reducer, &mut Plain, &mut stopping, &mut clock).expect("data in memory");
    clock
}
