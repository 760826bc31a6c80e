//! What happens to the covariances of every layout ([`Axes`](super::Axes), [`Shared`](super::Shared)): at a start, in an M-step, and
//! when they are read from coordinates.
//!
//! A layout says how covariances are stored and what a structure is given to see of the scatters. Here stands the order of things:
//! structure, bounds, ridge, factor, judgement.

use super::structure::CovarianceStructure;
use super::{Constraint, Prior, Reference, singular};
use em::{Breakdown, Event, Health};
use linalg::Level;
use std::sync::Arc;

/// Whether a structure has an M-step under a constraint.
pub(super) fn allows<S: CovarianceStructure>(constraint: Constraint) -> bool {
    match constraint {
        Constraint::None | Constraint::Ridge(_) => true,
        Constraint::Floor(_) | Constraint::Ratio(_) => S::FREE_EIGENVALUES,
        Constraint::Map => S::prior(1, 1, Prior::degrees(1)).is_some(),
    }
}

/// The three sums of the statistics of any layout: N (k), s (k × d) and what remains, the second moments.
pub(super) fn split(stats: &[f64], k: usize, d: usize) -> (&[f64], &[f64], &[f64]) {
    let (counts, rest) = stats.split_at(k);
    let (first, second) = rest.split_at(k * d);
    (counts, first, second)
}

/// As [`split`].
pub(super) fn split_mut(stats: &mut [f64], k: usize, d: usize) -> (&mut [f64], &mut [f64], &mut [f64]) {
    let (counts, rest) = stats.split_at_mut(k);
    let (first, second) = rest.split_at_mut(k * d);
    (counts, first, second)
}

/// Shape, judgement and constraint of K components.
#[derive(Clone)]
pub(super) struct Frame {
    pub k: usize,
    pub d: usize,
    pub reference: Arc<Reference>,
    pub constraint: Constraint,
    /// Under [`Constraint::Map`].
    pub prior: Option<Arc<Prior>>,
    /// log p of means and covariances, up to a constant; 0 without a prior.
    pub log_prior: f64,
    pub health: Health,
    pub level: Level,
}

impl Frame {
    pub fn new<S: CovarianceStructure>(
        k: usize,
        reference: &Arc<Reference>,
        constraint: Constraint,
        level: Level,
    ) -> Self {
        let d = reference.total.mean.len();
        let form = if constraint == Constraint::Map { S::prior(k, d, Prior::degrees(d)) } else { None };
        Self {
            k,
            d,
            reference: Arc::clone(reference),
            constraint,
            prior: form.map(|form| Arc::new(Prior::new(&reference.total, k, form))),
            log_prior: 0.0,
            health: Health::default(),
            level,
        }
    }

    /// Mean of component `c` minus that of the data, feature `j`.
    pub fn offset(&self, means: &[f64], c: usize, j: usize) -> f64 {
        means[c * self.d + j] - self.reference.total.mean[j]
    }

    /// Takes up the smallest relative pivot and the condition of a covariance.
    pub fn take_up(&mut self, pivot: f64, condition: f64) {
        let Health { smallest_relative_pivot: smallest, worst_condition: worst, .. } = &mut self.health;
        *smallest = Some(smallest.map_or(pivot, |old| old.min(pivot)));
        *worst = Some(worst.map_or(condition, |old| old.max(condition)));
    }

    /// Largest change of a mean, in units of the total covariance.
    pub fn shift(&self, means: &[f64], next: &[f64]) -> f64 {
        let scales = self.reference.total.scales.iter().cycle();
        let shifts = means.iter().zip(next).zip(scales).map(|((a, b), scale)| (b - a).abs() / scale);
        shifts.fold(0.0, f64::max)
    }
}

/// A way to store covariances, with a workspace for those that are being made.
pub(super) trait Layout: Sized {
    fn frame(&self) -> &Frame;
    fn frame_mut(&mut self) -> &mut Frame;
    fn means_mut(&mut self) -> &mut [f64];
    /// Number of covariances: K, or one for all components.
    fn covariances(&self) -> usize;
    /// The covariances in the workspace.
    fn workspace(&self) -> &[f64];
    /// The M-step of structure and prior: replaces the W/N in the workspace by covariances.
    fn estimate(&mut self, counts: &[f64]);
    /// Makes the covariances in the workspace obey the bounds on their eigenvalues, if there are any.
    fn bound(&mut self, counts: &[f64]);
    /// Adds `epsilon` to the diagonal of covariance `c` of the workspace.
    fn add_ridge(&mut self, c: usize, epsilon: f64);
    /// Factors covariance `c` of the workspace. Gives back its smallest relative pivot, 0 where there is no factor, infinity where a
    /// variance is not finite.
    fn factor(&mut self, c: usize) -> f64;
    /// What follows from the factor of covariance `c`: its constant, its judgement, its part of the prior.
    fn finish(&mut self, c: usize);
    /// What follows from all means and factors.
    fn prepare(&mut self);
    /// Covariance `c` of the workspace, d × d.
    fn matrix(&self, c: usize) -> Vec<f64>;
    /// Largest difference of the workspace from `stated`, in units of the total covariance.
    fn difference(&self, stated: &[f64]) -> f64;

    /// Makes the covariances in the workspace fit structure and bounds; says what the constraint changed.
    fn begin(&mut self, counts: &[f64]) -> Event {
        // What the structure makes of the moments, without the prior: a start is not pulled unless it must be.
        let prior = self.frame_mut().prior.take();
        self.estimate(counts);
        self.frame_mut().prior = prior;
        let stated = self.workspace().to_vec();
        self.bound(counts);
        let singular = |model: &mut Self| {
            (0..model.covariances()).any(|c| {
                let pivot = model.factor(c);
                !model.frame().reference.usable(pivot)
            })
        };
        if self.frame().prior.is_some() && singular(self) {
            let means = self.means_mut().to_vec();
            self.estimate(counts);
            self.means_mut().copy_from_slice(&means);
        }
        let by = self.difference(&stated);
        if by > 0.0 { Event::Projected { by } } else { Event::None }
    }

    /// θ₀ from the means and the covariances in the workspace, for components of these weights.
    fn start(mut self, weights: &[f64]) -> Result<(Self, Event), Breakdown> {
        let stated: Vec<Vec<f64>> = (0..self.covariances()).map(|c| self.matrix(c)).collect();
        let counts: Vec<f64> = weights.iter().map(|weight| weight * self.frame().reference.total.weight).collect();
        let mut event = self.begin(&counts);
        for (c, stated) in stated.into_iter().enumerate() {
            let mut pivot = self.factor(c);
            if let (Constraint::Ridge(epsilon), false) = (self.frame().constraint, self.frame().reference.usable(pivot))
            {
                self.add_ridge(c, epsilon);
                pivot = self.factor(c);
                event = Event::Projected { by: epsilon };
            }
            if !self.frame().reference.usable(pivot) {
                return Err(singular(c, stated, pivot, Some(counts[c]), self.frame().d));
            }
            self.finish(c);
        }
        self.prepare();
        Ok((self, event))
    }

    /// The end of an M-step, from the W/N in the workspace. On failure the covariance that broke, and its smallest relative pivot.
    fn conclude(&mut self, counts: &[f64]) -> Result<(), (usize, f64)> {
        self.reset();
        self.estimate(counts);
        self.bound(counts);
        for c in 0..self.covariances() {
            if let Constraint::Ridge(epsilon) = self.frame().constraint {
                self.add_ridge(c, epsilon);
            }
            self.judge(c)?;
        }
        self.prepare();
        Ok(())
    }

    /// From means and the covariances in the workspace as they were read from coordinates: they are made to fit structure and
    /// bounds as if they were a sample's, all counts equal.
    fn settle(&mut self) -> Result<(), Breakdown> {
        self.reset();
        self.begin(&vec![1.0; self.frame().k]);
        for c in 0..self.covariances() {
            self.judge(c).map_err(|(c, pivot)| singular(c, self.matrix(c), pivot, None, self.frame().d))?;
        }
        self.prepare();
        Ok(())
    }

    fn judge(&mut self, c: usize) -> Result<(), (usize, f64)> {
        let pivot = self.factor(c);
        if !self.frame().reference.usable(pivot) {
            return Err((c, pivot));
        }
        self.finish(c);
        Ok(())
    }

    fn reset(&mut self) {
        let frame = self.frame_mut();
        (frame.health, frame.log_prior) = (Health::default(), 0.0);
    }
}
