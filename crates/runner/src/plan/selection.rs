//! `--filter`: the cells of a plan that are to be run now. The plan stays what it is, so the others can be run later into the
//! same folder.
//!
//! A filter is written `key=value,key=value` with the keys of `[[include]]`; values are those of a config, where names need no
//! quotes: `dataset=iris-fisher,start=k-means`, `policy=ridge=1e-6`. A cell is run if it matches one of the filters.

use super::{Plan, grid};
use crate::config::diagnostics::{Diagnostic, Sources, suggestion};
use crate::config::document::{Rejected, table_of};
use crate::config::filter_file::FilterFile;
use std::fmt::Write as _;

/// What a filter is called in messages.
const SOURCE: &str = "<--filter>";

/// What a filter looks like.
const HELP: &str =
    "a filter is KEY=VALUE,KEY=VALUE, for example dataset=iris-fisher,start=k-means or policy=ridge=1e-6";

/// For each cell of the plan whether it is to be run, or what is wrong with the filters.
pub fn selection(plan: &Plan, filters: &[String]) -> Result<Vec<bool>, Rejected> {
    let mut chosen = vec![filters.is_empty(); plan.cells.len()];
    for text in filters {
        let toml = as_toml(text);
        let matching = table_of::<FilterFile>(&toml).and_then(|filter| matching(plan, &filter, &toml));
        match matching {
            Ok(cells) => cells.into_iter().for_each(|cell| chosen[cell] = true),
            Err(diagnostic) => {
                let help = diagnostic.help.clone().unwrap_or_else(|| HELP.to_owned());
                let diagnostics = vec![diagnostic.help(help)];
                return Err(Rejected { sources: Sources::new(SOURCE, toml), diagnostics });
            }
        }
    }
    Ok(chosen)
}

fn matching(plan: &Plan, filter: &FilterFile, toml: &str) -> Result<Vec<usize>, Box<Diagnostic>> {
    let names = plan.datasets.iter().map(|dataset| dataset.name.as_str());
    if let Some(name) = &filter.dataset
        && !names.clone().any(|known| known == name)
    {
        let place = toml.find(name.as_str()).map(|at| at..at + name.len());
        let unknown = Diagnostic::new(format!("unknown data set `{name}`")).at(place, "no data set of this study");
        return Err(Box::new(unknown.help(suggestion(name, names))));
    }
    let cells: Vec<usize> =
        (0..plan.cells.len()).filter(|&i| grid::matches_cell(filter, &plan.cells[i], &plan.datasets)).collect();
    if cells.is_empty() {
        let whole = Some(0..toml.trim_end().len());
        return Err(Box::new(
            Diagnostic::new("this filter matches nothing")
                .at(whole, "no cell of the grid has all of these values")
                .help("`runner CONFIG --dry-run` lists the cells; k-means has neither covariance nor policy"),
        ));
    }
    Ok(cells)
}

/// `key=value,…` → a line of TOML for each; values that are none of TOML's become strings, `name=number` a table.
fn as_toml(text: &str) -> String {
    let mut toml = String::new();
    for entry in entries(text) {
        let Some((key, value)) = entry.split_once('=') else {
            let _ = writeln!(toml, "{}", entry.trim());
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let valid = |value: &str| format!("x = {value}").parse::<toml::Table>().is_ok();
        let table = value.split_once('=').map(|(name, number)| format!("{{ {} = {} }}", name.trim(), number.trim()));
        let value = match table {
            _ if valid(value) => value.to_owned(),
            Some(table) if valid(&table) => table,
            _ => toml::Value::String(value.to_owned()).to_string(),
        };
        let _ = writeln!(toml, "{key} = {value}");
    }
    toml
}

/// Splits at the commas that stand in no brackets and no quotes.
fn entries(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut begin) = (0_i32, false, 0);
    let mut found = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                found.push(&text[begin..i]);
                begin = i + 1;
            }
            _ => {}
        }
    }
    found.push(&text[begin..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::diagnostics::render;
    use crate::plan::testing::plan;

    fn chosen(filters: &[&str]) -> Vec<String> {
        let plan = plan("");
        let filters: Vec<String> = filters.iter().map(ToString::to_string).collect();
        let chosen = selection(&plan, &filters).unwrap_or_else(|wrong| panic!("{:?}", wrong.diagnostics));
        let label = |factors: &records::Factors| {
            let policy = factors.policy.clone().unwrap_or_default();
            format!("{}/{} {} {} {} {policy}", factors.dataset, factors.draw, factors.k, factors.method, factors.start)
        };
        let cells = plan.cells.iter().zip(chosen).filter(|(_, chosen)| *chosen);
        cells.map(|(cell, _)| label(&cell.factors)).collect()
    }

    fn wrong(filter: &str) -> String {
        let rejected = selection(&plan(""), &[filter.to_owned()]).unwrap_err();
        render(&rejected.sources, &rejected.diagnostics, false)
    }

    #[test]
    fn values_compare_as_in_include() {
        assert_eq!(chosen(&[]).len(), 24);
        assert_eq!(chosen(&["dataset=faithful, components=3,method=k-means"]).len(), 2);
        assert_eq!(
            chosen(&["dataset=faithful,components=2,start=tutorial,method=em"]),
            ["faithful/0 2 em tutorial stop", "faithful/0 2 em tutorial ridge=1e-6"]
        );
        for ridge in ["policy=ridge", "policy=ridge=1e-6", "policy = { ridge = 0.000001 }", "policy=\"ridge\""] {
            assert_eq!(chosen(&[ridge]).len(), 8, "{ridge}");
        }
        assert_eq!(chosen(&["method=em", "method=k-means"]).len(), 24);
    }

    #[test]
    fn mistakes_say_what_was_meant() {
        assert!(wrong("start=tutroial").contains("did you mean `tutorial`?"));
        assert!(wrong("strat=tutorial").contains("did you mean `start`?"));
        assert!(wrong("dataset=faithfull").contains("did you mean `faithful`?"));
        assert!(wrong("policy=ridge=1e-3").contains("this filter matches nothing"));
        assert!(wrong("components=x").contains("expected a whole number"));
        let bare = wrong("tutorial");
        assert!(bare.contains("<--filter>:1:") && bare.contains("a filter is KEY=VALUE"), "{bare}");
    }
}
