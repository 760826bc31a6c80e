//! Numbers that judge an end: information criteria, Hathaway's ratio, coincidence of components.

use crate::parameters::MixtureParameters;
use linalg::diagnosis::relative_eigenvalues;
use linalg::{SpdFactor, spd};

/// −2 log L + ν ln n, smaller is better (Schwarz 1978, key `schwarz1978`); mclust prints it with the sign turned.
pub fn bic(log_likelihood: f64, free_parameters: u32, n: f64) -> f64 {
    -2.0 * log_likelihood + f64::from(free_parameters) * n.ln()
}

/// −2 log L + 2 ν (Akaike 1974, key `akaike1974`).
pub fn aic(log_likelihood: f64, free_parameters: u32) -> f64 {
    -2.0 * log_likelihood + 2.0 * f64::from(free_parameters)
}

/// bic − 2 Σ_i w_i log max_k r_ik: mclust's ICL with the sign turned (Biernacki, Celeux & Govaert 2000, key
/// `biernacki2000`). The sum is [`Classification::log_largest`](crate::mixture::Classification::log_largest).
pub fn icl(bic: f64, log_largest: f64) -> f64 {
    bic - 2.0 * log_largest
}

/// bic + 2 Σ_i w_i Σ_k −r_ik log r_ik, the entropy form (McLachlan & Peel 2000, key `mclachlan2000`, section 6.10): at least
/// [`icl`], since the entropy of a row is at least −log max_k r_ik. The sum is
/// [`Classification::entropy`](crate::mixture::Classification::entropy).
pub fn icl_entropy(bic: f64, entropy: f64) -> f64 {
    bic + 2.0 * entropy
}

/// min over j ≠ k of λ_min(Σ_j⁻¹ Σ_k), affine invariant (Hathaway 1985, key `hathaway1985`). `None` for one component or
/// where a covariance has no factor.
pub fn hathaway(parameters: &MixtureParameters) -> Option<f64> {
    let (k, d) = (parameters.components(), parameters.dimension());
    let factors = Factors::new(parameters)?;
    // The smallest value is 1/λ_max of some Σ_b⁻¹ Σ_a, and most pairs cannot have it. The margin covers rounding.
    let between = |a: usize, b: usize| {
        let ((low, high), (other_low, other_high)) = (factors.largest(a, b), factors.largest(b, a));
        (low.max(other_low), high.max(other_high))
    };
    let pairs = || (0..k).flat_map(|a| (0..a).map(move |b| (a, b)));
    let bounds: Vec<(f64, f64)> = pairs().map(|(a, b)| between(a, b)).collect();
    let least = bounds.iter().map(|(low, _)| *low).fold(0.0, f64::max);
    let mut smallest: Option<f64> = None;
    for ((a, b), (_, high)) in pairs().zip(bounds) {
        let negligible = 1.001 * high < least;
        if !negligible {
            let (least, largest) = relative_eigenvalues(parameters.covariance(a), parameters.covariance(b), d)?;
            let value = least.min(1.0 / largest);
            smallest = Some(smallest.map_or(value, |old| old.min(value)));
        }
    }
    smallest
}

/// Smallest symmetric Kullback-Leibler divergence KL(j ‖ k) + KL(k ‖ j) between two components. `None` for one component
/// or where a covariance has no factor.
pub fn coincidence(parameters: &MixtureParameters) -> Option<f64> {
    let (k, d) = (parameters.components(), parameters.dimension());
    let factors = Factors::new(parameters)?;
    // tr(Σ_b⁻¹ Σ_a) − d + (μ_a − μ_b)ᵀ Σ_b⁻¹ (μ_a − μ_b) = |L_b⁻¹ L_a|² − d + |L_b⁻¹ (μ_a − μ_b)|²
    let one_way = |a: usize, b: usize| -> f64 {
        let inverse = factors.inverse(b);
        let shift: f64 = (0..d)
            .map(|i| {
                let row = (0..=i).map(|j| inverse[i * d + j] * (parameters.mean(a)[j] - parameters.mean(b)[j]));
                row.sum::<f64>().powi(2)
            })
            .sum();
        factors.trace(a, b) - d as f64 + shift
    };
    let mut smallest: Option<f64> = None;
    for a in 0..k {
        for b in 0..a {
            let value = (0.5 * (one_way(a, b) + one_way(b, a))).max(0.0);
            smallest = Some(smallest.map_or(value, |old| old.min(value)));
        }
    }
    smallest
}

/// The Cholesky factors L of all covariances, and their inverses: K times d × d each.
struct Factors {
    lower: Vec<f64>,
    inverse: Vec<f64>,
    d: usize,
}

impl Factors {
    /// `None` where a covariance has no factor.
    fn new(parameters: &MixtureParameters) -> Option<Self> {
        let d = parameters.dimension();
        let mut lower = parameters.covariances.clone();
        let mut inverse = vec![0.0; lower.len()];
        let mut factor = SpdFactor::new(d);
        for (l, inverse) in lower.chunks_exact_mut(d * d).zip(inverse.chunks_exact_mut(d * d)) {
            if !factor.factor(l) {
                return None;
            }
            spd::invert_factor(l, inverse, d);
        }
        Some(Self { lower, inverse, d })
    }

    /// L_c⁻¹.
    fn inverse(&self, c: usize) -> &[f64] {
        &self.inverse[c * self.d * self.d..(c + 1) * self.d * self.d]
    }

    /// L_b⁻¹ L_a
    fn product(&self, a: usize, b: usize) -> Vec<f64> {
        let size = self.d * self.d;
        let mut product = vec![0.0; size];
        spd::multiply_factors(self.inverse(b), &self.lower[a * size..(a + 1) * size], &mut product, self.d);
        product
    }

    /// tr(Σ_b⁻¹ Σ_a) = |L_b⁻¹ L_a|²
    fn trace(&self, a: usize, b: usize) -> f64 {
        self.product(a, b).iter().map(|value| value * value).sum()
    }

    /// Between what the largest eigenvalue of Σ_b⁻¹ Σ_a is: Σλ² / Σλ and √Σλ², of P Pᵀ with P = L_b⁻¹ L_a.
    fn largest(&self, a: usize, b: usize) -> (f64, f64) {
        let product = self.product(a, b);
        let rows = || product.chunks_exact(self.d);
        let (mut trace, mut squares) = (0.0, 0.0);
        for (i, row) in rows().enumerate() {
            for (j, other) in rows().take(i + 1).enumerate() {
                let entry: f64 = row.iter().zip(other).map(|(x, y)| x * y).sum();
                squares += if i == j { entry * entry } else { 2.0 * entry * entry };
                trace += if i == j { entry } else { 0.0 };
            }
        }
        (squares / trace, squares.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(mean: f64, variance: f64) -> MixtureParameters {
        MixtureParameters {
            weights: vec![0.5, 0.5],
            means: vec![0.0, 0.0, mean, 0.0],
            covariances: vec![1.0, 0.0, 0.0, 1.0, variance, 0.0, 0.0, variance],
        }
    }

    #[test]
    fn the_most_unequal_pair_is_found_among_many() {
        let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
        let (k, d) = (7, 3);
        for round in 0..50 {
            let mut covariances = vec![0.0; k * d * d];
            for (c, covariance) in covariances.chunks_exact_mut(d * d).enumerate() {
                let column =
                    |i: usize| 10f64.powf(number(round * 977 + c * 31 + i)) * number(round * 613 + c * 101 + i * 17);
                for (i, j) in (0..d).flat_map(|i| (0..d).map(move |j| (i, j))) {
                    covariance[i * d + j] = column(i) * column(j) + if i == j { 0.1 } else { 0.0 };
                }
            }
            let parameters =
                MixtureParameters { weights: vec![1.0 / k as f64; k], means: vec![0.0; k * d], covariances };
            let expected = (0..k)
                .flat_map(|a| (0..a).map(move |b| (a, b)))
                .map(|(a, b)| {
                    let (covariance_a, covariance_b) = (parameters.covariance(a), parameters.covariance(b));
                    let (least, largest) = relative_eigenvalues(covariance_a, covariance_b, d).unwrap();
                    least.min(1.0 / largest)
                })
                .fold(f64::INFINITY, f64::min);
            assert_eq!(hathaway(&parameters), Some(expected), "round {round}");
        }
    }

    #[test]
    fn criteria_of_the_published_fit() {
        // mclust on iris, VVV with 3 components: log L −180.1855, ν = 44, n = 150, BIC −580.8396 with mclust's sign.
        assert!((bic(-180.185477131, 44, 150.0) - 580.8396).abs() < 2e-3);
        assert_eq!(aic(-10.0, 3), 26.0);
        // Three rows that belong to two components alike.
        let torn = 3.0 * 2.0f64.ln();
        assert_eq!((icl(100.0, 0.0), icl(100.0, -torn)), (100.0, icl_entropy(100.0, torn)));
    }

    #[test]
    fn ratios_of_two_spheres() {
        assert_eq!(hathaway(&two(3.0, 1e-6)).unwrap(), 1e-6);
        assert!(coincidence(&two(0.0, 1.0)).unwrap() < 1e-15);
        // Unit covariances, means 2 apart: KL both ways together is 4.
        assert!((coincidence(&two(2.0, 1.0)).unwrap() - 4.0).abs() < 1e-14);
    }
}
