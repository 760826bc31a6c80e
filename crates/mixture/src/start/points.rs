//! Point-type starts: K rows as means, one covariance for all, equal weights.

use super::Start;
use crate::parameters::MixtureParameters;
use linalg::Total;

/// The covariance of a point-type start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointCovariance {
    /// The identity, in squared units of the data (the tutorial's choice).
    Identity,
    /// The total covariance of the sample.
    Total,
}

/// The start with the given rows of `x` (n × d) as means.
pub fn points(x: &[f64], rows: &[usize], covariance: PointCovariance, total: &Total) -> Start {
    let (k, d) = (rows.len(), total.mean.len());
    let matrix = match covariance {
        PointCovariance::Identity => (0..d * d).map(|i| if i % (d + 1) == 0 { 1.0 } else { 0.0 }).collect(),
        PointCovariance::Total => total.covariance.clone(),
    };
    let parameters = MixtureParameters {
        weights: vec![1.0 / k as f64; k],
        means: rows.iter().flat_map(|&i| &x[i * d..(i + 1) * d]).copied().collect(),
        covariances: matrix.repeat(k),
    };
    Start { parameters, passes: 0, labels: None }
}

/// Number of pairs of `n` rows: how many replicates the exhaustive start has.
pub fn all_pairs(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// Pair number `index` of `n` rows in the order (0,1), (0,2), …, (0,n−1), (1,2), …
///
/// # Panics
/// If there is no such pair.
pub fn pair(n: usize, index: usize) -> [usize; 2] {
    assert!(index < all_pairs(n), "pair {index} of {}", all_pairs(n));
    let (mut first, mut left) = (0, index);
    while left >= n - 1 - first {
        left -= n - 1 - first;
        first += 1;
    }
    [first, first + 1 + left]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_all_different() {
        let pairs: Vec<[usize; 2]> = (0..all_pairs(5)).map(|i| pair(5, i)).collect();
        assert_eq!(pairs.first(), Some(&[0, 1]));
        assert_eq!(pairs.last(), Some(&[3, 4]));
        assert!(pairs.iter().all(|[a, b]| a < b) && pairs.windows(2).all(|w| w[0] < w[1]) && pairs.len() == 10);
    }

    #[test]
    fn a_start_states_everything() {
        let x = [0.0, 1.0, 2.0, 5.0, 4.0, 3.0];
        let total = Total::new(&x, 2, &[]).unwrap();
        let start = points(&x, &[2, 0], PointCovariance::Identity, &total).parameters;
        assert_eq!(start.means, [4.0, 3.0, 0.0, 1.0]);
        assert_eq!(start.covariances, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(start.weights, [0.5, 0.5]);
        let start = points(&x, &[1], PointCovariance::Total, &total).parameters;
        assert_eq!(start.covariances, total.covariance);
    }
}
