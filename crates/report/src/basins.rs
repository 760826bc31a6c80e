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
use std::path::Path;

/// Matched components with a symmetric divergence below this are the same.
pub const SAME: f64 = 1e-3;

/// A component with its inverse covariance; d × d matrices are row-major.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Component<'a> {
    /// `None` for k-means.
    pub(crate) weight: Option<f64>,
    pub(crate) mean: &'a [f64],
    pub(crate) covariance: &'a [f64],
    precision: &'a [f64],
}

impl Component<'_> {
    /// Symmetric divergence; infinite between different dimensions.
    fn divergence(&self, other: &Component) -> f64 {
        let d = self.mean.len();
        if d != other.mean.len() {
            return f64::INFINITY;
        }
        let traces: f64 = dot(self.precision, other.covariance) + dot(other.precision, self.covariance);
        let apart: Vec<f64> = self.mean.iter().zip(other.mean).map(|(a, b)| a - b).collect();
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

/// The inverse of a covariance (d × d); `None` where there is none.
fn precision(covariance: &[f64], d: usize) -> Option<Vec<f64>> {
    let mut factor = covariance.to_vec();
    if covariance.len() != d * d || !SpdFactor::new(d).factor(&mut factor) {
        return None;
    }
    let mut inverse = vec![0.0; d * d];
    invert_factor(&factor, &mut inverse, d);
    // Σ⁻¹ = L⁻ᵀ L⁻¹.
    let entry = |i: usize, j: usize| (i.max(j)..d).map(|m| inverse[m * d + i] * inverse[m * d + j]).sum();
    Some((0..d * d).map(|cell| entry(cell / d, cell % d)).collect())
}

/// The components at the ends of runs, all numbers in one vector: a million runs of two components in one dimension are 100 MB,
/// and were four times as much with vectors of their own.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// By number of the run.
    places: Vec<Place>,
    /// Of each component its weight (if there are weights), mean, covariance and inverse covariance.
    numbers: Vec<f64>,
}

/// Where the numbers of a run are; those of a run without components are nowhere.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: usize,
    components: u32,
    d: u16,
    weighted: bool,
}

impl Place {
    /// Numbers of one component.
    fn stride(self) -> usize {
        let d = usize::from(self.d);
        usize::from(self.weighted) + d + 2 * d * d
    }
}

impl Ends {
    /// Reads those of the runs, which are in the order of their numbers, that are at a maximum.
    pub fn read(dir: &Path, runs: &[RunRow]) -> Result<Self, ReportError> {
        let find = |number: u32| {
            let at = runs.binary_search_by_key(&number, |run| run.run).ok()?;
            Some(&runs[at]).filter(|run| maxima::is_maximum(run))
        };
        let mut rows: Vec<ParameterRow> = Vec::new();
        let mut ends = Self::default();
        // Rows come in the order of the runs: one run's are put together as soon as the next run begins.
        records::for_each_parameter(dir, |row| {
            if row.moment != Moment::End {
                return;
            }
            if rows.first().is_some_and(|first| first.run != row.run) {
                ends.put(find(rows[0].run), &rows);
                rows.clear();
            }
            rows.push(row);
        })
        .map_err(ReportError::read(dir))?;
        if let Some(first) = rows.first() {
            ends.put(find(first.run), &rows);
        }
        ends.numbers.shrink_to_fit();
        Ok(ends)
    }

    /// Takes up the components of one run; leaves it out where any cannot be inverted.
    fn put(&mut self, run: Option<&RunRow>, rows: &[ParameterRow]) {
        let Some(run) = run else { return };
        let start = self.numbers.len();
        let Some(place) = self.append(run, rows) else { return self.numbers.truncate(start) };
        let number = run.run as usize;
        if self.places.len() <= number {
            self.places.resize(number + 1, Place::default());
        }
        self.places[number] = place;
    }

    /// Appends the numbers of one run; may stop in the middle.
    fn append(&mut self, run: &RunRow, rows: &[ParameterRow]) -> Option<Place> {
        let (start, first) = (self.numbers.len(), rows.first()?);
        let (d, weighted) = (first.mean.len(), first.weight.is_some());
        let sphere = || {
            let variance = run.inertia? / (f64::from(run.factors.n) * d as f64);
            Some((0..d * d).map(|cell| if cell / d == cell % d { variance } else { 0.0 }).collect())
        };
        // Two matrices of more than 65,535 variables fit into no memory.
        let place = Place { start, components: u32::try_from(rows.len()).ok()?, d: u16::try_from(d).ok()?, weighted };
        for row in rows {
            let covariance: Vec<f64> = row.covariance.clone().or_else(sphere)?;
            let inverse = precision(&covariance, d)?;
            if row.mean.len() != d || row.weight.is_some() != weighted {
                return None;
            }
            self.numbers.extend(row.weight);
            self.numbers.extend(row.mean.iter().chain(&covariance).chain(&inverse));
        }
        Some(place)
    }

    /// The components of a run, if they are known.
    pub(crate) fn of(&self, run: &RunRow) -> Option<impl ExactSizeIterator<Item = Component<'_>> + Clone> {
        let place = *self.places.get(run.run as usize).filter(|place| place.components > 0)?;
        let d = usize::from(place.d);
        let numbers = &self.numbers[place.start..][..place.components as usize * place.stride()];
        Some(numbers.chunks_exact(place.stride()).map(move |numbers| {
            let (weight, numbers) = numbers.split_at(usize::from(place.weighted));
            let (mean, numbers) = numbers.split_at(d);
            let (covariance, precision) = numbers.split_at(d * d);
            Component { weight: weight.first().copied(), mean, covariance, precision }
        }))
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
            cost.extend(second.clone().map(|other| one.divergence(&other)));
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
        let mut ends = Ends::default();
        for &(run, list) in of_runs {
            let components = list.iter().map(|&(mean, variance)| (None, vec![mean], Some(vec![variance])));
            ends.add(run, components);
        }
        ends
    }

    impl Ends {
        /// Takes up weight, mean and covariance of a run's components.
        pub(crate) fn add(
            &mut self,
            run: u32,
            components: impl Iterator<Item = (Option<f64>, Vec<f64>, Option<Vec<f64>>)>,
        ) {
            let row = |(component, (weight, mean, covariance)): (u32, _)| ParameterRow {
                run,
                moment: Moment::End,
                component,
                weight,
                mean,
                covariance,
            };
            let rows: Vec<ParameterRow> = (0..).zip(components).map(row).collect();
            self.put(Some(&converged(run, 0.0)), &rows);
        }
    }

    #[test]
    fn the_divergence_by_hand() {
        let divergence = |one: (&[f64], &[f64]), other: (&[f64], &[f64])| {
            let mut ends = Ends::default();
            for (run, (mean, covariance)) in (0..).zip([one, other]) {
                ends.add(run, [(None, mean.to_vec(), Some(covariance.to_vec()))].into_iter());
            }
            let [one, other] = [0, 1].map(|run| converged(run, 0.0)).map(|run| ends.of(&run).unwrap().next().unwrap());
            assert_eq!(one.divergence(&other), other.divergence(&one));
            one.divergence(&other)
        };
        // d = 1: ½ (σ₂²/σ₁² + σ₁²/σ₂² − 2 + δ²(1/σ₁² + 1/σ₂²)) = ½ (4 + ¼ − 2 + 9·1.25).
        let one: (&[f64], &[f64]) = (&[0.0], &[1.0]);
        assert!((divergence(one, (&[3.0], &[4.0])) - 6.75).abs() < 1e-14);
        // Two correlated variables: Σ⁻¹ of ((2, 1), (1, 2)) is ((2, −1), (−1, 2))/3; tr = 4/3 + 4, squares = 2/3 + 1.
        let skew: (&[f64], &[f64]) = (&[0.0, 0.0], &[2.0, 1.0, 1.0, 2.0]);
        let found = divergence(skew, (&[1.0, 0.0], &[1.0, 0.0, 0.0, 1.0]));
        assert!((found - 0.5 * (16.0 / 3.0 - 4.0 + 5.0 / 3.0)).abs() < 1e-14);
        assert_eq!(divergence(skew, one), f64::INFINITY);
    }

    #[test]
    fn a_run_with_a_component_that_has_no_inverse_is_left_out() {
        let mut ends = ends(&[(3, &[(0.0, 1.0)]), (1, &[(0.0, 1.0), (2.0, 0.0)]), (2, &[(4.0, 2.0)])]);
        ends.add(5, [(None, vec![0.0, 0.0], Some(vec![1.0; 4]))].into_iter());
        ends.add(6, [(Some(0.5), vec![0.0], Some(vec![1.0])), (None, vec![0.0], Some(vec![1.0]))].into_iter());
        let known: Vec<u32> = (0..9).filter(|&run| ends.of(&converged(run, 0.0)).is_some()).collect();
        assert_eq!((known, ends.numbers.len()), (vec![2, 3], 6));
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
        ends.put(Some(&a), &[row(0, 0.0)]);
        ends.put(Some(&b), &[row(1, 0.005)]);
        assert_eq!(ends.agree(&a, &b), Some(true));
        ends.put(Some(&b), &[row(1, 0.006)]);
        assert_eq!(ends.agree(&a, &b), Some(false));
    }
}
