//! Bounds on the eigenvalues and failure policies: monotone where they claim it, and every intervention is a row.

mod support;

use em::stop::{GainPerRow, MaxIterations};
use em::{Event, Fit, Outcome, Plain, Rows, Serial, Stopping, TraceRow, fit_with_remedies};
use em::{FailurePolicy, StopAtFailure};
use laws::{equivariance, identity, invariance, monotone};
use linalg::{Level, Total};
use mixture::gaussian::structure as s;
use mixture::policy::{Rebuild, Remove, Reseed};
use mixture::start::{PointCovariance, given_labels, points};
use mixture::{Constraint, Full, Gaussian, Mixture, Reference, Structure};
use std::sync::Arc;
use support::{faithful, iris, model};

const BOUNDS: [Constraint; 4] =
    [Constraint::Floor(1e-3), Constraint::Floor(0.05), Constraint::Ratio(12.0), Constraint::Ratio(1e4)];

/// The extreme eigenvalues of all covariances.
fn extremes<S: Structure>(model: &Mixture<S>) -> (f64, f64) {
    let parameters = model.parameters();
    let d = parameters.dimension();
    (0..model.components()).fold((f64::INFINITY, 0.0), |(low, high), k| {
        let spectrum = linalg::diagnosis::spectrum(parameters.covariance(k), d).unwrap();
        (low.min(spectrum.smallest()), high.max(spectrum.largest()))
    })
}

fn bounded<S: Structure>() {
    let iris = iris();
    let rows = iris.rows();
    for constraint in BOUNDS {
        for start in [[0, 50, 100], [0, 1, 2], [10, 60, 61], [20, 90, 140]] {
            let model = model::<S>(&iris.x, 4, &start, constraint);
            monotone::monotone(&rows, model.clone(), 80);
            let (end, _) = laws::run(&rows, model.clone(), 80);
            let (low, high) = extremes(&end);
            match constraint {
                Constraint::Floor(floor) => assert!(low >= floor * (1.0 - 1e-12), "{low} < {floor}"),
                Constraint::Ratio(ratio) => assert!(high <= ratio * low * (1.0 + 1e-12), "{high} / {low}"),
                _ => unreachable!(),
            }
            invariance::threads(&rows, &model);
        }
        let model = model::<S>(&iris.x, 4, &[0, 50, 100], constraint);
        identity::decomposition(&rows, model.clone(), 12, |model, rows| model.responsibilities(rows.all()));
        // Perturbations of the maximiser are brought back into the bounds by `read`.
        identity::m_step_is_optimal(&rows, &model);
        identity::fixed_point(&rows, model);
    }
}

#[test]
fn bounded_full() {
    bounded::<Full>();
}

#[test]
fn bounded_tied() {
    bounded::<Gaussian<s::Eee>>();
}

#[test]
fn bounded_diagonal() {
    bounded::<Gaussian<s::Vvi>>();
}

#[test]
fn bounded_spherical() {
    bounded::<Gaussian<s::Vii>>();
}

#[test]
fn only_free_eigenvalues_can_be_bounded() {
    let floor = Constraint::Floor(1e-3);
    assert!(Full::allows(floor) && Gaussian::<s::Vii>::allows(floor));
    assert!(!Gaussian::<s::Vee>::allows(floor) && !Gaussian::<s::Vev>::allows(Constraint::Ratio(10.0)));
}

/// θ₀ is projected first, and row 0 says so; where it obeys the bound already nothing is said.
#[test]
fn a_start_out_of_bounds_is_projected() {
    let iris = iris();
    let reference = Arc::new(Reference::new(Total::new(&iris.x, 4, &[]).unwrap()));
    let start = points(&iris.x, &[0, 50, 100], PointCovariance::Total, &reference.total).parameters;
    let event = |constraint| Full::from_parameters(&start, &reference, constraint, Level::detect()).unwrap().1;
    assert!(matches!(event(Constraint::Ratio(5.0)), Event::Projected { by } if by > 0.0));
    assert_eq!(event(Constraint::Ratio(1e4)), Event::None);
    assert_eq!(event(Constraint::Floor(1e-6)), Event::None);
}

/// The proper maximum of iris, K = 3, has a ratio of 95.7: the default bound leaves it alone, TCLUST's 12 does not.
#[test]
fn the_default_ratio_keeps_the_proper_maximum() {
    let iris = iris();
    let reference = Arc::new(Reference::new(Total::new(&iris.x, 4, &[]).unwrap()));
    let labels = &iris.truth.as_ref().unwrap().labels;
    let start = given_labels(iris.rows().all(), 3, labels).unwrap().parameters;
    let reached = |constraint| {
        let (emission, _) = Full::from_parameters(&start, &reference, constraint, Level::detect()).unwrap();
        let (model, trace) = laws::run(&iris.rows(), Mixture::new(start.weights.clone(), emission), 500);
        let (low, high) = extremes(&model);
        (trace.last().unwrap().objective, high / low)
    };
    let (plain, ratio) = reached(Constraint::None);
    assert!((plain + 180.185_477).abs() < 1e-5 && (ratio - 95.7).abs() < 0.1, "{plain}, {ratio}");
    assert!((reached(Constraint::Ratio(1e4)).0 - plain).abs() < 1e-9);
    let (bounded, ratio) = reached(Constraint::Ratio(12.0));
    assert!(bounded < plain - 1.0 && ratio < 12.0 + 1e-9, "{bounded}, {ratio}");
}

/// Rotation and one scale for all variables carry a bounded fit with them.
#[test]
fn the_ratio_bound_is_equivariant_under_similarities() {
    let faithful = faithful();
    let x = &faithful.x;
    let original = model::<Full>(x, 2, &[3, 0], Constraint::Ratio(20.0));
    let mapped: Vec<f64> =
        x.chunks_exact(2).flat_map(|v| [2.0 * (0.6 * v[0] - 0.8 * v[1]), 2.0 * (0.8 * v[0] + 0.6 * v[1])]).collect();
    let transformed = model::<Full>(&mapped, 2, &[3, 0], Constraint::Ratio(20.0));
    let shift = faithful.n as f64 * 4.0_f64.ln();
    let (a, b) = (Rows::new(x, 2, &[]), Rows::new(&mapped, 2, &[]));
    equivariance::same_trace((&a, original), (&b, transformed), 15, |l| l + shift, 10.0);
}

fn run(
    x: &[f64],
    d: usize,
    start: &[usize],
    policy: &mut dyn FailurePolicy<Mixture<Full>>,
) -> (Fit<Mixture<Full>>, Vec<TraceRow>) {
    let rows = Rows::new(x, d, &[]);
    let model = model::<Full>(x, d, start, Constraint::None);
    let mut stopping = Stopping::new()
        .or(GainPerRow { threshold: 1e-11 * rows.all().rows() as f64, and_change: None })
        .or(MaxIterations { limit: 1000 });
    let mut trace = Vec::new();
    let fit =
        fit_with_remedies(&rows, model, Serial::default(), &mut Plain, &mut stopping, &mut trace, policy).unwrap();
    (fit, trace)
}

fn rebuild(x: &[f64], d: usize) -> Rebuild {
    let reference = Arc::new(Reference::new(Total::new(x, d, &[]).unwrap()));
    Rebuild { reference, constraint: Constraint::None, level: Level::detect() }
}

/// Starts on iris, K = 5: many die under `stop`.
fn starts() -> impl Iterator<Item = [usize; 5]> {
    (0..60).map(|i| [i, (i * 7 + 31) % 150, (i * 13 + 62) % 150, (i * 17 + 97) % 150, (i * 29 + 140) % 150])
}

/// Gains are those of a monotone algorithm except in rows that carry a remedy, which have none.
fn monotone_between_events(trace: &[TraceRow]) -> usize {
    let mut events = 0;
    for (t, row) in trace.iter().enumerate() {
        assert_eq!(row.iteration as usize, t);
        match row.event {
            Event::None if t > 0 => assert!(row.gain.unwrap() >= -1e-9, "{row:?}"),
            Event::Reseeded { .. } | Event::Removed { .. } => {
                events += 1;
                assert!(row.gain.is_none() && row.q_gain.is_none() && row.kl.is_none(), "{row:?}");
            }
            _ => {}
        }
    }
    events
}

#[test]
fn reseeding_goes_on_until_the_limit() {
    let iris = iris();
    let (mut died, mut saved, mut remedies) = (0, 0, 0);
    for start in starts() {
        let (stopped, _) = run(&iris.x, 4, &start, &mut StopAtFailure);
        let Outcome::Failed(first) = &stopped.outcome else { continue };
        died += 1;
        let mut policy = Reseed { data: iris.rows(), limit: 3, rebuild: rebuild(&iris.x, 4) };
        let (fit, trace) = run(&iris.x, 4, &start, &mut policy);
        let events = monotone_between_events(&trace);
        assert!((1..=3).contains(&events), "{events}");
        assert_eq!(fit.model.components(), 5);
        // The repaired parameters stand in the row of the iteration that broke down.
        assert!(matches!(trace[first.iteration as usize].event, Event::Reseeded { row } if row < 150));
        // One pass per iteration, one for θ₀, one for each search of the worst row.
        assert_eq!(fit.e_passes as usize, trace.len() + events);
        saved += usize::from(matches!(fit.outcome, Outcome::Stopped(_)));
        remedies += events;
    }
    assert!(died >= 10 && saved > 0 && remedies >= died, "{died} died, {saved} saved, {remedies} remedies");
}

#[test]
fn removing_ends_with_fewer_components() {
    let iris = iris();
    let mut died = 0;
    for start in starts() {
        let (stopped, _) = run(&iris.x, 4, &start, &mut StopAtFailure);
        if matches!(stopped.outcome, Outcome::Stopped(_)) {
            continue;
        }
        died += 1;
        let (fit, trace) = run(&iris.x, 4, &start, &mut Remove { rebuild: rebuild(&iris.x, 4) });
        let events = monotone_between_events(&trace);
        assert!(events >= 1 && matches!(fit.outcome, Outcome::Stopped(_)), "{:?}", fit.outcome);
        assert_eq!(fit.model.components(), 5 - events);
        assert!((fit.model.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(fit.e_passes as usize, trace.len());
    }
    assert!(died >= 10, "{died}");
}

/// The last component cannot be removed, and a limit of none is `stop`.
#[test]
fn policies_give_up() {
    let mut x = vec![0.0; 40];
    x.extend([1.0, 2.0, 3.0, 4.0]);
    // Forty equal values and four others: the component on the equal ones collapses.
    let start = [0, 41];
    let (fit, _) = run(&x, 1, &start, &mut Reseed { data: Rows::new(&x, 1, &[]), limit: 0, rebuild: rebuild(&x, 1) });
    assert!(matches!(fit.outcome, Outcome::Failed(_)));
    let (fit, trace) = run(&x, 1, &start, &mut Remove { rebuild: rebuild(&x, 1) });
    assert_eq!((fit.model.components(), monotone_between_events(&trace)), (1, 1));
    assert!(matches!(fit.outcome, Outcome::Stopped(_)), "{:?}", fit.outcome);
}
