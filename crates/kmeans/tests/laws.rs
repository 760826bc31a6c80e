//! K-means obeys the laws that make sense for a hard E-step.

use em::{BreakdownKind, Outcome, Rows};
use kmeans::{KMeans, lloyd};
use laws::{coordinates, equivariance, identity, invariance, monotone};
use linalg::{Level, Total};

fn model(x: &[f64], d: usize, rows: &[usize]) -> KMeans {
    let scales = Total::new(x, d, &[]).unwrap().scales;
    KMeans::new(rows.iter().flat_map(|&i| x[i * d..(i + 1) * d].to_vec()).collect(), scales, Level::detect())
}

fn cases() -> Vec<(Vec<f64>, usize, KMeans)> {
    let iris = datasets::builtin("iris", None).unwrap().x;
    let faithful = datasets::builtin("faithful", None).unwrap().x;
    let models = (model(&iris, 4, &[0, 1, 2]), model(&faithful, 2, &[0, 1]));
    vec![(iris, 4, models.0), (faithful, 2, models.1)]
}

#[test]
fn monotone_invariant_and_optimal() {
    for (x, d, model) in cases() {
        let rows = Rows::new(&x, d, &[]);
        monotone::monotone(&rows, model.clone(), 20);
        invariance::chunks(&rows, &model);
        invariance::threads(&rows, &model);
        invariance::weights(&x, d, &model);
        identity::m_step_is_optimal(&rows, &model);
        identity::fixed_point(&rows, model.clone());
        coordinates::round_trip(&rows, &model);
    }
}

#[test]
fn equivariant_under_rotation_scaling_and_translation() {
    let x = datasets::builtin("faithful", None).unwrap().x;
    let rows = Rows::new(&x, 2, &[]);
    let original = || model(&x, 2, &[0, 1]);
    equivariance::same_trace((&rows, original()), (&rows, model(&x, 2, &[1, 0])), 10, |j| j, 1.0);
    let rotated: Vec<f64> =
        x.chunks_exact(2).flat_map(|v| [0.6 * v[0] - 0.8 * v[1], 0.8 * v[0] + 0.6 * v[1]]).collect();
    let (data, other) = (Rows::new(&rotated, 2, &[]), model(&rotated, 2, &[0, 1]));
    equivariance::same_trace((&rows, original()), (&data, other), 10, |j| j, 10.0);
    let scaled: Vec<f64> = x.iter().map(|x| x * 4.0).collect();
    let (data, other) = (Rows::new(&scaled, 2, &[]), model(&scaled, 2, &[0, 1]));
    equivariance::same_trace((&rows, original()), (&data, other), 10, |j| j / 16.0, 1.0);
    let far: Vec<f64> = x.iter().map(|x| x + 1e8).collect();
    let near: Vec<f64> = far.iter().map(|x| x - 1e8).collect();
    let (a, b) = (model(&near, 2, &[0, 1]), model(&far, 2, &[0, 1]));
    equivariance::same_trace((&Rows::new(&near, 2, &[]), a), (&Rows::new(&far, 2, &[]), b), 10, |j| j, 1e4);
}

#[test]
fn a_duplicate_centre_loses_its_points_and_is_named() {
    let x = datasets::builtin("iris", None).unwrap().x;
    let fit = lloyd(&Rows::new(&x, 4, &[]), model(&x, 4, &[3, 90, 3])).unwrap();
    let Outcome::Failed(failure) = fit.outcome else { panic!("{:?}", fit.outcome) };
    assert_eq!((failure.iteration, failure.breakdown.component), (1, Some(2)));
    assert_eq!(failure.breakdown.kind, BreakdownKind::EmptyComponent { effective_count: 0.0 });
}

#[test]
fn a_fixed_point_is_one_to_the_last_bit() {
    let iris = datasets::builtin("iris", None).unwrap().x;
    let turned: Vec<f64> = iris.chunks_exact(4).flat_map(|row| [row[2], row[3], row[0], row[1]]).collect();
    for seed in 0..50 {
        let rows = [seed, seed + 37, seed + 90];
        let ends = [&iris, &turned].map(|x| lloyd(&Rows::new(x, 4, &[]), model(x, 4, &rows)).unwrap());
        assert_eq!(ends[0].e_passes, ends[1].e_passes, "{rows:?}");
        let again = lloyd(&Rows::new(&iris, 4, &[]), ends[0].model.clone()).unwrap();
        assert_eq!((again.iterations, again.objective), (1, ends[0].objective));
        assert_eq!(again.model.centres(), ends[0].model.centres());
    }
}
