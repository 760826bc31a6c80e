//! How covariances collapse: the smallest relative pivot over the last iterations before a run dies.
//!
//! A component that closes in on tied values or on too few rows loses its variance in one direction, first slowly and
//! then by orders of magnitude in a step.

use super::canvas::{Canvas, Font, Point, Stroke, Swatch};
use super::cells::{Cell, cause_color};
use super::panel::{Axis, Panel, decade_above, decade_below};
use super::style::{BORDER, INK, MUTED, SMALL, WIDTH, count, sample};
use em::TraceRow;
use records::{FailureRow, RunRow};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Iterations before death that are shown.
const BEFORE: u32 = 15;
/// Runs in one panel.
const SHOWN: usize = 100;
/// Panels in the figure.
const PANELS: usize = 6;
/// Pivots below this are drawn at it.
const FLOOR: i32 = -20;
/// The default threshold below which a covariance counts as singular.
const THRESHOLD: f64 = 1e-10;

/// The deaths of one panel: all of a cell and those that are shown.
pub(super) struct Deaths<'a> {
    title: String,
    all: usize,
    shown: Vec<(&'a RunRow, &'a FailureRow)>,
}

/// The cells with the most singular covariances under policy `stop`, in the study's order, with the runs to show.
pub(super) fn deaths<'a>(cells: &[Cell<'a>], failures: &'a [FailureRow]) -> Vec<Deaths<'a>> {
    // The last breakdown of a run is the fatal one.
    let fatal: BTreeMap<u32, &FailureRow> = failures
        .iter()
        .filter(|failure| failure.kind == "singular_covariance" && failure.stage != "start")
        .map(|failure| (failure.run, failure))
        .collect();
    let mut panels: Vec<Deaths<'a>> = cells
        .iter()
        .filter_map(|cell| {
            let dead: Vec<(&RunRow, &FailureRow)> = cell
                .runs
                .iter()
                .filter(|run| run.factors.policy.as_deref() == Some("stop"))
                .filter_map(|&run| Some((run, *fatal.get(&run.run)?)))
                .collect();
            let all = dead.len();
            (all > 0).then(|| Deaths { title: cell.title(), all, shown: sample(&dead, SHOWN) })
        })
        .collect();
    let mut sizes: Vec<usize> = panels.iter().map(|panel| panel.all).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    if let Some(&smallest) = sizes.get(PANELS - 1) {
        panels.retain(|panel| panel.all >= smallest);
        panels.truncate(PANELS);
    }
    panels
}

/// The runs whose traces the figure needs.
pub(super) fn shown(panels: &[Deaths<'_>]) -> impl Iterator<Item = u32> {
    panels.iter().flat_map(|panel| panel.shown.iter().map(|(run, _)| run.run))
}

/// One panel for each cell with deaths. `None` if nothing died or no trace is there.
pub(super) fn collapse(panels: &[Deaths<'_>], traces: &BTreeMap<u32, Vec<TraceRow>>) -> Option<String> {
    let drawn: Vec<(&Deaths<'_>, Vec<Collapse<'_>>)> = panels
        .iter()
        .map(|panel| (panel, panel.shown.iter().filter_map(|(_, failure)| Collapse::new(failure, traces)).collect()))
        .filter(|(_, lines): &(_, Vec<Collapse<'_>>)| !lines.is_empty())
        .collect();
    if drawn.is_empty() {
        return None;
    }
    let pivots = || drawn.iter().flat_map(|(_, lines)| lines.iter().flat_map(|line| &line.points)).map(|p| p.1);
    let lowest = decade_below(pivots().fold(THRESHOLD / 10.0, f64::min)).max(FLOOR);
    let highest = decade_above(pivots().fold(THRESHOLD * 10.0, f64::max));

    let columns = drawn.len().min(3);
    let rows = drawn.len().div_ceil(columns);
    let (left, gutter) = (BORDER + 52.0, 34.0);
    let wide = (WIDTH - left - BORDER - gutter * (columns - 1) as f64) / columns as f64;
    let tall = if rows == 1 { 400.0 } else { 220.0 };
    let subtitle = "Runs that end in a singular covariance, policy stop; 0: the M-step that fails; \
         dashed: default threshold 10⁻¹⁰.";
    let entries = legend(&drawn);
    let (mut canvas, below) = Canvas::new("collapse", "How covariances collapse", subtitle);
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 42.0;
    let row_height = tall + 84.0;

    let x = Axis::counts(-f64::from(BEFORE), 0.0, 3, "iterations before death");
    let y = Axis::log(lowest, highest, 9, "smallest relative pivot");
    for (i, (deaths, lines)) in drawn.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let corner = (left + column as f64 * (wide + gutter), top + row as f64 * row_height);
        let y = if column == 0 { y.clone() } else { y.bare() };
        let panel = Panel { corner, size: (wide, tall), x: x.clone(), y };
        let all = count(deaths.all, "death");
        let note = if lines.len() < deaths.all { format!("{} of {all}", lines.len()) } else { all };
        panel.frame(&mut canvas, &deaths.title, &note);
        draw(&mut canvas, &panel, lines);
    }
    Some(canvas.finish(top + rows as f64 * row_height - 26.0))
}

/// One run's way down.
struct Collapse<'a> {
    cause: Option<&'a str>,
    /// (iteration − iteration of death, pivot).
    points: Vec<(f64, f64)>,
}

impl<'a> Collapse<'a> {
    fn new(failure: &'a FailureRow, traces: &BTreeMap<u32, Vec<TraceRow>>) -> Option<Self> {
        let mut points: Vec<(f64, f64)> = traces
            .get(&failure.run)?
            .iter()
            .filter(|row| row.iteration < failure.iteration && failure.iteration - row.iteration <= BEFORE)
            .filter_map(|row| Some((-f64::from(failure.iteration - row.iteration), row.smallest_relative_pivot?)))
            .collect();
        if points.is_empty() {
            return None;
        }
        points.extend(failure.smallest_relative_pivot.map(|pivot| (0.0, pivot.max(10f64.powi(FLOOR)))));
        Some(Self { cause: failure.cause.as_deref(), points })
    }
}

fn legend(drawn: &[(&Deaths<'_>, Vec<Collapse<'_>>)]) -> Vec<(Swatch<'static>, String)> {
    let causes = [
        (Some("few_rows"), "few rows: at most d + 1 in the component"),
        (Some("tied_values"), "tied values: one value in one variable"),
        (Some("hyperplane"), "hyperplane: no single variable"),
        (None, "cause unknown"),
    ];
    causes
        .into_iter()
        .filter_map(|(cause, words)| {
            let number = drawn.iter().flat_map(|(_, lines)| lines).filter(|line| line.cause == cause).count();
            let swatch = Swatch::Line(Stroke::solid(cause_color(cause), 2.5));
            (number > 0).then(|| (swatch, format!("{words} ({number} shown)")))
        })
        .collect()
}

fn draw(canvas: &mut Canvas, panel: &Panel, lines: &[Collapse<'_>]) {
    let level = |x| panel.at(x, THRESHOLD);
    let dashed = Stroke { color: INK, width: 1.2, dash: Some("5 4") };
    canvas.line(level(-f64::from(BEFORE)), level(0.0), dashed);
    let font = Font::new(SMALL, MUTED);
    let (x, y) = level(-f64::from(BEFORE));
    canvas.text((x + 5.0, y + 14.0), "singular", font);
    canvas.clipped(panel.corner, (panel.size.0 + 2.0, panel.size.1), 0.5, |canvas| {
        // The rarer causes on top.
        let mut lines: Vec<&Collapse<'_>> = lines.iter().collect();
        let frequency = |cause| lines.iter().filter(|line| line.cause == cause).count();
        let frequencies: BTreeMap<Option<&str>, usize> =
            lines.iter().map(|line| (line.cause, frequency(line.cause))).collect();
        lines.sort_by_key(|line| (Reverse(frequencies[&line.cause]), line.cause));
        for line in lines {
            let points: Vec<Point> = line.points.iter().map(|&(x, y)| panel.at(x, y)).collect();
            canvas.curve(&points, Stroke::solid(cause_color(line.cause), 1.0));
        }
    });
}
