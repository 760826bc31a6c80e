//! The bytes of the final files depend on the rows alone.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

fn bytes(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())).collect()
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
