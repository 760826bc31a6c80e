//! Samples from a Gaussian mixture with known parameters.
//!
//! x_i = μ_z + L_z ε_i with z_i ~ weights, ε_i ~ N(0, I_d), Σ_k = L_k L_kᵀ (L_k lower triangular). The labels are drawn
//! independently from the weights, so the mixing proportions of a draw are random too.
//!
//! **Order of the random numbers.** One generator [`GENERATOR`] per draw, seeded with the 32 bytes given. Row after row:
//! first one uniform number u in \[0, 1), which chooses the first component whose cumulated weight exceeds u; then d
//! standard normals ε, in the order of the variables. So the first rows of a larger draw from the same seed are the
//! smaller draw. The factors and sums below are plain scalar loops in a fixed order (not the vectorised kernels of the
//! engine), so that a draw depends on no SIMD level; only the logarithm and exponential in the tails of the normal come
//! from the platform.
//!
//! What it does not do: choose parameters with a given overlap ([`crate::overlap`]), other distributions, noise points.

use crate::recipe_error::{Place, RecipeError};
use crate::sample::{Sample, Truth};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// The generator behind every draw, for the provenance of records.
pub const GENERATOR: &str = "ChaCha8Rng (rand_chacha 0.10), StandardNormal (rand_distr 0.6)";

/// Largest accepted distance of the sum of the weights from 1.
const WEIGHT_SUM_TOLERANCE: f64 = 1e-9;

/// Entries (i, j) and (j, i) of a covariance may differ by this, relative to √(a_ii a_jj): rounding, not intention.
const SYMMETRY_TOLERANCE: f64 = 1e-12;

/// Smallest accepted ratio of a pivot (conditional variance) to its variance: below it the pivot is rounding error. The
/// ratio does not change with the units of the variables, so tiny variances are welcome.
const SMALLEST_RELATIVE_PIVOT: f64 = 1e-12;

/// A factor's entries are at most the square root of the largest double, so L ε cannot carry a finite μ to infinity.
const FINITE: &str = "the recipe was checked, so its draws are finite";

/// Largest n: rows are numbered by 32 bits in the records.
const LARGEST_N: usize = u32::MAX as usize;

/// A Gaussian mixture and a sample size, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureRecipe {
    n: usize,
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<Vec<f64>>>,
    /// L_k, d × d, row-major.
    factors: Vec<Vec<f64>>,
}

impl MixtureRecipe {
    /// A recipe for `n` rows from K components: K `weights` that sum to one, K `means` of d numbers, K `covariances` of
    /// d rows of d numbers, symmetric and positive definite. The first fault found is returned.
    ///
    /// ```
    /// use datasets::{MixtureRecipe, RecipeError};
    /// let unit = vec![vec![1.0]];
    /// let recipe = MixtureRecipe::new(100, vec![0.5, 0.5], vec![vec![0.0], vec![4.0]], vec![unit.clone(), unit.clone()])?;
    /// let sample = recipe.draw([7; 32]);
    /// assert_eq!((sample.n, sample.d), (100, 1));
    ///
    /// let lopsided = MixtureRecipe::new(100, vec![0.5, 0.4], vec![vec![0.0], vec![4.0]], vec![unit.clone(), unit]);
    /// assert_eq!(lopsided.unwrap_err().to_string(), "weights sum to 0.9; they must sum to 1 (within 1e-9)");
    /// # Ok::<(), RecipeError>(())
    /// ```
    pub fn new(
        n: usize,
        weights: Vec<f64>,
        means: Vec<Vec<f64>>,
        covariances: Vec<Vec<Vec<f64>>>,
    ) -> Result<Self, RecipeError> {
        if n == 0 {
            return Err(RecipeError::NoRows);
        }
        if n > LARGEST_N {
            return Err(RecipeError::TooManyRows { n, largest: LARGEST_N });
        }
        check_weights(&weights)?;
        let d = check_means(&means, weights.len())?;
        if covariances.len() != weights.len() {
            return Err(RecipeError::CovarianceCount { found: covariances.len(), expected: weights.len() });
        }
        let factor = |(component, covariance): (usize, &Vec<Vec<f64>>)| {
            check_covariance(component, covariance, d)?;
            cholesky(component, covariance)
        };
        let factors = covariances.iter().enumerate().map(factor).collect::<Result<_, _>>()?;
        Ok(Self { n, weights, means, covariances, factors })
    }

    /// Number of rows of a draw.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of features d.
    pub fn d(&self) -> usize {
        self.means[0].len()
    }

    /// Number of components K.
    pub fn components(&self) -> usize {
        self.weights.len()
    }

    /// The weights.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The means, K of d numbers.
    pub fn means(&self) -> &[Vec<f64>] {
        &self.means
    }

    /// The covariances, K of d × d.
    pub fn covariances(&self) -> &[Vec<Vec<f64>>] {
        &self.covariances
    }

    /// The lower triangular factors of the covariances, d × d, row-major.
    pub(crate) fn factors(&self) -> &[Vec<f64>] {
        &self.factors
    }

    /// A draw. The same recipe and seed give the same sample; the columns are `x1`, `x2`, …; the truth is the component
    /// of each row, named `A`, `B`, … in the order of the recipe (letters, because fitted components have numbers).
    pub fn draw(&self, seed: [u8; 32]) -> Sample {
        let d = self.d();
        let mut generator = ChaCha8Rng::from_seed(seed);
        let mut x = Vec::with_capacity(self.n * d);
        let mut labels = Vec::with_capacity(self.n);
        let mut normal = vec![0.0; d];
        for _ in 0..self.n {
            let component = self.component_at(generator.random());
            normal.fill_with(|| generator.sample(StandardNormal));
            let (mean, factor) = (&self.means[component], &self.factors[component]);
            for i in 0..d {
                let deviation: f64 = (0..=i).map(|j| factor[i * d + j] * normal[j]).sum();
                x.push(mean[i] + deviation);
            }
            labels.push(u32::try_from(component).expect("more than 2^32 components do not fit in memory"));
        }
        let columns = (1..=d).map(|j| format!("x{j}")).collect();
        let names = (0..self.components()).map(component_name).collect();
        Sample::new(x, columns, Some(Truth { labels, names })).expect(FINITE)
    }

    /// The first component whose cumulated weight exceeds `u`. Rounding can leave the total below u; then it is the last
    /// component that has a weight.
    fn component_at(&self, u: f64) -> usize {
        let mut cumulated = 0.0;
        let mut last = 0;
        for (component, &weight) in self.weights.iter().enumerate() {
            cumulated += weight;
            if u < cumulated {
                return component;
            }
            if weight > 0.0 {
                last = component;
            }
        }
        last
    }
}

/// A, B, …, Z, A1, B1, …
fn component_name(component: usize) -> String {
    let letter = char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[component % 26]);
    if component < 26 { letter.to_string() } else { format!("{letter}{}", component / 26) }
}

fn check_weights(weights: &[f64]) -> Result<(), RecipeError> {
    if weights.is_empty() {
        return Err(RecipeError::NoComponents);
    }
    for (component, &weight) in weights.iter().enumerate() {
        finite(weight, Place::Weight { component })?;
        if weight < 0.0 {
            return Err(RecipeError::NegativeWeight { component, weight });
        }
    }
    let sum: f64 = weights.iter().sum();
    if !((sum - 1.0).abs() <= WEIGHT_SUM_TOLERANCE) {
        return Err(RecipeError::WeightSum { sum, tolerance: WEIGHT_SUM_TOLERANCE });
    }
    Ok(())
}

/// The dimension d.
fn check_means(means: &[Vec<f64>], components: usize) -> Result<usize, RecipeError> {
    if means.len() != components {
        return Err(RecipeError::MeanCount { found: means.len(), expected: components });
    }
    let expected = means[0].len();
    if expected == 0 {
        return Err(RecipeError::NoFeatures);
    }
    for (component, mean) in means.iter().enumerate() {
        if mean.len() != expected {
            return Err(RecipeError::MeanLength { component, found: mean.len(), expected });
        }
        for (variable, &value) in mean.iter().enumerate() {
            finite(value, Place::Mean { component, variable })?;
        }
    }
    Ok(expected)
}

fn check_covariance(component: usize, covariance: &[Vec<f64>], d: usize) -> Result<(), RecipeError> {
    if covariance.len() != d {
        return Err(RecipeError::CovarianceRows { component, found: covariance.len(), expected: d });
    }
    for (row, entries) in covariance.iter().enumerate() {
        if entries.len() != d {
            return Err(RecipeError::CovarianceRowLength { component, row, found: entries.len(), expected: d });
        }
        for (column, &value) in entries.iter().enumerate() {
            finite(value, Place::Covariance { component, row, column })?;
        }
    }
    for row in 0..d {
        for column in row + 1..d {
            let (entry, mirrored) = (covariance[row][column], covariance[column][row]);
            let scale = (covariance[row][row].abs() * covariance[column][column].abs()).sqrt();
            if !((entry - mirrored).abs() <= SYMMETRY_TOLERANCE * scale) {
                return Err(RecipeError::NotSymmetric { component, row, column, entry, mirrored });
            }
        }
    }
    Ok(())
}

fn finite(value: f64, place: Place) -> Result<(), RecipeError> {
    if value.is_finite() { Ok(()) } else { Err(RecipeError::NonFinite { place, value }) }
}

/// L with L Lᵀ = `covariance` (its lower triangle is read), row by row; stops at the first pivot that is too small.
pub(crate) fn cholesky(component: usize, covariance: &[Vec<f64>]) -> Result<Vec<f64>, RecipeError> {
    let d = covariance.len();
    let mut factor = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..i {
            let explained: f64 = (0..j).map(|m| factor[i * d + m] * factor[j * d + m]).sum();
            factor[i * d + j] = (covariance[i][j] - explained) / factor[j * d + j];
        }
        let variance = covariance[i][i];
        let explained: f64 = (0..i).map(|m| factor[i * d + m] * factor[i * d + m]).sum();
        let pivot = variance - explained;
        if !(variance > 0.0 && pivot > SMALLEST_RELATIVE_PIVOT * variance) {
            return Err(RecipeError::NotPositiveDefinite {
                component,
                variable: i,
                variance,
                pivot,
                smallest: SMALLEST_RELATIVE_PIVOT,
            });
        }
        factor[i * d + i] = pivot.sqrt();
    }
    Ok(factor)
}
