//! A fitted mixture that is written down is the same mixture when it is read back, and does what the model did.

mod support;

use linalg::Level;
use mixture::{Constraint, FittedError, FittedMixture, Full, Gaussian, Mixture, Structure, gaussian::structure as s};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use support::{iris, model};

fn fitted<S: Structure>(structure: &str) -> (Mixture<S>, FittedMixture) {
    let iris = iris();
    let (model, trace) = laws::run(&iris.rows(), model::<S>(&iris.x, 4, &[0, 50, 100], Constraint::None), 60);
    let kept = FittedMixture {
        structure: structure.to_owned(),
        columns: iris.columns.clone(),
        n: 150,
        log_likelihood: trace.last().unwrap().objective,
        parameters: model.parameters(),
    };
    (model, kept)
}

fn predicts_as_the_model<S: Structure>(name: &str) {
    let iris = iris();
    let (model, kept) = fitted::<S>(name);
    let (level, rows) = (Level::detect(), iris.rows());
    assert_eq!(kept.predict(&iris.x, level).unwrap(), model.assign(rows.all()));
    let (ours, theirs) = (kept.responsibilities(&iris.x, level).unwrap(), model.responsibilities(rows.all()));
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-11));
    assert!(ours.chunks_exact(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-14));
    // The densities of its rows add up to the log-likelihood of the fit's last row.
    let sum: f64 = kept.log_density(&iris.x, level).unwrap().iter().sum();
    assert!((sum - kept.log_likelihood).abs() < 1e-9 * sum.abs(), "{sum} but {}", kept.log_likelihood);
    let start = kept.start().unwrap();
    assert_eq!((start.parameters, start.passes), (kept.parameters, 0));
}

#[test]
fn predictions_and_scores() {
    predicts_as_the_model::<Full>("full");
    predicts_as_the_model::<Gaussian<s::Eee>>("tied");
    predicts_as_the_model::<Gaussian<s::Vvi>>("diag");
    predicts_as_the_model::<Gaussian<s::Vii>>("spherical");
    predicts_as_the_model::<Gaussian<s::Vev>>("VEV");
}

#[test]
fn nothing_is_lost_in_writing() {
    let (_, kept) = fitted::<Full>("full");
    let json = serde_json::to_string_pretty(&kept).unwrap();
    assert_eq!(serde_json::from_str::<FittedMixture>(&json).unwrap(), kept);
    let text = toml::to_string(&kept).unwrap();
    assert_eq!(toml::from_str::<FittedMixture>(&text).unwrap(), kept);
    let unknown = text.replace("structure =", "structures =");
    assert!(toml::from_str::<FittedMixture>(&unknown).unwrap_err().to_string().contains("structures"));
}

/// Shares, means and covariances of 200,000 draws, each within five standard errors of the mixture's.
#[test]
fn draws_have_the_moments_of_the_mixture() {
    let (_, kept) = fitted::<Full>("full");
    let n = 200_000;
    let draw = kept.sample(n, &mut ChaCha8Rng::seed_from_u64(7)).unwrap();
    assert_eq!((draw.x.len(), draw.labels.len()), (4 * n, n));
    for k in 0..3 {
        let (mean, covariance) = (kept.parameters.mean(k), kept.parameters.covariance(k));
        let rows: Vec<&[f64]> = (0..n)
            .filter(|&i| draw.labels[i] == u32::try_from(k).unwrap())
            .map(|i| &draw.x[4 * i..4 * i + 4])
            .collect();
        let count = rows.len() as f64;
        let weight = kept.parameters.weights[k];
        assert!((count / n as f64 - weight).abs() < 5.0 * (weight * (1.0 - weight) / n as f64).sqrt());
        for a in 0..4 {
            let average = rows.iter().map(|row| row[a]).sum::<f64>() / count;
            assert!((average - mean[a]).abs() < 5.0 * (covariance[5 * a] / count).sqrt());
            for b in 0..4 {
                let product = |row: &&[f64]| (row[a] - mean[a]) * (row[b] - mean[b]);
                let found = rows.iter().map(product).sum::<f64>() / count;
                // Var of the product for a normal vector: σ_aa σ_bb + σ_ab².
                let error = ((covariance[5 * a] * covariance[5 * b] + covariance[4 * a + b].powi(2)) / count).sqrt();
                assert!((found - covariance[4 * a + b]).abs() < 5.0 * error);
            }
        }
    }
    let again = kept.sample(n, &mut ChaCha8Rng::seed_from_u64(7)).unwrap();
    assert_eq!(again, draw);
}

#[test]
fn damage_is_named() {
    let (_, kept) = fitted::<Full>("full");
    let level = Level::detect();
    let broken = |change: &dyn Fn(&mut FittedMixture)| {
        let mut broken = kept.clone();
        change(&mut broken);
        broken.predict(&[1.0; 8], level).unwrap_err().to_string()
    };
    let message = broken(&|m| m.parameters.weights[1] = -0.1);
    assert!(message.contains("damaged") && message.contains("component 1 is -0.1"), "{message}");
    let message = broken(&|m| m.parameters.covariances[1] += 1.0);
    assert!(message.contains("not symmetric"), "{message}");
    let message = broken(&|m| drop(m.columns.pop()));
    assert!(message.contains("12 means given; 9 are needed"), "{message}");
    // Symmetric but indefinite: there is no density.
    let mut indefinite = kept.clone();
    indefinite.parameters.covariances[0] = -1.0;
    assert!(matches!(indefinite.model(level), Err(FittedError::Breakdown(_))));
    assert!(matches!(kept.predict(&[1.0; 7], level), Err(FittedError::Shape { values: 7, features: 4 })));
    // A density that underflows is −∞ and belongs to somebody all the same.
    assert_eq!(kept.log_density(&[1e200; 4], level).unwrap(), [f64::NEG_INFINITY]);
}
