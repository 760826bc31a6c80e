//! How far a run's log-likelihood is from the best proper maximum, iteration by iteration.
//!
//! On a linear axis of iterations a straight descent is convergence at the rate of EM; a plateau is the basin of another maximum. A cross is a
//! run that died. A run that climbs above the best proper maximum, towards a singular covariance, leaves the logarithmic
//! axis: its line and mark end at its last gap before that.

use super::canvas::{Canvas, Marker, Point, Stroke, Swatch};
use super::cells::{Cell, Fate};
use super::panel::{Axis, Panel, decade_above};
use super::style::{self, BORDER, PURPLE, VERMILLION, WIDTH, count, sample, signed, starts_of};
use crate::maxima;
use em::TraceRow;
use records::RunRow;
use std::collections::{BTreeMap, BTreeSet};

/// Gaps below this are drawn at it: the rounding of a log-likelihood of a few hundred nats.
const FLOOR: i32 = -10;
/// Runs in one figure, but for rare ends.
const SHOWN: usize = 60;
/// With more iterations than this their axis is logarithmic.
const LINEAR: u32 = 100;

/// The runs that the figure of a cell shows: draw 0, policy `stop`, evenly over starts and replicates, and at least one run
/// for each way to end. Empty where all runs come to the same end, for then there is nothing to see.
pub(super) fn shown<'a>(cell: &Cell<'a>) -> Vec<&'a RunRow> {
    let candidates: Vec<&'a RunRow> = cell.under("stop").filter(|run| run.factors.draw == 0).collect();
    let fates: BTreeSet<Fate> = candidates.iter().map(|run| cell.fate(run)).collect();
    if fates.len() < 2 || cell.best(0).is_none() {
        return Vec::new();
    }
    let starts = starts_of(candidates.iter().copied());
    starts
        .iter()
        .flat_map(|start| {
            let mut runs: Vec<&RunRow> = candidates.iter().copied().filter(|r| r.factors.start == *start).collect();
            runs.sort_by_key(|run| (run.replicate, run.run));
            let mut shown = sample(&runs, (SHOWN / starts.len()).max(1));
            // Rare fates would seldom be met by an even sample, yet they are what the figure is about.
            for fate in Fate::ALL {
                if !shown.iter().any(|run| cell.fate(run) == fate) {
                    shown.extend(runs.iter().find(|run| cell.fate(run) == fate));
                }
            }
            shown
        })
        .collect()
}

/// One panel for each kind of start. `None` where nothing is shown or has a trace.
pub(super) fn gaps(cell: &Cell<'_>, traces: &BTreeMap<u32, Vec<TraceRow>>) -> Option<String> {
    let best = cell.best(0)?;
    let runs: Vec<(&RunRow, Gap)> =
        shown(cell).into_iter().filter_map(|run| Some((run, Gap::new(traces.get(&run.run)?, best)?))).collect();
    let starts = starts_of(runs.iter().map(|(run, _)| *run));
    if starts.is_empty() {
        return None;
    }
    let longest = runs.iter().map(|(_, gap)| gap.last).max().unwrap_or(0);
    let columns = starts.len().min(3);
    let rows = starts.len().div_ceil(columns);
    let (left, gutter) = (BORDER + 52.0, 22.0);
    let wide = (WIDTH - left - BORDER - gutter * (columns - 1) as f64) / columns as f64;
    let tall = if rows == 1 { 400.0 } else { 220.0 };

    let note = style::thinning(traces.values().map(Vec::as_slice));
    let subtitle = format!(
        "{} of draw 0, policy stop: an even sample, and one run of each rare end. L* = {} nats.{note}{}",
        count(runs.len(), "run"),
        signed(best, 4),
        cell.remark()
    );
    let title = format!("Gap to the best proper maximum: {}", cell.title());
    let entries = legend(cell, &runs);
    let name = format!("gaps-{}", cell.slug());
    let (mut canvas, below) = Canvas::new(&name, &title, &subtitle);
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 42.0;
    let row_height = tall + 66.0;

    let highest = runs.iter().map(|(_, gap)| gap.highest).fold(0.0, f64::max);
    // Runs of tens and of hundreds of iterations stand side by side: a linear axis would squeeze the former.
    let logarithmic = longest > LINEAR;
    let x = if logarithmic {
        Axis::log(0, 0, 9, "iteration + 1").up_to(f64::from(longest) + 1.0)
    } else {
        Axis::counts(0.0, f64::from(longest.max(1)), 5, "iteration")
    };
    let shift = if logarithmic { 1.0 } else { 0.0 };
    let y = Axis::log(FLOOR, decade_above(highest).max(FLOOR + 1), 9, "log L* − log L (nats)");
    for (i, start) in starts.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let corner = (left + column as f64 * (wide + gutter), top + row as f64 * row_height);
        let x = if i + columns < starts.len() { x.unlabelled() } else { x.clone() };
        let panel = Panel { corner, size: (wide, tall), x, y: if column == 0 { y.clone() } else { y.bare() } };
        panel.frame(&mut canvas, start, &hits(cell, start));
        let of_start: Vec<&(&RunRow, Gap)> = runs.iter().filter(|(run, _)| run.factors.start == *start).collect();
        draw(&mut canvas, &panel, shift, cell, &of_start);
    }
    Some(canvas.finish(top + rows as f64 * row_height - 8.0))
}

/// One run's gaps.
struct Gap {
    /// (iteration, gap), up to the iteration before the gap turned negative beyond rounding.
    points: Vec<(f64, f64)>,
    /// The run climbed above the best proper maximum.
    above: bool,
    last: u32,
    highest: f64,
}

impl Gap {
    fn new(trace: &[TraceRow], best: f64) -> Option<Self> {
        // A tie with the best within rounding is no climb above it.
        let slack = maxima::tolerance(best);
        let gaps: Vec<(u32, f64)> = trace
            .iter()
            .filter_map(|row| Some((row.iteration, best - row.log_likelihood?)))
            .filter(|(_, gap)| gap.is_finite())
            .collect();
        let crossing = gaps.iter().position(|&(_, gap)| gap < -slack);
        let kept = &gaps[..crossing.unwrap_or(gaps.len())];
        let points: Vec<(f64, f64)> = kept.iter().map(|&(t, gap)| (f64::from(t), gap)).collect();
        let highest = points.iter().map(|&(_, gap)| gap).fold(0.0, f64::max);
        Some(Self { above: crossing.is_some(), last: kept.last()?.0, points, highest })
    }
}

/// `123 of 200 reach L*`, over all runs of a start in the cell's draw 0 and policy stop.
fn hits(cell: &Cell<'_>, start: &str) -> String {
    let runs: Vec<&RunRow> =
        cell.under("stop").filter(|run| run.factors.start == start && run.factors.draw == 0).collect();
    let reached = |run: &&&RunRow| {
        let ends = cell.best(0).zip(maxima::proper_score(run));
        ends.is_some_and(|(best, own)| own >= best - maxima::tolerance(best))
    };
    let hits = runs.iter().filter(reached).count();
    format!("{hits} of {} reach L*", runs.len())
}

fn legend(cell: &Cell<'_>, runs: &[(&RunRow, Gap)]) -> Vec<(Swatch<'static>, String)> {
    let present = |fate: &Fate| runs.iter().any(|(run, _)| cell.fate(run) == *fate);
    let lines = Fate::ALL.into_iter().filter(present).map(|fate| {
        let name = match fate {
            Fate::Singular => "singular covariance".to_owned(),
            fate => cell.legend_of(fate),
        };
        (Swatch::Line(Stroke::solid(fate.color(), 2.5)), name)
    });
    let mut entries: Vec<(Swatch<'static>, String)> = lines.collect();
    if runs.iter().any(|(run, _)| died(cell, run)) {
        entries.push((Swatch::Mark(Marker::Cross, VERMILLION), "run dies".to_owned()));
    }
    if runs.iter().any(|(run, gap)| gap.above && !died(cell, run)) {
        entries.push((Swatch::Mark(Marker::Triangle, PURPLE), "ends above log L*".to_owned()));
    }
    if runs.iter().any(|(_, gap)| gap.above) {
        entries.push((Swatch::Heading, "Lines end where they climb above L*.".to_owned()));
    }
    entries
}

fn died(cell: &Cell<'_>, run: &RunRow) -> bool {
    matches!(cell.fate(run), Fate::Singular | Fate::OtherFailure)
}

fn draw(canvas: &mut Canvas, panel: &Panel, shift: f64, cell: &Cell<'_>, runs: &[&(&RunRow, Gap)]) {
    let ends: Vec<(Point, Marker, &'static str)> = runs
        .iter()
        .filter_map(|(run, gap)| {
            let marker = if died(cell, run) {
                Marker::Cross
            } else if gap.above {
                Marker::Triangle
            } else {
                return None;
            };
            let &(x, y) = gap.points.last()?;
            Some((panel.at(x + shift, y), marker, cell.fate(run).color()))
        })
        .collect();
    canvas.clipped(panel.corner, panel.size, 0.75, |canvas| {
        // The frequent ends first, so that rare ones lie on top.
        for fate in Fate::ALL {
            for (_, gap) in runs.iter().filter(|(run, _)| cell.fate(run) == fate) {
                let points: Vec<Point> = gap.points.iter().map(|&(x, y)| panel.at(x + shift, y)).collect();
                canvas.curve(&points, Stroke::solid(fate.color(), 1.3));
            }
        }
    });
    for (point, marker, color) in ends {
        canvas.marks(&[point], marker, 4.0, "white", Stroke::solid(color, 1.8));
    }
}
