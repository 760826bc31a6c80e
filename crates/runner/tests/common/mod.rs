//! A folder with a config, in which the program runs.
#![allow(dead_code, reason = "each test binary uses some of it")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A config of 60 quick runs.
pub const CONFIG: &str = r#"name = "tiny"
seed = 1
replicates = 5

[[dataset.builtin]]
id = "iris"
components = [2, 3]

[grid]
method = ["em", "k-means"]
start = ["tutorial", "k-means++"]
policy = ["stop", { ridge = 1e-6 }]

[stop]
gain-per-row = 1e-6
max-iterations = 50
"#;

/// The tables that config and data determine.
pub const TABLES: [&str; 6] = ["runs", "traces", "failures", "parameters", "assignments", "observations"];

/// A folder with the config in it, in which the program runs.
pub struct Study(TempDir);

impl Study {
    pub fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tiny.toml"), config).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.current_dir(self.0.path()).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::new(&self.command(arguments).output().unwrap())
    }

    pub fn table(&self, folder: &str, name: &str) -> Vec<u8> {
        fs::read(self.path(folder).join(format!("{name}.parquet"))).unwrap()
    }

    /// Names in the folder besides the config.
    pub fn others(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "tiny.toml").collect()
    }
}

/// What the program said.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "`{words}` is missing in:\n{}", self.stderr);
        self
    }
}

/// Until the file is there, or the program has ended.
pub fn wait(file: &Path, mut ended: impl FnMut() -> bool) {
    while !file.exists() && !ended() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}
