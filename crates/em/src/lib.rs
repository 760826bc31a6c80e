//! The EM algorithm in its general form, written once.
//!
//! EM is two maps between two flat vector spaces. The E-step takes the parameters θ to the expected sufficient
//! statistics s (plain sums over rows); the M-step takes s to θ′, a maximiser of
//! Q(θ′; θ) = E\[log p(x, z | θ′) | x, θ\]. For every θ′,
//!
//! log L(θ′) − log L(θ) = [Q(θ′; θ) − Q(θ; θ)] + KL(p(z | x, θ) ‖ p(z | x, θ′)),
//!
//! and both terms are recorded at every iteration (Dempster, Laird & Rubin 1977, key `dempster1977`).
//!
//! The engine owns the vectors, a [`LatentModel`] only lays them out; from this one choice follow threads with bitwise
//! reproducible results, streaming, no allocation per iteration, and accelerators. What this crate does not know:
//! Gaussians, files, tables, configuration.
//!
//! | module | what it holds |
//! |---|---|
//! | [`fit()`] | the loop, on one screen |
//! | [`map`] | θ → s → θ′ with its bookkeeping |
//! | [`model`] | what a model must provide |
//! | [`batch`] | how rows reach a model |
//! | [`reduce`] | where the E-step runs |
//! | [`scheme`] | plain EM and accelerators |
//! | [`Skipping`] | whether an E-step leaves out what cannot matter |
//! | [`stop`] | when to stop |
//! | [`observe`] | the trace, one row per iteration |
//! | [`failure`] | what went wrong, as a value |
//! | [`policy`] | what is done about it |
//! | [`rate`] | the rate of convergence, from the Jacobian of the map |

pub mod batch;
pub mod failure;
pub mod fit;
pub mod map;
pub mod model;
pub mod observe;
pub mod policy;
pub mod rate;
pub mod reduce;
pub mod scheme;
mod skipping;
pub mod stop;

pub use batch::{Batch, Buffer, Dataset, ReadError, Rows};
pub use failure::{Breakdown, BreakdownKind, Failure, Interrupted, SingularCovariance, Stage};
pub use fit::{Begin, Fit, Outcome, fit, fit_with_remedies};
pub use map::EmMap;
pub use model::{Coordinates, Health, LatentModel};
pub use observe::{Event, Observer, TraceRow};
pub use policy::{FailurePolicy, Remedy, StopAtFailure};
pub use rate::{Jacobian, RateError};
pub use reduce::{Reducer, Serial, Threads};
pub use scheme::{Break, Plain, Scheme, Steps};
pub use skipping::Skipping;
pub use stop::{StopReason, StopRule, Stopping};
