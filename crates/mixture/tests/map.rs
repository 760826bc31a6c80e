//! The conjugate prior agrees with mclust's (tests/reference/README.md), and the M-step under it maximises the penalised
//! objective.

mod support;

use em::stop::{MaxIterations, Mclust, ParameterChange};
use em::{LatentModel, Outcome, Plain, Rows, Serial, StopRule, Stopping, fit};
use laws::identity;
use linalg::{Level, Total};
use mixture::gaussian::structure as s;
use mixture::start::given_labels;
use mixture::{Constraint, Gaussian, Mixture, Reference, Structure};
use serde_json::Value;
use std::sync::Arc;

/// mclust begins with the M-step (under the prior) from a partition: that of hard responsibilities.
fn m_step<S: Structure>(x: &[f64], d: usize, labels: &[u32], k: usize) -> Mixture<S> {
    let rows = Rows::new(x, d, &[]);
    let reference = Arc::new(Reference::new(Total::new(x, d, &[]).unwrap()));
    let start = given_labels(rows.all(), k, labels).unwrap().parameters;
    let (emission, _) = S::from_parameters(&start, &reference, Constraint::Map, Level::detect()).unwrap();
    let mut stats = vec![0.0; emission.stats_len()];
    let mut scratch = emission.scratch(labels.len());
    let mut block = emission.block(labels.len());
    let length = block.capacity();
    for from in (0..labels.len()).step_by(length) {
        let part = rows.all().slice(from, (from + length).min(labels.len()));
        block.load(part.x, part.weight);
        let mut responsibilities = vec![0.0; k * block.stride()];
        for i in 0..part.rows() {
            responsibilities[labels[from + i] as usize * block.stride() + i] = 1.0;
        }
        let mut densities = vec![0.0; k * block.stride()];
        emission.log_density(&block, &mut densities, &mut scratch);
        emission.accumulate(&block, &responsibilities, &mut stats, &mut scratch);
    }
    emission.flush(&mut stats, &mut scratch);
    let model = Mixture::new(start.weights, emission);
    let mut next = model.clone();
    model.maximize(&stats, &mut next).unwrap();
    next
}

fn log_likelihood<S: Structure>(x: &[f64], d: usize, labels: &[u32], rule: impl StopRule + 'static) -> f64 {
    let k = 1 + *labels.iter().max().unwrap() as usize;
    let mut stopping = Stopping::new().or(rule).or(MaxIterations { limit: 20_000 });
    let model = m_step::<S>(x, d, labels, k);
    let fit = fit(&Rows::new(x, d, &[]), model, Serial::default(), &mut Plain, &mut stopping, &mut ()).unwrap();
    assert!(matches!(fit.outcome, Outcome::Stopped(_)), "{:?}", fit.outcome);
    fit.log_likelihood.unwrap()
}

fn labels(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|v| u32::try_from(v.as_u64().unwrap()).unwrap()).collect()
}

/// `Mclust(iris, G = 3, modelNames = "VVV", prior = priorControl())` ends at −192.700798 by its own tolerance.
#[test]
fn the_value_that_mclust_prints() {
    let iris = support::iris();
    let reference: Value = serde_json::from_str(include_str!("reference/mclust_iris.json")).unwrap();
    let partition: Vec<u32> = labels(&reference["SVD"]["partitions"]["3"]).iter().map(|label| label - 1).collect();
    let value = log_likelihood::<Gaussian<s::Vvv>>(&iris.x, 4, &partition, Mclust::new(1e-5));
    assert!((value + 192.700_798).abs() < 1e-6, "{value}");
}

#[test]
fn converged_values_agree_with_mclust() {
    let reference: Value = serde_json::from_str(include_str!("reference/mclust_map.json")).unwrap();
    let (iris, faithful) = (support::iris(), support::faithful());
    let mut compared = 0;
    for (case, sample) in [("iris 3", &iris), ("faithful 2", &faithful), ("faithful 3", &faithful)] {
        let partition = labels(&reference[case]["labels"]);
        // The log-likelihood is not flat where the posterior is: the parameters must rest.
        let rule = || ParameterChange { tolerance: 1e-12 };
        let (x, d) = (&sample.x, sample.d);
        // EII and EEI of mclust 6.0 depart from the published formula (constraint/prior.rs).
        let ours = [
            ("VII", log_likelihood::<Gaussian<s::Vii>>(x, d, &partition, rule())),
            ("VEI", log_likelihood::<Gaussian<s::Vei>>(x, d, &partition, rule())),
            ("EVI", log_likelihood::<Gaussian<s::Evi>>(x, d, &partition, rule())),
            ("VVI", log_likelihood::<Gaussian<s::Vvi>>(x, d, &partition, rule())),
            ("EEV", log_likelihood::<Gaussian<s::Eev>>(x, d, &partition, rule())),
            ("EEE", log_likelihood::<Gaussian<s::Eee>>(x, d, &partition, rule())),
            ("VEV", log_likelihood::<Gaussian<s::Vev>>(x, d, &partition, rule())),
            ("VVV", log_likelihood::<Gaussian<s::Vvv>>(x, d, &partition, rule())),
        ];
        for (name, value) in ours {
            let Some(expected) = reference[case][name]["converged"].as_f64() else { continue };
            assert!((value - expected).abs() < 1e-6, "{case} {name}: {value}, mclust {expected}");
            compared += 1;
        }
    }
    assert_eq!(compared, 22);
}

fn obeys<S: Structure>() {
    let iris = support::iris();
    let model = support::model::<S>(&iris.x, 4, &[0, 50, 100], Constraint::Map);
    let rows = iris.rows();
    laws::monotone::monotone(&rows, model.clone(), 60);
    identity::decomposition(&rows, model.clone(), 12, |model, rows| model.responsibilities(rows.all()));
    identity::m_step_is_optimal(&rows, &model);
    identity::fixed_point(&rows, model.clone());
    let (later, trace) = laws::run(&rows, model, 500);
    let last = trace.last().unwrap();
    let log_likelihood = last.log_likelihood.unwrap();
    assert!((last.objective - log_likelihood - later.log_prior()).abs() < 1e-9 * last.objective.abs());
    // Without the prior EM goes up further from there.
    let end = later.parameters();
    let reference = Arc::new(Reference::new(Total::new(&iris.x, 4, &[]).unwrap()));
    let (plain, _) = S::from_parameters(&end, &reference, Constraint::None, Level::detect()).unwrap();
    let (_, trace) = laws::run(&rows, Mixture::new(end.weights, plain), 5);
    assert!(trace.last().unwrap().objective > log_likelihood);
}

#[test]
fn every_structure_with_a_prior_obeys_the_laws() {
    obeys::<Gaussian<s::Vvv>>();
    obeys::<Gaussian<s::Eee>>();
    obeys::<Gaussian<s::Vvi>>();
    obeys::<Gaussian<s::Eei>>();
    obeys::<Gaussian<s::Vii>>();
    obeys::<Gaussian<s::Eii>>();
    obeys::<Gaussian<s::Vei>>();
    obeys::<Gaussian<s::Evi>>();
    obeys::<Gaussian<s::Eev>>();
    obeys::<Gaussian<s::Vev>>();
}

/// mclust has no prior for these.
#[test]
fn four_structures_have_none() {
    assert!(!Gaussian::<s::Eve>::allows(Constraint::Map) && !Gaussian::<s::Vee>::allows(Constraint::Map));
    assert!(!Gaussian::<s::Vve>::allows(Constraint::Map) && !Gaussian::<s::Evv>::allows(Constraint::Map));
}

/// A start without a usable covariance is given one by the prior, and row 0 says so.
#[test]
fn a_singular_start_is_repaired() {
    let iris = support::iris();
    let labels: Vec<u32> = (0..150).map(|i| u32::from(i < 3)).collect();
    let start = given_labels(iris.rows().all(), 2, &labels).unwrap().parameters;
    let reference = Arc::new(Reference::new(Total::new(&iris.x, 4, &[]).unwrap()));
    let make = |constraint| Gaussian::<s::Vvv>::from_parameters(&start, &reference, constraint, Level::detect());
    assert!(make(Constraint::None).is_err());
    let (_, event) = make(Constraint::Map).unwrap();
    assert_eq!(event.name(), Some("projected"));
}
