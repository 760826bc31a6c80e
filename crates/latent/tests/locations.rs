//! Mixtures with unknown means only: the laws, and rates known from theory.

use em::rate::jacobian;
use em::{LatentModel, Rows, Serial};
use latent::classics::locations::Locations;
use laws::{coordinates, equivariance, identity, invariance, monotone};

/// Quantile-like rows of two clumps, without a generator.
fn clumps() -> Vec<f64> {
    let around = |centre: f64, i: u32| centre + 1.5 * (f64::from(i) * 0.7).sin() + 0.3 * (f64::from(i) * 2.3).cos();
    (0..60).map(|i| around(if i % 3 == 0 { 4.0 } else { 0.0 }, i)).collect()
}

#[test]
fn laws() {
    let x = clumps();
    let rows = Rows::new(&x, 1, &[]);
    let model = Locations::new(vec![-1.0, 1.0, 5.0]);
    monotone::monotone(&rows, model.clone(), 30);
    invariance::chunks(&rows, &model);
    invariance::threads(&rows, &model);
    invariance::weights(&x, 1, &model);
    identity::m_step_is_optimal(&rows, &model);
    identity::fixed_point(&rows, Locations::new(vec![0.0, 5.0]));
    coordinates::round_trip(&rows, &model);
    identity::decomposition(&rows, model.clone(), 20, |model, rows| {
        let posterior = |&x: &f64| {
            let joint: Vec<f64> = model.means().iter().map(|mean| (-0.5 * (x - mean) * (x - mean)).exp()).collect();
            let total: f64 = joint.iter().sum();
            joint.into_iter().map(move |p| p / total)
        };
        rows.all().x.iter().flat_map(posterior).collect()
    });
    // A translation that is exact in floating point, and another order of the components.
    let moved: Vec<f64> = x.iter().map(|x| x + 1024.0).collect();
    let exact: Vec<f64> = moved.iter().map(|x| x - 1024.0).collect();
    let there = Locations::new(vec![1029.0, 1023.0, 1025.0]);
    equivariance::same_trace((&Rows::new(&exact, 1, &[]), model), (&Rows::new(&moved, 1, &[]), there), 20, |l| l, 1.0);
}

#[test]
fn the_rates_are_those_of_theory() {
    // Two unit normals at separation 2, for infinitely many rows: a grid with the density as weight. By quadrature of the Fisher
    // information EM's rate is 0.44959950920795544; a symmetric pair moves along (1, −1) with E X tanh(X)'s derivative.
    let x: Vec<f64> = (-500..=500).map(|i| 0.02 * f64::from(i)).collect();
    let normal = |x: f64, mean: f64| (-0.5 * (x - mean) * (x - mean)).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let weight: Vec<f64> = x.iter().map(|&x| 0.02 * 0.5 * (normal(x, -1.0) + normal(x, 1.0))).collect();
    let rates = jacobian(&Rows::new(&x, 1, &weight), &Locations::new(vec![-1.0, 1.0]), Serial::default()).unwrap();
    assert!((rates.spectral_radius() - 0.44959950920795544).abs() < 1e-9, "{rates:?}");
    assert!((rates.entry(0, 0) - rates.entry(0, 1) - 0.2660883276039366).abs() < 1e-9, "{rates:?}");
}

#[test]
fn a_component_without_rows_breaks_down() {
    let model = Locations::new(vec![0.0, 1e9]);
    let x = [0.5, -0.5];
    let mut stats = vec![0.0; 4];
    model.accumulate(Rows::new(&x, 1, &[]).all(), &mut stats, &mut model.scratch(2));
    let error = model.maximize(&stats, &mut model.clone()).unwrap_err();
    assert_eq!((error.component, error.kind.name()), (Some(1), "empty_component"));
}
