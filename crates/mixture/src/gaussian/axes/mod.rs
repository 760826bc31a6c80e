//! K Gaussian densities with covariances along the axes: a variance for each feature, or one for all.
//!
//! Statistics, whitened at the current parameters (y_j = (x_j − μ_j)/σ_j): N = Σ w r, s = Σ w r y (d), and S = Σ w r y²: d numbers, or
//! their sum for a sphere. M-step: m = s/N, μ′ = μ + σ m, and the structure is given N σ² (S/N − m²), the diagonals of the
//! scatters (their mean for a sphere).
//!
//! Points are measured from the centre of the data. The squares of a sphere are kept from the density to the statistics. On axes of
//! different length the moments are taken about the centre of the data, two operations for each point, component and feature
//! instead of four, and moved to the means when all rows are summed; where that would cost digits (γ > 64, [`Scaled`]), about
//! the means. The choice depends on the parameters alone.

mod coordinates;
mod emission;

use super::constraint::eigenvalues;
use super::layout::{Frame, Layout, allows};
use super::structure::CovarianceStructure;
use super::{Constraint, Reference, Structure};
use crate::parameters::MixtureParameters;
use em::{Breakdown, Event};
use linalg::Level;
use linalg::kernels::{Panels, Part, Scaled};
use std::sync::Arc;

/// K Gaussian densities along the axes; spheres if `ROUND`.
#[derive(Clone)]
pub struct Axes<S, const ROUND: bool> {
    frame: Frame,
    /// k × d.
    means: Vec<f64>,
    /// σ, k × m: m = d, or 1 for spheres.
    deviations: Vec<f64>,
    /// −(d ln 2π)/2 − Σ ln σ_j, k.
    constants: Vec<f64>,
    centres: Centres,
    structure: S,
    work: Work,
}

/// A variance for each component and feature, tied by the structure or not.
pub type Diagonals<S> = Axes<S, false>;
/// A variance for each component, tied by the structure or not.
pub type Spheres<S> = Axes<S, true>;

/// The means as the kernels want them.
#[derive(Clone)]
enum Centres {
    Round(Panels),
    Scaled(Scaled),
}

/// What the M-step needs, owned by the model it writes into.
#[derive(Clone)]
struct Work {
    /// Scatters (over m; mean over the features for spheres) and covariances, k × m.
    scatters: Vec<f64>,
    covariances: Vec<f64>,
    /// N of all components, or what takes its place under a prior.
    counts: Vec<f64>,
    /// Under a bound on the ratio of the eigenvalues.
    breaks: Vec<f64>,
}

impl<S: CovarianceStructure, const ROUND: bool> Axes<S, ROUND> {
    /// Variances m of a component.
    fn lengths(d: usize) -> usize {
        if ROUND { 1 } else { d }
    }

    fn empty(k: usize, reference: &Arc<Reference>, constraint: Constraint, level: Level) -> Self {
        let frame = Frame::new::<S>(k, reference, constraint, level);
        let (d, m) = (frame.d, Self::lengths(frame.d));
        let variances = vec![0.0; k * m];
        let breaks = vec![0.0; if matches!(constraint, Constraint::Ratio(_)) { 2 * k * m } else { 0 }];
        let centres =
            if ROUND { Centres::Round(Panels::new(k, d, Part::All)) } else { Centres::Scaled(Scaled::new(k, d)) };
        Self {
            frame,
            means: vec![0.0; k * d],
            deviations: variances.clone(),
            constants: vec![0.0; k],
            centres,
            structure: S::new(k, d),
            work: Work { scatters: variances.clone(), covariances: variances, counts: vec![0.0; k], breaks },
        }
    }

    /// Component, feature and the variance that belongs to them, as an index into k × m.
    fn entries(&self) -> impl Iterator<Item = (usize, usize, usize)> + use<S, ROUND> {
        let (k, d, m) = (self.frame.k, self.frame.d, Self::lengths(self.frame.d));
        (0..k).flat_map(move |c| (0..d).map(move |j| (c, j, c * m + j % m)))
    }

    /// Writes covariance after covariance, d × d each.
    fn matrices(&self, variances: impl Fn(usize) -> f64) -> Vec<f64> {
        let (k, d) = (self.frame.k, self.frame.d);
        let mut matrices = vec![0.0; k * d * d];
        for (c, j, i) in self.entries() {
            matrices[(c * d + j) * d + j] = variances(i);
        }
        matrices
    }
}

impl<S: CovarianceStructure, const ROUND: bool> Layout for Axes<S, ROUND> {
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
        self.frame.k
    }
    fn workspace(&self) -> &[f64] {
        &self.work.covariances
    }

    fn estimate(&mut self, counts: &[f64]) {
        let Self { frame, means, structure, work, .. } = self;
        let m = Self::lengths(frame.d);
        work.counts.copy_from_slice(counts);
        for (i, (scatter, value)) in work.scatters.iter_mut().zip(&work.covariances).enumerate() {
            *scatter = counts[i / m] * value;
        }
        if let Some(prior) = &frame.prior {
            let parts = means.chunks_exact_mut(frame.d).zip(work.scatters.chunks_exact_mut(m));
            for (count, (mean, scatter)) in work.counts.iter_mut().zip(parts) {
                prior.apply_along_axes(count, mean, scatter);
            }
        }
        structure.estimate(&work.counts, &mut work.scatters, &mut work.covariances);
    }

    fn bound(&mut self, counts: &[f64]) {
        let Work { covariances, breaks, .. } = &mut self.work;
        match self.frame.constraint {
            Constraint::Floor(floor) => eigenvalues::clip(covariances, floor, f64::INFINITY),
            Constraint::Ratio(ratio) => {
                if let Some(lower) = eigenvalues::lower_bound(counts, covariances, ratio, breaks) {
                    eigenvalues::clip(covariances, lower, ratio * lower);
                }
            }
            _ => {}
        }
    }

    fn add_ridge(&mut self, c: usize, epsilon: f64) {
        let m = Self::lengths(self.frame.d);
        for variance in &mut self.work.covariances[c * m..(c + 1) * m] {
            *variance += epsilon;
        }
    }

    fn factor(&mut self, c: usize) -> f64 {
        let m = Self::lengths(self.frame.d);
        let variances = &self.work.covariances[c * m..(c + 1) * m];
        if !variances.iter().all(|variance| *variance > 0.0) {
            return 0.0;
        }
        if variances.contains(&f64::INFINITY) {
            return f64::INFINITY;
        }
        let pivots = self.frame.reference.total.pivots.iter().enumerate();
        let smallest = pivots.map(|(j, pivot)| variances[j % m] / pivot).fold(f64::INFINITY, f64::min);
        for (sigma, variance) in self.deviations[c * m..].iter_mut().zip(variances) {
            *sigma = variance.sqrt();
        }
        smallest
    }

    fn finish(&mut self, c: usize) {
        let (d, m) = (self.frame.d, Self::lengths(self.frame.d));
        let deviations = &self.deviations[c * m..(c + 1) * m];
        let log_volume = (d / m) as f64 * deviations.iter().map(|sigma| sigma.ln()).sum::<f64>();
        self.constants[c] = -0.5 * d as f64 * std::f64::consts::TAU.ln() - log_volume;
        if let Some(prior) = &self.frame.prior {
            let mean = &self.means[c * d..(c + 1) * d];
            self.frame.log_prior += prior.log_density_along_axes(mean, deviations, log_volume);
        }
        let pivots = &self.frame.reference.total.pivots;
        let squares = || (0..d).map(|j| deviations[j % m] * deviations[j % m]);
        let pivot = squares().zip(pivots).map(|(square, pivot)| square / pivot).fold(f64::INFINITY, f64::min);
        let (low, high) = squares().fold((f64::INFINITY, 0.0_f64), |(low, high), s| (low.min(s), high.max(s)));
        self.frame.take_up(pivot, (high / low).min(f64::MAX));
    }

    fn prepare(&mut self) {
        let Self { frame, means, deviations, centres, .. } = self;
        let m = Self::lengths(frame.d);
        match centres {
            Centres::Round(panels) => panels.fill(|c, j| frame.offset(means, c, j)),
            Centres::Scaled(scaled) => scaled.set(|c, j| frame.offset(means, c, j), |c, j| 1.0 / deviations[c * m + j]),
        }
    }

    fn matrix(&self, c: usize) -> Vec<f64> {
        let (d, m) = (self.frame.d, Self::lengths(self.frame.d));
        let entry = |i: usize| if i.is_multiple_of(d + 1) { self.work.covariances[c * m + i % d % m] } else { 0.0 };
        (0..d * d).map(entry).collect()
    }

    fn difference(&self, stated: &[f64]) -> f64 {
        let scales = &self.frame.reference.total.scales;
        let change =
            |(_, j, i): (usize, usize, usize)| (stated[i] - self.work.covariances[i]).abs() / scales[j].powi(2);
        self.entries().map(change).fold(0.0, f64::max)
    }
}

impl<S: CovarianceStructure, const ROUND: bool> Structure for Axes<S, ROUND> {
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
        let (d, m) = (model.frame.d, Self::lengths(model.frame.d));
        model.means.copy_from_slice(&parameters.means);
        for (c, j, i) in model.entries() {
            model.work.covariances[i] += parameters.covariances[(c * d + j) * d + j] * m as f64 / d as f64;
        }
        model.start(&parameters.weights)
    }

    fn means(&self) -> &[f64] {
        &self.means
    }

    fn covariances(&self) -> Vec<f64> {
        self.matrices(|i| self.deviations[i] * self.deviations[i])
    }

    fn free_parameters(&self) -> u32 {
        let (k, d) = (self.frame.k, self.frame.d);
        u32::try_from(k - 1 + k * d + S::covariance_parameters(k, d)).unwrap_or(u32::MAX)
    }
}

impl<S: CovarianceStructure, const ROUND: bool> std::fmt::Debug for Axes<S, ROUND> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(S::NAME)
            .field("means", &self.means)
            .field("deviations", &self.deviations)
            .finish_non_exhaustive()
    }
}
