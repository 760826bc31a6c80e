//! Mean and covariance of the whole sample: the units in which everything else is judged.

use crate::spd::{self, SpdFactor};
use thiserror::Error;

/// Below this ratio of a Cholesky pivot to the variance (1 − R² on the columns before it) the total covariance is
/// singular: a column is a linear combination of others to all digits that matter.
pub const COLLINEAR: f64 = 1e-12;

/// The total (weighted) mean and covariance T, divisor Σw.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// Σw.
    pub weight: f64,
    /// Mean, d.
    pub mean: Vec<f64>,
    /// Covariance, d × d.
    pub covariance: Vec<f64>,
    /// Squared diagonal of T's Cholesky factor, d: what relative pivots are relative to.
    pub pivots: Vec<f64>,
    /// Square roots of T's diagonal, d: the unit of each variable.
    pub scales: Vec<f64>,
}

/// The total covariance is singular: no covariance can be judged, no start can be made.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum TotalError {
    /// A column does not vary.
    #[error("column {column} is constant ({value}): remove it")]
    ConstantColumn {
        /// Index of the column, from 0.
        column: usize,
        /// Its value.
        value: f64,
    },
    /// The squares of a column, summed over the rows, leave the range of a double.
    #[error(
        "column {column} runs from {smallest:e} to {largest:e}, and its variance cannot be represented: rescale it (or the weights)"
    )]
    Unscalable {
        /// Index of the column, from 0.
        column: usize,
        /// Its smallest value.
        smallest: f64,
        /// Its largest value.
        largest: f64,
    },
    /// A column is a linear combination of those before it.
    #[error(
        "column {column} is a linear combination of the columns before it (1 − R² = {pivot:e}, n = {rows}): remove it, or use more rows than columns"
    )]
    CollinearColumn {
        /// Index of the column, from 0.
        column: usize,
        /// Pivot relative to the column's variance.
        pivot: f64,
        /// Rows n.
        rows: usize,
    },
}

impl TotalError {
    /// Index of the column at fault.
    pub fn column(self) -> usize {
        match self {
            Self::ConstantColumn { column, .. }
            | Self::Unscalable { column, .. }
            | Self::CollinearColumn { column, .. } => column,
        }
    }
}

impl Total {
    /// Two passes over `x` (n × d, row-major); `weight` is empty or one number per row.
    pub fn new(x: &[f64], d: usize, weight: &[f64]) -> Result<Self, TotalError> {
        let n = x.len() / d;
        let w = |i: usize| if weight.is_empty() { 1.0 } else { weight[i] };
        let total: f64 = (0..n).map(w).sum();
        // Centred at the first row, so that an offset of 1e8 costs no digits.
        let mut mean = vec![0.0; d];
        for (i, row) in x.chunks_exact(d).enumerate() {
            for j in 0..d {
                mean[j] += w(i) * (row[j] - x[j]);
            }
        }
        for j in 0..d {
            mean[j] = x[j] + mean[j] / total;
        }
        let mut covariance = vec![0.0; d * d];
        for (i, row) in x.chunks_exact(d).enumerate() {
            for a in 0..d {
                let weighted = w(i) * (row[a] - mean[a]);
                for b in 0..=a {
                    covariance[a * d + b] += weighted * (row[b] - mean[b]);
                }
            }
        }
        for a in 0..d {
            for b in 0..=a {
                covariance[a * d + b] /= total;
                covariance[b * d + a] = covariance[a * d + b];
            }
        }
        for j in 0..d {
            let first = x[j];
            if x.chunks_exact(d).all(|row| row[j] == first) {
                return Err(TotalError::ConstantColumn { column: j, value: first });
            }
            // Neither 0, nor infinite, nor so small that digits are missing: ratios to it are numbers.
            if !covariance[j * d + j].is_normal() {
                let column = x.iter().skip(j).step_by(d);
                let (smallest, largest) = column.fold((first, first), |(low, high), &x| (x.min(low), x.max(high)));
                return Err(TotalError::Unscalable { column: j, smallest, largest });
            }
        }
        let pivots = pivots(&covariance, d, n)?;
        let scales = (0..d).map(|j| covariance[j * d + j].sqrt()).collect();
        Ok(Self { weight: total, mean, covariance, pivots, scales })
    }
}

/// Squared diagonal of the Cholesky factor, judged column by column.
fn pivots(covariance: &[f64], d: usize, rows: usize) -> Result<Vec<f64>, TotalError> {
    let mut pivots = Vec::with_capacity(d);
    for j in 1..=d {
        // The leading block of order j: its last pivot tells whether column j − 1 adds anything.
        let mut leading: Vec<f64> = (0..j * j).map(|i| covariance[(i / j) * d + i % j]).collect();
        let positive = SpdFactor::new(j).factor(&mut leading);
        let square = if positive { leading[j * j - 1].powi(2) } else { 0.0 };
        let pivot = square / covariance[(j - 1) * d + j - 1];
        if !(pivot > COLLINEAR) {
            return Err(TotalError::CollinearColumn { column: j - 1, pivot, rows });
        }
        pivots.push(square);
    }
    Ok(pivots)
}

/// Mean and covariance (d × d, divisor Σ r) of the rows of `x` with weights `r`, and Σ r. `None` if Σ r is not positive.
pub fn weighted(x: &[f64], d: usize, r: impl Fn(usize) -> f64) -> Option<(f64, Vec<f64>, Vec<f64>)> {
    let mut count = 0.0;
    let mut mean = vec![0.0; d];
    for (i, row) in x.chunks_exact(d).enumerate() {
        let r = r(i);
        count += r;
        for j in 0..d {
            mean[j] += r * (row[j] - x[j]);
        }
    }
    if !(count > 0.0) {
        return None;
    }
    for j in 0..d {
        mean[j] = x[j] + mean[j] / count;
    }
    let mut covariance = vec![0.0; d * d];
    for (i, row) in x.chunks_exact(d).enumerate() {
        let r = r(i);
        for a in 0..d {
            let weighted = r * (row[a] - mean[a]);
            for b in 0..=a {
                covariance[a * d + b] += weighted * (row[b] - mean[b]);
            }
        }
    }
    for a in 0..d {
        for b in 0..=a {
            covariance[a * d + b] /= count;
            covariance[b * d + a] = covariance[a * d + b];
        }
    }
    Some((count, mean, covariance))
}

/// The symmetric matrix whose lower factor is `l`; a convenience over [`spd::reconstruct`].
pub fn covariance_of(l: &[f64], d: usize) -> Vec<f64> {
    let mut covariance = vec![0.0; d * d];
    spd::reconstruct(l, &mut covariance, d);
    covariance
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 8] = [0.0, 1.0, 2.0, 5.0, 4.0, 3.0, 6.0, 7.0];

    #[test]
    fn moments_of_a_small_sample() {
        let total = Total::new(&X, 2, &[]).unwrap();
        assert_eq!(total.mean, [3.0, 4.0]);
        assert_eq!(total.covariance, [5.0, 4.0, 4.0, 5.0]);
        assert!((total.pivots[1] - (5.0 - 16.0 / 5.0)).abs() < 1e-14);
    }

    #[test]
    fn an_offset_costs_no_digits() {
        let shifted: Vec<f64> = X.iter().map(|x| x + 1e8).collect();
        let total = Total::new(&shifted, 2, &[]).unwrap();
        assert_eq!(total.covariance, [5.0, 4.0, 4.0, 5.0]);
    }

    #[test]
    fn weight_two_is_the_row_twice() {
        let twice = [&X[..], &X[..2]].concat();
        let weighted = Total::new(&X, 2, &[2.0, 1.0, 1.0, 1.0]).unwrap();
        let total = Total::new(&twice, 2, &[]).unwrap();
        for (a, b) in weighted.covariance.iter().zip(&total.covariance) {
            assert!((a - b).abs() < 1e-14);
        }
    }

    #[test]
    fn singular_totals_name_the_column() {
        let constant = [1.0, 0.1, 2.0, 0.1, 4.0, 0.1];
        assert_eq!(Total::new(&constant, 2, &[]).unwrap_err().column(), 1);
        let collinear = [1.0, 2.0, 2.0, 4.0, 4.0, 8.0];
        assert!(matches!(Total::new(&collinear, 2, &[]), Err(TotalError::CollinearColumn { column: 1, rows: 3, .. })));
        let few = [1.0, 5.0, 2.0, 2.0, 1.0, 0.0];
        assert_eq!(Total::new(&few, 3, &[]).unwrap_err().column(), 1);
        let huge = [0.0, 1e200, 2.0, -1e200, 4.0, 0.0];
        let error = Total::new(&huge, 2, &[]).unwrap_err();
        assert_eq!(error, TotalError::Unscalable { column: 1, smallest: -1e200, largest: 1e200 });
        let tiny = [1e-170, 3e-170, 2e-170];
        assert!(matches!(Total::new(&tiny, 1, &[]), Err(TotalError::Unscalable { column: 0, .. })));
    }

    /// Whatever finite numbers come: a total of finite numbers, or an error of finite numbers.
    #[test]
    fn no_finite_sample_is_too_nasty() {
        let values =
            [0.0, 1.0, -1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e160, 1e-160, 1e8, 1.0 + f64::EPSILON];
        let mut state = 1u64;
        let mut pick = |from: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % from
        };
        let (mut totals, mut errors) = (0, 0);
        for case in 0..3000 {
            let (n, d) = (1 + pick(60), [1, 2, 3, 5, spd::BLOCKED - 1, spd::BLOCKED, 40][pick(7)]);
            // All values at once, or few of them, among ordinary numbers.
            let (first, some) = (pick(values.len()), 1 + pick(3));
            let mut value = |row: usize| match case % 3 {
                0 => values[pick(values.len())],
                1 => values[(first + pick(some)) % values.len()],
                _ if row == 0 => values[first] / (1 + pick(1000)) as f64,
                _ => pick(1000) as f64,
            };
            let x: Vec<f64> = (0..n * d).map(|i| value(i / d)).collect();
            let weight: Vec<f64> = match case % 4 {
                0 => (0..n).map(|_| [1.0, 1e-300, 1e300, f64::MAX, f64::MIN_POSITIVE][pick(5)]).collect(),
                _ => Vec::new(),
            };
            match Total::new(&x, d, &weight) {
                Ok(total) => {
                    let Total { weight, mean, covariance, pivots, scales } = total;
                    let all = [mean, covariance, pivots.clone(), scales.clone()].concat();
                    assert!(weight.is_finite() && all.iter().all(|value| value.is_finite()), "case {case}");
                    assert!(pivots.iter().chain(&scales).all(|value| *value > 0.0), "case {case}");
                    totals += 1;
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(
                        error.column() < d && !text.contains("NaN") && !text.contains("inf"),
                        "case {case}: {text}"
                    );
                    errors += 1;
                }
            }
        }
        assert!(totals > 100 && errors > 100, "{totals} {errors}");
    }
}
