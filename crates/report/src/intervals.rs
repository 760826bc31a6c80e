//! Shares with exact intervals, and what they say about the number of starts one needs.
//!
//! Clopper & Pearson (1934, key `clopper1934`): for x hits in n trials the interval of confidence 1 − α runs from
//! the α/2 quantile of Beta(x, n − x + 1) to the 1 − α/2 quantile of Beta(x + 1, n − x); its lower end is 0 at x = 0, its
//! upper end 1 at x = n. It covers at least 1 − α whatever the true share, so it is on the wide side.
//!
//! Starts needed to reach a maximum at least once with probability w, when one start reaches it with probability p
//! (independent starts): ⌈ln(1 − w) / ln(1 − p)⌉.
//!
//! Runs that share data or starting rows are not independent of each other; the intervals speak of one kind of start at a
//! time, not of differences between kinds.

use statrs::distribution::{Beta, ContinuousCDF};

/// The confidence of every interval in the report.
pub const CONFIDENCE: f64 = 0.95;

/// The probability for which "starts needed" is stated.
pub const WANTED: f64 = 0.95;

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Hits among trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Number of hits, at most `trials`.
    pub hits: usize,
    /// Number of trials.
    pub trials: usize,
}

impl Share {
    /// Counts the values that are true.
    pub fn of(values: impl IntoIterator<Item = bool>) -> Self {
        values
            .into_iter()
            .fold(Self::default(), |share, hit| Self { hits: share.hits + usize::from(hit), trials: share.trials + 1 })
    }

    /// hits / trials; `None` without trials.
    pub fn value(self) -> Option<f64> {
        (self.trials > 0).then(|| self.hits as f64 / self.trials as f64)
    }

    /// Its Clopper-Pearson interval of confidence [`CONFIDENCE`]; `None` without trials.
    pub fn interval(self) -> Option<Interval> {
        clopper_pearson(self.hits, self.trials, CONFIDENCE)
    }
}

/// The Clopper-Pearson interval for `hits` of `trials`; `None` without trials or with more hits than trials.
pub fn clopper_pearson(hits: usize, trials: usize, confidence: f64) -> Option<Interval> {
    if trials == 0 || hits > trials {
        return None;
    }
    let (x, n) = (hits as f64, trials as f64);
    let tail = (1.0 - confidence) / 2.0;
    // x = 0 and x = n have closed forms: Beta(1, n) and Beta(n, 1) are powers.
    let lower = match hits {
        0 => 0.0,
        _ if hits == trials => tail.powf(1.0 / n),
        _ => Beta::new(x, n - x + 1.0).ok()?.inverse_cdf(tail),
    };
    let upper = match hits {
        0 => -(tail.ln() / n).exp_m1(),
        _ if hits == trials => 1.0,
        _ => Beta::new(x + 1.0, n - x).ok()?.inverse_cdf(1.0 - tail),
    };
    Some(Interval { lower, upper })
}

/// Starts needed to reach with probability `wanted` what one start reaches with probability `p`; 1 if p = 1, `None` if
/// p = 0 (no number is enough).
pub fn starts_needed(p: f64, wanted: f64) -> Option<u64> {
    if !(p > 0.0) {
        return None;
    }
    let needed = ((-wanted).ln_1p() / (-p).ln_1p()).ceil();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a positive whole number
    Some(needed.max(1.0) as u64)
}

/// Starts needed with the ends of the share's interval mapped through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartsNeeded {
    /// At the observed share; `None` if nothing was hit.
    pub estimate: Option<u64>,
    /// At the upper end of the share's interval.
    pub lower: Option<u64>,
    /// At the lower end of the share's interval; `None` if that is 0 (no bound).
    pub upper: Option<u64>,
}

impl StartsNeeded {
    /// For probability [`WANTED`], from a share observed in independent starts.
    pub fn from_share(share: Share) -> Self {
        let Some((value, interval)) = share.value().zip(share.interval()) else { return Self::default() };
        Self {
            estimate: starts_needed(value, WANTED),
            lower: starts_needed(interval.upper, WANTED),
            upper: starts_needed(interval.lower, WANTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: `stats.beta.ppf(0.025, x, n - x + 1)` and `stats.beta.ppf(0.975, x + 1, n - x)`.
    const SCIPY: [(usize, usize, f64, f64); 11] = [
        (1, 2, 0.01257911709342505, 0.9874208829065749),
        (1, 10, 0.0025285785444617848, 0.4450161170281954),
        (5, 10, 0.18708602844739855, 0.8129139715526015),
        (9, 10, 0.5549838829718047, 0.9974714214555382),
        (1, 200, 0.00012658102786701825, 0.02754189845720562),
        (63, 200, 0.2513053256545178, 0.38427769772542714),
        (199, 200, 0.9724581015427943, 0.999873418972133),
        (7050, 11175, 0.6218474457717553, 0.6398292892103601),
        (12345, 25000, 0.4875835493386387, 0.5000178922925035),
        (1, 25000, 1.0127118065786473e-6, 0.00022284535945221054),
        (24999, 25000, 0.9997771546405478, 0.9999989872881935),
    ];

    #[test]
    fn agrees_with_scipy() {
        for (hits, trials, lower, upper) in SCIPY {
            let interval = clopper_pearson(hits, trials, 0.95).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 * (1e-3 + b);
            assert!(close(interval.lower, lower), "{hits} of {trials}: lower {} but {lower}", interval.lower);
            assert!(close(interval.upper, upper), "{hits} of {trials}: upper {} but {upper}", interval.upper);
        }
    }

    #[test]
    fn ends_are_exact_at_no_hit_and_all_hits() {
        let none = clopper_pearson(0, 10, 0.95).unwrap();
        assert_eq!(none.lower, 0.0);
        assert!((none.upper - (1.0 - 0.025_f64.powf(0.1))).abs() < 1e-15);
        let all = clopper_pearson(10, 10, 0.95).unwrap();
        assert_eq!(all.upper, 1.0);
        assert!((all.lower - 0.025_f64.powf(0.1)).abs() < 1e-15);
        assert_eq!(clopper_pearson(0, 0, 0.95), None);
        assert_eq!(clopper_pearson(3, 2, 0.95), None);
    }

    #[test]
    fn every_interval_holds_its_share_and_covers_the_tails() {
        use statrs::distribution::{Binomial, DiscreteCDF};
        for trials in [1_usize, 7, 200, 4000] {
            for hits in (0..=trials).step_by(trials.div_ceil(13)) {
                let interval = clopper_pearson(hits, trials, 0.95).unwrap();
                let share = hits as f64 / trials as f64;
                assert!(interval.lower <= share && share <= interval.upper);
                // The defining property: at the upper end, hits or fewer have probability 0.025.
                if hits < trials {
                    let at_upper = Binomial::new(interval.upper, trials as u64).unwrap().cdf(hits as u64);
                    assert!((at_upper - 0.025).abs() < 1e-8, "{hits} of {trials}: {at_upper}");
                }
            }
        }
    }

    #[test]
    fn starts_needed_by_hand() {
        // 0.5⁵ = 0.03125 < 0.05 < 0.0625 = 0.5⁴.
        assert_eq!(starts_needed(0.5, 0.95), Some(5));
        assert_eq!(starts_needed(0.95, 0.95), Some(1));
        assert_eq!(starts_needed(0.01, 0.95), Some(299));
        assert_eq!(starts_needed(1.0, 0.95), Some(1));
        assert_eq!(starts_needed(0.0, 0.95), None);
        assert_eq!(starts_needed(1e-12, 0.95), Some(2_995_732_273_553));
    }

    #[test]
    fn starts_needed_maps_the_ends_of_the_interval() {
        let never = StartsNeeded::from_share(Share { hits: 0, trials: 200 });
        assert_eq!((never.estimate, never.upper), (None, None));
        assert_eq!(never.lower, starts_needed(1.0 - 0.025_f64.powf(1.0 / 200.0), 0.95));
        let always = StartsNeeded::from_share(Share { hits: 200, trials: 200 });
        assert_eq!(always, StartsNeeded { estimate: Some(1), lower: Some(1), upper: Some(1) });
        assert_eq!(StartsNeeded::from_share(Share::default()), StartsNeeded::default());
    }

    #[test]
    fn a_share_counts_what_is_true() {
        let share = Share::of([true, false, true, true]);
        assert_eq!(share, Share { hits: 3, trials: 4 });
        assert_eq!(share.value(), Some(0.75));
        assert_eq!(Share::default().value(), None);
    }
}
