//! The tests and intervals of `report::comparison` against scipy, statsmodels and plain counting; tests/reference/comparison.py
//! says how the numbers were made.

use report::comparison::bootstrap::{Resampler, mean};
use report::comparison::holm;
use report::comparison::paired::{Discordance, sign_test, signed_ranks};
use report::comparison::shares::{Stratum, difference, fisher};
use report::intervals::Share;
use serde_json::Value;

fn reference(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/comparison.json")).unwrap();
    all[name].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[track_caller]
fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1e-3), "{found} instead of {expected}");
}

#[test]
fn signed_ranks_agree_with_scipy_and_with_counting() {
    for case in reference("signed_ranks").as_array().unwrap() {
        let differences = numbers(&case["differences"]);
        let found = signed_ranks(&differences).unwrap();
        close(found.positive, &case["positive"], 0.0);
        close(found.negative, &case["negative"], 0.0);
        close(found.p, &case["p"], 1e-10);
        close(sign_test(&differences).unwrap(), &case["sign"], 1e-10);
    }
}

#[test]
fn pairs_agree_with_statsmodels() {
    for case in reference("pairs").as_array().unwrap() {
        let (first_only, second_only) = (count(&case["first_only"]), count(&case["second_only"]));
        let found = Discordance { pairs: 500, first_only, second_only };
        close(found.mcnemar().unwrap(), &case["p"], 1e-10);
        let interval = found.interval().unwrap();
        close(interval.lower, &case["interval"][0], 1e-9);
        close(interval.upper, &case["interval"][1], 1e-9);
    }
}

#[test]
fn independent_shares_agree_with_scipy_statsmodels_and_rational_numbers() {
    for case in reference("shares").as_array().unwrap() {
        let strata: Vec<Stratum> = case["strata"].as_array().unwrap().iter().map(stratum).collect();
        close(fisher(&strata).unwrap(), &case["fisher"], 1e-10);
        let found = difference(&strata).unwrap();
        close(found.value, &case["difference"][0], 1e-12);
        close(found.interval.lower, &case["difference"][1], 1e-12);
        close(found.interval.upper, &case["difference"][2], 1e-12);
    }
}

fn stratum(value: &Value) -> Stratum {
    let share = |hits: &Value, trials: &Value| Share { hits: count(hits), trials: count(trials) };
    Stratum { first: share(&value[0], &value[1]), second: share(&value[2], &value[3]) }
}

#[test]
fn holm_agrees_with_statsmodels() {
    let case = reference("holm");
    let p_values: Vec<Option<f64>> = numbers(&case["p"]).into_iter().map(Some).collect();
    for (found, expected) in holm(&p_values).iter().zip(case["adjusted"].as_array().unwrap()) {
        close(found.unwrap(), expected, 1e-14);
    }
}

/// scipy's interval is from 200,000 resamples. The ends of ours from 999 have a standard error: over 25 independent keys
/// their mean must come to within 2 % of the interval's length.
#[test]
fn percentile_intervals_agree_with_scipy() {
    let case = reference("bootstrap_mean");
    let sample = numbers(&case["sample"]);
    let expected = numbers(&case["interval"]);
    let (mut lower, mut upper) = (0.0, 0.0);
    for key in 0..25 {
        let interval = Resampler::new(key).interval(std::slice::from_ref(&sample), mean).unwrap();
        lower += interval.lower / 25.0;
        upper += interval.upper / 25.0;
    }
    let slack = 0.02 * (expected[1] - expected[0]);
    assert!((lower - expected[0]).abs() < slack, "{lower} {expected:?}");
    assert!((upper - expected[1]).abs() < slack, "{upper} {expected:?}");
}
