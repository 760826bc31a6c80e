//! Full covariances: each component its own Σ_k (mclust: VVV, scikit-learn: full).
//!
//! Statistics, whitened at the current parameters (y = L⁻¹(x − μ)): N = Σ w r, s = Σ w r y, S = Σ w r y yᵀ. M-step:
//! m = s/N, μ′ = μ + L m, W = S/N − m mᵀ, and since Σ′ = L W Lᵀ the new factor is L′ = L · chol W: a product of lower
//! triangles, without forming Σ′.
//!
//! Free parameters: K − 1 + K d + K d(d+1)/2. McLachlan & Peel 2000 (key `mclachlan2000`), section 3.2.

use super::{Constraint, Reference, Structure, singular};
use crate::emission::Emission;
use crate::parameters::MixtureParameters;
use em::{Breakdown, BreakdownKind, Coordinates, Event, Health};
use linalg::kernels::{Block, Whitening, accumulate_whitened, log_density, padded};
use linalg::{Level, SpdFactor, spd};
use std::sync::Arc;

/// Points of a kernel block: points, densities and residuals of one block stay in the second-level cache.
const BLOCK: usize = 256;

/// K Gaussian densities with covariances of their own.
#[derive(Clone)]
pub struct Full {
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
    health: Health,
    reference: Arc<Reference>,
    constraint: Constraint,
    level: Level,
    work: Work,
}

/// Matrices that the M-step needs, owned by the model it writes into.
#[derive(Clone)]
struct Work {
    spd: SpdFactor,
    /// W, then its factor.
    whitened: Vec<f64>,
    covariance: Vec<f64>,
    product: Vec<f64>,
}

impl Full {
    fn empty(k: usize, reference: &Arc<Reference>, constraint: Constraint, level: Level) -> Self {
        let d = reference.total.mean.len();
        let square = vec![0.0; d * d];
        Self {
            k,
            d,
            means: vec![0.0; k * d],
            factors: vec![0.0; k * d * d],
            inverse_factors: vec![0.0; k * d * d],
            constants: vec![0.0; k],
            health: Health::default(),
            reference: Arc::clone(reference),
            constraint,
            level,
            work: Work {
                spd: SpdFactor::new(d),
                whitened: square.clone(),
                covariance: square.clone(),
                product: square,
            },
        }
    }

    fn square(&self, k: usize) -> std::ops::Range<usize> {
        k * self.d * self.d..(k + 1) * self.d * self.d
    }

    fn whitening(&self) -> Whitening<'_> {
        Whitening { means: &self.means, inverse_factors: &self.inverse_factors, constants: &self.constants }
    }

    /// Length of a packed lower triangle.
    fn triangle(&self) -> usize {
        self.d * (self.d + 1) / 2
    }

    /// The three sums of the statistics: N (k), s (k × d), S (k × triangle).
    fn split<'a>(&self, stats: &'a [f64]) -> (&'a [f64], &'a [f64], &'a [f64]) {
        let (counts, rest) = stats.split_at(self.k);
        let (first, second) = rest.split_at(self.k * self.d);
        (counts, first, second)
    }

    /// Factors the symmetric matrix in `work.covariance` into component `k`. The smallest relative pivot is judged by the
    /// caller: it is 0 where there is no factor.
    fn factor_covariance(&mut self, k: usize) -> f64 {
        let range = self.square(k);
        let factor = &mut self.factors[range];
        factor.copy_from_slice(&self.work.covariance);
        if self.work.spd.factor(factor) { spd::judge(factor, &self.reference.total.pivots).0 } else { 0.0 }
    }

    /// Everything that follows from the factor of component `k`.
    fn finish(&mut self, k: usize) {
        let d = self.d;
        let range = self.square(k);
        let factor = &self.factors[range.clone()];
        spd::invert_factor(factor, &mut self.inverse_factors[range], d);
        self.constants[k] = -0.5 * d as f64 * std::f64::consts::TAU.ln() - spd::half_log_determinant(factor, d);
        let (pivot, condition) = spd::judge(factor, &self.reference.total.pivots);
        let smaller = |old: Option<f64>| Some(old.map_or(pivot, |old| old.min(pivot)));
        let larger = |old: Option<f64>| Some(old.map_or(condition, |old| old.max(condition)));
        self.health.smallest_relative_pivot = smaller(self.health.smallest_relative_pivot);
        self.health.worst_condition = larger(self.health.worst_condition);
    }

    fn add_ridge(&mut self, epsilon: f64) {
        for j in 0..self.d {
            self.work.covariance[j * self.d + j] += epsilon;
        }
    }
}

impl Structure for Full {
    fn from_parameters(
        parameters: &MixtureParameters,
        reference: &Arc<Reference>,
        constraint: Constraint,
        level: Level,
    ) -> Result<(Self, Event), Breakdown> {
        let mut model = Self::empty(parameters.components(), reference, constraint, level);
        model.means.copy_from_slice(&parameters.means);
        let mut event = Event::None;
        for k in 0..model.k {
            model.work.covariance.copy_from_slice(parameters.covariance(k));
            let mut pivot = model.factor_covariance(k);
            if let (Constraint::Ridge(epsilon), false) = (constraint, pivot >= reference.singular) {
                model.add_ridge(epsilon);
                pivot = model.factor_covariance(k);
                event = Event::Projected { by: epsilon };
            }
            if !(pivot >= reference.singular) {
                let count = parameters.weights[k] * reference.total.weight;
                return Err(singular(k, model.work.covariance, pivot, Some(count), model.d));
            }
            model.finish(k);
        }
        Ok((model, event))
    }

    fn means(&self) -> &[f64] {
        &self.means
    }

    fn covariances(&self) -> Vec<f64> {
        let mut covariances = vec![0.0; self.factors.len()];
        for k in 0..self.k {
            let range = self.square(k);
            spd::reconstruct(&self.factors[range.clone()], &mut covariances[range], self.d);
        }
        covariances
    }

    fn free_parameters(&self) -> u32 {
        u32::try_from(self.k - 1 + self.k * (self.d + self.triangle())).unwrap_or(u32::MAX)
    }
}

/// Working memory of one lane.
pub struct Scratch {
    points: Vec<f64>,
    matrices: [Vec<f64>; 3],
}

impl Emission for Full {
    type Scratch = Scratch;

    fn components(&self) -> usize {
        self.k
    }
    fn dimension(&self) -> usize {
        self.d
    }
    fn block(&self) -> usize {
        BLOCK
    }
    fn level(&self) -> Level {
        self.level
    }
    fn stats_len(&self) -> usize {
        self.k * (1 + self.d + self.triangle())
    }

    fn scratch(&self) -> Scratch {
        let square = vec![0.0; self.d * self.d];
        Scratch { points: vec![0.0; 2 * self.d * padded(BLOCK)], matrices: [square.clone(), square.clone(), square] }
    }

    fn log_density(&self, block: &Block, out: &mut [f64], scratch: &mut Scratch) {
        log_density(self.level, block, self.whitening(), out, &mut scratch.points);
    }

    fn accumulate(&self, block: &Block, responsibilities: &[f64], stats: &mut [f64], scratch: &mut Scratch) {
        let (counts, rest) = stats.split_at_mut(self.k);
        let (first, second) = rest.split_at_mut(self.k * self.d);
        let map = self.whitening();
        accumulate_whitened(self.level, block, map, responsibilities, counts, first, second, &mut scratch.points);
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let d = self.d;
        let (counts, first, second) = self.split(stats);
        next.health = Health::default();
        for k in 0..self.k {
            let (count, first) = (counts[k], &first[k * d..(k + 1) * d]);
            let factor = &self.factors[self.square(k)];
            for i in 0..d {
                let shift: f64 = (0..=i).map(|j| factor[i * d + j] * first[j]).sum();
                next.means[k * d + i] = self.means[k * d + i] + shift / count;
            }
            let mut packed = second[k * self.triangle()..].iter();
            for (a, b) in (0..d).flat_map(|a| (0..=a).map(move |b| (a, b))) {
                let moment = packed.next().copied().unwrap_or_default();
                let value = moment / count - (first[a] / count) * (first[b] / count);
                next.work.whitened[a * d + b] = value;
                next.work.whitened[b * d + a] = value;
            }
            let work = &mut next.work;
            let pivot = if let Constraint::Ridge(epsilon) = self.constraint {
                spd::congruence(factor, &work.whitened, &mut work.covariance, &mut work.product, d);
                next.add_ridge(epsilon);
                next.factor_covariance(k)
            } else {
                work.product.copy_from_slice(&work.whitened);
                let range = self.square(k);
                if work.spd.factor(&mut work.product) {
                    spd::multiply_factors(factor, &work.product, &mut next.factors[range.clone()], d);
                    spd::judge(&next.factors[range], &self.reference.total.pivots).0
                } else {
                    0.0
                }
            };
            if !(pivot >= self.reference.singular) {
                let work = &mut next.work;
                if self.constraint == Constraint::None {
                    spd::congruence(factor, &work.whitened, &mut work.covariance, &mut work.product, d);
                }
                return Err(singular(k, work.covariance.clone(), pivot, Some(count), d));
            }
            next.finish(k);
        }
        Ok(())
    }

    /// Per component −N Σ ln(l′_ii / l_ii) − ½ [Σ w r |y′|² − Σ w r |y|²] with y′ = A y − b, A = L′⁻¹ L = I + E and
    /// b = L′⁻¹(μ′ − μ). Formed from E, so that near a fixed point, where A ≈ I, no digits cancel.
    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Scratch) -> f64 {
        let d = self.d;
        let (counts, first, second) = self.split(stats);
        let [difference, e, moment] = &mut scratch.matrices;
        let mut total = 0.0;
        for k in 0..self.k {
            let range = self.square(k);
            let (l, l_next) = (&self.factors[range.clone()], &next.factors[range.clone()]);
            let inverse = &next.inverse_factors[range];
            let (count, first) = (counts[k], &first[k * d..(k + 1) * d]);
            let mut packed = second[k * self.triangle()..].iter();
            for (a, b) in (0..d).flat_map(|a| (0..=a).map(move |b| (a, b))) {
                let value = packed.next().copied().unwrap_or_default();
                moment[a * d + b] = value;
                moment[b * d + a] = value;
            }
            for i in 0..d * d {
                difference[i] = l[i] - l_next[i];
            }
            spd::multiply_factors(inverse, difference, e, d);
            let mut log_ratio = 0.0;
            let mut squares = 0.0;
            for i in 0..d {
                log_ratio += ((l_next[i * d + i] - l[i * d + i]) / l[i * d + i]).ln_1p();
                // Row i of E against S: 2 (E S)_ii + (E S Eᵀ)_ii, and the shift b_i.
                let row = &e[i * d..=i * d + i];
                let shift: f64 =
                    (0..=i).map(|j| inverse[i * d + j] * (next.means[k * d + j] - self.means[k * d + j])).sum();
                let mut along = first[i];
                for (a, &e_ia) in row.iter().enumerate() {
                    along += e_ia * first[a];
                    squares += 2.0 * e_ia * moment[a * d + i];
                    let inner: f64 = row.iter().zip(&moment[a * d..]).map(|(e, s)| e * s).sum();
                    squares += e_ia * inner;
                }
                squares += shift * (count * shift - 2.0 * along);
            }
            total -= count * log_ratio + 0.5 * squares;
        }
        total
    }

    fn health(&self) -> Health {
        self.health
    }

    fn change(&self, next: &Self) -> f64 {
        let (d, scales) = (self.d, &self.reference.total.scales);
        let mut largest: f64 = 0.0;
        for k in 0..self.k {
            let (l, l_next) = (&self.factors[self.square(k)], &next.factors[self.square(k)]);
            for i in 0..d {
                largest = largest.max((next.means[k * d + i] - self.means[k * d + i]).abs() / scales[i]);
                for j in 0..=i {
                    let rows = (&l[i * d..=i * d + j], &l[j * d..], &l_next[i * d..=i * d + j], &l_next[j * d..]);
                    let old: f64 = rows.0.iter().zip(rows.1).map(|(a, b)| a * b).sum();
                    let new: f64 = rows.2.iter().zip(rows.3).map(|(a, b)| a * b).sum();
                    largest = largest.max((new - old).abs() / (scales[i] * scales[j]));
                }
            }
        }
        largest
    }

    fn monotone(&self) -> bool {
        self.constraint == Constraint::None
    }
}

/// Coordinates: means, then per component ln l_ii and the rest of the lower factor, row by row.
impl Coordinates for Full {
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
        next.health = Health::default();
        for k in 0..self.k {
            let range = self.square(k);
            let (pivot, _) = spd::judge(&next.factors[range.clone()], &self.reference.total.pivots);
            if !(pivot >= self.reference.singular && pivot.is_finite()) {
                let covariance = linalg::moments::covariance_of(&next.factors[range], d);
                return Err(singular(k, covariance, pivot, None, d));
            }
            next.finish(k);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Full")
            .field("means", &self.means)
            .field("covariances", &self.covariances())
            .finish_non_exhaustive()
    }
}
