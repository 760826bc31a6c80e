//! How fast a run converged, from its trace alone.
//!
//! Near a maximum EM converges linearly: θ_{t+1} − θ* ≈ ρ (θ_t − θ*) along the slowest direction, where ρ is the largest
//! fraction of missing information (Dempster, Laird & Rubin 1977, key `dempster1977`). The log-likelihood is quadratic
//! there, so its gains g_t = L_t − L_{t−1} shrink by ρ²:
//!
//! - [`rate`]: ρ = √(g_t / g_{t−1}), the median over the settled rows;
//! - [`missing_information`]: KL_t / ΔQ_t, which tends to the same ρ, the median over the same rows;
//! - [`step_ratio`]: the ratio of successive parameter changes, which tends to ρ, the median over the same rows;
//! - [`remaining_gap`]: Aitken's extrapolation L_∞ − L_t = g_t r / (1 − r) with r = g_t / g_{t−1} itself, the median over
//!   the last 3 settled rows (Böhning et al. 1994, key `bohning1994`).
//!
//! *Settled* rows are the last 10 whose gain, and whose predecessor's gain, exceeds 1e-11·(|L| + n): below that a gain is
//! rounding. Of a run that ends within ten iterations of its transient, the rate still shows the transient. k-means has
//! none: it comes to rest after finitely many steps, at no rate. Nothing here applies to accelerated runs or under a
//! ridge, where gains shrink by no fixed ratio: the caller leaves those out.

use crate::quantiles::Sorted;
use em::TraceRow;
use std::borrow::Borrow;

/// How many settled rows a rate looks at.
const WINDOW: usize = 10;
/// How many the remaining gap looks at: a run of few iterations is still in its transient ten rows before its end, and
/// the gap is proportional to 1/(1 − r).
const LAST: usize = 3;
/// With fewer settled rows there is no rate.
const FEWEST: usize = 5;

/// The row's gain, if it is one of log-likelihood that stands above rounding.
fn settled_gain(row: &TraceRow, n: usize) -> Option<f64> {
    let probabilistic = row.log_likelihood.is_some();
    row.gain.filter(|&gain| probabilistic && gain > 1e-11 * (row.objective.abs() + n as f64))
}

/// The last settled rows as pairs (row t − 1, row t), the latest first.
fn settled_pairs<R: Borrow<TraceRow>>(trace: &[R], n: usize) -> impl Iterator<Item = (&TraceRow, &TraceRow)> {
    let pairs = trace.windows(2).rev().map(|pair| (pair[0].borrow(), pair[1].borrow()));
    pairs
        .filter(|(before, row)| row.iteration == before.iteration + 1)
        .filter(move |(before, row)| settled_gain(before, n).is_some() && settled_gain(row, n).is_some())
        .take(WINDOW)
}

/// The last settled rows as (g_{t−1}, g_t, row t), the latest first.
fn settled<R: Borrow<TraceRow>>(trace: &[R], n: usize) -> Vec<(f64, f64, &TraceRow)> {
    settled_pairs(trace, n)
        .filter_map(|(before, row)| Some((settled_gain(before, n)?, settled_gain(row, n)?, row)))
        .collect()
}

/// The ratio of successive parameter changes, which tends to ρ as well, the median over the rows of [`rate`]; `None` with
/// fewer than 5 of them, or where the trace has no changes.
pub fn step_ratio(trace: &[TraceRow], n: usize) -> Option<f64> {
    let ratio =
        |(before, row): (&TraceRow, &TraceRow)| Some(row.step_norm? / before.step_norm.filter(|&step| step > 0.0)?);
    let ratios: Sorted = settled_pairs(trace, n).filter_map(ratio).collect();
    if ratios.values().len() < FEWEST { None } else { ratios.median() }
}

/// Where the objective was heading: its last value and [`remaining_gap`] beyond.
pub fn projected_limit(trace: &[TraceRow], n: usize) -> Option<f64> {
    Some(trace.last()?.objective + remaining_gap(trace, n)?)
}

/// The rate of convergence ρ. `trace` holds consecutive iterations of a run on `n` rows; `None` with fewer than 5 settled
/// rows.
pub fn rate(trace: &[impl Borrow<TraceRow>], n: usize) -> Option<f64> {
    let rows = settled(trace, n);
    if rows.len() < FEWEST {
        return None;
    }
    rows.iter().map(|(before, gain, _)| (gain / before).sqrt()).collect::<Sorted>().median()
}

/// The fraction of missing information KL/ΔQ over the rows of [`rate`]; `None` with fewer than 5 of them, or where the
/// trace has no KL.
pub fn missing_information(trace: &[impl Borrow<TraceRow>], n: usize) -> Option<f64> {
    let ratio = |row: &TraceRow| Some(row.kl? / row.q_gain.filter(|&gain| gain > 0.0)?);
    let ratios: Sorted = settled(trace, n).iter().filter_map(|(_, _, row)| ratio(row)).collect();
    if ratios.values().len() < FEWEST { None } else { ratios.median() }
}

/// Aitken's estimate of the gain that was still to come when the run stopped: the gain of the last settled row,
/// continued as a geometric series with the median ratio of the last 3 settled rows, from the end of the trace on. 0 if
/// the last step gained nothing at all; `None` without a settled row or if the gains did not shrink.
pub fn remaining_gap(trace: &[impl Borrow<TraceRow>], n: usize) -> Option<f64> {
    let last: &TraceRow = trace.last()?.borrow();
    let rows = settled(trace, n);
    let Some(&(_, gain, row)) = rows.first() else {
        // A fixed point reached exactly (k-means; coincident components).
        return (last.iteration > 0 && last.gain == Some(0.0)).then_some(0.0);
    };
    let ratio = rows.iter().take(LAST).map(|(before, gain, _)| gain / before).collect::<Sorted>().median()?;
    let since = i32::try_from(last.iteration - row.iteration).ok()?;
    (ratio < 1.0).then(|| gain * ratio.powi(since + 1) / (1.0 - ratio))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L_t = −100 − 50·r^t: every gain shrinks by r; KL/ΔQ = √r.
    fn geometric(r: f64, steps: u32) -> Vec<TraceRow> {
        let level = |t: u32| -100.0 - 50.0 * r.powi(i32::try_from(t).unwrap());
        let row = |t: u32| {
            let gain = (t > 0).then(|| 50.0 * r.powi(i32::try_from(t).unwrap() - 1) * (1.0 - r));
            let q_gain = gain.map(|g| g / (1.0 + r.sqrt()));
            let kl = gain.zip(q_gain).map(|(g, q)| g - q);
            TraceRow {
                iteration: t,
                objective: level(t),
                log_likelihood: Some(level(t)),
                gain,
                q_gain,
                kl,
                ..TraceRow::default()
            }
        };
        (0..=steps).map(row).collect()
    }

    #[test]
    fn the_rate_is_the_root_of_the_gain_ratio() {
        let trace = geometric(0.36, 15);
        assert!((rate(&trace, 100).unwrap() - 0.6).abs() < 1e-9);
        assert!((missing_information(&trace, 100).unwrap() - 0.6).abs() < 1e-9);
        assert_eq!(step_ratio(&trace, 100), None);
        let stepping: Vec<TraceRow> =
            trace.iter().map(|row| TraceRow { step_norm: row.gain.map(f64::sqrt), ..*row }).collect();
        assert!((step_ratio(&stepping, 100).unwrap() - 0.6).abs() < 1e-9);
        assert!((projected_limit(&trace, 100).unwrap() + 100.0).abs() < 1e-9);
    }

    #[test]
    fn the_gap_is_the_sum_of_the_gains_to_come() {
        let trace = geometric(0.36, 12);
        let exact = 50.0 * 0.36_f64.powi(12);
        assert!((remaining_gap(&trace, 100).unwrap() / exact - 1.0).abs() < 1e-9);
        // Gains that have sunk into rounding: 1e-11·(100 + 100) = 2e-9 is passed at row 23, and the series continues.
        let long = geometric(0.36, 30);
        let exact = 50.0 * 0.36_f64.powi(30);
        assert!((remaining_gap(&long, 100).unwrap() / exact - 1.0).abs() < 1e-6);
    }

    #[test]
    fn rounding_is_not_looked_at() {
        let mut trace = geometric(0.36, 22);
        for iteration in 23..40 {
            let noise = TraceRow { iteration, gain: Some(1e-10), kl: Some(1e-10), q_gain: Some(-1e-30), ..trace[22] };
            trace.push(noise);
        }
        assert!((rate(&trace, 100).unwrap() - 0.6).abs() < 1e-9);
        assert!((missing_information(&trace, 100).unwrap() - 0.6).abs() < 1e-9);
    }

    #[test]
    fn short_runs_have_no_rate() {
        // Row 0 has no gain, row 1 no predecessor with one: rows 2..=5 are four pairs, 2..=6 five.
        assert_eq!(rate(&geometric(0.5, 5), 10), None);
        assert_eq!(missing_information(&geometric(0.5, 5), 10), None);
        assert!(rate(&geometric(0.5, 6), 10).is_some());
        let nothing: &[TraceRow] = &[];
        assert_eq!(rate(nothing, 10), None);
        assert_eq!(remaining_gap(nothing, 10), None);
        assert_eq!(remaining_gap(&geometric(0.5, 1), 10), None);
    }

    #[test]
    fn k_means_comes_to_rest_at_no_rate() {
        let mut trace = geometric(0.25, 8);
        for row in &mut trace {
            (row.log_likelihood, row.q_gain, row.kl) = (None, None, None);
        }
        assert_eq!(rate(&trace, 10), None);
        assert_eq!(missing_information(&trace, 10), None);
        assert_eq!(remaining_gap(&trace, 10), None);
        trace.push(TraceRow { iteration: 9, gain: Some(0.0), ..trace[8] });
        assert_eq!(remaining_gap(&trace, 10), Some(0.0));
    }

    #[test]
    fn the_transient_does_not_inflate_the_gap() {
        // A run that wanders on a plateau and then falls into a well separated maximum.
        let gains = [30.0, 29.0, 27.0, 26.0, 25.5, 9.0, 0.5, 1e-3, 2e-6, 4e-9, 8e-12];
        let row = |(iteration, &gain): (u32, &f64)| TraceRow { iteration, gain: Some(gain), ..geometric(0.5, 0)[0] };
        let trace: Vec<TraceRow> = (1..).zip(&gains).map(row).collect();
        let gap = remaining_gap(&trace, 10).unwrap();
        assert!(gap < 1e-10, "{gap}");
    }

    #[test]
    fn growing_gains_promise_nothing() {
        let trace: Vec<TraceRow> = (0..12_u32)
            .map(|t| TraceRow { gain: Some(f64::from(t + 1)), iteration: t, ..geometric(0.5, 0)[0] })
            .collect();
        assert_eq!(remaining_gap(&trace, 10), None);
    }

    #[test]
    fn rows_that_are_not_consecutive_form_no_ratio() {
        let thinned: Vec<TraceRow> = geometric(0.9, 60).into_iter().step_by(2).collect();
        assert_eq!(rate(&thinned, 10), None);
    }
}
