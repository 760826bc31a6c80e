//! Where runs end, by kind of start: what the start changes, in one look.
//!
//! Bars show shares of all starts of a kind; a failed start counts like any other.

use super::canvas::{Canvas, Font, Point, Stroke, Swatch};
use super::cells::{Cell, Fate};
use super::style::{BORDER, GRID, INK, LABEL, MUTED, SMALL, WIDTH, count, starts_of, text_width};
use records::RunRow;

const BAR: f64 = 22.0;
const GAP: f64 = 9.0;

/// One (data set, K): a panel for each policy, a bar for each kind of start. `None` without runs.
pub(super) fn ends(cell: &Cell<'_>) -> Option<String> {
    let policies = cell.policies();
    if policies.is_empty() {
        return None;
    }
    let starts = starts_of(cell.runs.iter().copied());
    let panels: Vec<Bars<'_, '_>> = policies
        .iter()
        .map(|policy| Bars { cell, policy, starts: &starts, title: format!("policy {policy}") })
        .collect();
    let draws = cell.runs.iter().map(|run| run.factors.draw).max().map_or(1, |last| last as usize + 1);
    let subtitle = match draws {
        1 => "Share of starts by the point that they end at; log-likelihood in nats in brackets.".to_owned(),
        _ => format!("Share of starts by the point that they end at, over {}.", count(draws, "draw")),
    } + &cell.remark();
    let title = format!("What the start changes: {}", cell.title());
    let legend = |fate: Fate| cell.legend_of(fate);
    Some(page(&format!("ends-{}", cell.slug()), &title, &subtitle, &panels, 2, legend))
}

/// All cells side by side under one policy. `None` with fewer than two cells.
pub(super) fn overview(cells: &[&Cell<'_>], policy: &str) -> Option<String> {
    let cells: Vec<&Cell<'_>> = cells.iter().copied().filter(|cell| cell.under(policy).next().is_some()).collect();
    if cells.len() < 2 {
        return None;
    }
    let starts = starts_of(cells.iter().flat_map(|cell| cell.under(policy)));
    let panels: Vec<Bars<'_, '_>> =
        cells.iter().map(|cell| Bars { cell, policy, starts: &starts, title: cell.title() }).collect();
    let remark = cells[0].remark();
    let subtitle = format!("Share of starts by the point that they end at; EM, policy {policy}.{remark}");
    let legend = |fate: Fate| fate.name().to_owned();
    Some(page("ends", "What the start changes, data set by data set", &subtitle, &panels, 3, legend))
}

/// The bars of one panel.
struct Bars<'a, 'c> {
    cell: &'a Cell<'c>,
    policy: &'a str,
    starts: &'a [&'a str],
    title: String,
}

impl Bars<'_, '_> {
    /// Number of runs of each fate from one kind of start.
    fn counts(&self, start: &str) -> [usize; Fate::ALL.len()] {
        let mut counts = [0; Fate::ALL.len()];
        for run in self.cell.under(self.policy).filter(|run: &&RunRow| run.factors.start == start) {
            let fate = self.cell.fate(run);
            if let Some(place) = Fate::ALL.iter().position(|&known| known == fate) {
                counts[place] += 1;
            }
        }
        counts
    }

    fn draw(&self, canvas: &mut Canvas, (left, top): Point, width: f64) {
        let height = self.starts.len() as f64 * (BAR + GAP) + GAP;
        canvas.text((left, top - 7.0), &self.title, Font::new(LABEL, INK).bold());
        for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let x = left + tick * width;
            canvas.line((x, top), (x, top + height), Stroke::solid(GRID, 1.0));
            let text = format!("{:.0}", 100.0 * tick);
            canvas.text((x, top + height + 14.0), &text, Font::new(SMALL, INK).middle());
        }
        for (i, start) in self.starts.iter().enumerate() {
            let y = top + GAP + i as f64 * (BAR + GAP);
            bar(canvas, &self.counts(start), (left, y), width);
        }
        canvas.line((left, top), (left, top + height), Stroke::solid(MUTED, 1.0));
    }
}

/// One bar: a piece for each fate, with its share where there is room.
fn bar(canvas: &mut Canvas, counts: &[usize], (left, y): Point, width: f64) {
    let total: usize = counts.iter().sum();
    if total == 0 {
        canvas.text((left + 6.0, y + 15.0), "not run", Font::new(SMALL, MUTED));
        return;
    }
    let mut x = left;
    for (fate, &number) in Fate::ALL.into_iter().zip(counts) {
        let wide = width * number as f64 / total as f64;
        if number == 0 {
            continue;
        }
        canvas.rect((x, y), ((wide - 0.6).max(0.4), BAR), fate.color());
        let share = 100.0 * number as f64 / total as f64;
        let text = if share < 10.0 { format!("{share:.1}") } else { format!("{share:.0}") };
        if wide > text_width(&text, SMALL) + 6.0 {
            let font = Font::new(SMALL, if fate.dark() { "white" } else { INK }).middle();
            canvas.text((x + wide / 2.0, y + BAR / 2.0 + 4.0), &text, font);
        }
        x += wide;
    }
    canvas.text((left + width + 6.0, y + 15.0), &total.to_string(), Font::new(SMALL, MUTED));
}

/// Panels in a grid with the names of the starts at its left and the numbers of runs behind each bar.
fn page(
    name: &str,
    title: &str,
    subtitle: &str,
    panels: &[Bars<'_, '_>],
    columns: usize,
    legend: impl Fn(Fate) -> String,
) -> String {
    let columns = panels.len().min(columns);
    let rows = panels.len().div_ceil(columns);
    let starts = panels[0].starts;
    let label = starts.iter().map(|start| text_width(start, LABEL)).fold(0.0, f64::max) + 8.0;
    // Behind each bar stands its number of runs.
    let numbers = 44.0;
    let wide = (WIDTH - 2.0 * BORDER - label) / columns as f64 - numbers;
    let bars = starts.len() as f64 * (BAR + GAP) + GAP;
    let present = |fate: &Fate| {
        panels.iter().any(|panel| panel.cell.under(panel.policy).any(|run| panel.cell.fate(run) == *fate))
    };
    let entries: Vec<(Swatch<'_>, String)> =
        Fate::ALL.into_iter().filter(present).map(|fate| (Swatch::Box(fate.color()), legend(fate))).collect();
    let row_height = bars + 52.0;
    let (mut canvas, below) = Canvas::new(name, title, subtitle);
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 26.0;
    let height = top + rows as f64 * row_height - 8.0;
    for (i, panel) in panels.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let left = BORDER + label + column as f64 * (wide + numbers);
        let y = top + row as f64 * row_height;
        panel.draw(&mut canvas, (left, y), wide);
        if column == 0 {
            for (j, start) in starts.iter().enumerate() {
                let baseline = y + GAP + j as f64 * (BAR + GAP) + 15.0;
                canvas.text((left - 8.0, baseline), start, Font::new(LABEL, INK).end());
            }
        }
    }
    let center = BORDER + label + (WIDTH - 2.0 * BORDER - label - numbers) / 2.0;
    let words = "share of starts (%); number of starts behind each bar";
    canvas.text((center, height - 10.0), words, Font::new(LABEL, INK).middle());
    canvas.finish(height)
}
