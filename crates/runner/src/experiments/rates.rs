//! 06: the rate of EM against the separation of two normals, theory beside measurement (Redner & Walker 1984, key `redner1984`; Xu &
//! Jordan 1996, key `xu1996`), and the success of random starts against K (Jin et al. 2016, key `jin2016`).

use super::cells;
use super::folder::Place;
use super::{Figure, Made};
use anyhow::Context as _;
use em::rate::{Jacobian, jacobian};
use em::stop::{GainPerRow, MaxIterations};
use em::{Plain, Rows, Serial, Stopping};
use latent::classics::locations::Locations;
use linalg::{Level, Total};
use mixture::{Constraint, Full, Mixture, MixtureParameters, Reference, Structure};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::intervals::Share;
use report::published::{self, Ours};
use report::quantiles::Sorted;
use report::table::{Cell, Column, Digits, Row, Table};
use serde::Deserialize;
use std::sync::Arc;

/// What the experiment has beside its sweep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Blocks {
    seed: u64,
    /// Numbers of components, multiples of three.
    components: Vec<u32>,
    rows_per_component: usize,
    samples: u32,
    starts: u32,
}

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let study = place.sweep(&[])?;
    let blocks: Blocks = place.extra("blocks.toml")?;
    let groups = cells::groups(&study.runs);
    let mut measured = Vec::new();
    for group in &groups {
        let name = &group.factors().dataset;
        let separation: f64 =
            name.strip_prefix("separation-").and_then(|text| text.parse().ok()).with_context(|| format!("`{name}`"))?;
        measured.push(Measured {
            separation,
            theory: population(0.5, separation, place.level)?.spectral_radius(),
            rates: group.runs.iter().filter_map(|run| run.rate).collect(),
            missing: group.runs.iter().filter_map(|run| run.missing_information).collect(),
        });
    }
    let success = success(&blocks)?;
    let iris = iris(place.level)?;
    let comparisons = place.comparisons(|item, quantity| {
        if item == "iris, K = 3, full" {
            return Some(Ours::Number(iris.spectral_radius()));
        }
        if let Some(k) = item.strip_prefix("random starts, K = ") {
            let share = success.iter().find(|one| one.0.to_string() == k)?.1;
            return Some(Ours::Share(share));
        }
        let weight: f64 = item.strip_prefix("two normals, weight ")?.parse().ok()?;
        let rates = population(weight, 2.0, place.level).ok()?;
        // Coordinates: log-odds of the weights, two means, two log standard deviations.
        Some(Ours::Number(match quantity {
            "rate, all five parameters" => rates.spectral_radius(),
            "rate, weights and means" => rates.restricted(&[0, 1, 2]).spectral_radius(),
            "rate, means" => rates.restricted(&[1, 2]).spectral_radius(),
            "rate, symmetric pair" => rates.entry(1, 1) - rates.entry(1, 2),
            _ => return None,
        }))
    })?;
    let finding = format!(
        "{} reference values: {}. Near its limit EM shrinks the error by the spectral radius of its map's Jacobian, from {:.4} at \
         separation {} to {:.4} at {}; the gains and KL/ΔQ of runs on {} rows say the same. Random starts find all components in {}.",
        comparisons.len(),
        published::tally(&comparisons),
        measured.first().map_or(0.0, |one| one.theory),
        measured.first().map_or(0.0, |one| one.separation),
        measured.last().map_or(0.0, |one| one.theory),
        measured.last().map_or(0.0, |one| one.separation),
        groups.first().map_or(0, |group| group.factors().n),
        success
            .iter()
            .map(|(k, share)| format!("{:.1} % at K = {k}", 100.0 * share.value().unwrap_or(0.0)))
            .collect::<Vec<_>>()
            .join(", "),
    );
    let caption =
        "The rate against the separation of two normals, and the success of random starts against K".to_owned();
    Ok(Made {
        finding,
        comparisons,
        tables: vec![rate_table(&measured), success_table(&success, &blocks)],
        figures: vec![Figure { name: "figure", svg: picture(&measured, &success), caption }],
    })
}

struct Measured {
    separation: f64,
    theory: f64,
    rates: Sorted,
    missing: Sorted,
}

/// The Jacobian of EM at a mixture of two unit normals for infinitely many rows: a grid of points weighted with the density, on which
/// the trapezoidal rule is exact to rounding.
fn population(first_weight: f64, separation: f64, level: Level) -> anyhow::Result<Jacobian> {
    let (step, reach) = (0.02, 500);
    let x: Vec<f64> = (-reach..=reach).map(|i| separation / 2.0 + step * f64::from(i)).collect();
    let normal = |x: f64, mean: f64| (-0.5 * (x - mean) * (x - mean)).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let weight: Vec<f64> = x
        .iter()
        .map(|&x| step * (first_weight * normal(x, 0.0) + (1.0 - first_weight) * normal(x, separation)))
        .collect();
    let parameters = MixtureParameters {
        weights: vec![first_weight, 1.0 - first_weight],
        means: vec![0.0, separation],
        covariances: vec![1.0, 1.0],
    };
    let model = full(&parameters, Total::new(&x, 1, &weight)?, level)?;
    Ok(jacobian(&Rows::new(&x, 1, &weight), &model, Serial::default())?)
}

/// The Jacobian at the fit of three full components to iris from rows 1, 51 and 101.
fn iris(level: Level) -> anyhow::Result<Jacobian> {
    let iris = datasets::builtin("iris", Some("fisher"))?;
    let mut parameters = MixtureParameters { weights: vec![1.0 / 3.0; 3], means: vec![], covariances: vec![] };
    for row in [0, 50, 100] {
        parameters.means.extend(iris.row(row));
        parameters.covariances.extend((0..16).map(|at| if at % 5 == 0 { 1.0 } else { 0.0 }));
    }
    let model = full(&parameters, Total::new(&iris.x, iris.d, &iris.weight)?, level)?;
    let mut stopping =
        Stopping::new().or(GainPerRow { threshold: 1e-15, and_change: None }).or(MaxIterations { limit: 1000 });
    let fit = em::fit(&iris.rows(), model, Serial::default(), &mut Plain, &mut stopping, &mut ())?;
    Ok(jacobian(&iris.rows(), &fit.model, Serial::default())?)
}

fn full(parameters: &MixtureParameters, total: Total, level: Level) -> anyhow::Result<Mixture<Full>> {
    let reference = Arc::new(Reference::new(total));
    let (emission, _) = Full::from_parameters(parameters, &reference, Constraint::None, level)?;
    Ok(Mixture::new(parameters.weights.clone(), emission))
}

/// (K, starts that end with every sorted mean within 1 of the true one): components in blocks at 100 b + {−3, 3, 10}, variances
/// and weights known, K distinct rows as means.
fn success(config: &Blocks) -> anyhow::Result<Vec<(u32, Share)>> {
    config.components.iter().map(|&k| Ok((k, success_of(k / 3, config)?))).collect()
}

fn success_of(blocks: u32, config: &Blocks) -> anyhow::Result<Share> {
    let means: Vec<f64> = (0..blocks).flat_map(|b| [-3.0, 3.0, 10.0].map(|m| 100.0 * f64::from(b) + m)).collect();
    let k = means.len();
    let unit = vec![vec![vec![1.0]]; k];
    let recipe = datasets::MixtureRecipe::new(
        config.rows_per_component * k,
        vec![1.0 / k as f64; k],
        means.iter().map(|&mean| vec![mean]).collect(),
        unit,
    )?;
    let mut found = Vec::new();
    for draw in 0..config.samples {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&config.seed.to_le_bytes());
        seed[8..12].copy_from_slice(&blocks.to_le_bytes());
        seed[12..16].copy_from_slice(&draw.to_le_bytes());
        let sample = recipe.draw(seed);
        seed[16] = 1;
        let mut rng = ChaCha8Rng::from_seed(seed);
        for _ in 0..config.starts {
            let rows = rand::seq::index::sample(&mut rng, sample.n, k);
            let model = Locations::new(rows.iter().map(|row| sample.x[row]).collect());
            let mut stopping =
                Stopping::new().or(GainPerRow { threshold: 1e-6, and_change: None }).or(MaxIterations { limit: 300 });
            let fit = em::fit(&sample.rows(), model, Serial::default(), &mut Plain, &mut stopping, &mut ())?;
            let mut ends = fit.model.means().to_vec();
            ends.sort_by(f64::total_cmp);
            found.push(ends.iter().zip(&means).all(|(end, mean)| (end - mean).abs() < 1.0));
        }
    }
    Ok(Share::of(found))
}

fn rate_table(measured: &[Measured]) -> Table {
    let quartiles = |values: &Sorted| {
        Cell::between(values.quantile(0.5), values.quantile(0.25), values.quantile(0.75), Digits::Decimals(4))
    };
    Table {
        name: "rates".to_owned(),
        title: "The rate of EM against separation".to_owned(),
        caption: "Two unit normals of equal weight, all five parameters free. Theory: spectral radius of the Jacobian of the EM map for \
                  infinitely many rows. Measured: median [quartiles] over draws of the square root of the ratio of successive gains, \
                  and of KL/ΔQ, over the last iterations of runs from the truth. A finite sample has a rate of its own, so \
                  that the two differ a little."
            .to_owned(),
        note: String::new(),
        columns: vec![
            Column::number("separation", "separation"),
            Column::number("theory", "theory"),
            Column::quartiles("from the gains", "rate"),
            Column::quartiles("KL/ΔQ", "missing_information"),
            Column::number("runs", "runs"),
        ],
        rows: measured
            .iter()
            .map(|one| Row {
                cells: vec![
                    Cell::number(Some(one.separation), Digits::Significant(3)),
                    Cell::number(Some(one.theory), Digits::Decimals(4)),
                    quartiles(&one.rates),
                    quartiles(&one.missing),
                    Cell::count(one.rates.values().len()),
                ],
                main: true,
            })
            .collect(),
    }
}

fn success_table(success: &[(u32, Share)], config: &Blocks) -> Table {
    Table {
        name: "success".to_owned(),
        title: "Random starts that find every component".to_owned(),
        caption: format!(
            "K = 3 B components in B blocks at 100 b + {{−3, 3, 10}}, variances 1 and equal weights known, only means estimated; {} rows \
             per component, {} samples with {} starts each, K distinct rows as means. Success: every sorted mean within 1.",
            config.rows_per_component, config.samples, config.starts
        ),
        note: String::new(),
        columns: vec![Column::number("K", "k"), Column::share("success", "success")],
        rows: success
            .iter()
            .map(|&(k, share)| Row { cells: vec![Cell::count(k as usize), Cell::share(share)], main: true })
            .collect(),
    }
}

fn picture(measured: &[Measured], success: &[(u32, Share)]) -> String {
    let points = |value: &dyn Fn(&Measured) -> Option<f64>| -> Vec<(f64, f64)> {
        measured.iter().map(|one| (one.separation, value(one).unwrap_or(f64::NAN))).collect()
    };
    let shares = success.iter().map(|&(k, share)| (f64::from(k), 100.0 * share.value().unwrap_or(f64::NAN)));
    let intervals = success
        .iter()
        .map(|(_, share)| share.interval().map_or((f64::NAN, f64::NAN), |i| (100.0 * i.lower, 100.0 * i.upper)));
    chart::draw(&Chart {
        name: "rate".to_owned(),
        title: "Rate of EM against separation; random starts against K".to_owned(),
        subtitle: "Left: two unit normals, all parameters free. Right: components in blocks of three, only means free."
            .to_owned(),
        panels: vec![
            ChartPanel::new(
                "Rate of convergence",
                Scale::linear("separation (standard deviations)"),
                Scale::linear("ρ"),
                vec![
                    Series::new("theory: spectral radius", points(&|one| Some(one.theory)), Look::Reference),
                    Series::new("from the gains, median", points(&|one| one.rates.quantile(0.5)), Look::Marks),
                    Series::new("KL / ΔQ, median", points(&|one| one.missing.quantile(0.5)), Look::Marks),
                ],
            ),
            ChartPanel::new(
                "Random starts that find every component",
                Scale::counts("K"),
                Scale::Between("success (%)".to_owned(), 0.0, 100.0),
                vec![Series {
                    intervals: intervals.collect(),
                    ..Series::new("random rows as means", shares.collect(), Look::Both)
                }],
            ),
        ],
        across: 2,
    })
}
