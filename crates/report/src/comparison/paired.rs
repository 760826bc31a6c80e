//! Tests for pairs: runs that share data and θ₀'s rows.
//!
//! - [`Discordance`], hit or miss: only the pairs that differ say something. If neither way is better, each of them is a
//!   coin's throw, so that the number of those in favour of one is Binomial(b + c, 1/2): McNemar's test in its exact form
//!   (McNemar 1947, key `mcnemar1947`). The share of the differing pairs in favour of the second, with its Clopper-Pearson
//!   interval, is the effect that this test judges: the test rejects where the interval leaves 1/2 out.
//! - [`sign_test`] is the same for numbers: how many differences are positive among those that are not 0.
//! - [`signed_ranks`], Wilcoxon (1945, key `wilcoxon1945`) with the zeros in the ranking (Pratt 1959, key `pratt1959`):
//!   |differences| are ranked, zeros and all, ties by mean ranks; W⁺ is the sum of the ranks of positive differences. Given
//!   the ranks, each sign is a coin's throw, so that W⁺ has mean Σ r / 2 and variance Σ r² / 4 over the ranks r of the
//!   nonzero differences. Up to 50 of these the distribution is counted out; beyond, it is taken as normal, without
//!   correction for continuity, which is what scipy does.
//!
//! Signed ranks see a shift of symmetric differences; where these are skewed, the sign test is the one that speaks of the
//! median.

use super::law;
use crate::intervals::{CONFIDENCE, Interval, Share, clopper_pearson};
use statrs::distribution::{ContinuousCDF, Normal};

/// Pairs of two answers to yes or no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discordance {
    /// Number of pairs.
    pub pairs: usize,
    /// Yes by the first way only.
    pub first_only: usize,
    /// Yes by the second way only.
    pub second_only: usize,
}

impl Discordance {
    /// Counts pairs (yes by the first way, yes by the second).
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        pairs.into_iter().fold(Self::default(), |counted, (first, second)| Self {
            pairs: counted.pairs + 1,
            first_only: counted.first_only + usize::from(first && !second),
            second_only: counted.second_only + usize::from(second && !first),
        })
    }

    /// The exact p-value; `None` where no pair differs.
    pub fn mcnemar(self) -> Option<f64> {
        coin(self.first_only, self.first_only + self.second_only)
    }

    /// Share of the second way among the pairs that differ.
    pub fn for_second(self) -> Share {
        Share { hits: self.second_only, trials: self.first_only + self.second_only }
    }

    /// The interval of [`for_second`](Self::for_second); `None` where no pair differs.
    pub fn interval(self) -> Option<Interval> {
        clopper_pearson(self.second_only, self.first_only + self.second_only, CONFIDENCE)
    }

    /// Share of yes by the second way minus that by the first; `None` without pairs.
    pub fn difference(self) -> Option<f64> {
        (self.pairs > 0).then(|| (self.second_only as f64 - self.first_only as f64) / self.pairs as f64)
    }
}

/// The exact sign test of differences; `None` where all are 0. NaN is no difference and is left out.
pub fn sign_test(differences: &[f64]) -> Option<f64> {
    let positive = differences.iter().filter(|&&d| d > 0.0).count();
    let negative = differences.iter().filter(|&&d| d < 0.0).count();
    coin(positive, positive + negative)
}

/// Two-sided p-value of `heads` in `throws` of a fair coin; `None` without throws.
fn coin(heads: usize, throws: usize) -> Option<f64> {
    let fewer = heads.min(throws - heads);
    let fair = law(0, throws, throws / 2, |x| (throws - x) as f64 / (x + 1) as f64);
    (throws > 0).then(|| (2.0 * fair[..=fewer].iter().sum::<f64>()).min(1.0))
}

/// Beyond so many nonzero differences the sum of ranks is taken as normal.
const COUNTED: usize = 50;

/// What Wilcoxon's test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRanks {
    /// Number of differences, zeros included.
    pub pairs: usize,
    /// Number of zeros.
    pub zeros: usize,
    /// Sum of the ranks of the positive differences.
    pub positive: f64,
    /// Sum of the ranks of the negative differences.
    pub negative: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Wilcoxon's signed ranks; `None` where all differences are 0 or there are none. NaN is left out.
pub fn signed_ranks(differences: &[f64]) -> Option<SignedRanks> {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| !d.is_nan()).collect();
    sorted.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    let pairs = sorted.len();
    // Twice the mean rank of a tie is a whole number: the first rank plus the last.
    let (mut ranks, mut positive, mut zeros) = (Vec::with_capacity(pairs), 0_u64, 0);
    let mut first = 0;
    while first < pairs {
        let tied = sorted[first..].iter().take_while(|d| d.abs() == sorted[first].abs()).count();
        let twice = (2 * first + tied + 1) as u64;
        for &difference in &sorted[first..first + tied] {
            if difference == 0.0 {
                zeros += 1;
            } else {
                ranks.push(twice);
                positive += if difference > 0.0 { twice } else { 0 };
            }
        }
        first += tied;
    }
    if ranks.is_empty() {
        return None;
    }
    let total: u64 = ranks.iter().sum();
    let p = if ranks.len() <= COUNTED { counted_out(&ranks, positive) } else { normal(&ranks, positive)? };
    let halved = |twice: u64| twice as f64 / 2.0;
    Some(SignedRanks { pairs, zeros, positive: halved(positive), negative: halved(total - positive), p })
}

/// The p-value from all 2^m ways to give signs to `ranks`: counted by their sums, one rank after the other.
fn counted_out(ranks: &[u64], positive: u64) -> f64 {
    let total: u64 = ranks.iter().sum();
    let size = usize::try_from(total).unwrap_or(usize::MAX - 1) + 1;
    let mut chance = vec![0.0_f64; size];
    chance[0] = 1.0;
    let mut reached = 0;
    for &rank in ranks {
        let rank = usize::try_from(rank).unwrap_or(0);
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = if sum >= rank { chance[sum - rank] } else { 0.0 };
            chance[sum] = f64::midpoint(chance[sum], with);
        }
    }
    let smaller = usize::try_from(positive.min(total - positive)).unwrap_or(0);
    (2.0 * chance[..=smaller].iter().sum::<f64>()).min(1.0)
}

fn normal(ranks: &[u64], positive: u64) -> Option<f64> {
    let mean = ranks.iter().sum::<u64>() as f64 / 4.0;
    let variance = ranks.iter().map(|&twice| (twice as f64).powi(2)).sum::<f64>() / 16.0;
    let z = (positive as f64 / 2.0 - mean) / variance.sqrt();
    Some((2.0 * Normal::new(0.0, 1.0).ok()?.sf(z.abs())).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_that_differ_count() {
        let pairs = [(true, true), (true, false), (false, true), (false, true), (false, false)];
        let counted = Discordance::of(pairs);
        assert_eq!(counted, Discordance { pairs: 5, first_only: 1, second_only: 2 });
        assert_eq!(counted.mcnemar(), Some(1.0)); // 2·(1 + 3)/8
        assert!((counted.difference().unwrap() - 0.2).abs() < 1e-15);
        assert_eq!(counted.for_second(), Share { hits: 2, trials: 3 });
        let alike = Discordance::of([(true, true); 9]);
        assert_eq!((alike.mcnemar(), alike.interval(), alike.difference()), (None, None, Some(0.0)));
        assert_eq!(Discordance::default().difference(), None);
    }

    #[test]
    fn the_interval_leaves_one_half_out_where_the_test_rejects() {
        for first_only in 0..30 {
            for second_only in 0..30 {
                let counted = Discordance { pairs: 60, first_only, second_only };
                let Some((p, interval)) = counted.mcnemar().zip(counted.interval()) else { continue };
                let out = interval.lower > 0.5 || interval.upper < 0.5;
                assert_eq!(p <= 0.05, out, "{first_only} {second_only}: {p} {interval:?}");
            }
        }
    }

    #[test]
    fn signed_ranks_by_hand() {
        // Ranks of |0|, |1|, |−2|, |3|: 1, 2, 3, 4; W⁺ = 6, W⁻ = 3. Of the 8 sums 0, 2, 3, 4, 5, 6, 7, 9 three are ≤ 3.
        let found = signed_ranks(&[3.0, 0.0, -2.0, 1.0]).unwrap();
        assert_eq!((found.pairs, found.zeros, found.positive, found.negative), (4, 1, 6.0, 3.0));
        assert!((found.p - 0.75).abs() < 1e-15);
        assert_eq!(signed_ranks(&[0.0, 0.0]), None);
        assert_eq!(signed_ranks(&[]), None);
        assert_eq!(sign_test(&[0.0]), None);
        assert_eq!(sign_test(&[1.0, f64::NAN]), Some(1.0));
    }

    #[test]
    fn the_normal_law_meets_the_counted_one() {
        // 50 differences are counted, 51 are not; one small difference more must not change much.
        let shifted = |count: u32| (0..count).map(|i| f64::from(i * 37 % 101) - 38.3).collect::<Vec<f64>>();
        let (counted, taken) = (signed_ranks(&shifted(50)).unwrap().p, signed_ranks(&shifted(51)).unwrap().p);
        assert!((counted - taken).abs() < 0.05 && counted < 0.2, "{counted} {taken}");
    }
}
