//! The truth, for simulated or labelled data: where EM ends when it begins at the answer. The maximum reached from there is
//! the yardstick of every other start; it need not be the highest one.

use super::given::{given_labels, given_parameters};
use super::{Start, StartError};
use crate::parameters::MixtureParameters;
use em::Batch;

/// What is known of how the data came about.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth<'a> {
    /// The true class of every row: one M-step, one pass.
    Labels(&'a [u32]),
    /// The true parameters: no pass.
    Parameters(MixtureParameters),
}

/// The start at the truth, with K = `k` components: as many as the truth has, or it is an error
/// ([`GivenError`](super::GivenError) with too few, an empty component with too many classes asked for).
pub fn truth(data: Batch<'_>, k: usize, truth: Truth<'_>) -> Result<Start, StartError> {
    match truth {
        Truth::Labels(labels) => given_labels(data, k, labels),
        Truth::Parameters(parameters) => given_parameters(parameters, k, data.dimension),
    }
}
