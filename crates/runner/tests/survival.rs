//! Whatever happens to a sweep, the same command goes on, and the tables are those of a sweep to which nothing happened.

mod common;

use common::{CONFIG, Ran, Study, TABLES, wait};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Kills of the random kind; `KILLS=100` for more.
const KILLS: u32 = 20;
/// Enough runs for parts of 512, 512 and 416 of them: 12 cells.
const REPLICATES: &str = "replicates=120";
/// What is in a results folder, and nothing else.
const FILES: [&str; 12] = [
    "assignments.parquet",
    "complete.json",
    "config.toml",
    "failures.parquet",
    "log.jsonl",
    "observations.parquet",
    "parameters.parquet",
    "plan.toml",
    "provenance.json",
    "runs.parquet",
    "timings.parquet",
    "traces.parquet",
];

fn arguments<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["tiny.toml", REPLICATES, "--no-report", "--jobs", "2", "--out", out], more].concat()
}

fn start(study: &Study, out: &str, more: &[&str]) -> Child {
    study.command(&arguments(out, more)).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A study with an undisturbed sweep in `whole`, and how long that took.
fn study() -> (Study, Duration) {
    let study = Study::new(CONFIG);
    let begun = Instant::now();
    study.run(&arguments("whole", &["--quiet"])).ends(0);
    (study, begun.elapsed())
}

#[track_caller]
fn same(study: &Study, folder: &str) {
    for name in TABLES {
        assert!(study.table("whole", name) == study.table(folder, name), "{name} of {folder} differs");
    }
    let mut files: Vec<String> = names(&study.path(folder));
    files.sort();
    assert_eq!(files, FILES, "nothing is left over in {folder}");
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn end(child: Child) -> Ran {
    Ran::new(&child.wait_with_output().unwrap())
}

/// Waits for the first part, but not for ever.
fn first_part(study: &Study, folder: &str, child: &mut Child) {
    wait(&study.path(folder).join("parts/000000.json"), || child.try_wait().unwrap().is_some());
}

#[test]
fn killed_at_random_moments() {
    let kills: u32 = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let (study, duration) = study();
    // On a busy machine later moments come after a resume.
    let duration = duration.min(Duration::from_secs(1));
    // Any numbers will do; these come from a multiplicative generator.
    let mut random = 20_181_122_u64;
    let (mut killed, mut folders) = (0, 0);
    while killed < kills {
        folders += 1;
        let folder = format!("killed-{folders}");
        loop {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let share = (random >> 40) as f64 / (1_u64 << 24) as f64;
            let mut child = start(&study, &folder, &["--quiet"]);
            if killed == kills {
                end(child).ends(0);
                break;
            }
            if (random >> 33).is_multiple_of(4) {
                // The moment between tables and marker is short and would be missed.
                wait(&study.path(&folder).join("runs.parquet"), || child.try_wait().unwrap().is_some());
                std::thread::sleep(duration.mul_f64(0.1 * share));
            } else {
                std::thread::sleep(duration.mul_f64(share));
            }
            child.kill().unwrap();
            let ran = end(child);
            if ran.code.is_some() {
                ran.ends(0);
                break;
            }
            killed += 1;
        }
        same(&study, &folder);
    }
}

#[test]
fn of_three_shards_one_is_killed() {
    let (study, duration) = study();
    let mut shards: Vec<Child> =
        ["1/3", "2/3", "3/3"].iter().map(|shard| start(&study, "shards", &["--shard", shard])).collect();
    std::thread::sleep(duration / 2);
    shards[1].kill().unwrap();
    let ended: Vec<Ran> = shards.into_iter().map(end).collect();
    for ran in [&ended[0], &ended[2]] {
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    // It may have done its share, and the others the rest.
    if !study.path("shards/complete.json").exists() {
        assert!(ended[2].stderr.contains("this share is done") && ended[0].stderr.contains("this share is done"));
        let status = study.run(&["status", "shards"]).ends(0).stdout;
        assert!(status.contains("of 1440 runs are recorded") && status.contains("nobody is at work"), "{status}");
        study.run(&["compact", "shards"]).ends(2).says("of 1440 runs are recorded");
        study.run(&arguments("shards", &["--shard", "2/3"])).ends(0).says("results: shards");
    } else if ended[1].code.is_none() {
        // It was the last one, and was killed between the marker and the removal of the parts: the same command does that.
        study.run(&arguments("shards", &["--shard", "2/3"])).ends(0);
    }
    same(&study, "shards");
}

#[test]
fn shards_that_end_together_make_the_tables_once() {
    let (study, _) = study();
    let shards: Vec<Child> =
        ["1/4", "2/4", "3/4", "4/4"].iter().map(|shard| start(&study, "shards", &["--shard", shard])).collect();
    for ran in shards.into_iter().map(end) {
        ran.ends(0);
    }
    same(&study, "shards");
    study.run(&arguments("shards", &["--shard", "3/4"])).ends(0).says("nothing to do");
    study
        .run(&arguments("shards", &["--shard", "3/4", "--fresh"]))
        .ends(2)
        .says("--fresh cannot be combined with --shard");
}

#[test]
fn a_task_of_a_slurm_array_is_a_shard() {
    let (study, _) = study();
    for task in ["3", "4"] {
        let mut command = study.command(&arguments("array", &[]));
        for (name, value) in [("ID", task), ("COUNT", "2"), ("MIN", "3"), ("MAX", "4"), ("STEP", "1")] {
            command.env(format!("SLURM_ARRAY_TASK_{name}"), value);
        }
        Ran::new(&command.output().unwrap()).ends(0).says("a task of a Slurm array");
    }
    same(&study, "array");
}

#[test]
fn two_processes_cannot_write_the_same() {
    let (study, _) = study();
    let more = ["replicates=3000", "--shard", "1/2"];
    let mut child = start(&study, "locked", &more);
    first_part(&study, "locked", &mut child);
    if child.try_wait().unwrap().is_none() {
        let pid = format!("process {} on host", child.id());
        let shard = study.run(&arguments("locked", &more));
        shard.ends(2).says(&pid).says("as shard 1/2").says(&format!("kill {}", child.id()));
        study.run(&arguments("locked", &more[..1])).ends(2).says(&pid);
        study.run(&arguments("locked", &["replicates=3000", "--shard", "1/3"])).ends(2).says(&pid);
        study.run(&arguments("locked", &["replicates=3000", "--fresh"])).ends(2).says(&pid);
        let status = study.run(&["status", "locked"]).ends(0).stdout;
        assert!(status.contains("at work as shard 1/2") && status.contains(&pid), "{status}");
    }
    child.kill().unwrap();
    end(child);
    let status = study.run(&["status", "locked"]).ends(0).stdout;
    assert!(status.contains("nobody is at work; to go on: "), "{status}");
}

#[test]
fn ctrl_c_finishes_what_runs_and_says_how_to_go_on() {
    let (study, _) = study();
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = format!("stopped{name}");
        let mut child = start(&study, &folder, &[]);
        first_part(&study, &folder, &mut child);
        if child.try_wait().unwrap().is_none() {
            signal(&child, name);
        }
        let ran = end(child);
        // A quick machine may have been past the last run.
        if ran.code != Some(0) && study.path(&folder).join("parts").exists() {
            let ran = ran.ends(code).says("a second Ctrl-C ends at once").says("the same command goes on");
            assert!(ran.stderr.contains("interrupted: ") && ran.stderr.contains(" of 1440 runs are recorded"));
            assert_eq!(names(&study.path(&folder).join(".tmp")), [""; 0]);
            study.run(&arguments(&folder, &[])).ends(0).says("going on: ");
        } else {
            study.run(&arguments(&folder, &[])).ends(0);
        }
        same(&study, &folder);
    }
}

#[test]
fn a_second_ctrl_c_loses_nothing_that_was_written() {
    let (study, _) = study();
    let mut child = start(&study, "twice", &["replicates=20000"]);
    first_part(&study, "twice", &mut child);
    let written = study.path("twice/parts/000000.json").exists();
    signal(&child, "-INT");
    signal(&child, "-INT");
    let ran = end(child);
    assert!(written && ran.code == Some(130), "{:?} {}", ran.code, ran.stderr);
    let status = study.run(&["status", "twice"]).ends(0).stdout;
    assert!(!status.contains(": 0 of") && status.contains("nobody is at work"), "{status}");
}

#[test]
fn damaged_parts_are_set_aside_and_repeated() {
    let (study, _) = study();
    study.run(&arguments("damaged", &["--filter", "method=em"])).ends(0).says("this share is done: 960 of 1440");
    let parts = study.path("damaged/parts");
    let mut traces: Vec<String> = names(&parts).into_iter().filter(|name| name.ends_with("traces.parquet")).collect();
    traces.sort();
    let (flipped, cut) = (parts.join(&traces[0]), parts.join(&traces[1]));
    let mut bytes = fs::read(&flipped).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 16;
    fs::write(&flipped, bytes).unwrap();
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();

    let status = study.run(&["status", "damaged"]).ends(0).stdout;
    for name in &traces[..2] {
        assert!(status.contains(&format!("{name} differs from its manifest")), "{status}");
    }
    let resumed =
        study.run(&arguments("damaged", &[])).ends(0).says("it was moved to .set-aside, and its runs are repeated");
    for name in &traces[..2] {
        assert!(resumed.stderr.contains(&format!("{name} differs from its manifest")), "{}", resumed.stderr);
    }
    same(&study, "damaged");
}

/// A limit on the size of files stands for the full disk: the same error at the same places.
#[test]
fn a_full_disk_is_an_error_after_which_the_sweep_goes_on() {
    let (study, _) = study();
    let shell = |blocks: u64, command: &str, arguments: &[&str]| {
        // Without the trap the signal would end the process.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; {command}");
        let mut shell = std::process::Command::new("sh");
        Ran::new(&shell.current_dir(study.path("")).args(["-c", &script, "sh"]).args(arguments).output().unwrap())
    };
    // Shells count in blocks of 512 or of 1024 bytes.
    shell(1, "head -c 9999 /dev/zero >block", &[]);
    let block = fs::metadata(study.path("block")).unwrap().len();
    let limited = |folder: &str, bytes: u64| {
        let program = [&[env!("CARGO_BIN_EXE_runner")], arguments(folder, &[]).as_slice()].concat();
        shell(bytes / block, "exec \"$@\"", &program)
    };
    // Room for nothing but the small files.
    limited("full", 12_288).ends(1).says("error: ").says("File too large");
    assert_eq!(names(&study.path("full/parts")), [""; 0]);
    assert_eq!(names(&study.path("full/.tmp")), [""; 0]);
    study.run(&arguments("full", &[])).ends(0);
    same(&study, "full");

    // Room for the parts, but not for the largest table.
    let largest = TABLES.iter().map(|name| study.table("whole", name).len()).max().unwrap() as u64;
    limited("tables", largest - 1).ends(1).says("File too large");
    assert!(!study.path("tables/complete.json").exists());
    let status = study.run(&["status", "tables"]).ends(0).stdout;
    assert!(
        status.contains("1440 of 1440 runs are recorded (100.0 %)") && status.contains("runner compact"),
        "{status}"
    );
    study.run(&["compact", "tables"]).ends(0);
    same(&study, "tables");
    assert!(study.run(&["status", "tables"]).ends(0).stdout.contains("complete, 1440 runs"));
}

#[test]
fn a_filtered_sweep_is_completed_later() {
    let (study, _) = study();
    let first =
        study.run(&arguments("part", &["--filter", "start=tutorial,policy=ridge=1e-6", "--filter", "method=k-means"]));
    first.ends(0).says("this share is done: 720 of 1440 runs").says("without --filter");
    assert!(!study.path("part/runs.parquet").exists());
    study.run(&arguments("part", &["--filter", "method=em"])).ends(0).says("going on: 240 of 960");
    same(&study, "part");
    study.run(&arguments("part", &["--filter", "start=tutroial"])).ends(2).says("did you mean `tutorial`?");
    let dry = study.run(&arguments("part", &["--filter", "method=em", "--dry-run"])).ends(0).stdout;
    assert!(dry.contains("8 cells, 960 runs"), "{dry}");
}

#[test]
fn enough_failures_end_a_sweep() {
    let (study, _) = study();
    let stopped = study.run(&arguments("failing", &["--fail-fast", "--filter", "components=3"])).ends(3);
    let stopped = stopped.says("stopping: what is running").says("error: stopped after ");
    assert!(stopped.stderr.contains("failed starts") && !study.path("failing/runs.parquet").exists());
    study.run(&arguments("failing", &["--max-failures", "100000"])).ends(0);
    same(&study, "failing");
}
