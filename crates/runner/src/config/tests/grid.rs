//! Configs of the right shape whose grid, stop rules or filters cannot be used: what the plan finds.

use super::check;

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
error: `all-pairs` with 3 components
  --> test.toml:20:10
   |
20 | start = ["all-pairs", "random-points"]
   |          ^^^^^^^^^^^ a pair of rows starts 2 components, but data set `faithful` asks for K = 3
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
