//! The bytes of the final files depend on the rows alone.

mod common;

use records::RecordsError;
use std::collections::BTreeMap;
use std::path::Path;

fn bytes(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())).collect()
}

/// The runs of a part, as several processes deal them out: every third block of five.
fn every_third_block(which: u32, runs: u32, iterations: u32) -> records::Part {
    let mut part = common::part(0..runs, iterations);
    let mine = |run: u32| run / 5 % 3 == which;
    part.runs.retain(|row| mine(row.run));
    part.traces.retain(|record| mine(record.run));
    part.failures.retain(|row| mine(row.run));
    part.parameters.retain(|row| mine(row.run));
    part.timings.retain(|row| mine(row.run));
    part
}

#[test]
fn parts_that_interleave_give_the_same_bytes() {
    let [one, three] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // 800 runs have more than one row group of traces, also in a third of them.
    common::write_sweep(one.path(), &[0, 801], 140);
    let store = common::open(three.path());
    for which in [2, 0, 1] {
        common::write(&store, 5 * which, &every_third_block(which, 801, 140)).unwrap();
    }
    let committed = store.committed().unwrap();
    assert_eq!((committed.runs(), committed.parts.len(), committed.parts[0].runs.len()), (801, 3, 54));
    store.compact(801).unwrap();
    store.write_observations(common::observations()).unwrap();
    store.write_assignments(common::assignments()).unwrap();
    store.finish().unwrap();
    assert!(bytes(one.path()) == bytes(three.path()));
}

#[test]
fn one_part_or_seven_give_the_same_bytes() {
    let [one, seven] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // 2600 runs have more than two row groups of traces, and the cuts fall on none of their edges.
    common::write_sweep(one.path(), &[0, 2600], 140);
    common::write_sweep(seven.path(), &[0, 1, 333, 334, 1000, 1717, 2599, 2600], 140);
    let (one, seven) = (bytes(one.path()), bytes(seven.path()));
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    let expected = [
        "assignments.parquet",
        "complete.json",
        "failures.parquet",
        "observations.parquet",
        "parameters.parquet",
        "runs.parquet",
        "timings.parquet",
        "traces.parquet",
    ];
    assert_eq!(names, expected, "parts and temporary files are gone");
    for name in names {
        assert!(one[name] == seven[name], "{name} differs");
    }
}

/// Long lists, of which a row group is cut out: how long the part was does not show.
#[test]
fn wide_parameters_have_the_same_bytes_in_one_part_or_four() {
    let wide = |runs: std::ops::Range<u32>| {
        let mut part = common::part(runs, 1);
        for row in &mut part.parameters {
            row.mean = vec![0.5; 16];
            row.covariance = (!row.run.is_multiple_of(7)).then(|| vec![0.25; 256]);
        }
        part
    };
    let write = |cuts: &[u32]| {
        let folder = tempfile::tempdir().unwrap();
        let store = common::open(folder.path());
        for pair in cuts.windows(2) {
            common::write(&store, pair[0], &wide(pair[0]..pair[1])).unwrap();
        }
        store.compact(*cuts.last().unwrap()).unwrap();
        std::fs::read(folder.path().join("parameters.parquet")).unwrap()
    };
    let grow = |cuts: &[u32]| {
        let folder = tempfile::tempdir().unwrap();
        let store = common::open(folder.path());
        let parts = cuts.windows(2).map(|pair| store.encode(pair[0], &wide(pair[0]..pair[1])).unwrap());
        let tables = store.merging(3000, |feeds| assert!(parts.into_iter().all(|part| feeds.send(part)))).unwrap();
        store.place_merged(tables).unwrap();
        std::fs::read(folder.path().join("parameters.parquet")).unwrap()
    };
    let rows = wide(0..3000).parameters.len();
    assert!(rows * 272 > 3 << 20, "{rows} rows are to fill several row groups");
    let (one, four) = ([0, 3000], [0, 700, 701, 2000, 3000]);
    let expected = write(&one);
    assert!(write(&four) == expected && grow(&one) == expected && grow(&four) == expected);
}

#[test]
fn tables_that_grow_have_the_same_bytes() {
    let [merged, grown] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    common::write_sweep(merged.path(), &[0, 333, 801], 140);
    let store = common::open(grown.path());
    let parts = || [common::part(0..100, 140), common::part(100..333, 140), common::part(333..801, 140)];
    for part in parts() {
        common::write(&store, part.runs[0].run, &part).unwrap();
    }
    let tables = store
        .merging(801, |feeds| assert!(parts().into_iter().all(|part| feeds.send(store.encode(0, &part).unwrap()))))
        .unwrap();
    store.place_merged(tables).unwrap();
    store.write_observations(common::observations()).unwrap();
    store.write_assignments(common::assignments()).unwrap();
    store.finish().unwrap();
    assert!(bytes(merged.path()) == bytes(grown.path()));
}

#[test]
fn tables_that_lack_runs_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = common::open(folder.path());
    let incomplete = store.merging(20, |feeds| {
        assert!(feeds.send(store.encode(0, &common::part(0..10, 5)).unwrap()));
        assert!(!feeds.send(store.encode(15, &common::part(15..20, 5)).unwrap()), "these runs do not follow");
    });
    assert!(matches!(incomplete, Err(RecordsError::Incomplete { expected: 20, found: 10 })));
    assert_eq!(std::fs::read_dir(folder.path().join(".tmp")).unwrap().count(), 0);
}
