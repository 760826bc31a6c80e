//! The names of the grid: methods, covariance structures, starts, policies. One line here makes a name known to the
//! config, the schema, `--list`, the records and the "did you mean" of error messages; what it *does* stands in
//! `dispatch.rs`.

mod policy;
mod stop;

pub use policy::Policy;
pub use stop::{StopNumber, StopRule};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Defines an enum whose variants have one name each, used in configs and records alike, aliases that configs may use
/// instead, and one line of help.
macro_rules! kinds {
    ($(#[doc = $about:literal])+ $name:ident {
        $($(#[doc = $help:literal])+ $variant:ident = $text:literal $(| $alias:literal)*),+ $(,)?
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $help])+ #[serde(rename = $text $(, alias = $alias)*)] $variant,)+
        }

        impl $name {
            /// Every kind, in the order of the record's categories.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in configs and records.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Other names that configs may use for it.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($alias),*],)+ }
            }

            /// What it is, in one line.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => concat!($($help),+).trim_ascii_start(),)+ }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            /// The derived schema leaves aliases out, and an editor would call them mistakes.
            fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
                let mut names = Vec::new();
                $(for name in [$text $(, $alias)*] {
                    let help = Self::$variant.help();
                    names.push(json_schema!({ "type": "string", "const": name, "description": help }));
                })+
                json_schema!({ "description": concat!($($about),+).trim_ascii_start(), "oneOf": names })
            }
        }
    };
}

kinds! {
    /// What is fitted.
    Method {
        /// EM for a Gaussian mixture.
        Em = "em",
        /// Lloyd's k-means, as hard EM: the baseline.
        KMeans = "k-means",
    }
}

kinds! {
    /// Structure of the components' covariances.
    Covariance {
        /// Every component has a full covariance of its own (mclust: VVV).
        Full = "full" | "VVV",
        /// One full covariance for all components (mclust: EEE).
        Tied = "tied" | "EEE",
        /// Every component has a diagonal covariance of its own (mclust: VVI).
        Diag = "diag" | "VVI",
        /// Every component has a variance of its own (mclust: VII).
        Spherical = "spherical" | "VII",
        /// One diagonal covariance for all components (mclust: EEI).
        TiedDiag = "tied-diag" | "EEI",
        /// One variance for all components (mclust: EII).
        TiedSpherical = "tied-spherical" | "EII",
        /// Diagonal, one shape, volumes of their own.
        Vei = "VEI",
        /// Diagonal, one volume, shapes of their own.
        Evi = "EVI",
        /// One shape and orientation, volumes of their own.
        Vee = "VEE",
        /// One volume and orientation, shapes of their own.
        Eve = "EVE",
        /// One orientation, volumes and shapes of their own.
        Vve = "VVE",
        /// One volume and shape, orientations of their own.
        Eev = "EEV",
        /// One shape, volumes and orientations of their own.
        Vev = "VEV",
        /// One volume, shapes and orientations of their own.
        Evv = "EVV",
    }
}

kinds! {
    /// How the starting parameters are made.
    StartKind {
        /// K rows drawn with replacement as means, identity covariances, equal weights.
        Tutorial = "tutorial",
        /// K rows with pairwise different values as means, the start covariance, equal weights.
        RandomPoints = "random-points",
        /// Responsibilities from Dirichlet(1), then one M-step.
        RandomResponsibilities = "random-responsibilities",
        /// Every row to a component drawn uniformly, then one M-step.
        RandomPartition = "random-partition",
        /// D² seeding for the means, the start covariance, equal weights.
        KMeansPlusPlus = "k-means++",
        /// D² seeding, each row the best of 2 + ⌊ln K⌋ candidates, for the means; the start covariance, equal weights.
        KMeansPlusPlusGreedy = "k-means++-greedy",
        /// A converged k-means partition, then one M-step.
        KMeans = "k-means",
        /// Short runs of EM from random points; the best goes on.
        EmEm = "em-em",
        /// Many random points without a step; those with the highest log-likelihood go on.
        RndEm = "rnd-em",
        /// Runs of classification EM from random points; the best goes on.
        Cem = "cem",
        /// A chain of stochastic EM from random points; the best parameters that it visits go on.
        Sem = "sem",
        /// The user's own parameters, responsibilities or labels, from `start.given`; one start.
        Given = "given",
        /// The parameters or labels that made the data; one start.
        Truth = "truth",
        /// An optimum (that of the given start, else that reached from the truth), moved.
        Perturbed = "perturbed",
        /// Every pair of rows as means (K = 2 only), the start covariance, equal weights.
        AllPairs = "all-pairs",
        /// Every triple of rows as means (K = 3 only), the start covariance, equal weights.
        AllTriples = "all-triples",
    }
}

impl StartKind {
    /// The rule that chooses where a start lies. Starts with the same rule use the same random numbers; with different
    /// rules they share only the data.
    pub fn location_rule(self) -> &'static str {
        match self {
            Self::Tutorial => "rows-with-replacement",
            // The first run of a search begins at the rows of the random points of the same number.
            Self::RandomPoints | Self::EmEm | Self::RndEm | Self::Cem | Self::Sem => "distinct-rows",
            Self::RandomResponsibilities => "responsibilities",
            Self::RandomPartition => "partition",
            Self::KMeansPlusPlus => "k-means++",
            Self::KMeansPlusPlusGreedy => "k-means++-greedy",
            Self::KMeans => "k-means",
            Self::Given => "given",
            Self::Truth => "truth",
            Self::Perturbed => "perturbed",
            Self::AllPairs => "all-pairs",
            Self::AllTriples => "all-triples",
        }
    }

    /// Whether its covariance is an option of its own (or that of the random points from which it searches).
    pub fn has_covariance(self) -> bool {
        match self {
            Self::RandomPoints
            | Self::KMeansPlusPlus
            | Self::KMeansPlusPlusGreedy
            | Self::EmEm
            | Self::RndEm
            | Self::Cem
            | Self::Sem
            | Self::AllPairs
            | Self::AllTriples => true,
            Self::Tutorial
            | Self::RandomResponsibilities
            | Self::RandomPartition
            | Self::KMeans
            | Self::Given
            | Self::Truth
            | Self::Perturbed => false,
        }
    }

    /// The number of components that it is made for, if there is only one.
    pub fn only_components(self) -> Option<u32> {
        match self {
            Self::AllPairs => Some(2),
            Self::AllTriples => Some(3),
            _ => None,
        }
    }

    /// Number of starts when it follows from the data alone (n rows) instead of from `replicates`.
    pub fn exhaustive(self, n: u32) -> Option<u64> {
        let rows = u64::from(n);
        match self {
            Self::AllPairs => Some(rows * rows.saturating_sub(1) / 2),
            Self::AllTriples => {
                let triples =
                    u128::from(rows) * u128::from(rows.saturating_sub(1)) * u128::from(rows.saturating_sub(2)) / 6;
                Some(u64::try_from(triples).unwrap_or(u64::MAX))
            }
            Self::Given | Self::Truth => Some(1),
            _ => None,
        }
    }
}

kinds! {
    /// The covariance of a point-type start, the same for all components.
    StartCovariance {
        /// The total covariance T of the sample.
        Total = "total",
        /// The identity, in squared units of the data.
        Identity = "identity",
        /// T / K^(2/d): K ellipsoids of this size have together the volume of T's.
        TotalPerComponent = "total-per-component",
        /// The covariance pooled within the groups of rows that have the same nearest point.
        PooledNearest = "pooled-nearest",
    }
}

kinds! {
    /// Scaling of the columns before anything else.
    Standardise {
        /// Columns as they are.
        None = "none",
        /// Each column minus its mean, divided by its standard deviation (n − 1).
        Sd = "sd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_serde_reads() {
        for &start in StartKind::ALL {
            assert_eq!(serde_json::to_value(start).unwrap(), start.name());
            assert!(start.help().ends_with('.'), "{}", start.help());
        }
        for ((policy, (name, _)), again) in Policy::EXAMPLES.into_iter().zip(Policy::ALL).zip(Policy::NAMES) {
            assert_eq!((policy.name(), again), (name, name));
            assert_eq!(policy.fault(), None);
        }
        assert_eq!(Policy::Ratio(1e4).label(), "ratio=1e4");
        for (rule, (name, _)) in StopRule::EXAMPLES.into_iter().zip(StopRule::ALL) {
            assert_eq!(rule.name(), name);
        }
        assert_eq!(Policy::Ridge(1e-6).label(), "ridge=1e-6");
        assert_eq!(StopRule::GainPerRow(1e-11).label(), "gain-per-row=1e-11");
    }

    #[test]
    fn all_pairs_counts_pairs() {
        assert_eq!(StartKind::AllPairs.exhaustive(150), Some(11_175));
        assert_eq!(StartKind::AllPairs.exhaustive(0), Some(0));
        assert_eq!(StartKind::Tutorial.exhaustive(150), None);
        assert_eq!(StartKind::AllTriples.exhaustive(150), Some(551_300));
        assert_eq!(StartKind::AllTriples.exhaustive(u32::MAX), Some(u64::MAX));
    }
}
