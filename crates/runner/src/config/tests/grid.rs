//! Configs of the right shape whose grid, stop rules or filters cannot be used: what the plan finds.

use super::check;
use crate::plan::testing::{CONFIG, errors};

#[test]
fn an_empty_list() {
    check(
        r#"start = ["tutorial", "random-points"]"#,
        "start = []",
        r"
error: `grid.start` is empty
  --> test.toml:20:9
   |
20 | start = []
   |         ^^ at least one value is needed
",
    );
}

#[test]
fn an_entry_given_twice() {
    check(
        r#"start = ["tutorial", "#,
        r#"start = ["random-points", "#,
        r#"
error: `random-points` is listed twice in `grid.start`
  --> test.toml:20:27
   |
20 | start = ["random-points", "random-points"]
   |          ---------------  ^^^^^^^^^^^^^^^ the second one
   |          |
   |          the first one
"#,
    );
}

#[test]
fn all_pairs_with_three_components() {
    check(
        r#"start = ["tutorial", "#,
        r#"start = ["all-pairs", "#,
        r#"
error: the start `all-pairs` cannot be made
  --> test.toml:20:10
   |
20 | start = ["all-pairs", "random-points"]
   |          ^^^^^^^^^^^ 2 rows start 2 components, but data set `faithful` asks for K = 3
   |
   = help: set components = [2], or leave the cell out with [[exclude]]
"#,
    );
}

#[test]
fn a_ridge_of_zero() {
    check(
        r#""stop", { ridge = 1e-6 }"#,
        "{ ridge = 0.0 }",
        r#"
error: a ridge of 0
  --> test.toml:21:11
   |
21 | policy = [{ ridge = 0.0 }]
   |           ^^^^^^^^^^^^^^^ expected a finite number above 0
   |
   = help: without a ridge the policy is "stop"
"#,
    );
}

#[test]
fn a_negative_tolerance() {
    check(
        "gain-per-row = 1e-11",
        "gain-per-row = -1.0",
        r"
error: `gain-per-row` cannot be -1
  --> test.toml:24:16
   |
24 | gain-per-row = -1.0
   |                ^^^^ expected a finite number of at least 0
",
    );
}

#[test]
fn no_iterations() {
    check(
        "max-iterations = 100",
        "max-iterations = 0",
        r"
error: 0 iterations
  --> test.toml:25:18
   |
25 | max-iterations = 0
   |                  ^ expected a whole number of at least 1
",
    );
}

#[test]
fn an_unknown_data_set_in_a_filter() {
    check(
        "max-iterations = 100",
        r#"max-iterations = 100
[[exclude]]
dataset = "faithfull""#,
        r#"
error: unknown data set `faithfull` in `exclude`
  --> test.toml:27:11
   |
27 | dataset = "faithfull"
   |           ^^^^^^^^^^^ no data set of this study has this name
   |
   = help: did you mean `faithful`?
"#,
    );
}

#[test]
fn a_filter_that_matches_nothing() {
    check(
        "max-iterations = 100",
        r#"max-iterations = 100
[[exclude]]
method = "k-means"
policy = "stop""#,
        r"
error: this `exclude` matches nothing
  --> test.toml:26:1
   |
26 | [[exclude]]
   | ^^^^^^^^^^^ no cell of the grid has all of these values
   |
   = help: `runner CONFIG --dry-run` without it lists the cells; k-means has neither covariance nor policy
",
    );
}

#[test]
fn a_filter_that_leaves_nothing() {
    check(
        "max-iterations = 100",
        "max-iterations = 100\n[[exclude]]\n",
        r"
error: nothing is left to run
  --> test.toml:26:1
   |
26 | [[exclude]]
   | ^^^^^^^^^^^ no cell remains
",
    );
}

#[test]
fn a_policy_without_an_exact_m_step() {
    check(
        r#"policy = ["stop", { ridge = 1e-6 }]"#,
        "covariance = [\"full\", \"VEE\", \"VVE\"]\npolicy = [\"stop\", \"map\"]",
        r#"
error: the policy `map` is not for every covariance structure
  --> test.toml:22:19
   |
22 | policy = ["stop", "map"]
   |                   ^^^^^ no exact M-step is known under it for `VEE`, `VVE`
   |
   = help: it is there for full, tied, diag, spherical, tied-diag, tied-spherical, VEI, EVI, EEV, VEV; leave the others out with [[exclude]]
"#,
    );
}

#[test]
fn a_truth_that_is_not_known() {
    check(
        r#"start = ["tutorial", "#,
        r#"start = ["truth", "#,
        r#"
error: the start `truth` cannot be made
  --> test.toml:20:10
   |
20 | start = ["truth", "random-points"]
   |          ^^^^^^^ the truth of data set `faithful` is not known
   |
   = help: leave the data set out with [[exclude]]
"#,
    );
}

#[test]
fn a_start_that_is_not_given() {
    check(
        r#"start = ["tutorial", "#,
        r#"start = ["given", "#,
        r#"
error: the start `given` cannot be made
  --> test.toml:20:10
   |
20 | start = ["given", "random-points"]
   |          ^^^^^^^ no start is given for data set `faithful` with 2 components
   |
   = help: add [[start.given]] with dataset = "faithful" and a file of 2 components, or leave the cell out with [[exclude]]
"#,
    );
}

#[test]
fn an_unknown_data_set_for_a_given_start() {
    check(
        "[stop]",
        "[[start.given]]\ndataset = \"iris\"\nfile = \"none.toml\"\n\n[stop]",
        r#"
error: unknown data set `iris` in `start.given`
  --> test.toml:24:11
   |
24 | dataset = "iris"
   |           ^^^^^^ no data set of this study has this name
   |
   = help: known: `faithful`, `round`
"#,
    );
}

#[test]
fn a_given_start_that_cannot_be_read() {
    check(
        "[stop]",
        "[[start.given]]\ndataset = \"faithful\"\nfile = \"none.xlsx\"\n\n[stop]",
        r#"
error: the start of data set `faithful` cannot be used
  --> test.toml:25:8
   |
25 | file = "none.xlsx"
   |        ^^^^^^^^^^^ relative to the folder of the config
   |
   = note: `.xlsx` is none of .toml, .json (a model) and .csv (labels or responsibilities)
"#,
    );
}

#[test]
fn more_cells_than_fit_into_memory() {
    let shown = errors(&CONFIG.replace("draws = 2", "draws = 4000000000"), &["replicates=1"]);
    assert!(shown.contains("error: 24000000012 cells") && shown.contains("a study has 1000000 at most"), "{shown}");
}

#[test]
fn an_exhaustive_start_without_rows() {
    let shown = errors(
        &CONFIG.replace("\"tutorial\"", "\"all-pairs\"").replace("n = 40", "n = 1"),
        &["dataset.builtin.0.components=[2]"],
    );
    assert!(shown.contains("the start `all-pairs` cannot be made"), "{shown}");
    assert!(shown.contains("data set `round` has 1 rows, too few for one start"), "{shown}");
}

#[test]
fn a_search_without_runs() {
    check(
        "[stop]",
        "[start]\nem-em = { runs = 0 }\n\n[stop]",
        r"
error: 0 short runs
  --> test.toml:24:18
   |
24 | em-em = { runs = 0 }
   |                  ^ expected a whole number of at least 1
",
    );
}

#[test]
fn a_ratio_below_one() {
    check(
        "{ ridge = 1e-6 }",
        "{ ratio = 0.5 }",
        r#"
error: a ratio of 0.5
  --> test.toml:21:19
   |
21 | policy = ["stop", { ratio = 0.5 }]
   |                   ^^^^^^^^^^^^^^^ expected a finite number of at least 1
   |
   = help: 1 makes all covariances one multiple of the identity; { ratio = 1e4 } leaves proper maxima alone
"#,
    );
}
