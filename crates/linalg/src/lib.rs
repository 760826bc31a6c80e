//! Kernels of the toolkit: factors with judgement, moments, log-sum-exp, whitening, distances.
//!
//! Conventions, everywhere in the workspace: `n` rows, `d` features, `k` components. Observations are stored row after
//! row (n × d, C order). Square matrices are row-major d × d; a lower factor L carries zeros above its diagonal.
//!
//! The SIMD kernels work on blocks in structure-of-arrays layout ([`kernels::Block`]) and choose their instruction set at
//! run time ([`Level`]); within one level every result is bitwise reproducible. What this crate does not know: models,
//! threads, files.

mod blocked;
pub mod diagnosis;
pub mod kernels;
mod logarithm;
pub mod moments;
pub mod spd;

pub use kernels::Level;
pub use logarithm::ln_ratio;
pub use moments::{Total, TotalError};
pub use spd::SpdFactor;
