//! Are two ends the same maximum? Equal heights do not say so: their components must agree, too.
//!
//! Components have no order, so the two sets are matched first, by the cheapest assignment under the symmetric
//! Kullback-Leibler divergence of two Gaussians,
//!
//! J = KL(1 ‖ 2) + KL(2 ‖ 1) = ½ [tr(Σ₁⁻¹Σ₂) + tr(Σ₂⁻¹Σ₁) − 2d + (μ₁ − μ₂)ᵀ(Σ₁⁻¹ + Σ₂⁻¹)(μ₁ − μ₂)].
//!
//! The ends are the same if every matched pair has J below 1e-3 ([`SAME`]). Centres of k-means are taken as Gaussians with the
//! variance inertia / (n·d) of their run, so that J is their squared distance over this variance.

use crate::error::ReportError;
use crate::matching::cheapest;
use crate::maxima;
use linalg::SpdFactor;
use linalg::spd::invert_factor;
use records::{Moment, ParameterRow, RunRow};
use std::collections::HashMap;
use std::path::Path;

/// Matched components with a symmetric divergence below this are the same.
pub const SAME: f64 = 1e-3;

/// A component with its inverse covariance; d × d matrices are row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Component {
    /// `None` for k-means.
    pub(crate) weight: Option<f64>,
    pub(crate) mean: Vec<f64>,
    pub(crate) covariance: Vec<f64>,
    precision: Vec<f64>,
}

impl Component {
    /// `None` where the covariance cannot be inverted.
    pub(crate) fn new(weight: Option<f64>, mean: Vec<f64>, covariance: Vec<f64>) -> Option<Self> {
        let d = mean.len();
        let mut factor = covariance.clone();
        if covariance.len() != d * d || !SpdFactor::new(d).factor(&mut factor) {
            return None;
        }
        let mut inverse = vec![0.0; d * d];
        invert_factor(&factor, &mut inverse, d);
        // Σ⁻¹ = L⁻ᵀ L⁻¹.
        let entry = |i: usize, j: usize| (i.max(j)..d).map(|m| inverse[m * d + i] * inverse[m * d + j]).sum();
        let precision = (0..d * d).map(|cell| entry(cell / d, cell % d)).collect();
        Some(Self { weight, mean, covariance, precision })
    }

    /// Symmetric divergence; infinite between different dimensions.
    fn divergence(&self, other: &Self) -> f64 {
        let d = self.mean.len();
        if d != other.mean.len() {
            return f64::INFINITY;
        }
        let traces: f64 = dot(&self.precision, &other.covariance) + dot(&other.precision, &self.covariance);
        let apart: Vec<f64> = self.mean.iter().zip(&other.mean).map(|(a, b)| a - b).collect();
        let squares: f64 = (0..d)
            .map(|i| {
                let row = (0..d).map(|j| (self.precision[i * d + j] + other.precision[i * d + j]) * apart[j]);
                apart[i] * row.sum::<f64>()
            })
            .sum();
        // Rounding may leave less than nothing.
        (0.5 * (traces - 2.0 * d as f64 + squares)).max(0.0)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The components at the ends of runs.
#[derive(Clone, Debug, Default)]
pub struct Ends(HashMap<u32, Vec<Component>>);

impl Ends {
    /// Reads those of the runs that are at a maximum.
    pub fn read(dir: &Path, runs: &[RunRow]) -> Result<Self, ReportError> {
        let mut rows = Vec::new();
        let wanted: HashMap<u32, &RunRow> =
            runs.iter().filter(|run| maxima::is_maximum(run)).map(|run| (run.run, run)).collect();
        let mut ends = Self::default();
        // Rows come in the order of the runs: one run's are put together as soon as the next run begins.
        records::for_each_parameter(dir, |row| {
            if row.moment != Moment::End || !wanted.contains_key(&row.run) {
                return;
            }
            if rows.first().is_some_and(|first: &ParameterRow| first.run != row.run) {
                ends.put(&wanted, std::mem::take(&mut rows));
            }
            rows.push(row);
        })
        .map_err(ReportError::read(dir))?;
        ends.put(&wanted, rows);
        Ok(ends)
    }

    /// The components of one run; left out where any cannot be inverted.
    fn put(&mut self, wanted: &HashMap<u32, &RunRow>, rows: Vec<ParameterRow>) {
        let Some(run) = rows.first().and_then(|row| wanted.get(&row.run)) else { return };
        let component = |row: ParameterRow| {
            let d = row.mean.len();
            let sphere = || {
                let variance = run.inertia? / (f64::from(run.factors.n) * d as f64);
                Some((0..d * d).map(|cell| if cell / d == cell % d { variance } else { 0.0 }).collect())
            };
            let covariance = row.covariance.or_else(sphere)?;
            Component::new(row.weight, row.mean, covariance)
        };
        if let Some(components) = rows.into_iter().map(component).collect() {
            self.0.insert(run.run, components);
        }
    }

    /// The components of a run, if they are known.
    pub(crate) fn of(&self, run: &RunRow) -> Option<&[Component]> {
        self.0.get(&run.run).map(Vec::as_slice)
    }

    /// Whether the components of two runs agree; `None` where those of either are not known.
    pub fn agree(&self, a: &RunRow, b: &RunRow) -> Option<bool> {
        let (first, second) = (self.of(a)?, self.of(b)?);
        let k = first.len();
        if k != second.len() {
            return Some(false);
        }
        let mut cost: Vec<f64> = Vec::with_capacity(k * k);
        for one in first {
            cost.extend(second.iter().map(|other| one.divergence(other)));
        }
        if !cost.iter().all(|j| j.is_finite()) {
            return Some(false);
        }
        Some(cheapest(&cost, k).iter().enumerate().all(|(i, &j)| cost[i * k + j] < SAME))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::example::{converged, k_means};

    /// The ends of runs in one dimension: (mean, variance) of each component.
    pub(crate) fn ends(of_runs: &[(u32, &[(f64, f64)])]) -> Ends {
        let components = |list: &[(f64, f64)]| {
            list.iter().map(|&(mean, variance)| Component::new(None, vec![mean], vec![variance]).unwrap()).collect()
        };
        Ends(of_runs.iter().map(|&(run, list)| (run, components(list))).collect())
    }

    #[test]
    fn the_divergence_by_hand() {
        // d = 1: ½ (σ₂²/σ₁² + σ₁²/σ₂² − 2 + δ²(1/σ₁² + 1/σ₂²)) = ½ (4 + ¼ − 2 + 9·1.25).
        let one = Component::new(None, vec![0.0], vec![1.0]).unwrap();
        let other = Component::new(None, vec![3.0], vec![4.0]).unwrap();
        assert!((one.divergence(&other) - 6.75).abs() < 1e-14);
        assert_eq!(one.divergence(&other), other.divergence(&one));
        // Two correlated variables: Σ⁻¹ of ((2, 1), (1, 2)) is ((2, −1), (−1, 2))/3.
        let skew = Component::new(None, vec![0.0, 0.0], vec![2.0, 1.0, 1.0, 2.0]).unwrap();
        let round = Component::new(None, vec![1.0, 0.0], vec![1.0, 0.0, 0.0, 1.0]).unwrap();
        // tr = 4/3 + 4, squares = 2/3 + 1.
        assert!((skew.divergence(&round) - 0.5 * (16.0 / 3.0 - 4.0 + 5.0 / 3.0)).abs() < 1e-14);
        assert_eq!(skew.divergence(&one), f64::INFINITY);
        assert_eq!(Component::new(None, vec![0.0, 0.0], vec![1.0, 1.0, 1.0, 1.0]), None);
    }

    #[test]
    fn components_agree_in_any_order() {
        let known = ends(&[
            (0, &[(0.0, 1.0), (5.0, 2.0)]),
            (1, &[(5.0, 2.0), (0.001, 1.0)]),
            (2, &[(0.0, 1.0), (5.0, 2.3)]),
            (3, &[(0.0, 1.0)]),
        ]);
        let agree = |a, b| known.agree(&converged(a, 0.0), &converged(b, 0.0));
        assert_eq!((agree(0, 1), agree(0, 2), agree(0, 3)), (Some(true), Some(false), Some(false)));
        assert_eq!(agree(0, 9), None);
    }

    #[test]
    fn centres_are_measured_by_the_inertia() {
        let (a, b) = (k_means(0, 78.85), k_means(1, 78.85));
        let wanted: HashMap<u32, &RunRow> = [(0, &a), (1, &b)].into();
        let row = |run, shift| ParameterRow {
            run,
            moment: Moment::End,
            component: 0,
            weight: None,
            mean: vec![shift; 4],
            covariance: None,
        };
        let mut ends = Ends::default();
        // Variance 78.85/600 = 0.1314; 4·0.005²/0.1314 = 7.6e-4 is below a thousandth, 4·0.006² is not.
        ends.put(&wanted, vec![row(0, 0.0)]);
        ends.put(&wanted, vec![row(1, 0.005)]);
        assert_eq!(ends.agree(&a, &b), Some(true));
        ends.put(&wanted, vec![row(1, 0.006)]);
        assert_eq!(ends.agree(&a, &b), Some(false));
    }
}
