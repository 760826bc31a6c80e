//! Coordinates for accelerators.

use super::super::layout::Layout;
use super::super::structure::CovarianceStructure;
use super::{Shared, row};
use em::{Breakdown, BreakdownKind, Coordinates};
use linalg::spd;

/// Coordinates: means, then ln l_ii and the rest of the lower factor, row by row.
impl<S: CovarianceStructure> Coordinates for Shared<S> {
    fn dim(&self) -> usize {
        let d = self.frame.d;
        self.means.len() + d * (d + 1) / 2
    }

    fn write(&self, xi: &mut [f64]) {
        let (means, factor) = xi.split_at_mut(self.means.len());
        means.copy_from_slice(&self.means);
        let mut out = factor.iter_mut();
        for i in 0..self.frame.d {
            for ((j, &value), out) in row(&self.factor, i, self.frame.d).iter().enumerate().zip(&mut out) {
                *out = if i == j { value.ln() } else { value };
            }
        }
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        if xi.iter().any(|value| !value.is_finite()) {
            let kind = BreakdownKind::NonFinite { what: "coordinate", row: None };
            return Err(Breakdown { component: None, kind });
        }
        let d = self.frame.d;
        let (means, values) = xi.split_at(self.means.len());
        next.means.copy_from_slice(means);
        let mut values = values.iter();
        next.factor.fill(0.0);
        for i in 0..d {
            for (j, value) in (0..=i).zip(&mut values) {
                next.factor[i * d + j] = if i == j { value.exp() } else { *value };
            }
        }
        spd::reconstruct(&next.factor, &mut next.work.covariance, d);
        next.structure.start_from(&self.structure);
        next.settle()
    }
}
