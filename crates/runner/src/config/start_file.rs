//! `[start]` as typed: the options of the starts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of the starts; each concerns the starts of its name only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StartFile {
    /// Short runs of EM.
    #[serde(default)]
    pub em_em: EmEmFile,
    /// Random points that are only looked at.
    #[serde(default)]
    pub rnd_em: RndEmFile,
    /// Runs of classification EM.
    #[serde(default)]
    pub cem: CemFile,
    /// Chains of stochastic EM.
    #[serde(default)]
    pub sem: SemFile,
    /// How far an optimum is moved.
    #[serde(default)]
    pub perturbed: PerturbedFile,
    /// The user's own starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<GivenFile>,
}

impl StartFile {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Options of `em-em`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EmEmFile {
    /// Number of short runs.
    pub runs: u32,
    /// A short run ends when its last step gained at most this share of what the run has gained.
    pub tolerance: f64,
    /// Iterations that a short run takes at most.
    pub max_iterations: u32,
}

impl Default for EmEmFile {
    fn default() -> Self {
        let mixture::start::EmEm { runs, tolerance, max_iterations } = mixture::start::EmEm::default();
        Self { runs, tolerance, max_iterations }
    }
}

/// Options of `rnd-em`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RndEmFile {
    /// Number of random points that are looked at.
    pub runs: u32,
}

impl Default for RndEmFile {
    fn default() -> Self {
        Self { runs: mixture::start::RndEm::default().runs }
    }
}

/// Options of `cem`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CemFile {
    /// Number of runs.
    pub runs: u32,
    /// M-steps that a run takes at most.
    pub max_iterations: u32,
}

impl Default for CemFile {
    fn default() -> Self {
        let mixture::start::Cem { runs, max_iterations } = mixture::start::Cem::default();
        Self { runs, max_iterations }
    }
}

/// Options of `sem`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SemFile {
    /// Number of chains.
    pub runs: u32,
    /// Steps of a chain.
    pub iterations: u32,
}

impl Default for SemFile {
    fn default() -> Self {
        let mixture::start::Sem { runs, iterations } = mixture::start::Sem::default();
        Self { runs, iterations }
    }
}

/// Options of `perturbed`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PerturbedFile {
    /// Distance by which every mean moves, in units of its component's covariance.
    pub shift: f64,
    /// Standard deviation of the logarithm of the factor by which every covariance is multiplied.
    pub spread: f64,
}

impl Default for PerturbedFile {
    fn default() -> Self {
        Self { shift: 1.0, spread: 0.0 }
    }
}

/// A start of the user's own for one data set. Its number of components follows from the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GivenFile {
    /// Name of the data set in the records.
    pub dataset: String,
    /// Relative to the folder of the config. A model that `runner fit` saved (.toml or .json), or a .csv with a header and
    /// one column of labels (0 to K − 1) or K columns of responsibilities.
    pub file: String,
}
