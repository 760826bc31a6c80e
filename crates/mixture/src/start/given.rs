//! Starts that the user states: parameters, responsibilities or labels. They are checked, not mended.

use super::responsibilities::{from_labels, from_responsibilities};
use super::{Start, StartError};
use crate::parameters::MixtureParameters;
use em::Batch;
use thiserror::Error;

/// How far sums that must be one may be off: what printing with ten digits leaves.
const SUM_TOLERANCE: f64 = 1e-9;

/// What was given is no start for these data. Rows and components are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum GivenError {
    /// Too few or too many numbers.
    #[error("{found} {what} given; {expected} are needed")]
    Count {
        /// Of what: `weights`, `means`, `covariances`, `responsibilities`, `labels`.
        what: &'static str,
        /// Numbers given.
        found: usize,
        /// Numbers needed.
        expected: usize,
    },
    /// NaN or infinite.
    #[error("number {index} of the {what} is {value}: it must be finite")]
    NonFinite {
        /// Of what.
        what: &'static str,
        /// Position in the flat array, from 0.
        index: usize,
        /// The number.
        value: f64,
    },
    /// A weight is zero or negative.
    #[error("the weight of component {component} is {weight}: it must be positive, or the component left out")]
    Weight {
        /// The component.
        component: usize,
        /// Its weight.
        weight: f64,
    },
    /// The weights do not sum to one.
    #[error("weights sum to {sum}; they must sum to 1 (within 1e-9)")]
    WeightSum {
        /// Their sum.
        sum: f64,
    },
    /// A covariance is not symmetric.
    #[error(
        "the covariance of component {component} is not symmetric: entries ({row}, {column}) differ by {difference:e}"
    )]
    Asymmetric {
        /// The component.
        component: usize,
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// Σ_rc − Σ_cr.
        difference: f64,
    },
    /// A responsibility is negative.
    #[error("row {row} has the responsibility {value} for component {component}: it must not be negative")]
    Responsibility {
        /// The row.
        row: usize,
        /// The component.
        component: usize,
        /// The number.
        value: f64,
    },
    /// The responsibilities of a row do not sum to one.
    #[error("the responsibilities of row {row} sum to {sum}; they must sum to 1 (within 1e-9)")]
    ResponsibilitySum {
        /// The row.
        row: usize,
        /// Their sum.
        sum: f64,
    },
    /// A label names no component.
    #[error("row {row} has the label {label}; with {components} components labels are 0 to {}", components - 1)]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: u32,
        /// Number of components.
        components: usize,
    },
}

/// The given parameters, as they are, for K = `k` components of d = `d` features. No pass. Whether the covariances have
/// factors is judged where the model is made.
pub fn given_parameters(parameters: MixtureParameters, k: usize, d: usize) -> Result<Start, StartError> {
    check(&parameters, k, d)?;
    Ok(Start { parameters, passes: 0, labels: None })
}

/// The M-step from given responsibilities (n × k, row-major). One pass.
pub fn given_responsibilities(data: Batch<'_>, k: usize, responsibilities: &[f64]) -> Result<Start, StartError> {
    count("responsibilities", responsibilities, data.rows() * k)?;
    for (row, values) in responsibilities.chunks_exact(k).enumerate() {
        if let Some(component) = values.iter().position(|&value| value < 0.0) {
            return Err(GivenError::Responsibility { row, component, value: values[component] }.into());
        }
        let sum: f64 = values.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(GivenError::ResponsibilitySum { row, sum }.into());
        }
    }
    let parameters = from_responsibilities(data, k, |i, c| responsibilities[i * k + c])?;
    Ok(Start { parameters, passes: 1, labels: None })
}

/// The M-step from a given partition. One pass. A component without rows is a breakdown.
pub fn given_labels(data: Batch<'_>, k: usize, labels: &[u32]) -> Result<Start, StartError> {
    if labels.len() != data.rows() {
        return Err(GivenError::Count { what: "labels", found: labels.len(), expected: data.rows() }.into());
    }
    if let Some(row) = labels.iter().position(|&label| label as usize >= k) {
        return Err(GivenError::Label { row, label: labels[row], components: k }.into());
    }
    let parameters = from_labels(data, k, labels)?;
    Ok(Start { parameters, passes: 1, labels: Some(labels.to_vec()) })
}

/// Shapes, finite numbers, weights, symmetry.
pub(crate) fn check(parameters: &MixtureParameters, k: usize, d: usize) -> Result<(), GivenError> {
    count("weights", &parameters.weights, k)?;
    count("means", &parameters.means, k * d)?;
    count("covariances", &parameters.covariances, k * d * d)?;
    if let Some(component) = parameters.weights.iter().position(|&weight| weight <= 0.0) {
        return Err(GivenError::Weight { component, weight: parameters.weights[component] });
    }
    let sum: f64 = parameters.weights.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(GivenError::WeightSum { sum });
    }
    for component in 0..k {
        let covariance = parameters.covariance(component);
        for row in 0..d {
            for column in 0..row {
                let difference = covariance[row * d + column] - covariance[column * d + row];
                let scale = (covariance[row * d + row] * covariance[column * d + column]).abs().sqrt();
                if difference.abs() > SUM_TOLERANCE * scale {
                    return Err(GivenError::Asymmetric { component, row, column, difference });
                }
            }
        }
    }
    Ok(())
}

/// `expected` finite numbers.
fn count(what: &'static str, values: &[f64], expected: usize) -> Result<(), GivenError> {
    if values.len() != expected {
        return Err(GivenError::Count { what, found: values.len(), expected });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(GivenError::NonFinite { what, index, value: values[index] }),
        None => Ok(()),
    }
}
