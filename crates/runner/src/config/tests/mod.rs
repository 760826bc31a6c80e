//! Bad input and what a user sees. Each case changes one line of the config of [`testing`](crate::plan::testing).

mod data;
mod grid;
mod overrides;
mod shape;

use crate::plan::testing::{CONFIG, errors};

/// Compares what a user sees, without the closing count, where `from` is replaced by `to` in the config.
#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    assert_eq!(CONFIG.matches(from).count(), 1, "`{from}` must occur once");
    let shown = errors(&CONFIG.replace(from, to), &[]);
    let end = "\n\n1 error; nothing was run, nothing was written\n";
    let Some(shown) = shown.strip_suffix(end) else { panic!("not exactly one error:\n{shown}") };
    assert_eq!(shown, expected.trim_matches('\n'), "\n{shown}\n");
}

#[test]
fn all_errors_are_told_at_once() {
    let shape =
        CONFIG.replace("seed = 7", "sed = 7").replace("\"tutorial\"", "\"x\"").replace("n = 40", "n = \"forty\"");
    let shown = errors(&shape, &["stop.max-iterations=true"]);
    for (place, title) in [
        ("test.toml:2:1", "unknown key `sed`"),
        ("test.toml:11:5", "wrong value for `dataset.mixture[0].n`"),
        ("test.toml:20:10", "unknown start `x`"),
        ("<command line>:1:21", "wrong value for `stop.max-iterations`"),
    ] {
        assert!(shown.contains(place) && shown.contains(title), "{title} at {place} is missing in:\n{shown}");
    }
    assert!(shown.ends_with("\n4 errors; nothing was run, nothing was written\n"), "{shown}");

    let meaning = CONFIG.replace("[2, 3]", "[0]").replace("draws = 2", "draws = 0").replace("1e-6", "-1.0");
    let shown = errors(&meaning, &["replicates=0"]);
    for title in ["0 starts per cell", "a mixture of 0 components", "0 samples", "a ridge of -1"] {
        assert!(shown.contains(title), "{title} is missing in:\n{shown}");
    }
    assert!(shown.ends_with("\n4 errors; nothing was run, nothing was written\n"), "{shown}");
}

#[test]
fn many_errors_end() {
    let long = format!("{CONFIG}{}", "[[exclude]]\nnothing = 1\n".repeat(100));
    let shown = errors(&long, &[]);
    assert!(shown.ends_with("\n25 errors; nothing was run, nothing was written\n"), "{shown}");
}
