//! Iris, K = 2, full covariances, from every one of the 11,175 pairs of rows as means with the total covariance: where EM
//! ends is known (computed independently; no basin changes under a relative perturbation of the data by 1e-15).

mod support;

use em::stop::{MaxIterations, RelativeGain};
use em::{Outcome, Plain, Serial, Stopping, fit};
use mixture::start::{all_pairs, pair};
use mixture::{Constraint, Full, MixtureParameters, Structure, criteria};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Log-likelihood, and how many pairs end there.
const ENDS: [(f64, usize); 6] = [
    (-214.354704, 7050),
    (-294.127951, 4116),
    (-337.310100, 1),
    (-351.075160, 6),
    (-352.833647, 1),
    // Rows 102 and 143 are equal: coincident components at the maximum for one component, a saddle.
    (-379.914630, 1),
];

#[test]
fn every_pair_of_iris_ends_where_it_should() {
    let iris = support::iris();
    let ends: Vec<(usize, f64, bool)> = (0..all_pairs(iris.n))
        .into_par_iter()
        .map(|index| {
            let model = support::model::<Full>(&iris.x, 4, &pair(iris.n, index), Constraint::None);
            let mut stopping = Stopping::new()
                .or(RelativeGain { tolerance: 1e-12, and_change: None })
                .or(MaxIterations { limit: 10_000 });
            let fit = fit(&iris.rows(), model, Serial::default(), &mut Plain, &mut stopping, &mut ()).unwrap();
            assert!(matches!(fit.outcome, Outcome::Stopped(_)), "pair {index}: {:?}", fit.outcome);
            let emission = fit.model.emission();
            let end = MixtureParameters {
                weights: fit.model.weights().to_vec(),
                means: emission.means().to_vec(),
                covariances: emission.covariances(),
            };
            (index, fit.log_likelihood.unwrap(), criteria::coincidence(&end).unwrap() < 1e-8)
        })
        .collect();
    for (value, pairs) in ENDS {
        let there: Vec<_> = ends.iter().filter(|(_, l, _)| (l - value).abs() < 1e-4).collect();
        assert_eq!(there.len(), pairs, "pairs that end at {value}");
        let coincident: Vec<[usize; 2]> =
            there.iter().filter(|(_, _, coincident)| *coincident).map(|(i, ..)| pair(iris.n, *i)).collect();
        assert_eq!(coincident, if pairs == 1 && value < -379.0 { vec![[101, 142]] } else { vec![] });
    }
}
