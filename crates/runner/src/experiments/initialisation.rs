//! 04: kinds of start at an equal budget of E-passes, in the manner of Biernacki, Celeux & Govaert (2003, key `biernacki2003`).

use super::cells::{self, Group};
use super::folder::Place;
use super::{Figure, Made};
use report::budget::{self, Start};
use report::comparison::bootstrap::Resampler;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::maxima::Best;
use report::tables;
use std::collections::BTreeMap;

/// The budgets of the figure, in E-passes.
const BUDGETS: [f64; 13] =
    [10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0, 3000.0, 5000.0, 10_000.0];
/// The budget that the finding speaks of.
const TYPICAL: f64 = 300.0;

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let study = place.sweep(&[])?;
    let best = Best::of(&study.runs);
    let groups = cells::groups(&study.runs);
    let caption = "Chance of the best maximum against the budget of E-passes, by kind of start".to_owned();
    Ok(Made {
        finding: finding(&groups, &best),
        tables: vec![tables::budget::table(&study.runs), tables::start_kinds::table(&study.runs)],
        figures: vec![Figure { name: "figure", svg: picture(&groups, &best), caption }],
        ..Made::default()
    })
}

/// Chance that the starts which can be finished within each of the ascending budgets hit, averaged over draws; `None` where the
/// recorded starts of a draw cost less all together.
fn success(group: &Group<'_>, best: &Best<'_>, budgets: &[f64]) -> Vec<Option<f64>> {
    let mut draws: BTreeMap<u32, Vec<Start>> = BTreeMap::new();
    for run in &group.runs {
        draws.entry(run.factors.draw).or_default().push(Start { cost: budget::cost(run), hit: best.reached(run) });
    }
    let mut resampler = Resampler::of_runs(group.runs.iter().copied());
    let chances: Vec<Vec<Option<f64>>> =
        draws.values().map(|starts| budget::success(starts, budgets, &mut resampler)).collect();
    let mean = |i: usize| {
        let known: Option<Vec<f64>> = chances.iter().map(|draw| draw[i]).collect();
        known.map(|known| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..budgets.len()).map(mean).collect()
}

/// The data sets in the order of the study.
fn datasets<'a>(groups: &'a [Group<'_>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = groups.iter().map(|group| group.factors().dataset.as_str()).collect();
    names.dedup();
    names
}

fn finding(groups: &[Group<'_>], best: &Best<'_>) -> String {
    let said: Vec<String> = datasets(groups)
        .iter()
        .filter_map(|dataset| {
            let here = groups.iter().filter(|group| group.factors().dataset == *dataset);
            let mut chances: Vec<(f64, &str)> = here
                .filter_map(|group| Some((success(group, best, &[TYPICAL])[0]?, group.factors().start.as_str())))
                .collect();
            chances.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
            let ((first, winner), (last, loser)) = (*chances.first()?, *chances.last()?);
            Some(format!("{dataset}: {winner} {:.0} %, {loser} {:.0} %", 100.0 * first, 100.0 * last))
        })
        .collect();
    format!(
        "Chance of the best proper maximum within {TYPICAL:.0} E-passes, the cost of the start included, for the surest and the least sure \
         kind of start: {}. No kind of start wins everywhere, and the more expensive ones have to earn back what they cost.",
        said.join("; "),
    )
}

fn picture(groups: &[Group<'_>], best: &Best<'_>) -> String {
    let panel = |dataset: &&str| {
        let here = groups.iter().filter(|group| group.factors().dataset == **dataset);
        let line = |group: &Group<'_>| {
            let chances = success(group, best, &BUDGETS);
            let points = BUDGETS.iter().zip(chances).filter_map(|(&budget, chance)| Some((budget, 100.0 * chance?)));
            Series::new(&group.factors().start, points.collect(), Look::Line)
        };
        ChartPanel::new(
            format!("{dataset}, K = {}", here.clone().next().map_or(0, |group| group.factors().k)),
            Scale::log("budget in E-passes"),
            Scale::Between("chance of the best (%)".to_owned(), 0.0, 100.0),
            here.map(line).collect(),
        )
    };
    chart::draw(&Chart {
        name: "initialisation".to_owned(),
        title: "What a start is worth at equal cost".to_owned(),
        subtitle: "Chance that the starts which can be finished within the budget contain the best proper maximum."
            .to_owned(),
        panels: datasets(groups).iter().map(panel).collect(),
        across: 2,
    })
}
