//! `[[include]]`, `[[exclude]]` and `--filter` as typed: patterns of cells.

use crate::kinds::{Covariance, Method, Policy, StartCovariance, StartKind};
use schemars::JsonSchema;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Cells of the grid: those that have all of the given values. A key left out matches anything.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FilterFile {
    /// Name of the data set in the records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Number of components K.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<u32>,
    /// Method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Covariance structure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariance: Option<Covariance>,
    /// Kind of start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<StartKind>,
    /// Covariance of a point-type start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_covariance: Option<StartCovariance>,
    /// Policy; a bare name matches every parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyPattern>,
}

/// A policy with its parameter, or a bare name that matches every parameter.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PolicyPattern {
    /// A name.
    Any(String),
    /// A policy with its parameter.
    One(Policy),
}

impl PolicyPattern {
    /// Whether `policy` is meant.
    pub fn matches(&self, policy: Policy) -> bool {
        match self {
            Self::Any(name) => name == policy.name(),
            Self::One(one) => *one == policy,
        }
    }
}

/// By hand, because an untagged enum loses the span and the reason of an error.
impl<'de> Deserialize<'de> for PolicyPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pattern;
        impl<'de> Visitor<'de> for Pattern {
            type Value = PolicyPattern;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a policy (\"ridge\" or { ridge = 1e-6 })")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<PolicyPattern, E> {
                const NAMES: [&str; 7] = Policy::NAMES;
                if NAMES.contains(&name) {
                    Ok(PolicyPattern::Any(name.to_owned()))
                } else {
                    Err(E::unknown_variant(name, &NAMES))
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PolicyPattern, A::Error> {
                let entries = serde::de::value::MapAccessDeserializer::new(map);
                Policy::deserialize(entries).map(PolicyPattern::One).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Pattern)
    }
}
