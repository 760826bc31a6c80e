//! Configs of the right shape whose head or data sets cannot be used: what the plan finds.

use super::check;

#[test]
fn a_seed_out_of_range() {
    check(
        "seed = 7",
        "seed = 9223372036854775808",
        r"
error: the seed is out of range
 --> test.toml:2:8
  |
2 | seed = 9223372036854775808
  |        ^^^^^^^^^^^^^^^^^^^ expected a whole number from 0 to 9223372036854775807
",
    );
}

#[test]
fn no_replicates() {
    check(
        "replicates = 3",
        "replicates = 0",
        r"
error: 0 starts per cell
 --> test.toml:3:14
  |
3 | replicates = 0
  |              ^ expected a whole number of at least 1
",
    );
}

#[test]
fn a_name_that_is_no_folder() {
    check(
        r#"name = "test""#,
        r#"name = "a/b""#,
        r#"
error: the name of the study is no folder name
 --> test.toml:1:8
  |
1 | name = "a/b"
  |        ^^^^^ expected letters, digits, `.`, `_` and `-`, not beginning with `.`
"#,
    );
}

#[test]
fn no_components() {
    check(
        "components = [2, 3]",
        "components = [0]",
        r"
error: a mixture of 0 components
 --> test.toml:7:15
  |
7 | components = [0]
  |               ^ expected a whole number of at least 1
",
    );
}

#[test]
fn no_number_of_components() {
    check(
        "components = [2, 3]",
        "components = []",
        r"
error: no number of components
 --> test.toml:7:14
  |
7 | components = []
  |              ^^ at least one number K is needed
  |
  = help: components = [2, 3] fits two and three components
",
    );
}

#[test]
fn an_unknown_data_set() {
    check(
        r#"id = "faithful""#,
        r#"id = "faitful""#,
        r#"
error: unknown data set `faitful`
 --> test.toml:6:6
  |
6 | id = "faitful"
  |      ^^^^^^^^^ no embedded data set has this id
  |
  = help: did you mean `faithful`?
"#,
    );
}

#[test]
fn an_unknown_variant() {
    check(
        r#"id = "faithful""#,
        r#"id = "iris"
variant = "ucl""#,
        r#"
error: data set `iris` has no variant `ucl`
 --> test.toml:7:11
  |
7 | variant = "ucl"
  |           ^^^^^ no such variant
  |
  = help: did you mean `uci`?
"#,
    );
}

#[test]
fn a_variant_where_there_is_none() {
    check(
        r#"id = "faithful""#,
        r#"id = "faithful"
variant = "fisher""#,
        r#"
error: data set `faithful` has no variant `fisher`
 --> test.toml:7:11
  |
7 | variant = "fisher"
  |           ^^^^^^^^ no such variant
  |
  = help: it comes in one form: leave `variant` out
"#,
    );
}

#[test]
fn an_unknown_column() {
    check(
        r#"id = "faithful""#,
        r#"id = "iris"
columns = ["Sepal.Length", "Petal.Lenght"]"#,
        r#"
error: data set `iris-fisher` has no column `Petal.Lenght`
 --> test.toml:7:28
  |
7 | columns = ["Sepal.Length", "Petal.Lenght"]
  |                            ^^^^^^^^^^^^^^ no such column
  |
  = help: did you mean `Petal.Length`?
"#,
    );
}

#[test]
fn two_data_sets_of_one_name() {
    check(
        r#"id = "faithful""#,
        r#"id = "faithful"
name = "round""#,
        r#"
error: two data sets are named `round`
  --> test.toml:11:6
   |
 7 | name = "round"
   |        ------- the first one
...
11 | id = "round"
   |      ^^^^^^^ the second one
   |
   = help: records tell data sets apart by name: rename one of them (`name` for a builtin, `id` otherwise)
"#,
    );
}

#[test]
fn weights_that_do_not_sum_to_one() {
    check(
        "weights = [0.5, 0.5]",
        "weights = [0.5, 0.4]",
        r"
error: the mixture `round` cannot be drawn from
  --> test.toml:12:11
   |
12 | weights = [0.5, 0.4]
   |           ^^^^^^^^^^ weights sum to 0.9; they must sum to 1 (within 1e-9)
",
    );
}

#[test]
fn a_weight_that_is_no_number() {
    check(
        "weights = [0.5, 0.5]",
        "weights = [nan, 0.5]",
        r"
error: the mixture `round` cannot be drawn from
  --> test.toml:12:12
   |
12 | weights = [nan, 0.5]
   |            ^^^ weights[0] is NaN; it must be finite
",
    );
}

#[test]
fn a_covariance_that_is_not_symmetric() {
    check(
        "[[0.5, 0.0], [0.0, 0.5]], [[",
        "[[0.5, 0.1], [0.0, 0.5]], [[",
        r"
error: the mixture `round` cannot be drawn from
  --> test.toml:14:16
   |
14 | covariances = [[[0.5, 0.1], [0.0, 0.5]], [[0.5, 0.0], [0.0, 0.5]]]
   |                ^^^^^^^^^^^^^^^^^^^^^^^^ covariances[0][0][1] is 0.1, but [1][0] is 0; a covariance is symmetric
",
    );
}

#[test]
fn a_covariance_that_is_not_positive_definite() {
    check(
        "[[0.5, 0.0], [0.0, 0.5]], [[",
        "[[0.5, 0.9], [0.9, 0.5]], [[",
        r"
error: the mixture `round` cannot be drawn from
  --> test.toml:14:16
   |
14 | covariances = [[[0.5, 0.9], [0.9, 0.5]], [[0.5, 0.0], [0.0, 0.5]]]
   |                ^^^^^^^^^^^^^^^^^^^^^^^^ covariances[0] is not positive definite: given the variables before it, variable 1 (variance 0.5) has conditional variance -1.1199999999999999e0; it must exceed 1e-12 times its variance
",
    );
}

#[test]
fn means_of_different_length() {
    check(
        "[1.0, 4.0]]",
        "[1.0]]",
        r"
error: the mixture `round` cannot be drawn from
  --> test.toml:13:22
   |
13 | means = [[5.0, 1.0], [1.0]]
   |                      ^^^^^ means[1] has 1 numbers, means[0] has 2; all means need the same length
",
    );
}

#[test]
fn no_rows() {
    check(
        "n = 40",
        "n = 0",
        r"
error: the mixture `round` cannot be drawn from
  --> test.toml:11:5
   |
11 | n = 0
   |     ^ n is 0; a draw needs at least one row
",
    );
}

#[test]
fn a_file_that_is_missing() {
    check(
        "max-iterations = 100",
        r#"max-iterations = 100
[[dataset.csv]]
id = "x"
path = "no.csv"
components = [1]"#,
        r#"
error: data set `x` cannot be read
  --> test.toml:28:8
   |
28 | path = "no.csv"
   |        ^^^^^^^^ relative to the folder of the config
   |
   = note: no.csv: the file cannot be read: No such file or directory (os error 2)
"#,
    );
}
