//! Coordinates for accelerators.

use super::super::singular;
use super::super::structure::CovarianceStructure;
use super::{Matrices, square};
use em::{Breakdown, BreakdownKind, Coordinates};
use linalg::spd;

/// Coordinates: means, then per component ln l_ii and the rest of the lower factor, row by row. Under a structure they are
/// redundant: reading makes the covariances fit the structure.
impl<S: CovarianceStructure> Coordinates for Matrices<S> {
    fn dim(&self) -> usize {
        self.k * (self.d + self.triangle())
    }

    fn write(&self, xi: &mut [f64]) {
        let d = self.d;
        let (means, factors) = xi.split_at_mut(self.k * d);
        means.copy_from_slice(&self.means);
        let mut out = factors.iter_mut();
        for (row, i) in self.factors.chunks_exact(d).zip((0..d).cycle()) {
            for (j, &value) in row[..=i].iter().enumerate() {
                if let Some(out) = out.next() {
                    *out = if i == j { value.ln() } else { value };
                }
            }
        }
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let d = self.d;
        if xi.iter().any(|value| !value.is_finite()) {
            return Err(Breakdown {
                component: None,
                kind: BreakdownKind::NonFinite { what: "coordinate", row: None },
            });
        }
        let (means, factors) = xi.split_at(self.k * d);
        next.means.copy_from_slice(means);
        let mut values = factors.iter();
        for (row, i) in next.factors.chunks_exact_mut(d).zip((0..d).cycle()) {
            for (j, out) in row[..=i].iter_mut().enumerate() {
                let value = values.next().copied().unwrap_or_default();
                *out = if i == j { value.exp() } else { value };
            }
        }
        let on_factors = S::UNCONSTRAINED && next.work.eigenvalues.is_none();
        if !on_factors {
            // The covariances at ξ are made to fit structure and bounds as if they were a sample's, all counts equal.
            for range in (0..self.k).map(|k| square(k, d)) {
                spd::reconstruct(&next.factors[range.clone()], &mut next.work.covariances[range], d);
            }
            next.structure.start_from(&self.structure);
            next.begin(&vec![1.0; self.k]);
        }
        for k in 0..self.k {
            let range = square(k, d);
            let pivot = if on_factors {
                spd::judge(&next.factors[range.clone()], &self.reference.total.pivots).0
            } else {
                next.factor(k)
            };
            if !self.reference.usable(pivot) {
                return Err(singular(k, linalg::moments::covariance_of(&next.factors[range], d), pivot, None, d));
            }
        }
        next.finish();
        Ok(())
    }
}
