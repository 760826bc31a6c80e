//! The data sets of a plan.

mod resolve;

pub use resolve::datasets;

use crate::kinds::Standardise;
use datasets::{DatasetError, MixtureRecipe, Sample};
use mixture::MixtureParameters;
use serde::Serialize;
use std::sync::Arc;

/// A data set, ready to be drawn.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetPlan {
    /// Name in the records.
    pub name: String,
    /// Rows n of each draw.
    pub n: u32,
    /// Features d.
    pub d: u32,
    /// Names of the features.
    pub columns: Vec<String>,
    /// Scaling of the columns.
    pub standardise: Standardise,
    /// Numbers of components K to fit.
    pub components: Vec<u32>,
    /// How many samples there are; 1 unless it is synthetic.
    pub draws: u32,
    /// Starts per cell.
    pub replicates: u32,
    /// Lanes of the E-step: they decide the order of sums, and follow from n alone.
    pub lanes: u32,
    /// SHA-256 of the values as they are fitted; `None` if they are drawn (then the recipe and the seed determine them).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// The values, or how to make them.
    #[serde(skip)]
    values: Values,
}

/// Where a data set comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Embedded in the program.
    Builtin {
        /// Which.
        id: String,
        /// Which form, where there are several.
        #[serde(skip_serializing_if = "Option::is_none")]
        variant: Option<String>,
    },
    /// Drawn from a Gaussian mixture.
    Mixture {
        /// Weights of the components.
        weights: Vec<f64>,
        /// Their means.
        means: Vec<Vec<f64>>,
        /// Their covariances.
        covariances: Vec<Vec<Vec<f64>>>,
    },
    /// A file given on the command line.
    File {
        /// The file as typed.
        path: String,
    },
    /// Read from a CSV file.
    Csv {
        /// The file as typed.
        path: String,
    },
}

#[derive(Clone, Debug)]
enum Values {
    Fixed(Arc<Sample>),
    Drawn(MixtureRecipe),
}

impl DatasetPlan {
    /// One file that was read already.
    pub fn single(file: &str, sample: Arc<Sample>, k: u32, replicates: u32) -> Self {
        Self {
            name: file.to_owned(),
            n: u32::try_from(sample.n).unwrap_or(u32::MAX),
            d: u32::try_from(sample.d).unwrap_or(u32::MAX),
            columns: sample.columns.clone(),
            standardise: Standardise::None,
            components: vec![k],
            draws: 1,
            replicates,
            lanes: lanes(sample.n),
            fingerprint: Some(sample.fingerprint.to_string()),
            source: Source::File { path: file.to_owned() },
            values: Values::Fixed(sample),
        }
    }

    /// Number of true classes, where the truth is known.
    pub fn classes(&self) -> Option<usize> {
        match &self.values {
            Values::Fixed(sample) => sample.truth.as_ref().map(|truth| truth.names.len()),
            Values::Drawn(recipe) => Some(recipe.components()),
        }
    }

    /// The mixture that the values are drawn from, in their units: not where they are standardised.
    pub fn truth(&self) -> Option<MixtureParameters> {
        match (&self.values, &self.source, self.standardise) {
            (Values::Drawn(_), Source::Mixture { weights, means, covariances }, Standardise::None) => {
                Some(MixtureParameters {
                    weights: weights.clone(),
                    means: means.concat(),
                    covariances: covariances.iter().flat_map(|matrix| matrix.concat()).collect(),
                })
            }
            _ => None,
        }
    }

    /// The sample of one draw, made with the seed of [`crate::seeds::data_seed`] if it is synthetic.
    pub fn sample(&self, seed: [u8; 32]) -> Result<Arc<Sample>, DatasetError> {
        match &self.values {
            Values::Fixed(sample) => Ok(Arc::clone(sample)),
            Values::Drawn(recipe) => scaled(recipe.draw(seed), self.standardise).map(Arc::new),
        }
    }
}

fn scaled(sample: Sample, standardise: Standardise) -> Result<Sample, DatasetError> {
    match standardise {
        Standardise::None => Ok(sample),
        Standardise::Sd => sample.standardise_sd(),
    }
}

fn lanes(n: usize) -> u32 {
    u32::try_from(em::reduce::lane_count(n.div_ceil(em::batch::BATCH_ROWS))).unwrap_or(u32::MAX)
}
