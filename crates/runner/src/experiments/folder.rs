//! The folder of an experiment: what is read from it (config, published numbers), what is written into it (tables, figures,
//! the generated block of its README), and where its sweeps run.

use super::compare::{self, Difference, Tolerance};
use super::{Figure, Made};
use crate::config::diagnostics;
use crate::config::document::{Document, Rejected};
use crate::job::run_job;
use crate::lock::Writer;
use crate::plan::{Plan, resolve};
use crate::provenance::Origin;
use crate::results_folder::{self, Found, Refusal};
use crate::run::config_text;
use crate::simd;
use crate::sweep::{Ended, Sweep};
use crate::work::Work;
use anyhow::{Context as _, anyhow, bail};
use linalg::Level;
use records::Provenance;
use report::Study;
use report::published::{self, Comparison, Ours, Published};
use report::table::{Csv, Format, Latex, Markdown, Table};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The config of an experiment.
const CONFIG: &str = "config.toml";
/// The numbers that its source prints.
const PUBLISHED: &str = "published.csv";
/// What a reader reads first.
const README: &str = "README.md";
/// Where the generated part of the README begins.
const BEGIN: &str = "<!-- generated: everything up to the next mark is written by the command above -->";
/// Where it ends.
const END: &str = "<!-- end of the generated part -->";
/// Tables with more rows are linked, not shown, in the README.
const SHOWN_ROWS: usize = 40;

/// Where an experiment is made.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its folder.
    pub folder: &'a Path,
    /// Where its sweeps leave their results.
    pub results: &'a Path,
    /// Threads.
    pub threads: usize,
    /// The instruction set of what is computed beside the sweeps.
    pub level: Level,
}

/// A row of `published.csv`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedRow {
    item: String,
    quantity: String,
    published: String,
    source: String,
    because: String,
}

impl Place<'_> {
    /// The config of an experiment that is no sweep.
    pub fn config<C: DeserializeOwned>(&self) -> anyhow::Result<C> {
        self.extra(CONFIG)
    }

    /// Another TOML file of the experiment.
    pub fn extra<C: DeserializeOwned>(&self, name: &str) -> anyhow::Result<C> {
        let path = self.folder.join(name);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
    }

    /// The published numbers, each beside what `ours` has for its item and quantity.
    pub fn comparisons(&self, mut ours: impl FnMut(&str, &str) -> Option<Ours>) -> anyhow::Result<Vec<Comparison>> {
        let path = self.folder.join(PUBLISHED);
        let shown = || format!("cannot read {}", path.display());
        let mut reader = csv::Reader::from_path(&path).with_context(shown)?;
        reader
            .deserialize::<PublishedRow>()
            .map(|row| {
                let PublishedRow { item, quantity, published: printed, source, because } = row.with_context(shown)?;
                let ours = ours(&item, &quantity)
                    .with_context(|| format!("{}: nothing is made for {quantity} of {item}", path.display()))?;
                Ok(Comparison { published: Published { item, quantity, printed, source, because }, ours })
            })
            .collect()
    }

    /// Runs the sweep of the experiment's config with `overrides`, or finds its results, and reads its runs.
    pub fn sweep(&self, overrides: &[&str]) -> anyhow::Result<Study> {
        let path = self.folder.join(CONFIG);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
        let document =
            Document::parse(&path.display().to_string(), &text, &overrides).map_err(|error| refused(&error))?;
        let plan = match resolve::resolve(&document, self.folder) {
            Ok(plan) => plan,
            Err(diagnostics) => return Err(refused(&Rejected { sources: document.sources, diagnostics })),
        };
        self.run(&plan, &config_text(&document.sources), &Origin { config: Some(&path), overrides: &overrides })
    }

    fn run(&self, plan: &Plan, config: &str, origin: &Origin<'_>) -> anyhow::Result<Study> {
        let folder = self.results.join(&plan.name);
        let text = plan.to_toml()?;
        let mut opened = match results_folder::open(&folder, &text, false, Writer::Alone) {
            // The config was changed since: the old results are moved aside.
            Err(Refusal::OtherPlan { .. }) => results_folder::open(&folder, &text, true, Writer::Alone)?,
            other => other?,
        };
        if let Some(lock) = opened.lock.take() {
            let earlier = (opened.found == Found::Unfinished).then(|| Provenance::read(&folder).ok()).flatten();
            let level = simd::choose(None, earlier.and_then(|earlier| earlier.simd).as_deref())?;
            let (work, origin) = (&Work::default(), *origin);
            let sweep = Sweep {
                plan,
                work,
                config,
                folder: &folder,
                threads: self.threads,
                level,
                origin,
                max_failures: None,
                quiet: true,
                job: run_job,
            };
            let (ended, _) = sweep.run(opened.found, lock, None)?;
            if ended != (Ended::Complete { signal: None }) {
                bail!("interrupted; the same command goes on");
            }
        }
        Ok(Study::read(&folder)?)
    }
}

fn refused(rejected: &Rejected) -> anyhow::Error {
    anyhow!("{}", diagnostics::render(&rejected.sources, &rejected.diagnostics, false))
}

/// Where the sweeps run: the results folder, or a scratch folder beside it that goes when the check is done.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    scratch: bool,
}

impl Results {
    /// For results that stay, or (`scratch`) for results of a check.
    pub fn new(results: &Path, scratch: bool) -> anyhow::Result<Self> {
        if !scratch {
            return Ok(Self { path: results.to_owned(), scratch });
        }
        let mut path = results.to_owned().into_os_string();
        path.push(format!(".check-{}", std::process::id()));
        let path = PathBuf::from(path);
        // `create_dir` refuses what is there already: only what was made here is removed.
        let parent = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path, scratch })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        if self.scratch {
            // Nothing can be done about a folder that stays, and nothing depends on it.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// All generated files by name, the README with its new block among them.
pub fn files(folder: &Path, made: &Made) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut tables = Vec::new();
    if !made.comparisons.is_empty() {
        let caption = format!("Published numbers beside ours: {}.", published::tally(&made.comparisons));
        tables.push(published::table("table", "Published and ours", &caption, &made.comparisons));
    }
    tables.extend(made.tables.iter().cloned());
    for table in &tables {
        let formats: [&dyn Format; 3] = [&Markdown, &Latex, &Csv];
        for format in formats {
            files.insert(format!("{}.{}", table.name, format.extension()), format.render(table));
        }
    }
    for figure in &made.figures {
        files.insert(format!("{}.svg", figure.name), figure.svg.clone());
    }
    let path = folder.join(README);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let readme = with_block(&text, &block(&made.finding, &tables, &made.figures))
        .with_context(|| format!("{} has no lines\n{BEGIN}\n{END}", path.display()))?;
    files.insert(README.to_owned(), readme);
    Ok(files)
}

/// The generated part of the README.
fn block(finding: &str, tables: &[Table], figures: &[Figure]) -> String {
    let mut parts = Vec::new();
    if !finding.is_empty() {
        parts.push(finding.trim_end().to_owned());
    }
    parts.extend(figures.iter().map(|one| format!("![{0}]({1}.svg)\n\n*{0}*", one.caption, one.name)));
    for table in tables {
        let links = format!("[Markdown]({0}.md), [CSV]({0}.csv), [LaTeX]({0}.tex)", table.name);
        if table.rows.len() > SHOWN_ROWS {
            parts.push(format!("**{}**, {} rows: {links}", table.title, table.rows.len()));
        } else {
            // A heading of the file is one of a section here.
            let text = Markdown.render(table);
            let text = text.strip_prefix("# ").map_or(text.clone(), |rest| format!("### {rest}"));
            parts.push(format!("{}\n\n{links}", text.trim_end()));
        }
    }
    parts.join("\n\n")
}

/// The README with `block` between its marks; `None` without marks.
fn with_block(text: &str, block: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{block}\n\n{END}{after}"))
}

/// Writes the files; those that are the same already are left alone.
pub fn write(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Where the committed files differ from those that were made. Of a figure the words and numbers in its text are compared, not
/// the curves: what they show stands in the tables.
pub fn differences(
    folder: &Path,
    files: &BTreeMap<String, String>,
    tolerance: Tolerance,
) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let committed = match fs::read_to_string(&path) {
            Ok(committed) => committed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        if Path::new(name).extension().is_some_and(|extension| extension == "svg") {
            found.extend(compare::lines(name, &words_of(&committed), &words_of(text), tolerance));
        } else {
            found.extend(compare::lines(name, &committed, text, tolerance));
        }
    }
    Ok(found)
}

/// The contents of the text elements of an SVG, a line each.
fn words_of(svg: &str) -> String {
    let texts = svg.split("<text").skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once("</text>"));
    texts.flat_map(|(words, _)| [words, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_replaced_and_what_stands_around_it_stays() {
        let text = format!("# Title\n\nQuestion\n\n{BEGIN}\nold\n{END}\n\nend\n");
        let new = with_block(&text, "new").unwrap();
        assert_eq!(new, format!("# Title\n\nQuestion\n\n{BEGIN}\n\nnew\n\n{END}\n\nend\n"));
        assert_eq!(with_block(&new, "new").unwrap(), new);
        assert_eq!(with_block("no marks", "new"), None);
    }

    #[test]
    fn a_changed_word_in_a_figure_is_a_difference_and_a_curve_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let svg = |word: &str, path: &str| format!("<svg><path d=\"{path}\"/><text x=\"1\">{word}</text></svg>");
        fs::write(folder.path().join("a.svg"), svg("rate", "M1 2")).unwrap();
        let check = |made: String| {
            let files = BTreeMap::from([("a.svg".to_owned(), made)]);
            differences(folder.path(), &files, Tolerance::EXACT).unwrap().len()
        };
        assert_eq!(check(svg("rate", "M3 4")), 0);
        assert_eq!(check(svg("ratio", "M1 2")), 1);
        let missing = BTreeMap::from([("b.csv".to_owned(), "a\n".to_owned())]);
        assert_eq!(differences(folder.path(), &missing, Tolerance::EXACT).unwrap().len(), 1);
    }

    #[test]
    fn the_results_of_a_check_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::new(&folder.path().join("01-x"), true).unwrap();
        let path = results.path().to_owned();
        assert!(path.is_dir());
        drop(results);
        assert!(!path.exists());
    }
}
