//! `runner fit`: one file, the best of several starts, a model that is kept and used again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Two clumps on a line and a third variable, with classes and weights.
fn csv(weighted: bool) -> String {
    let mut text = String::from(if weighted { "a,b,class,w\n" } else { "a,b,class\n" });
    for i in 0..60 {
        let (a, b) = (f64::from((i * 37) % 29) / 7.0, f64::from((i * 13) % 31) / 5.0);
        let (a, class) = if i % 2 == 0 { (a, "left") } else { (a + 9.0, "right") };
        let weight = 1 + i % 3;
        if weighted {
            writeln!(text, "{a},{b},{class},{weight}").unwrap();
        } else {
            text += &format!("{a},{b},{class}\n").repeat(usize::try_from(weight).unwrap());
        }
    }
    text
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("weighted.csv"), csv(true)).unwrap();
        fs::write(folder.path().join("repeated.csv"), csv(false)).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.current_dir(self.0.path()).args(arguments.split_whitespace()).output().unwrap()
    }

    fn json(&self, arguments: &str) -> serde_json::Value {
        let output = self.run(&format!("fit {arguments} --json"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn number(value: &serde_json::Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

#[test]
fn a_model_is_saved_and_is_a_start() {
    let folder = Folder::new();
    let files = "--save model.toml --labels labels.csv --responsibilities r.csv";
    let output = folder.run(&format!("fit repeated.csv -k 2 --label class --starts 3 {files}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("3 starts: 3 converged; the best reached by 3 of 3"), "{text}");
    assert!(text.contains("1.0000 (adjusted Rand), 0 of 120 rows wrong"), "{text}");
    let first = folder.json("repeated.csv -k 2 --label class --starts 3 --seed 1");
    let rows = |name: &str| fs::read_to_string(folder.path(name)).unwrap().lines().count();
    assert_eq!((rows("labels.csv"), rows("r.csv")), (121, 121));
    for start in ["model.toml", "r.csv"] {
        let again = folder.json(&format!("repeated.csv -k 2 --label class --from {start} --iterations 2"));
        let gap = number(&again, "log_likelihood") - number(&first, "log_likelihood");
        assert!(gap.abs() < 1e-6, "{start}: {gap}");
    }
    // The labels are a start, too.
    let labels = folder.json("repeated.csv -k 2 --label class --from labels.csv --method k-means");
    assert!(number(&labels, "inertia") > 0.0);
    // And a sweep takes the model.
    let config = "name = \"s\"\nseed = 1\nreplicates = 2\n[[dataset.csv]]\nid = \"two\"\npath = \"repeated.csv\"\nlabel = \
                  \"class\"\ncomponents = [2]\n[grid]\nmethod = [\"em\"]\nstart = [\"given\", \"truth\", \"perturbed\"]\n\
                  [[start.given]]\ndataset = \"two\"\nfile = \"model.toml\"\n[stop]\nmax-iterations = 100\ngain-per-row = 1e-9\n";
    fs::write(folder.path("sweep.toml"), config).unwrap();
    let output = folder.run("sweep.toml");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("4 runs: 4 converged"), "{text}");
}

/// A weight of w is the row w times: likelihood, criteria, parameters.
#[test]
fn weights_count() {
    let folder = Folder::new();
    let weighted = folder.json("weighted.csv -k 2 --label class --weight w --start truth --starts 1");
    let repeated = folder.json("repeated.csv -k 2 --label class --start truth --starts 1");
    for key in ["log_likelihood", "bic", "icl"] {
        let (a, b) = (number(&weighted, key), number(&repeated, key));
        assert!((a - b).abs() < 1e-8 * b.abs(), "{key}: {a} and {b}");
    }
    let unweighted = folder.json("weighted.csv -k 2 --label class --columns a,b --start truth --starts 1");
    assert!((number(&unweighted, "bic") - number(&repeated, "bic")).abs() > 1.0);
}

#[test]
fn policies_and_structures_are_named_as_in_a_config() {
    let folder = Folder::new();
    let map = folder.json("repeated.csv -k 2 --label class --covariance EEE --policy map --start em-em --starts 2");
    assert!(number(&map, "objective") != number(&map, "log_likelihood"));
    let refused = |arguments: &str, words: &str| {
        let output = folder.run(&format!("fit repeated.csv -k 2 --label class {arguments}"));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(words), "{text}");
    };
    refused("--covariance fulll", "did you mean `full`?");
    refused("--policy rigde=1", "`rigde=1` is no policy");
    refused("--policy ratio=0.5", "expected a finite number of at least 1");
    refused("--covariance VEE --policy floor=1e-6", "not for covariance `VEE`");
    refused("--start all-triples", "for K = 3");
    refused("--from missing.toml", "missing.toml");
    refused("--columns a,c", "there is no column `c`");
}

/// The other file formats; the threads change no number.
#[test]
fn npy_and_parquet_are_read() {
    let folder = Folder::new();
    let values: Vec<f64> =
        (0..40_000_i32).map(|i| f64::from((i * 7919) % 1009) / 100.0 + 30.0 * f64::from(i % 4 / 2)).collect();
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let mut header = "{'descr': '<f8', 'fortran_order': False, 'shape': (20000, 2), }".to_owned();
    header = format!("{header:<117}\n");
    npy.extend(header.as_bytes());
    npy.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    fs::write(folder.path("x.npy"), npy).unwrap();
    let strip = |mut value: serde_json::Value| {
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    let one = strip(folder.json("x.npy -k 2 --start random-points --starts 2 --threads 1 --iterations 5"));
    let two = strip(folder.json("x.npy -k 2 --start random-points --starts 2 --threads 2 --iterations 5"));
    assert_eq!(one, two);
    // A table of records is a Parquet file with numbers.
    fs::write(folder.path("tiny.toml"), include_str!("tiny.toml")).unwrap();
    assert!(folder.run("tiny.toml --quiet --no-report").status.success());
    let table = Path::new("results/tiny/timings.parquet");
    let found = folder.json(&format!("{} -k 1 --columns fit_seconds --iterations 1", table.display()));
    assert_eq!(found["n_parameters"], 2);
    let text = folder.run(&format!("fit {} -k 1 --columns none", table.display()));
    assert!(String::from_utf8_lossy(&text.stderr).contains("unknown column `none`"));
}

#[test]
fn what_is_typed_wrongly_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), "a,b\n1,2\n2,1\n5,6\n6,5\n7,7\n").unwrap();
    let ends = |arguments: &[&str], code: i32, words: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_runner"))
            .current_dir(folder.path())
            .args(["fit", "data.csv", "-k", "2"])
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(words), "{told}");
    };
    ends(&["--covariance", "diagonal"], 2, "did you mean `diag`?");
    ends(&["--start", "truth"], 2, "needs --label");
    ends(&["--simd", "v9"], 2, "possible values");
    // A level that this machine does not have.
    let here: Vec<&str> = linalg::Level::available().into_iter().map(linalg::Level::key).collect();
    if let Some(missing) = ["v3", "v4"].into_iter().find(|key| !here.contains(key)) {
        ends(&["--simd", missing], 2, "this machine has no SIMD level");
    }
}
