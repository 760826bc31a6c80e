//! BIC against the number of components, a line for each structure: mclust's plot, with the axis upside down because ours
//! is the smaller the better.
//!
//! Three letters of a structure's name are three marks: the colour says how components are oriented, a dashed line that
//! their volumes differ, a triangle that their shapes do.

use super::canvas::{Canvas, Marker, Stroke, Swatch};
use super::panel::{Axis, Panel};
use super::style::{BLUE, BORDER, GREEN, INK, MUTED, ORANGE, VERMILLION, WIDTH};
use crate::tables::selection;
use records::RunRow;

/// Samples that the figure shows; more do not fit on a page.
const PANELS: usize = 4;

/// One panel for each sample. `None` where nothing competes over several numbers of components.
pub(super) fn criteria(runs: &[RunRow]) -> Option<String> {
    let samples = selection::curves(runs);
    let samples: Vec<_> = samples
        .into_iter()
        .filter(|(_, curves)| curves.iter().any(|(_, points)| points.len() > 1))
        .take(PANELS)
        .collect();
    if samples.is_empty() {
        return None;
    }
    let (left, wide, tall) = (BORDER + 64.0, WIDTH - 2.0 * BORDER - 74.0, 300.0);
    let pitch = tall + 78.0;
    let title = "Which structure, how many components?";
    let subtitle =
        "−2 log L + ν ln n at the best proper end of each model, smaller is better. Gaps: no proper end is known.";
    let (mut canvas, below) = Canvas::new("criteria", title, subtitle);
    let looks = samples.iter().flat_map(|(_, curves)| curves.iter().map(|(structure, _)| Look::of(structure)));
    let entries = legend(&looks.collect::<Vec<Look>>());
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 34.0;
    for (i, (name, curves)) in samples.iter().enumerate() {
        let points = || curves.iter().flat_map(|(structure, points)| points.iter().map(move |p| (*structure, *p)));
        let Some((winner, (k, lowest))) = points().min_by(|a, b| a.1.1.total_cmp(&b.1.1)) else { continue };
        let highest = points().map(|(_, (_, bic))| bic).fold(lowest, f64::max);
        let margin = 0.05 * (highest - lowest).max(1.0);
        let (first, last) = points().fold((u32::MAX, 0), |(a, b), (_, (k, _))| (a.min(k), b.max(k)));
        let panel = Panel {
            corner: (left, top + i as f64 * pitch),
            size: (wide, tall),
            x: Axis::counts(f64::from(first) - 0.3, f64::from(last) + 0.3, 12, "components K"),
            y: Axis::linear(lowest - margin, highest + margin, 7, "BIC"),
        };
        let lowest_of_all = format!("{name}: lowest for {}, K = {k} ({lowest:.2})", selection::letters(winner));
        panel.frame(&mut canvas, &lowest_of_all, "");
        for (structure, points) in curves {
            let look = Look::of(structure);
            let stroke = if look.dashed { dashed(look.color) } else { Stroke::solid(look.color, 1.6) };
            // A line ends where a cell is empty.
            for piece in points.chunk_by(|a, b| b.0 == a.0 + 1) {
                let pixels: Vec<_> = piece.iter().map(|&(k, bic)| panel.at(f64::from(k), bic)).collect();
                canvas.curve(&pixels, stroke);
                canvas.marks(&pixels, look.marker, 3.2, "white", Stroke::solid(look.color, 1.4));
            }
        }
        canvas.marks(&[panel.at(f64::from(k), lowest)], Marker::Square, 5.5, "none", Stroke::solid(VERMILLION, 2.0));
    }
    Some(canvas.finish(top + samples.len() as f64 * pitch))
}

/// What the lines' looks mean, of those that occur.
fn legend(looks: &[Look]) -> Vec<(Swatch<'static>, String)> {
    let color = |color| looks.iter().any(|look| look.color == color);
    let dash = |wanted| looks.iter().any(|look| look.dashed == wanted);
    let shape = |marker| looks.iter().any(|look| look.marker == marker);
    let entries = [
        (color(MUTED), Swatch::Box(MUTED), "spherical (EII, VII)"),
        (color(ORANGE), Swatch::Box(ORANGE), "along the axes (..I)"),
        (color(BLUE), Swatch::Box(BLUE), "common orientation (..E)"),
        (color(GREEN), Swatch::Box(GREEN), "orientations differ (..V)"),
        (dash(false), Swatch::Line(Stroke::solid(INK, 1.6)), "equal volumes (E..)"),
        (dash(true), Swatch::Line(dashed(INK)), "volumes differ (V..)"),
        (shape(Marker::Circle), Swatch::Mark(Marker::Circle, INK), "equal shapes (.E.)"),
        (shape(Marker::Triangle), Swatch::Mark(Marker::Triangle, INK), "shapes differ (.V.)"),
        (true, Swatch::Mark(Marker::Square, VERMILLION), "lowest"),
    ];
    entries.into_iter().filter(|entry| entry.0).map(|(_, swatch, words)| (swatch, words.to_owned())).collect()
}

fn dashed(color: &str) -> Stroke<'_> {
    Stroke { color, width: 1.6, dash: Some("6 3") }
}

/// How a structure's line looks.
struct Look {
    color: &'static str,
    dashed: bool,
    marker: Marker,
}

impl Look {
    /// By mclust's three letters.
    fn of(structure: &str) -> Self {
        let letters = selection::letters(structure);
        let letter = |i: usize| letters.as_bytes().get(i).copied().unwrap_or(b'V');
        Self {
            color: match (letter(1), letter(2)) {
                (b'I', _) => MUTED,
                (_, b'I') => ORANGE,
                (_, b'E') => BLUE,
                _ => GREEN,
            },
            dashed: letter(0) == b'V',
            marker: if letter(1) == b'V' { Marker::Triangle } else { Marker::Circle },
        }
    }
}
