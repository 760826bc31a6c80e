//! Figures: SVG files that show what the tables count.
//!
//! | file | what it shows |
//! |---|---|
//! | `tutorial.svg` | two samples under k-means and EM: shape = true cluster, colour = cluster found, ellipses |
//! | `criteria.svg` | BIC against the number of components, a line for each structure |
//! | `gaps-DATASET-kK.svg` | gap to the best proper maximum by iteration, a panel for each kind of start |
//! | `ends.svg`, `ends-DATASET-kK.svg` | where runs end, by kind of start |
//! | `budget.svg` | the chance of the best maximum within a number of E-passes, by kind of start |
//! | `incidence.svg` | when covariances become singular, by policy |
//! | `collapse.svg` | smallest relative pivot over the last iterations of runs that die |
//! | `information.svg` | ΔQ and KL of each iteration of one run, and their ratio |
//!
//! [`chart`] draws lines and marks for experiments.
//!
//! Every figure is a pure function from rows to text; which runs it shows depends on the records alone, so the same
//! records give the same bytes. A figure whose records are missing is left out; in a study of very many cells only those with
//! the lowest BIC get figures of their own.

mod budget;
mod canvas;
mod cells;
pub mod chart;
mod collapse;
mod criteria;
mod ends;
mod gaps;
mod incidence;
mod information;
mod panel;
mod style;
mod tutorial;

#[cfg(test)]
mod tests;

use crate::tables::selection;
use crate::{ReportError, Study};
use cells::Cell;
use em::TraceRow;
use records::{AssignmentRow, FailureRow, ObservationRow, ParameterRow, RunRow, TraceRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Draws every figure that the study's records are enough for and writes them into the folder `out`, which is made if need
/// be. Returns them in the order of the table above.
pub fn write_all(study: &Study, out: &Path) -> Result<Vec<Figure>, ReportError> {
    let figures = draw_all(&study.runs, &study.failures, &Details::read(study)?);
    fs::create_dir_all(out).map_err(ReportError::write(out))?;
    for figure in &figures {
        let path = out.join(&figure.file);
        fs::write(&path, &figure.svg).map_err(ReportError::write(&path))?;
    }
    Ok(figures)
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The name of its file, with ending.
    pub file: String,
    /// An `<svg>` element. Its ids begin with the figure's name, so that several can stand in one page.
    pub svg: String,
}

impl Figure {
    /// The name without ending.
    pub fn name(&self) -> &str {
        self.file.strip_suffix(".svg").unwrap_or(&self.file)
    }

    fn new(name: impl std::fmt::Display, svg: String) -> Self {
        Self { file: format!("{name}.svg"), svg }
    }
}

/// What the figures need besides runs and failures: only rows of the runs that they show, in any order.
#[derive(Clone, Debug, Default)]
struct Details {
    traces: Vec<TraceRecord>,
    parameters: Vec<ParameterRow>,
    assignments: Vec<AssignmentRow>,
    observations: Vec<ObservationRow>,
}

impl Details {
    /// Reads the rows of the runs that the figures show.
    fn read(study: &Study) -> Result<Self, ReportError> {
        let dir = &study.dir;
        let observations = records::read_observations(dir).map_err(ReportError::read(dir))?;
        let mut assignments = records::read_assignments(dir).map_err(ReportError::read(dir))?;
        let assigned: BTreeSet<u32> = assignments.iter().map(|row| row.run).collect();
        let pictured = tutorial::shown(&tutorial::samples(&study.runs, &observations, &assigned));
        assignments.retain(|row| pictured.contains(&row.run));
        let parameters = records::read_parameters_of(dir, &pictured).map_err(ReportError::read(dir))?;
        let traced = traced(&study.runs, &study.failures);
        let traces = records::read_traces_of(dir, &traced).map_err(ReportError::read(dir))?;
        Ok(Self { traces, parameters, assignments, observations })
    }
}

/// The runs whose traces are drawn.
fn traced(runs: &[RunRow], failures: &[FailureRow]) -> BTreeSet<u32> {
    let cells = cells::cells(runs);
    let deaths = collapse::deaths(&cells, failures);
    let gaps = pictured(&cells, runs).into_iter().flat_map(gaps::shown).map(|run| run.run);
    let information = information::shown(&cells).map(|(run, _)| run.run);
    gaps.chain(collapse::shown(&deaths)).chain(information).collect()
}

/// More cells than this are too many for a figure each.
const CELLS: usize = 24;

/// The cells that get figures of their own: all, or of very many those with the lowest BIC of their data set.
fn pictured<'c, 'a>(cells: &'c [Cell<'a>], runs: &[RunRow]) -> Vec<&'c Cell<'a>> {
    if cells.len() <= CELLS {
        return cells.iter().collect();
    }
    let winners = selection::winners(runs);
    let wins = |cell: &&Cell<'_>| winners.contains(&(cell.dataset, cell.k, cell.covariance.unwrap_or_default()));
    cells.iter().filter(wins).collect()
}

/// All figures that the rows are enough for, in the order of the table above.
fn draw_all(runs: &[RunRow], failures: &[FailureRow], details: &Details) -> Vec<Figure> {
    let mut traces: BTreeMap<u32, Vec<TraceRow>> = BTreeMap::new();
    for record in &details.traces {
        traces.entry(record.run).or_default().push(record.row);
    }
    for trace in traces.values_mut() {
        trace.sort_by_key(|row| row.iteration);
    }
    let cells = cells::cells(runs);

    let mut figures = Vec::new();
    let assigned: BTreeSet<u32> = details.assignments.iter().map(|row| row.run).collect();
    let samples = tutorial::samples(runs, &details.observations, &assigned);
    let picture = tutorial::tutorial(&samples, &details.parameters, &details.assignments);
    figures.extend(picture.map(|svg| Figure::new("tutorial", svg)));
    figures.extend(criteria::criteria(runs).map(|svg| Figure::new("criteria", svg)));
    let pictured = pictured(&cells, runs);
    for &cell in &pictured {
        let figure = gaps::gaps(cell, &traces);
        figures.extend(figure.map(|svg| Figure::new(format_args!("gaps-{}", cell.slug()), svg)));
    }
    figures.extend(ends::overview(&pictured, "stop").map(|svg| Figure::new("ends", svg)));
    for &cell in &pictured {
        figures.extend(ends::ends(cell).map(|svg| Figure::new(format_args!("ends-{}", cell.slug()), svg)));
    }
    figures.extend(budget::budget(runs).map(|svg| Figure::new("budget", svg)));
    figures.extend(incidence::incidence(&cells, failures).map(|svg| Figure::new("incidence", svg)));
    let deaths = collapse::deaths(&cells, failures);
    figures.extend(collapse::collapse(&deaths, &traces).map(|svg| Figure::new("collapse", svg)));
    let run = information::shown(&cells)
        .and_then(|(run, title)| information::information(run, &title, traces.get(&run.run)?));
    figures.extend(run.map(|svg| Figure::new("information", svg)));
    figures
}
