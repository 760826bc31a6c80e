//! A sample, and what the covariances of every run on it are judged against.

use datasets::Sample;
use linalg::{Total, TotalError};
use mixture::Reference;
use std::sync::Arc;

/// A sample with its total covariance. That follows from the sample alone, so it is made once and not by each of its runs.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The data.
    pub sample: Arc<Sample>,
    /// What covariances are judged against, or why none can be: then no run on this sample has a start.
    pub reference: Result<Arc<Reference>, TotalError>,
}

impl Judged {
    /// Two passes over the sample.
    pub fn new(sample: Arc<Sample>) -> Self {
        let total = Total::new(&sample.x, sample.d, &sample.weight);
        Self { sample, reference: total.map(|total| Arc::new(Reference::new(total))) }
    }
}
