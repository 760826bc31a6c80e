//! What provenance.json says, and that the instruction set can be chosen and is kept.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CONFIG: &str = r#"name = "tiny"
seed = 1
replicates = 4

[[dataset.builtin]]
id = "iris"
components = [3]

[grid]
method = ["em"]
start = ["random-points"]
policy = ["stop"]

[stop]
gain-per-row = 1e-6
max-iterations = 50
"#;

fn runner(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runner")).current_dir(folder).args(arguments).output().unwrap()
}

#[track_caller]
fn ends(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    stderr
}

#[test]
fn config_program_and_machine_are_recorded() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("tiny.toml"), CONFIG).unwrap();
    let arguments = ["tiny.toml", "replicates=3", "--no-report", "--quiet", "--jobs", "2", "--simd", "scalar"];
    ends(&runner(root, &arguments), 0);
    let folder = root.join("results/tiny");
    let origin = records::Provenance::read(&folder).unwrap();
    assert_eq!(origin.simd.as_deref(), Some("scalar"));
    assert_eq!((origin.simd_before.len(), origin.threads, origin.lanes), (0, 2, 1));
    assert_eq!(origin.overrides, ["replicates=3"]);
    assert!(origin.config.unwrap().ends_with("tiny.toml"));
    // SHA-256 of CONFIG, from sha256sum.
    assert_eq!(
        origin.config_sha256.as_deref(),
        Some("31f25af52fec6f9d60bed211888a746efc768ee2b135c604ab71b2a5c2d1983b")
    );
    let plan = fs::read_to_string(folder.join("plan.toml")).unwrap();
    assert!(plan.lines().next().unwrap().ends_with(&origin.plan_hash) && origin.plan_hash.len() == 64);
    assert_eq!(origin.datasets, records::read_metadata(&folder).unwrap().datasets);
    assert!(origin.crates["rand_chacha"].starts_with("0.10."));
    assert_eq!(origin.command[1..], arguments);
    assert!(origin.rustc.unwrap().starts_with("rustc "));
    assert!(origin.started <= origin.finished && origin.finished.is_some());
}

#[test]
fn an_instruction_set_that_is_recorded_but_missing_stops_a_resume() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("tiny.toml"), CONFIG).unwrap();
    ends(&runner(root, &["tiny.toml", "--no-report", "--quiet", "--simd", "scalar"]), 0);
    let folder = root.join("results/tiny");
    let runs = fs::read(folder.join("runs.parquet")).unwrap();
    // As if the sweep had been interrupted before its first part, on a machine of the future.
    fs::remove_file(folder.join("complete.json")).unwrap();
    let origin = fs::read_to_string(folder.join("provenance.json")).unwrap();
    fs::write(folder.join("provenance.json"), origin.replace("\"simd\": \"scalar\"", "\"simd\": \"x86-64-v9\""))
        .unwrap();
    let refused = ends(&runner(root, &["tiny.toml", "--no-report"]), 2);
    assert!(refused.contains("computed with x86-64-v9") && refused.contains("--simd"), "{refused}");
    assert_eq!(fs::read(folder.join("runs.parquet")).unwrap(), runs);
    ends(&runner(root, &["tiny.toml", "--no-report", "--quiet", "--simd", "scalar"]), 0);
    assert_eq!(records::Provenance::read(&folder).unwrap().simd_before, ["x86-64-v9"]);
    assert_eq!(fs::read(folder.join("runs.parquet")).unwrap(), runs);
}

/// A program that is not where cargo made it may have been made from anything.
#[test]
fn a_program_that_was_copied_knows_no_commit() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("tiny.toml"), CONFIG).unwrap();
    let copied = root.join("copied");
    fs::copy(env!("CARGO_BIN_EXE_runner"), &copied).unwrap();
    let output =
        Command::new(&copied).current_dir(root).args(["tiny.toml", "--no-report", "--quiet"]).output().unwrap();
    ends(&output, 0);
    let origin = records::Provenance::read(&root.join("results/tiny")).unwrap();
    assert_eq!((origin.git_commit, origin.git_dirty), (None, None));
    assert!(origin.cargo_lock_sha256.is_some() && origin.rustc.is_some());
}
