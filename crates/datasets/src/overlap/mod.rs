//! The overlap of the components of a Gaussian mixture, and mixtures drawn with a given overlap (Maitra & Melnykov 2010, key
//! `maitra2010`).
//!
//! ω_{j|i} = P(π_i φ_i(X) < π_j φ_j(X)), X from component i, is the chance that a row of component i looks more like one of j.
//! The overlap of a pair is ω_ij = ω_{j|i} + ω_{i|j}; its average and its maximum over the pairs dial how hard a mixture is to
//! separate. For equal weights and covariances ω_ij = 2 Φ(−Δ/2), Δ the Mahalanobis distance of the means.
//!
//! Everything here is scalar arithmetic in a fixed order, as in [`crate::synthetic`], so that a mixture depends on no SIMD level.
//! What it does not do: a grid of its own; overlaps of more than two components at once.

mod eigen;
mod quadratic;
mod simulate;

pub use simulate::{OverlapError, OverlapRecipe};

use crate::synthetic::{MixtureRecipe, cholesky};

/// Misclassification probabilities of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    components: usize,
    /// Entry (i, j) is ω_{j|i}; the diagonal is 0.
    misclassified: Vec<f64>,
}

impl Overlap {
    /// The overlaps of the mixture.
    pub fn of(mixture: &MixtureRecipe) -> Self {
        let factors = mixture.factors();
        let parts: Vec<Part<'_>> = (0..mixture.components())
            .map(|k| Part { weight: mixture.weights()[k], mean: &mixture.means()[k], factor: &factors[k] })
            .collect();
        Self::of_parts(&parts, &vec![1.0; parts.len()])
    }

    /// The overlaps after the covariance of each component was multiplied by its scale.
    fn of_parts(parts: &[Part<'_>], scales: &[f64]) -> Self {
        let components = parts.len();
        let mut misclassified = vec![0.0; components * components];
        for i in 0..components {
            for j in (0..components).filter(|&j| j != i) {
                misclassified[i * components + j] = misclassified_as(&parts[i], scales[i], &parts[j], scales[j]);
            }
        }
        Self { components, misclassified }
    }

    /// ω_{j|i}: the chance that a row of component `i` is more likely under `j`.
    pub fn misclassified(&self, i: usize, j: usize) -> f64 {
        self.misclassified[i * self.components + j]
    }

    /// ω_ij, both ways together.
    pub fn pair(&self, i: usize, j: usize) -> f64 {
        self.misclassified(i, j) + self.misclassified(j, i)
    }

    /// All pairs i < j.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.components).flat_map(|i| (i + 1..self.components).map(move |j| (i, j)))
    }

    /// The average over the pairs; 0 for one component.
    pub fn average(&self) -> f64 {
        let sum: f64 = self.pairs().map(|(i, j)| self.pair(i, j)).sum();
        sum / self.pairs().count().max(1) as f64
    }

    /// The largest overlap of a pair; 0 for one component.
    pub fn maximum(&self) -> f64 {
        self.pairs().map(|(i, j)| self.pair(i, j)).fold(0.0, f64::max)
    }

    /// The pair with the largest overlap; `None` for one component.
    pub fn worst_pair(&self) -> Option<(usize, usize)> {
        self.pairs().max_by(|&(a, b), &(i, j)| self.pair(a, b).total_cmp(&self.pair(i, j)))
    }
}

/// One component: weight, mean (d), lower triangular factor of its covariance (d × d).
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    weight: f64,
    mean: &'a [f64],
    factor: &'a [f64],
}

/// ω_{j|i} with the covariances multiplied by `scale_i` and `scale_j`.
///
/// X = μ_i + L_i z. With (X − μ_j) = L_i (z + m), m = L_i⁻¹(μ_i − μ_j), and L_iᵀ Σ_j⁻¹ L_i = Γ Λ Γᵀ, y = Γᵀ z, the row looks like one
/// of j if Σ (λ_l − 1) y_l² + 2 λ_l m_l y_l + λ_l m_l² < 2 log(π_j/π_i) + log |Σ_i| − log |Σ_j|.
fn misclassified_as(i: &Part<'_>, scale_i: f64, j: &Part<'_>, scale_j: f64) -> f64 {
    let d = i.mean.len();
    if !(j.weight > 0.0 && i.weight > 0.0) {
        return 0.0;
    }
    // B = L_j⁻¹ L_i, column by column, and L_i⁻¹(μ_i − μ_j).
    let mut b = vec![0.0; d * d];
    for column in 0..d {
        let rhs: Vec<f64> = (0..d).map(|row| i.factor[row * d + column]).collect();
        for (row, value) in forward(j.factor, &rhs).into_iter().enumerate() {
            b[row * d + column] = value;
        }
    }
    let distance: Vec<f64> = i.mean.iter().zip(j.mean).map(|(a, b)| a - b).collect();
    let shift: Vec<f64> = forward(i.factor, &distance).into_iter().map(|v| v / scale_i.sqrt()).collect();
    let mut gram = vec![0.0; d * d];
    for p in 0..d {
        for q in 0..d {
            gram[p * d + q] = (0..d).map(|row| b[row * d + p] * b[row * d + q]).sum::<f64>() * scale_i / scale_j;
        }
    }
    let (eigenvalues, vectors) = eigen::symmetric(gram, d);
    let m: Vec<f64> = (0..d).map(|l| (0..d).map(|row| vectors[row * d + l] * shift[row]).sum()).collect();
    let half_log = |part: &Part<'_>, scale: f64| -> f64 {
        (0..d).map(|row| part.factor[row * d + row].ln()).sum::<f64>() + 0.5 * d as f64 * scale.ln()
    };
    let constant: f64 = eigenvalues.iter().zip(&m).map(|(l, m)| l * m * m).sum();
    let bound = 2.0 * ((j.weight / i.weight).ln() + half_log(i, scale_i) - half_log(j, scale_j)) - constant;
    let squares: Vec<f64> = eigenvalues.iter().map(|l| l - 1.0).collect();
    let linear: Vec<f64> = eigenvalues.iter().zip(&m).map(|(l, m)| 2.0 * l * m).collect();
    if squares.iter().chain(&linear).all(|value| *value == 0.0) {
        // The densities are proportional: the larger weight wins everywhere, a tie nowhere.
        return if bound > 0.0 { 1.0 } else { 0.0 };
    }
    quadratic::probability_below(&squares, &linear, bound)
}

/// L⁻¹ v for a lower triangular L.
fn forward(l: &[f64], v: &[f64]) -> Vec<f64> {
    let d = v.len();
    let mut solved: Vec<f64> = Vec::with_capacity(d);
    for row in 0..d {
        let known: f64 = solved.iter().enumerate().map(|(column, value)| l[row * d + column] * value).sum();
        solved.push((v[row] - known) / l[row * d + row]);
    }
    solved
}

/// The lower triangular factors of covariances, or `None` if one has none.
fn factors(covariances: &[Vec<Vec<f64>>]) -> Option<Vec<Vec<f64>>> {
    covariances.iter().enumerate().map(|(k, covariance)| cholesky(k, covariance).ok()).collect()
}
