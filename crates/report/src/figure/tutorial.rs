//! The tutorial's picture: k-means above, EM below, two data sets side by side. A method that was not run has no row.
//!
//! The shape of a mark is the true cluster, its colour the cluster that was found; an ellipse is two standard deviations of
//! a component. Labels of clusters are arbitrary, so each takes the colour of the true cluster that it shares most
//! observations with: colours mean the same in all panels. Draw 0 and, of each method, the best run with assignments.

use super::canvas::{Canvas, Marker, Point, Stroke, Swatch};
use super::panel::{Axis, Panel};
use super::style::{BORDER, CLUSTERS, GREY, INK, WIDTH, sample as even_sample};
use kuva::render::render_utils::compute_tick_step;
use records::{AssignmentRow, End, Moment, ObservationRow, ParameterRow, RunRow};
use std::collections::{BTreeMap, BTreeSet};

/// Marks in one panel.
const POINTS: usize = 2000;
const METHODS: [&str; 2] = ["k-means", "em"];
const DATASETS: [&str; 2] = ["round", "stretched"];

/// One data set of the picture: draw 0 in two dimensions with its true classes.
pub(super) struct Sample<'a> {
    dataset: &'a str,
    /// The classes in alphabetical order.
    classes: Vec<&'a str>,
    /// Position and class of each observation, in row order.
    points: Vec<(Point, usize)>,
    /// The best run of each of [`METHODS`].
    runs: [Option<&'a RunRow>; 2],
}

/// The data sets of the picture, at most two: `round` and `stretched`, else the first in two dimensions with truth.
pub(super) fn samples<'a>(
    runs: &'a [RunRow],
    observations: &'a [ObservationRow],
    assigned: &BTreeSet<u32>,
) -> Vec<Sample<'a>> {
    let mut tables: BTreeMap<&str, BTreeMap<u32, &ObservationRow>> = BTreeMap::new();
    for row in observations.iter().filter(|row| row.draw == 0) {
        tables.entry(&row.dataset).or_default().insert(row.row, row);
    }
    let suited = tables.into_iter().filter_map(|(dataset, rows)| {
        let classes: BTreeSet<&str> = rows.values().map(|row| row.truth.as_deref()).collect::<Option<_>>()?;
        let classes: Vec<&str> = classes.into_iter().collect();
        let points = rows.values().map(|row| {
            let &[x, y] = row.x.as_slice() else { return None };
            Some(((x, y), classes.binary_search(&row.truth.as_deref()?).ok()?))
        });
        let points: Vec<(Point, usize)> = points.collect::<Option<_>>()?;
        let best = METHODS.map(|method| best(runs, dataset, method, classes.len(), assigned));
        best.iter().any(Option::is_some).then_some(Sample { dataset, classes, points, runs: best })
    });
    let mut samples: Vec<Sample<'a>> = suited.collect();
    samples.sort_by_key(|sample| DATASETS.iter().position(|&name| name == sample.dataset).unwrap_or(DATASETS.len()));
    samples.truncate(2);
    samples
}

/// The best run with assignments: proper ends before others, then the highest log-likelihood (k-means: the lowest
/// inertia), then the lowest number.
fn best<'a>(
    runs: &'a [RunRow],
    dataset: &str,
    method: &str,
    classes: usize,
    assigned: &BTreeSet<u32>,
) -> Option<&'a RunRow> {
    let quality = |run: &RunRow| if method == "em" { run.log_likelihood } else { run.inertia.map(|inertia| -inertia) };
    runs.iter()
        .filter(|run| {
            let factors = &run.factors;
            factors.dataset == dataset && factors.draw == 0 && factors.method == method && factors.k as usize == classes
        })
        .filter(|run| assigned.contains(&run.run))
        .filter_map(|run| Some((run.end == Some(End::Proper), quality(run)?, run)))
        .min_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.run.cmp(&b.2.run)))
        .map(|(_, _, run)| run)
}

/// The runs whose parameters and assignments the picture needs.
pub(super) fn shown(samples: &[Sample<'_>]) -> BTreeSet<u32> {
    samples.iter().flat_map(|sample| sample.runs.iter().flatten().map(|run| run.run)).collect()
}

/// The picture. `None` without a suitable data set.
pub(super) fn tutorial(
    samples: &[Sample<'_>],
    parameters: &[ParameterRow],
    assignments: &[AssignmentRow],
) -> Option<String> {
    if samples.is_empty() {
        return None;
    }
    let left = BORDER + 52.0;
    let gutter = 62.0;
    let wide = (WIDTH - left - BORDER - gutter) / 2.0;
    // One height for all panels: that of the flattest data set that still shows all its points on equal scales.
    let extents: Vec<Extent> = samples.iter().map(|sample| Extent::of(sample, parameters)).collect();
    let flat = |extent: &Extent| wide * (extent.y.1 - extent.y.0) / (extent.x.1 - extent.x.0);
    let tall = extents.iter().map(flat).fold(0.0, f64::max).clamp(230.0, 340.0);

    // Only methods that were run have a row.
    let methods: Vec<usize> =
        (0..METHODS.len()).filter(|&method| samples.iter().any(|sample| sample.runs[method].is_some())).collect();
    let title = match *methods {
        [_, _] => "The same samples under k-means (top) and EM (bottom)".to_owned(),
        _ => format!("Clusters that {} finds", methods.first().map_or("", |&method| name_of(method))),
    };
    let subtitle = "Draw 0, the best run of each method. Ellipses: two standard deviations of a component; \
                    plus signs: centres.";
    let (mut canvas, below) = Canvas::new("tutorial", &title, subtitle);
    let top = canvas.legend((BORDER, below), WIDTH - 2.0 * BORDER, &legend(samples)) + 30.0;
    let row_height = tall + 70.0;
    for (column, (sample, extent)) in samples.iter().zip(&extents).enumerate() {
        let (x, y) = extent.equal((wide, tall));
        let step = compute_tick_step(x.0, x.1, 8);
        for (row, &method) in methods.iter().enumerate() {
            let Some(run) = sample.runs[method] else { continue };
            let corner = (left + column as f64 * (wide + gutter), top + row as f64 * row_height);
            let x = Axis::stepped(x.0, x.1, step, "x₁ (units of the data)");
            let y = Axis::stepped(y.0, y.1, step, if column == 0 { "x₂ (units of the data)" } else { "x₂" });
            let panel = Panel { corner, size: (wide, tall), x, y };
            let wrong = run.misclassified.map(|wrong| format!(", {wrong} of {} misclassified", sample.points.len()));
            let method = name_of(method);
            panel.frame(&mut canvas, &format!("{method} on {}{}", sample.dataset, wrong.unwrap_or_default()), "");
            draw(&mut canvas, &panel, sample, run, parameters, assignments);
        }
    }
    Some(canvas.finish(top + methods.len() as f64 * row_height - 14.0))
}

/// The name of a method for readers, by its place in [`METHODS`].
fn name_of(method: usize) -> &'static str {
    if METHODS[method] == "em" { "EM" } else { METHODS[method] }
}

fn legend(samples: &[Sample<'_>]) -> Vec<(Swatch<'static>, String)> {
    let classes: Vec<&str> =
        samples.iter().max_by_key(|sample| sample.classes.len()).map_or(&[][..], |s| &s.classes).to_vec();
    let mut entries = vec![(Swatch::Heading, "True cluster:".to_owned())];
    let shape = |(i, class): (usize, &&str)| (Swatch::Mark(shape_of(i), INK), (*class).to_owned());
    entries.extend(classes.iter().enumerate().map(shape));
    entries.push((Swatch::Heading, "Cluster found, by the true one that it holds most of:".to_owned()));
    entries.extend(classes.iter().enumerate().map(|(i, class)| (Swatch::Box(color_of(Some(i))), (*class).to_owned())));
    entries
}

fn shape_of(class: usize) -> Marker {
    Marker::CLUSTERS[class % Marker::CLUSTERS.len()]
}

/// The colour of a cluster that was matched to a class; grey if there are more clusters than classes.
fn color_of(class: Option<usize>) -> &'static str {
    class.map_or(GREY, |class| CLUSTERS[class % CLUSTERS.len()])
}

/// The class that each cluster is matched to, one to one: the pair with the most observations first.
fn match_to_classes(clusters: &[usize], classes: &[usize]) -> Vec<Option<usize>> {
    let k = clusters.iter().max().map_or(0, |last| last + 1);
    let c = classes.iter().max().map_or(0, |last| last + 1);
    let mut shared = vec![0_usize; k * c];
    for (cluster, class) in clusters.iter().zip(classes) {
        shared[cluster * c + class] += 1;
    }
    let mut pairs: Vec<(usize, usize)> = (0..k).flat_map(|cluster| (0..c).map(move |class| (cluster, class))).collect();
    pairs.sort_by_key(|&(cluster, class)| (std::cmp::Reverse(shared[cluster * c + class]), cluster, class));
    let mut matched = vec![None; k];
    for (cluster, class) in pairs {
        if matched[cluster].is_none() && !matched.contains(&Some(class)) {
            matched[cluster] = Some(class);
        }
    }
    matched
}

fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    sample: &Sample<'_>,
    run: &RunRow,
    parameters: &[ParameterRow],
    assignments: &[AssignmentRow],
) {
    let found: BTreeMap<u32, usize> =
        assignments.iter().filter(|row| row.run == run.run).map(|row| (row.row, row.component as usize)).collect();
    let rows: Vec<(Point, usize, usize)> = (0..)
        .zip(&sample.points)
        .filter_map(|(row, &(point, class))| Some((point, class, *found.get(&row)?)))
        .collect();
    let clusters: Vec<usize> = rows.iter().map(|row| row.2).collect();
    let classes: Vec<usize> = rows.iter().map(|row| row.1).collect();
    let matched = match_to_classes(&clusters, &classes);
    let color = |cluster: usize| color_of(matched.get(cluster).copied().flatten());
    let rows = even_sample(&rows, POINTS);
    canvas.clipped(panel.corner, panel.size, 1.0, |canvas| {
        for class in 0..sample.classes.len() {
            for cluster in 0..matched.len() {
                let points: Vec<Point> = rows
                    .iter()
                    .filter(|row| (row.1, row.2) == (class, cluster))
                    .map(|&((x, y), ..)| panel.at(x, y))
                    .collect();
                let stroke = Stroke::solid(color(cluster), 0.9);
                canvas.marks(&points, shape_of(class), 2.8, &tint(color(cluster)), stroke);
            }
        }
        let mut components: Vec<&ParameterRow> =
            parameters.iter().filter(|row| row.run == run.run && row.moment == Moment::End).collect();
        components.sort_by_key(|row| row.component);
        for component in components {
            let outline: Vec<Point> = ellipse(component, 2.0).into_iter().map(|(x, y)| panel.at(x, y)).collect();
            canvas.curve(&outline, Stroke::solid("white", 3.8));
            canvas.curve(&outline, Stroke::solid(color(component.component as usize), 2.2));
            if let &[x, y] = component.mean.as_slice() {
                canvas.marks(&[panel.at(x, y)], Marker::Plus, 6.0, "none", Stroke::solid("white", 5.0));
                canvas.marks(&[panel.at(x, y)], Marker::Plus, 5.5, "none", Stroke::solid(INK, 2.2));
            }
        }
    });
}

/// A third of the colour `#rrggbb`, the rest white.
fn tint(color: &str) -> String {
    let channel = |at: usize| color.get(at..at + 2).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(255);
    let light = |at: usize| 255 - (255 - channel(at)) / 3;
    format!("#{:02x}{:02x}{:02x}", light(1), light(3), light(5))
}

/// The points mean + `deviations` · L (cos t, sin t), where L Lᵀ is the 2 × 2 covariance; empty where there is none.
fn ellipse(component: &ParameterRow, deviations: f64) -> Vec<Point> {
    let (&[x, y], Some(&[a, b, _, d])) = (component.mean.as_slice(), component.covariance.as_deref()) else {
        return Vec::new();
    };
    let l11 = a.max(0.0).sqrt();
    let l21 = if l11 > 0.0 { b / l11 } else { 0.0 };
    let l22 = (d - l21 * l21).max(0.0).sqrt();
    let angle = |i: u32| f64::from(i) * std::f64::consts::TAU / 96.0;
    let point = |t: f64| (x + deviations * l11 * t.cos(), y + deviations * (l21 * t.cos() + l22 * t.sin()));
    (0..=96).map(angle).map(point).collect()
}

/// The ranges of a sample and its ellipses.
struct Extent {
    x: Point,
    y: Point,
}

impl Extent {
    fn of(sample: &Sample<'_>, parameters: &[ParameterRow]) -> Self {
        let runs: BTreeSet<u32> = sample.runs.iter().flatten().map(|run| run.run).collect();
        let outlines = parameters
            .iter()
            .filter(|row| row.moment == Moment::End && runs.contains(&row.run))
            .flat_map(|row| ellipse(row, 2.0));
        let points: Vec<Point> = sample.points.iter().map(|(point, _)| *point).chain(outlines).collect();
        let range = |value: fn(&Point) -> f64| {
            let low = points.iter().map(value).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
            let margin = (0.04 * (high - low)).max(1e-9 + 1e-9 * high.abs());
            (low - margin, high + margin)
        };
        Self { x: range(|point| point.0), y: range(|point| point.1) }
    }

    /// The ranges, widened so that a unit has the same length in both directions of a panel.
    fn equal(&self, size: Point) -> (Point, Point) {
        let unit = ((self.x.1 - self.x.0) / size.0).max((self.y.1 - self.y.0) / size.1);
        let widen = |(low, high): Point, pixels: f64| {
            let (middle, half) = (f64::midpoint(low, high), unit * pixels / 2.0);
            (middle - half, middle + half)
        };
        (widen(self.x, size.0), widen(self.y, size.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_take_the_class_that_they_share_most_with() {
        let classes = [0, 0, 0, 1, 1, 1, 2];
        let clusters = [2, 2, 2, 0, 0, 2, 1];
        assert_eq!(match_to_classes(&clusters, &classes), [Some(1), Some(2), Some(0)]);
        // More clusters than classes: the smallest stays without a class.
        assert_eq!(match_to_classes(&[0, 0, 1, 2, 2], &[0, 0, 0, 1, 1]), [Some(0), None, Some(1)]);
    }

    #[test]
    fn ellipses_have_the_covariance_of_their_component() {
        let covariance = vec![4.0, 1.2, 1.2, 1.0];
        let component = ParameterRow {
            run: 0,
            moment: Moment::End,
            component: 0,
            weight: Some(1.0),
            mean: vec![3.0, -1.0],
            covariance: Some(covariance),
        };
        let determinant = 4.0 - 1.44;
        for (x, y) in ellipse(&component, 2.0) {
            let (u, v) = (x - 3.0, y + 1.0);
            let mahalanobis = (u * u - 2.0 * 1.2 * u * v + 4.0 * v * v) / determinant;
            assert!((mahalanobis - 4.0).abs() < 1e-9);
        }
        assert!(ellipse(&ParameterRow { covariance: None, ..component }, 2.0).is_empty());
    }

    #[test]
    fn scales_are_equal() {
        let extent = Extent { x: (0.0, 8.0), y: (0.0, 2.0) };
        let ((left, right), (low, high)) = extent.equal((400.0, 200.0));
        assert!(((right - left) / 400.0 - (high - low) / 200.0).abs() < 1e-12);
        assert_eq!((left, right), (0.0, 8.0));
        assert_eq!((low, high), (-1.0, 3.0));
    }
}
