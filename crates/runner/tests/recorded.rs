//! What can be asked of a results folder: one run in detail, and whether it can be repeated bit by bit.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Twelve EM runs and four of k-means on data from a file, of which some die on the tie in `b`.
const CONFIG: &str = r#"name = "tiny"
seed = 1
replicates = 4

[[dataset.csv]]
id = "ties"
path = "ties.csv"
components = [3]

[grid]
method = ["em", "k-means"]
start = ["random-points"]
policy = ["stop", { ridge = 1e-6 }, { reseed = 2 }]

[stop]
gain-per-row = 1e-6
max-iterations = 50
"#;

fn runner(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command.current_dir(folder).args(arguments).env_remove("NO_COLOR").output().unwrap()
}

#[track_caller]
fn ends(output: &Output, code: i32) -> (String, String) {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    (stdout, stderr)
}

/// A finished study in `results/tiny`; half of the rows have one value of `b`.
fn study() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let rows = (0..40).map(|i| {
        let (a, b) = (f64::from(i * 37 % 41) / 7.0, if i < 20 { 0.2 } else { f64::from(i * 29 % 43) / 3.0 });
        format!("{a},{b}\n")
    });
    fs::write(root.path().join("ties.csv"), format!("a,b\n{}", rows.collect::<String>())).unwrap();
    fs::write(root.path().join("tiny.toml"), CONFIG).unwrap();
    ends(&runner(root.path(), &["tiny.toml", "replicates=5", "--no-report", "--quiet"]), 0);
    root
}

#[test]
fn recorded_runs_are_repeated_bit_by_bit() {
    let root = study();
    let root = root.path();
    let (all, _) = ends(&runner(root, &["verify", "results/tiny", "--seed", "3"]), 0);
    assert!(all.contains("20 of 20 recorded runs repeated (--runs 20 --seed 3)"), "{all}");
    assert!(all.ends_with("all values are the same, bit for bit\n"), "{all}");
    let (some, _) = ends(&runner(root, &["verify", "results/tiny", "--runs", "7", "--jobs", "1"]), 0);
    assert!(some.contains(": 7 of 20 recorded"), "{some}");
    // However few are drawn, one is the best of its cell.
    let (only, _) = ends(&runner(root, &["verify", "results/tiny", "--runs", "1"]), 0);
    assert!(only.contains(": 1 of 20 recorded") && only.contains(", 40 of assignments\n"), "{only}");
    // From another folder, and by number.
    let below = root.join("results");
    let (one, _) = ends(&runner(&below, &["verify", "tiny", "--run", "3", "--run", "11"]), 0);
    assert!(one.contains(": 2 of 20 recorded"), "{one}");
    let (_, missing) = ends(&runner(root, &["verify", "results/tiny", "--run", "20"]), 2);
    assert!(missing.contains("run 20 is not recorded (recorded: 0 to 19)"), "{missing}");
}

#[test]
fn another_number_in_the_records_is_named_with_its_place() {
    let root = study();
    let root = root.path();
    let folder = root.join("results/tiny");
    // The same sweep of data that differ in one digit, passed off as the recorded one.
    let data = fs::read_to_string(root.join("ties.csv")).unwrap();
    fs::write(root.join("ties.csv"), data.replacen("0,0.2", "0,0.2000001", 1)).unwrap();
    ends(&runner(root, &["tiny.toml", "replicates=5", "--no-report", "--quiet", "--out", "other"]), 0);
    fs::write(root.join("ties.csv"), data).unwrap();
    for table in ["runs", "traces", "parameters"] {
        fs::copy(root.join("other").join(format!("{table}.parquet")), folder.join(format!("{table}.parquet"))).unwrap();
    }
    let (told, _) = ends(&runner(root, &["verify", "results/tiny", "--run", "0"]), 4);
    assert!(told.contains("1 of 1 runs differ\nrun 0 (") && told.contains("  runs, run_id: recorded "), "{told}");
    assert!(told.contains("more values"), "{told}");
}

#[test]
fn another_component_of_a_row_is_named() {
    let root = study();
    let root = root.path();
    let folder = root.join("results/tiny");
    let assigned = records::read_assignments(&folder).unwrap();
    let best = assigned[0].run.to_string();
    let verify = ["verify", "results/tiny", "--run", &best];
    let (same, _) = ends(&runner(root, &verify), 0);
    assert!(same.contains(", 40 of assignments\n"), "{same}");
    // The assignments of another sweep, passed off as the recorded ones: with another seed a run that is the best in both has its
    // components in another order.
    let of = |rows: &[records::AssignmentRow], run: u32| -> Vec<u32> {
        rows.iter().filter(|row| row.run == run).map(|row| row.component).collect()
    };
    let other = |seed: u32| {
        let out = format!("other-{seed}");
        let seed = format!("seed={seed}");
        ends(&runner(root, &["tiny.toml", "replicates=5", &seed, "--no-report", "--quiet", "--out", &out]), 0);
        let others = records::read_assignments(&root.join(&out)).unwrap();
        let differs = |run: &u32| !of(&others, *run).is_empty() && of(&others, *run) != of(&assigned, *run);
        assigned.iter().map(|row| row.run).find(differs).map(|run| (out, run.to_string()))
    };
    let (out, run) = (2..20).find_map(other).unwrap();
    fs::copy(root.join(out).join("assignments.parquet"), folder.join("assignments.parquet")).unwrap();
    let (told, _) = ends(&runner(root, &["verify", "results/tiny", "--run", &run]), 4);
    assert!(told.contains("\n  assignments, row "), "{told}");
}

#[test]
fn other_data_are_noticed_and_data_that_moved_are_found() {
    let root = study();
    let root = root.path();
    fs::create_dir(root.join("moved")).unwrap();
    fs::rename(root.join("ties.csv"), root.join("moved/ties.csv")).unwrap();
    let (_, lost) = ends(&runner(root, &["verify", "results/tiny"]), 1);
    assert!(lost.contains("--data DIR") && lost.contains("ties.csv"), "{lost}");
    ends(&runner(root, &["verify", "results/tiny", "--runs", "2", "--data", "moved"]), 0);
    fs::write(root.join("ties.csv"), "a,b\n1,2\n3,5\n4,4\n9,1\n8,7\n").unwrap();
    let (_, changed) = ends(&runner(root, &["verify", "results/tiny"]), 1);
    assert!(changed.contains("these data sets have other values now: ties"), "{changed}");
    // What the records know is shown all the same.
    let (shown, _) = ends(&runner(root, &["show", "results/tiny", "0"]), 0);
    assert!(shown.contains("note: without names of features") && shown.contains("x1"), "{shown}");
}

#[test]
fn a_run_is_shown_with_trace_failure_and_parameters() {
    let root = study();
    let root = root.path();
    let folder = root.join("results/tiny");
    let runs = records::read_runs(&folder).unwrap();
    let failed = runs.iter().find(|row| row.outcome == records::RunOutcome::SingularCovariance).unwrap();
    let (shown, _) = ends(&runner(root, &["show", "results/tiny", &failed.run.to_string()]), 0);
    let id = format!("{:016x}", failed.run_id);
    for words in [
        &format!("run {} ({id})  singular covariance", failed.run),
        "ties, draw 0: 40 rows × 2 features",
        "smallest relative pivot (log scale) by iteration",
        "\nfailure\n",
        "direction      b (loading",
        "tied values: 20 rows with responsibility above 1/2, 1 distinct values there",
        "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …; b there: 0.2",
        "last good parameters: mean (standard deviation)",
        &format!("runner verify results/tiny --run {}", failed.run),
        "tiny.toml replicates=5 --out",
    ] {
        assert!(shown.contains(words), "`{words}` is missing in:\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no colours without a terminal");
    assert_eq!(ends(&runner(root, &["show", "results/tiny", &id]), 0).0, shown);
    let converged = runs.iter().find(|row| row.remaining_gap.is_some()).unwrap();
    let (shown, _) = ends(&runner(root, &["show", "results/tiny", &converged.run.to_string()]), 0);
    assert!(shown.contains("gap to the extrapolated limit") && shown.contains("parameters at the end"), "{shown}");
    assert!(shown.contains('⠑') || shown.contains('⢄') || shown.contains('⠢'), "{shown}");
    let (_, unknown) = ends(&runner(root, &["show", "results/tiny", "zz"]), 2);
    assert!(unknown.contains("neither the number of a run nor a run_id"), "{unknown}");
}

#[test]
fn what_a_running_sweep_has_recorded_is_shown_and_verified() {
    let root = study();
    let root = root.path();
    // The folder as it is while the sweep runs: parts instead of final files.
    let folder = root.join("running");
    let mut child = Command::new(env!("CARGO_BIN_EXE_runner"))
        .current_dir(root)
        .args(["tiny.toml", "replicates=2000", "--no-report", "--quiet", "--jobs", "1", "--out", "running"])
        .spawn()
        .unwrap();
    let first = folder.join("parts/000000.json");
    while !first.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (shown, _) = ends(&runner(root, &["show", "running", "5"]), 0);
    assert!(shown.contains("run 5 ("), "{shown}");
    let (verified, _) = ends(&runner(root, &["verify", "running", "--runs", "3"]), 0);
    assert!(verified.contains("all values are the same"), "{verified}");
}

#[test]
fn a_folder_without_results_is_refused_by_all_that_read() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::create_dir(root.join("empty")).unwrap();
    fs::create_dir(root.join("foreign")).unwrap();
    fs::write(root.join("foreign/plan.toml"), "chapters = 3\n").unwrap();
    fs::write(root.join("file"), "x").unwrap();
    for (folder, what) in [
        ("nowhere", "nowhere does not exist\n"),
        ("file", "file is a file\n"),
        ("empty", "empty is no results folder: it has no plan.toml of a sweep\n"),
        ("foreign", "foreign is no results folder: it has no plan.toml of a sweep\n"),
    ] {
        for command in ["report", "status", "show", "compact", "verify"] {
            let arguments = if command == "show" { vec![command, folder, "0"] } else { vec![command, folder] };
            let (stdout, stderr) = ends(&runner(root, &arguments), 2);
            assert!(stdout.is_empty() && stderr.starts_with(&format!("error: {what}")), "{command}: {stdout}{stderr}");
            assert!(
                stderr.contains("help: expected a results folder") && stderr.contains("`runner CONFIG.toml` makes one")
            );
        }
    }
    let mut left: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(
        (left, fs::read_dir(root.join("empty")).unwrap().count()),
        (vec!["empty".into(), "file".into(), "foreign".into()], 0)
    );
}

#[test]
fn a_folder_in_which_nothing_is_recorded_yet_says_how_to_go_on() {
    let root = study();
    let root = root.path();
    let folder = root.join("results/tiny");
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !["plan.toml", "config.toml", "provenance.json"].contains(&name.as_str()) {
            let remove = if entry.path().is_dir() { fs::remove_dir_all } else { fs::remove_file };
            remove(entry.path()).unwrap();
        }
    }
    let (status, _) = ends(&runner(root, &["status", "results/tiny"]), 0);
    assert!(status.contains(": 0 of 20 runs are recorded"), "{status}");
    for (arguments, words) in [
        (&["report", "results/tiny"][..], "is not finished, so there are no tables yet"),
        (&["verify", "results/tiny"], "no run is recorded in results/tiny yet"),
        (&["compact", "results/tiny"], "0 of 20 runs are recorded"),
        (&["show", "results/tiny", "0"], "run 0 is not recorded (none is)"),
    ] {
        let (_, stderr) = ends(&runner(root, arguments), 2);
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
        assert!(arguments[0] == "show" || stderr.contains("`runner status results/tiny` says"), "{stderr}");
    }
}
