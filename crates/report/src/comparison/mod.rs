//! Is the difference between two ways real? Tests and intervals for two samples, chosen by what the samples share.
//!
//! Runs with the same seed share data and θ₀'s rows, so methods, policies, structures, covariances of starts and kinds of
//! start under one location rule are *paired*; kinds of start under different rules share the data alone, so that their
//! runs are independent *within a draw*.
//!
//! | module | what it holds | for |
//! |---|---|---|
//! | [`paired`] | exact McNemar and sign test, Wilcoxon's signed ranks with Pratt's zeros | pairs |
//! | [`shares`] | Fisher's exact test, Newcombe's interval, both over several draws | independent shares |
//! | [`bootstrap`] | percentile intervals of any statistic, with strata | what has no formula |
//! | [`holm`] | Holm's adjustment | many tests at once |
//!
//! Every test is two-sided. Draws of a data set are strata: what is said holds for these draws. Only where there are
//! enough of them are they resampled themselves, to speak of draws to come.

pub mod bootstrap;
pub mod paired;
pub mod shares;

/// Holm's step-down adjustment (1979, key `holm1979`): with p₍₁₎ ≤ … ≤ p₍ₘ₎, the adjusted p₍ᵢ₎ is the largest of
/// min(1, (m − j + 1) p₍ⱼ₎) over j ≤ i. What is at most α after it keeps the chance of any false finding at α, whatever
/// depends on what. A missing value is no test, counts for nothing and stays missing.
pub fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> = p_values.iter().enumerate().filter_map(|(i, p)| Some(((*p)?, i))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let tests = order.len();
    let mut adjusted = vec![None; p_values.len()];
    let mut highest = 0.0_f64;
    for (rank, (p, i)) in order.into_iter().enumerate() {
        highest = highest.max((tests - rank) as f64 * p).min(1.0);
        adjusted[i] = Some(highest);
    }
    adjusted
}

/// The probabilities of `lowest..=highest` from their ratios P(x + 1)/P(x), formed from the mode outwards so that nothing
/// overflows.
fn law(lowest: usize, highest: usize, mode: usize, ratio: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut law = vec![0.0; highest - lowest + 1];
    law[mode - lowest] = 1.0;
    for x in mode..highest {
        law[x + 1 - lowest] = law[x - lowest] * ratio(x);
    }
    for x in (lowest..mode).rev() {
        law[x - lowest] = law[x + 1 - lowest] / ratio(x);
    }
    let total: f64 = law.iter().sum();
    for chance in &mut law {
        *chance /= total;
    }
    law
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_by_hand() {
        // Sorted 0.01, 0.02, 0.03: times 3, 2, 1 is 0.03, 0.04, 0.03; the last may not fall below the one before.
        let adjusted = holm(&[Some(0.03), None, Some(0.01), Some(0.02)]);
        let expected = [Some(0.04), None, Some(0.03), Some(0.04)];
        for (a, e) in adjusted.iter().zip(&expected) {
            assert_eq!(a.is_some(), e.is_some());
            assert!(a.zip(*e).is_none_or(|(a, e)| (a - e).abs() < 1e-15), "{adjusted:?}");
        }
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
        assert_eq!(holm(&[]), []);
    }
}
