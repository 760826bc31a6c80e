//! The names that a factor column may hold, and the facts that every file carries.
//!
//! Categories come from the plan, not from the data: a file has the same types whether or not a level occurs in it, and
//! levels keep the order of the config.

use crate::error::RecordsError;
use crate::rows::{End, FAILURE_CAUSES, FAILURE_KINDS, Moment, REMEDIES, RunOutcome};
use em::{Event, Stage, StopReason};
use polars::prelude::{DataType, FrozenCategories};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Version of the tables' columns; it changes whenever a column does.
pub const SCHEMA_VERSION: u32 = 2;

/// The levels of the factors, each in the order of the plan and without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Categories {
    /// Data set ids.
    pub dataset: Vec<String>,
    /// Methods.
    pub method: Vec<String>,
    /// Covariance structures.
    pub covariance: Vec<String>,
    /// Kinds of start.
    pub start: Vec<String>,
    /// Covariances of point-type starts.
    pub start_covariance: Vec<String>,
    /// Constraints and failure policies, with their parameters.
    pub policy: Vec<String>,
    /// Sets of stop rules, with their tolerances.
    pub stop: Vec<String>,
}

/// What config and data determine and every file states in its key-value metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Hash of the resolved plan.
    pub plan_hash: String,
    /// Name of the random number generator.
    pub rng: String,
    /// Version of the generator's crate.
    pub rng_version: String,
    /// Fingerprint of each data set by its id.
    pub datasets: BTreeMap<String, String>,
}

const VERSION_KEY: &str = "em.schema_version";
const PLAN_KEY: &str = "em.plan_hash";
const RNG_KEY: &str = "em.rng";
const RNG_VERSION_KEY: &str = "em.rng_version";
const DATASET_KEY: &str = "em.dataset.";

impl Metadata {
    /// Key and value pairs in a fixed order.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let fixed = [
            (VERSION_KEY, SCHEMA_VERSION.to_string()),
            (PLAN_KEY, self.plan_hash.clone()),
            (RNG_KEY, self.rng.clone()),
            (RNG_VERSION_KEY, self.rng_version.clone()),
        ];
        let datasets = self.datasets.iter().map(|(id, hash)| (format!("{DATASET_KEY}{id}"), hash.clone()));
        fixed.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(datasets).collect()
    }

    /// The inverse of [`pairs`](Self::pairs); keys of others are skipped.
    pub(crate) fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut metadata = Self::default();
        for (key, value) in pairs {
            match key {
                PLAN_KEY => value.clone_into(&mut metadata.plan_hash),
                RNG_KEY => value.clone_into(&mut metadata.rng),
                RNG_VERSION_KEY => value.clone_into(&mut metadata.rng_version),
                _ => {
                    if let Some(id) = key.strip_prefix(DATASET_KEY) {
                        metadata.datasets.insert(id.to_owned(), value.to_owned());
                    }
                }
            }
        }
        metadata
    }
}

/// A set of names. The first seven come from the plan, the others are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// [`Categories::dataset`].
    Dataset,
    /// [`Categories::method`].
    Method,
    /// [`Categories::covariance`].
    Covariance,
    /// [`Categories::start`].
    Start,
    /// [`Categories::start_covariance`].
    StartCovariance,
    /// [`Categories::policy`].
    Policy,
    /// [`Categories::stop`].
    Stop,
    /// [`StopReason::ALL`].
    StopReason,
    /// [`RunOutcome::ALL`].
    Outcome,
    /// [`End::ALL`].
    End,
    /// [`Stage::ALL`].
    Stage,
    /// [`FAILURE_KINDS`].
    Kind,
    /// [`FAILURE_CAUSES`].
    Cause,
    /// [`REMEDIES`].
    Remedy,
    /// [`Moment::ALL`].
    Moment,
    /// [`Event::NAMES`].
    Event,
}

impl Vocabulary {
    /// All vocabularies, in the order of their discriminants.
    pub const ALL: [Self; 16] = [
        Self::Dataset,
        Self::Method,
        Self::Covariance,
        Self::Start,
        Self::StartCovariance,
        Self::Policy,
        Self::Stop,
        Self::StopReason,
        Self::Outcome,
        Self::End,
        Self::Stage,
        Self::Kind,
        Self::Cause,
        Self::Remedy,
        Self::Moment,
        Self::Event,
    ];

    /// The name of the column that uses it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Method => "method",
            Self::Covariance => "covariance",
            Self::Start => "start",
            Self::StartCovariance => "start_covariance",
            Self::Policy => "policy",
            Self::Stop => "stop",
            Self::StopReason => "stop_reason",
            Self::Outcome => "outcome",
            Self::End => "end",
            Self::Stage => "stage",
            Self::Kind => "kind",
            Self::Cause => "cause",
            Self::Remedy => "remedy",
            Self::Moment => "moment",
            Self::Event => "event",
        }
    }

    /// The names, where they do not depend on the plan.
    pub fn fixed(self) -> Option<Vec<&'static str>> {
        Some(match self {
            Self::Dataset
            | Self::Method
            | Self::Covariance
            | Self::Start
            | Self::StartCovariance
            | Self::Policy
            | Self::Stop => return None,
            Self::StopReason => StopReason::ALL.map(StopReason::name).to_vec(),
            Self::Outcome => RunOutcome::ALL.map(RunOutcome::name).to_vec(),
            Self::End => End::ALL.map(End::name).to_vec(),
            Self::Stage => Stage::ALL.map(Stage::name).to_vec(),
            Self::Kind => FAILURE_KINDS.to_vec(),
            Self::Cause => FAILURE_CAUSES.to_vec(),
            Self::Remedy => REMEDIES.to_vec(),
            Self::Moment => Moment::ALL.map(Moment::name).to_vec(),
            Self::Event => Event::NAMES.to_vec(),
        })
    }
}

impl Categories {
    fn of(&self, vocabulary: Vocabulary) -> Vec<&str> {
        let planned = match vocabulary {
            Vocabulary::Dataset => &self.dataset,
            Vocabulary::Method => &self.method,
            Vocabulary::Covariance => &self.covariance,
            Vocabulary::Start => &self.start,
            Vocabulary::StartCovariance => &self.start_covariance,
            Vocabulary::Policy => &self.policy,
            Vocabulary::Stop => &self.stop,
            fixed => return fixed.fixed().unwrap_or_default(),
        };
        planned.iter().map(String::as_str).collect()
    }
}

/// One vocabulary as polars sees it, with the way from a name to its code.
#[derive(Debug)]
pub(crate) struct EnumType {
    pub names: Vec<String>,
    pub codes: HashMap<String, u32>,
    pub data_type: DataType,
}

/// All vocabularies; made once per store.
#[derive(Debug)]
pub(crate) struct EnumTypes(Vec<EnumType>);

impl EnumTypes {
    pub fn new(categories: &Categories) -> Result<Self, RecordsError> {
        let types = Vocabulary::ALL.iter().map(|&vocabulary| {
            let names = categories.of(vocabulary);
            let mut codes = HashMap::new();
            for (code, name) in (0..).zip(&names) {
                if codes.insert((*name).to_owned(), code).is_some() {
                    return Err(RecordsError::DuplicateCategory {
                        vocabulary: vocabulary.name(),
                        value: (*name).to_owned(),
                    });
                }
            }
            let frozen = FrozenCategories::new(names.iter().copied()).expect("names were just found to be unique");
            let names = names.into_iter().map(str::to_owned).collect();
            Ok(EnumType { names, codes, data_type: DataType::from_frozen_categories(frozen) })
        });
        types.collect::<Result<_, _>>().map(Self)
    }

    pub fn of(&self, vocabulary: Vocabulary) -> &EnumType {
        &self.0[vocabulary as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discriminants_follow_the_list() {
        for (index, vocabulary) in Vocabulary::ALL.into_iter().enumerate() {
            assert_eq!(vocabulary as usize, index, "{}", vocabulary.name());
        }
    }

    #[test]
    fn a_repeated_level_is_refused() {
        let categories = Categories { start: vec!["k-means".into(), "k-means".into()], ..Categories::default() };
        let error = EnumTypes::new(&categories).unwrap_err();
        assert!(matches!(error, RecordsError::DuplicateCategory { vocabulary: "start", .. }), "{error}");
    }

    #[test]
    fn metadata_survive_their_pairs() {
        let metadata = Metadata {
            plan_hash: "ab12".into(),
            rng: "chacha12".into(),
            rng_version: "0.10".into(),
            datasets: [("iris-fisher".to_owned(), "00ff".to_owned())].into(),
        };
        let pairs = metadata.pairs();
        let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        assert_eq!(Metadata::from_pairs(pairs.chain([("ARROW:schema", "x")])), metadata);
    }
}
