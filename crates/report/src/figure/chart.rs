//! A plain chart of lines and marks with intervals, in panels side by side: for experiments, whose figures do not follow from
//! one sweep's records alone. The other figures have shapes of their own.

use super::canvas::{Canvas, Marker, Point, Stroke, Swatch};
use super::panel::{Axis, Panel, decade_above, decade_below};
use super::style::{BORDER, CLUSTERS, GREY, INK, WIDTH};

/// Pixels between the bars of neighbouring series.
const BESIDE: f64 = 5.0;

/// A figure.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Prefix of element ids; letters and hyphens.
    pub name: String,
    /// The heading.
    pub title: String,
    /// A line of explanation.
    pub subtitle: String,
    /// From left to right, then downwards.
    pub panels: Vec<ChartPanel>,
    /// Panels side by side; 0 means all.
    pub across: usize,
}

/// Two axes and what is drawn between them.
#[derive(Clone, Debug)]
pub struct ChartPanel {
    /// What it shows.
    pub title: String,
    /// The horizontal axis.
    pub x: Scale,
    /// The vertical axis.
    pub y: Scale,
    /// What is drawn, from the back to the front. Series with the same label have one colour in all panels.
    pub series: Vec<Series>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// From the smallest to the largest value of the data, a little wider.
    Linear(String),
    /// Between two numbers.
    Between(String, f64, f64),
    /// Whole numbers.
    Counts(String),
    /// Powers of ten around the data; what is not positive lies on the floor.
    Log(String),
}

/// One line or one kind of mark.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// (x, y).
    pub points: Vec<(f64, f64)>,
    /// (lower, upper) of each point, drawn as a bar; empty: none.
    pub intervals: Vec<(f64, f64)>,
    /// How it is drawn.
    pub look: Look,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// A line with marks.
    #[default]
    Both,
    /// A line.
    Line,
    /// A dashed grey line: theory, a reference.
    Reference,
    /// Marks.
    Marks,
}

impl Series {
    /// Points under a label.
    pub fn new(label: impl Into<String>, points: Vec<(f64, f64)>, look: Look) -> Self {
        Self { label: label.into(), points, intervals: Vec::new(), look }
    }
}

impl ChartPanel {
    /// Axes with what is drawn between them.
    pub fn new(title: impl Into<String>, x: Scale, y: Scale, series: Vec<Series>) -> Self {
        Self { title: title.into(), x, y, series }
    }
}

impl Scale {
    /// From the smallest to the largest value of the data, a little wider.
    pub fn linear(label: &str) -> Self {
        Self::Linear(label.to_owned())
    }

    /// Whole numbers.
    pub fn counts(label: &str) -> Self {
        Self::Counts(label.to_owned())
    }

    /// Powers of ten.
    pub fn log(label: &str) -> Self {
        Self::Log(label.to_owned())
    }
}

/// Draws the chart; what is not finite is left out.
pub fn draw(chart: &Chart) -> String {
    let labels = labels(chart);
    let entries: Vec<(Swatch<'_>, String)> = labels
        .iter()
        .enumerate()
        .map(|(i, (label, look))| {
            let swatch = match look {
                Look::Marks => Swatch::Mark(marker(i), color(i, *look)),
                _ => Swatch::Line(stroke(i, *look)),
            };
            (swatch, (*label).to_owned())
        })
        .filter(|(_, label)| !label.is_empty())
        .collect();
    let across = if chart.across == 0 { chart.panels.len().max(1) } else { chart.across };
    let down = chart.panels.len().div_ceil(across);
    let cell = (WIDTH - 2.0 * BORDER) / across as f64;
    let tall = if down == 1 { 300.0 } else { 210.0 };
    let (mut canvas, below) = Canvas::new(&chart.name, &chart.title, &chart.subtitle);
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 24.0;
    let row = tall + 76.0;
    for (i, one) in chart.panels.iter().enumerate() {
        let corner = (BORDER + 58.0 + cell * (i % across) as f64, top + row * (i / across) as f64);
        panel(&mut canvas, one, corner, (cell - 70.0, tall), &labels);
    }
    canvas.finish(top + row * down as f64 - 14.0)
}

/// The labels in the order of their first appearance, each with its look.
fn labels(chart: &Chart) -> Vec<(&str, Look)> {
    let mut labels: Vec<(&str, Look)> = Vec::new();
    for series in chart.panels.iter().flat_map(|panel| &panel.series) {
        if !labels.iter().any(|(label, _)| *label == series.label) {
            labels.push((&series.label, series.look));
        }
    }
    labels
}

fn color(index: usize, look: Look) -> &'static str {
    if look == Look::Reference { GREY } else { CLUSTERS[index % CLUSTERS.len()] }
}

fn marker(index: usize) -> Marker {
    Marker::CLUSTERS[index % Marker::CLUSTERS.len()]
}

fn stroke(index: usize, look: Look) -> Stroke<'static> {
    let dash = (look == Look::Reference).then_some("6 4");
    Stroke { color: color(index, look), width: 1.8, dash }
}

fn panel(canvas: &mut Canvas, one: &ChartPanel, corner: Point, size: Point, labels: &[(&str, Look)]) {
    let finite = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    };
    let all: Vec<(f64, f64)> = one.series.iter().flat_map(|series| finite(&series.points)).collect();
    let ends = one.series.iter().flat_map(|series| series.intervals.iter().flat_map(|&(low, high)| [low, high]));
    let heights = all.iter().map(|&(_, y)| y).chain(ends.filter(|y| y.is_finite()));
    let ticks = if size.0 < 300.0 { 4 } else { 8 };
    let frame =
        Panel { corner, size, x: axis(&one.x, all.iter().map(|&(x, _)| x), ticks), y: axis(&one.y, heights, 6) };
    frame.frame(canvas, &one.title, "");
    canvas.clipped((corner.0 - 5.0, corner.1 - 5.0), (size.0 + 10.0, size.1 + 10.0), 1.0, |canvas| {
        let bars = one.series.iter().filter(|series| !series.intervals.is_empty()).count();
        let mut shifted = 0;
        for series in &one.series {
            // Bars stand side by side, so that none hides another.
            let aside = if series.intervals.is_empty() {
                0.0
            } else {
                BESIDE * (f64::from(shifted) - (bars as f64 - 1.0) / 2.0)
            };
            shifted += i32::from(!series.intervals.is_empty());
            let at = |x: f64, y: f64| {
                let (left, top) = frame.at(x, y);
                (left + aside, top)
            };
            let index = labels.iter().position(|(label, _)| *label == series.label).unwrap_or(0);
            let ink = color(index, series.look);
            for (&(x, y), &(low, high)) in series.points.iter().zip(&series.intervals) {
                if [x, y, low, high].iter().all(|v| v.is_finite()) {
                    canvas.line(at(x, low), at(x, high), Stroke::solid(ink, 1.2));
                }
            }
            let points: Vec<Point> = finite(&series.points).into_iter().map(|(x, y)| at(x, y)).collect();
            if series.look != Look::Marks {
                canvas.curve(&points, stroke(index, series.look));
            }
            if matches!(series.look, Look::Both | Look::Marks) {
                let radius = if points.len() > 60 { 2.0 } else { 3.6 };
                canvas.marks(&points, marker(index), radius, "white", Stroke::solid(ink, 1.6));
            }
        }
    });
    if all.is_empty() {
        let middle = (corner.0 + size.0 / 2.0, corner.1 + size.1 / 2.0);
        canvas.text(middle, "no data", super::canvas::Font::new(super::style::LABEL, INK).middle());
    }
}

fn axis(scale: &Scale, values: impl Iterator<Item = f64> + Clone, ticks: usize) -> Axis {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.clone().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let room = if high > low { 0.04 * (high - low) } else { 0.5 };
    match scale {
        Scale::Linear(label) => Axis::linear(low - room, high + room, ticks, label),
        Scale::Between(label, low, high) => Axis::linear(*low, *high, ticks, label),
        Scale::Counts(label) => Axis::counts(low - room, high + room, ticks, label),
        Scale::Log(label) => {
            let smallest = values.filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min).min(high.max(f64::MIN_POSITIVE));
            let (floor, ceiling) = (decade_below(smallest), decade_above(high));
            Axis::log(floor, ceiling.max(floor + 1), if ticks < 6 { 5 } else { 8 }, label)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_one_colour_in_all_panels_and_missing_points_leave_no_trace() {
        let series = |label: &str, look| Series {
            intervals: vec![(1e-4, 1e-2), (f64::NAN, 1.0), (1e-10, 1e-8)],
            ..Series::new(label, vec![(1.0, 1e-3), (2.0, f64::NAN), (3.0, 1e-9)], look)
        };
        let panel = |series| ChartPanel::new("P", Scale::counts("iteration"), Scale::log("gap"), series);
        let chart = Chart {
            name: "c".to_owned(),
            panels: vec![
                panel(vec![series("a", Look::Both), series("theory", Look::Reference)]),
                panel(vec![series("b", Look::Marks), series("a", Look::Both)]),
                panel(vec![]),
            ],
            ..Chart::default()
        };
        assert_eq!(labels(&chart), [("a", Look::Both), ("theory", Look::Reference), ("b", Look::Marks)]);
        let svg = draw(&chart);
        assert!(!svg.contains("NaN") && svg.contains("no data") && svg.contains("10⁻¹⁰"), "{svg}");
        // One entry for each label in the legend.
        assert_eq!(svg.matches(">theory<").count(), 1);
    }
}
