//! Poisson mixtures: two published fits, the slow rate, and the laws.

use em::stop::MaxIterations;
use em::{Observer, Outcome, Plain, Rows, Serial, StopReason, Stopping, TraceRow, rate};
use latent::classics::poisson::PoissonMixture;
use laws::{coordinates, equivariance, identity, invariance, monotone};
use serde_json::Value;
use std::ops::ControlFlow;

/// Deaths of women over 80 a day, from the notices of a newspaper in three years: days with 0 … 9 deaths.
const DAYS: [f64; 10] = [162.0, 267.0, 271.0, 185.0, 111.0, 61.0, 27.0, 8.0, 3.0, 1.0];
const DEATHS: [f64; 10] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

/// Major earthquakes in the world, 1900 to 2006.
const EARTHQUAKES: [f64; 107] = [
    13., 14., 8., 10., 16., 26., 32., 27., 18., 32., 36., 24., 22., 23., 22., 18., 25., 21., 21., 14., 8., 11., 14.,
    23., 18., 17., 19., 20., 22., 19., 13., 26., 13., 14., 22., 24., 21., 22., 26., 21., 23., 24., 27., 41., 31., 27.,
    35., 26., 28., 36., 39., 21., 17., 22., 17., 19., 15., 34., 10., 15., 22., 18., 15., 20., 15., 22., 19., 16., 30.,
    27., 29., 23., 20., 16., 21., 21., 25., 16., 18., 15., 18., 14., 10., 15., 8., 15., 6., 11., 8., 7., 18., 16., 13.,
    12., 13., 20., 15., 16., 12., 18., 15., 16., 13., 15., 16., 11., 11.,
];

/// Stops as the peers do: ‖θ′ − θ‖ ≤ tolerance, with θ = (π₁, λ₁, λ₂).
struct Steps {
    tolerance: f64,
    last: Option<[f64; 3]>,
}

impl Observer<PoissonMixture> for Steps {
    fn iteration(&mut self, _row: &TraceRow, model: &PoissonMixture) -> ControlFlow<()> {
        let now = [model.weights()[0], model.rates()[0], model.rates()[1]];
        let step =
            self.last.replace(now).map(|last| last.iter().zip(now).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt());
        if step.is_some_and(|step| step <= self.tolerance) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn deaths_need_as_many_steps_as_in_r() {
    let reference: Value = serde_json::from_str(include_str!("reference/poisson_hasselblad.json")).unwrap();
    for run in reference["runs"].as_array().unwrap() {
        let start: Vec<f64> = run["start"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let begin = PoissonMixture::new(&[(start[0], start[1]), (1.0 - start[0], start[2])]).unwrap();
        let mut steps = Steps { tolerance: run["tol"].as_f64().unwrap(), last: None };
        let mut stopping = Stopping::new().or(MaxIterations { limit: 5000 });
        let data = Rows::new(&DEATHS, 1, &DAYS);
        let fit = em::fit(&data, begin, Serial::default(), &mut Plain, &mut stopping, &mut steps).unwrap();
        assert_eq!(fit.outcome, Outcome::Stopped(StopReason::Observer));
        assert_eq!(u64::from(fit.iterations), run["EM"]["fpevals"].as_u64().unwrap());
        let expected: Vec<f64> = run["EM"]["par"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let ours = [fit.model.weights()[0], fit.model.rates()[0], fit.model.rates()[1]];
        for (a, b) in ours.iter().zip(&expected) {
            // R gives back the parameters before the step that was short enough.
            assert!((a - b).abs() <= steps.tolerance, "{ours:?}, in R {expected:?}");
        }
        assert!((fit.log_likelihood.unwrap() + run["EM"]["nll"].as_f64().unwrap()).abs() < 1e-8);
    }
}

#[test]
fn deaths_have_the_published_maximum_and_a_rate_above_0_99() {
    let data = Rows::new(&DEATHS, 1, &DAYS);
    let (fit, trace) = laws::converge(&data, PoissonMixture::new(&[(0.36, 1.2), (0.64, 2.7)]).unwrap());
    assert!((trace.last().unwrap().objective + 1989.9459).abs() < 5e-5);
    for (ours, published) in [(fit.weights()[0], 0.3599), (fit.rates()[0], 1.256), (fit.rates()[1], 2.663)] {
        assert!((ours - published).abs() < 6e-4, "{fit:?}");
    }
    let rate = rate::jacobian(&data, &fit, Serial::default()).unwrap().spectral_radius();
    assert!(rate > 0.99 && rate < 1.0, "{rate}");
    // Steps along the trace shrink by the same rate.
    let step = |t: usize| trace[t].step_norm.unwrap();
    let last = trace.iter().rposition(|row| row.step_norm.is_some_and(|step| step > 1e-7)).unwrap();
    assert!((step(last) / step(last - 1) - rate).abs() < 1e-4, "{} and {rate}", step(last) / step(last - 1));
}

#[test]
fn earthquakes_have_the_published_likelihoods() {
    let reference: Value = serde_json::from_str(include_str!("reference/zucchini_macdonald.json")).unwrap();
    let data = Rows::new(&EARTHQUAKES, 1, &[]);
    let starts = [vec![(1.0, 10.0)], vec![(0.5, 15.0), (0.5, 25.0)]];
    for (start, expected) in starts.iter().zip(reference["mixtures"].as_array().unwrap()) {
        let (fit, trace) = laws::converge(&data, PoissonMixture::new(start).unwrap());
        let minus_l = expected["minus_l"].as_f64().unwrap();
        assert!((trace.last().unwrap().objective + minus_l).abs() < 1e-9, "{:?}", trace.last());
        let numbers = |key: &str| expected[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap());
        for (ours, theirs) in fit.weights().iter().zip(numbers("weights")).chain(fit.rates().iter().zip(numbers("lam")))
        {
            assert!((ours - theirs).abs() < 1e-4, "{fit:?}");
        }
    }
}

#[test]
fn laws() {
    let model = PoissonMixture::new(&[(0.2, 9.0), (0.5, 16.0), (0.3, 24.0)]).unwrap();
    let rows = Rows::new(&EARTHQUAKES, 1, &[]);
    monotone::monotone(&rows, model.clone(), 30);
    invariance::chunks(&rows, &model);
    invariance::threads(&rows, &model);
    invariance::weights(&EARTHQUAKES, 1, &model);
    identity::m_step_is_optimal(&rows, &model);
    identity::fixed_point(&rows, PoissonMixture::new(&[(0.5, 15.0), (0.5, 25.0)]).unwrap());
    coordinates::round_trip(&rows, &model);
    identity::decomposition(&rows, model, 20, |model, rows| {
        let joint = |x: f64, k: usize| model.weights()[k] * (x * model.rates()[k].ln() - model.rates()[k]).exp();
        let posterior = |&x: &f64| {
            let joint: Vec<f64> = (0..3).map(|k| joint(x, k)).collect();
            let total: f64 = joint.iter().sum();
            joint.into_iter().map(move |p| p / total)
        };
        rows.all().x.iter().flat_map(posterior).collect()
    });
    // Equivariance: the order of the components; counts have neither units nor an origin to move.
    let (a, b, c) = ((0.2, 9.0), (0.5, 16.0), (0.3, 24.0));
    let (first, second) = (PoissonMixture::new(&[a, b, c]).unwrap(), PoissonMixture::new(&[c, a, b]).unwrap());
    equivariance::same_trace((&rows, first), (&rows, second), 20, |objective| objective, 1.0);
}

#[test]
fn what_is_no_count_or_no_mixture_breaks_down_with_a_name() {
    for bad in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
        let data = [3.0, bad, 4.0];
        let model = PoissonMixture::new(&[(0.5, 3.0), (0.5, 5.0)]).unwrap();
        let mut stopping = Stopping::new().or(MaxIterations { limit: 5 });
        let rows = Rows::new(&data, 1, &[]);
        let fit = em::fit(&rows, model, Serial::default(), &mut Plain, &mut stopping, &mut ()).unwrap();
        let Outcome::Failed(failure) = fit.outcome else { panic!("{bad} was fitted") };
        assert_eq!(failure.breakdown.kind, em::BreakdownKind::NonFinite { what: "density", row: Some(1) }, "{bad}");
    }
    // All counts zero: the rate's logarithm does not exist.
    let one = PoissonMixture::new(&[(1.0, 3.0)]).unwrap();
    let error = em::LatentModel::maximize(&one, &[2.0, -6.0], &mut one.clone()).unwrap_err();
    assert_eq!((error.component, error.kind.name()), (Some(0), "non_finite"));
    assert_eq!(PoissonMixture::new(&[(1.0, -3.0)]).unwrap_err().kind.name(), "non_finite");
    assert_eq!(PoissonMixture::new(&[(0.0, 3.0), (1.0, 2.0)]).unwrap_err().component, Some(0));
    assert_eq!(PoissonMixture::new(&[]).unwrap_err().kind.name(), "empty_component");
    let empty = em::LatentModel::maximize(&one, &[0.0, 0.0], &mut one.clone()).unwrap_err();
    assert_eq!(empty.kind.name(), "empty_component");
}
