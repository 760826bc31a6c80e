//! The rate of EM from the Jacobian of its map, against the Fisher information by quadrature and against traces.

mod support;

use em::rate::{Jacobian, jacobian};
use em::stop::{GainPerRow, MaxIterations};
use em::{Plain, Rows, Serial, Stopping};
use linalg::{Level, Total};
use mixture::{Constraint, Full, Mixture, MixtureParameters, Reference, Structure};
use std::sync::Arc;

/// EM's Jacobian at a mixture of two unit normals at 0 and `separation`, for infinitely many rows: a grid of points weighted with
/// the density. The trapezoidal rule is exact to rounding here.
fn population(first_weight: f64, separation: f64) -> Jacobian {
    let step = 0.01;
    let x: Vec<f64> = (-1000..=1000).map(|i| separation / 2.0 + step * f64::from(i)).collect();
    let density = |x: f64| {
        let normal = |mean: f64| (-0.5 * (x - mean) * (x - mean)).exp() / (2.0 * std::f64::consts::PI).sqrt();
        first_weight * normal(0.0) + (1.0 - first_weight) * normal(separation)
    };
    let weight: Vec<f64> = x.iter().map(|&x| step * density(x)).collect();
    let parameters = MixtureParameters {
        weights: vec![first_weight, 1.0 - first_weight],
        means: vec![0.0, separation],
        covariances: vec![1.0, 1.0],
    };
    let reference = Arc::new(Reference::new(Total::new(&x, 1, &weight).unwrap()));
    let (emission, _) = Full::from_parameters(&parameters, &reference, Constraint::None, Level::detect()).unwrap();
    jacobian(&Rows::new(&x, 1, &weight), &Mixture::new(parameters.weights, emission), Serial::default()).unwrap()
}

#[test]
fn two_normals_have_the_rates_of_their_fisher_information() {
    // Coordinates: log-odds of the weights, two means, two log standard deviations.
    let cases = [
        (0.5, 0.9949081041216784, 0.8991990184135804, 0.44959950920795544),
        (0.3, 0.9953216859873808, 0.9060794390298766, 0.4611784563456559),
    ];
    for (weight, all, weights_and_means, means) in cases {
        let rates = population(weight, 2.0);
        for (free, expected) in [(&[0, 1, 2, 3, 4][..], all), (&[0, 1, 2], weights_and_means), (&[1, 2], means)] {
            let rate = rates.restricted(free).spectral_radius();
            assert!((rate - expected).abs() < 1e-8, "weight {weight}, coordinates {free:?}: {rate}, not {expected}");
        }
    }
    // The symmetric pair at ±1 moves along (1, −1).
    let rates = population(0.5, 2.0);
    let pair = rates.entry(1, 1) - rates.entry(1, 2);
    assert!((pair - 0.2660883276039366).abs() < 1e-9, "{pair}");
}

#[test]
fn iris_slows_down_to_the_rate_of_its_jacobian() {
    let iris = support::iris();
    let total = Total::new(&iris.x, 4, &[]).unwrap();
    let mut parameters = MixtureParameters { weights: vec![1.0 / 3.0; 3], means: vec![], covariances: vec![] };
    for row in [0, 50, 100] {
        parameters.means.extend(iris.row(row));
        parameters.covariances.extend((0..16).map(|at| if at % 5 == 0 { 1.0 } else { 0.0 }));
    }
    let reference = Arc::new(Reference::new(total));
    let (emission, _) = Full::from_parameters(&parameters, &reference, Constraint::None, Level::detect()).unwrap();
    let mut stopping =
        Stopping::new().or(GainPerRow { threshold: 1e-15, and_change: None }).or(MaxIterations { limit: 500 });
    let mut trace: Vec<em::TraceRow> = Vec::new();
    let rows = Rows::new(&iris.x, 4, &[]);
    let model = Mixture::new(parameters.weights, emission);
    let fit = em::fit(&rows, model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
    let rate = jacobian(&rows, &fit.model, Serial::default()).unwrap().spectral_radius();
    assert!((rate - 0.5655).abs() < 5e-5, "{rate}");
    let last = trace.iter().rposition(|row| row.step_norm.is_some_and(|step| step > 1e-7)).unwrap();
    let ratio = trace[last].step_norm.unwrap() / trace[last - 1].step_norm.unwrap();
    assert!((ratio - rate).abs() < 1e-4, "steps shrink by {ratio}, the Jacobian says {rate}");
}
