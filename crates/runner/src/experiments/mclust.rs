//! 03: mclust's examples on iris and Old Faithful (Scrucca et al. 2016, key `scrucca2016`): fourteen structures × one to three
//! components, from mclust's own starts, with its own stop rule and converged.

use super::folder::Place;
use super::{Figure, Made};
use crate::kinds::Covariance;
use anyhow::Context as _;
use records::{AssignmentRow, RunRow};
use report::Study;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::published::{self, Comparison, Mark, Ours};
use report::table::{Cell, Column, Digits, Row, Table};

/// The structures by their names in mclust.
const MODELS: [&str; 14] =
    ["EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"];
const DATASETS: [&str; 2] = ["iris", "faithful"];
const COMPONENTS: [u32; 3] = [1, 2, 3];

/// A study with the assignments of its runs.
struct Fits {
    study: Study,
    assignments: Vec<AssignmentRow>,
}

impl Fits {
    fn new(study: Study) -> anyhow::Result<Self> {
        let assignments = records::read_assignments(&study.dir)?;
        Ok(Self { study, assignments })
    }

    fn run(&self, dataset: &str, model: &str, k: u32) -> Option<&RunRow> {
        let name = canonical(model)?;
        self.study.runs.iter().find(|run| {
            let factors = &run.factors;
            factors.dataset == dataset && factors.k == k && factors.covariance.as_deref() == Some(name)
        })
    }

    /// Rows of each component, the smallest first.
    fn sizes(&self, run: &RunRow) -> Vec<usize> {
        let mut sizes = vec![0; run.factors.k as usize];
        for row in self.assignments.iter().filter(|row| row.run == run.run) {
            if let Some(size) = sizes.get_mut(row.component as usize) {
                *size += 1;
            }
        }
        sizes.sort_unstable();
        sizes
    }

    fn quantity(&self, run: &RunRow, name: &str) -> Option<f64> {
        match name {
            "log L" | "log L, converged" => run.log_likelihood,
            // mclust's sign.
            "BIC" => run.bic.map(|bic| -bic),
            "ICL" => run.icl.map(|icl| -icl),
            "df" => run.n_parameters.map(f64::from),
            "errors" => run.misclassified.map(f64::from),
            "ARI" => run.ari,
            _ => {
                let place: usize = name.strip_prefix("size ")?.parse().ok()?;
                self.sizes(run).get(place.checked_sub(1)?).map(|&size| size as f64)
            }
        }
    }
}

/// The name of mclust's model in our records.
fn canonical(model: &str) -> Option<&'static str> {
    Covariance::ALL.iter().find(|one| one.name() == model || one.aliases().contains(&model)).map(|one| one.name())
}

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let converged = Fits::new(place.sweep(&[])?)?;
    let stopped = Fits::new(place.sweep(&["name=\"as-mclust-stops\"", "stop.mclust=1e-5"])?)?;
    let comparisons = place.comparisons(|item, quantity| {
        let (dataset, model) = item.split_once(' ')?;
        let (model, k) = model.split_once(',')?;
        let fits = if quantity.ends_with("converged") { &converged } else { &stopped };
        let run = fits.run(dataset, model, k.parse().ok()?)?;
        Some(fits.quantity(run, quantity).map_or(Ours::Missing, Ours::Number))
    })?;
    let best = best(&converged).context("no run has a BIC")?;
    Ok(Made {
        finding: finding(&comparisons, &converged),
        tables: vec![bic_table(&converged, &best)],
        figures: vec![Figure {
            name: "figure",
            svg: chart(&converged),
            caption: "BIC of seven structures against the number of components, from mclust's starts".to_owned(),
        }],
        comparisons,
    })
}

fn finding(comparisons: &[Comparison], converged: &Fits) -> String {
    let (computed, printed): (Vec<Comparison>, Vec<Comparison>) =
        comparisons.iter().cloned().partition(|one| one.published.quantity.ends_with("converged"));
    let gains: Vec<String> = computed
        .iter()
        .filter(|one| one.mark() == Mark::Differs)
        .filter_map(|one| {
            let Ours::Number(ours) = one.ours else { return None };
            let theirs: f64 = one.published.printed.parse().ok()?;
            Some(format!("{} {ours:.3} against {theirs:.3}", one.published.item))
        })
        .collect();
    let falls = converged.study.failures.iter().filter(|failure| failure.kind == "objective_decreased").count();
    format!(
        "Of {} printed numbers under mclust's stop rule: {}. Of {} log-likelihoods of mclust at its tightest tolerance: {}. \
         The differences are all VVE, where mclust's value is no maximum: {}. In none of our {} runs did the log-likelihood \
         fall ({falls} falls recorded).",
        printed.len(),
        published::tally(&printed),
        computed.len(),
        published::tally(&computed),
        gains.join("; "),
        converged.study.runs.len(),
    )
}

/// The largest BIC of each data set, in mclust's sign.
fn best(fits: &Fits) -> Option<Vec<f64>> {
    let of = |dataset: &&str| {
        let runs = fits.study.runs.iter().filter(|run| run.factors.dataset == **dataset && run.end.is_some());
        runs.filter_map(|run| run.bic.map(|bic| -bic)).max_by(f64::total_cmp)
    };
    DATASETS.iter().map(of).collect()
}

/// BIC by model, data set and number of components.
fn bic_table(fits: &Fits, best: &[f64]) -> Table {
    let mut columns = vec![Column::text("model", "model")];
    for dataset in DATASETS {
        for k in COMPONENTS {
            columns.push(Column::number(&format!("{dataset}, {k}"), &format!("{dataset}_{k}")));
        }
    }
    let row = |model: &&str| {
        let mut cells = vec![Cell::text(*model)];
        for (dataset, best) in DATASETS.iter().zip(best) {
            for k in COMPONENTS {
                let run = fits.run(dataset, model, k).filter(|run| run.end.is_some());
                let bic = run.and_then(|run| run.bic).map(|bic| -bic);
                let cell = Cell::number(bic, Digits::Decimals(3));
                cells.push(Cell { best: bic == Some(*best), ..cell });
            }
        }
        Row { cells, main: true }
    };
    Table {
        name: "bic".to_owned(),
        title: "BIC of the converged fits".to_owned(),
        caption: "In mclust's sign, larger is better; the best of each data set is bold. A dash: the run broke down."
            .to_owned(),
        note: String::new(),
        columns,
        rows: MODELS.iter().map(row).collect(),
    }
}

fn chart(fits: &Fits) -> String {
    let panel = |dataset: &&str| {
        // The structures that lead somewhere; fourteen lines on top of each other show nothing, nor does one component.
        let shown = ["EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "VVV"];
        let line = |model: &str| {
            let points = COMPONENTS.iter().filter(|k| **k > 1).filter_map(|&k| {
                let run = fits.run(dataset, model, k).filter(|run| run.end.is_some())?;
                Some((f64::from(k), -run.bic?))
            });
            Series::new(model, points.collect(), Look::Both)
        };
        let series = shown.into_iter().map(line).collect();
        ChartPanel::new(*dataset, Scale::counts("components"), Scale::linear("BIC (mclust's sign)"), series)
    };
    chart::draw(&Chart {
        name: "mclust".to_owned(),
        title: "BIC from mclust's own starts, converged".to_owned(),
        subtitle: "Seven of the fourteen structures; larger is better.".to_owned(),
        panels: DATASETS.iter().map(panel).collect(),
        across: 2,
    })
}
