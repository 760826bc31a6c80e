//! What the tests of this crate share: samples and models at explicit starts.

#![allow(dead_code, reason = "each test binary uses its own part")]

use datasets::Sample;
use linalg::{Level, Total};
use mixture::start::{PointCovariance, points};
use mixture::{Constraint, Mixture, Reference, Structure};
use std::sync::Arc;

/// The model with the given rows as means and the total covariance, judged against the sample itself.
pub fn model<S: Structure>(x: &[f64], d: usize, rows: &[usize], constraint: Constraint) -> Mixture<S> {
    let reference = Arc::new(Reference::new(Total::new(x, d, &[]).unwrap()));
    let start = points(x, rows, PointCovariance::Total, &reference.total).parameters;
    let (emission, _) = S::from_parameters(&start, &reference, constraint, Level::detect()).unwrap();
    Mixture::new(start.weights, emission)
}

/// Iris, Fisher's variant.
pub fn iris() -> Sample {
    datasets::builtin("iris", None).unwrap()
}

/// Old Faithful.
pub fn faithful() -> Sample {
    datasets::builtin("faithful", None).unwrap()
}
