//! What makes a mixture hard for k-means: clusters that overlap, are long, or differ in size or weight.
//!
//! k-means cuts space halfway between centres. That is right for spheres of one size and one weight; this module says, in a few
//! numbers, how far a fitted mixture is from that.
//!
//! - *overlap*: Σ_{j<k} √(w_j w_k) exp(−B_jk) with Bhattacharyya's distance B = ⅛ δᵀΣ̄⁻¹δ + ½ ln(|Σ̄| / √(|Σ_j||Σ_k|)), Σ̄ the mean of the
//!   two covariances: an upper bound of the share of rows that the best possible rule would misclassify (Kailath 1967, key
//!   `kailath1967`);
//! - *elongation*: the largest ratio of a component's longest to its shortest axis, √(λ_max/λ_min);
//! - *size ratio*: the largest |Σ|^(1/2d) over the smallest: ratio of the radii of balls of equal volume;
//! - *weight ratio*: the largest weight over the smallest.

use crate::basins::Component;
use linalg::SpdFactor;
use linalg::diagnosis::spectrum;
use linalg::spd::half_log_determinant;

/// The numbers of one mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Upper bound of the error of the best rule, 0 to (K − 1)/2.
    pub overlap: f64,
    /// Longest over shortest axis, at least 1.
    pub elongation: f64,
    /// Radius of the largest over that of the smallest component, at least 1.
    pub size_ratio: f64,
    /// Largest over smallest weight, at least 1.
    pub weight_ratio: f64,
}

impl Geometry {
    /// Of the components of a mixture; `None` without weights, components or finite numbers.
    pub(crate) fn of(components: &[Component]) -> Option<Self> {
        let weights: Option<Vec<f64>> = components.iter().map(|component| component.weight).collect();
        let weights = weights.filter(|weights| !weights.is_empty())?;
        let d = components[0].mean.len();
        let mut halves = Vec::with_capacity(components.len());
        let mut elongation = 1.0_f64;
        for component in components {
            halves.push(half_determinant(component.covariance.to_vec(), d)?.1);
            let axes = spectrum(component.covariance, d)?;
            elongation = elongation.max((axes.largest() / axes.smallest()).sqrt());
        }
        let mut overlap = 0.0;
        for j in 0..components.len() {
            for k in j + 1..components.len() {
                let (a, b) = (&components[j], &components[k]);
                let mean = a.covariance.iter().zip(b.covariance).map(|(x, y)| f64::midpoint(*x, *y)).collect();
                let (factor, half) = half_determinant(mean, d)?;
                let distance = squared_distance(&factor, a, b) / 8.0 + half - f64::midpoint(halves[j], halves[k]);
                overlap += (weights[j] * weights[k]).sqrt() * (-distance).exp();
            }
        }
        let range = |values: &[f64]| {
            let ends = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)));
            (ends.0.is_finite() && ends.1.is_finite()).then_some(ends)
        };
        let (low, high) = range(&halves)?;
        let (light, heavy) = range(&weights)?;
        let geometry =
            Self { overlap, elongation, size_ratio: ((high - low) / d as f64).exp(), weight_ratio: heavy / light };
        let all = [geometry.overlap, geometry.elongation, geometry.size_ratio, geometry.weight_ratio];
        all.iter().all(|number| number.is_finite()).then_some(geometry)
    }
}

/// The lower factor of a covariance and ½ ln of its determinant.
fn half_determinant(mut covariance: Vec<f64>, d: usize) -> Option<(Vec<f64>, f64)> {
    SpdFactor::new(d).factor(&mut covariance).then(|| {
        let half = half_log_determinant(&covariance, d);
        (covariance, half)
    })
}

/// δᵀ (L Lᵀ)⁻¹ δ for the difference δ of two means, by forward substitution.
fn squared_distance(factor: &[f64], a: &Component, b: &Component) -> f64 {
    let d = a.mean.len();
    let mut whitened: Vec<f64> = Vec::with_capacity(d);
    for i in 0..d {
        let known: f64 = whitened.iter().zip(&factor[i * d..]).map(|(y, l)| y * l).sum();
        whitened.push((a.mean[i] - b.mean[i] - known) / factor[i * d + i]);
    }
    whitened.iter().map(|y| y * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basins::Ends;
    use crate::example::converged;

    type Round = (Option<f64>, Vec<f64>, Option<Vec<f64>>);

    fn component(weight: f64, mean: [f64; 2], variances: [f64; 2]) -> Round {
        (Some(weight), mean.to_vec(), Some(vec![variances[0], 0.0, 0.0, variances[1]]))
    }

    fn geometry(components: &[Round]) -> Option<Geometry> {
        let mut ends = Ends::default();
        ends.add(0, components.iter().cloned());
        let components: Vec<Component> = ends.of(&converged(0, 0.0))?.collect();
        Geometry::of(&components)
    }

    #[test]
    fn equal_spheres_have_nothing_but_overlap() {
        let found =
            geometry(&[component(0.5, [0.0, 0.0], [1.0, 1.0]), component(0.5, [2.0, 0.0], [1.0, 1.0])]).unwrap();
        // B = 4/8; the best rule errs with Φ(−1) = 0.159, below ½ e^{−½} = 0.303.
        assert!((found.overlap - 0.5 * (-0.5_f64).exp()).abs() < 1e-15);
        assert_eq!((found.elongation, found.size_ratio, found.weight_ratio), (1.0, 1.0, 1.0));
    }

    #[test]
    fn lengths_sizes_and_weights_by_hand() {
        let found =
            geometry(&[component(0.2, [0.0, 0.0], [9.0, 1.0]), component(0.8, [0.0, 4.0], [1.0, 1.0])]).unwrap();
        assert!((found.elongation - 3.0).abs() < 1e-12);
        // √(9·1)^(1/2) = √3.
        assert!((found.size_ratio - 3.0_f64.sqrt()).abs() < 1e-12);
        assert!((found.weight_ratio - 4.0).abs() < 1e-12);
        // Σ̄ = diag(5, 1): B = 16/8 + ½ ln(5/3).
        assert!((found.overlap - 0.4 * (-2.0 - 0.5 * (5.0_f64 / 3.0).ln()).exp()).abs() < 1e-15);
    }

    #[test]
    fn k_means_has_no_weights_and_so_no_geometry() {
        assert_eq!(geometry(&[(None, vec![0.0], Some(vec![1.0]))]), None);
        assert_eq!(Geometry::of(&[]), None);
    }
}
