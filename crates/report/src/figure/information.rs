//! What a step of EM gains and where the gain comes from: log L(θ′) − log L(θ) = ΔQ + KL.
//!
//! ΔQ is what the M-step maximises; KL is the divergence of the old posterior from the new one, the part that comes for
//! free. KL/ΔQ tends to the fraction of missing information, which is the rate ρ of EM (Dempster, Laird & Rubin 1977, key
//! `dempster1977`).

use super::canvas::{Canvas, Font, Marker, Point, Stroke, Swatch};
use super::cells::{Cell, Fate};
use super::panel::{Axis, Panel, decade_above, decade_below};
use super::style::{self, BLUE, BORDER, INK, ORANGE, SMALL, VERMILLION, WIDTH};
use em::TraceRow;
use records::RunRow;

/// The run to show, with its cell's title: one at the best proper maximum with a rate. iris with K = 3 and start
/// `random-points` is preferred; among equals the run of the lowest number.
pub(super) fn shown<'a>(cells: &[Cell<'a>]) -> Option<(&'a RunRow, String)> {
    let suited = cells.iter().flat_map(|cell| {
        let best = cell.under("stop").filter(|run| cell.fate(run) == Fate::Best && run.rate.is_some());
        let best: Vec<u32> = best.map(|run| run.run).collect();
        cell.runs.iter().copied().filter(move |run| best.contains(&run.run)).map(|run| (run, cell.title()))
    });
    suited.min_by_key(|(run, _)| {
        let factors = &run.factors;
        let wishes = [factors.dataset.starts_with("iris"), factors.k == 3, factors.start == "random-points"];
        (std::cmp::Reverse(wishes.iter().filter(|&&wish| wish).count()), run.run)
    })
}

/// Two panels: the gain of each iteration in its two parts, and their ratio. `None` without gains.
pub(super) fn information(run: &RunRow, title: &str, trace: &[TraceRow]) -> Option<String> {
    let rows: Vec<Step> = trace.iter().filter_map(|row| Step::new(row, f64::from(run.factors.n))).collect();
    let (first, last) = (rows.first()?, rows.last()?);
    if rows.len() < 3 {
        return None;
    }
    let (left, wide, tall) = (BORDER + 56.0, WIDTH - 2.0 * BORDER - 66.0, 235.0);
    let rate = run.rate.map(|rate| format!(", rate ρ = {rate:.4}")).unwrap_or_default();
    let heading = format!("Where the gain of an EM step comes from: {title}");
    let recorded = style::thinning([trace]);
    let subtitle = format!("Run {} from start {}{rate}.{recorded}", run.run, run.factors.start);
    let mut entries = vec![
        (Swatch::Box(BLUE), "ΔQ, gained by the M-step".to_owned()),
        (Swatch::Box(ORANGE), "KL of the posteriors, gained for free (stacked on ΔQ)".to_owned()),
        (Swatch::Mark(Marker::Circle, INK), "KL / ΔQ".to_owned()),
    ];
    let dashed = Stroke { color: VERMILLION, width: 1.6, dash: Some("6 4") };
    if run.rate.is_some() {
        entries.push((Swatch::Line(dashed), "ρ from the gains".to_owned()));
    }
    let (mut canvas, below) = Canvas::new("information", &heading, &subtitle);
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 30.0;
    let second = top + tall + 52.0;

    let (from, to) = (first.iteration - 0.5, last.iteration + 0.5);
    let low = decade_below(rows.iter().map(|row| row.q_gain).fold(f64::INFINITY, f64::min));
    let high = decade_above(rows.iter().map(|row| row.q_gain + row.kl).fold(0.0, f64::max));
    let gains = Panel {
        corner: (left, top),
        size: (wide, tall),
        x: Axis::counts(from, to, 10, ""),
        y: Axis::log(low, high.max(low + 1), 9, "gain of log L (nats)"),
    };
    gains.frame(&mut canvas, "Gain of log L in each iteration: log L(θ′) − log L(θ) = ΔQ + KL", "");
    stack(&mut canvas, &gains, &rows);

    let highest = rows.iter().map(|row| row.kl / row.q_gain).fold(run.rate.unwrap_or(0.0), f64::max);
    let ratio = Panel {
        corner: (left, second),
        size: (wide, tall),
        x: Axis::counts(from, to, 10, "iteration"),
        y: Axis::linear(0.0, (1.1 * highest).max(0.1), 5, "KL / ΔQ"),
    };
    ratio.frame(&mut canvas, "Their ratio tends to the fraction of missing information", "");
    if let Some(rate) = run.rate {
        canvas.line(ratio.at(from, rate), ratio.at(to, rate), dashed);
        let (x, y) = ratio.at(to, rate);
        canvas.text((x - 4.0, y + 16.0), &format!("ρ = {rate:.4}"), Font::new(SMALL, VERMILLION).end());
    }
    let points: Vec<Point> = rows.iter().map(|row| ratio.at(row.iteration, row.kl / row.q_gain)).collect();
    canvas.curve(&points, Stroke::solid(INK, 1.0));
    let radius = if points.len() > 120 { 1.6 } else { 3.0 };
    canvas.marks(&points, Marker::Circle, radius, "white", Stroke::solid(INK, 1.3));
    Some(canvas.finish(second + tall + 50.0))
}

/// The gain of one iteration in its parts, both positive.
struct Step {
    iteration: f64,
    q_gain: f64,
    kl: f64,
}

impl Step {
    /// `None` where the gain is no more than rounding, by the measure of the recorded rate.
    fn new(row: &TraceRow, n: f64) -> Option<Self> {
        let (q_gain, kl) = (row.q_gain?, row.kl?);
        let settled = 1e-11 * (row.objective.abs() + n);
        (q_gain + kl > settled && q_gain > 0.0 && kl > 0.0).then(|| Self {
            iteration: f64::from(row.iteration),
            q_gain,
            kl,
        })
    }
}

/// A bar for each iteration: ΔQ from the floor up, KL on top of it. On the logarithmic axis the upper part has the height
/// log(1 + KL/ΔQ), so that equal ratios look equal all the way down.
fn stack(canvas: &mut Canvas, panel: &Panel, rows: &[Step]) {
    let wide = panel.at(1.0, 1.0).0 - panel.at(0.0, 1.0).0;
    let bar = (0.82 * wide).max(0.5);
    for row in rows {
        let (x, bottom) = panel.at(row.iteration, 0.0);
        let middle = panel.at(row.iteration, row.q_gain).1;
        let top = panel.at(row.iteration, row.q_gain + row.kl).1;
        canvas.rect((x - bar / 2.0, middle), (bar, (bottom - middle).max(0.0)), BLUE);
        canvas.rect((x - bar / 2.0, top), (bar, middle - top), ORANGE);
    }
}
