//! The report as one page: `index.html`, which needs no network, no script and no other file.
//!
//! | section | module |
//! |---|---|
//! | what is asked, and what came out in short | `opening` |
//! | what was varied, on which data | `grid` |
//! | tables, figures | `tables`, `figures` |
//! | what broke, with an example of each kind | `failures` |
//! | how to run it again; program, machine, config, files | `sources` |
//! | the words | `glossary.html` |
//!
//! The page is a pure function of the records and of what the folder says about itself (`folder`); it is derived, so that the
//! provenance, which differs between machines, may stand in it. It is written as well-formed XML; every text goes through
//! `markup::Escaped`. A policy in its head forbids the browser to load or run anything.

mod failures;
mod figures;
mod folder;
mod grid;
pub(crate) mod markup;
mod opening;
mod sources;
mod tables;
#[cfg(test)]
mod tests;

use crate::error::ReportError;
use crate::figure::Figure;
use crate::study::Study;
use crate::table::Table;
use failures::Evidence;
use folder::Folder;
use markup::Escaped;
use std::fmt::Write as _;

/// The name of the page in the folder of the report.
pub const FILE: &str = "index.html";

const STYLE: &str = include_str!("style.css");
const GLOSSARY: &str = include_str!("glossary.html");

/// The page of a study with these tables and figures. Reads the parameters and traces of the failures that it shows, and what the
/// folder says about itself.
pub fn page(study: &Study, tables: &[Table], figures: &[Figure]) -> Result<String, ReportError> {
    let evidence = Evidence::read(study)?;
    Ok(compose(study, tables, figures, &evidence, &Folder::read(&study.dir)))
}

/// A section: its id, its heading, what it holds.
type Section = (&'static str, &'static str, String);

/// Pure: the same material gives the same bytes.
fn compose(study: &Study, tables: &[Table], figures: &[Figure], evidence: &Evidence, folder: &Folder) -> String {
    let name = folder.name();
    let sections: Vec<Section> = vec![
        ("summary", "In short", opening::summary(study)),
        ("grid", "What was varied", grid::grid(study, folder)),
        ("tables", "Tables", tables::tables(tables)),
        ("figures", "Figures", figures::figures(figures)),
        ("failures", "What broke", failures::failures(study, evidence, folder)),
        ("again", "Running it again", sources::again(study, folder)),
        ("provenance", "Where this comes from", sources::provenance(folder)),
        ("words", "Words and sources", GLOSSARY.to_owned()),
    ];
    let sections: Vec<Section> = sections.into_iter().filter(|(.., content)| !content.is_empty()).collect();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"/>\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>{}: report</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n",
        Escaped(&name)
    );
    navigation(&mut out, &name, &sections, tables, figures);
    let _ = write!(
        out,
        "<main>\n<header id=\"top\">\n<h1>{}</h1>\n{}</header>\n",
        Escaped(&name),
        opening::question(folder)
    );
    for (id, heading, content) in &sections {
        let _ = write!(out, "<section id=\"{id}\">\n<h2>{heading}</h2>\n{content}</section>\n");
    }
    out += "</main>\n</body>\n</html>\n";
    out
}

/// Links to the sections, and below them to tables and figures.
fn navigation(out: &mut String, name: &str, sections: &[Section], tables: &[Table], figures: &[Figure]) {
    let _ = write!(out, "<nav aria-label=\"Contents\">\n<p><a href=\"#top\">{}</a></p>\n<ol>\n", Escaped(name));
    for &(id, heading, _) in sections {
        let inner: Vec<(String, String)> = match id {
            "tables" => tables::contents(tables),
            "figures" => figures::contents(figures),
            _ => Vec::new(),
        };
        let _ = write!(out, "<li><a href=\"#{id}\">{heading}</a>");
        if !inner.is_empty() {
            *out += "\n<ol>\n";
            for (id, words) in inner {
                let _ = writeln!(out, "<li><a href=\"#{id}\">{}</a></li>", Escaped(&words));
            }
            *out += "</ol>\n";
        }
        *out += "</li>\n";
    }
    *out += "</ol>\n</nav>\n";
}
