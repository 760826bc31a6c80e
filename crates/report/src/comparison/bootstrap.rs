//! Percentile intervals by resampling (Efron 1979, key `efron1979`), for statistics without a formula.
//!
//! A resample draws from each stratum as many values as it holds, with replacement; the interval runs between the
//! quantiles of the statistic over [`RESAMPLES`] resamples. It needs no symmetry and no normal law, but some tens of
//! values; for a median of few values its ends are values of the sample.
//!
//! Random numbers come from a generator that is seeded by what is resampled (the ids of its runs), so that the same records
//! give the same interval, byte for byte, wherever in a report it stands.

use crate::intervals::{CONFIDENCE, Interval};
use crate::quantiles::Sorted;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use records::RunRow;
use statrs::distribution::{ContinuousCDF, Normal};

/// Resamples of an interval: with 999 the 2.5 % quantile lies between the 25th and the 26th value.
pub const RESAMPLES: usize = 999;

/// The p-quantile of the standard normal law, `p` in (0, 1).
pub fn quantile_of_normal(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// A source of resamples.
#[derive(Clone, Debug)]
pub struct Resampler(ChaCha8Rng);

impl Resampler {
    /// The resamples that belong to `key`.
    pub fn new(key: u64) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&key.to_le_bytes());
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// The resamples that belong to some runs in their order.
    pub fn of_runs<'a>(runs: impl IntoIterator<Item = &'a RunRow>) -> Self {
        // Any function that follows every id and the order will do.
        Self::new(runs.into_iter().fold(0x9e37_79b9_7f4a_7c15, |key, run| {
            (key ^ run.run_id).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
        }))
    }

    /// A number below `n`, each with the same chance but for 2⁻⁶⁴·n; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * n as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Puts the first `count` places of `values` into random order: a sample without replacement.
    pub fn shuffle<T>(&mut self, values: &mut [T], count: usize) {
        for place in 0..count.min(values.len()) {
            let other = place + self.below(values.len() - place);
            values.swap(place, other);
        }
    }

    /// Fills `resample` with as many values of each stratum as it holds.
    pub fn resample<T: Clone>(&mut self, strata: &[Vec<T>], resample: &mut Vec<T>) {
        resample.clear();
        for stratum in strata {
            resample.extend((0..stratum.len()).map(|_| stratum[self.below(stratum.len())].clone()));
        }
    }

    /// The interval of confidence [`CONFIDENCE`] of a statistic of the pooled strata; `None` where the statistic is missing
    /// for any resample, and without values.
    pub fn interval<T: Clone>(
        &mut self,
        strata: &[Vec<T>],
        mut statistic: impl FnMut(&mut [T]) -> Option<f64>,
    ) -> Option<Interval> {
        let mut resample = Vec::with_capacity(strata.iter().map(Vec::len).sum());
        let found: Option<Sorted> = (0..RESAMPLES)
            .map(|_| {
                self.resample(strata, &mut resample);
                statistic(&mut resample)
            })
            .collect();
        between_tails(&found?)
    }
}

/// The middle [`CONFIDENCE`] of some values.
pub fn between_tails(values: &Sorted) -> Option<Interval> {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval { lower: values.quantile(tail)?, upper: values.quantile(1.0 - tail)? })
}

/// The median, by partial sorting; `None` without values.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    if values.is_empty() {
        return None;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if !even {
        return Some(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, upper))
}

/// The mean; `None` without values.
pub fn mean(values: &mut [f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::converged;
    use statrs::distribution::{Binomial, DiscreteCDF};

    /// The resampled median of 2m − 1 values is at most the k-th with probability P(Binomial(n, k/n) ≥ m), exactly (Efron
    /// 1979, section 3). Both ends must be such values as hold 2.5 % within four standard errors of 999 resamples.
    #[test]
    fn the_median_has_its_exact_law() {
        let values: Vec<f64> = (1..=41).map(|i| f64::from(i * i)).collect();
        let interval = Resampler::new(7).interval(std::slice::from_ref(&values), median).unwrap();
        let at_most = |value: f64| {
            let k = values.iter().filter(|&&v| v <= value).count() as f64;
            1.0 - Binomial::new(k / 41.0, 41).unwrap().cdf(20)
        };
        let slack = 4.0 * (0.025 * 0.975 / RESAMPLES as f64).sqrt();
        assert!(at_most(interval.lower) >= 0.025 - slack && at_most(interval.lower - 1.0) <= 0.025 + slack);
        assert!(at_most(interval.upper) >= 0.975 - slack && at_most(interval.upper - 1.0) <= 0.975 + slack);
    }

    #[test]
    fn strata_keep_their_sizes() {
        let strata = [vec![0.0; 30], vec![1.0; 10]];
        let interval = Resampler::new(1).interval(&strata, mean).unwrap();
        assert_eq!(interval, Interval { lower: 0.25, upper: 0.25 });
        assert_eq!(Resampler::new(1).interval(&[Vec::new()], mean), None);
    }

    #[test]
    fn the_same_runs_give_the_same_resamples_and_others_do_not() {
        let runs = [converged(1, 0.0), converged(2, 0.0), converged(3, 0.0)];
        let draw = |runs: &[RunRow]| (0..8).map(|_| 0).fold(Resampler::of_runs(runs), |r, _: u32| r).below(1 << 40);
        assert_eq!(draw(&runs), draw(&runs));
        assert_ne!(draw(&runs), draw(&runs[..2]));
        let swapped = [runs[1].clone(), runs[0].clone(), runs[2].clone()];
        assert_ne!(draw(&runs), draw(&swapped));
    }

    #[test]
    fn a_shuffle_is_even() {
        let mut first = [0_u32; 5];
        let mut resampler = Resampler::new(3);
        for _ in 0..10_000 {
            let mut values = [0, 1, 2, 3, 4];
            resampler.shuffle(&mut values, 2);
            first[values[1]] += 1;
        }
        // 2000 each, standard error 40.
        assert!(first.iter().all(|&count| count.abs_diff(2000) < 200), "{first:?}");
    }

    #[test]
    fn medians_by_hand() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
        assert!((quantile_of_normal(0.975) - 1.959963984540054).abs() < 1e-14);
    }
}
