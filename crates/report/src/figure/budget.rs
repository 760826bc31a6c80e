//! What a budget buys: the chance of the best maximum within a number of E-passes, by kind of start.
//!
//! A line ends where the recorded starts of its cell end: beyond, nobody knows. The band is that of resampled starts.

use super::canvas::{Canvas, Point, Stroke, Swatch};
use super::panel::{Axis, Panel};
use super::style::{BORDER, CLUSTERS, WIDTH, starts_of};
use crate::maxima::{self, Best, K_MEANS};
use crate::tables::budget::{Curve, KNOWING, contests};
use crate::tables::cells::{Cells, Group};
use records::RunRow;

/// Panels in the figure.
const PANELS: usize = 6;

/// A kind of start and its curve.
type Line<'a> = (&'a str, Curve);

/// One panel for each problem of EM under the first policy. `None` where no two kinds of start compete.
pub(super) fn budget(runs: &[RunRow]) -> Option<String> {
    // The plan's order is that of the numbers.
    let mut ordered: Vec<&RunRow> = runs.iter().collect();
    ordered.sort_by_key(|run| run.run);
    let cells = Cells::of(ordered);
    let best = Best::of(runs);
    let mut panels: Vec<(String, Vec<Line<'_>>)> = Vec::new();
    for contest in contests(&cells) {
        let groups: Vec<&&Group<'_>> = contest
            .iter()
            .filter(|group| group.main && group.factors.method != K_MEANS && !maxima::penalised(group.factors))
            .filter(|group| !KNOWING.contains(&group.factors.start.as_str()))
            .collect();
        let mut lines: Vec<Line<'_>> = Vec::new();
        for group in groups {
            // Of starts with several covariances the plan's first.
            if lines.iter().all(|(start, _)| *start != group.factors.start) {
                lines.push((&group.factors.start, Curve::of(group, &best)));
            }
        }
        lines.retain(|(_, curve)| !curve.chances.is_empty());
        // Where every kind of start hits at once there is nothing to see.
        let differs =
            |(_, curve): &Line<'_>| curve.chances.iter().any(|&(budget, chance)| budget >= 30.0 && chance < 0.95);
        if let Some(group) = contest.first()
            && lines.len() > 1
            && lines.iter().any(differs)
        {
            panels.push((title(group), lines));
        }
    }
    panels.truncate(PANELS);
    if panels.is_empty() {
        return None;
    }
    let colors = colors(runs, &panels);
    let columns = panels.len().min(2);
    let rows = panels.len().div_ceil(columns);
    let (left, gutter, tall) = (BORDER + 52.0, 34.0, 240.0);
    let wide = (WIDTH - left - BORDER - gutter * (columns - 1) as f64) / columns as f64;
    let subtitle = "Chance that the starts which can be finished within a budget contain one that reaches the best maximum; the making \
                    of a start counts, a start that is cut off does not. Bands: 95 % over resampled starts. A line ends where the \
                    records end.";
    let (mut canvas, below) = Canvas::new("budget", "What a budget buys", subtitle);
    let entries: Vec<(Swatch<'_>, String)> =
        colors.iter().map(|&(start, color)| (Swatch::Line(Stroke::solid(color, 2.5)), start.to_owned())).collect();
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 30.0;
    let row_height = tall + 70.0;
    let x = Axis::log(1, 4, 5, "E-passes");
    let y = Axis::linear(0.0, 1.0, 5, "chance of the best maximum");
    for (i, (title, lines)) in panels.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let corner = (left + column as f64 * (wide + gutter), top + row as f64 * row_height);
        let y = if column == 0 { y.clone() } else { y.bare() };
        let panel = Panel { corner, size: (wide, tall), x: x.clone(), y };
        panel.frame(&mut canvas, title, "");
        for (start, curve) in lines {
            let Some(&(_, color)) = colors.iter().find(|(name, _)| name == start) else { continue };
            draw(&mut canvas, &panel, curve, color);
        }
    }
    Some(canvas.finish(top + rows as f64 * row_height - 14.0))
}

/// `iris-fisher, K = 3`, with the structure where it is not the full one.
fn title(group: &Group<'_>) -> String {
    let factors = group.factors;
    let structure = factors.covariance.as_deref().filter(|&name| name != "full");
    format!("{}, K = {}{}", factors.dataset, factors.k, structure.map(|name| format!(", {name}")).unwrap_or_default())
}

/// A colour for each kind of start; where there are more than colours, those of the highest curves on average.
fn colors<'a>(runs: &'a [RunRow], panels: &[(String, Vec<Line<'a>>)]) -> Vec<(&'a str, &'static str)> {
    let height = |wanted: &str| {
        let of_start = panels.iter().flat_map(|(_, lines)| lines).filter(|(start, _)| *start == wanted);
        let (mut sum, mut count) = (0.0, 0.0);
        for (_, chance) in of_start.flat_map(|(_, curve)| &curve.chances) {
            sum += chance;
            count += 1.0;
        }
        if count > 0.0 { sum / count } else { -1.0 }
    };
    let mut starts = starts_of(runs);
    let mut ranked = starts.clone();
    ranked.retain(|start| height(start) >= 0.0);
    ranked.sort_by(|a, b| height(b).total_cmp(&height(a)));
    ranked.truncate(CLUSTERS.len());
    starts.retain(|start| ranked.contains(start));
    starts.into_iter().zip(CLUSTERS).collect()
}

fn draw(canvas: &mut Canvas, panel: &Panel, curve: &Curve, color: &str) {
    if let Some(band) = &curve.band {
        let ends = || curve.chances.iter().zip(band);
        let mut outline: Vec<Point> = ends().map(|(&(budget, _), ends)| panel.at(budget, ends.upper)).collect();
        outline.extend(ends().rev().map(|(&(budget, _), ends)| panel.at(budget, ends.lower)));
        canvas.area(&outline, color, 0.13);
    }
    let points: Vec<Point> = curve.chances.iter().map(|&(budget, chance)| panel.at(budget, chance)).collect();
    canvas.curve(&points, Stroke::solid(color, 1.8));
}
