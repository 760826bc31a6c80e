//! 01: the linkage example of Dempster, Laird & Rubin (1977, key `dempster1977`), Table 1.

use super::folder::Place;
use super::{Figure, Made};
use em::stop::MaxIterations;
use em::{Observer, Plain, Rows, Serial, Stopping, TraceRow, rate};
use latent::classics::linkage::Linkage;
use report::figure::chart::{self, Chart, ChartPanel, Look, Scale, Series};
use report::published::{self, Mark, Ours};
use serde::Deserialize;
use std::ops::ControlFlow;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The four counts.
    counts: [f64; 4],
    /// π⁰.
    start: f64,
    /// Steps of EM.
    iterations: u32,
}

/// π after every step, and the trace.
#[derive(Default)]
struct Iterates(Vec<f64>, Vec<TraceRow>);

impl Observer<Linkage> for Iterates {
    fn iteration(&mut self, row: &TraceRow, model: &Linkage) -> ControlFlow<()> {
        self.0.push(model.pi());
        self.1.push(*row);
        ControlFlow::Continue(())
    }
}

pub fn make(place: &Place<'_>) -> anyhow::Result<Made> {
    let config: Config = place.config()?;
    let data = Rows::new(&config.counts, 4, &[]);
    let mut iterates = Iterates::default();
    let mut stopping = Stopping::new().or(MaxIterations { limit: config.iterations });
    em::fit(&data, Linkage::new(config.start), Serial::default(), &mut Plain, &mut stopping, &mut iterates)?;
    let Iterates(pi, trace) = iterates;
    let optimum = Linkage::closed_form(config.counts);
    let deviation: Vec<f64> = pi.iter().map(|pi| optimum - pi).collect();
    let ratio: Vec<f64> = deviation.windows(2).map(|pair| pair[1] / pair[0]).collect();
    // The derivative of the EM map at its fixed point.
    let theory = rate::jacobian(&data, &Linkage::new(optimum), Serial::default())?.spectral_radius();

    let comparisons = place.comparisons(|item, quantity| {
        let p: usize = item.strip_prefix("p = ")?.parse().ok()?;
        let column = match quantity {
            "π" => &pi,
            "deviation" => &deviation,
            "ratio" => &ratio,
            _ => return None,
        };
        column.get(p).copied().map(Ours::Number)
    })?;
    let kept: Vec<(f64, f64)> =
        trace.iter().filter_map(|row| Some((f64::from(row.iteration), row.kl? / row.q_gain?))).take(6).collect();
    let off = comparisons.iter().filter(|one| one.mark() == Mark::Differs).count();
    let finding = format!(
        "Of the {} printed numbers: {}. The {off} that differ are one unit off in the last printed digit; the closed form \
         π\\* = (15 + √53809)/394 = {optimum:.12} decides against the print. The ratio of successive deviations tends to \
         the derivative of the EM map at π\\*, {theory:.6}, which is the fraction of missing information.",
        comparisons.len(),
        published::tally(&comparisons),
    );
    let numbered = |values: &[f64]| values.iter().enumerate().map(|(p, &v)| (p as f64, v)).collect::<Vec<_>>();
    let ratio = numbered(&ratio[..ratio.len().min(7)]);
    let last = ratio.last().map_or(0.0, |point| point.0);
    let chart = Chart {
        name: "linkage".to_owned(),
        title: "Linear convergence of EM on the linkage data of 1977".to_owned(),
        subtitle: format!("Both ratios tend to the derivative of the EM map at the maximum, {theory:.4}."),
        panels: vec![
            ChartPanel::new(
                "Deviation from the maximum",
                Scale::counts("iteration p"),
                Scale::log("deviation"),
                vec![Series::new("deviation of π", numbered(&deviation), Look::Both)],
            ),
            ChartPanel::new(
                "Ratios of successive steps",
                Scale::counts("iteration p"),
                Scale::linear(""),
                vec![
                    Series::new("derivative of the map", vec![(0.0, theory), (last, theory)], Look::Reference),
                    Series::new("ratio of deviations", ratio, Look::Both),
                    Series::new("KL / ΔQ", kept, Look::Both),
                ],
            ),
        ],
        across: 2,
    };
    let caption = "Deviation of π from its maximum by iteration, and the two ratios that tend to the rate".to_owned();
    Ok(Made {
        finding,
        comparisons,
        figures: vec![Figure { name: "figure", svg: chart::draw(&chart), caption }],
        ..Made::default()
    })
}
