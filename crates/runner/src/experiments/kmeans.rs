//! 07: k-means on iris, K = 2 to 10: the smallest sum of squares found, and how often each seeding finds it.

use super::folder::Place;
use super::{Figure, Made};
use anyhow::Context as _;
use records::RunRow;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::intervals::Share;
use report::maxima::Best;
use report::published::{self, Comparison, Ours};
use report::table::{Cell, Column, Digits, Row, Table};
use std::collections::BTreeSet;

/// The runs by K and seeding.
struct Seedings<'a> {
    runs: &'a [RunRow],
    best: Best<'a>,
    /// K, ascending.
    components: BTreeSet<u32>,
    /// In the order of the study.
    names: Vec<&'a str>,
}

impl<'a> Seedings<'a> {
    fn new(runs: &'a [RunRow]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for run in runs {
            if !names.contains(&run.factors.start.as_str()) {
                names.push(&run.factors.start);
            }
        }
        Self { runs, best: Best::of(runs), components: runs.iter().map(|run| run.factors.k).collect(), names }
    }

    /// Starts that reached the smallest sum of squares.
    fn hits(&self, k: u32, name: &str) -> Share {
        let runs = self.runs.iter().filter(|run| run.factors.k == k && run.factors.start == name);
        Share::of(runs.map(|run| self.best.reached(run)))
    }

    /// The smallest sum of squares of any start.
    fn minimum(&self, k: u32) -> Option<f64> {
        let run = self.runs.iter().find(|run| run.factors.k == k)?;
        self.best.run(run)?.inertia
    }
}

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let study = place.sweep(&[])?;
    let seedings = Seedings::new(&study.runs);
    let comparisons = place.comparisons(|item, quantity| {
        let k: u32 = item.strip_prefix("K = ")?.parse().ok()?;
        match quantity {
            "minimum" => Some(seedings.minimum(k).map_or(Ours::Missing, Ours::Number)),
            _ => Some(Ours::Share(seedings.hits(k, quantity.strip_prefix("hits % of ")?))),
        }
    })?;
    Ok(Made {
        finding: finding(&seedings, &comparisons).context("no runs")?,
        tables: vec![table(&seedings)],
        figures: vec![Figure {
            name: "figure",
            svg: picture(&seedings),
            caption: "Share of starts that reach the smallest sum of squares, against K, by seeding".to_owned(),
        }],
        comparisons,
    })
}

fn finding(seedings: &Seedings<'_>, comparisons: &[Comparison]) -> Option<String> {
    let (first, last) = (*seedings.components.first()?, *seedings.components.last()?);
    let percent = |k: u32, name: &str| Some(100.0 * seedings.hits(k, name).value()?);
    let said: Option<Vec<String>> = seedings
        .names
        .iter()
        .map(|name| {
            let (few, many) = (percent(first, name)?, percent(last, name)?);
            Some(format!("{name} {few:.1} % at K = {first} and {many:.1} % at K = {last}"))
        })
        .collect();
    Some(format!(
        "Of {} published numbers: {}. Hits: {}. Beyond K = 2 no seeding finds it in most of its runs: the best of many starts is the \
         least that can be reported.",
        comparisons.len(),
        published::tally(comparisons),
        said?.join("; "),
    ))
}

fn table(seedings: &Seedings<'_>) -> Table {
    let mut columns = vec![Column::number("K", "k"), Column::number("smallest sum of squares", "minimum")];
    let share = |name: &&str| Column::share(&format!("{name} %"), &name.replace('-', "_").replace('+', "p"));
    columns.extend(seedings.names.iter().map(share));
    let row = |&k: &u32| {
        let mut cells = vec![Cell::count(k as usize), Cell::number(seedings.minimum(k), Digits::Decimals(6))];
        cells.extend(seedings.names.iter().map(|name| Cell::share(seedings.hits(k, name))));
        Row { cells, main: true }
    };
    Table {
        name: "hits".to_owned(),
        title: "How often each seeding finds the smallest sum of squares".to_owned(),
        caption: "Share of starts within 1e-3 + 1e-6·inertia of the smallest sum of squares that any start of any seeding found, with \
                  95 % Clopper-Pearson intervals. That it is the global minimum is known where it is published."
            .to_owned(),
        note: String::new(),
        columns,
        rows: seedings.components.iter().map(row).collect(),
    }
}

fn picture(seedings: &Seedings<'_>) -> String {
    let line = |name: &&str| {
        let mut series = Series::new(*name, Vec::new(), Look::Both);
        for &k in &seedings.components {
            let share = seedings.hits(k, name);
            if let (Some(value), Some(interval)) = (share.value(), share.interval()) {
                series.points.push((f64::from(k), 100.0 * value));
                series.intervals.push((100.0 * interval.lower, 100.0 * interval.upper));
            }
        }
        series
    };
    chart::draw(&Chart {
        name: "k-means".to_owned(),
        title: "How often k-means finds the smallest sum of squares on iris".to_owned(),
        subtitle: "By kind of start; bars are 95 % Clopper-Pearson intervals.".to_owned(),
        panels: vec![ChartPanel::new(
            "",
            Scale::counts("K"),
            Scale::Between("starts that reach it (%)".to_owned(), 0.0, 100.0),
            seedings.names.iter().map(line).collect(),
        )],
        across: 1,
    })
}
