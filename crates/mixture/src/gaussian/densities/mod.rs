//! K Gaussian densities with covariances of a structure.
//!
//! Statistics, whitened at the current parameters (y = L⁻¹(x − μ)): N = Σ w r, s = Σ w r y, S = Σ w r y yᵀ. M-step:
//! m = s/N, μ′ = μ + L m, and V = S/N − m mᵀ is the component's covariance seen from L. Where nothing ties the components
//! together, Σ′ = L V Lᵀ has the factor L′ = L · chol V, a product of lower triangles; otherwise the structure makes the
//! covariances from the scatters W = N L V Lᵀ. McLachlan & Peel 2000 (key `mclachlan2000`), section 3.2.

mod coordinates;
mod emission;

use super::constraint::eigenvalues::Eigenvalues;
use super::layout::{allows, split};
use super::step::{self, Component, Sums};
use super::structure::{CovarianceStructure, Vvv};
use super::{Constraint, Reference, Structure, constraint::Prior, singular};
use crate::parameters::MixtureParameters;
use em::{Breakdown, Event, Health, Skipping};
use linalg::kernels::{Abreast, NEAR, SMALL, WhitenedSums, Whitening, Wide, amplification};
use linalg::{Level, SpdFactor, spd};
use std::sync::Arc;

/// K Gaussian densities, each with a full covariance of structure `S`.
#[derive(Clone)]
pub struct Matrices<S> {
    k: usize,
    d: usize,
    /// k × d.
    means: Vec<f64>,
    /// Lower factors L, k × d × d.
    factors: Vec<f64>,
    /// L⁻¹, k × d × d.
    inverse_factors: Vec<f64>,
    /// −(d ln 2π)/2 − Σ ln l_ii, k.
    constants: Vec<f64>,
    /// μ − m, −L⁻¹(μ − m), and whether that is accurate enough ([`linalg::kernels::Wide`]); d > 4 only.
    offsets: Vec<f64>,
    origins: Vec<f64>,
    near: Vec<bool>,
    /// The same parameters, side by side; d ≤ 4 only.
    abreast: Abreast,
    health: Health,
    reference: Arc<Reference>,
    constraint: Constraint,
    /// Under [`Constraint::Map`].
    prior: Option<Arc<Prior>>,
    /// log p of means and covariances, up to a constant; 0 without a prior.
    log_prior: f64,
    level: Level,
    skipping: Skipping,
    structure: S,
    work: Work,
}

/// Every component its own full covariance.
pub type Full = Matrices<Vvv>;

/// Matrices that the M-step needs, owned by the model it writes into.
#[derive(Clone)]
struct Work {
    spd: SpdFactor,
    /// V of one component, both triangles.
    whitened: Vec<f64>,
    product: Vec<f64>,
    /// Scatters W and covariances Σ of all components, k × d × d.
    scatters: Vec<f64>,
    covariances: Vec<f64>,
    /// N of all components, or what takes its place under a prior.
    counts: Vec<f64>,
    /// Under bounds on the eigenvalues.
    eigenvalues: Option<Eigenvalues>,
}

/// −(d ln 2π)/2.
fn log_normalization(d: usize) -> f64 {
    -0.5 * d as f64 * std::f64::consts::TAU.ln()
}

/// The d × d matrix of component `k` in a stack of them.
fn square(k: usize, d: usize) -> std::ops::Range<usize> {
    k * d * d..(k + 1) * d * d
}

impl<S: CovarianceStructure> Matrices<S> {
    fn empty(k: usize, reference: &Arc<Reference>, constraint: Constraint, level: Level) -> Self {
        let d = reference.total.mean.len();
        let (matrix, stack) = (vec![0.0; d * d], vec![0.0; k * d * d]);
        let bounded = matches!(constraint, Constraint::Floor(_) | Constraint::Ratio(_));
        let prior = match constraint {
            Constraint::Map => S::prior(k, d, Prior::degrees(d)),
            _ => None,
        };
        Self {
            k,
            d,
            means: vec![0.0; k * d],
            factors: stack.clone(),
            inverse_factors: stack.clone(),
            constants: vec![0.0; k],
            offsets: vec![0.0; k * d],
            origins: vec![0.0; k * d],
            near: vec![false; k],
            abreast: Abreast::new(k, d),
            health: Health::default(),
            reference: Arc::clone(reference),
            constraint,
            prior: prior.map(|form| Arc::new(Prior::new(&reference.total, k, form))),
            log_prior: 0.0,
            level,
            skipping: Skipping::default(),
            structure: S::new(k, d),
            work: Work {
                spd: SpdFactor::new(d),
                whitened: matrix.clone(),
                product: matrix,
                scatters: stack.clone(),
                covariances: stack,
                counts: vec![0.0; k],
                eigenvalues: bounded.then(|| Eigenvalues::new(k, d)),
            },
        }
    }

    /// The same densities, with pairs of point and component left out as told (d > 4 only; otherwise none is). No number depends on it.
    #[must_use]
    pub fn skipping(self, skipping: Skipping) -> Self {
        Self { skipping, ..self }
    }

    /// Component `k` for the kernels of d > 4.
    fn wide(&self, k: usize) -> Wide<'_> {
        let d = self.d;
        Wide {
            offset: &self.offsets[k * d..(k + 1) * d],
            origin: &self.origins[k * d..(k + 1) * d],
            inverse_factor: &self.inverse_factors[square(k, d)],
            constant: self.constants[k],
            near: self.near[k],
        }
    }

    /// The kernels of d ≤ 4.
    fn whitening(&self) -> Whitening<'_> {
        Whitening { means: &self.means, inverse_factors: &self.inverse_factors, constants: &self.constants }
    }

    /// Length of a packed lower triangle.
    fn triangle(&self) -> usize {
        self.d * (self.d + 1) / 2
    }

    /// Component `k` as plain slices.
    fn component(&self, k: usize) -> Component<'_> {
        let range = square(k, self.d);
        Component {
            mean: &self.means[k * self.d..(k + 1) * self.d],
            factor: &self.factors[range.clone()],
            inverse: &self.inverse_factors[range],
        }
    }

    /// The statistics of component `k`.
    fn sums<'a>(&self, stats: &'a [f64], k: usize) -> Sums<'a> {
        let (counts, first, second) = split(stats, self.k, self.d);
        let (d, triangle) = (self.d, self.triangle());
        Sums { count: counts[k], first: &first[k * d..(k + 1) * d], second: &second[k * triangle..(k + 1) * triangle] }
    }

    /// The statistics of all components, for the kernels of d ≤ 4.
    fn whitened_sums<'a>(&self, stats: &'a [f64]) -> WhitenedSums<'a> {
        let (counts, first, second) = split(stats, self.k, self.d);
        WhitenedSums { counts, first, second }
    }

    /// The M-step of d ≤ 4 without constraints.
    fn maximize_abreast(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let reference = &self.reference;
        self.abreast.maximize(self.level, self.whitened_sums(stats), &reference.total.pivots, &mut next.abreast);
        next.finish_abreast();
        let pivots = next.abreast.relative_pivots();
        match pivots.iter().position(|&pivot| !reference.usable(pivot)) {
            None => Ok(()),
            Some(k) => {
                let pivot = if pivots[k].is_nan() { 0.0 } else { pivots[k] };
                Err(self.singular(stats, k, pivot, next))
            }
        }
    }

    /// The breakdown of component `k`, with what the data say of it before any structure or ridge.
    fn singular(&self, stats: &[f64], k: usize, pivot: f64, next: &mut Self) -> Breakdown {
        self.covariance(stats, k, next);
        let covariance = next.work.covariances[square(k, self.d)].to_vec();
        singular(k, covariance, pivot, Some(self.sums(stats, k).count), self.d)
    }

    /// Mean of component `k` into `next`, and V into its workspace.
    fn centre(&self, stats: &[f64], k: usize, next: &mut Self) {
        let mean = &mut next.means[k * self.d..(k + 1) * self.d];
        step::centre(self.component(k), self.sums(stats, k), mean, &mut next.work.whitened);
    }

    /// L V Lᵀ of component `k` into `next.work.covariances`.
    fn covariance(&self, stats: &[f64], k: usize, next: &mut Self) {
        self.centre(stats, k, next);
        let Work { whitened, product, covariances, .. } = &mut next.work;
        let range = square(k, self.d);
        spd::congruence(&self.factors[range.clone()], whitened, &mut covariances[range], product, self.d);
    }

    /// Factors covariance `k` of the workspace. Gives back its smallest relative pivot, 0 where there is no factor.
    fn factor(&mut self, k: usize) -> f64 {
        let range = square(k, self.d);
        let factor = &mut self.factors[range.clone()];
        factor.copy_from_slice(&self.work.covariances[range]);
        if self.work.spd.factor(factor) { spd::judge(factor, &self.reference.total.pivots).0 } else { 0.0 }
    }

    /// Adds the ridge to covariance `k` of the workspace.
    fn add_ridge(&mut self, k: usize) {
        if let Constraint::Ridge(epsilon) = self.constraint {
            let d = self.d;
            for value in self.work.covariances[square(k, d)].iter_mut().step_by(d + 1) {
                *value += epsilon;
            }
        }
    }

    /// Everything that follows from means and factors.
    fn finish(&mut self) {
        let d = self.d;
        (self.health, self.log_prior) = (Health::default(), 0.0);
        if d <= SMALL {
            self.abreast.load(&self.means, &self.factors);
            self.abreast.finish(self.level, &self.reference.total.pivots);
            self.finish_abreast();
        } else {
            (0..self.k).for_each(|k| self.finish_wide(k));
        }
        if let Some(prior) = &self.prior {
            let log_density = |k| {
                let part = self.component(k);
                prior.log_density(part.mean, part.factor, part.inverse)
            };
            self.log_prior = (0..self.k).map(log_density).sum();
        }
    }

    /// Takes over what was computed side by side (d ≤ 4).
    fn finish_abreast(&mut self) {
        let Self { abreast, constants, means, factors, inverse_factors, .. } = self;
        abreast.store(means, factors, inverse_factors);
        for (constant, half) in constants.iter_mut().zip(abreast.half_log_determinants()) {
            *constant = log_normalization(self.d) - half;
        }
        self.health.smallest_relative_pivot = self.abreast.relative_pivots().iter().copied().reduce(f64::min);
        self.health.worst_condition = self.abreast.conditions().iter().copied().reduce(f64::max);
    }

    /// Everything that follows from the factor of component `k` of d > 4.
    fn finish_wide(&mut self, k: usize) {
        let d = self.d;
        let range = square(k, d);
        let factor = &self.factors[range.clone()];
        spd::invert_factor(factor, &mut self.inverse_factors[range.clone()], d);
        self.constants[k] = log_normalization(d) - spd::half_log_determinant(factor, d);
        let part = k * d..(k + 1) * d;
        let (offset, mean) = (&mut self.offsets[part.clone()], &self.means[part.clone()]);
        for ((offset, mean), centre) in offset.iter_mut().zip(mean).zip(&self.reference.total.mean) {
            *offset = mean - centre;
        }
        let inverse = &self.inverse_factors[range];
        self.near[k] = amplification(offset, factor, inverse, &mut self.origins[part]) <= NEAR;
        let (pivot, condition) = spd::judge(factor, &self.reference.total.pivots);
        let smaller = |old: Option<f64>| Some(old.map_or(pivot, |old| old.min(pivot)));
        let larger = |old: Option<f64>| Some(old.map_or(condition, |old| old.max(condition)));
        self.health.smallest_relative_pivot = smaller(self.health.smallest_relative_pivot);
        self.health.worst_condition = larger(self.health.worst_condition);
    }

    /// The M-step of structure and prior given counts N in `work.counts`, means, and covariances W/N in
    /// `work.covariances`, which are replaced.
    fn estimate(&mut self) {
        let Self { d, means, structure, prior, work, .. } = self;
        let Work { counts, scatters, covariances, .. } = work;
        let size = *d * *d;
        for (i, (scatter, value)) in scatters.iter_mut().zip(&*covariances).enumerate() {
            *scatter = counts[i / size] * value;
        }
        if let Some(prior) = prior {
            let parts = means.chunks_exact_mut(*d).zip(scatters.chunks_exact_mut(size));
            for (count, (mean, scatter)) in counts.iter_mut().zip(parts) {
                prior.apply(count, mean, scatter);
            }
        }
        structure.estimate(counts, scatters, covariances);
    }

    /// Makes the covariances in the workspace obey the bounds on their eigenvalues, if there are any.
    fn bound(&mut self, counts: &[f64]) {
        let Work { covariances, eigenvalues, .. } = &mut self.work;
        match (self.constraint, eigenvalues) {
            (Constraint::Floor(floor), Some(eigenvalues)) => eigenvalues.floor(covariances, floor),
            (Constraint::Ratio(ratio), Some(eigenvalues)) => eigenvalues.ratio(counts, covariances, ratio),
            _ => {}
        }
    }

    /// θ₀ from the means and covariances in the workspace; says what the constraint changed.
    fn begin(&mut self, weights: &[f64]) -> Event {
        let counts: Vec<f64> = weights.iter().map(|weight| weight * self.reference.total.weight).collect();
        // What the structure makes of the moments, without the prior: a start is not pulled unless it must be.
        let prior = self.prior.take();
        self.work.counts.copy_from_slice(&counts);
        if !S::UNCONSTRAINED {
            self.estimate();
        }
        self.prior = prior;
        let stated = self.work.covariances.clone();
        self.bound(&counts);
        let singular = |model: &mut Self| {
            (0..model.k).any(|k| {
                let pivot = model.factor(k);
                !model.reference.usable(pivot)
            })
        };
        if self.prior.is_some() && singular(self) {
            let means = self.means.clone();
            self.work.counts.copy_from_slice(&counts);
            self.estimate();
            self.means = means;
        }
        let (d, scales) = (self.d, &self.reference.total.scales);
        let change = |(i, (a, b)): (usize, (&f64, &f64))| (a - b).abs() / (scales[i / d % d] * scales[i % d]);
        let changes = stated.iter().zip(&self.work.covariances).enumerate().map(change);
        let by = changes.fold(0.0, f64::max);
        if by > 0.0 { Event::Projected { by } } else { Event::None }
    }
}

impl<S: CovarianceStructure> Structure for Matrices<S> {
    fn allows(constraint: Constraint) -> bool {
        allows::<S>(constraint)
    }

    fn from_parameters(
        parameters: &MixtureParameters,
        reference: &Arc<Reference>,
        constraint: Constraint,
        level: Level,
    ) -> Result<(Self, Event), Breakdown> {
        assert!(Self::allows(constraint), "{} has no M-step under {constraint:?}", S::NAME);
        let mut model = Self::empty(parameters.components(), reference, constraint, level);
        model.means.copy_from_slice(&parameters.means);
        model.work.covariances.copy_from_slice(&parameters.covariances);
        let mut event = model.begin(&parameters.weights);
        for k in 0..model.k {
            let mut pivot = model.factor(k);
            if let (Constraint::Ridge(epsilon), false) = (constraint, reference.usable(pivot)) {
                model.add_ridge(k);
                pivot = model.factor(k);
                event = Event::Projected { by: epsilon };
            }
            if !reference.usable(pivot) {
                let count = parameters.weights[k] * reference.total.weight;
                return Err(singular(k, parameters.covariance(k).to_vec(), pivot, Some(count), model.d));
            }
        }
        model.finish();
        Ok((model, event))
    }

    fn means(&self) -> &[f64] {
        &self.means
    }

    fn covariances(&self) -> Vec<f64> {
        let mut covariances = vec![0.0; self.factors.len()];
        for range in (0..self.k).map(|k| square(k, self.d)) {
            spd::reconstruct(&self.factors[range.clone()], &mut covariances[range], self.d);
        }
        covariances
    }

    fn free_parameters(&self) -> u32 {
        let (k, d) = (self.k, self.d);
        u32::try_from(k - 1 + k * d + S::covariance_parameters(k, d)).unwrap_or(u32::MAX)
    }
}

impl<S: CovarianceStructure> std::fmt::Debug for Matrices<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(S::NAME)
            .field("means", &self.means)
            .field("covariances", &self.covariances())
            .finish_non_exhaustive()
    }
}
