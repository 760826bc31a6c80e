//! What every start keeps: its shapes, its seed, the units and order of columns, the counting of passes and of weights.

mod support;

use datasets::Sample;
use em::{BreakdownKind, Rows};
use linalg::{Level, Total};
use mixture::start::{
    Cem, EmEm, Perturbation, PointCovariance, RndEm, Search, Seeding, Sem, Start, StartError, Truth, cem, em_em,
    given_labels, given_parameters, given_responsibilities, k_means_partition, perturbed, plus_plus_points, points_in,
    random_partition, random_points, random_responsibilities, rnd_em, sem, truth,
};
use mixture::{Full, MixtureParameters, Reference};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use support::{faithful, iris};

const K: usize = 3;

/// All kinds of start by name. `oracle` stands in for what a user or the truth would state: labels of the rows.
const ALL: [&str; 17] = [
    "random-points",
    "random-points identity",
    "random-points pooled",
    "rows",
    "random-responsibilities",
    "random-partition",
    "k-means++",
    "k-means++-greedy",
    "k-means",
    "em-em",
    "rnd-em",
    "cem",
    "sem",
    "labels",
    "responsibilities",
    "truth",
    "perturbed",
];

/// Starts without a choice of chance: they follow the rows wherever these go.
const DETERMINISTIC: [&str; 4] = ["rows", "labels", "responsibilities", "truth"];

/// Data, weights, the labels of an oracle and three named rows.
#[derive(Clone)]
struct Case {
    x: Vec<f64>,
    d: usize,
    weight: Vec<f64>,
    labels: Vec<u32>,
    rows: [usize; K],
}

impl Case {
    fn new(sample: &Sample, labels: Vec<u32>, rows: [usize; K]) -> Self {
        Self { x: sample.x.clone(), d: sample.d, weight: Vec::new(), labels, rows }
    }

    fn n(&self) -> usize {
        self.labels.len()
    }

    fn search(&self, covariance: PointCovariance) -> Search<'_> {
        let data = Rows::new(&self.x, self.d, &self.weight);
        let total = Total::new(&self.x, self.d, &self.weight).unwrap();
        Search { data, components: K, covariance, reference: Arc::new(Reference::new(total)), level: Level::detect() }
    }

    fn make(&self, name: &str, seed: u64) -> Result<Start, StartError> {
        let rows = Rows::new(&self.x, self.d, &self.weight);
        let data = rows.all();
        let total = Total::new(&self.x, self.d, &self.weight).unwrap();
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let level = Level::detect();
        let search = |covariance| self.search(covariance);
        let parameters = || given_labels(data, K, &self.labels).map(|start| start.parameters);
        match name {
            "random-points" => random_points(data, K, PointCovariance::Total, &total, rng),
            "random-points identity" => random_points(data, K, PointCovariance::Identity, &total, rng),
            "random-points pooled" => random_points(data, K, PointCovariance::PooledNearest, &total, rng),
            "rows" => Ok(points_in(data, &self.rows, PointCovariance::TotalPerComponent, &total)),
            "random-responsibilities" => random_responsibilities(data, K, rng),
            "random-partition" => random_partition(data, K, rng),
            "k-means++" => plus_plus_points(data, K, Seeding::Plain, PointCovariance::Total, &total, level, rng),
            "k-means++-greedy" => {
                plus_plus_points(data, K, Seeding::Greedy, PointCovariance::Total, &total, level, rng)
            }
            "k-means" => k_means_partition(&rows, K, &total, level, rng),
            "em-em" => em_em::<Full>(&search(PointCovariance::Total), EmEm { runs: 3, ..EmEm::default() }, rng)
                .map(|found| found.start),
            "rnd-em" => {
                rnd_em::<Full>(&search(PointCovariance::Total), RndEm { runs: 7 }, rng).map(|found| found.start)
            }
            "cem" => cem::<Full>(&search(PointCovariance::Total), Cem { runs: 4, max_iterations: 50 }, rng)
                .map(|found| found.start),
            "sem" => sem::<Full>(&search(PointCovariance::Total), Sem { runs: 2, iterations: 12 }, rng)
                .map(|found| found.start),
            "labels" => given_labels(data, K, &self.labels),
            "responsibilities" => {
                let soft = |label: u32| (0..K).map(move |c| if c == label as usize { 0.8 } else { 0.1 });
                given_responsibilities(data, K, &self.labels.iter().flat_map(|&l| soft(l)).collect::<Vec<f64>>())
            }
            "truth" => truth(data, K, Truth::Labels(&self.labels)),
            "perturbed" => perturbed(&parameters()?, Perturbation { shift: 0.5, spread: 0.1 }, rng),
            _ => unreachable!("{name}"),
        }
    }

    /// Row `order[i]` becomes row i.
    fn rows_in_order(&self, order: &[usize]) -> Self {
        let place = |row: usize| order.iter().position(|&other| other == row).unwrap();
        Self {
            x: order.iter().flat_map(|&i| &self.x[i * self.d..(i + 1) * self.d]).copied().collect(),
            d: self.d,
            weight: order.iter().filter_map(|&i| self.weight.get(i)).copied().collect(),
            labels: order.iter().map(|&i| self.labels[i]).collect(),
            rows: self.rows.map(place),
        }
    }

    /// Column `order[j]` becomes column j.
    fn columns_in_order(&self, order: &[usize]) -> Self {
        let x = self.x.chunks_exact(self.d).flat_map(|row| order.iter().map(|&j| row[j])).collect();
        Self { x, ..self.clone() }
    }
}

fn iris_case() -> Case {
    let iris = iris();
    let labels = iris.truth.as_ref().unwrap().labels.clone();
    Case::new(&iris, labels, [4, 70, 131])
}

fn faithful_case() -> Case {
    let faithful = faithful();
    let labels = (0..faithful.n).map(|i| if faithful.x[2 * i] < 3.0 { 0 } else { 1 + u32::from(i % 3 == 0) }).collect();
    Case::new(&faithful, labels, [1, 0, 60])
}

/// Largest difference of two starts' parameters, relative to the larger of 1 and their size.
fn distance(a: &MixtureParameters, b: &MixtureParameters) -> f64 {
    let of = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(1.0)).fold(0.0, f64::max)
    };
    of(&a.weights, &b.weights).max(of(&a.means, &b.means)).max(of(&a.covariances, &b.covariances))
}

#[test]
fn shapes_and_seeds() {
    for case in [iris_case(), faithful_case()] {
        for name in ALL {
            for seed in 0..8 {
                // Chains of SEM and short runs may all break down: that is an answer, too.
                let start = match case.make(name, seed) {
                    Ok(start) => start,
                    Err(StartError::EveryRunFailed { .. }) => continue,
                    Err(error) => panic!("{name}: {error}"),
                };
                let p = &start.parameters;
                assert_eq!((p.components(), p.dimension(), p.covariances.len()), (K, case.d, K * case.d * case.d));
                assert!((p.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{name}");
                // The start states a model: given back by hand it is accepted as it is.
                let again = given_parameters(p.clone(), K, case.d).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(again.parameters, *p);
                for k in 0..K {
                    let spectrum = linalg::diagnosis::spectrum(p.covariance(k), case.d).unwrap();
                    assert!(spectrum.smallest() > 0.0, "{name}: component {k}");
                }
                if let Some(labels) = &start.labels {
                    assert!(labels.len() == case.n() && labels.iter().all(|&l| (l as usize) < K), "{name}");
                }
                assert_eq!(case.make(name, seed).unwrap(), start, "{name}: the seed decides everything");
            }
            let first = case.make(name, 100).unwrap().parameters;
            let differs = (101..108).any(|seed| case.make(name, seed).is_ok_and(|start| start.parameters != first));
            // k-means comes to the same partition from most seeds, CEM's best of four to the same end.
            if !["k-means", "cem"].contains(&name) {
                assert_eq!(differs, !DETERMINISTIC.contains(&name), "{name}");
            }
        }
    }
}

/// Exact counts where they are known, bounds where the end of a run decides.
#[test]
fn passes_are_counted() {
    let case = iris_case();
    let passes = |name| case.make(name, 1).unwrap().passes;
    for (name, expected) in [
        ("random-points", 0),
        ("random-points identity", 0),
        ("random-points pooled", 1),
        ("rows", 0),
        ("random-responsibilities", 1),
        ("random-partition", 1),
        // Two draws of n distances each in units of 3n: 2/3, rounded up; greedy tries three rows each time.
        ("k-means++", 1),
        ("k-means++-greedy", 2),
        ("rnd-em", 7),
        ("labels", 1),
        ("responsibilities", 1),
        ("truth", 1),
        ("perturbed", 0),
    ] {
        assert_eq!(passes(name), expected, "{name}");
    }
    assert!(passes("k-means") >= 4);
    assert!(passes("em-em") >= 3 * 2);
    assert!(passes("cem") >= 4 * 2);
    assert!((2..=26).contains(&passes("sem")));
}

/// A chain whose component draws too few rows ends there and is no worse than where it began.
#[test]
fn a_chain_that_breaks_keeps_what_it_visited() {
    let case = iris_case();
    let mut broken = 0;
    for seed in 0..40 {
        let search = case.search(PointCovariance::Total);
        let found = |iterations| {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            sem::<Full>(&search, Sem { runs: 1, iterations }, rng).unwrap()
        };
        let (begin, end) = (found(0), found(100));
        assert!(end.criterion >= begin.criterion && end.failed == 0, "seed {seed}");
        broken += usize::from(end.start.passes < begin.start.passes + 100);
    }
    assert!((1..40).contains(&broken), "{broken} of 40 chains broke");
}

/// What is drawn are rows, never columns, so the order of columns is the order of columns of the start. Not so for
/// `perturbed`, whose direction is drawn in the coordinates of the Cholesky factor.
#[test]
fn columns_keep_their_places() {
    let case = iris_case();
    let order = [2, 0, 3, 1];
    let permuted = case.columns_in_order(&order);
    for name in ALL.into_iter().filter(|&name| name != "perturbed") {
        for seed in 0..4 {
            let (Ok(plain), Ok(moved)) = (case.make(name, seed), permuted.make(name, seed)) else { continue };
            let d = case.d;
            let mut expected = plain.parameters.clone();
            for k in 0..K {
                for (a, &from) in order.iter().enumerate() {
                    expected.means[k * d + a] = plain.parameters.mean(k)[from];
                    for (b, &other) in order.iter().enumerate() {
                        expected.covariances[(k * d + a) * d + b] = plain.parameters.covariance(k)[from * d + other];
                    }
                }
            }
            let difference = distance(&expected, &moved.parameters);
            assert!(difference < 1e-9, "{name}, seed {seed}: {difference:e}");
            assert_eq!((plain.passes, &plain.labels), (moved.passes, &moved.labels), "{name}");
        }
    }
}

#[test]
fn rows_may_come_in_any_order() {
    let case = iris_case();
    let order: Vec<usize> = (0..case.n()).map(|i| (i * 67 + 13) % case.n()).collect();
    let permuted = case.rows_in_order(&order);
    for name in DETERMINISTIC {
        let difference = distance(&case.make(name, 0).unwrap().parameters, &permuted.make(name, 0).unwrap().parameters);
        assert!(difference < 1e-12, "{name}: {difference:e}");
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let case = iris_case();
    let (d, n) = (case.d, case.n());
    let mut weighted = case.clone();
    weighted.weight = (0..n).map(|i| 1.0 + f64::from(u8::from(i % 4 == 0))).collect();
    let mut doubled = case.clone();
    for i in (0..n).step_by(4) {
        doubled.x.extend_from_slice(&case.x[i * d..(i + 1) * d]);
        doubled.labels.push(case.labels[i]);
    }
    for name in DETERMINISTIC {
        let difference =
            distance(&weighted.make(name, 0).unwrap().parameters, &doubled.make(name, 0).unwrap().parameters);
        assert!(difference < 1e-12, "{name}: {difference:e}");
    }
    // Equal weights are no weights, whatever chance decides.
    let even = Case { weight: vec![2.0; n], ..case.clone() };
    for name in ALL {
        let (Ok(plain), Ok(even)) = (case.make(name, 3), even.make(name, 3)) else { continue };
        let difference = distance(&plain.parameters, &even.parameters);
        assert!(difference < 1e-9, "{name}: {difference:e}");
    }
}

#[test]
fn what_cannot_be_made_says_why() {
    let iris = iris_case();
    let two_values: Vec<f64> = (0..iris.n()).flat_map(|i| [f64::from(u8::from(i % 2 == 0)), 1.0, 2.0, 3.0]).collect();
    let rng = || ChaCha8Rng::seed_from_u64(1);
    let rows = Rows::new(&two_values, 4, &[]);
    let total = Total::new(&iris.x, 4, &[]).unwrap();
    let error = random_points(rows.all(), K, PointCovariance::Total, &total, &mut rng()).unwrap_err();
    assert_eq!(error.name(), "too_few_distinct_rows");
    assert!(error.to_string().contains('2') && error.to_string().contains('3'), "{error}");
    let error = k_means_partition(&rows, K, &total, Level::detect(), &mut rng()).unwrap_err();
    assert_eq!(error.name(), "too_few_distinct_rows");

    let unused = vec![1_u32; iris.n()];
    let data = Rows::new(&iris.x, 4, &[]);
    let StartError::Breakdown(breakdown) = given_labels(data.all(), K, &unused).unwrap_err() else { panic!() };
    assert_eq!(breakdown.component, Some(0));
    assert!(matches!(breakdown.kind, BreakdownKind::EmptyComponent { .. }));

    let text = |result: Result<Start, StartError>| result.unwrap_err().to_string();
    let mut labels = iris.labels.clone();
    labels[17] = 3;
    assert_eq!(
        text(given_labels(data.all(), K, &labels)),
        "row 17 has the label 3; with 3 components labels are 0 to 2"
    );
    assert_eq!(text(given_labels(data.all(), K, &labels[1..])), "149 labels given; 150 are needed");
    let mut responsibilities = vec![1.0 / 3.0; 150 * K];
    responsibilities[3 * K + 1] = -0.25;
    let message = text(given_responsibilities(data.all(), K, &responsibilities));
    assert_eq!(message, "row 3 has the responsibility -0.25 for component 1: it must not be negative");
    let mut parameters = given_labels(data.all(), K, &iris.labels).unwrap().parameters;
    parameters.weights[2] = 0.5;
    let message = text(given_parameters(parameters.clone(), K, 4));
    assert!(message.starts_with("weights sum to 1.16666"), "{message}");
    parameters.weights[2] = f64::NAN;
    assert_eq!(text(given_parameters(parameters, K, 4)), "number 2 of the weights is NaN: it must be finite");
}

/// More runs can only find better ends: the first runs are the same ones.
#[test]
fn a_search_keeps_the_best() {
    let x = faithful().x;
    let search = Search {
        data: Rows::new(&x, 2, &[]),
        components: K,
        covariance: PointCovariance::Total,
        reference: Arc::new(Reference::new(Total::new(&x, 2, &[]).unwrap())),
        level: Level::detect(),
    };
    for seed in 0..5 {
        let rng = || ChaCha8Rng::seed_from_u64(seed);
        let em: Vec<f64> = [1, 3, 9]
            .map(|runs| em_em::<Full>(&search, EmEm { runs, ..EmEm::default() }, &mut rng()).unwrap().criterion)
            .into();
        let random: Vec<f64> =
            [1, 5, 40].map(|runs| rnd_em::<Full>(&search, RndEm { runs }, &mut rng()).unwrap().criterion).into();
        for criteria in [em, random] {
            assert!(criteria.windows(2).all(|w| w[1] >= w[0]) && criteria[2] > criteria[0] - 1e-12, "{criteria:?}");
        }
    }
}
