//! K Gaussian densities with one full covariance Σ = L Lᵀ for all.
//!
//! A point is whitened once for all components, z = L⁻¹(x − m) with m the centre of the data, and log f_k = c − |z − L⁻¹(μ_k − m)|²/2.
//! Statistics, with y_k = L⁻¹(x − μ_k): N_k = Σ w r_k, s_k = Σ w r_k y_k (d), and one matrix S = Σ_k Σ w r_k y_k y_kᵀ. It is formed
//! as within = total − between: Σ w z zᵀ minus what the means explain. M-step: μ_k′ = μ_k + L s_k/N_k and the structure is given
//! L (S − Σ_k s_k s_kᵀ/N_k) Lᵀ.
//!
//! The difference loses digits where within is small beside total. With γ_k = max_a Σ_b |L⁻¹_ab| (|μ_kb − m_b| + σ_b) it carries an error
//! of about 2 ε γ² N; where γ > [`NEAR`] each component is whitened by itself and S is a sum about the means: d times as
//! much work, and as accurate as the parameters. The choice depends on the parameters alone
//! (`tests::near_and_far_agree`).

use super::constraint::eigenvalues::Eigenvalues;
use super::layout::{Frame, Layout, allows, split, split_mut};
use super::structure::CovarianceStructure;
use super::{Constraint, Reference, Structure, singular};
use crate::emission::Emission;
use crate::parameters::MixtureParameters;
use em::{Breakdown, BreakdownKind, Coordinates, Event, Health};
use linalg::kernels::{
    Block, Panels, Part, accumulate_products, add_row, distances, multiply, multiply_rows, padded, subtract_from_rows,
    weigh,
};
use linalg::{Level, SpdFactor, ln_ratio, spd};
use std::sync::Arc;

/// Largest γ at which points are whitened from the centre of the data.
const NEAR: f64 = 64.0;

/// K Gaussian densities with one covariance.
#[derive(Clone)]
pub struct Shared<S> {
    frame: Frame,
    /// k × d.
    means: Vec<f64>,
    /// L and L⁻¹, d × d.
    factor: Vec<f64>,
    inverse: Vec<f64>,
    /// −(d ln 2π)/2 − Σ ln l_ii, k times.
    constants: Vec<f64>,
    /// L⁻¹ for the kernels.
    map: Panels,
    /// L⁻¹(μ_k − m), k × d, also for the kernels.
    origins: Vec<f64>,
    centres: Panels,
    near: bool,
    structure: S,
    work: Work,
}

/// Matrices that the M-step needs, owned by the model it writes into.
#[derive(Clone)]
struct Work {
    spd: SpdFactor,
    within: Vec<f64>,
    product: Vec<f64>,
    scatter: Vec<f64>,
    covariance: Vec<f64>,
    counts: Vec<f64>,
    /// Under bounds on the eigenvalues.
    eigenvalues: Option<Eigenvalues>,
}

/// Row `i` of a lower factor (d × d).
fn row(matrix: &[f64], i: usize, d: usize) -> &[f64] {
    &matrix[i * d..=i * d + i]
}

/// Σ u v.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

impl<S: CovarianceStructure> Shared<S> {
    fn empty(k: usize, reference: &Arc<Reference>, constraint: Constraint, level: Level) -> Self {
        let frame = Frame::new::<S>(k, reference, constraint, level);
        let d = frame.d;
        let matrix = vec![0.0; d * d];
        let bounded = matches!(constraint, Constraint::Floor(_) | Constraint::Ratio(_));
        Self {
            frame,
            means: vec![0.0; k * d],
            factor: matrix.clone(),
            inverse: matrix.clone(),
            constants: vec![0.0; k],
            map: Panels::new(d, d, Part::Lower),
            origins: vec![0.0; k * d],
            centres: Panels::new(k, d, Part::All),
            near: true,
            structure: S::new(k, d),
            work: Work {
                spd: SpdFactor::new(d),
                within: matrix.clone(),
                product: matrix.clone(),
                scatter: matrix.clone(),
                covariance: matrix,
                counts: vec![0.0; k],
                eigenvalues: bounded.then(|| Eigenvalues::new(1, d)),
            },
        }
    }

    /// Means and W/N into `next`.
    fn centre(&self, stats: &[f64], next: &mut Self) {
        let (k, d) = (self.frame.k, self.frame.d);
        let (counts, first, second) = split(stats, k, d);
        let Work { within, product, covariance, .. } = &mut next.work;
        within.copy_from_slice(second);
        for ((&count, first), (mean, next)) in
            counts.iter().zip(first.chunks_exact(d)).zip(self.means.chunks_exact(d).zip(next.means.chunks_exact_mut(d)))
        {
            for i in 0..d {
                next[i] = mean[i] + dot(row(&self.factor, i, d), first) / count;
                for j in 0..=i {
                    within[i * d + j] -= first[i] * (first[j] / count);
                }
            }
        }
        let total: f64 = counts.iter().sum();
        for i in 0..d {
            for j in 0..=i {
                within[i * d + j] /= total;
                within[j * d + i] = within[i * d + j];
            }
        }
        spd::congruence(&self.factor, within, covariance, product, d);
    }

    /// z of one component, or of all that are near, into `scratch.image`: the points minus `centre`, whitened.
    fn whiten(&self, block: &Block, centre: &[f64], scratch: &mut Scratch) {
        let (level, stride) = (self.frame.level, block.stride());
        let length = self.frame.d * stride;
        subtract_from_rows(level, centre, block.points(), &mut scratch.shifted[..length]);
        multiply(level, &self.map, &[], &scratch.shifted[..length], stride, &mut scratch.image[..length]);
    }
}

impl<S: CovarianceStructure> Layout for Shared<S> {
    fn frame(&self) -> &Frame {
        &self.frame
    }
    fn frame_mut(&mut self) -> &mut Frame {
        &mut self.frame
    }
    fn means_mut(&mut self) -> &mut [f64] {
        &mut self.means
    }
    fn covariances(&self) -> usize {
        1
    }
    fn workspace(&self) -> &[f64] {
        &self.work.covariance
    }

    fn estimate(&mut self, counts: &[f64]) {
        let Self { frame, means, structure, work, .. } = self;
        let Work { scatter, covariance, counts: effective, .. } = work;
        effective.copy_from_slice(counts);
        let total: f64 = counts.iter().sum();
        for (scatter, value) in scatter.iter_mut().zip(&*covariance) {
            *scatter = total * value;
        }
        if let Some(prior) = &frame.prior {
            for (count, mean) in effective.iter_mut().zip(means.chunks_exact_mut(frame.d)) {
                prior.apply(count, mean, scatter);
            }
        }
        structure.estimate(effective, scatter, covariance);
    }

    fn bound(&mut self, counts: &[f64]) {
        let Work { covariance, eigenvalues, .. } = &mut self.work;
        match (self.frame.constraint, eigenvalues) {
            (Constraint::Floor(floor), Some(eigenvalues)) => eigenvalues.floor(covariance, floor),
            (Constraint::Ratio(ratio), Some(eigenvalues)) => {
                eigenvalues.ratio(&[counts.iter().sum()], covariance, ratio);
            }
            _ => {}
        }
    }

    fn add_ridge(&mut self, _c: usize, epsilon: f64) {
        for value in self.work.covariance.iter_mut().step_by(self.frame.d + 1) {
            *value += epsilon;
        }
    }

    fn factor(&mut self, _c: usize) -> f64 {
        self.factor.copy_from_slice(&self.work.covariance);
        let positive = self.work.spd.factor(&mut self.factor);
        if positive { spd::judge(&self.factor, &self.frame.reference.total.pivots).0 } else { 0.0 }
    }

    fn finish(&mut self, _c: usize) {
        let Self { frame, means, factor, inverse, constants, .. } = self;
        let d = frame.d;
        spd::invert_factor(factor, inverse, d);
        constants.fill(-0.5 * d as f64 * std::f64::consts::TAU.ln() - spd::half_log_determinant(factor, d));
        if let Some(prior) = &frame.prior {
            frame.log_prior += means.chunks_exact(d).map(|mean| prior.log_density(mean, factor, inverse)).sum::<f64>();
        }
        let (pivot, condition) = spd::judge(factor, &frame.reference.total.pivots);
        frame.take_up(pivot, condition);
    }

    fn prepare(&mut self) {
        let Self { frame, means, factor, inverse, map, origins, centres, near, .. } = self;
        let d = frame.d;
        map.fill(|i, j| if j <= i { inverse[i * d + j] } else { 0.0 });
        let offset = |c: usize, j: usize| frame.offset(means, c, j);
        for (i, origin) in origins.iter_mut().enumerate() {
            let (c, a) = (i / d, i % d);
            *origin = row(inverse, a, d).iter().enumerate().map(|(b, l)| l * offset(c, b)).sum();
        }
        let origins = &*origins;
        centres.fill(|c, j| origins[c * d + j]);
        let deviation = |b: usize| dot(row(factor, b, d), row(factor, b, d)).sqrt();
        // Written so that a NaN is far.
        *near = (0..frame.k).all(|c| {
            (0..d).all(|a| {
                let reach =
                    row(inverse, a, d).iter().enumerate().map(|(b, l)| l.abs() * (offset(c, b).abs() + deviation(b)));
                reach.sum::<f64>() <= NEAR
            })
        });
    }

    fn matrix(&self, _c: usize) -> Vec<f64> {
        self.work.covariance.clone()
    }

    fn difference(&self, stated: &[f64]) -> f64 {
        let (d, scales) = (self.frame.d, &self.frame.reference.total.scales);
        let pairs = stated.iter().zip(&self.work.covariance).enumerate();
        pairs.map(|(i, (a, b))| (a - b).abs() / (scales[i / d] * scales[i % d])).fold(0.0, f64::max)
    }
}

impl<S: CovarianceStructure> Structure for Shared<S> {
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
        let size = model.frame.d * model.frame.d;
        model.means.copy_from_slice(&parameters.means);
        // The within covariance of the stated moments.
        let total: f64 = parameters.weights.iter().sum();
        for (covariance, weight) in parameters.covariances.chunks_exact(size).zip(&parameters.weights) {
            for (sum, value) in model.work.covariance.iter_mut().zip(covariance) {
                *sum += weight / total * value;
            }
        }
        model.start(&parameters.weights)
    }

    fn means(&self) -> &[f64] {
        &self.means
    }

    fn covariances(&self) -> Vec<f64> {
        let mut covariance = vec![0.0; self.factor.len()];
        spd::reconstruct(&self.factor, &mut covariance, self.frame.d);
        covariance.repeat(self.frame.k)
    }

    fn free_parameters(&self) -> u32 {
        let (k, d) = (self.frame.k, self.frame.d);
        u32::try_from(k - 1 + k * d + S::covariance_parameters(k, d)).unwrap_or(u32::MAX)
    }
}

/// Working memory of one lane.
pub struct Scratch {
    /// Points minus a centre, these whitened, and these weighted: d × stride each.
    shifted: Vec<f64>,
    image: Vec<f64>,
    weighted: Vec<f64>,
    /// Σ_k w r_k, stride.
    weights: Vec<f64>,
    /// A centre at zero, and matrices d × d.
    zero: Panels,
    matrices: [Vec<f64>; 2],
}

impl<S: CovarianceStructure> Emission for Shared<S> {
    type Scratch = Scratch;

    fn components(&self) -> usize {
        self.frame.k
    }
    fn dimension(&self) -> usize {
        self.frame.d
    }
    fn block(&self) -> Block {
        Block::with_capacity(super::block_points(self.frame.k, self.frame.d), self.frame.d)
    }
    fn level(&self) -> Level {
        self.frame.level
    }
    fn stats_len(&self) -> usize {
        let (k, d) = (self.frame.k, self.frame.d);
        k * (1 + d) + d * d
    }

    fn scratch(&self) -> Scratch {
        let (d, stride) = (self.frame.d, padded(super::block_points(self.frame.k, self.frame.d)));
        let points = vec![0.0; d * stride];
        Scratch {
            shifted: points.clone(),
            image: points.clone(),
            weighted: points,
            weights: vec![0.0; stride],
            zero: Panels::new(1, d, Part::All),
            matrices: [vec![0.0; d * d], vec![0.0; d * d]],
        }
    }

    fn log_density(&self, block: &Block, out: &mut [f64], scratch: &mut Scratch) {
        let (level, d, stride) = (self.frame.level, self.frame.d, block.stride());
        if self.near {
            self.whiten(block, &self.frame.reference.total.mean, scratch);
            return distances(level, &self.centres, &self.constants, &scratch.image[..d * stride], stride, out);
        }
        for (mean, out) in self.means.chunks_exact(d).zip(out.chunks_exact_mut(stride)) {
            self.whiten(block, mean, scratch);
            distances(level, &scratch.zero, &self.constants[..1], &scratch.image[..d * stride], stride, out);
        }
    }

    fn accumulate(&self, block: &Block, responsibilities: &[f64], stats: &mut [f64], scratch: &mut Scratch) {
        let (level, k, d, stride) = (self.frame.level, self.frame.k, self.frame.d, block.stride());
        let (counts, first, second) = split_mut(stats, k, d);
        if self.near {
            let Scratch { image, weighted, weights, .. } = scratch;
            let (image, weighted, weights) =
                (&image[..d * stride], &mut weighted[..d * stride], &mut weights[..stride]);
            weights.fill(0.0);
            for (r, count) in responsibilities.chunks_exact(stride).zip(counts) {
                *count += add_row(level, r, weights);
            }
            for (weighted, z) in weighted.chunks_exact_mut(stride).zip(image.chunks_exact(stride)) {
                multiply_rows(level, weights, z, weighted);
            }
            accumulate_products(level, Part::All, responsibilities, image, stride, first);
            accumulate_products(level, Part::Lower, weighted, image, stride, second);
            return;
        }
        for (c, r) in responsibilities.chunks_exact(stride).enumerate() {
            self.whiten(block, &self.means[c * d..(c + 1) * d], scratch);
            let Scratch { image, weighted, .. } = scratch;
            let (image, weighted) = (&image[..d * stride], &mut weighted[..d * stride]);
            for (j, (weighted, y)) in weighted.chunks_exact_mut(stride).zip(image.chunks_exact(stride)).enumerate() {
                multiply_rows(level, r, y, weighted);
                let (count, sum) = weigh(level, r, y);
                first[c * d + j] += sum;
                counts[c] += if j == 0 { count } else { 0.0 };
            }
            accumulate_products(level, Part::Lower, weighted, image, stride, second);
        }
    }

    fn flush(&self, stats: &mut [f64], _scratch: &mut Scratch) {
        if !self.near {
            return;
        }
        let d = self.frame.d;
        let (counts, first, second) = split_mut(stats, self.frame.k, d);
        for ((&mut count, first), origin) in
            counts.iter_mut().zip(first.chunks_exact_mut(d)).zip(self.origins.chunks_exact(d))
        {
            for i in 0..d {
                for j in 0..=i {
                    second[i * d + j] -= first[i] * origin[j] + origin[i] * (first[j] - count * origin[j]);
                }
            }
            for (sum, origin) in first.iter_mut().zip(origin) {
                *sum -= count * origin;
            }
        }
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let counts = &stats[..self.frame.k];
        self.centre(stats, next);
        next.structure.start_from(&self.structure);
        next.conclude(counts).map_err(|(c, pivot)| {
            // What the data say, before any structure or ridge.
            self.centre(stats, next);
            singular(c, next.matrix(c), pivot, Some(counts[c]), self.frame.d)
        })
    }

    /// −N Σ ln(l′_ii / l_ii) − ½ Σ_k [Σ w r |y′|² − Σ w r |y|²] with y′ = A y − b, A = L′⁻¹ L = I + E and b = L′⁻¹(μ′ − μ). Formed from
    /// E, so that near a fixed point, where A ≈ I, no digits cancel.
    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Scratch) -> f64 {
        let d = self.frame.d;
        let (counts, first, second) = split(stats, self.frame.k, d);
        let [difference, e] = &mut scratch.matrices;
        for ((difference, old), new) in difference.iter_mut().zip(&self.factor).zip(&next.factor) {
            *difference = old - new;
        }
        spd::multiply_factors(&next.inverse, difference, e, d);
        let moment = |a: usize, b: usize| if b <= a { second[a * d + b] } else { second[b * d + a] };
        let (mut log_ratio, mut squares) = (0.0, 0.0);
        for i in 0..d {
            let (old, new) = (self.factor[i * d + i], next.factor[i * d + i]);
            log_ratio += ln_ratio(new, old);
            // Row i of E against S: 2 (E S)_ii + (E S Eᵀ)_ii.
            let row = row(e, i, d);
            for (a, e_ia) in row.iter().enumerate() {
                let inner: f64 = row.iter().enumerate().map(|(b, e_ib)| e_ib * moment(a, b)).sum();
                squares += e_ia * (2.0 * moment(a, i) + inner);
            }
        }
        let means = self.means.chunks_exact(d).zip(next.means.chunks_exact(d));
        for ((count, first), (mean, next_mean)) in counts.iter().zip(first.chunks_exact(d)).zip(means) {
            for i in 0..d {
                let steps = next_mean.iter().zip(mean).map(|(new, old)| new - old);
                let shift: f64 = row(&next.inverse, i, d).iter().zip(steps).map(|(l, step)| l * step).sum();
                let along = first[i] + dot(row(e, i, d), first);
                squares += shift * (count * shift - 2.0 * along);
            }
        }
        -(counts.iter().sum::<f64>() * log_ratio + 0.5 * squares)
    }

    fn health(&self) -> Health {
        self.frame.health
    }

    fn change(&self, next: &Self) -> f64 {
        let (d, scales) = (self.frame.d, &self.frame.reference.total.scales);
        let mut largest = self.frame.shift(&self.means, &next.means);
        for i in 0..d {
            for j in 0..=i {
                let entry = |factor: &[f64]| dot(&row(factor, i, d)[..=j], row(factor, j, d));
                largest = largest.max((entry(&next.factor) - entry(&self.factor)).abs() / (scales[i] * scales[j]));
            }
        }
        largest
    }

    fn monotone(&self) -> bool {
        self.frame.constraint.monotone()
    }

    fn log_prior(&self) -> f64 {
        self.frame.log_prior
    }
}

/// Coordinates: means, then ln l_ii and the rest of the lower factor, row by row.
impl<S: CovarianceStructure> Coordinates for Shared<S> {
    fn dim(&self) -> usize {
        let d = self.frame.d;
        self.means.len() + d * (d + 1) / 2
    }

    fn write(&self, xi: &mut [f64]) {
        let (means, factor) = xi.split_at_mut(self.means.len());
        means.copy_from_slice(&self.means);
        let mut out = factor.iter_mut();
        for i in 0..self.frame.d {
            for ((j, &value), out) in row(&self.factor, i, self.frame.d).iter().enumerate().zip(&mut out) {
                *out = if i == j { value.ln() } else { value };
            }
        }
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        if xi.iter().any(|value| !value.is_finite()) {
            let kind = BreakdownKind::NonFinite { what: "coordinate", row: None };
            return Err(Breakdown { component: None, kind });
        }
        let d = self.frame.d;
        let (means, values) = xi.split_at(self.means.len());
        next.means.copy_from_slice(means);
        let mut values = values.iter();
        next.factor.fill(0.0);
        for i in 0..d {
            for (j, value) in (0..=i).zip(&mut values) {
                next.factor[i * d + j] = if i == j { value.exp() } else { *value };
            }
        }
        spd::reconstruct(&next.factor, &mut next.work.covariance, d);
        next.structure.start_from(&self.structure);
        next.settle()
    }
}

impl<S: CovarianceStructure> std::fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(S::NAME).field("means", &self.means).field("factor", &self.factor).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::structure::Eee;
    use super::*;
    use linalg::Total;

    fn number(i: usize) -> f64 {
        ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0
    }

    /// Densities and statistics of one block.
    fn pass(model: &Shared<Eee>, block: &Block, r: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut scratch = model.scratch();
        let (mut out, mut stats) = (vec![0.0; r.len()], vec![0.0; model.stats_len()]);
        model.log_density(block, &mut out, &mut scratch);
        model.accumulate(block, r, &mut stats, &mut scratch);
        model.flush(&mut stats, &mut scratch);
        // Above the diagonal nothing is specified.
        let (k, d) = (model.frame.k, model.frame.d);
        for i in 0..d {
            stats[k * (1 + d) + i * d + i + 1..k * (1 + d) + (i + 1) * d].fill(0.0);
        }
        (out, stats)
    }

    /// Within = total − between, and sums about the means: as close as γ allows, γ from 5 to 57.
    #[test]
    fn near_and_far_agree() {
        for (k, d, rows) in [(1, 1, 8), (3, 2, 37), (5, 7, 90), (9, 18, 120)] {
            for distance in [0.5, 4.0] {
                let means: Vec<f64> = (0..k * d).map(|i| 3.0 + distance * number(i + 3)).collect();
                let x: Vec<f64> = (0..rows * d).map(|i| means[i % (k * d)] + 1.5 * number(i + 11)).collect();
                let reference = Arc::new(Reference::new(Total::new(&x, d, &[]).unwrap()));
                let mut covariance = vec![0.0; d * d];
                for (i, value) in covariance.iter_mut().enumerate() {
                    let (a, b) = (i / d, i % d);
                    *value = if a == b { 1.0 + number(a).abs() } else { number(a + b) / (4 * d) as f64 };
                }
                let covariances = covariance.repeat(k);
                let parameters = MixtureParameters { weights: vec![1.0 / k as f64; k], means, covariances };
                let mut block = Block::with_capacity(rows, d);
                block.load(&x, &[]);
                let mut r: Vec<f64> = (0..k * block.stride()).map(|i| number(i + 5).abs()).collect();
                for r in r.chunks_exact_mut(block.stride()) {
                    r[rows..].fill(0.0);
                }
                for level in Level::available() {
                    let (near, _) =
                        Shared::<Eee>::from_parameters(&parameters, &reference, Constraint::None, level).unwrap();
                    assert!(near.near);
                    let mut far = near.clone();
                    far.near = false;
                    let ((densities, stats), (expected, sums)) = (pass(&near, &block, &r), pass(&far, &block, &r));
                    let count: f64 = r.iter().sum();
                    for (a, b) in densities.iter().zip(&expected) {
                        assert!((a - b).abs() < 2.0 * f64::EPSILON * NEAR * (1.0 + b.abs()), "{a} {b}");
                    }
                    for (a, b) in stats.iter().zip(&sums) {
                        assert!((a - b).abs() < 2.0 * f64::EPSILON * NEAR * NEAR * count, "d = {d}: {a} {b}");
                    }
                }
            }
        }
    }

    /// A tight covariance far from the centre of the data is not formed as a difference.
    #[test]
    fn tight_clusters_are_far() {
        let x: Vec<f64> = (0..40).map(|i| if i < 20 { 0.0 } else { 1.0 } + 1e-4 * number(i)).collect();
        let reference = Arc::new(Reference::new(Total::new(&x, 1, &[]).unwrap()));
        let parameters = MixtureParameters { weights: vec![0.5; 2], means: vec![0.0, 1.0], covariances: vec![1e-8; 2] };
        let model = Shared::<Eee>::from_parameters(&parameters, &reference, Constraint::None, Level::detect());
        assert!(!model.unwrap().0.near);
    }
}
