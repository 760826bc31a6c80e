//! What was varied, and on which data.

use super::folder::Folder;
use super::markup::{Escaped, listed, pairs};
use crate::study::Study;
use crate::table::number::grouped;
use crate::tables::cells::Cells;
use records::{Factors, RunRow};
use serde_json::Value;
use std::fmt::Write as _;

/// The factors with their values, and the data sets.
pub(super) fn grid(study: &Study, folder: &Folder) -> String {
    let runs = &study.runs;
    if runs.is_empty() {
        return String::new();
    }
    let factor = |name: &str, values: Vec<String>| (name.to_owned(), listed(&values));
    let mut rows = vec![
        factor("method", distinct(runs, |factors| Some(&factors.method))),
        factor("covariance structure", distinct(runs, |factors| factors.covariance.as_deref())),
        factor("start", distinct(runs, |factors| Some(&factors.start))),
        factor("covariance of the start", distinct(runs, |factors| factors.start_covariance.as_deref())),
        factor("policy", distinct(runs, |factors| factors.policy.as_deref())),
        factor("stop", distinct(runs, |factors| Some(&factors.stop))),
    ];
    rows.retain(|(_, values)| !values.is_empty());
    let cells = Cells::of(runs);
    let sizes = || cells.groups.iter().map(|group| group.runs.len());
    let (fewest, most) = (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0));
    let number = if fewest == most { grouped(most) } else { format!("{} to {}", grouped(fewest), grouped(most)) };
    rows.push(("cells".to_owned(), grouped(cells.groups.len())));
    rows.push(("starts per cell".to_owned(), number));
    let mut out = String::new();
    pairs(&mut out, "Factors and their values", &rows);
    data(&mut out, runs, folder);
    out
}

/// The values of a factor in the order of the runs, as code.
fn distinct<'a>(runs: &'a [RunRow], value: impl Fn(&'a Factors) -> Option<&'a str>) -> Vec<String> {
    let mut values: Vec<&str> = Vec::new();
    for name in runs.iter().filter_map(|run| value(&run.factors)) {
        if !values.contains(&name) {
            values.push(name);
        }
    }
    values.into_iter().map(|name| format!("<code>{}</code>", Escaped(name))).collect()
}

/// A row for each data set: its size, its draws, K, its fingerprint.
fn data(out: &mut String, runs: &[RunRow], folder: &Folder) {
    struct Data<'a> {
        factors: &'a Factors,
        draws: u32,
        k: Vec<u32>,
        runs: usize,
    }
    let mut sets: Vec<Data<'_>> = Vec::new();
    for run in runs {
        let factors = &*run.factors;
        let place = sets.iter().position(|set| set.factors.dataset == factors.dataset).unwrap_or_else(|| {
            sets.push(Data { factors, draws: 0, k: Vec::new(), runs: 0 });
            sets.len() - 1
        });
        let set = &mut sets[place];
        set.draws = set.draws.max(factors.draw + 1);
        set.runs += 1;
        if !set.k.contains(&factors.k) {
            set.k.push(factors.k);
        }
    }
    *out += "<div class=\"scroll\"><table class=\"data\"><caption>Data sets</caption>\n<thead><tr><th scope=\"col\" \
             class=\"t\">data set</th><th scope=\"col\">rows</th><th scope=\"col\">features</th><th scope=\"col\">draws</th><th \
             scope=\"col\">K</th><th scope=\"col\">starts</th><th scope=\"col\" class=\"t\">fingerprint (SHA-256)</th></tr></thead>\n\
             <tbody>\n";
    let fingerprints = folder.provenance.as_ref().and_then(|provenance| provenance.get("datasets"));
    for set in &sets {
        let Factors { dataset, n, d, .. } = set.factors;
        let k: Vec<String> = set.k.iter().map(u32::to_string).collect();
        let fingerprint = fingerprints.and_then(|all| all.get(dataset)).and_then(Value::as_str).unwrap_or("–");
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{d}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"t\"><code \
             class=\"hash\">{}</code></td></tr>",
            Escaped(dataset),
            grouped(*n as usize),
            set.draws,
            k.join(", "),
            grouped(set.runs),
            Escaped(fingerprint)
        );
    }
    *out += "</tbody></table></div>\n<p class=\"note\">A fingerprint is the hash of the data set's values; of drawn data it is that of the recipe, \
             from which the seed makes the draws.</p>\n";
}
