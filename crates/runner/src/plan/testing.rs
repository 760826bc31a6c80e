//! Plans for tests.

use super::Plan;
use super::resolve::resolve;
use crate::config::diagnostics;
use crate::config::document::Document;
use std::path::Path;

/// Two data sets, two methods, two starts, two policies; three replicates.
pub const CONFIG: &str = r#"name = "test"
seed = 7
replicates = 3

[[dataset.builtin]]
id = "faithful"
components = [2, 3]

[[dataset.mixture]]
id = "round"
n = 40
weights = [0.5, 0.5]
means = [[5.0, 1.0], [1.0, 4.0]]
covariances = [[[0.5, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 0.5]]]
components = [2]
draws = 2

[grid]
method = ["em", "k-means"]
start = ["tutorial", "random-points"]
policy = ["stop", { ridge = 1e-6 }]

[stop]
gain-per-row = 1e-11
max-iterations = 100
"#;

/// [`CONFIG`] with `more` behind it.
pub fn plan(more: &str) -> Plan {
    overridden(&format!("{CONFIG}{more}"), &[])
}

/// Any config with overrides, which must be free of errors.
pub fn overridden(text: &str, overrides: &[&str]) -> Plan {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let document = Document::parse("test.toml", text, &overrides)
        .unwrap_or_else(|rejected| panic!("{}", diagnostics::render(&rejected.sources, &rejected.diagnostics, false)));
    resolve(&document, Path::new("")).unwrap_or_else(|found| {
        panic!("{}", diagnostics::render(&document.sources, &found, false));
    })
}

/// The errors of a config as they are printed.
pub fn errors(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    match Document::parse("test.toml", text, &overrides) {
        Err(rejected) => diagnostics::render(&rejected.sources, &rejected.diagnostics, false),
        Ok(document) => match resolve(&document, Path::new("")) {
            Err(found) => diagnostics::render(&document.sources, &found, false),
            Ok(_) => "no errors".to_owned(),
        },
    }
}
