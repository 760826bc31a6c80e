//! Coordinates for accelerators.

use super::super::layout::Layout;
use super::super::structure::CovarianceStructure;
use super::Axes;
use em::{Breakdown, BreakdownKind, Coordinates};

/// Coordinates: means, then ln σ (k × m). Under a structure they are redundant: reading makes the covariances fit the structure.
impl<S: CovarianceStructure, const ROUND: bool> Coordinates for Axes<S, ROUND> {
    fn dim(&self) -> usize {
        self.means.len() + self.deviations.len()
    }

    fn write(&self, xi: &mut [f64]) {
        let (means, scales) = xi.split_at_mut(self.means.len());
        means.copy_from_slice(&self.means);
        for (out, sigma) in scales.iter_mut().zip(&self.deviations) {
            *out = sigma.ln();
        }
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        if xi.iter().any(|value| !value.is_finite()) {
            let kind = BreakdownKind::NonFinite { what: "coordinate", row: None };
            return Err(Breakdown { component: None, kind });
        }
        let (means, scales) = xi.split_at(self.means.len());
        next.means.copy_from_slice(means);
        for (covariance, scale) in next.work.covariances.iter_mut().zip(scales) {
            *covariance = (2.0 * scale).exp();
        }
        next.structure.start_from(&self.structure);
        next.settle()
    }
}
