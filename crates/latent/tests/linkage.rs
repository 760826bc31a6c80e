//! The printed table of Dempster, Laird & Rubin (1977), its closed form, and the laws.

use em::stop::MaxIterations;
use em::{LatentModel, Plain, Rows, Serial, Stopping, TraceRow};
use latent::classics::linkage::Linkage;
use laws::{coordinates, identity, invariance, monotone};
use serde_json::Value;
use std::ops::ControlFlow;

const COUNTS: [f64; 4] = [125.0, 18.0, 20.0, 34.0];

#[derive(Default)]
struct Iterates(Vec<f64>, Vec<TraceRow>);

impl em::Observer<Linkage> for Iterates {
    fn iteration(&mut self, row: &TraceRow, model: &Linkage) -> ControlFlow<()> {
        self.0.push(model.pi());
        self.1.push(*row);
        ControlFlow::Continue(())
    }
}

fn iterate(limit: u32) -> Iterates {
    let mut iterates = Iterates::default();
    let mut stopping = Stopping::new().or(MaxIterations { limit });
    let data = Rows::new(&COUNTS, 4, &[]);
    em::fit(&data, Linkage::new(0.5), Serial::default(), &mut Plain, &mut stopping, &mut iterates).unwrap();
    iterates
}

#[test]
fn the_printed_table() {
    // Table 1: π at p = 0 … 8, deviation from π*, ratio of successive deviations. Five entries of the print are one unit
    // off in the last digit (π at p = 2, 4, 7; deviation at p = 2, 7): they agree within 1.1e-9, the others within 5e-10.
    let printed = [
        (0.500000000, 0.126821498, Some(0.1465)),
        (0.608247423, 0.018574075, Some(0.1346)),
        (0.624321051, 0.002500447, Some(0.1330)),
        (0.626488879, 0.000332619, Some(0.1328)),
        (0.626777323, 0.000044176, Some(0.1328)),
        (0.626815632, 0.000005866, Some(0.1328)),
        (0.626820719, 0.000000779, None),
        (0.626821395, 0.000000104, None),
        (0.626821484, 0.000000014, None),
    ];
    let iterates = iterate(9).0;
    let optimum = Linkage::closed_form(COUNTS);
    for (p, (pi, deviation, ratio)) in printed.into_iter().enumerate() {
        let ours = optimum - iterates[p];
        assert!((iterates[p] - pi).abs() <= 1e-9, "π at p = {p}: {}", iterates[p]);
        assert!((ours - deviation).abs() <= 1e-9, "deviation at p = {p}: {ours}");
        if let Some(ratio) = ratio {
            let next = optimum - iterates[p + 1];
            assert!((next / ours - ratio).abs() <= 5e-5, "ratio at p = {p}: {}", next / ours);
        }
    }
}

#[test]
fn the_recomputed_table_and_the_closed_form() {
    let reference: Value = serde_json::from_str(include_str!("reference/dlr1977.json")).unwrap();
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let optimum = (15.0 + 53809.0f64.sqrt()) / 394.0;
    assert!((Linkage::closed_form(COUNTS) - optimum).abs() < 1e-15);
    assert!((number(&reference["pi_star"]) - optimum).abs() < 1e-15);
    let Iterates(pi, trace) = iterate(60);
    assert!((pi.last().unwrap() - optimum).abs() < 1e-12);
    for (p, row) in reference["rows"].as_array().unwrap().iter().enumerate() {
        assert!((pi[p] - number(&row["pi"])).abs() < 1e-14, "π at p = {p}");
        let expected = number(&row["full_loglik"]);
        assert!((trace[p].log_likelihood.unwrap() - expected).abs() < 1e-10, "log L at p = {p}");
    }
}

#[test]
fn the_rate_is_the_fraction_of_missing_information() {
    // KL/ΔQ and the ratio of steps tend to 1 − I_obs/I_com at π*.
    let Iterates(pi, trace) = iterate(8);
    let optimum = Linkage::closed_form(COUNTS);
    let complete = (COUNTS[0] * Linkage::new(optimum).share() + COUNTS[3]) / optimum.powi(2)
        + (COUNTS[1] + COUNTS[2]) / (1.0 - optimum).powi(2);
    let observed = COUNTS[0] / (2.0 + optimum).powi(2)
        + (COUNTS[1] + COUNTS[2]) / (1.0 - optimum).powi(2)
        + COUNTS[3] / optimum.powi(2);
    let missing = 1.0 - observed / complete;
    assert!(((pi[6] - pi[5]) / (pi[5] - pi[4]) - missing).abs() < 1e-3);
    assert!((trace[5].kl.unwrap() / trace[5].q_gain.unwrap() - missing).abs() < 1e-3);
    let data = Rows::new(&COUNTS, 4, &[]);
    let jacobian = em::rate::jacobian(&data, &Linkage::new(optimum), Serial::default()).unwrap();
    assert!((jacobian.spectral_radius() - missing).abs() < 1e-10, "{}", jacobian.spectral_radius());
}

#[test]
fn laws() {
    // Three tables, so that batches and weights have something to cut.
    let x = [125.0, 18.0, 20.0, 34.0, 12.0, 4.0, 1.0, 3.0, 55.0, 9.0, 13.0, 20.0];
    let rows = Rows::new(&x, 4, &[]);
    let model = Linkage::new(0.2);
    monotone::monotone(&rows, model, 20);
    invariance::chunks(&rows, &model);
    invariance::threads(&rows, &model);
    invariance::weights(&x, 4, &model);
    identity::m_step_is_optimal(&rows, &model);
    identity::fixed_point(&rows, model);
    coordinates::round_trip(&rows, &model);
    // The latent variable of a table is binomial(y₁, t); its Kullback-Leibler divergence is y₁ times that of one Bernoulli,
    // so one posterior row per observation of the first cell.
    let single = Rows::new(&COUNTS, 4, &[]);
    let before = Linkage::new(0.5);
    let (after, trace) = laws::run(&single, before, 1);
    let (p, q) = (before.share(), after.share());
    let independent = COUNTS[0] * (p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln());
    assert!((trace[1].kl.unwrap() - independent).abs() < 1e-12);
}

#[test]
fn an_estimate_on_the_boundary_is_a_breakdown() {
    let data = [10.0, 0.0, 0.0, 5.0];
    let model = Linkage::new(0.5);
    let mut stats = [0.0; 2];
    model.accumulate(Rows::new(&data, 4, &[]).all(), &mut stats, &mut ());
    let mut next = model;
    let error = model.maximize(&stats, &mut next).unwrap_err();
    assert_eq!(error.kind.name(), "non_finite");
}
