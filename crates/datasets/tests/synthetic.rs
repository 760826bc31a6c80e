//! Draws: reproducible, in the documented order, with the moments of the recipe. Recipes: every fault is named.

use datasets::recipe_error::Place;
use datasets::{MixtureRecipe, RecipeError};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

fn diagonal(variances: &[f64]) -> Vec<Vec<f64>> {
    let row = |i: usize| (0..variances.len()).map(|j| if i == j { variances[i] } else { 0.0 }).collect();
    (0..variances.len()).map(row).collect()
}

fn round(n: usize) -> MixtureRecipe {
    let means = vec![vec![5.0, 1.0], vec![1.0, 4.0]];
    MixtureRecipe::new(n, vec![0.5; 2], means, vec![diagonal(&[0.5, 0.5]); 2]).unwrap()
}

fn stretched(n: usize) -> MixtureRecipe {
    let means = vec![vec![5.0, 1.0], vec![1.0, 4.0]];
    MixtureRecipe::new(n, vec![0.95, 0.05], means, vec![diagonal(&[1.5, 0.1]), diagonal(&[0.8, 0.8])]).unwrap()
}

fn blocks(n: usize) -> MixtureRecipe {
    let means = [-3.0, 3.0, 10.0, 97.0, 103.0, 110.0].map(|mean| vec![mean]).to_vec();
    MixtureRecipe::new(n, vec![1.0 / 6.0; 6], means, vec![diagonal(&[1.0]); 6]).unwrap()
}

fn correlated(n: usize) -> MixtureRecipe {
    let covariance = vec![vec![4.0, 1.2, -0.6], vec![1.2, 1.0, 0.1], vec![-0.6, 0.1, 0.25]];
    let means = vec![vec![1.0, -2.0, 1e3], vec![0.0, 0.0, 0.0], vec![-1.0, 2.0, 0.0]];
    MixtureRecipe::new(n, vec![0.7, 0.0, 0.3], means, vec![covariance.clone(), diagonal(&[1.0; 3]), covariance])
        .unwrap()
}

#[test]
fn a_draw_has_the_shape_of_its_recipe() {
    for (recipe, n, d, components) in [(round(500), 500, 2, 2), (stretched(500), 500, 2, 2), (blocks(600), 600, 1, 6)] {
        let sample = recipe.draw([1; 32]);
        assert_eq!((sample.n, sample.d, sample.x.len()), (n, d, n * d));
        assert_eq!(sample.columns, ["x1", "x2"][..d]);
        let truth = sample.truth.unwrap();
        assert_eq!(
            (truth.labels.len(), truth.names),
            (n, ["A", "B", "C", "D", "E", "F"][..components].iter().map(ToString::to_string).collect())
        );
    }
}

#[test]
fn draws_are_pinned() {
    let seed = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let pinned: [(MixtureRecipe, &[f64], &str); 3] = [
        (
            round(500),
            &[4.620993812714773, 0.864497683943315],
            "b78dd32f3a224996c85b16804535044a61c940dab0ab7d9138fdfd991ca45692",
        ),
        (
            stretched(500),
            &[4.343542027239021, 0.9394015220377182],
            "7e7171c035cdafce567a9a41114ee24e23b9c829a774ad29d620dd69d04a2589",
        ),
        (blocks(600), &[9.464004309717915], "d636a7a562fe17128812b409bcf9c3416020b5b242bb1278587e26df2979b51f"),
    ];
    for (recipe, first_row, fingerprint) in pinned {
        let sample = recipe.draw(seed);
        assert_eq!((sample.row(0), sample.fingerprint.to_string().as_str()), (first_row, fingerprint));
    }
}

#[test]
fn equal_seeds_give_equal_draws_and_others_do_not() {
    assert_eq!(round(50).draw([3; 32]), round(50).draw([3; 32]));
    assert_ne!(round(50).draw([3; 32]).fingerprint, round(50).draw([4; 32]).fingerprint);
    let (short, long) = (round(50).draw([3; 32]), round(80).draw([3; 32]));
    assert_eq!(short.x, long.x[..short.x.len()]);
}

#[test]
fn the_order_of_random_numbers_is_the_documented_one() {
    // Σ = [[4, 2], [2, 2]] has L = [[2, 0], [1, 1]], exactly.
    let covariance = vec![vec![4.0, 2.0], vec![2.0, 2.0]];
    let means = [[0.0, 8.0], [-16.0, 1.0]];
    let recipe =
        MixtureRecipe::new(40, vec![0.25, 0.75], means.map(|mean| mean.to_vec()).to_vec(), vec![covariance; 2])
            .unwrap();
    let sample = recipe.draw([9; 32]);
    let mut generator = ChaCha8Rng::from_seed([9; 32]);
    for i in 0..40 {
        let u: f64 = generator.random();
        let component = usize::from(u >= 0.25);
        let (first, second): (f64, f64) = (generator.sample(StandardNormal), generator.sample(StandardNormal));
        let mean = means[component];
        assert_eq!(sample.row(i), [mean[0] + 2.0 * first, mean[1] + (first + second)]);
        assert_eq!(sample.truth.as_ref().unwrap().labels[i] as usize, component);
    }
}

#[test]
fn moments_within_each_component_approach_the_recipe() {
    for recipe in [round(200_000), stretched(200_000), blocks(200_000), correlated(200_000)] {
        let sample = recipe.draw([5; 32]);
        let (n, d) = (sample.n as f64, sample.d);
        let labels = &sample.truth.as_ref().unwrap().labels;
        for (k, &weight) in recipe.weights().iter().enumerate() {
            let rows: Vec<&[f64]> = (0..sample.n).filter(|&i| labels[i] as usize == k).map(|i| sample.row(i)).collect();
            let count = rows.len() as f64;
            assert!((count / n - weight).abs() <= 5.0 * (weight * (1.0 - weight) / n).sqrt(), "weight {k}: {count}");
            if weight == 0.0 {
                continue;
            }
            let (mean, covariance) = (&recipe.means()[k], &recipe.covariances()[k]);
            for i in 0..d {
                let found = rows.iter().map(|row| row[i]).sum::<f64>() / count;
                assert!((found - mean[i]).abs() < 5.0 * (covariance[i][i] / count).sqrt(), "mean {k} {i}: {found}");
                for j in 0..d {
                    let found = rows.iter().map(|row| (row[i] - mean[i]) * (row[j] - mean[j])).sum::<f64>() / count;
                    // Var[(x_i − μ_i)(x_j − μ_j)] = Σ_ii Σ_jj + Σ_ij² for normal variables.
                    let variance = covariance[i][i] * covariance[j][j] + covariance[i][j] * covariance[i][j];
                    let distance = (found - covariance[i][j]).abs();
                    assert!(distance < 5.0 * (variance / count).sqrt(), "covariance {k} {i} {j}: {found}");
                }
            }
        }
    }
}

#[test]
fn many_components_have_different_names() {
    let recipe = MixtureRecipe::new(1, vec![1.0 / 60.0; 60], vec![vec![0.0]; 60], vec![diagonal(&[1.0]); 60]).unwrap();
    let mut names = recipe.draw([0; 32]).truth.unwrap().names;
    assert_eq!((names[25].as_str(), names[26].as_str(), names[59].as_str()), ("Z", "A1", "H2"));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 60);
}

/// The parts of a recipe that is right, to be spoiled one at a time.
struct Parts {
    n: usize,
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<Vec<f64>>>,
}

fn fault(spoil: impl FnOnce(&mut Parts)) -> RecipeError {
    let mut parts = Parts {
        n: 10,
        weights: vec![0.25, 0.75],
        means: vec![vec![5.0, 1.0], vec![1.0, 4.0]],
        covariances: vec![diagonal(&[1.0, 2.0]); 2],
    };
    spoil(&mut parts);
    MixtureRecipe::new(parts.n, parts.weights, parts.means, parts.covariances).unwrap_err()
}

#[test]
fn faults_of_size_and_shape_are_named() {
    assert_eq!(fault(|parts| parts.n = 0), RecipeError::NoRows);
    let largest = u32::MAX as usize;
    assert_eq!(fault(|parts| parts.n = largest + 1), RecipeError::TooManyRows { n: largest + 1, largest });
    assert_eq!(fault(|parts| parts.weights.clear()), RecipeError::NoComponents);
    assert_eq!(fault(|parts| drop(parts.means.pop())), RecipeError::MeanCount { found: 1, expected: 2 });
    assert_eq!(fault(|parts| parts.covariances.clear()), RecipeError::CovarianceCount { found: 0, expected: 2 });
    assert_eq!(fault(|parts| parts.means[0].clear()), RecipeError::NoFeatures);
    let longer = fault(|parts| parts.means[1].push(0.0));
    assert_eq!(longer, RecipeError::MeanLength { component: 1, found: 3, expected: 2 });
    let rows = fault(|parts| drop(parts.covariances[1].pop()));
    assert_eq!(rows, RecipeError::CovarianceRows { component: 1, found: 1, expected: 2 });
    let row = fault(|parts| parts.covariances[0][1].push(0.0));
    assert_eq!(row, RecipeError::CovarianceRowLength { component: 0, row: 1, found: 3, expected: 2 });
}

#[test]
fn faults_of_the_weights_are_named() {
    let sum = fault(|parts| parts.weights[0] = 0.3);
    assert!(matches!(sum, RecipeError::WeightSum { sum, .. } if (sum - 1.05).abs() < 1e-15));
    assert_eq!((sum.field(), sum.component()), ("weights", None));
    let negative = fault(|parts| parts.weights = vec![-0.5, 1.5]);
    assert_eq!(negative, RecipeError::NegativeWeight { component: 0, weight: -0.5 });
    assert_eq!(negative.to_string(), "weights[0] is -0.5; a weight must not be negative");
    assert!(matches!(fault(|parts| parts.weights[1] += 2e-9), RecipeError::WeightSum { .. }));
    let close = MixtureRecipe::new(1, vec![0.25, 0.75 + 5e-10], vec![vec![0.0]; 2], vec![diagonal(&[1.0]); 2]);
    assert!(close.is_ok());
}

#[test]
fn numbers_that_are_not_finite_are_located() {
    let nan = fault(|parts| parts.means[1][0] = f64::INFINITY);
    assert_eq!(nan, RecipeError::NonFinite { place: Place::Mean { component: 1, variable: 0 }, value: f64::INFINITY });
    assert_eq!((nan.field(), nan.component()), ("means", Some(1)));
    assert_eq!(fault(|parts| parts.weights[1] = f64::NAN).to_string(), "weights[1] is NaN; it must be finite");
    let entry = fault(|parts| parts.covariances[0][1][0] = f64::NAN);
    assert_eq!(
        (entry.to_string().as_str(), entry.field()),
        ("covariances[0][1][0] is NaN; it must be finite", "covariances")
    );
}

#[test]
fn an_asymmetric_covariance_names_the_entries() {
    let fault = fault(|parts| parts.covariances[1] = vec![vec![1.0, 0.3], vec![0.2, 1.0]]);
    assert_eq!(fault, RecipeError::NotSymmetric { component: 1, row: 0, column: 1, entry: 0.3, mirrored: 0.2 });
    assert_eq!(fault.to_string(), "covariances[1][0][1] is 0.3, but [1][0] is 0.2; a covariance is symmetric");
    assert_eq!((fault.field(), fault.component()), ("covariances", Some(1)));
    let rounded = vec![vec![1.0, 0.1 + 0.2], vec![0.3, 1.0]];
    assert!(MixtureRecipe::new(1, vec![1.0], vec![vec![0.0; 2]], vec![rounded]).is_ok());
}

#[test]
fn a_covariance_that_is_not_positive_definite_names_its_pivot() {
    let indefinite = fault(|parts| parts.covariances[1] = vec![vec![1.0, 2.0], vec![2.0, 1.0]]);
    let RecipeError::NotPositiveDefinite { component, variable, variance, pivot, .. } = indefinite else {
        panic!("{indefinite}")
    };
    assert_eq!((component, variable, variance, pivot), (1, 1, 1.0, -3.0));
    assert!(indefinite.to_string().starts_with("covariances[1] is not positive definite: "), "{indefinite}");
    assert!(indefinite.to_string().contains("variable 1 (variance 1) has conditional variance -3e0;"), "{indefinite}");
    for covariance in
        [[[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, -2.0]], [[1.0, 0.1], [0.1, 0.01]]]
    {
        let singular = fault(|parts| parts.covariances[0] = covariance.map(|row| row.to_vec()).to_vec());
        assert!(matches!(singular, RecipeError::NotPositiveDefinite { component: 0, .. }), "{singular}");
    }
    let units = MixtureRecipe::new(1, vec![1.0], vec![vec![0.0; 2]], vec![diagonal(&[1e-30, 1e30])]);
    assert!(units.is_ok(), "small variances are a matter of units");
}
