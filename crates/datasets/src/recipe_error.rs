//! What can be wrong with a mixture recipe.
//!
//! Indices count from 0 and messages write them as in a config: `covariances[1][0][1]` is the entry in row 0, column 1 of
//! the covariance of component 1.

use std::fmt;
use thiserror::Error;

/// A mixture cannot be drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// n = 0.
    #[error("n is 0; a draw needs at least one row")]
    NoRows,
    /// More rows than the records can number.
    #[error("n is {n}; the largest sample has {largest} rows")]
    TooManyRows {
        /// The rows asked for.
        n: usize,
        /// The largest number of rows.
        largest: usize,
    },
    /// `weights` is empty.
    #[error("weights is empty; a mixture needs at least one component")]
    NoComponents,
    /// `means[0]` is empty.
    #[error("means[0] is empty; a mean needs at least one number")]
    NoFeatures,
    /// Not one mean per weight.
    #[error("means has {found} entries, weights has {expected}; give one mean per weight")]
    MeanCount {
        /// Number of means.
        found: usize,
        /// Number of weights.
        expected: usize,
    },
    /// Not one covariance per weight.
    #[error("covariances has {found} entries, weights has {expected}; give one covariance per weight")]
    CovarianceCount {
        /// Number of covariances.
        found: usize,
        /// Number of weights.
        expected: usize,
    },
    /// A mean has another length than the first.
    #[error("means[{component}] has {found} numbers, means[0] has {expected}; all means need the same length")]
    MeanLength {
        /// Component.
        component: usize,
        /// Its length.
        found: usize,
        /// d.
        expected: usize,
    },
    /// A covariance has not d rows.
    #[error(
        "covariances[{component}] has {found} rows; its mean has {expected} numbers, so it must be {expected} × {expected}"
    )]
    CovarianceRows {
        /// Component.
        component: usize,
        /// Number of rows.
        found: usize,
        /// d.
        expected: usize,
    },
    /// A row of a covariance has not d entries.
    #[error("covariances[{component}][{row}] has {found} numbers; the covariance must be {expected} × {expected}")]
    CovarianceRowLength {
        /// Component.
        component: usize,
        /// Row.
        row: usize,
        /// Its length.
        found: usize,
        /// d.
        expected: usize,
    },
    /// A number is NaN or infinite.
    #[error("{place} is {value}; it must be finite")]
    NonFinite {
        /// Where.
        place: Place,
        /// The value.
        value: f64,
    },
    /// A weight is below zero.
    #[error("weights[{component}] is {weight}; a weight must not be negative")]
    NegativeWeight {
        /// Component.
        component: usize,
        /// Its weight.
        weight: f64,
    },
    /// The weights do not sum to one.
    #[error("weights sum to {sum}; they must sum to 1 (within {tolerance:e})")]
    WeightSum {
        /// Their sum.
        sum: f64,
        /// The largest accepted distance from 1.
        tolerance: f64,
    },
    /// A covariance is not symmetric.
    #[error(
        "covariances[{component}][{row}][{column}] is {entry}, but [{column}][{row}] is {mirrored}; a covariance is symmetric"
    )]
    NotSymmetric {
        /// Component.
        component: usize,
        /// Row of the entry above the diagonal.
        row: usize,
        /// Column of the entry above the diagonal.
        column: usize,
        /// That entry.
        entry: f64,
        /// The entry at (column, row).
        mirrored: f64,
    },
    /// A covariance is not positive definite.
    #[error(
        "covariances[{component}] is not positive definite: given the variables before it, variable {variable} \
         (variance {variance}) has conditional variance {pivot:e}; it must exceed {smallest:e} times its variance"
    )]
    NotPositiveDefinite {
        /// Component.
        component: usize,
        /// The first variable whose pivot is too small.
        variable: usize,
        /// Its variance, the diagonal entry.
        variance: f64,
        /// Its pivot: the conditional variance given the variables before it.
        pivot: f64,
        /// The smallest accepted ratio of pivot to variance.
        smallest: f64,
    },
}

impl RecipeError {
    /// The key of the config that holds the fault: `n`, `weights`, `means` or `covariances`.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoRows | Self::TooManyRows { .. } => "n",
            Self::NoComponents | Self::NegativeWeight { .. } | Self::WeightSum { .. } => "weights",
            Self::NoFeatures | Self::MeanCount { .. } | Self::MeanLength { .. } => "means",
            Self::CovarianceCount { .. }
            | Self::CovarianceRows { .. }
            | Self::CovarianceRowLength { .. }
            | Self::NotSymmetric { .. }
            | Self::NotPositiveDefinite { .. } => "covariances",
            Self::NonFinite { place, .. } => match place {
                Place::Weight { .. } => "weights",
                Place::Mean { .. } => "means",
                Place::Covariance { .. } => "covariances",
            },
        }
    }

    /// The component at fault, from 0; `None` where the recipe as a whole is.
    pub fn component(&self) -> Option<usize> {
        match *self {
            Self::MeanLength { component, .. }
            | Self::CovarianceRows { component, .. }
            | Self::CovarianceRowLength { component, .. }
            | Self::NegativeWeight { component, .. }
            | Self::NotSymmetric { component, .. }
            | Self::NotPositiveDefinite { component, .. } => Some(component),
            Self::NonFinite { place, .. } => match place {
                Place::Weight { component } | Place::Mean { component, .. } | Place::Covariance { component, .. } => {
                    Some(component)
                }
            },
            Self::NoFeatures => Some(0),
            _ => None,
        }
    }
}

/// A number of a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A weight.
    Weight {
        /// Component.
        component: usize,
    },
    /// A coordinate of a mean.
    Mean {
        /// Component.
        component: usize,
        /// Variable.
        variable: usize,
    },
    /// An entry of a covariance.
    Covariance {
        /// Component.
        component: usize,
        /// Row.
        row: usize,
        /// Column.
        column: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weight { component } => write!(f, "weights[{component}]"),
            Self::Mean { component, variable } => write!(f, "means[{component}][{variable}]"),
            Self::Covariance { component, row, column } => write!(f, "covariances[{component}][{row}][{column}]"),
        }
    }
}
