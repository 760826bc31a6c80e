//! 08: mixtures of Poisson distributions with plain EM: the slow example of Hasselblad (1969, key `hasselblad1969`) and the
//! earthquakes of Zucchini & MacDonald (2009, key `zucchini2009`).

use super::folder::Place;
use super::{Figure, Made};
use anyhow::Context as _;
use em::stop::MaxIterations;
use em::{Observer, Plain, Rows, Serial, Stopping, TraceRow, rate};
use latent::classics::poisson::PoissonMixture;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::published::{self, Ours};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Counts by name.
    sample: BTreeMap<String, Counts>,
    /// What is fitted to them.
    fit: Vec<FitConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    /// The counts.
    values: Vec<f64>,
    /// How often each occurs; empty: once.
    #[serde(default)]
    times: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FitConfig {
    /// Name in `published.csv`.
    item: String,
    sample: String,
    weights: Vec<f64>,
    rates: Vec<f64>,
    /// Stops when a step of (π₁ … π_{K−1}, λ) is shorter than this.
    tolerance: f64,
}

/// More steps than any of the fits needs.
const LIMIT: u32 = 20_000;

/// Stops by the length of the step in the parameters, as R's fixed-point iterations do.
struct Steps {
    tolerance: f64,
    last: Option<Vec<f64>>,
    norms: Vec<f64>,
    rows: Vec<TraceRow>,
}

impl Observer<PoissonMixture> for Steps {
    fn iteration(&mut self, row: &TraceRow, model: &PoissonMixture) -> ControlFlow<()> {
        let free = model.components() - 1;
        let now: Vec<f64> = model.weights()[..free].iter().chain(model.rates()).copied().collect();
        let squares = |last: Vec<f64>| last.iter().zip(&now).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let norm = self.last.take().map(|last| squares(last).sqrt());
        self.last = Some(now);
        self.rows.push(*row);
        self.norms.extend(norm);
        if norm.is_some_and(|norm| norm <= self.tolerance) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

struct Fitted {
    iterations: u32,
    log_likelihood: f64,
    /// (rate λ, weight), the smallest rate first.
    components: Vec<(f64, f64)>,
    /// From the Jacobian of the EM map.
    rate: f64,
    steps: Steps,
}

fn fit(config: &FitConfig, counts: &Counts) -> anyhow::Result<Fitted> {
    let data = Rows::new(&counts.values, 1, &counts.times);
    let components: Vec<(f64, f64)> = config.weights.iter().copied().zip(config.rates.iter().copied()).collect();
    let begin = PoissonMixture::new(&components)?;
    let mut steps = Steps { tolerance: config.tolerance, last: None, norms: Vec::new(), rows: Vec::new() };
    let mut stopping = Stopping::new().or(MaxIterations { limit: LIMIT });
    let fit = em::fit(&data, begin, Serial::default(), &mut Plain, &mut stopping, &mut steps)?;
    let mut components: Vec<(f64, f64)> =
        fit.model.rates().iter().copied().zip(fit.model.weights().iter().copied()).collect();
    components.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Fitted {
        iterations: fit.iterations,
        log_likelihood: fit.objective,
        components,
        rate: rate::jacobian(&data, &fit.model, Serial::default())?.spectral_radius(),
        steps,
    })
}

impl Fitted {
    fn quantity(&self, name: &str) -> Option<f64> {
        let (symbol, index) = name.split_at(name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len()));
        let component = || self.components.get(index.parse::<usize>().ok()?.checked_sub(1)?);
        match symbol {
            "map evaluations" => Some(f64::from(self.iterations)),
            "log L" => Some(self.log_likelihood),
            "−log L" => Some(-self.log_likelihood),
            "λ" => component().map(|one| one.0),
            "π" => component().map(|one| one.1),
            _ => None,
        }
    }

    /// Step over the step before, by iteration.
    fn ratios(&self) -> Vec<(f64, f64)> {
        self.steps.norms.windows(2).enumerate().map(|(t, pair)| (t as f64 + 2.0, pair[1] / pair[0])).collect()
    }
}

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let config: Config = place.config()?;
    let mut fits: BTreeMap<&str, Fitted> = BTreeMap::new();
    for one in &config.fit {
        let counts = config.sample.get(&one.sample).with_context(|| format!("no sample `{}`", one.sample))?;
        anyhow::ensure!(
            counts.times.is_empty() || counts.times.len() == counts.values.len(),
            "sample `{}` has {} values and {} times",
            one.sample,
            counts.values.len(),
            counts.times.len(),
        );
        fits.insert(&one.item, fit(one, counts)?);
    }
    let comparisons = place.comparisons(|item, quantity| fits.get(item)?.quantity(quantity).map(Ours::Number))?;
    let slowest = fits.iter().max_by_key(|(_, fit)| fit.iterations).context("no fits")?;
    let (name, slow) = slowest;
    let halving = (0.5_f64).ln() / slow.rate.ln();
    let finding = format!(
        "{} published numbers: {}. On the deaths plain EM needs {} steps to bring the step in the parameters below 1e-8. Why \
         is told by the derivative of its map at the maximum: its spectral radius is {:.6}, so that {halving:.0} steps halve the \
         error. The number of steps is that of R for the same start and rule. Components are numbered by their rate: from this \
         start they end in the other order.",
        comparisons.len(),
        published::tally(&comparisons),
        slow.iterations,
        slow.rate,
    );
    let gaps: Vec<(f64, f64)> = slow
        .steps
        .rows
        .iter()
        .map(|row| (f64::from(row.iteration), slow.log_likelihood - row.objective))
        .filter(|(_, gap)| *gap > 1e-10)
        .collect();
    let ratios = slow.ratios();
    let (first, last) = (ratios.first().map_or(0.0, |p| p.0), ratios.last().map_or(1.0, |p| p.0));
    let norms = slow.steps.norms.iter().enumerate().map(|(t, norm)| (t as f64 + 1.0, *norm)).collect();
    let chart = Chart {
        name: "poisson".to_owned(),
        title: "Plain EM on a mixture of two Poisson distributions".to_owned(),
        subtitle: format!("{name}: {} steps; the rate at the maximum is {:.5}.", slow.iterations, slow.rate),
        panels: vec![
            ChartPanel::new(
                "Gap to the maximum, length of the step",
                Scale::counts("iteration"),
                Scale::log(""),
                vec![
                    Series::new("log L(θ*) − log L(θ)", gaps, Look::Line),
                    Series::new("length of the step of (π, λ)", norms, Look::Line),
                ],
            ),
            ChartPanel::new(
                "Ratio of successive steps",
                Scale::counts("iteration"),
                Scale::Between(String::new(), 0.975, 1.005),
                vec![
                    Series::new(
                        "spectral radius of the map's Jacobian",
                        vec![(first, slow.rate), (last, slow.rate)],
                        Look::Reference,
                    ),
                    Series::new("ratio of steps", ratios, Look::Line),
                ],
            ),
        ],
        across: 2,
    };
    let caption = "Gap, step and ratio of steps of plain EM on the deaths, with the rate from the Jacobian".to_owned();
    Ok(Made {
        finding,
        comparisons,
        figures: vec![Figure { name: "figure", svg: chart::draw(&chart), caption }],
        ..Made::default()
    })
}
