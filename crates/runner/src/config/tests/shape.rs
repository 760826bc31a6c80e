//! Keys and values that do not have the shape of a config: what serde finds, in our words.

use super::check;
use crate::kinds::Policy;
use crate::plan::testing::{CONFIG, errors};

#[test]
fn a_misspelt_key() {
    check(
        "replicates = 3",
        "replicatse = 3",
        r"
error: unknown key `replicatse`
 --> test.toml:3:1
  |
3 | replicatse = 3
  | ^^^^^^^^^^ not a key of this table
  |
  = help: did you mean `replicates`?
",
    );
}

#[test]
fn text_for_a_number() {
    check(
        "replicates = 3",
        r#"replicates = "many""#,
        r#"
error: wrong value for `replicates`
 --> test.toml:3:14
  |
3 | replicates = "many"
  |              ^^^^^^ expected a whole number from 0 to 4294967295, found "many"
"#,
    );
}

#[test]
fn a_negative_count() {
    check(
        "replicates = 3",
        "replicates = -1",
        r"
error: wrong value for `replicates`
 --> test.toml:3:14
  |
3 | replicates = -1
  |              ^^ expected a whole number from 0 to 4294967295, found -1
",
    );
}

#[test]
fn a_negative_seed() {
    check(
        "seed = 7",
        "seed = -7",
        r"
error: wrong value for `seed`
 --> test.toml:2:8
  |
2 | seed = -7
  |        ^^ expected a whole number from 0 to 9223372036854775807, found -7
",
    );
}

#[test]
fn a_missing_key() {
    check(
        "seed = 7\n",
        "",
        r"
error: missing key `seed`
--> test.toml
 = help: add seed = 1
",
    );
}

#[test]
fn a_missing_key_of_a_table() {
    check(
        "max-iterations = 100\n",
        "",
        r"
error: missing key `max-iterations` in `stop`
  --> test.toml:23:1
   |
23 | [stop]
   | ^^^^^^ this table needs it
   |
   = help: add max-iterations = 1000
",
    );
}

#[test]
fn a_number_for_an_array() {
    check(
        "components = [2, 3]",
        "components = 2",
        r"
error: wrong value for `dataset.builtin[0].components`
 --> test.toml:7:14
  |
7 | components = 2
  |              ^ expected an array [...], found 2
  |
  = help: one value needs brackets, too: [2]
",
    );
}

#[test]
fn one_bracket_too_few() {
    check(
        "[[dataset.builtin]]",
        "[dataset.builtin]",
        r"
error: wrong value for `dataset.builtin`
 --> test.toml:5:1
  |
5 | [dataset.builtin]
  | ^^^^^^^^^^^^^^^^^ expected an array [...], found a table
  |
  = help: there may be several: each is a table that begins with [[dataset.builtin]]
",
    );
}

#[test]
fn tables_that_are_none_of_these() {
    let told = |from: &str, to: &str, help: &str| {
        let shown = errors(&CONFIG.replace(from, to), &[]);
        assert!(shown.contains(help), "{help} is missing in:\n{shown}");
    };
    told("[grid]", "[include]\nmethod = \"em\"\n[grid]", "begins with [[include]]");
    let data = &CONFIG[CONFIG.find("[[dataset").unwrap()..CONFIG.find("[grid]").unwrap()];
    told(
        data,
        "[[dataset]]\nid = \"iris\"\n",
        "data sets are [[dataset.builtin]], [[dataset.mixture]], [[dataset.overlap]]",
    );
    told(data, "[dataset]\nbuiltin = \"iris\"\n", "begins with [[dataset.builtin]]");
    told("name = \"test\"", "name = my test", "a string needs quotes: \"my test\"");
    // Nothing is offered where nothing is known to help.
    let shown = errors(&CONFIG.replace("components = [2, 3]", "components = { a = 1 }"), &[]);
    assert!(shown.contains("found a table") && !shown.contains("help"), "{shown}");
}

#[test]
fn a_name_without_quotes() {
    check(
        "id = \"faithful\"",
        "id = faithful",
        r#"
error: this is not TOML
 --> test.toml:6:6
  |
6 | id = faithful
  |      ^^^^^^^^ a word without quotes
  |
  = help: a string needs quotes: "faithful"
"#,
    );
}

#[test]
fn all_keys_that_are_missing() {
    let shown = errors(&CONFIG.replace("seed = 7\nreplicates = 3\n", ""), &[]);
    let expected = "\
error: missing key `seed`
--> test.toml
 = help: add seed = 1

error: missing key `replicates`
--> test.toml
 = help: add replicates = 200

2 errors; nothing was run, nothing was written
";
    assert_eq!(shown, expected, "\n{shown}");
    let empty = errors("", &[]);
    for key in ["name", "seed", "replicates", "dataset", "grid", "stop"] {
        assert!(empty.contains(&format!("missing key `{key}`")), "{key} is not in:\n{empty}");
    }
    assert!(empty.ends_with("\n6 errors; nothing was run, nothing was written\n"), "{empty}");
}

#[test]
fn an_unknown_start() {
    check(
        r#"start = ["tutorial", "#,
        r#"start = ["tutroial", "#,
        r#"
error: unknown start `tutroial`
  --> test.toml:20:10
   |
20 | start = ["tutroial", "random-points"]
   |          ^^^^^^^^^^ no such start
   |
   = help: did you mean `tutorial`?
"#,
    );
}

#[test]
fn an_unknown_start_unlike_any_other() {
    check(
        r#"start = ["tutorial", "#,
        r#"start = ["nonsense", "#,
        r#"
error: unknown start `nonsense`
  --> test.toml:20:10
   |
20 | start = ["nonsense", "random-points"]
   |          ^^^^^^^^^^ no such start
   |
   = help: known: `tutorial`, `random-points`, `random-responsibilities`, `random-partition`, `k-means++`, `k-means++-greedy`, `k-means`, `em-em`, `rnd-em`, `cem`, `sem`, `given`, `truth`, `perturbed`, `all-pairs`, `all-triples`
"#,
    );
}

#[test]
fn a_number_for_a_start() {
    check(
        r#"start = ["tutorial", "#,
        "start = [3, ",
        r#"
error: wrong value for `grid.start[0]`
  --> test.toml:20:10
   |
20 | start = [3, "random-points"]
   |          ^ expected the name of a start
"#,
    );
}

#[test]
fn a_policy_without_its_number() {
    check(
        r#""stop", { ridge = 1e-6 }"#,
        r#""ridge""#,
        r#"
error: wrong value for `grid.policy[0]`
  --> test.toml:21:11
   |
21 | policy = ["ridge"]
   |           ^^^^^^^ this policy needs its number, as in { ridge = 1e-6 }
"#,
    );
    check(
        r#""stop", { ridge = 1e-6 }"#,
        r#""stop", "reseed""#,
        r#"
error: wrong value for `grid.policy[1]`
  --> test.toml:21:19
   |
21 | policy = ["stop", "reseed"]
   |                   ^^^^^^^^ this policy needs its number, as in { reseed = 5 }
"#,
    );
}

/// The number in the message is that of the policy which was typed, and the meaning of each begins with it.
#[test]
fn every_policy_with_a_number_has_its_own_example() {
    for (policy, (name, meaning)) in Policy::EXAMPLES.into_iter().zip(Policy::ALL) {
        let example = Policy::example(name);
        assert_eq!(example.is_some(), policy.number().is_some(), "{name}");
        assert_eq!(meaning.starts_with('{'), example.is_some(), "{name}");
        assert!(example.is_none_or(|example| meaning.starts_with(&format!("{example}: "))), "{name}");
    }
}

#[test]
fn a_number_for_a_policy_without_one() {
    check(
        r#""stop", { ridge = 1e-6 }"#,
        "{ stop = 1 }",
        r#"
error: wrong value for `grid.policy[0].stop`
  --> test.toml:21:20
   |
21 | policy = [{ stop = 1 }]
   |                    ^ expected a policy, as in "stop" or { ridge = 1e-6 }
"#,
    );
}

#[test]
fn an_unknown_policy_with_a_number() {
    check(
        r#""stop", { ridge = 1e-6 }"#,
        "{ rigde = 1 }",
        r"
error: unknown policy `rigde`
  --> test.toml:21:13
   |
21 | policy = [{ rigde = 1 }]
   |             ^^^^^ expected `stop`, `ridge`, `floor`, `ratio`, `map`, `reseed` or `remove`
   |
   = help: did you mean `ridge`?
",
    );
}

#[test]
fn two_policies_in_one() {
    check(
        r#""stop", { ridge = 1e-6 }"#,
        "{ ridge = 1.0, stop = 1 }",
        r#"
error: wrong value for `grid.policy[0]`
  --> test.toml:21:11
   |
21 | policy = [{ ridge = 1.0, stop = 1 }]
   |           ^^^^^^^^^^^^^^^^^^^^^^^^^ expected a policy, as in "stop" or { ridge = 1e-6 }
"#,
    );
}

#[test]
fn a_misspelt_key_is_not_reported_as_missing_too() {
    check(
        "max-iterations = 100",
        "max-iteration = 100",
        r"
error: unknown key `max-iteration` in `stop`
  --> test.toml:25:1
   |
25 | max-iteration = 100
   | ^^^^^^^^^^^^^ not a key of this table
   |
   = help: did you mean `max-iterations`?
",
    );
}

#[test]
fn an_unknown_policy_in_a_filter() {
    check(
        "max-iterations = 100",
        r#"max-iterations = 100
[[exclude]]
policy = "rigde""#,
        r#"
error: unknown policy `rigde`
  --> test.toml:27:10
   |
27 | policy = "rigde"
   |          ^^^^^^^ expected `stop`, `ridge`, `floor`, `ratio`, `map`, `reseed` or `remove`
   |
   = help: did you mean `ridge`?
"#,
    );
}

#[test]
fn a_number_for_a_policy_in_a_filter() {
    check(
        "max-iterations = 100",
        "max-iterations = 100\n[[exclude]]\npolicy = 3",
        r#"
error: wrong value for `exclude[0].policy`
  --> test.toml:27:10
   |
27 | policy = 3
   |          ^ expected a policy ("ridge" or { ridge = 1e-6 }), found 3
"#,
    );
}

#[test]
fn text_that_is_not_toml() {
    check(
        "[grid]",
        "[grid",
        r"
error: this is not TOML
  --> test.toml:18:6
   |
18 | [grid
   |      ^ unclosed table, expected `]`
",
    );
}

#[test]
fn a_key_given_twice() {
    check(
        "replicates = 3",
        "replicates = 3\nreplicates = 4",
        r"
error: this is not TOML
 --> test.toml:4:1
  |
4 | replicates = 4
  | ^^^^^^^^^^ duplicate key
",
    );
}
