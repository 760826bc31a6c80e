//! Overrides of the command line: their errors point at the command line.

use crate::plan::testing::{CONFIG, errors};

/// Compares what a user sees who adds `text` behind another, good override.
#[track_caller]
fn check(text: &str, expected: &str) {
    let shown = errors(CONFIG, &["seed=3", text]);
    let end = "\n\n1 error; nothing was run, nothing was written\n";
    let Some(shown) = shown.strip_suffix(end) else { panic!("not exactly one error:\n{shown}") };
    assert_eq!(shown, expected.trim_matches('\n'), "\n{shown}\n");
}

#[test]
fn an_override_without_a_value() {
    check(
        "replicates",
        r#"
error: an override without `=`
 --> <command line>:1:1
  |
1 | replicates
  | ^^^^^^^^^^ no value
  |
  = help: an override is KEY=VALUE with a TOML value: replicates=20, 'grid.start=["tutorial"]', dataset.mixture.0.n=100
"#,
    );
}

#[test]
fn an_override_out_of_range() {
    check(
        "replicates=0",
        r"
error: 0 starts per cell
 --> <command line>:1:12
  |
1 | replicates=0
  |            ^ expected a whole number of at least 1
",
    );
}

#[test]
fn an_override_without_quotes() {
    check(
        "name=foo",
        r#"
error: this is not TOML
 --> <command line>:1:6
  |
1 | name=foo
  |      ^^^ a word without quotes
  |
  = help: a string needs quotes, and those need quotes of the shell: 'name="foo"'
"#,
    );
}

#[test]
fn an_override_of_an_element() {
    check(
        "dataset.mixture.0.n=0",
        r"
error: the mixture `round` cannot be drawn from
 --> <command line>:1:21
  |
1 | dataset.mixture.0.n=0
  |                     ^ n is 0; a draw needs at least one row
",
    );
}

#[test]
fn an_override_of_an_element_that_is_not_there() {
    check(
        "dataset.mixture.7.n=1",
        r#"
error: this key cannot be set
 --> <command line>:1:17
  |
1 | dataset.mixture.7.n=1
  |                 ^ `mixture` is an array of 1: a number from 0 to 0 was expected here
  |
  = help: an override is KEY=VALUE with a TOML value: replicates=20, 'grid.start=["tutorial"]', dataset.mixture.0.n=100
"#,
    );
}

#[test]
fn an_override_below_a_number() {
    check(
        "seed.x=1",
        r#"
error: this key cannot be set
 --> <command line>:1:1
  |
1 | seed.x=1
  | ^^^^ this is a whole number and has no keys
  |
  = help: an override is KEY=VALUE with a TOML value: replicates=20, 'grid.start=["tutorial"]', dataset.mixture.0.n=100
"#,
    );
}

#[test]
fn an_override_with_an_unknown_name() {
    check(
        r#"grid.start=["x"]"#,
        r#"
error: unknown start `x`
 --> <command line>:1:13
  |
1 | grid.start=["x"]
  |             ^^^ no such start
  |
  = help: known: `tutorial`, `random-points`, `random-responsibilities`, `random-partition`, `k-means++`, `k-means++-greedy`, `k-means`, `em-em`, `rnd-em`, `cem`, `sem`, `given`, `truth`, `perturbed`, `all-pairs`, `all-triples`
"#,
    );
}

#[test]
fn an_override_of_an_unknown_key() {
    check(
        "stop.foo=1",
        r"
error: unknown key `foo` in `stop`
 --> <command line>:1:6
  |
1 | stop.foo=1
  |      ^^^ not a key of this table
  |
  = help: its keys are `max-iterations`, `gain-per-row`, `relative-gain`, `absolute-gain`, `parameter-change`, `aitken`, `scikit-learn`, `mclust`, `no-improvement`, `e-passes`
",
    );
}
