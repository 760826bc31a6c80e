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
//! (`emission::tests::near_and_far_agree`).

mod coordinates;
mod emission;

use super::constraint::eigenvalues::Eigenvalues;
use super::layout::{Frame, Layout, allows};
use super::structure::CovarianceStructure;
use super::{Constraint, Reference, Structure};
use crate::parameters::MixtureParameters;
use em::{Breakdown, Event};
use linalg::kernels::{Panels, Part};
use linalg::{Level, SpdFactor, spd};
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

impl<S: CovarianceStructure> std::fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(S::NAME).field("means", &self.means).field("factor", &self.factor).finish_non_exhaustive()
    }
}
