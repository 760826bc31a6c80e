//! What a budget buys: the chance that the starts which can be finished within B passes contain a hit.
//!
//! # Success
//!
//! A method that starts again and again spends c₁, c₂, … passes; it succeeds by B if a hit is among the starts that are
//! finished within B. A start that B would cut off does not count. The recorded starts in random order, drawn without
//! replacement, are a sample of the method, and the mean over all orders is the best unbiased estimate from them (a
//! U-statistic; Hoeffding 1948, key `hoeffding1948`). It exists for B below the cost of all starts together: beyond, no
//! order says what a further start would have done.
//!
//! With H hits among N starts, j misses come before the first hit with probability P(j), P(0) = H/N and
//! P(j + 1)/P(j) = (N − H − j)/(N − 1 − j). The misses are then a random sample and the hit is any of the hits. So an order
//! of the misses gives, for every j at once, a time to the first hit C_j + c with the weight P(j); only C_j and c are
//! sampled. Where all costs are equal nothing is left to sample, and 1 − C(N − H, m)/C(N, m) comes out.
//!
//! The mean time to the first hit *with* replacement is the passes of all starts over the number of hits, Auger & Hansen's
//! expected running time (2005, key `auger2005`).
//!
//! # Passes
//!
//! The unit is a pass of EM. A pass of hard k-means does less: per row and component 3d + 1 additions, multiplications and
//! comparisons, against those of densities, responsibilities and sums in `e_pass_operations`. An exponential is
//! taken as 10.

use crate::comparison::bootstrap::{Resampler, between_tails};
use crate::intervals::Interval;
use crate::maxima::K_MEANS;
use crate::quantiles::Sorted;
use records::RunRow;

/// Orders of the misses that are averaged. Their noise is below 0.005 (standard error) in cells of `configs/sweep.toml`.
const ORDERS: usize = 2000;
/// Orders for each resample of a band: their noise is small beside that of the resample.
const BAND_ORDERS: usize = 50;
/// Resamples of a band.
const BAND_RESAMPLES: usize = 399;

/// One recorded start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// What it cost, in passes of EM; those of making it included.
    pub cost: f64,
    /// Whether it reached what was wanted.
    pub hit: bool,
}

/// The chance of success within each of the ascending `budgets`, from the starts of one draw; `None` for budgets at which
/// all starts together could be finished.
pub fn success(starts: &[Start], budgets: &[f64], resampler: &mut Resampler) -> Vec<Option<f64>> {
    let total: f64 = starts.iter().map(|start| start.cost).sum();
    let chances = chances(starts, budgets, ORDERS, resampler);
    budgets.iter().zip(chances).map(|(&budget, chance)| (budget < total).then_some(chance)).collect()
}

/// A 95 % percentile interval of [`success`], averaged over draws, at each of the `budgets`: the starts of each draw are
/// resampled. `None` where nothing was hit or nothing missed, of which resamples know nothing.
pub fn band(draws: &[Vec<Start>], budgets: &[f64], resampler: &mut Resampler) -> Option<Vec<Interval>> {
    let hits = draws.iter().flatten().filter(|start| start.hit).count();
    let starts: usize = draws.iter().map(Vec::len).sum();
    if hits == 0 || hits == starts {
        return None;
    }
    let mut samples = vec![Vec::with_capacity(BAND_RESAMPLES); budgets.len()];
    let mut resample = Vec::new();
    for _ in 0..BAND_RESAMPLES {
        let mut mean = vec![0.0; budgets.len()];
        for draw in draws {
            resampler.resample(std::slice::from_ref(draw), &mut resample);
            let found = chances(&resample, budgets, BAND_ORDERS, resampler);
            mean.iter_mut().zip(found).for_each(|(sum, chance)| *sum += chance / draws.len() as f64);
        }
        samples.iter_mut().zip(mean).for_each(|(sample, value)| sample.push(value));
    }
    samples.into_iter().map(|sample| between_tails(&sample.into_iter().collect::<Sorted>())).collect()
}

/// The chances by `orders` orders of the misses.
fn chances(starts: &[Start], budgets: &[f64], orders: usize, resampler: &mut Resampler) -> Vec<f64> {
    let costs = |hit: bool| starts.iter().filter(|start| start.hit == hit).map(|start| start.cost).collect();
    let (mut hits, mut misses): (Vec<f64>, Vec<f64>) = (costs(true), costs(false));
    let count = hits.len();
    resampler.shuffle(&mut hits, count);
    let mut chances = vec![0.0; budgets.len()];
    let Some(&highest) = budgets.last().filter(|_| !hits.is_empty()) else { return chances };
    for order in 0..orders {
        let (mut spent, mut left) = (0.0, 1.0);
        for j in 0..=misses.len() {
            // In turn, not at random: every hit as often as every other.
            let time = spent + hits[(order + j) % count];
            // The chance that j misses are followed by the first hit.
            let first = left * count as f64 / (starts.len() - j) as f64;
            left -= first;
            if let Some(sum) = chances.get_mut(budgets.partition_point(|&budget| budget < time)) {
                *sum += first;
            }
            if j == misses.len() || left < 1e-9 {
                break;
            }
            let other = j + resampler.below(misses.len() - j);
            misses.swap(j, other);
            spent += misses[j];
            if spent > highest {
                break;
            }
        }
    }
    let mut sum = 0.0;
    for chance in &mut chances {
        sum += *chance / orders as f64;
        // Rounding may pass 1.
        *chance = sum.min(1.0);
    }
    chances
}

/// What a run cost, in passes of EM (of k-means, for runs of k-means): those of its fit and those of making its start.
pub fn cost(run: &RunRow) -> f64 {
    let factors = &*run.factors;
    let (fit, start) = (f64::from(run.e_passes), f64::from(run.start_passes));
    if factors.method == K_MEANS {
        return fit + start;
    }
    let ratio = k_means_pass(factors.d, factors.covariance.as_deref());
    fit + match factors.start.as_str() {
        // The last pass makes an M-step of the partition.
        K_MEANS => (start - 1.0).max(0.0) * ratio + start.min(1.0),
        "k-means++" | "k-means++-greedy" => start * ratio,
        _ => start,
    }
}

/// A pass of hard k-means in passes of EM.
pub fn k_means_pass(d: u32, covariance: Option<&str>) -> f64 {
    let d = f64::from(d);
    (3.0 * d + 1.0) / e_pass_operations(d, covariance)
}

/// Operations per row and component of an E-step and the sums for its M-step:
///
/// - 13 for the exponential and the normalisation of a responsibility, 2 for a density's constants;
/// - residual d, norm 2d, weighted sum 2d;
/// - full: triangular solution d², weighted products d² + d;
/// - diagonal: scaling d, weighted squares 2d;
/// - spherical: a scaling and a weighted norm, 3.
fn e_pass_operations(d: f64, covariance: Option<&str>) -> f64 {
    let shared = 15.0 + 5.0 * d;
    match covariance {
        Some("spherical" | "tied-spherical") => shared + 3.0,
        Some("diag" | "tied-diag" | "VEI" | "EVI") => shared + 3.0 * d,
        _ => shared + 2.0 * d * d + d,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors};
    use records::Factors;
    use std::sync::Arc;

    fn start(cost: f64, hit: bool) -> Start {
        Start { cost, hit }
    }

    fn at(starts: &[Start], budget: f64) -> Option<f64> {
        success(starts, &[budget], &mut Resampler::new(1))[0]
    }

    /// All orders of a few starts, one by one.
    fn all_orders(starts: &[Start], budget: f64) -> f64 {
        fn walk(left: &mut Vec<Start>, budget: f64) -> f64 {
            if left.is_empty() {
                return 0.0;
            }
            let mut sum = 0.0;
            for i in 0..left.len() {
                let next = left.swap_remove(i);
                sum += match next.cost <= budget {
                    true if next.hit => 1.0,
                    true => walk(left, budget - next.cost),
                    false => 0.0,
                };
                left.push(next);
                let last = left.len() - 1;
                left.swap(i, last);
            }
            sum / left.len() as f64
        }
        walk(&mut starts.to_vec(), budget)
    }

    #[test]
    fn equal_costs_are_hypergeometric_without_noise() {
        // 3 hits among 10: 1 − C(7, m)/C(10, m).
        let starts: Vec<Start> = (0..10).map(|i| start(5.0, i < 3)).collect();
        for (budget, expected) in [(4.0, 0.0), (5.0, 0.3), (14.9, 1.0 - 21.0 / 45.0), (20.0, 1.0 - 35.0 / 210.0)] {
            assert!((at(&starts, budget).unwrap() - expected).abs() < 1e-12, "{budget}");
        }
        assert_eq!(at(&starts, 50.0), None);
    }

    #[test]
    fn unequal_costs_agree_with_all_orders() {
        let starts = [
            start(3.0, false),
            start(11.0, true),
            start(7.0, false),
            start(20.0, true),
            start(2.0, false),
            start(13.0, false),
            start(5.0, true),
        ];
        for budget in [4.0, 5.0, 10.0, 12.0, 18.0, 25.0, 40.0, 60.0] {
            let (found, expected) = (at(&starts, budget).unwrap(), all_orders(&starts, budget));
            // Four standard errors of 2000 orders are at most 0.045; the weights make them smaller.
            assert!((found - expected).abs() < 0.02, "{budget}: {found} instead of {expected}");
        }
        assert_eq!(at(&starts, 61.0), None);
    }

    #[test]
    fn without_a_hit_there_is_no_success_and_no_band() {
        let misses = [start(3.0, false), start(4.0, false)];
        assert_eq!(at(&misses, 5.0), Some(0.0));
        assert_eq!(at(&[], 5.0), None);
        assert_eq!(band(&[misses.to_vec()], &[5.0], &mut Resampler::new(1)), None);
        let hits = [start(3.0, true), start(4.0, true)];
        assert_eq!(at(&hits, 2.0), Some(0.0));
        assert!((at(&hits, 3.0).unwrap() - 0.5).abs() < 0.05);
        assert_eq!(at(&hits, 4.0), Some(1.0));
    }

    #[test]
    fn the_band_of_one_start_is_that_of_a_share() {
        // With budget for one start, success is the share of hits; a normal interval of 0.25 of 200 is 0.19 to 0.31.
        let starts: Vec<Start> = (0..200).map(|i| start(10.0, i % 4 == 0)).collect();
        let band = band(&[starts], &[10.0, 19.0], &mut Resampler::new(5)).unwrap();
        assert!((band[0].lower - 0.19).abs() < 0.02 && (band[0].upper - 0.31).abs() < 0.02, "{band:?}");
        assert_eq!(band[0], band[1]);
    }

    #[test]
    fn passes_of_k_means_are_cheaper() {
        // Full, d = 4: (3·4 + 1) / (15 + 20 + 32 + 4) = 13/71.
        assert!((k_means_pass(4, Some("full")) - 13.0 / 71.0).abs() < 1e-15);
        assert!(k_means_pass(4, Some("spherical")) > k_means_pass(4, Some("diag")));
        let from = |kind: &str, start_passes| {
            let factors = Factors { start: kind.to_owned(), ..factors() };
            cost(&RunRow { factors: Arc::new(factors), start_passes, ..converged(0, 0.0) })
        };
        assert!((from("k-means", 9) - (21.0 + 8.0 * 13.0 / 71.0 + 1.0)).abs() < 1e-12);
        assert!((from("k-means++", 1) - (21.0 + 13.0 / 71.0)).abs() < 1e-12);
        assert_eq!((from("k-means", 0), from("em-em", 30)), (21.0, 51.0));
    }
}
