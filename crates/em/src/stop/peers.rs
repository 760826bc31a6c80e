//! The stop rules of two peers, exactly as they define them, so that their results can be reproduced.

use super::{StopReason, StopRule};
use crate::observe::TraceRow;

/// scikit-learn's `GaussianMixture`: |ΔL| / Σw < tol, where L is the log-likelihood that the E-step found *before* the
/// M-step of the same iteration. So the gain that is compared after t M-steps is that of step t − 1, and one more M-step is
/// taken than a rule on the current gain would take.
#[derive(Clone, Copy, Debug)]
pub struct ScikitLearn {
    threshold: f64,
    previous: Option<f64>,
}

impl ScikitLearn {
    /// `threshold` is tol · Σw; scikit-learn's tol is 1e-3.
    pub fn new(threshold: f64) -> Self {
        Self { threshold, previous: None }
    }
}

impl StopRule for ScikitLearn {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let lagged = std::mem::replace(&mut self.previous, row.gain)?;
        (lagged.abs() < self.threshold).then_some(StopReason::ScikitLearn)
    }
}

/// mclust's `em`: |ΔL| / (1 + |L|) ≤ tol, falls included; L is the plain log-likelihood also under a prior (Scrucca et al.
/// 2016, key `scrucca2016`).
#[derive(Clone, Copy, Debug)]
pub struct Mclust {
    tolerance: f64,
    previous: Option<f64>,
}

impl Mclust {
    /// mclust's `tolerance` is 1e-5.
    pub fn new(tolerance: f64) -> Self {
        Self { tolerance, previous: None }
    }
}

impl StopRule for Mclust {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let now = row.log_likelihood.unwrap_or(row.objective);
        // The first row that a rule sees is that of step 1; without a prior its gain tells where it came from.
        let plain = row.log_likelihood.is_none_or(|value| value == row.objective);
        let before = self.previous.replace(now).or_else(|| row.gain.filter(|_| plain).map(|gain| now - gain))?;
        ((now - before).abs() <= self.tolerance * (1.0 + now.abs())).then_some(StopReason::Mclust)
    }
}
