//! How many maxima are there that no start has found?
//!
//! Maxima are to starts what species are to catches. With n starts at maxima, S of them distinct, f₁ met once and f₂ met twice:
//!
//! - *unseen share* (Good 1953, key `good1953`, after Turing): f₁/n, the chance that a further start at a maximum comes to a new
//!   one. Its standard error is √(f₁(1 − f₁/n) + 2f₂)/n (Esty 1983, key `esty1983`);
//! - *richness* (Chao 1984, key `chao1984`; the form without bias): S + f₁(f₁ − 1)/(2(f₂ + 1)), a lower bound of the number of
//!   maxima, with the interval that takes the logarithm of the unseen number as normal (Chao 1987, key `chao1987`; the
//!   variances are those of EstimateS, with forms of their own for f₂ = 0 and f₁ = 0).
//!
//! Both need independent starts, so they speak of one kind of start: another may see other maxima.

use crate::comparison::bootstrap::quantile_of_normal;
use crate::intervals::{CONFIDENCE, Interval};

/// How often maxima were met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meetings {
    /// Number of starts at a maximum, n.
    pub starts: usize,
    /// Distinct maxima, S.
    pub distinct: usize,
    /// Maxima met once, f₁.
    pub once: usize,
    /// Maxima met twice, f₂.
    pub twice: usize,
}

impl Meetings {
    /// From how often each maximum was met; zeros are not met.
    pub fn of(counts: impl IntoIterator<Item = usize>) -> Self {
        counts.into_iter().filter(|&count| count > 0).fold(Self::default(), |met, count| Self {
            starts: met.starts + count,
            distinct: met.distinct + 1,
            once: met.once + usize::from(count == 1),
            twice: met.twice + usize::from(count == 2),
        })
    }

    /// Good and Turing's chance of something new with Esty's interval, cut at 0 and 1; `None` without starts.
    pub fn unseen_share(self) -> Option<(f64, Interval)> {
        let n = self.starts as f64;
        let (once, twice) = (self.once as f64, self.twice as f64);
        let share = once / n;
        let spread =
            quantile_of_normal(f64::midpoint(1.0, CONFIDENCE)) * (once * (1.0 - share) + 2.0 * twice).sqrt() / n;
        let interval = Interval { lower: (share - spread).max(0.0), upper: (share + spread).min(1.0) };
        (self.starts > 0).then_some((share, interval))
    }

    /// Chao's estimate of the number of maxima and its interval; `None` without starts.
    pub fn richness(self) -> Option<(f64, Interval)> {
        if self.starts == 0 {
            return None;
        }
        let (n, s) = (self.starts as f64, self.distinct as f64);
        let (once, twice) = (self.once as f64, self.twice as f64);
        let unseen = once * (once - 1.0) / (2.0 * (twice + 1.0));
        let z = quantile_of_normal(f64::midpoint(1.0, CONFIDENCE));
        if unseen > 0.0 {
            let variance = unseen
                + once * (2.0 * once - 1.0).powi(2) / (4.0 * (twice + 1.0).powi(2))
                + if self.twice > 0 {
                    once * once * twice * (once - 1.0).powi(2) / (4.0 * (twice + 1.0).powi(4))
                } else {
                    -once.powi(4) / (4.0 * (s + unseen))
                };
            let spread = (z * (variance / (unseen * unseen)).ln_1p().sqrt()).exp();
            return Some((s + unseen, Interval { lower: s + unseen / spread, upper: s + unseen * spread }));
        }
        // Nothing unseen is estimated: the interval of a count of which a share e^{−n/S} was missed.
        let missed = (-n / s).exp();
        let (centre, spread) = (s / (1.0 - missed), z * (s * missed / (1.0 - missed)).sqrt());
        Some((s, Interval { lower: (centre - spread).max(s), upper: (centre + spread).max(s) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // 3 once, 1 twice, 1 five times: n = 10, S = 5; unseen 3/10; 3·2/(2·2) = 1.5.
        let met = Meetings::of([1, 5, 0, 1, 2, 1]);
        assert_eq!(met, Meetings { starts: 10, distinct: 5, once: 3, twice: 1 });
        let (share, interval) = met.unseen_share().unwrap();
        assert!((share - 0.3).abs() < 1e-15);
        // √(3·0.7 + 2)/10 = 0.20248.
        assert!((interval.upper - (0.3 + 1.959964 * 0.2024846)).abs() < 1e-6 && interval.lower == 0.0);
        assert_eq!(met.richness().unwrap().0, 6.5);
        assert_eq!((Meetings::default().unseen_share(), Meetings::default().richness()), (None, None));
    }

    #[test]
    fn many_meetings_of_few_leave_nothing_unseen() {
        let (count, interval) = Meetings::of([90, 110]).richness().unwrap();
        assert_eq!(count, 2.0);
        assert!((interval.lower, interval.upper) == (2.0, interval.upper) && interval.upper < 2.0 + 1e-9);
    }
}
