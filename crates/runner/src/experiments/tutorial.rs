//! 02: the study that a tutorial on EM leaves open: its two synthetic samples and iris, k-means against EM, and runs that die.

use super::cells::{self, Group};
use super::folder::Place;
use super::{Figure, Made};
use anyhow::Context as _;
use records::End;
use report::basins::Ends;
use report::maxima::{Best, Criterion};
use report::tables;
use std::fs;

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let study = place.sweep(&[])?;
    let best = Best::of(&study.runs);
    let groups = cells::groups(&study.runs);
    let ends = cells::table(
        "ends",
        "Where starts end",
        "In per cent of the starts with 95 % Clopper-Pearson intervals; draws are pooled. Best: within 1e-3 + 1e-6·|L| of the best \
         proper end of the same draw over all starts (k-means: of the smallest sum of squares).",
        &groups,
        &[
            ("best", "best", &|group| group.hits(&best)),
            ("singular", "singular", &cells::singular),
            ("spurious", "spurious", &|group| group.ended(End::Spurious)),
            ("coincident", "coincident", &|group| group.ended(End::Coincident)),
        ],
    );
    let components = Ends::read(&study.dir, &study.runs)?;
    let mut all = vec![ends];
    all.extend([
        tables::agreement::table(&study.runs, false),
        tables::draws::table(&study.runs),
        tables::failures::table(&study.runs, &study.failures)?,
        tables::paired::table(&study.runs),
        tables::convergence::table(&study.runs, Criterion::LogLikelihood, &components),
    ]);
    all.retain(|table| !table.rows.is_empty());
    // The report draws it from the records.
    let drawn = study.dir.join("report/figures");
    report::figure::write_all(&study, &drawn)?;
    let path = drawn.join("tutorial.svg");
    let svg = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let caption =
        "The two samples under k-means and EM: shape is the true cluster, colour the cluster found".to_owned();
    Ok(Made {
        finding: finding(&groups, &best),
        tables: all,
        figures: vec![Figure { name: "figure", svg, caption }],
        ..Made::default()
    })
}

fn finding(groups: &[Group<'_>], best: &Best<'_>) -> String {
    let percent = |share: report::intervals::Share| 100.0 * share.value().unwrap_or(0.0);
    let em = groups.iter().filter(|group| group.factors().method == "em" && group.factors().start == "tutorial");
    let ends: Vec<String> = em
        .map(|group| {
            let (name, hits, dead) =
                (&group.factors().dataset, percent(group.hits(best)), percent(cells::singular(group)));
            format!("on {name} {hits:.1} % of the starts reach the best maximum and {dead:.1} % die")
        })
        .collect();
    let wrong = |dataset: &str, method: &str| {
        let runs = groups.iter().filter(|group| group.factors().dataset == dataset && group.factors().method == method);
        let of_first_draw = runs.flat_map(|group| &group.runs).filter(|run| run.factors.draw == 0);
        best.run(of_first_draw.copied().next()?)?.misclassified
    };
    let mut names: Vec<&str> = groups.iter().map(|group| group.factors().dataset.as_str()).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    let errors: Vec<String> = names
        .iter()
        .filter_map(|name| {
            let (em, k_means) = (wrong(name, "em")?, wrong(name, "k-means")?);
            Some(format!("on {name} EM leaves {em} rows wrong, k-means {k_means}"))
        })
        .collect();
    format!(
        "From the tutorial's own start: {}. The best runs of the first draw, matched with the truth: {}. So \"different results in two \
         runs\" is mostly the draw on the synthetic samples and mostly the start on iris, and a run that fails is a row of the \
         table, not the end of the program.",
        ends.join("; "),
        errors.join("; "),
    )
}
