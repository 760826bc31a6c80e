//! Degenerate data end in a typed, located failure; never in a panic or a NaN.

mod support;

use em::stop::MaxIterations;
use em::{BreakdownKind, Outcome, Plain, Serial, Stage, Stopping, TraceRow, fit};
use kmeans::TooFewDistinctRows;
use linalg::{Level, Total, TotalError};
use mixture::gaussian::structure::{Evv, Vve};
use mixture::start::{EmEm, PointCovariance, Search, em_em, k_means_partition, points};
use mixture::{Constraint, Full, Gaussian, Mixture, Reference, StartError, Structure};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use support::iris;

/// Runs EM with full covariances from the given rows with identity covariances.
fn run(x: &[f64], d: usize, rows: &[usize]) -> (Outcome, Vec<TraceRow>) {
    let reference = Arc::new(Reference::new(Total::new(x, d, &[]).unwrap()));
    let start = points(x, rows, PointCovariance::Identity, &reference.total).parameters;
    let (emission, _) = Full::from_parameters(&start, &reference, Constraint::None, Level::detect()).unwrap();
    let data = em::Rows::new(x, d, &[]);
    let mut trace = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: 500 });
    let model = Mixture::new(start.weights, emission);
    let fit = fit(&data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
    assert_eq!(fit.objective, trace.last().unwrap().objective, "the returned log-likelihood is that of the last row");
    (fit.outcome, trace)
}

#[test]
fn a_cluster_of_duplicates_collapses_in_its_component() {
    let mut x: Vec<f64> = (0..40).flat_map(|i| [f64::from(i % 7), f64::from((i * 3) % 11)]).collect();
    x.extend([100.0, 100.0].repeat(6));
    let (outcome, trace) = run(&x, 2, &[0, 42]);
    let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
    assert_eq!((failure.stage, failure.breakdown.component), (Stage::Maximization, Some(1)));
    assert_eq!(failure.iteration as usize, trace.len());
    let BreakdownKind::SingularCovariance(singular) = failure.breakdown.kind else { panic!("{failure}") };
    assert!((singular.effective_count.unwrap() - 6.0).abs() < 1e-9);
    assert!(singular.smallest_relative_pivot < 1e-10);
    assert!(trace.iter().all(|row| row.objective.is_finite()));
}

#[test]
fn constant_columns_and_too_few_rows_are_named_before_the_start() {
    let constant: Vec<f64> = (0..20).flat_map(|i| [f64::from(i), 3.5]).collect();
    assert_eq!(Total::new(&constant, 2, &[]), Err(TotalError::ConstantColumn { column: 1, value: 3.5 }));
    let few: Vec<f64> = iris().x.chunks_exact(4).step_by(40).flatten().copied().collect();
    assert!(matches!(Total::new(&few, 4, &[]), Err(TotalError::CollinearColumn { column: 3, rows: 4, .. })));
}

#[test]
fn more_components_than_distinct_rows() {
    let x = [0.0, 0.0, 1.0, 1.0, 1.0, 5.0];
    let total = Total::new(&x, 1, &[]).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let start = k_means_partition(&em::Rows::new(&x, 1, &[]), 4, &total, Level::detect(), &mut rng);
    let Err(StartError::TooFewDistinctRows(numbers)) = start else { panic!("{start:?}") };
    assert_eq!(numbers, TooFewDistinctRows { distinct: 3, components: 4 });
}

#[test]
fn a_density_that_vanishes_everywhere_names_its_row() {
    // Unit covariances against data at 1e200: the squared distance overflows.
    let x = [1.0, 2.0, 0.5, 3.0, 1e200];
    let reference = Arc::new(Reference { singular: 0.0, ..Reference::new(Total::new(&x[..4], 1, &[]).unwrap()) });
    let start = points(&x, &[0, 1], PointCovariance::Identity, &reference.total).parameters;
    let (emission, _) = Full::from_parameters(&start, &reference, Constraint::None, Level::detect()).unwrap();
    let mut trace: Vec<TraceRow> = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: 5 });
    let data = em::Rows::new(&x, 1, &[]);
    let model = Mixture::new(start.weights, emission);
    let fit = fit(&data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
    let Outcome::Failed(failure) = fit.outcome else { panic!("{:?}", fit.outcome) };
    assert_eq!(failure.iteration, 0);
    assert_eq!(failure.breakdown.kind, BreakdownKind::NonFinite { what: "density", row: Some(4) });
    assert!(trace.is_empty() && fit.log_likelihood.is_none());
}

#[test]
fn covariances_beyond_the_range_of_a_double_are_not_singular() {
    // Σ_0 = Σ_1 is about 1e299, and a covariance of equal volume is λ W_k / |W_k|^{1/d}: λ W_k overflows.
    let x = [1.0, 2.0, 3.0, 5.0, 1e150];
    let reference = Arc::new(Reference::new(Total::new(&x, 1, &[]).unwrap()));
    let start = points(&x, &[0, 1], PointCovariance::Total, &reference.total).parameters;
    let evv = Gaussian::<Evv>::from_parameters(&start, &reference, Constraint::None, Level::detect());
    let broken = evv.map(|_| ()).unwrap_err();
    assert_eq!(broken.kind, BreakdownKind::NonFinite { what: "covariance", row: None });
    // Each on its own has a density.
    assert!(Full::from_parameters(&start, &reference, Constraint::None, Level::detect()).is_ok());
}

#[test]
fn duplicate_centres_stay_equal_for_ever() {
    let iris = iris();
    let (outcome, trace) = run(&iris.x, 4, &[0, 0, 100]);
    assert!(matches!(outcome, Outcome::Stopped(_)));
    let end = trace.last().unwrap().objective;
    // The maximum for two components: a saddle for three.
    assert!((end - -214.354704371).abs() < 1e-6, "{end}");
}

#[test]
fn a_singular_start_is_repaired_only_under_a_ridge_and_says_so() {
    let iris = iris();
    let reference = Arc::new(Reference::new(Total::new(&iris.x, 4, &[]).unwrap()));
    let mut start = points(&iris.x, &[0, 50], PointCovariance::Total, &reference.total).parameters;
    start.covariances[..16].fill(0.0);
    let broken = Full::from_parameters(&start, &reference, Constraint::None, Level::detect()).unwrap_err();
    assert_eq!((broken.component, broken.kind.name()), (Some(0), "singular_covariance"));
    let (_, event) = Full::from_parameters(&start, &reference, Constraint::Ridge(1e-6), Level::detect()).unwrap();
    assert_eq!(event, em::Event::Projected { by: 1e-6 });
}

/// Eight components of one orientation on 150 flowers: many of these fits pass by variances that differ by ten orders of
/// magnitude. There a covariance that is written out, D diag(a) Dᵀ, holds its smallest variance to ε × condition, which
/// is all by which the log-likelihood of its n rows may fall.
#[test]
fn a_common_orientation_falls_by_rounding_only_next_to_a_singular_covariance() {
    let sample = iris();
    let reference = Arc::new(Reference::new(Total::new(&sample.x, sample.d, &[]).unwrap()));
    let data = sample.rows();
    let (mut singular, mut flattest) = (0, 1.0_f64);
    for seed in 0..200 {
        let (covariance, level) = (PointCovariance::Total, Level::detect());
        let search = Search { data, components: 8, covariance, reference: Arc::clone(&reference), level };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let Ok(found) = em_em::<Gaussian<Vve>>(&search, EmEm::default(), &mut rng) else { continue };
        let parameters = found.start.parameters;
        let (emission, _) = Gaussian::<Vve>::from_parameters(&parameters, &reference, Constraint::None, level).unwrap();
        let mut stopping = Stopping::new().or(MaxIterations { limit: 30 });
        let (model, mut trace) = (Mixture::new(parameters.weights, emission), Vec::<TraceRow>::new());
        let fit = fit(&data, model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
        let last = trace.last().unwrap();
        if let Outcome::Failed(failure) = fit.outcome {
            match failure.breakdown.kind {
                BreakdownKind::SingularCovariance(_) => singular += 1,
                BreakdownKind::ObjectiveDecreased { by } => {
                    let rounding = f64::EPSILON * last.worst_condition.unwrap() * sample.n as f64;
                    assert!(by < rounding, "seed {seed}: {failure}, more than {rounding:e}");
                }
                kind => panic!("seed {seed}: {kind:?}"),
            }
        }
        flattest = last.smallest_relative_pivot.map_or(flattest, |pivot| pivot.min(flattest));
    }
    assert!(singular > 0 && flattest < 1e-8, "{singular} singular, pivots down to {flattest:e}: nothing was tested");
}
