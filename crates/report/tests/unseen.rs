//! `report::unseen` against scikit-bio; tests/reference/unseen.py says how the numbers were made.

use report::unseen::Meetings;
use serde_json::Value;

#[track_caller]
fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    // scikit-bio has 1.959963985 for the normal quantile in one place.
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} instead of {expected}");
}

#[test]
fn shares_and_richness_agree_with_scikit_bio() {
    let all: Value = serde_json::from_str(include_str!("reference/unseen.json")).unwrap();
    let cases = all["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let counts = case["counts"].as_array().unwrap().iter().map(|v| usize::try_from(v.as_u64().unwrap()).unwrap());
        let met = Meetings::of(counts);
        let (share, interval) = met.unseen_share().unwrap();
        close(share, &case["unseen_share"]);
        // Theirs may pass 0 and 1.
        let cut = |end: &Value| Value::from(end.as_f64().unwrap().clamp(0.0, 1.0));
        close(interval.lower, &cut(&case["unseen_interval"][0]));
        close(interval.upper, &cut(&case["unseen_interval"][1]));
        let (richness, interval) = met.richness().unwrap();
        close(richness, &case["richness"]);
        close(interval.lower, &case["richness_interval"][0]);
        close(interval.upper, &case["richness_interval"][1]);
    }
}
