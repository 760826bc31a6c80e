//! The program as a user meets it: exit codes, what is printed where, what is written and what is not.

mod common;

use common::{CONFIG, Study, TABLES, wait};
use std::fs;

#[test]
fn errors_of_the_config_end_with_2_and_write_nothing() {
    let study = Study::new(&CONFIG.replace("\"tutorial\"", "\"tutroial\"").replace("replicates = 5", "replicates = x"));
    let ran = study.run(&["tiny.toml"]).ends(2).says("tiny.toml:3:14").says("nothing was run, nothing was written");
    assert_eq!(ran.stdout, "");
    assert_eq!(study.others(), [""; 0]);

    let study = Study::new(&CONFIG.replace("components = [2, 3]", "components = [0]"));
    study.run(&["tiny.toml", "seed=-1"]).ends(2).says("<command line>:1:6");
    study.run(&["tiny.toml", "--fresh"]).ends(2).says("error: a mixture of 0 components").says("tiny.toml:7:15");
    assert_eq!(study.others(), [""; 0]);
}

#[test]
fn a_missing_config_and_a_wrong_option_end_with_2() {
    let study = Study::new(CONFIG);
    study.run(&["tinny.toml"]).ends(2).says("the config cannot be read").says("tinny.toml");
    study.run(&["statsu", "results/tiny"]).ends(2).says("did you mean the command `runner status`?");
    study.run(&["tiny.toml", "--job", "2"]).ends(2).says("--jobs");
    study.run(&[]).ends(2).says("Usage");
    assert_eq!(study.others(), [""; 0]);
}

#[test]
fn a_results_folder_that_cannot_be_written_is_found_before_the_first_run() {
    let study = Study::new(CONFIG);
    study.run(&["tiny.toml", "--out", "tiny.toml/results"]).ends(2).says("cannot be written").says("--out DIR");
    study.run(&["tiny.toml", "--out", "tiny.toml"]).ends(2).says("it is a file, not a folder");
    study.run(&["tiny.toml", "--out", "."]).ends(2).says("is no results folder");
    assert_eq!(study.others(), [""; 0]);
    assert_eq!(fs::read_to_string(study.path("tiny.toml")).unwrap(), CONFIG);
}

#[test]
fn what_only_prints_writes_nothing() {
    let study = Study::new(CONFIG);
    let dry = study.run(&["tiny.toml", "--dry-run", "replicates=7"]).ends(0);
    assert!(dry.stdout.contains("\n12 cells, 84 runs; stop: gain-per-row=1e-6,max-iterations=50\n"), "{}", dry.stdout);
    let list = study.run(&["--list"]).ends(0).stdout;
    for name in ["iris", "uci", "faithful", "k-means++", "all-pairs", "ridge", "gain-per-row", "full", "em"] {
        assert!(list.contains(&format!("  {name} ")), "{name} is missing in:\n{list}");
    }
    let printed = study.run(&["tiny.toml", "--print-config", "seed=9"]).ends(0).stdout;
    assert!(printed.contains("seed = 9\n") && printed.contains("trace-stride = 1\n"), "{printed}");
    let schema = study.run(&["schema"]).ends(0).stdout;
    assert_eq!(schema, include_str!("../../../schemas/sweep.schema.json"));
    assert_eq!(study.others(), [""; 0]);
}

#[test]
fn the_rows_that_a_dry_run_announces_are_those_that_are_written_or_more() {
    let study = Study::new(CONFIG);
    // EM gains something in its first iterations, so that the bound is reached.
    for (stride, reached) in [("1", true), ("3", false)] {
        let stride = format!("record.trace-stride={stride}");
        let changes = [
            "tiny.toml",
            "grid.method=[\"em\"]",
            "stop.gain-per-row=0.0",
            "stop.max-iterations=2",
            "record.start-parameters=true",
            &stride,
        ];
        let said = study.run(&[&changes[..], &["--dry-run"]].concat()).ends(0).stdout;
        study.run(&[&changes[..], &["--no-report", "--quiet", "--fresh", "--out", "counted"]].concat()).ends(0);
        let marker = fs::read_to_string(study.path("counted/complete.json")).unwrap();
        let marker: serde_json::Value = serde_json::from_str(&marker).unwrap();
        for table in ["runs", "traces", "parameters", "assignments", "observations"] {
            let line = said.lines().find(|line| line.starts_with(&format!("{table} "))).unwrap();
            let most: u64 = line.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
            let rows = marker["files"][table]["rows"].as_u64().unwrap();
            let exact = !line.contains("at most") || (table == "traces" && reached);
            assert!(
                if exact { rows == most } else { rows <= most && (rows > 0 || table == "assignments") },
                "{rows} rows, said was: {line}"
            );
        }
    }
}

#[test]
fn a_sweep_runs_once_and_reports_again() {
    let study = Study::new(CONFIG);
    let first = study.run(&["tiny.toml"]).ends(0).says("100 % (60 of 60 runs").says("results: results/tiny");
    assert!(!first.stdout.is_empty());
    for name in TABLES.into_iter().chain(["timings"]) {
        assert!(study.path("results/tiny").join(format!("{name}.parquet")).exists(), "{name}");
    }
    for name in ["config.toml", "plan.toml", "provenance.json", "log.jsonl", "report"] {
        assert!(study.path("results/tiny").join(name).exists(), "{name}");
    }
    assert_eq!(fs::read_to_string(study.path("results/tiny/config.toml")).unwrap(), CONFIG);
    let runs = study.table("results/tiny", "runs");

    let second = study.run(&["tiny.toml"]).ends(0).says("nothing to do: 60 of 60 runs are recorded");
    assert_eq!(second.stdout, first.stdout);
    fs::remove_dir_all(study.path("results/tiny/report")).unwrap();
    let report = study.run(&["report", "results/tiny"]).ends(0);
    assert_eq!(report.stdout, first.stdout);
    assert_eq!(study.table("results/tiny", "runs"), runs);

    let quiet = study.run(&["tiny.toml", "--quiet", "--no-report", "--out", "other"]).ends(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    assert!(!study.path("other/report").exists());
}

#[test]
fn another_plan_is_refused_and_fresh_moves_the_old_results_aside() {
    let study = Study::new(CONFIG);
    study.run(&["tiny.toml", "--quiet", "--no-report"]).ends(0);
    let runs = study.table("results/tiny", "runs");
    study.run(&["tiny.toml", "seed=2"]).ends(2).says("the results of another plan").says("--fresh");
    assert_eq!(study.table("results/tiny", "runs"), runs);
    study.run(&["tiny.toml", "seed=2", "--fresh", "--no-report"]).ends(0).says("results/tiny.old-1");
    assert_eq!(study.table("results/tiny.old-1", "runs"), runs);
    assert_ne!(study.table("results/tiny", "runs"), runs);
    let config = fs::read_to_string(study.path("results/tiny/config.toml")).unwrap();
    assert!(config.ends_with("# Overrides of the command line:\n# seed=2\n"), "{config}");
}

#[test]
fn the_tables_do_not_depend_on_the_number_of_threads() {
    let study = Study::new(CONFIG);
    for jobs in ["1", "2", "4"] {
        study.run(&["tiny.toml", "replicates=60", "--quiet", "--no-report", "--jobs", jobs, "--out", jobs]).ends(0);
    }
    for name in TABLES {
        let one = study.table("1", name);
        assert!(one == study.table("2", name) && one == study.table("4", name), "{name} differs");
    }
}

#[test]
fn failed_starts_are_results_unless_strict() {
    let config =
        CONFIG.replace("[[dataset.builtin]]\nid = \"iris\"", "[[dataset.csv]]\nid = \"flat\"\npath = \"flat.csv\"");
    let study = Study::new(&config);
    fs::write(study.path("flat.csv"), "a,b\n1,5\n2,5\n3,5\n4,5\n9,5\n").unwrap();
    study.run(&["tiny.toml", "--no-report"]).ends(0);
    study.run(&["tiny.toml", "--no-report", "--strict"]).ends(3).says("starts failed (--strict)");

    fs::write(study.path("flat.csv"), "a,b\n1,5\n2,\n3,x\n").unwrap();
    let wrong = study.run(&["tiny.toml", "--out", "wrong"]).ends(2).says("tiny.toml:7:8");
    let wrong = wrong.says("line 3, row 2, column 2 `b`").says("line 4, row 3, column 2 `b`");
    assert_eq!(wrong.stdout, "");
    assert!(!study.path("wrong").exists());
}

/// Kills a sweep as soon as its first part is committed, and compares what the same command makes of it.
#[test]
fn a_killed_sweep_goes_on_and_ends_with_the_same_bytes() {
    let study = Study::new(CONFIG);
    let arguments = |out| ["tiny.toml", "replicates=400", "--no-report", "--jobs", "2", "--out", out];
    study.run(&arguments("whole")).ends(0);
    let mut child = study.command(&arguments("killed")).stderr(std::process::Stdio::null()).spawn().unwrap();
    let first_part = study.path("killed/parts/000000.json");
    let ended = || child.try_wait().unwrap().is_some();
    wait(&first_part, ended);
    child.kill().unwrap();
    child.wait().unwrap();
    let unfinished = !study.path("killed/complete.json").exists();
    let resumed = study.run(&arguments("killed")).ends(0);
    let expected = if unfinished { "going on: " } else { "nothing to do: " };
    let resumed = resumed.says(expected);
    assert_eq!(resumed.stdout, "");
    for name in TABLES {
        assert!(study.table("whole", name) == study.table("killed", name), "{name} differs");
    }
    assert!(!study.path("killed/parts").exists());
}
