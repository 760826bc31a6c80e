//! What is done about singular covariances: names with a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is done against singular covariances, or about them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// A singular covariance ends the start and is recorded.
    Stop,
    /// This number (> 0) is added to the diagonal after every M-step.
    Ridge(f64),
    /// No eigenvalue of a covariance is below this number (> 0). Full, tied, diag and spherical only.
    Floor(f64),
    /// The largest eigenvalue of all covariances is at most this number (≥ 1) times the smallest. Full, tied, diag and
    /// spherical only.
    Ratio(f64),
    /// mclust's conjugate prior with its default hyperparameters. Not for VEE, EVE, VVE and EVV.
    Map,
    /// A component that breaks down restarts at the worst-explained row, at most this many times (≥ 1).
    Reseed(u32),
    /// A component that breaks down is taken away.
    Remove,
}

impl Policy {
    /// Names, parameters and meanings, for `--list` and "did you mean".
    pub const ALL: [(&'static str, &'static str); 7] = [
        ("stop", "A singular covariance ends the start and is recorded."),
        ("ridge", "{ ridge = 1e-6 }: this number is added to the diagonal after every M-step."),
        (
            "floor",
            "{ floor = 1e-6 }: no eigenvalue of a covariance is below this number; M-step exact (full, tied, diag, spherical).",
        ),
        (
            "ratio",
            "{ ratio = 1e4 }: the largest eigenvalue of all covariances is at most this many times the smallest; M-step exact (full, tied, diag, spherical).",
        ),
        (
            "map",
            "mclust's conjugate prior with its defaults; what is maximised is log-likelihood + log prior (not VEE, EVE, VVE, EVV).",
        ),
        (
            "reseed",
            "{ reseed = 5 }: a component that breaks down restarts at the worst-explained row, at most this many times.",
        ),
        ("remove", "A component that breaks down is taken away."),
    ];

    /// The names alone.
    pub const NAMES: [&'static str; 7] = ["stop", "ridge", "floor", "ratio", "map", "reseed", "remove"];

    /// One of each, in the order of [`ALL`](Self::ALL).
    pub const EXAMPLES: [Self; 7] =
        [Self::Stop, Self::Ridge(1e-6), Self::Floor(1e-6), Self::Ratio(1e4), Self::Map, Self::Reseed(5), Self::Remove];

    /// The name without the parameter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Ridge(_) => "ridge",
            Self::Floor(_) => "floor",
            Self::Ratio(_) => "ratio",
            Self::Map => "map",
            Self::Reseed(_) => "reseed",
            Self::Remove => "remove",
        }
    }

    /// The name with the parameter, as recorded: `stop`, `ridge=1e-6`.
    pub fn label(self) -> String {
        match self {
            Self::Stop | Self::Map | Self::Remove => self.name().to_owned(),
            Self::Ridge(number) | Self::Floor(number) | Self::Ratio(number) => format!("{}={number:e}", self.name()),
            Self::Reseed(limit) => format!("reseed={limit}"),
        }
    }

    /// How the policy of this name is typed with its number, for example `{ ridge = 1e-6 }`; `None` if it has none.
    pub fn example(name: &str) -> Option<String> {
        let label = Self::EXAMPLES.into_iter().find(|one| one.name() == name)?.label();
        label.split_once('=').map(|(name, number)| format!("{{ {name} = {number} }}"))
    }

    /// Its number.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Stop | Self::Map | Self::Remove => None,
            Self::Ridge(number) | Self::Floor(number) | Self::Ratio(number) => Some(number),
            Self::Reseed(limit) => Some(f64::from(limit)),
        }
    }

    /// What is wrong with its number: what was expected, and what to do instead.
    pub fn fault(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Ridge(by) if !(by > 0.0 && by.is_finite()) => {
                Some(("expected a finite number above 0", "without a ridge the policy is \"stop\""))
            }
            Self::Floor(by) if !(by > 0.0 && by.is_finite()) => {
                Some(("expected a finite number above 0", "without a floor the policy is \"stop\""))
            }
            Self::Ratio(by) if !(by >= 1.0 && by.is_finite()) => Some((
                "expected a finite number of at least 1",
                "1 makes all covariances one multiple of the identity; { ratio = 1e4 } leaves proper maxima alone",
            )),
            Self::Reseed(0) => {
                Some(("expected a whole number of at least 1", "without a restart the policy is \"stop\""))
            }
            _ => None,
        }
    }
}
