//! Exact spectra, on the cold path only.

use crate::spd::{self, SpdFactor};
use faer::{Mat, Side};

/// Smallest and largest eigenvalue of a symmetric matrix, and the unit eigenvector of the smallest.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Eigenvalues in ascending order, d.
    pub eigenvalues: Vec<f64>,
    /// Unit eigenvector of the smallest eigenvalue, its largest entry positive, d.
    pub direction: Vec<f64>,
}

impl Spectrum {
    /// Smallest eigenvalue.
    pub fn smallest(&self) -> f64 {
        self.eigenvalues[0]
    }

    /// Largest eigenvalue.
    pub fn largest(&self) -> f64 {
        self.eigenvalues[self.eigenvalues.len() - 1]
    }
}

/// Spectrum of the symmetric matrix `a` (d × d); `None` if an entry is not finite.
pub fn spectrum(a: &[f64], d: usize) -> Option<Spectrum> {
    if a.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let matrix = Mat::from_fn(d, d, |i, j| a[i * d + j]);
    let eigen = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let eigenvalues = (0..d).map(|i| eigen.S()[i]).collect();
    let mut direction: Vec<f64> = (0..d).map(|i| eigen.U()[(i, 0)]).collect();
    let largest = direction.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
    if largest < 0.0 {
        for value in &mut direction {
            *value = -*value;
        }
    }
    Some(Spectrum { eigenvalues, direction })
}

/// Smallest and largest eigenvalue of Σ_b⁻¹ Σ_a for two positive definite matrices (d × d); `None` if Σ_b has no factor. The
/// eigenvalues of Σ_a⁻¹ Σ_b are their reciprocals.
pub fn relative_eigenvalues(a: &[f64], b: &[f64], d: usize) -> Option<(f64, f64)> {
    if d == 1 {
        return (b[0] > 0.0).then(|| (a[0] / b[0], a[0] / b[0]));
    }
    let mut l = b.to_vec();
    if !SpdFactor::new(d).factor(&mut l) {
        return None;
    }
    let (mut inverse, mut relative, mut work) = (vec![0.0; d * d], vec![0.0; d * d], vec![0.0; d * d]);
    spd::invert_factor(&l, &mut inverse, d);
    spd::congruence(&inverse, a, &mut relative, &mut work, d);
    if relative.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let matrix = Mat::from_fn(d, d, |i, j| relative[i * d + j]);
    matrix.self_adjoint_eigenvalues(Side::Lower).ok().map(|values| (values[0], values[d - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectrum_of_a_rotated_ellipse() {
        let (c, s) = (0.6, 0.8);
        // R diag(1e-12, 3) Rᵀ with R = [c −s; s c].
        let (small, large) = (1e-12, 3.0);
        let off = c * s * (small - large);
        let a = [c * c * small + s * s * large, off, off, s * s * small + c * c * large];
        let spectrum = spectrum(&a, 2).unwrap();
        assert!((spectrum.largest() - 3.0).abs() < 1e-14 && spectrum.smallest().abs() < 1e-11);
        assert!((spectrum.direction[1] - 0.8).abs() < 1e-12 && (spectrum.direction[0] - 0.6).abs() < 1e-12);
        assert!(super::spectrum(&[f64::NAN], 1).is_none());
    }

    #[test]
    fn relative_eigenvalues_are_affine_invariant() {
        let (a, b) = ([2.0, 0.3, 0.3, 1.0], [1.0, -0.2, -0.2, 4.0]);
        let direct = relative_eigenvalues(&a, &b, 2).unwrap();
        let scale = |m: [f64; 4]| [m[0] * 1e6, m[1] * 1e3, m[2] * 1e3, m[3]];
        let scaled = relative_eigenvalues(&scale(a), &scale(b), 2).unwrap();
        assert!((direct.0 - scaled.0).abs() < 1e-12 && (direct.1 - scaled.1).abs() < 1e-12);
        let turned = relative_eigenvalues(&b, &a, 2).unwrap();
        assert!((direct.0 * turned.1 - 1.0).abs() < 1e-14 && (direct.1 * turned.0 - 1.0).abs() < 1e-14);
    }
}
