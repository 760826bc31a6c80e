//! What is written comes back, in every table.

mod common;

use records::{Categories, Part, Provenance, RunRow, Store, is_complete};
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn every_table_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    common::write_sweep(root, &[0, 13, 40], 12);
    let all = common::part(0..40, 12);

    assert_eq!(records::read_runs(root).unwrap(), all.runs);
    let mut traces = Vec::new();
    records::for_each_trace(root, |record| traces.push(record)).unwrap();
    assert_eq!(traces, all.traces);
    assert_eq!(records::read_failures(root).unwrap(), all.failures);
    assert_eq!(records::read_parameters(root).unwrap(), all.parameters);
    assert_eq!(records::read_timings(root).unwrap(), all.timings);
    assert_eq!(records::read_observations(root).unwrap(), common::observations());
    assert_eq!(records::read_assignments(root).unwrap(), common::assignments());
    assert_eq!(records::read_metadata(root).unwrap(), common::metadata());
    assert!(is_complete(root, "0123abcd").unwrap());
    assert!(!is_complete(root, "another plan").unwrap());
}

#[test]
fn the_sample_has_every_kind_of_missing_value() {
    let part = common::part(0..40, 12);
    let mixed = |missing: &dyn Fn(&RunRow) -> bool| {
        let count = part.runs.iter().filter(|row| missing(row)).count();
        0 < count && count < part.runs.len()
    };
    assert!(mixed(&|row| row.factors.covariance.is_none()));
    assert!(mixed(&|row| row.stop_reason.is_none()));
    assert!(mixed(&|row| row.log_likelihood.is_none()));
    assert!(mixed(&|row| row.misclassified.is_none()));
    assert!(mixed(&|row| row.end.is_none()));
    assert!(part.parameters.iter().any(|row| row.covariance.is_none()));
    assert!(part.failures.iter().any(|row| row.direction.is_none()));
    assert!(part.traces.iter().any(|record| record.row.event.name().is_some()));
}

#[test]
fn chosen_runs_come_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // More than one row group of traces, so that some are skipped.
    common::write_sweep(root, &[0, 2000], 120);
    let all = common::part(0..2000, 120);
    assert!(all.traces.len() > 150_000, "{}", all.traces.len());
    let chosen = BTreeSet::from([3, 1998]);

    let traces = records::read_traces_of(root, &chosen).unwrap();
    let expected: Vec<_> = all.traces.iter().filter(|record| chosen.contains(&record.run)).copied().collect();
    assert_eq!(traces, expected);
    let parameters = records::read_parameters_of(root, &chosen).unwrap();
    let expected: Vec<_> = all.parameters.iter().filter(|row| chosen.contains(&row.run)).cloned().collect();
    assert_eq!(parameters, expected);
    assert_eq!(records::read_traces_of(root, &BTreeSet::from([5000])).unwrap(), []);
}

#[test]
fn rows_of_a_cell_share_their_factors() {
    let folder = tempfile::tempdir().unwrap();
    common::write_sweep(folder.path(), &[0, 211], 1);
    let runs = records::read_runs(folder.path()).unwrap();
    assert_eq!(runs[0].factors, runs[210].factors);
    assert!(Arc::ptr_eq(&runs[0].factors, &runs[210].factors));
}

#[test]
fn empty_tables_and_empty_vocabularies_are_fine() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut part = common::part(4..5, 3);
    (part.failures, part.parameters) = (Vec::new(), Vec::new());
    // k-means alone: no covariance, no policy.
    let categories = Categories { covariance: Vec::new(), policy: Vec::new(), ..common::categories() };
    let store = Store::open(root, &categories, common::metadata()).unwrap();
    common::write(&store, 0, &part).unwrap();
    store.compact(1).unwrap();
    store.write_observations([]).unwrap();
    store.write_assignments([]).unwrap();
    store.finish().unwrap();
    assert_eq!(records::read_runs(root).unwrap(), part.runs);
    assert_eq!(records::read_failures(root).unwrap(), []);
    assert_eq!(records::read_parameters(root).unwrap(), []);
    assert_eq!(records::read_observations(root).unwrap(), []);
}

#[test]
fn many_levels_need_wider_codes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let dataset: Vec<String> = (0..70_000).map(|i| format!("set-{i}")).collect();
    let start: Vec<String> = (0..300).map(|i| format!("start-{i}")).collect();
    let mut part = Part { runs: common::part(0..3, 1).runs, ..Part::default() };
    for (row, (set, kind)) in part.runs.iter_mut().zip([(0, 299), (69_999, 0), (65_536, 256)]) {
        let factors = Arc::make_mut(&mut row.factors);
        (factors.dataset, factors.start) = (dataset[set].clone(), start[kind].clone());
    }
    let categories = Categories { dataset, start, ..common::categories() };
    let store = Store::open(root, &categories, common::metadata()).unwrap();
    common::write(&store, 0, &part).unwrap();
    store.compact(3).unwrap();
    assert_eq!(records::read_runs(root).unwrap(), part.runs);
}

#[test]
fn provenance_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let provenance = Provenance {
        version: "0.1.0".to_owned(),
        git_commit: Some("4374b2d".to_owned()),
        git_dirty: Some(false),
        threads: 2,
        lanes: 1,
        datasets: common::metadata().datasets,
        command: vec!["runner".to_owned(), "configs/sweep.toml".to_owned()],
        ..Provenance::default()
    };
    common::open(folder.path()).write_provenance(&provenance).unwrap();
    assert_eq!(Provenance::read(folder.path()).unwrap(), provenance);
}
