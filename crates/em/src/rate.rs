//! The rate of convergence in theory, from the EM map itself.
//!
//! Near a maximum θ* the error shrinks by the matrix J = dM(θ*) in each step of EM, and
//!
//! J = I − I_com⁻¹ I_obs,
//!
//! the fraction of missing information (Dempster, Laird & Rubin 1977, key `dempster1977`; Redner & Walker 1984, key
//! `redner1984`). Its spectral radius ρ = 1 − λ_min(I_com⁻¹ I_obs) is the rate: steps and deviations shrink by ρ, gains of
//! log-likelihood by ρ². Here J is the Jacobian of the map by differences in the model's coordinates, so that it needs no second
//! derivatives and holds for every model, prior or constraint. Other coordinates give a similar matrix with the same spectrum.
//!
//! The Jacobian with some coordinates held fixed is a principal submatrix ([`Jacobian::restricted`]) if the M-step of the others
//! does not use those that are fixed, as for the weights and means of a Gaussian mixture with known covariances.
//!
//! What is not here: a search for the fixed point. At other parameters J says nothing about the rate.

use crate::batch::Dataset;
use crate::failure::{Breakdown, Interrupted};
use crate::model::LatentModel;
use crate::reduce::Reducer;
use thiserror::Error;

/// The change of the parameters by a difference, in the units of [`LatentModel::change`]. The error of the fourth-order
/// formula is about 1e-12 by truncation and 1e-12 by rounding.
const CHANGE: f64 = 1e-3;

/// A Jacobian could not be formed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RateError {
    /// The map breaks down next to the parameters.
    #[error("the EM map breaks down beside the parameters, where coordinate {coordinate} is moved: {breakdown}")]
    Breakdown {
        /// The coordinate that was moved.
        coordinate: usize,
        /// What broke.
        breakdown: Breakdown,
    },
    /// Reading the data failed.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// The Jacobian of the EM map in the coordinates of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Jacobian {
    p: usize,
    /// Row-major: entry (i, j) is the derivative of coordinate i of M(θ) by coordinate j of θ.
    entries: Vec<f64>,
}

/// The Jacobian of the EM map on `data` at `model`, with 4 p E-passes.
pub fn jacobian<M: LatentModel, D: Dataset, R: Reducer<M>>(
    data: &D,
    model: &M,
    mut reducer: R,
) -> Result<Jacobian, RateError> {
    let p = model.dim();
    reducer.prepare(model, data);
    let mut stats = vec![0.0; model.stats_len()];
    let (mut moved, mut next) = (model.clone(), model.clone());
    let mut xi = vec![0.0; p];
    model.write(&mut xi);
    let mut image = vec![0.0; p];
    let mut entries = vec![0.0; p * p];
    for j in 0..p {
        let at = xi[j];
        let broken = |breakdown| RateError::Breakdown { coordinate: j, breakdown };
        let probe = 1e-6 * (1.0 + at.abs());
        xi[j] = at + probe;
        model.read(&xi, &mut moved).map_err(broken)?;
        let change = model.change(&moved);
        let step = if change > 0.0 { probe * CHANGE / change } else { probe };
        for (multiple, weight) in [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)] {
            xi[j] = at + multiple * step;
            model.read(&xi, &mut moved).map_err(broken)?;
            reducer.reduce(&moved, data, &mut stats)?;
            moved.maximize(&stats, &mut next).map_err(broken)?;
            next.write(&mut image);
            for (i, value) in image.iter().enumerate() {
                entries[i * p + j] += weight * value / (12.0 * step);
            }
        }
        xi[j] = at;
    }
    Ok(Jacobian { p, entries })
}

impl Jacobian {
    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.p
    }

    /// The derivative of coordinate `i` of M(θ) by coordinate `j` of θ.
    pub fn entry(&self, i: usize, j: usize) -> f64 {
        self.entries[i * self.p + j]
    }

    /// The rows and columns of the coordinates `free`, the others held fixed.
    #[must_use]
    pub fn restricted(&self, free: &[usize]) -> Self {
        let entries = free.iter().flat_map(|&i| free.iter().map(move |&j| self.entry(i, j))).collect();
        Self { p: free.len(), entries }
    }

    /// The largest absolute value of an eigenvalue: the rate of EM.
    ///
    /// By Gelfand's formula, ρ = lim ‖Jᵐ‖^(1/m), with m = 2⁵⁰ by squaring, each power scaled to norm one. Needs no
    /// eigenvectors and does not mind multiple or complex eigenvalues; relative error of some rounding units.
    pub fn spectral_radius(&self) -> f64 {
        let p = self.p;
        let mut power = self.entries.clone();
        let (mut logarithm, mut exponent) = (0.0, 1.0);
        for _ in 0..50 {
            let norm = power.iter().map(|v| v * v).sum::<f64>().sqrt();
            if !(norm > 0.0) {
                return 0.0;
            }
            logarithm += exponent * norm.ln();
            exponent /= 2.0;
            for value in &mut power {
                *value /= norm;
            }
            let mut square = vec![0.0; p * p];
            for i in 0..p {
                for l in 0..p {
                    let factor = power[i * p + l];
                    for j in 0..p {
                        square[i * p + j] += factor * power[l * p + j];
                    }
                }
            }
            power = square;
        }
        logarithm.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(p: usize, entries: &[f64]) -> Jacobian {
        Jacobian { p, entries: entries.to_vec() }
    }

    #[test]
    fn the_radius_is_that_of_the_spectrum() {
        let radius = |p, entries: &[f64]| matrix(p, entries).spectral_radius();
        assert!((radius(2, &[0.5, 0.0, 0.0, -0.9]) - 0.9).abs() < 1e-14);
        // A rotation by 0.7: complex eigenvalues of absolute value 0.7.
        let (sin, cos) = 1.0_f64.sin_cos();
        assert!((radius(2, &[0.7 * cos, -0.7 * sin, 0.7 * sin, 0.7 * cos]) - 0.7).abs() < 1e-14);
        // Far from symmetric, eigenvalues 0.5 and 0.4.
        assert!((radius(2, &[0.5, 1e3, 0.0, 0.4]) - 0.5).abs() < 1e-12);
        assert_eq!(radius(1, &[0.0]), 0.0);
        assert_eq!(radius(2, &[0.0, 1.0, 0.0, 0.0]), 0.0);
    }

    #[test]
    fn restricted_keeps_rows_and_columns() {
        let part = matrix(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).restricted(&[0, 2]);
        assert_eq!((part.dim(), part.entry(0, 1), part.entry(1, 0), part.entry(1, 1)), (2, 3.0, 7.0, 9.0));
    }
}
