//! Mixtures: p(x) = Σ_k π_k f_k(x), with Gaussian components of several covariance structures.
//!
//! | module | what it holds |
//! |---|---|
//! | [`emission`] | K densities at once, what a component family must provide |
//! | [`mixture`](mod@mixture) | weights + emission = a latent-variable model |
//! | [`gaussian`] | Gaussian emissions, one file per covariance structure |
//! | [`parameters`] | weights, means and covariances as plain numbers |
//! | [`start`] | kinds of start, one file per family |
//! | [`fitted`] | a fitted mixture that is kept: prediction, scores, draws |
//! | [`policy`] | what becomes of a component that breaks down |
//! | [`criteria`] | BIC, AIC, ICL; Hathaway's ratio and coincidence of an end |
//! | [`cause`] | why a covariance became singular |
//!
//! What this crate does not know: files, tables, configuration.

pub mod cause;
pub mod criteria;
pub mod emission;
mod factors;
pub mod fitted;
pub mod gaussian;
pub mod mixture;
pub mod parameters;
pub mod policy;
pub mod start;

pub use cause::{Cause, Diagnosis, diagnose};
pub use emission::Emission;
pub use fitted::{FittedError, FittedMixture};
pub use gaussian::{Constraint, CovarianceStructure, Full, Gaussian, Reference, Structure};
pub use mixture::Mixture;
pub use parameters::MixtureParameters;
pub use start::{Start, StartError};
