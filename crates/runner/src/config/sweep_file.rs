//! What was typed: the config file as plain structs. Nothing is resolved here; every check beyond "is it the right
//! shape" belongs to the plan. The JSON schema and the documentation of every key come from these types.

use super::filter_file::FilterFile;
use super::start_file::StartFile;
use crate::kinds::{Covariance, Method, Policy, Standardise, StartCovariance, StartKind, StopNumber, StopRule};
use schemars::JsonSchema;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

/// A study: data sets × grid × replicates, every start a row of the results.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SweepFile {
    /// Name of the study; the results go to `results/NAME`. Letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Seed of the whole study (0 to 2⁶³ − 1). Data and starts are keyed by it.
    pub seed: u64,
    /// Starts per cell of the grid.
    pub replicates: u32,
    /// The data sets.
    pub dataset: DatasetsFile,
    /// The factors; every combination is a cell.
    pub grid: GridFile,
    /// Options of the starts.
    #[serde(default, skip_serializing_if = "StartFile::is_default")]
    pub start: StartFile,
    /// When a run ends: any of these rules; the first that matches, in the order of the file, names the reason.
    pub stop: StopFile,
    /// What is recorded.
    #[serde(default)]
    pub record: RecordFile,
    /// If there are any, only cells that match at least one of these are run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<FilterFile>,
    /// Cells that match any of these are not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<FilterFile>,
}

/// The data sets by where they come from. They run in the order builtin, mixture, overlap, csv.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatasetsFile {
    /// Data sets that the program carries with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builtin: Vec<BuiltinFile>,
    /// Samples drawn from a Gaussian mixture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixture: Vec<MixtureFile>,
    /// Samples drawn from a Gaussian mixture whose components overlap by a given amount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlap: Vec<OverlapFile>,
    /// CSV files with a header line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub csv: Vec<CsvFile>,
}

/// A data set that the program carries with it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BuiltinFile {
    /// Which one (`runner --list` names them).
    pub id: String,
    /// Which variant, where there are several; the first one that `runner --list` names if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Name in the records; the id, with the variant where there are several, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Numbers of components K.
    pub components: Vec<u32>,
    /// Names of the columns to use; all if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Scaling of the columns.
    #[serde(default = "unscaled")]
    pub standardise: Standardise,
    /// Starts per cell, instead of the study's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<u32>,
}

/// A sample drawn from a Gaussian mixture; the component that made a row is its true class.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MixtureFile {
    /// Name in the records.
    pub id: String,
    /// Rows of each sample.
    pub n: u32,
    /// Weights of the components; they sum to one.
    pub weights: Vec<f64>,
    /// Mean of each component, d numbers each.
    pub means: Vec<Vec<f64>>,
    /// Covariance of each component: d rows of d numbers, symmetric and positive definite.
    pub covariances: Vec<Vec<Vec<f64>>>,
    /// Numbers of components K to fit.
    pub components: Vec<u32>,
    /// How many samples are drawn.
    #[serde(default = "one")]
    pub draws: u32,
    /// Scaling of the columns.
    #[serde(default = "unscaled")]
    pub standardise: Standardise,
    /// Starts per cell and draw, instead of the study's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<u32>,
}

/// A sample drawn from a Gaussian mixture whose components overlap by a given amount (Maitra & Melnykov 2010). The mixture is drawn once
/// for the study; the overlap of two components is the sum of the chances that a row of one looks more like one of the other.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OverlapFile {
    /// Name in the records.
    pub id: String,
    /// Rows of each sample.
    pub n: u32,
    /// Number of components of the mixture, at least 2.
    pub k: u32,
    /// Number of features.
    pub d: u32,
    /// Average overlap over all pairs of components, between 0 and 1. Give this, `maximum`, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Largest overlap of a pair, between 0 and 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Largest eccentricity √(1 − smallest/largest eigenvalue) of a covariance, at least 0 and below 1.
    #[serde(default = "eccentric")]
    pub eccentricity: f64,
    /// Whether covariances are multiples of the identity.
    #[serde(default)]
    pub spherical: bool,
    /// Whether all components have one covariance.
    #[serde(default)]
    pub homogeneous: bool,
    /// Smallest weight, the others are random; all weights are equal if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest_weight: Option<f64>,
    /// Number of the mixture: another number gives another mixture with this overlap.
    #[serde(default)]
    pub mixture: u32,
    /// Numbers of components K to fit.
    pub components: Vec<u32>,
    /// How many samples are drawn.
    #[serde(default = "one")]
    pub draws: u32,
    /// Scaling of the columns.
    #[serde(default = "unscaled")]
    pub standardise: Standardise,
    /// Starts per cell and draw, instead of the study's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<u32>,
}

/// A CSV file with a header line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CsvFile {
    /// Name in the records.
    pub id: String,
    /// The file, relative to the folder of the config.
    pub path: String,
    /// Names of the columns to use; all but label and weight if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Name of the column with the true classes, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Name of the column with the weights of the rows, if there is one: 2 stands for the row twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Numbers of components K.
    pub components: Vec<u32>,
    /// Scaling of the columns.
    #[serde(default = "unscaled")]
    pub standardise: Standardise,
    /// Starts per cell, instead of the study's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicates: Option<u32>,
}

/// The factors. One that does not apply to a method (covariance and policy for k-means, the start covariance for most starts) is collapsed, not multiplied.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GridFile {
    /// What is fitted.
    pub method: Vec<Method>,
    /// Covariance structures.
    #[serde(default = "full")]
    pub covariance: Vec<Covariance>,
    /// How the starting parameters are made.
    pub start: Vec<StartKind>,
    /// Covariances of the point-type starts; the others have none, or one of their own.
    #[serde(default = "total")]
    pub start_covariance: Vec<StartCovariance>,
    /// What is done against singular covariances, or about them.
    #[serde(default = "stop")]
    pub policy: Vec<Policy>,
}

/// Stop rules. Those left out do not apply.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StopFile {
    /// The iteration limit.
    pub max_iterations: u32,
    /// Stop when the gain of log-likelihood is at most this times the number of rows.
    pub gain_per_row: Option<f64>,
    /// Stop when the gain of log-likelihood is at most this times (1 + |log-likelihood|).
    pub relative_gain: Option<f64>,
    /// Stop when the gain of log-likelihood is at most this.
    pub absolute_gain: Option<f64>,
    /// Stop when the largest change of a parameter, in units of the total covariance, is at most this.
    pub parameter_change: Option<f64>,
    /// Stop when the gain that is left by Aitken's projection is at most this times the number of rows.
    pub aitken: Option<f64>,
    /// Stop as scikit-learn does: the change of the mean log-likelihood in the step before the last is below this.
    pub scikit_learn: Option<f64>,
    /// Stop as mclust does: the absolute change is at most this times (1 + |log-likelihood|), falls included.
    pub mclust: Option<f64>,
    /// Stop, not converged, when there was no new best objective for this share of the iterations, from the tenth on.
    pub no_improvement: Option<f64>,
    /// Stop, not converged, after this number of E-passes.
    pub e_passes: Option<u32>,
    /// The names in the order of the file, which serde does not tell; filled in by the document.
    #[serde(skip)]
    pub order: Vec<String>,
}

impl StopFile {
    /// The rules in the order of the file.
    pub fn rules(&self) -> Vec<StopRule> {
        let mut rules = vec![StopRule::MaxIterations(self.max_iterations)];
        rules.extend(self.gain_per_row.map(StopRule::GainPerRow));
        rules.extend(self.relative_gain.map(StopRule::RelativeGain));
        rules.extend(self.absolute_gain.map(StopRule::AbsoluteGain));
        rules.extend(self.parameter_change.map(StopRule::ParameterChange));
        rules.extend(self.aitken.map(StopRule::Aitken));
        rules.extend(self.scikit_learn.map(StopRule::ScikitLearn));
        rules.extend(self.mclust.map(StopRule::Mclust));
        rules.extend(self.no_improvement.map(StopRule::NoImprovement));
        rules.extend(self.e_passes.map(StopRule::EPasses));
        rules.sort_by_key(|rule| self.order.iter().position(|name| name == rule.name()));
        rules
    }
}

/// In the order of the file, so that a printed config means the same.
impl Serialize for StopFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for rule in self.rules() {
            match rule.number() {
                StopNumber::Count(count) => map.serialize_entry(rule.name(), &count)?,
                StopNumber::Tolerance(tolerance) => map.serialize_entry(rule.name(), &tolerance)?,
            }
        }
        map.end()
    }
}

/// What is recorded beyond one row per run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RecordFile {
    /// Every how many iterations a row of the trace is kept. The first, the last, those with an event and the last 16 of a
    /// failed run always are.
    pub trace_stride: u32,
    /// Number of replicates of each cell, from the first, whose trace is kept whole in spite of the stride.
    pub full_traces: u32,
    /// Whether the starting parameters are kept.
    pub start_parameters: bool,
    /// Whether the last good parameters of failed runs are kept.
    pub failure_parameters: bool,
}

impl Default for RecordFile {
    fn default() -> Self {
        Self { trace_stride: 1, full_traces: 0, start_parameters: true, failure_parameters: true }
    }
}

fn one() -> u32 {
    1
}

fn eccentric() -> f64 {
    0.9
}

fn unscaled() -> Standardise {
    Standardise::None
}

fn full() -> Vec<Covariance> {
    vec![Covariance::Full]
}

fn total() -> Vec<StartCovariance> {
    vec![StartCovariance::Total]
}

fn stop() -> Vec<Policy> {
    vec![Policy::Stop]
}

/// The JSON schema of the config, for editors.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(SweepFile)).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_schema_is_fresh() {
        let fresh = schema();
        let checked_in = include_str!("../../../../schemas/sweep.schema.json");
        assert!(fresh == checked_in, "run: cargo run -p runner -- schema > schemas/sweep.schema.json");
    }

    #[test]
    fn every_key_is_documented() {
        let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
        let mut structs = vec![&schema];
        structs.extend(schema["$defs"].as_object().unwrap().values());
        let properties = structs.iter().filter_map(|one| one["properties"].as_object()).flatten();
        let mut count = 0;
        for (key, property) in properties {
            assert!(property["description"].is_string(), "{key} has no description: {property}");
            count += 1;
        }
        assert!(count > 40, "{count}");
    }
}
