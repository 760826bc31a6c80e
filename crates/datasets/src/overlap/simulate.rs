//! Mixtures with a given overlap: drawn shapes, scaled until the overlap is the one that was asked for.
//!
//! Means are uniform in the unit cube, covariances Wishart with d + 1 degrees of freedom and at most the given eccentricity
//! √(1 − λ_min/λ_max) (larger ones have their spectrum compressed towards the largest eigenvalue), or multiples of the identity by
//! a uniform number. One factor on all covariances then sets the average or the maximum overlap. If both are given, the factor sets
//! the maximum, and a second one on all components but the worst pair sets the average; if that makes another pair worse, or
//! if no factor is large enough, the shapes are drawn anew (Maitra & Melnykov 2010, section 2.2).
//!
//! **Order of the random numbers**, one generator ([`crate::synthetic::GENERATOR`]): for each attempt K exponentials for the weights
//! (none if they are equal), K · d uniforms for the means, and for each covariance (one if they are equal) (d + 1) · d normals, or
//! one uniform.

use super::{Overlap, Part, eigen, factors};
use crate::synthetic::MixtureRecipe;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Exp1, StandardNormal};
use thiserror::Error;

/// Shapes that are tried.
const ATTEMPTS: u32 = 200;

/// Relative accuracy of the overlap.
const ACCURACY: f64 = 1e-9;

/// Decadic logarithms between which a factor on the covariances is sought; the means lie in the unit cube.
const SCALES: (f64, f64) = (-9.0, 5.0);

/// What a simulated mixture shall be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverlapRecipe {
    /// Number of components K, at least 2.
    pub components: usize,
    /// Number of features d.
    pub d: usize,
    /// Average overlap over all pairs.
    pub average: Option<f64>,
    /// Largest overlap of a pair.
    pub maximum: Option<f64>,
    /// Largest eccentricity of a covariance, 0 to below 1.
    pub eccentricity: f64,
    /// Whether covariances are multiples of the identity.
    pub spherical: bool,
    /// Whether all components have one covariance.
    pub homogeneous: bool,
    /// Smallest weight; `None` makes all weights equal.
    pub smallest_weight: Option<f64>,
}

/// A mixture with such an overlap cannot be made. Fields are named as in a config.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum OverlapError {
    /// Fewer than two components.
    #[error("{components} component has no overlap with another; k must be at least 2")]
    TooFewComponents {
        /// K.
        components: usize,
    },
    /// d = 0.
    #[error("d is 0; a mean needs at least one number")]
    NoFeatures,
    /// Neither average nor maximum.
    #[error("no overlap is given; give average, maximum, or both")]
    NoTarget,
    /// An average or maximum outside of (0, 1).
    #[error("{field} is {value}; an overlap lies between 0 and 1, both excluded")]
    Outside {
        /// `average` or `maximum`.
        field: &'static str,
        /// The value.
        value: f64,
    },
    /// Average and maximum that no mixture has.
    #[error(
        "an average of {average} does not go with a maximum of {maximum} over {pairs} pair(s); it must lie between maximum/pairs and maximum"
    )]
    Contradiction {
        /// The average.
        average: f64,
        /// The maximum.
        maximum: f64,
        /// Number of pairs.
        pairs: usize,
    },
    /// Both targets for one common covariance, which has one factor only.
    #[error(
        "average and maximum cannot both be set for homogeneous covariances, which have one factor in common; give one of them"
    )]
    OneFactor,
    /// An eccentricity outside of [0, 1).
    #[error("eccentricity is {value}; it must be at least 0 and below 1")]
    Eccentricity {
        /// The value.
        value: f64,
    },
    /// A smallest weight that K components cannot have.
    #[error("smallest-weight is {value}; with {components} components it must be above 0 and at most {}", 1.0 / *components as f64)]
    SmallestWeight {
        /// The value.
        value: f64,
        /// K.
        components: usize,
    },
    /// No drawn shape reaches the overlap.
    #[error("none of {attempts} drawn mixtures can be scaled to this overlap; ask for less overlap or another seed")]
    Unattainable {
        /// Shapes that were tried.
        attempts: u32,
    },
}

impl OverlapError {
    /// The field of a config that is to blame.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::TooFewComponents { .. } => Some("k"),
            Self::NoFeatures => Some("d"),
            Self::Outside { field, .. } => Some(field),
            Self::Contradiction { .. } | Self::OneFactor => Some("average"),
            Self::Eccentricity { .. } => Some("eccentricity"),
            Self::SmallestWeight { .. } => Some("smallest-weight"),
            Self::NoTarget | Self::Unattainable { .. } => None,
        }
    }
}

impl OverlapRecipe {
    /// A mixture for `n` rows. The same recipe and seed give the same mixture.
    pub fn mixture(&self, n: usize, seed: [u8; 32]) -> Result<MixtureRecipe, OverlapError> {
        self.check()?;
        let mut generator = ChaCha8Rng::from_seed(seed);
        for _ in 0..ATTEMPTS {
            let shape = self.shape(&mut generator);
            let Some(scales) = shape.factors().and_then(|factors| self.scales(&shape, &factors)) else { continue };
            let mut covariances = shape.covariances;
            for (covariance, scale) in covariances.iter_mut().zip(scales) {
                covariance.iter_mut().flatten().for_each(|value| *value *= scale);
            }
            if let Ok(mixture) = MixtureRecipe::new(n, shape.weights, shape.means, covariances) {
                return Ok(mixture);
            }
        }
        Err(OverlapError::Unattainable { attempts: ATTEMPTS })
    }

    fn pairs(&self) -> usize {
        self.components * (self.components - 1) / 2
    }

    fn check(&self) -> Result<(), OverlapError> {
        let components = self.components;
        if components < 2 {
            return Err(OverlapError::TooFewComponents { components });
        }
        if self.d == 0 {
            return Err(OverlapError::NoFeatures);
        }
        for (field, value) in [("average", self.average), ("maximum", self.maximum)] {
            if let Some(value) = value.filter(|value| !(*value > 0.0 && *value < 1.0)) {
                return Err(OverlapError::Outside { field, value });
            }
        }
        if !(self.eccentricity >= 0.0 && self.eccentricity < 1.0) {
            return Err(OverlapError::Eccentricity { value: self.eccentricity });
        }
        if let Some(value) = self.smallest_weight
            && !(value > 0.0 && value * components as f64 <= 1.0)
        {
            return Err(OverlapError::SmallestWeight { value, components });
        }
        match (self.average, self.maximum) {
            (None, None) => Err(OverlapError::NoTarget),
            (Some(_), Some(_)) if self.homogeneous => Err(OverlapError::OneFactor),
            (Some(average), Some(maximum)) => {
                let pairs = self.pairs();
                let possible =
                    average <= maximum && average * pairs as f64 >= maximum && (pairs > 1 || average == maximum);
                if possible { Ok(()) } else { Err(OverlapError::Contradiction { average, maximum, pairs }) }
            }
            _ => Ok(()),
        }
    }

    fn shape(&self, generator: &mut ChaCha8Rng) -> Shape {
        let k = self.components;
        let weights = match self.smallest_weight {
            None => vec![1.0 / k as f64; k],
            // Uniform on the simplex above the smallest weight.
            Some(smallest) => {
                let spacings: Vec<f64> = (0..k).map(|_| generator.sample(Exp1)).collect();
                let total: f64 = spacings.iter().sum();
                spacings.iter().map(|spacing| smallest + (1.0 - k as f64 * smallest) * spacing / total).collect()
            }
        };
        let means = (0..k).map(|_| (0..self.d).map(|_| generator.random()).collect()).collect();
        let first = self.covariance(generator);
        let covariances = (0..k)
            .map(|i| if i == 0 || self.homogeneous { first.clone() } else { self.covariance(generator) })
            .collect();
        Shape { weights, means, covariances }
    }

    fn covariance(&self, generator: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let d = self.d;
        if self.spherical {
            // In (0, 1].
            let variance = 1.0 - generator.random::<f64>();
            return (0..d).map(|i| (0..d).map(|j| if i == j { variance } else { 0.0 }).collect()).collect();
        }
        let normals: Vec<f64> = (0..(d + 1) * d).map(|_| generator.sample(StandardNormal)).collect();
        let wishart: Vec<f64> = (0..d * d)
            .map(|at| (0..=d).map(|row| normals[row * d + at / d] * normals[row * d + at % d]).sum())
            .collect();
        let (mut spectrum, vectors) = eigen::symmetric(wishart, d);
        let smallest = spectrum.iter().copied().fold(f64::INFINITY, f64::min).max(0.0);
        let largest = spectrum.iter().copied().fold(0.0, f64::max);
        let room = self.eccentricity * self.eccentricity;
        if smallest < largest * (1.0 - room) {
            for value in &mut spectrum {
                *value = largest * (1.0 - room * (largest - *value) / (largest - smallest));
            }
        }
        let entry = |i: usize, j: usize| (0..d).map(|l| spectrum[l] * vectors[i * d + l] * vectors[j * d + l]).sum();
        // Symmetric to the last bit.
        (0..d).map(|i| (0..d).map(|j| entry(i.max(j), i.min(j))).collect()).collect()
    }

    /// The factor on each covariance; `None` if these shapes cannot have the overlap.
    fn scales(&self, shape: &Shape, factors: &[Vec<f64>]) -> Option<Vec<f64>> {
        let k = self.components;
        let parts: Vec<Part<'_>> =
            (0..k).map(|i| Part { weight: shape.weights[i], mean: &shape.means[i], factor: &factors[i] }).collect();
        let all = |scale: f64| Overlap::of_parts(&parts, &vec![scale; k]);
        let Some(maximum) = self.maximum else {
            let common = solve(|scale| all(scale).average(), self.average?)?;
            return Some(vec![common; k]);
        };
        let common = solve(|scale| all(scale).maximum(), maximum)?;
        let Some(average) = self.average.filter(|_| self.pairs() > 1) else { return Some(vec![common; k]) };
        let (first, second) = all(common).worst_pair()?;
        let others = |scale: f64| -> Vec<f64> {
            (0..k).map(|i| if i == first || i == second { common } else { common * scale }).collect()
        };
        let scale = solve(|scale| Overlap::of_parts(&parts, &others(scale)).average(), average)?;
        let scales = others(scale);
        let reached = Overlap::of_parts(&parts, &scales).maximum();
        (reached <= maximum * (1.0 + 10.0 * ACCURACY)).then_some(scales)
    }
}

/// Shapes before they are scaled.
struct Shape {
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<Vec<f64>>>,
}

impl Shape {
    fn factors(&self) -> Option<Vec<Vec<f64>>> {
        factors(&self.covariances)
    }
}

/// A factor at which `overlap`, which vanishes as the factor does, is `target`; `None` if it stays below.
fn solve(overlap: impl Fn(f64) -> f64, target: f64) -> Option<f64> {
    let (mut low, mut high) = SCALES;
    if overlap(10f64.powf(high)) < target || overlap(10f64.powf(low)) > target {
        return None;
    }
    loop {
        let middle = 0.5 * (low + high);
        let scale = 10f64.powf(middle);
        let reached = overlap(scale);
        if (reached - target).abs() <= ACCURACY * target || middle <= low || middle >= high {
            return Some(scale);
        }
        if reached < target { low = middle } else { high = middle }
    }
}
