//! Lloyd's algorithm from given rows agrees with the reference (tests/reference/README.md).

use em::stop::{GainPerRow, MaxIterations};
use em::{Plain, Serial, Stopping, TraceRow};
use kmeans::{KMeans, lloyd, plus_plus};
use linalg::{Level, Total};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

#[test]
fn inertia_and_centres_from_given_rows() {
    let reference: Value = serde_json::from_str(include_str!("reference/kmeans.json")).unwrap();
    let iris = datasets::builtin("iris", None).unwrap();
    let total = Total::new(&iris.x, iris.d, &[]).unwrap();
    for case in reference["traces"].as_array().unwrap() {
        let centres: Vec<f64> = case["rows_1based"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| iris.row(usize::try_from(row.as_u64().unwrap() - 1).unwrap()).to_vec())
            .collect();
        let mut trace: Vec<TraceRow> = Vec::new();
        let mut stopping =
            Stopping::new().or(GainPerRow { threshold: 0.0, and_change: None }).or(MaxIterations { limit: 100 });
        let model = KMeans::new(centres, total.scales.clone(), Level::detect());
        let fit = em::fit(&iris.rows(), model, Serial::default(), &mut Plain, &mut stopping, &mut trace).unwrap();
        let expected = case["inertia"].as_array().unwrap();
        // The last iteration finds that nothing moves any more.
        assert_eq!(trace.len(), expected.len() + 1);
        for (row, expected) in trace.iter().zip(expected) {
            let expected = expected.as_f64().unwrap();
            assert!((-row.objective - expected).abs() < 1e-10 * expected);
            assert!(row.log_likelihood.is_none() && row.q_gain.is_none() && row.kl.is_none());
        }
        let centres = case["centres"].as_array().unwrap().iter().flat_map(|centre| centre.as_array().unwrap());
        for (ours, expected) in fit.model.centres().iter().zip(centres) {
            assert!((ours - expected.as_f64().unwrap()).abs() < 1e-12);
        }
        let labels = fit.model.assign(iris.rows().all());
        for (k, size) in case["sizes"].as_array().unwrap().iter().enumerate() {
            assert_eq!(labels.iter().filter(|&&label| label as usize == k).count() as u64, size.as_u64().unwrap());
        }
    }
}

#[test]
fn the_best_known_inertia_is_found() {
    // K = 2..5 on iris: 152.347951760358, 78.8514414261460, 57.2284732142857, 46.4461820512821.
    let iris = datasets::builtin("iris", None).unwrap();
    let total = Total::new(&iris.x, iris.d, &[]).unwrap();
    for (k, best) in [(2, 152.347951760358), (3, 78.8514414261460), (4, 57.2284732142857), (5, 46.4461820512821)] {
        let mut smallest = f64::INFINITY;
        for seed in 0..200 {
            let rows = plus_plus(&iris.x, 4, k, Level::detect(), &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
            let centres = rows.iter().flat_map(|&i| iris.row(i).to_vec()).collect();
            let fit = lloyd(&iris.rows(), KMeans::new(centres, total.scales.clone(), Level::detect())).unwrap();
            smallest = smallest.min(-fit.objective);
        }
        assert!((smallest - best).abs() < 1e-9 * best, "k = {k}: {smallest}");
    }
}
