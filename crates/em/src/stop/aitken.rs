//! Aitken's projection: stop when little is left to gain, not when little was gained.
//!
//! EM's gains shrink geometrically near a maximum, g_{t+1} ≈ a g_t, so what is left is g_t a / (1 − a) with a = g_t / g_{t−1}
//! (Böhning et al. 1994, key `bohning1994`). On a plateau, where a gain is small but does not shrink, a ≈ 1 and the rule waits.

use super::gain::gain;
use super::{StopReason, StopRule};
use crate::observe::TraceRow;

/// 0 ≤ g_t a / (1 − a) ≤ tol · Σw with 0 ≤ a < 1.
#[derive(Clone, Copy, Debug)]
pub struct Aitken {
    threshold: f64,
    previous: Option<f64>,
}

impl Aitken {
    /// Ends a fit when at most `threshold` = tol · Σw is left to gain.
    pub fn new(threshold: f64) -> Self {
        Self { threshold, previous: None }
    }
}

impl StopRule for Aitken {
    fn check(&mut self, row: &TraceRow) -> Option<StopReason> {
        let now = gain(row);
        let (before, now) = (std::mem::replace(&mut self.previous, now)?, now?);
        let ratio = now / before;
        let left = now.max(0.0) * ratio / (1.0 - ratio);
        // A gain of 0, or of rounding, leaves nothing; a ratio that is no number decides nothing.
        let rests = now <= 0.0;
        (rests || (0.0..1.0).contains(&ratio) && left <= self.threshold).then_some(StopReason::Aitken)
    }
}
