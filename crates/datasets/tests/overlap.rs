//! Overlaps against closed forms and Monte Carlo; simulated mixtures have the overlap that was asked for.

use datasets::MixtureRecipe;
use datasets::overlap::{Overlap, OverlapError, OverlapRecipe};

/// x and Φ(x), from C's erfc.
const NORMAL: [(f64, f64); 4] =
    [(-0.25, 0.4012936743170763), (-0.5, 0.3085375387259869), (-1.0, 0.15865525393145707), (-2.0, 0.02275013194817922)];

fn mixture(weights: &[f64], means: &[&[f64]], covariances: &[&[&[f64]]]) -> MixtureRecipe {
    let means = means.iter().map(|mean| mean.to_vec()).collect();
    let covariances = covariances.iter().map(|c| c.iter().map(|row| row.to_vec()).collect()).collect();
    MixtureRecipe::new(1000, weights.to_vec(), means, covariances).unwrap()
}

#[test]
fn equal_weights_and_covariances_have_the_closed_form() {
    // ω = 2 Φ(−Δ/2); with Σ = [[2, 1], [1, 3]] the inverse is [[3, −1], [−1, 2]] / 5, so (1, 0) has Δ² = 3/5.
    let covariance: &[&[f64]] = &[&[2.0, 1.0], &[1.0, 3.0]];
    for (half, phi) in NORMAL {
        let along = 2.0 * -half / (0.6_f64).sqrt();
        let two = mixture(&[0.5, 0.5], &[&[0.0, 7.0], &[along, 7.0]], &[covariance, covariance]);
        let overlap = Overlap::of(&two);
        assert!((overlap.pair(0, 1) - 2.0 * phi).abs() < 1e-11, "{} and {}", overlap.pair(0, 1), 2.0 * phi);
        assert!((overlap.misclassified(0, 1) - phi).abs() < 1e-11);
        assert_eq!(overlap.average(), overlap.maximum());
    }
}

#[test]
fn weights_move_the_border() {
    // Unit variances, means 0 and 2, weights 0.8 and 0.2: the border is at 1 + log(4)/2.
    let unit: &[&[f64]] = &[&[1.0]];
    let overlap = Overlap::of(&mixture(&[0.8, 0.2], &[&[0.0], &[2.0]], &[unit, unit]));
    // Φ(−1.6931471805599454), Φ(1.6931471805599454 − 2), from C's erfc.
    assert!((overlap.misclassified(0, 1) - 0.045213727790224145).abs() < 1e-11, "{}", overlap.misclassified(0, 1));
    assert!((overlap.misclassified(1, 0) - 0.37947770112008494).abs() < 1e-11, "{}", overlap.misclassified(1, 0));
}

#[test]
fn unequal_covariances_agree_with_monte_carlo() {
    let three = mixture(
        &[0.5, 0.3, 0.2],
        &[&[0.0, 0.0, 0.0], &[1.5, 0.5, 0.0], &[0.0, 1.0, 2.0]],
        &[
            &[&[1.0, 0.3, 0.0], &[0.3, 0.5, 0.1], &[0.0, 0.1, 2.0]],
            &[&[0.4, -0.2, 0.0], &[-0.2, 1.0, 0.0], &[0.0, 0.0, 0.6]],
            &[&[1.0, 0.0, 0.0], &[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0]],
        ],
    );
    let overlap = Overlap::of(&three);
    let many =
        MixtureRecipe::new(200_000, three.weights().to_vec(), three.means().to_vec(), three.covariances().to_vec());
    let sample = many.unwrap().draw([3; 32]);
    let truth = &sample.truth.as_ref().unwrap().labels;
    let score =
        |k: usize, x: &[f64]| three.weights()[k].ln() + log_density(&three.means()[k], &three.covariances()[k], x);
    for i in 0..3 {
        for j in (0..3).filter(|&j| j != i) {
            let rows = (0..sample.n).filter(|&row| truth[row] as usize == i);
            let (mut wrong, mut all) = (0.0, 0.0);
            for row in rows {
                all += 1.0;
                wrong += f64::from(u8::from(score(i, sample.row(row)) < score(j, sample.row(row))));
            }
            let (share, exact) = (wrong / all, overlap.misclassified(i, j));
            // Four standard errors; the seed is fixed.
            let error = (exact * (1.0 - exact) / all).sqrt();
            assert!((share - exact).abs() < 4.0 * error, "{j} for {i}: {share} of {all}, computed {exact}");
        }
    }
}

/// Up to the constant; by Gaussian elimination, independent of the crate's factors.
fn log_density(mean: &[f64], covariance: &[Vec<f64>], x: &[f64]) -> f64 {
    let d = mean.len();
    let mut a: Vec<Vec<f64>> = covariance.to_vec();
    let mut rhs: Vec<f64> = x.iter().zip(mean).map(|(x, m)| x - m).collect();
    let deviation = rhs.clone();
    let mut log_determinant = 0.0;
    for p in 0..d {
        log_determinant += a[p][p].ln();
        for row in p + 1..d {
            let factor = a[row][p] / a[p][p];
            for column in p..d {
                a[row][column] -= factor * a[p][column];
            }
            rhs[row] -= factor * rhs[p];
        }
    }
    for p in (0..d).rev() {
        let known: f64 = (p + 1..d).map(|column| a[p][column] * rhs[column]).sum();
        rhs[p] = (rhs[p] - known) / a[p][p];
    }
    -0.5 * (log_determinant + deviation.iter().zip(&rhs).map(|(a, b)| a * b).sum::<f64>())
}

fn recipe() -> OverlapRecipe {
    OverlapRecipe {
        components: 4,
        d: 3,
        average: Some(0.02),
        maximum: None,
        eccentricity: 0.9,
        spherical: false,
        homogeneous: false,
        smallest_weight: None,
    }
}

#[test]
fn simulated_mixtures_have_the_overlap_that_was_asked_for() {
    let recipes = [
        recipe(),
        OverlapRecipe { average: None, maximum: Some(0.1), ..recipe() },
        OverlapRecipe { average: Some(0.02), maximum: Some(0.06), ..recipe() },
        OverlapRecipe { spherical: true, smallest_weight: Some(0.05), ..recipe() },
        OverlapRecipe { homogeneous: true, d: 1, components: 3, ..recipe() },
        OverlapRecipe { components: 2, average: Some(0.3), maximum: Some(0.3), ..recipe() },
    ];
    for (i, recipe) in recipes.into_iter().enumerate() {
        for seed in 1..4 {
            let mixture = recipe.mixture(100, [seed; 32]).unwrap();
            assert_eq!(mixture, recipe.mixture(100, [seed; 32]).unwrap());
            let overlap = Overlap::of(&mixture);
            for (target, reached) in [(recipe.average, overlap.average()), (recipe.maximum, overlap.maximum())] {
                if let Some(target) = target {
                    assert!(
                        (reached / target - 1.0).abs() < 1e-6,
                        "recipe {i}, seed {seed}: {reached}, asked {target}"
                    );
                }
            }
            assert!(mixture.weights().iter().all(|&w| w >= recipe.smallest_weight.unwrap_or(0.0)));
            if recipe.homogeneous {
                assert_eq!(mixture.covariances()[0], mixture.covariances()[1]);
            }
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_field() {
    let fault = |recipe: OverlapRecipe| recipe.mixture(10, [1; 32]).unwrap_err();
    let cases = [
        (OverlapRecipe { components: 1, ..recipe() }, Some("k")),
        (OverlapRecipe { d: 0, ..recipe() }, Some("d")),
        (OverlapRecipe { average: None, ..recipe() }, None),
        (OverlapRecipe { average: Some(1.0), ..recipe() }, Some("average")),
        (OverlapRecipe { average: None, maximum: Some(f64::NAN), ..recipe() }, Some("maximum")),
        (OverlapRecipe { maximum: Some(0.01), ..recipe() }, Some("average")),
        (OverlapRecipe { maximum: Some(0.03), homogeneous: true, ..recipe() }, Some("average")),
        (OverlapRecipe { eccentricity: 1.0, ..recipe() }, Some("eccentricity")),
        (OverlapRecipe { smallest_weight: Some(0.3), ..recipe() }, Some("smallest-weight")),
    ];
    for (recipe, field) in cases {
        assert_eq!(fault(recipe).field(), field, "{recipe:?}");
    }
    // However large the covariances are, those of unlike shape keep telling components apart.
    let too_much = OverlapRecipe { average: Some(0.99), ..recipe() };
    assert!(matches!(fault(too_much), OverlapError::Unattainable { .. }));
}
