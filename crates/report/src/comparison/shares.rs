//! Two independent shares, within one draw of the data or over several.
//!
//! - [`fisher`]: if the shares are equal, the hits of the first sample are hypergeometric given all margins. Over several
//!   draws the margins of each are given, and the hits of the first sample, summed over draws, are a sum of independent
//!   hypergeometric counts: the exact form of the Mantel-Haenszel test (Fisher 1934, key `fisher1934`; Mantel & Haenszel
//!   1959, key `mantel1959`). p adds up all counts that are no more probable than the observed one.
//! - [`difference`]: p₂ − p₁ with Newcombe's interval (1998, method 10, key `newcombe1998`). It joins Wilson's intervals
//!   [l, u] of the two shares: the lower end is d − √((p₂ − l₂)² + (u₁ − p₁)²), the upper d + √((u₂ − p₂)² + (p₁ − l₁)²).
//!   Over several draws d is the mean of the d's with the weights n₁n₂/(n₁ + n₂) of Mantel and Haenszel, and the squares are
//!   added with the squared weights (Zou & Donner 2008, key `zou2008`).
//!
//! Fixed draws are assumed: the interval speaks of other starts on these data, not of other data.

use super::bootstrap::quantile_of_normal;
use super::law;
use crate::intervals::{CONFIDENCE, Interval, Share};

/// The two samples in one draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// The first sample.
    pub first: Share,
    /// The second sample.
    pub second: Share,
}

impl Stratum {
    /// Whether both samples have trials.
    fn compares(self) -> bool {
        self.first.trials > 0 && self.second.trials > 0
    }
}

/// The exact test that the two shares are equal in every stratum, against a difference in one direction; `None` where
/// nothing can be compared (no stratum with two samples in which some hit and some miss).
pub fn fisher(strata: &[Stratum]) -> Option<f64> {
    let mut joint = vec![1.0];
    let mut observed = 0;
    for stratum in strata.iter().filter(|stratum| stratum.compares()) {
        let (first, second) = (stratum.first, stratum.second);
        let (lowest, own) = hypergeometric(first.trials, second.trials, first.hits + second.hits);
        observed += first.hits - lowest;
        joint = convolve(&joint, &own);
    }
    if joint.len() < 2 {
        return None;
    }
    // Probabilities that are equal but for rounding are equal.
    let limit = joint[observed] * (1.0 + 1e-7);
    Some(joint.iter().filter(|&&chance| chance <= limit).sum::<f64>().min(1.0))
}

/// Smallest possible number of hits in the first sample, and the probabilities of this number, the next…
fn hypergeometric(first: usize, second: usize, hits: usize) -> (usize, Vec<f64>) {
    let (lowest, highest) = (hits.saturating_sub(second), hits.min(first));
    let ratio = |x: usize| ((first - x) as f64 * (hits - x) as f64) / ((x + 1) as f64 * (second + x + 1 - hits) as f64);
    let mode = ((first + 1) * (hits + 1) / (first + second + 2)).clamp(lowest, highest);
    (lowest, law(lowest, highest, mode, ratio))
}

fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            sum[i + j] += x * y;
        }
    }
    sum
}

/// Wilson's score interval (1927, key `wilson1927`); `None` without trials.
pub fn wilson(share: Share) -> Option<Interval> {
    let p = share.value()?;
    let n = share.trials as f64;
    let z = quantile_of_normal(f64::midpoint(1.0, CONFIDENCE));
    let (centre, spread) = (2.0 * n * p + z * z, z * (z * z + 4.0 * n * p * (1.0 - p)).sqrt());
    let width = 2.0 * (n + z * z);
    // At 0 and n hits the ends are 0 and 1; rounding may miss them.
    Some(Interval {
        lower: if share.hits == 0 { 0.0 } else { (centre - spread) / width },
        upper: if share.hits == share.trials { 1.0 } else { (centre + spread) / width },
    })
}

/// A difference with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The second minus the first.
    pub value: f64,
    /// Its interval of confidence [`CONFIDENCE`].
    pub interval: Interval,
}

/// Second share minus first, over all strata with both samples; `None` if there is none.
pub fn difference(strata: &[Stratum]) -> Option<Difference> {
    let strata = strata.iter().filter(|stratum| stratum.compares());
    let (mut weights, mut value, mut below, mut above) = (0.0, 0.0, 0.0, 0.0);
    for Stratum { first, second } in strata {
        let (p1, p2) = (first.value()?, second.value()?);
        let (w1, w2) = (wilson(*first)?, wilson(*second)?);
        let (n1, n2) = (first.trials as f64, second.trials as f64);
        let weight = n1 * n2 / (n1 + n2);
        weights += weight;
        value += weight * (p2 - p1);
        below += weight * weight * ((p2 - w2.lower).powi(2) + (w1.upper - p1).powi(2));
        above += weight * weight * ((w2.upper - p2).powi(2) + (p1 - w1.lower).powi(2));
    }
    (weights > 0.0).then(|| {
        let value = value / weights;
        Difference {
            value,
            interval: Interval { lower: value - below.sqrt() / weights, upper: value + above.sqrt() / weights },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stratum(first: (usize, usize), second: (usize, usize)) -> Stratum {
        let share = |(hits, trials)| Share { hits, trials };
        Stratum { first: share(first), second: share(second) }
    }

    #[test]
    fn the_lady_tasting_tea() {
        // Three of four cups right: P(3) = 16/70, P(4) = 1/70, and the same on the other side: 34/70.
        assert!((fisher(&[stratum((3, 4), (1, 4))]).unwrap() - 34.0 / 70.0).abs() < 1e-15);
        assert!((fisher(&[stratum((4, 4), (0, 4))]).unwrap() - 2.0 / 70.0).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_differ_is_missing_and_a_stratum_without_news_changes_nothing() {
        let dull = stratum((5, 5), (7, 7));
        assert_eq!(fisher(&[dull]), None);
        assert_eq!(fisher(&[]), None);
        assert_eq!(fisher(&[stratum((0, 0), (3, 5))]), None);
        assert_eq!(difference(&[stratum((0, 0), (3, 5))]), None);
        let news = stratum((3, 9), (8, 10));
        assert_eq!(fisher(&[news, dull]), fisher(&[news]));
    }

    #[test]
    fn the_difference_over_equal_draws_is_the_mean_and_its_interval_is_narrower() {
        let strata = [stratum((10, 100), (30, 100)), stratum((20, 100), (60, 100))];
        let one = difference(&strata[..1]).unwrap();
        let both = difference(&strata).unwrap();
        assert!((both.value - 0.3).abs() < 1e-15);
        assert!(both.interval.upper - both.interval.lower < one.interval.upper - one.interval.lower);
        // Turned round, it has the other sign.
        let turned = difference(&[stratum((30, 100), (10, 100))]).unwrap();
        assert!((turned.interval.lower + one.interval.upper).abs() < 1e-15);
    }

    #[test]
    fn thousands_of_starts_do_not_overflow() {
        let p = fisher(&[stratum((2000, 5000), (2100, 5000))]).unwrap();
        assert!(p > 0.03 && p < 0.06, "{p}");
        let certain = fisher(&[stratum((0, 5000), (5000, 5000))]).unwrap();
        assert!(certain < 1e-300);
    }
}
