//! Samples to fit: embedded, drawn from a known mixture, or read from a file.
//!
//! Every way in ends in a [`Sample`]: n rows of d finite numbers with column names, the true labels where they are known,
//! and a [`Fingerprint`] of the values. What this crate does not know: models, seeds' origin, configuration, records. It
//! prints nothing, and reads no file but the one it is asked for.
//!
//! | module | what it holds |
//! |---|---|
//! | [`sample`] | the sample; choosing and standardising columns |
//! | [`builtin`](mod@builtin) | the table of embedded samples |
//! | [`iris`], [`faithful`], [`diabetes`], [`acidity`], [`galaxies`], [`mcycle`] | one embedded sample each |
//! | [`synthetic`] | Gaussian mixtures with known parameters |
//! | [`overlap`] | overlap of components, and mixtures of a given overlap |
//! | [`tabular`] | files with one observation per row |
//! | [`fingerprint`] | the identity of the values |
//! | [`error`], [`recipe_error`] | what can be wrong |
//!
//! A further embedded sample is one file beside [`iris`] and one line in [`BUILTIN`].

pub mod acidity;
pub mod builtin;
pub mod diabetes;
pub mod error;
pub mod faithful;
pub mod fingerprint;
pub mod galaxies;
pub mod iris;
pub mod mcycle;
pub mod overlap;
pub mod recipe_error;
pub mod sample;
pub mod synthetic;
pub mod tabular;

pub use builtin::{BUILTIN, Builtin, Variant, builtin, find};
pub use error::DatasetError;
pub use fingerprint::Fingerprint;
pub use recipe_error::RecipeError;
pub use sample::{Sample, Truth};
pub use synthetic::MixtureRecipe;
pub use tabular::{CsvErrors, CsvFault, CsvOptions, FaultKind, FileOptions};
