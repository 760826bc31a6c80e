//! What is said about a report: to the terminal, and in its index.

use crate::html;
use crate::study::Study;
use crate::table::{Format, Table, Terminal};
use crate::tables::{agreement, budget, clusters, convergence, draws, failures, outcomes, selection};
use records::RunOutcome;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A report that was written.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What to print.
    pub text: String,
    /// All files that were written.
    pub files: Vec<PathBuf>,
}

/// More rows of one table do not fit on a screen.
const LONGEST: usize = 50;

/// The tables that a screen shows.
const PRINTED: [&str; 7] =
    [selection::NAME, outcomes::NAME, convergence::NAME, budget::NAME, draws::NAME, agreement::NAME, failures::NAME];

/// The text for the terminal: how many runs ended how, the tables that matter most, and where the rest is.
pub fn terminal(study: &Study, tables: &[Table], out: &Path) -> String {
    let mut text = format!("{}\n\n", outcomes_in_words(study));
    let screen = Terminal { longest: LONGEST };
    let cross = clusters::most_telling(tables).map(|table| table.name.as_str());
    for table in tables {
        if PRINTED.contains(&table.name.as_str()) || cross == Some(table.name.as_str()) {
            let _ = writeln!(text, "{}", screen.render(table));
        }
    }
    let _ = writeln!(text, "All tables and figures as one page: {}", out.join(html::FILE).display());
    text
}

/// `25200 runs: 20100 converged, 4000 singular_covariance`.
fn outcomes_in_words(study: &Study) -> String {
    let counts = RunOutcome::ALL.map(|outcome| {
        let count = study.runs.iter().filter(|run| run.outcome == outcome).count();
        (count > 0).then(|| format!("{count} {}", outcome.name().replace('_', " ")))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    format!("{} runs: {}", study.runs.len(), counts.join(", "))
}

/// The index of the report, in Markdown.
pub fn index(study: &Study, tables: &[Table], pictures: &[PathBuf], out: &Path) -> String {
    let mut text = format!(
        "# Report\n\n{}.\n\nAll of it as one page: [{page}]({page}). Everything here is derived from the records beside this folder \
         and may be deleted.\n\n## Tables\n\n",
        outcomes_in_words(study),
        page = html::FILE
    );
    for table in tables {
        let name = &table.name;
        let files = if crate::DATA_ONLY.contains(&name.as_str()) {
            format!("[CSV]({name}.csv)")
        } else {
            format!("[Markdown]({name}.md), [LaTeX]({name}.tex), [CSV]({name}.csv)")
        };
        let _ = writeln!(text, "- {}: {files} ({} rows)", table.title, table.rows.len());
    }
    text += "\n## Figures\n\n";
    for picture in pictures {
        let path = picture.strip_prefix(out).unwrap_or(picture);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let link: Vec<String> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        let _ = writeln!(text, "![{name}]({})\n", link.join("/"));
    }
    text
}
