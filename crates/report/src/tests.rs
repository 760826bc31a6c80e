//! The whole road, from files to files.

use super::*;
use crate::example::{converged, factors, failed, k_means, tied};
use em::TraceRow;
use records::{
    AssignmentRow, Categories, Factors, Metadata, Moment, ObservationRow, ParameterRow, Part, RunRow, Store, TimingRow,
    TraceRecord,
};
use std::collections::BTreeMap;
use std::sync::Arc;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Two drawn data sets with three classes, two methods, with deaths.
fn runs(replicates: u32) -> Vec<RunRow> {
    let mut runs = Vec::new();
    for (dataset, draw) in [("iris-uci", 0), ("drawn", 0), ("drawn", 1)] {
        for start in ["tutorial", "k-means++"] {
            for method in 0..3 {
                for replicate in 0..replicates {
                    let run = u32::try_from(runs.len()).unwrap();
                    let row = match (method, replicate % 4) {
                        (2, _) => k_means(run, 78.85 + f64::from(replicate % 2)),
                        (_, 0) => failed(run),
                        _ => converged(run, -180.0 - f64::from(replicate % 4 + 5 * draw)),
                    };
                    let (name, policy) = [("em", Some("stop")), ("em", Some("ridge=1e-6")), ("k-means", None)][method];
                    let factors = Factors {
                        dataset: dataset.to_owned(),
                        draw,
                        method: name.to_owned(),
                        covariance: policy.map(|_| "full".to_owned()),
                        policy: policy.map(str::to_owned),
                        start: start.to_owned(),
                        ..factors()
                    };
                    runs.push(RunRow { factors: Arc::new(factors), replicate, ..row });
                }
            }
        }
    }
    runs
}

fn observations() -> Vec<ObservationRow> {
    let rows = |dataset: &'static str, draw: u32| {
        (0..12_u32).map(move |row| ObservationRow {
            dataset: dataset.to_owned(),
            draw,
            row,
            truth: Some(["setosa", "versicolor", "virginica"][row as usize % 3].to_owned()),
            x: (0..4).map(|j| f64::from(row % 3) + f64::from((row * 7 + j * 3) % 11) / 10.0).collect(),
        })
    };
    rows("iris-uci", 0).chain(rows("drawn", 0)).chain(rows("drawn", 1)).collect()
}

/// Writes the records of `runs` into `dir`.
fn record(dir: &Path, runs: &[RunRow]) {
    let categories = Categories {
        dataset: words(&["iris-uci", "drawn"]),
        method: words(&["em", "k-means"]),
        covariance: words(&["full"]),
        start: words(&["tutorial", "k-means++"]),
        start_covariance: words(&["total"]),
        policy: words(&["stop", "ridge=1e-6"]),
        stop: vec![factors().stop],
    };
    let metadata = Metadata {
        plan_hash: "1f".to_owned(),
        rng: "ChaCha12".to_owned(),
        rng_version: "0.10".to_owned(),
        datasets: BTreeMap::new(),
    };
    let store = Store::open(dir, &categories, metadata).unwrap();
    let trace = |run: &RunRow| {
        let (run, end) = (run.run, run.log_likelihood);
        (0..=12_u32).map(move |iteration| {
            let gain = (iteration > 0).then(|| 50.0 * 0.36_f64.powi(i32::try_from(iteration).unwrap()));
            let objective = end.unwrap_or(-80.0) - gain.unwrap_or(60.0) / 2.0;
            let row =
                TraceRow { iteration, objective, log_likelihood: end.map(|_| objective), gain, ..TraceRow::default() };
            TraceRecord { run, row: TraceRow { q_gain: gain.map(|g| g * 0.6), kl: gain.map(|g| g * 0.4), ..row } }
        })
    };
    let end = |run: &RunRow| {
        let (run, em, moment) =
            (run.run, run.log_likelihood.is_some(), run.end.map_or(Moment::Failure, |_| Moment::End));
        (0..3_u32).map(move |component| ParameterRow {
            run,
            moment,
            component,
            weight: em.then_some(1.0 / 3.0),
            mean: vec![f64::from(component); 4],
            covariance: em.then(|| (0..16).map(|i| if i % 5 == 0 { 0.3 } else { 0.0 }).collect()),
        })
    };
    let died: Vec<u32> = runs.iter().filter(|run| run.end.is_none()).map(|run| run.run).collect();
    let part = Part {
        runs: runs.to_vec(),
        traces: runs.iter().flat_map(trace).collect(),
        failures: died.iter().map(|&run| tied(run)).collect(),
        parameters: runs.iter().flat_map(end).collect(),
        timings: runs.iter().map(|run| TimingRow { run: run.run, start_seconds: 0.0, fit_seconds: 0.0 }).collect(),
    };
    store.write_part(0, &store.encode(0, &part).unwrap()).unwrap();
    store.compact(u32::try_from(runs.len()).unwrap()).unwrap();
    store.write_observations(observations()).unwrap();
    let assignments = runs
        .iter()
        .filter(|run| run.end.is_some())
        .flat_map(|run| (0..12_u32).map(|row| AssignmentRow { run: run.run, row, component: (row + 1) % 3 }));
    store.write_assignments(assignments).unwrap();
    store.finish().unwrap();
}

#[test]
fn a_report_is_written_and_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), &runs(8));
    let first = write(dir.path()).unwrap();
    assert!(first.text.starts_with("144 runs: 120 converged, 24 singular covariance\n"), "{}", first.text);
    for title in
        ["How runs end", "Convergence, over", "Which varies", "Agreement", "Clusters and classes on iris-uci", "broke"]
    {
        assert!(first.text.contains(title), "{title} is not printed");
    }
    let bytes = |summary: &Summary| summary.files.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let before = bytes(&first);
    let second = write(dir.path()).unwrap();
    assert_eq!(first.text, second.text);
    assert_eq!(first.files, second.files);
    assert!(before == bytes(&second), "a second report differs from the first");

    let index = fs::read_to_string(dir.path().join("report/README.md")).unwrap();
    for file in first.files.iter().filter(|file| !file.ends_with("README.md")) {
        let name = file.strip_prefix(dir.path().join("report")).unwrap().to_str().unwrap();
        assert!(index.contains(&format!("({name})")), "{name} is not in the index:\n{index}");
    }
}

#[test]
fn a_folder_without_records_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let error = write(dir.path()).unwrap_err();
    assert!(error.to_string().contains(dir.path().to_str().unwrap()), "{error}");
    assert!(!dir.path().join("report").exists(), "nothing is written where nothing can be read");
}
