//! Statistics over records, tables and figures.
//!
//! The report reads the files of a finished sweep and nothing else; what it writes is derived and may be deleted. The
//! statistics are plain functions of typed rows or labels, so that the runner can use them too.
//!
//! | module | what it holds |
//! |---|---|
//! | [`intervals`] | Clopper-Pearson intervals, starts needed |
//! | [`comparison`] | tests and intervals for two ways, paired or not; bootstrap; Holm |
//! | [`budget`] | success at equal cost |
//! | [`agreement`] | contingency tables, ARI, NMI, misclassified rows |
//! | [`ends`] | proper, spurious, coincident |
//! | [`convergence`] | rate, missing information, remaining gap of one run |
//! | [`maxima`] | the best, what reached it, distinct maxima |
//! | [`basins`], [`matching`] | whether two ends are the same maximum; the best one-to-one matching |
//! | [`unseen`] | maxima that no start has found |
//! | [`replay`] | stop rules asked again on recorded traces |
//! | [`incidence`], [`geometry`] | when covariances die; what makes a mixture hard for k-means |
//! | [`quantiles`], [`variance`] | medians and quartiles; draws against starts |
//! | [`published`] | a published number beside ours, with a mark |
//! | [`tables`], [`table`] | the report's tables; their five formats |
//! | [`figure`] | the report's pictures |
//! | [`html`] | all of it as one page |
//!
//! What this crate does not know: models, configuration, progress. It prints nothing.

pub mod agreement;
pub mod basins;
pub mod budget;
pub mod comparison;
pub mod convergence;
pub mod ends;
pub mod error;
#[cfg(test)]
mod example;
pub mod figure;
pub mod geometry;
pub mod html;
pub mod incidence;
pub mod intervals;
pub mod matching;
pub mod maxima;
pub mod published;
pub mod quantiles;
pub mod replay;
pub mod study;
pub mod summary;
pub mod table;
pub mod tables;
pub mod unseen;
pub mod variance;

pub use error::ReportError;
pub use study::Study;
pub use summary::Summary;

use basins::Ends;
use maxima::Criterion;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use table::{Csv, Format, Latex, Markdown, Table};

/// Reads the records in `dir` and writes tables, figures, a page that holds all of them and an index into `dir/report/`. The same
/// records give the same files, byte for byte; the page also says what `provenance.json` and the config say.
pub fn write(dir: &Path) -> Result<Summary, ReportError> {
    let study = Study::read(dir)?;
    let out = dir.join("report");
    let figures = out.join("figures");
    fs::create_dir_all(&figures).map_err(ReportError::write(&figures))?;

    let tables = tables(&study)?;
    let mut files = Vec::new();
    for table in &tables {
        files.extend(write_table(table, &out)?);
    }
    let drawn = figure::write_all(&study, &figures)?;
    let page = out.join(html::FILE);
    fs::write(&page, html::page(&study, &tables, &drawn)?).map_err(ReportError::write(&page))?;
    let pictures: Vec<PathBuf> = drawn.iter().map(|figure| figures.join(&figure.file)).collect();
    let index = out.join("README.md");
    let text = summary::index(&study, &tables, &pictures, &out);
    fs::write(&index, text).map_err(ReportError::write(&index))?;
    files.extend(pictures);
    files.extend([page, index]);
    Ok(Summary { text: summary::terminal(&study, &tables, &out), files })
}

/// All tables that have rows, in the order of the report.
fn tables(study: &Study) -> Result<Vec<Table>, ReportError> {
    let runs = &study.runs;
    let assignments = records::read_assignments(&study.dir).map_err(ReportError::read(&study.dir))?;
    let observations = records::read_observations(&study.dir).map_err(ReportError::read(&study.dir))?;
    let components = Ends::read(&study.dir, runs)?;
    let traces = tables::traced::read(&study.dir, runs, &study.failures, &components)?;
    let mut tables = vec![
        tables::selection::table(runs),
        tables::outcomes::table(runs),
        tables::convergence::table(runs, Criterion::LogLikelihood, &components),
        tables::convergence::table(runs, Criterion::Inertia, &components),
        tables::unseen::table(runs, &components),
        tables::budget::table(runs),
        tables::profiles::table(runs),
        tables::start_kinds::table(runs),
        tables::paired::table(runs),
        tables::draws::table(runs),
        tables::agreement::table(runs, false),
        tables::agreement::table(runs, true),
        tables::k_means_and_em::table(runs, &components),
        tables::rates::table(runs, &components, &traces, &BTreeMap::new()),
        tables::stop_rules::table(runs, &traces),
    ];
    tables.extend(tables::clusters::tables(runs, &assignments, &observations));
    tables.push(tables::failures::table(runs, &study.failures)?);
    tables.push(tables::incidence::table(runs, &study.failures, &traces));
    tables.push(tables::selection::long(runs));
    tables.push(tables::distinct::table(runs, &components));
    tables.push(tables::budget::curve(runs));
    tables.retain(|table| !table.rows.is_empty());
    Ok(tables)
}

/// Tables that are for computing only.
const DATA_ONLY: [&str; 3] = [tables::distinct::NAME, tables::selection::LONG, tables::budget::CURVE];

/// Writes a table in every format that it has.
fn write_table(table: &Table, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let formats: &[&dyn Format] =
        if DATA_ONLY.contains(&table.name.as_str()) { &[&Csv] } else { &[&Markdown, &Latex, &Csv] };
    formats
        .iter()
        .map(|format| {
            let path = out.join(format!("{}.{}", table.name, format.extension()));
            fs::write(&path, format.render(table)).map_err(ReportError::write(&path))?;
            Ok(path)
        })
        .collect()
}

#[cfg(test)]
mod tests;
