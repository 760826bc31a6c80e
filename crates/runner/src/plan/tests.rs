//! Plans as tables: what is collapsed, left out, numbered.

use super::testing::{CONFIG, overridden, plan};
use super::*;
use crate::config::document::Document;
use std::path::Path;

#[test]
fn factors_that_do_not_apply_are_collapsed() {
    let expected = "\
dataset   n × d    K  method   covariance  start          policy      draws  starts  runs
faithful  272 × 2  2  em       full        tutorial       stop        1      3       3
faithful  272 × 2  2  em       full        tutorial       ridge=1e-6  1      3       3
faithful  272 × 2  2  em       full        random-points  stop        1      3       3
faithful  272 × 2  2  em       full        random-points  ridge=1e-6  1      3       3
faithful  272 × 2  2  k-means  –           tutorial       –           1      3       3
faithful  272 × 2  2  k-means  –           random-points  –           1      3       3
faithful  272 × 2  3  em       full        tutorial       stop        1      3       3
faithful  272 × 2  3  em       full        tutorial       ridge=1e-6  1      3       3
faithful  272 × 2  3  em       full        random-points  stop        1      3       3
faithful  272 × 2  3  em       full        random-points  ridge=1e-6  1      3       3
faithful  272 × 2  3  k-means  –           tutorial       –           1      3       3
faithful  272 × 2  3  k-means  –           random-points  –           1      3       3
round     40 × 2   2  em       full        tutorial       stop        2      3       6
round     40 × 2   2  em       full        tutorial       ridge=1e-6  2      3       6
round     40 × 2   2  em       full        random-points  stop        2      3       6
round     40 × 2   2  em       full        random-points  ridge=1e-6  2      3       6
round     40 × 2   2  k-means  –           tutorial       –           2      3       6
round     40 × 2   2  k-means  –           random-points  –           2      3       6
24 cells, 72 runs; stop: gain-per-row=1e-11,max-iterations=100

table         rows
runs          72
timings       72
traces        at most 7272            if every start takes 100 iterations
parameters    at most 324             if no start breaks down
failures      one for each breakdown
assignments   at most 3744            if a start converges in every cell
observations  352
";
    let shown = plan("").describe(None);
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn rows_are_counted_of_what_is_kept_and_chosen() {
    let rows = |overrides: &[&str], chosen: Option<&[bool]>| {
        let text = overridden(CONFIG, overrides).describe(chosen);
        text.split_once("\n\n").unwrap().1.to_owned()
    };
    // 24 runs of each cell's first replicate are kept whole, 101 iterations; of the others 11 and the last 16.
    let thin = rows(&["record.trace-stride=10", "record.full-traces=1", "record.start-parameters=false"], None);
    assert!(thin.contains(&format!("traces        at most {} ", 24 * 101 + 48 * 27)), "{thin}");
    assert!(
        thin.contains("if every start takes 100 iterations; of which one in 10 is kept, and every event"),
        "{thin}"
    );
    assert!(thin.contains("parameters    at most 162 "), "{thin}");
    // The first cell: 3 runs with K = 2.
    let mut chosen = [false; 24];
    chosen[0] = true;
    let some = rows(&[], Some(&chosen));
    for line in ["runs          3\n", "traces        at most 303 ", "parameters    at most 12 "] {
        assert!(some.contains(line), "{line} is missing in:\n{some}");
    }
    for line in ["assignments   at most 3744  ", "observations  352  "] {
        assert!(some.contains(line), "{line} is missing in:\n{some}");
    }
    assert_eq!(some.matches("when all runs of the study are recorded").count(), 2);
}

#[test]
fn runs_are_numbered_cell_by_cell_and_draw_before_k() {
    let plan = plan("");
    assert_eq!(plan.runs(), 72);
    for run in 0..plan.runs() {
        let (cell, replicate) = plan.locate(run);
        assert_eq!(cell.first_run + replicate, run);
    }
    let draws: Vec<(usize, u32)> = plan.cells.iter().map(|cell| (cell.dataset, cell.draw)).collect();
    assert!(draws.is_sorted());
    assert_eq!(plan.draws().collect::<Vec<_>>(), [(0, 0), (1, 0), (1, 1)]);
}

#[test]
fn include_keeps_and_exclude_removes() {
    let kept = |more: &str| plan(more).cells.len();
    assert_eq!(kept("[[include]]\nmethod = \"em\"\n"), 16);
    assert_eq!(kept("[[include]]\nmethod = \"em\"\n[[include]]\ndataset = \"round\"\n"), 20);
    assert_eq!(kept("[[exclude]]\ndataset = \"faithful\"\nstart = \"tutorial\"\n"), 18);
    assert_eq!(kept("[[exclude]]\ncomponents = 3\n"), 18);
    // A bare name matches every parameter, a parameter only itself, and neither matches k-means, which has no policy.
    assert_eq!(kept("[[exclude]]\npolicy = \"ridge\"\n"), 16);
    assert_eq!(kept("[[exclude]]\npolicy = { ridge = 0.000001 }\n"), 16);
    assert_eq!(kept("[[include]]\nstart = \"tutorial\"\n[[exclude]]\nmethod = \"k-means\"\n"), 8);
}

#[test]
fn overrides_replace_values_and_the_order_of_the_file_is_that_of_the_rules() {
    let plan = overridden(
        CONFIG,
        &["replicates=5", "dataset.mixture.0.draws=1", "grid.method=[\"em\"]", "stop.relative-gain=1e-9", "seed=3"],
    );
    assert_eq!((plan.seed, plan.runs()), (3, 3 * 4 * 5));
    assert_eq!(plan.stop_label(), "gain-per-row=1e-11,max-iterations=100,relative-gain=1e-9");
    let replaced = overridden(CONFIG, &["stop={max-iterations=7}"]);
    assert_eq!(replaced.stop_label(), "max-iterations=7");
}

#[test]
fn a_data_set_may_have_its_own_number_of_starts_and_all_pairs_has_as_many_as_there_are() {
    let own = overridden(CONFIG, &["dataset.mixture.0.replicates=10"]);
    assert_eq!(own.runs(), 12 * 3 + 12 * 10);
    let pairs = overridden(CONFIG, &["dataset.builtin.0.components=[2]", "grid.start=[\"all-pairs\"]"]);
    assert!(pairs.cells.iter().all(|cell| cell.replicates == cell.factors.n * (cell.factors.n - 1) / 2));
}

#[test]
fn the_printed_config_means_the_same() {
    let more = "[record]\ntrace-stride = 4\n[[exclude]]\npolicy = { ridge = 1e-6 }\n[[exclude]]\ncomponents = 3\n";
    let text = format!("{CONFIG}{more}");
    let document = Document::parse("test.toml", &text, &["replicates=4".to_owned()]).unwrap();
    let printed = toml::to_string(&document.file).unwrap();
    assert_eq!(overridden(&printed, &[]).hash(), overridden(&text, &["replicates=4"]).hash());
}

#[test]
fn the_hash_follows_what_will_run_and_nothing_else() {
    let hash = plan("").hash();
    assert_eq!(plan("# a comment\n[record]\ntrace-stride = 1\n").hash(), hash);
    for other in
        ["seed=8", "replicates=4", "stop.max-iterations=101", "record.trace-stride=2", "dataset.mixture.0.n=41"]
    {
        assert_ne!(overridden(CONFIG, &[other]).hash(), hash, "{other}");
    }
    let text = plan("").to_toml().unwrap();
    assert!(text.contains(&format!("Plan hash: {hash}\n")));
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["cells"].as_array().map(Vec::len), Some(24));
}

#[test]
fn columns_and_scaling_are_applied_before_the_fingerprint() {
    let config = CONFIG.replace(
        "id = \"faithful\"",
        "id = \"iris\"\ncolumns = [\"Petal.Width\", \"Sepal.Length\"]\nstandardise = \"sd\"",
    );
    let plan = overridden(&config, &[]);
    let dataset = &plan.datasets[0];
    assert_eq!((dataset.name.as_str(), dataset.n, dataset.d, dataset.lanes), ("iris-fisher", 150, 2, 1));
    assert_eq!(dataset.columns, ["Petal.Width", "Sepal.Length"]);
    let sample = dataset.sample([0; 32]).unwrap();
    assert_eq!(Some(sample.fingerprint.to_string()), dataset.fingerprint);
    let sum: f64 = (0..sample.n).map(|i| sample.row(i)[0]).sum();
    assert!(sum.abs() < 1e-10, "{sum}");
}

#[test]
fn a_csv_file_is_found_beside_its_config() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.csv"), "a,b,kind\n1,2,u\n3,4,v\n5,7,u\n").unwrap();
    let more = "[[dataset.csv]]\nid = \"mine\"\npath = \"x.csv\"\nlabel = \"kind\"\ncomponents = [1]\n";
    let document = Document::parse("test.toml", &format!("{CONFIG}{more}"), &[]).unwrap();
    let plan = resolve::resolve(&document, folder.path()).unwrap();
    assert_eq!((plan.datasets[2].n, plan.datasets[2].d), (3, 2));
    assert!(resolve::resolve(&document, Path::new("elsewhere")).is_err());
}

#[test]
fn the_configs_of_the_repository_are_what_they_say() {
    let sweep = overridden(include_str!("../../../../configs/sweep.toml"), &[]);
    assert_eq!((sweep.name.as_str(), sweep.runs(), sweep.cells.len()), ("sweep", 33_000, 705));
    assert_eq!(sweep.stop_label(), "gain-per-row=1e-11,max-iterations=1000");
    let smoke = overridden(include_str!("../../../../configs/smoke.toml"), &[]);
    assert!(smoke.runs() < 1000);
    let pairs = overridden(include_str!("../../../../configs/all-pairs.toml"), &[]);
    assert_eq!(pairs.runs(), 11_175);
}
