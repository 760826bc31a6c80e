//! A sample, and what the covariances of every run on it are judged against.

use crate::guard;
use crate::plan::Plan;
use crate::recorded;
use anyhow::Context as _;
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

    /// One draw of a data set. No run is there yet to have a row, so a panic is an error, too.
    pub fn draw(plan: &Plan, dataset: usize, draw: u32) -> anyhow::Result<Self> {
        Self::guarded(&plan.datasets[dataset].name, || recorded::sample(plan, dataset, draw).map(Self::new))
    }

    /// What `make` makes; a panic is an error that names the data set.
    pub fn guarded(name: &str, make: impl FnOnce() -> anyhow::Result<Self>) -> anyhow::Result<Self> {
        guard::shielded(make).with_context(|| format!("data set {name} cannot be used"))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit;
    use crate::plan::testing;

    #[test]
    fn a_panic_is_an_error_that_names_the_data_set() {
        let error = Judged::guarded("ties", || panic!("index {} out of bounds", 7)).unwrap_err();
        let told = exit::told(&error);
        assert!(told.starts_with("data set ties cannot be used: a panic: index 7 out of bounds\n"), "{told}");
        assert_eq!(exit::code(&error), exit::FAILED);
    }

    #[test]
    fn every_draw_is_judged() {
        let plan = testing::plan("");
        for (dataset, draw) in plan.draws() {
            let judged = Judged::draw(&plan, dataset, draw).unwrap();
            assert_eq!(judged.reference.unwrap().total.mean.len(), judged.sample.d);
        }
    }
}
