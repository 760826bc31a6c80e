//! Rows that must not reach a table, and what the errors say.

mod common;

use records::{Factors, ObservationRow, Part, RecordsError, Room, RunRange, Store};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn error(part: &Part) -> RecordsError {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    let error = common::write(&store, 0, part).unwrap_err();
    assert_eq!(store.committed().unwrap().runs(), 0, "a refused part does not count");
    error
}

#[test]
fn numbers_that_are_not_finite_name_table_column_and_run() {
    let good = common::part(0..10, 3);

    let mut part = good.clone();
    part.runs[4].bic = Some(f64::NAN);
    assert_eq!(
        error(&part).to_string(),
        "table runs, column bic, run 4: NaN is not finite; a number that has no value must be left missing"
    );

    let mut part = good.clone();
    let last = part.traces.len() - 1;
    part.traces[last].row.gain = Some(f64::INFINITY);
    let refused = error(&part);
    assert!(
        matches!(refused, RecordsError::NotFinite { table: "traces", column: "gain", value: f64::INFINITY, .. }),
        "{refused}"
    );

    let mut part = good.clone();
    part.traces[0].row.objective = f64::NEG_INFINITY;
    assert!(error(&part).to_string().starts_with("table traces, column objective, run 0: -inf"));

    let mut part = good.clone();
    part.parameters[3].mean[1] = f64::NAN;
    let run = part.parameters[3].run;
    assert!(error(&part).to_string().starts_with(&format!("table parameters, column mean, run {run}: NaN")));

    let mut part = good.clone();
    part.parameters[0].covariance.as_mut().unwrap()[3] = f64::NAN;
    assert!(error(&part).to_string().starts_with("table parameters, column covariance, run 0: NaN"));

    let mut part = good;
    part.failures[0].condition = Some(f64::INFINITY);
    assert!(error(&part).to_string().starts_with("table failures, column condition, run 2: inf"));
}

#[test]
fn an_observation_that_is_not_finite_names_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    let x = vec![1.0, f64::NAN];
    let row = ObservationRow { dataset: "stretched".to_owned(), draw: 1, row: 7, truth: None, x };
    let refused = store.write_observations([row]).unwrap_err().to_string();
    assert!(refused.starts_with("table observations, column x, dataset stretched, draw 1, row 7: NaN"), "{refused}");
    assert!(!folder.path().join("observations.parquet").exists());
}

#[test]
fn a_level_that_the_plan_does_not_name_is_refused() {
    let mut part = common::part(0..3, 1);
    let factors = Factors { start: "k-means".to_owned(), ..part.runs[1].factors.as_ref().clone() };
    part.runs[1].factors = Arc::new(factors);
    assert_eq!(
        error(&part).to_string(),
        "table runs, column start, run 1: `k-means` is none of the categories (tutorial, random-points); the plan \
         must name it"
    );
}

#[test]
fn rows_out_of_order_are_refused() {
    let good = common::part(0..10, 3);

    let mut part = good.clone();
    part.runs.swap(2, 3);
    let refused = error(&part);
    assert!(matches!(refused, RecordsError::OutOfOrder { table: "runs", run: 2, previous: 3, .. }), "{refused}");

    let mut part = good.clone();
    part.traces.swap(0, 1);
    assert!(matches!(error(&part), RecordsError::OutOfOrder { table: "traces", run: 0, previous: 0, .. }));

    let mut part = good.clone();
    part.parameters.swap(0, 1);
    assert!(matches!(error(&part), RecordsError::OutOfOrder { table: "parameters", run: 0, .. }));

    let mut part = good;
    let repeated = part.timings[9];
    part.timings.push(repeated);
    assert!(matches!(error(&part), RecordsError::OutOfOrder { table: "timings", run: 9, previous: 9, .. }));
}

#[test]
fn rows_of_other_runs_are_refused() {
    let mut part = common::part(0..10, 3);
    part.runs.remove(5);
    assert!(matches!(error(&part), RecordsError::ForeignRun { table: "traces", run: 5, .. }));
    assert!(matches!(error(&Part::default()), RecordsError::EmptyPart { part: 0 }));
}

#[test]
fn a_number_that_is_taken_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    common::write(&store, 0, &common::part(0..10, 1)).unwrap();
    let taken = common::write(&store, 0, &common::part(10..20, 1)).unwrap_err();
    assert!(matches!(taken, RecordsError::PartExists { part: 0 }), "{taken}");
}

#[test]
fn a_part_with_gaps_covers_exactly_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    let mut part = common::part(0..10, 3);
    part.runs.retain(|row| row.run % 4 != 1);
    part.traces.retain(|record| record.run % 4 != 1);
    part.failures.retain(|row| row.run % 4 != 1);
    part.parameters.retain(|row| row.run % 4 != 1);
    part.timings.retain(|row| row.run % 4 != 1);
    common::write(&store, 0, &part).unwrap();
    let committed = store.committed().unwrap();
    let done: Vec<u32> = (0..12).filter(|&run| committed.contains(run)).collect();
    assert_eq!(done, [0, 2, 3, 4, 6, 7, 8]);
    assert_eq!(committed.runs(), 7);
}

#[test]
fn a_missing_or_foreign_file_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let missing = records::read_runs(folder.path()).unwrap_err().to_string();
    assert!(missing.starts_with("cannot open ") && missing.contains("runs.parquet"), "{missing}");

    common::write_sweep(folder.path(), &[0, 3], 1);
    std::fs::copy(folder.path().join("timings.parquet"), folder.path().join("runs.parquet")).unwrap();
    let foreign = records::read_runs(folder.path()).unwrap_err().to_string();
    assert!(foreign.contains("table runs, column run_id: expected hex, found no such column"), "{foreign}");

    std::fs::write(folder.path().join("runs.parquet"), b"no Parquet").unwrap();
    assert!(matches!(records::read_runs(folder.path()), Err(RecordsError::Parquet { table: "runs", .. })));
}

#[test]
fn a_folder_that_cannot_be_made_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let refused = Store::open(&file.join("sweep"), &common::categories(), common::metadata()).unwrap_err();
    assert!(matches!(refused, RecordsError::File { .. }), "{refused}");
}

#[test]
fn a_refused_run_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    let of = |run: u32| common::part(run..run + 1, 3);
    let mut bad = of(2);
    assert!(!bad.traces.is_empty() && !bad.failures.is_empty() && !bad.parameters.is_empty());
    bad.parameters.last_mut().unwrap().mean[0] = f64::NAN;
    let mut encoder = store.encoder(0, Room::default());
    encoder.append(&of(0)).unwrap();
    encoder.append(&of(1)).unwrap();
    assert!(matches!(encoder.append(&bad), Err(RecordsError::NotFinite { table: "parameters", .. })));
    assert!(matches!(encoder.append(&of(1)), Err(RecordsError::OutOfOrder { run: 1, previous: 1, .. })));
    encoder.append(&of(3)).unwrap();
    let part = encoder.finish();
    assert_eq!(part.runs(), 3);
    store.write_part(0, &part).unwrap();
    let committed = store.committed().unwrap();
    assert_eq!(committed.parts[0].runs, [RunRange { first: 0, last: 1 }, RunRange { first: 3, last: 3 }]);

    let other = tempfile::tempdir().unwrap();
    let expected = common::open(other.path());
    let mut rows = of(0);
    rows.append(of(1));
    rows.append(of(3));
    common::write(&expected, 0, &rows).unwrap();
    let bytes = |folder: &Path, table: &str| fs::read(folder.join(format!("parts/000000.{table}.parquet"))).unwrap();
    for table in ["runs", "traces", "parameters", "timings"] {
        assert!(bytes(folder.path(), table) == bytes(other.path(), table), "{table}");
    }
}
