//! Traces from explicit starts agree with the reference (tests/reference/README.md).

use em::stop::MaxIterations;
use em::{Begin, Fit, Plain, Serial, Stopping, TraceRow, fit};
use linalg::{Level, Total};
use mixture::gaussian::structure::{Eee, Vii, Vvi};
use mixture::{Constraint, Full, Gaussian, Mixture, MixtureParameters, Reference, Structure};
use serde_json::Value;
use std::sync::Arc;

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn sample(name: &str) -> datasets::Sample {
    let id = if name.starts_with("iris") { "iris" } else { "faithful" };
    datasets::builtin(id, None).unwrap()
}

fn run<S: Structure>(case: &Value) -> (Fit<Mixture<S>>, Vec<TraceRow>) {
    let sample = sample(case["name"].as_str().unwrap());
    assert_eq!(case["prep"], "raw");
    let variances = numbers(&case["init"]["cov_diag"]);
    let weights = numbers(&case["init"]["weights"]);
    let covariance: Vec<f64> =
        (0..sample.d * sample.d).map(|i| if i % (sample.d + 1) == 0 { variances[i % sample.d] } else { 0.0 }).collect();
    let parameters = MixtureParameters {
        means: numbers(&case["init"]["means"]),
        covariances: covariance.repeat(weights.len()),
        weights,
    };
    let reference = Arc::new(Reference::new(Total::new(&sample.x, sample.d, &[]).unwrap()));
    let (emission, event) = S::from_parameters(&parameters, &reference, Constraint::None, Level::detect()).unwrap();
    let begin = Begin { model: Mixture::new(parameters.weights, emission), event };
    let mut trace = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: 1000 });
    let fit = fit(&sample.rows(), begin, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
    (fit, trace)
}

fn check<S: Structure>(structure: &str) {
    let cases: Value = serde_json::from_str(include_str!("reference/gmm_em_traces.json")).unwrap();
    let mut checked = 0;
    for case in cases["cases"].as_array().unwrap().iter().filter(|case| case["cov"] == structure) {
        let (fit, trace) = run::<S>(case);
        for (t, expected) in case["L"].as_object().unwrap() {
            let t: usize = t.parse().unwrap();
            let expected = expected.as_f64().unwrap();
            let tolerance = if t <= 10 { 1e-10 } else { 1e-9 };
            let ours = trace[t].log_likelihood.unwrap();
            assert!(
                (ours - expected).abs() <= tolerance * expected.abs(),
                "{} {structure} L[{t}] = {ours}, not {expected}",
                case["name"]
            );
        }
        let converged = case["L_converged"].as_f64().unwrap();
        assert!((fit.log_likelihood.unwrap() - converged).abs() < 1e-6);
        for (ours, expected) in fit.model.emission().means().iter().zip(numbers(&case["means"])) {
            assert!((ours - expected).abs() < 1e-4);
        }
        checked += 1;
    }
    assert_eq!(checked, 3);
}

#[test]
fn full_covariances() {
    check::<Full>("full");
}

#[test]
fn tied_covariances() {
    check::<Gaussian<Eee>>("tied");
}

#[test]
fn diagonal_covariances() {
    check::<Gaussian<Vvi>>("diag");
}

#[test]
fn spherical_covariances() {
    check::<Gaussian<Vii>>("spherical");
}
