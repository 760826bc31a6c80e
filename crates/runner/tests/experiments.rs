//! The experiments without seeds are as committed, and a number that was changed by hand is found. The others take longer; the gate checks
//! them with `runner experiment all --check`.

use runner::experiments::{Request, run};
use std::fs;
use std::path::{Path, PathBuf};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

fn check(which: &[&str], experiments: &Path) -> anyhow::Result<bool> {
    let results = tempfile::tempdir().unwrap();
    let which: Vec<String> = which.iter().map(|&name| name.to_owned()).collect();
    let agree = run(&Request { which: &which, check: true, experiments, results: results.path(), threads: Some(2) });
    let left: Vec<_> = fs::read_dir(results.path()).unwrap().collect();
    assert!(left.is_empty(), "a check leaves nothing behind: {left:?}");
    agree
}

/// A copy of one experiment.
fn copied(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join(name);
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(committed().join(name)).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, to.join(from.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn the_experiments_without_seeds_are_as_committed() {
    assert!(check(&["01", "03", "08"], &committed()).unwrap());
}

#[test]
fn a_number_changed_by_hand_is_found_and_made_again() {
    let folder = copied("01-linkage");
    assert!(check(&["01"], folder.path()).unwrap());
    let readme = folder.path().join("01-linkage/README.md");
    let text = fs::read_to_string(&readme).unwrap();
    let changed = text.replacen("0.608247423", "0.608247433", 1);
    assert_ne!(changed, text);
    fs::write(&readme, changed).unwrap();
    assert!(!check(&["01"], folder.path()).unwrap());
    let results = folder.path().join("results");
    let which = ["01".to_owned()];
    let request =
        Request { which: &which, check: false, experiments: folder.path(), results: &results, threads: Some(1) };
    assert!(run(&request).unwrap());
    assert_eq!(fs::read_to_string(&readme).unwrap(), text);
}

#[test]
fn a_difference_without_a_reason_is_an_error() {
    let folder = copied("01-linkage");
    let published = folder.path().join("01-linkage/published.csv");
    let text = fs::read_to_string(&published).unwrap();
    fs::write(&published, text.replacen("0.608247423", "0.608247424", 1)).unwrap();
    let error = check(&["01"], folder.path()).unwrap_err();
    assert!(
        format!("{error:#}").contains("differ without a reason, first π of p = 1: printed 0.608247424"),
        "{error:#}"
    );
}
