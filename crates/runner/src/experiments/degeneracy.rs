//! 05: how often likelihoods degenerate: singular covariances and spurious maxima against K, kind of start and policy, in the manner
//! of Ingrassia & Rocci (2007, key `ingrassia2007`) and Biernacki & Chrétien (2003, key `biernacki2003b`).

use super::cells::{self, Group};
use super::folder::Place;
use super::{Figure, Made};
use anyhow::Context as _;
use records::End;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::intervals::Share;
use report::maxima::Best;
use report::tables;
use std::fs;

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let study = place.sweep(&[])?;
    let best = Best::of(&study.runs);
    let groups = cells::groups(&study.runs);
    let spurious = |group: &Group<'_>| group.ended(End::Spurious);
    let ends = cells::table(
        "ends",
        "Degenerate ends by K, start and policy",
        "In per cent of the starts with 95 % Clopper-Pearson intervals. Singular: a covariance's smallest pivot, relative to the total \
         covariance's, fell below 1e-10 and the run died. Spurious: an end with Hathaway's ratio below 1e-3 or a component of at \
         most d + 1 rows. Best: the best proper end over all starts and policies (under map: of the penalised objective).",
        &groups,
        &[
            ("best", "best", &|group| group.hits(&best)),
            ("singular", "singular", &cells::singular),
            ("spurious", "spurious", &spurious),
        ],
    );
    let deaths = tables::failures::table(&study.runs, &study.failures)?;
    let drawn = study.dir.join("report/figures");
    report::figure::write_all(&study, &drawn)?;
    let path = drawn.join("collapse.svg");
    let collapse = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Made {
        finding: finding(&groups),
        tables: vec![ends, deaths, tables::paired::table(&study.runs)],
        figures: vec![
            Figure {
                name: "figure",
                svg: chart(&groups),
                caption: "Share of starts that die under the policy stop, and that end spuriously under each policy, against K"
                    .to_owned(),
            },
            Figure {
                name: "collapse",
                svg: collapse,
                caption: "Smallest relative pivot over the last iterations of runs that die".to_owned(),
            },
        ],
        ..Made::default()
    })
}

fn policy<'a>(group: &'a Group<'_>) -> &'a str {
    group.factors().policy.as_deref().unwrap_or_default()
}

fn finding(groups: &[Group<'_>]) -> String {
    let pooled = |wanted: &dyn Fn(&Group<'_>) -> bool, measure: &dyn Fn(&Group<'_>) -> Share| {
        let shares = groups.iter().filter(|group| wanted(group)).map(measure);
        let sum = shares.fold(Share::default(), |a, b| Share { hits: a.hits + b.hits, trials: a.trials + b.trials });
        100.0 * sum.value().unwrap_or(0.0)
    };
    let spurious = |group: &Group<'_>| group.ended(End::Spurious);
    let mut by_k: Vec<u32> = groups.iter().map(|group| group.factors().k).collect();
    by_k.sort_unstable();
    by_k.dedup();
    let deaths: Vec<String> = by_k
        .iter()
        .map(|&k| {
            let share = pooled(&|group| group.factors().k == k && policy(group) == "stop", &cells::singular);
            format!("{share:.1} % at K = {k}")
        })
        .collect();
    let policies = distinct(groups, policy);
    let ends: Vec<String> = policies
        .iter()
        .map(|&name| format!("{name} {:.1} %", pooled(&|group| policy(group) == name, &spurious)))
        .collect();
    let starts = distinct(groups, |group| &group.factors().start);
    let by_start: Vec<String> = starts
        .iter()
        .map(|&name| {
            let wanted = |group: &Group<'_>| group.factors().start == name && policy(group) == "stop";
            format!("{name} {:.1} %", pooled(&wanted, &cells::singular))
        })
        .collect();
    let saved = pooled(&|group| policy(group) != "stop", &cells::singular);
    format!(
        "Both data sets pooled. Runs that die under stop: {}; by start: {}. Under the other policies {saved:.1} % die. Spurious ends \
         among all starts: {}. A remedy keeps a run alive; it does not make its end a good one.",
        deaths.join(", "),
        by_start.join(", "),
        ends.join(", "),
    )
}

fn distinct<'a>(groups: &'a [Group<'_>], name: impl Fn(&'a Group<'_>) -> &'a str) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for group in groups {
        let name = name(group);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn chart(groups: &[Group<'_>]) -> String {
    let datasets = distinct(groups, |group| &group.factors().dataset);
    let starts = distinct(groups, |group| &group.factors().start);
    let policies = distinct(groups, policy);
    let line = |label: &str, members: Vec<&Group<'_>>, measure: &dyn Fn(&Group<'_>) -> Share| {
        let mut ks: Vec<u32> = members.iter().map(|group| group.factors().k).collect();
        ks.sort_unstable();
        ks.dedup();
        let mut series = Series::new(label, Vec::new(), Look::Both);
        for k in ks {
            let shares = members.iter().filter(|group| group.factors().k == k).map(|group| measure(group));
            let share =
                shares.fold(Share::default(), |a, b| Share { hits: a.hits + b.hits, trials: a.trials + b.trials });
            if let (Some(value), Some(interval)) = (share.value(), share.interval()) {
                series.points.push((f64::from(k), 100.0 * value));
                series.intervals.push((100.0 * interval.lower, 100.0 * interval.upper));
            }
        }
        series
    };
    let mut panels = Vec::new();
    for dataset in &datasets {
        let here = || groups.iter().filter(|group| group.factors().dataset == *dataset);
        let dying = starts.iter().map(|start| {
            line(
                start,
                here().filter(|g| g.factors().start == *start && policy(g) == "stop").collect(),
                &cells::singular,
            )
        });
        panels.push(ChartPanel::new(
            format!("{dataset}: runs that die under stop"),
            Scale::counts("K"),
            Scale::linear("singular (% of starts)"),
            dying.collect(),
        ));
    }
    for dataset in &datasets {
        let here = || groups.iter().filter(|group| group.factors().dataset == *dataset);
        let spurious = policies.iter().map(|name| {
            line(name, here().filter(|g| policy(g) == *name).collect(), &|group| group.ended(End::Spurious))
        });
        panels.push(ChartPanel::new(
            format!("{dataset}: spurious ends, all starts"),
            Scale::counts("K"),
            Scale::linear("spurious (% of starts)"),
            spurious.collect(),
        ));
    }
    chart::draw(&Chart {
        name: "degeneracy".to_owned(),
        title: "Deaths and spurious ends against the number of components".to_owned(),
        subtitle: "Bars are 95 % Clopper-Pearson intervals.".to_owned(),
        panels,
        across: 2,
    })
}
