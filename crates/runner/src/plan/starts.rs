//! Options of the starts, and the starts that the user gives.

use super::DatasetPlan;
use super::resolve::Errors;
use crate::config::diagnostics::{Diagnostic, suggestion};
use crate::config::start_file::{CemFile, EmEmFile, GivenFile, PerturbedFile, RndEmFile, SemFile, StartFile};
use crate::config::sweep_file::SweepFile;
use crate::kinds::StartKind;
use crate::seeds;
use datasets::{CsvOptions, Sample};
use em::Batch;
use mixture::MixtureParameters;
use mixture::start::{self, Start, StartError};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Options of all starts.
#[derive(Clone, Debug, Serialize)]
pub struct Starts {
    /// Short runs of EM.
    pub em_em: EmEmFile,
    /// Random points that are only looked at.
    pub rnd_em: RndEmFile,
    /// Runs of classification EM.
    pub cem: CemFile,
    /// Chains of stochastic EM.
    pub sem: SemFile,
    /// How far an optimum is moved.
    pub perturbed: PerturbedFile,
    /// The user's own starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<GivenStart>,
}

/// A start of the user's own.
#[derive(Clone, Debug, Serialize)]
pub struct GivenStart {
    /// Index of the data set in the plan.
    pub dataset: usize,
    /// Number of components K.
    pub k: u32,
    /// The file as typed.
    pub file: String,
    /// Hash of its numbers.
    pub fingerprint: String,
    /// What it states.
    #[serde(skip)]
    values: GivenValues,
}

/// What a file of the user states.
#[derive(Clone, Debug, Serialize)]
enum GivenValues {
    /// Weights, means, covariances.
    Parameters(MixtureParameters),
    /// A component for each row.
    Labels(Vec<u32>),
    /// n × K, row-major.
    Responsibilities(Vec<f64>),
}

impl GivenStart {
    /// The start for `data`.
    pub fn start(&self, data: Batch<'_>) -> Result<Start, StartError> {
        self.values.start(data, self.k as usize)
    }
}

impl GivenValues {
    fn start(&self, data: Batch<'_>, k: usize) -> Result<Start, StartError> {
        match self {
            Self::Parameters(parameters) => start::given_parameters(parameters.clone(), k, data.dimension),
            Self::Labels(labels) => start::given_labels(data, k, labels),
            Self::Responsibilities(values) => start::given_responsibilities(data, k, values),
        }
    }

    /// The number of components that it is for, with data of `n` rows.
    fn components(&self, n: usize) -> usize {
        match self {
            Self::Parameters(parameters) => parameters.components(),
            Self::Labels(labels) => labels.iter().max().map_or(0, |label| *label as usize + 1),
            Self::Responsibilities(values) => values.len() / n.max(1),
        }
    }
}

impl Starts {
    /// Default options.
    pub fn new(given: Vec<GivenStart>) -> Self {
        Self::of(&StartFile::default(), given)
    }

    fn of(options: &StartFile, given: Vec<GivenStart>) -> Self {
        let StartFile { em_em, rnd_em, cem, sem, perturbed, .. } = *options;
        Self { em_em, rnd_em, cem, sem, perturbed, given }
    }

    /// The user's start for a data set and number of components.
    pub fn given(&self, dataset: usize, k: u32) -> Option<&GivenStart> {
        self.given.iter().find(|given| given.dataset == dataset && given.k == k)
    }

    /// What besides its name determines a start of this kind: the options, or the numbers given.
    pub fn key(&self, kind: StartKind, dataset: usize, k: u32) -> Option<serde_json::Value> {
        let given = || self.given(dataset, k).map(|given| given.fingerprint.clone());
        let value = match kind {
            StartKind::EmEm => serde_json::to_value(self.em_em),
            StartKind::RndEm => serde_json::to_value(self.rnd_em),
            StartKind::Cem => serde_json::to_value(self.cem),
            StartKind::Sem => serde_json::to_value(self.sem),
            StartKind::Perturbed => serde_json::to_value((self.perturbed, given())),
            StartKind::Given => serde_json::to_value(given()),
            _ => return None,
        };
        value.ok()
    }
}

/// The start in a file, for `sample`, the data set with index `dataset`.
pub fn read_given(path: &Path, sample: &Sample, dataset: usize) -> Result<GivenStart, String> {
    let values = values(path)?;
    let k = values.components(sample.n);
    // A component that breaks down is a result of the run.
    if let Err(StartError::Given(misfit)) = values.start(sample.rows().all(), k) {
        return Err(misfit.to_string());
    }
    let fingerprint = seeds::hex(&seeds::digest(&values));
    let k = u32::try_from(k).map_err(|error| error.to_string())?;
    Ok(GivenStart { dataset, k, file: path.display().to_string(), fingerprint, values })
}

/// Checks the options and reads the files, relative to `folder`.
pub fn starts(file: &SweepFile, folder: &Path, datasets: &[DatasetPlan], errors: &mut Errors<'_>) -> Starts {
    let options = &file.start;
    errors.at_least_one(options.em_em.runs, "start.em-em.runs", "short runs");
    errors.at_least_one(options.em_em.max_iterations, "start.em-em.max-iterations", "iterations");
    errors.at_least_one(options.rnd_em.runs, "start.rnd-em.runs", "random points");
    errors.at_least_one(options.cem.runs, "start.cem.runs", "runs");
    errors.at_least_one(options.sem.runs, "start.sem.runs", "chains");
    let numbers = [
        ("em-em.tolerance", options.em_em.tolerance),
        ("perturbed.shift", options.perturbed.shift),
        ("perturbed.spread", options.perturbed.spread),
    ];
    for (key, number) in numbers {
        if !(number >= 0.0 && number.is_finite()) {
            errors.push(
                Diagnostic::new(format!("`start.{key}` cannot be {number}"))
                    .at(errors.span(&format!("start.{key}")), "expected a finite number of at least 0"),
            );
        }
    }
    let mut given: Vec<GivenStart> = Vec::new();
    for (i, entry) in options.given.iter().enumerate() {
        let Some(start) = read(entry, &format!("start.given[{i}]"), folder, datasets, errors) else { continue };
        if given.iter().any(|other| (other.dataset, other.k) == (start.dataset, start.k)) {
            let what = format!("two starts are given for data set `{}` with K = {}", entry.dataset, start.k);
            let place = errors.span(&format!("start.given[{i}]"));
            errors.push(Diagnostic::new(what).at(place, "the second one").help("keep one of them, or run two studies"));
        }
        given.push(start);
    }
    Starts::of(options, given)
}

fn read(
    entry: &GivenFile,
    at: &str,
    folder: &Path,
    datasets: &[DatasetPlan],
    errors: &mut Errors<'_>,
) -> Option<GivenStart> {
    let Some(dataset) = datasets.iter().position(|one| one.name == entry.dataset) else {
        // A data set that could not be read has said so.
        if errors.none() {
            errors.push(
                Diagnostic::new(format!("unknown data set `{}` in `start.given`", entry.dataset))
                    .at(errors.span(&format!("{at}.dataset")), "no data set of this study has this name")
                    .help(suggestion(&entry.dataset, datasets.iter().map(|one| one.name.as_str()))),
            );
        }
        return None;
    };
    // Any draw has the shape of all.
    let sample = datasets[dataset].sample([0; 32]).map_err(|error| error.to_string());
    match sample.and_then(|sample| read_given(&folder.join(&entry.file), &sample, dataset)) {
        Ok(given) => Some(GivenStart { file: entry.file.clone(), ..given }),
        Err(reason) => {
            errors.push(
                Diagnostic::new(format!("the start of data set `{}` cannot be used", entry.dataset))
                    .at(errors.span(&format!("{at}.file")), "relative to the folder of the config")
                    .note(reason),
            );
            None
        }
    }
}

/// A model as `runner fit` saves it, or its parameters alone.
#[derive(Deserialize)]
struct ModelFile {
    parameters: MixtureParameters,
}

fn values(path: &Path) -> Result<GivenValues, String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let text = || std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    match extension {
        "toml" => {
            let text = text()?;
            let model = toml::from_str::<ModelFile>(&text).map(|model| model.parameters);
            model.or_else(|error| toml::from_str(&text).map_err(|_| error.to_string())).map(GivenValues::Parameters)
        }
        "json" => {
            let text = text()?;
            let model = serde_json::from_str::<ModelFile>(&text).map(|model| model.parameters);
            model
                .or_else(|error| serde_json::from_str(&text).map_err(|_| error.to_string()))
                .map(GivenValues::Parameters)
        }
        "csv" => {
            let sample = CsvOptions::new(path).read().map_err(|error| error.to_string())?;
            if sample.d > 1 {
                return Ok(GivenValues::Responsibilities(sample.x));
            }
            let label = |(row, &value): (usize, &f64)| {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared right after")]
                let label = value as u32;
                if f64::from(label) == value { Ok(label) } else { Err(format!("row {}: {value} is no label", row + 1)) }
            };
            sample.x.iter().enumerate().map(label).collect::<Result<_, _>>().map(GivenValues::Labels)
        }
        other => Err(format!("`.{other}` is none of .toml, .json (a model) and .csv (labels or responsibilities)")),
    }
}
