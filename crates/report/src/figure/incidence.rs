//! When covariances become singular, by policy: cumulative incidence over all starts, converged ones in the denominator.

use super::canvas::{Canvas, Font, Point, Stroke, Swatch};
use super::cells::Cell;
use super::panel::{Axis, Panel};
use super::style::{BORDER, CLUSTERS, MUTED, SMALL, WIDTH, count};
use crate::incidence::Incidence;
use crate::tables::incidence::{breakdowns, singular_ends};
use records::{FailureRow, RunRow};
use std::collections::BTreeSet;

/// Panels in the figure.
const PANELS: usize = 6;

/// The curves of one problem.
struct Curves<'a> {
    title: String,
    /// Starts under each policy.
    starts: usize,
    policies: Vec<(&'a str, Incidence)>,
}

impl Curves<'_> {
    fn deaths(&self) -> usize {
        self.policies.iter().map(|(_, incidence)| incidence.at_all().hits).sum()
    }
}

/// Kind of start and its covariance.
type Way<'a> = (&'a str, Option<&'a str>);

fn way(run: &RunRow) -> Way<'_> {
    (&run.factors.start, run.factors.start_covariance.as_deref())
}

/// One panel for each of the problems with the most deaths. `None` where nothing died.
pub(super) fn incidence(cells: &[Cell<'_>], failures: &[FailureRow]) -> Option<String> {
    let of_run = breakdowns(failures);
    let mut panels: Vec<Curves<'_>> = cells
        .iter()
        .map(|cell| {
            let under = |policy: &str| -> Vec<&RunRow> {
                cell.runs.iter().copied().filter(|run| run.factors.policy.as_deref() == Some(policy)).collect()
            };
            // Only ways that every policy was given: others would compare starts, not policies.
            let ways = cell
                .policies()
                .into_iter()
                .map(|policy| under(policy).into_iter().map(way).collect::<BTreeSet<Way<'_>>>());
            let shared = ways.reduce(|a, b| a.intersection(&b).copied().collect()).unwrap_or_default();
            let of_policy = |policy| {
                let mut runs = under(policy);
                runs.retain(|run| shared.contains(&way(run)));
                (runs.len(), (policy, singular_ends(runs.iter().copied(), &of_run)))
            };
            let (sizes, policies): (Vec<usize>, Vec<_>) = cell.policies().into_iter().map(of_policy).unzip();
            Curves { title: cell.title(), starts: sizes.into_iter().max().unwrap_or(0), policies }
        })
        .filter(|curves| curves.deaths() > 0)
        .collect();
    let mut sizes: Vec<usize> = panels.iter().map(Curves::deaths).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    if let Some(&smallest) = sizes.get(PANELS - 1) {
        panels.retain(|curves| curves.deaths() >= smallest);
        panels.truncate(PANELS);
    }
    if panels.is_empty() {
        return None;
    }
    let mut policies: Vec<&str> =
        panels.iter().flat_map(|curves| curves.policies.iter().map(|(policy, _)| *policy)).collect();
    let mut seen = BTreeSet::new();
    policies.retain(|policy| seen.insert(*policy));
    let color = |policy: &str| {
        let place = policies.iter().position(|&known| known == policy).unwrap_or(0);
        CLUSTERS[place % CLUSTERS.len()]
    };
    let columns = panels.len().min(2);
    let rows = panels.len().div_ceil(columns);
    let (left, gutter, tall) = (BORDER + 52.0, 76.0, 220.0);
    let wide = (WIDTH - left - BORDER - gutter * (columns - 1) as f64) / columns as f64;
    let subtitle = "Share of all starts whose fit a singular covariance has ended by an iteration. Converged starts stay in the \
                    denominator: which of the two comes first excludes the other. Over the kinds of start that every policy was \
                    given.";
    let (mut canvas, below) = Canvas::new("incidence", "When covariances become singular, by policy", subtitle);
    let entries: Vec<(Swatch<'_>, String)> =
        policies.iter().map(|&policy| (Swatch::Line(Stroke::solid(color(policy), 2.5)), policy.to_owned())).collect();
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &entries) + 46.0;
    let row_height = tall + 86.0;
    for (i, curves) in panels.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let corner = (left + column as f64 * (wide + gutter), top + row as f64 * row_height);
        let steps = || curves.policies.iter().flat_map(|(_, incidence)| incidence.steps());
        let last = steps().map(|(t, _)| t).max().unwrap_or(1);
        let highest = steps().map(|(_, share)| 100.0 * share).fold(0.0, f64::max);
        let panel = Panel {
            corner,
            size: (wide, tall),
            x: Axis::log(0, 0, 9, "iteration").up_to(1.2 * f64::from(last.max(10))),
            y: Axis::linear(0.0, 1.15 * highest, 5, "% of starts"),
        };
        panel.frame(&mut canvas, &curves.title, &format!("{} under each policy", count(curves.starts, "start")));
        // The first policy on top of the others.
        for (policy, incidence) in curves.policies.iter().rev() {
            draw(&mut canvas, &panel, incidence, 1.2 * f64::from(last.max(10)), color(policy));
        }
    }
    Some(canvas.finish(top + rows as f64 * row_height - 30.0))
}

/// A step at each iteration with a death, up to the right edge, and how many there were.
fn draw(canvas: &mut Canvas, panel: &Panel, incidence: &Incidence, right: f64, color: &str) {
    let mut points: Vec<Point> = vec![panel.at(1.0, 0.0)];
    let mut level = 0.0;
    for (t, share) in incidence.steps() {
        let x = f64::from(t);
        points.extend([panel.at(x, level), panel.at(x, 100.0 * share)]);
        level = 100.0 * share;
    }
    points.push(panel.at(right, level));
    canvas.curve(&points, Stroke::solid(color, 1.8));
    if level > 0.0 {
        let (x, y) = panel.at(right, level);
        canvas.text((x - 4.0, y - 5.0), &count(incidence.at_all().hits, "death"), Font::new(SMALL, MUTED).end());
    }
}
