//! How many starts have died by iteration t, when others converge on the way?
//!
//! A start ends in one of several ways, and which comes first excludes the others: these are competing risks. The cumulative
//! incidence of an end is the share of *all* starts that have ended so by t, converged ones in the denominator (Kalbfleisch &
//! Prentice 2002, section 8.2, key `kalbfleisch2002`). One minus a Kaplan-Meier curve that takes converged starts as censored
//! would answer for a world in which nothing converges. Nobody is censored before the iteration limit, so that the
//! Aalen-Johansen estimate is a plain share, with Clopper-Pearson's interval at every t.

use crate::intervals::Share;

/// The iterations at which starts ended in one way, among all starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incidence {
    /// In ascending order.
    times: Vec<u32>,
    starts: usize,
}

impl Incidence {
    /// From one entry for each start: the iteration at which it ended in the way that is counted, or `None` for another end.
    pub fn of(ends: impl IntoIterator<Item = Option<u32>>) -> Self {
        let (mut times, mut starts) = (Vec::new(), 0);
        for end in ends {
            starts += 1;
            times.extend(end);
        }
        times.sort_unstable();
        Self { times, starts }
    }

    /// The share that has ended so by iteration `t`, `t` included.
    pub fn by(&self, t: u32) -> Share {
        Share { hits: self.times.partition_point(|&time| time <= t), trials: self.starts }
    }

    /// The share that ends so at all.
    pub fn at_all(&self) -> Share {
        Share { hits: self.times.len(), trials: self.starts }
    }

    /// The iterations, in ascending order.
    pub fn times(&self) -> &[u32] {
        &self.times
    }

    /// The curve as steps (iteration, share after it), one for each iteration at which it rises.
    pub fn steps(&self) -> Vec<(u32, f64)> {
        let mut distinct = self.times.clone();
        distinct.dedup();
        distinct.into_iter().filter_map(|t| Some((t, self.by(t).value()?))).collect()
    }
}

/// How fast a covariance collapses: p_t ≈ p_{t−1}^q where p is the smallest relative pivot, so that q = ln p_t / ln p_{t−1}.
/// Above 1 the number of its zeros grows like a power: 1e-4, 1e-12, 1e-33 has q = 3 and 2.75. `None` unless both pivots lie in
/// (0, 1).
pub fn order_of_collapse(before: f64, after: f64) -> Option<f64> {
    let inside = |pivot: f64| pivot > 0.0 && pivot < 1.0;
    (inside(before) && inside(after)).then(|| after.ln() / before.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converged_starts_stay_in_the_denominator() {
        let incidence = Incidence::of([Some(9), None, Some(3), None, Some(9), None, None, None]);
        assert_eq!(incidence.by(2), Share { hits: 0, trials: 8 });
        assert_eq!(incidence.by(3), Share { hits: 1, trials: 8 });
        assert_eq!(incidence.by(9), Share { hits: 3, trials: 8 });
        assert_eq!(incidence.at_all().value(), Some(0.375));
        assert_eq!(incidence.steps(), [(3, 0.125), (9, 0.375)]);
        assert!(Incidence::of([]).steps().is_empty());
    }

    /// With the converged taken as censored, Kaplan-Meier would say 1 − (1 − 1/2)(1 − 1/1) = 1 where one of three died late.
    #[test]
    fn it_is_no_kaplan_meier_curve() {
        // Ends at 1 (converged), 2 (died), 3 (died): two thirds have died, not all.
        assert_eq!(Incidence::of([None, Some(2), Some(3)]).by(3).value(), Some(2.0 / 3.0));
    }

    #[test]
    fn orders_of_collapse() {
        assert!((order_of_collapse(1e-4, 1e-12).unwrap() - 3.0).abs() < 1e-12);
        assert!((order_of_collapse(1e-12, 1e-33).unwrap() - 2.75).abs() < 1e-12);
        assert_eq!(order_of_collapse(0.1, 0.0), None);
        assert_eq!(order_of_collapse(1.0, 0.1), None);
    }
}
