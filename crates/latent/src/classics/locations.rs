//! A Gaussian mixture on the line of which only the means are unknown: variances one, weights equal (the setting of Jin et al. 2016,
//! key `jin2016`, and of much theory on EM).
//!
//! p(x) = (1/K) Σ_k φ(x − μ_k). E-step: r_k ∝ φ(x − μ_k). M-step: μ_k′ = Σ w r_k x / Σ w r_k.

use em::{Batch, Breakdown, BreakdownKind, Coordinates, Health, LatentModel};

/// The mixture with the means μ.
#[derive(Clone, Debug, PartialEq)]
pub struct Locations {
    means: Vec<f64>,
}

impl Locations {
    /// The mixture of unit normals at `means`, equally weighted.
    pub fn new(means: Vec<f64>) -> Self {
        Self { means }
    }

    /// The means μ, K.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// Writes −(x − μ_k)²/2 of each component and returns log Σ_k exp of them.
    fn joint(&self, x: f64, out: &mut [f64]) -> f64 {
        let mut largest = f64::NEG_INFINITY;
        for (out, mean) in out.iter_mut().zip(&self.means) {
            *out = -0.5 * (x - mean) * (x - mean);
            largest = largest.max(*out);
        }
        let sum: f64 = out.iter().map(|value| (value - largest).exp()).sum();
        largest + sum.ln()
    }

    /// log (K √(2π)).
    fn log_norm(&self) -> f64 {
        (self.means.len() as f64).ln() + 0.5 * (2.0 * std::f64::consts::PI).ln()
    }
}

/// ξ = μ.
impl Coordinates for Locations {
    fn dim(&self) -> usize {
        self.means.len()
    }

    fn write(&self, xi: &mut [f64]) {
        xi.copy_from_slice(&self.means);
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        if let Some(component) = xi.iter().position(|mean| !mean.is_finite()) {
            let kind = BreakdownKind::NonFinite { what: "mean", row: None };
            return Err(Breakdown { component: Some(component), kind });
        }
        next.means.copy_from_slice(xi);
        Ok(())
    }
}

/// Statistics: N_k = Σ w r_k, then Σ w r_k (x − μ_k).
impl LatentModel for Locations {
    /// One number per component.
    type Scratch = Vec<f64>;

    fn stats_len(&self) -> usize {
        2 * self.means.len()
    }

    fn scratch(&self, _max_len: usize) -> Vec<f64> {
        vec![0.0; self.means.len()]
    }

    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], scratch: &mut Vec<f64>) -> f64 {
        let (counts, deviations) = stats.split_at_mut(self.means.len());
        let norm = self.log_norm();
        let mut total = 0.0;
        for (i, &x) in batch.x.iter().enumerate() {
            let w = batch.weight.get(i).copied().unwrap_or(1.0);
            let log_sum = self.joint(x, scratch);
            if !log_sum.is_finite() {
                return f64::NEG_INFINITY;
            }
            total += w * (log_sum - norm);
            for (k, &joint) in scratch.iter().enumerate() {
                let r = w * (joint - log_sum).exp();
                counts[k] += r;
                deviations[k] += r * (x - self.means[k]);
            }
        }
        total
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let (counts, deviations) = stats.split_at(self.means.len());
        for (k, (&effective_count, deviation)) in counts.iter().zip(deviations).enumerate() {
            if !(effective_count > 0.0) {
                return Err(Breakdown { component: Some(k), kind: BreakdownKind::EmptyComponent { effective_count } });
            }
            next.means[k] = self.means[k] + deviation / effective_count;
        }
        Ok(())
    }

    fn q_gain(&self, stats: &[f64], next: &Self, _scratch: &mut Vec<f64>) -> f64 {
        let (counts, deviations) = stats.split_at(self.means.len());
        let changes = self.means.iter().zip(&next.means).map(|(before, after)| after - before);
        changes.enumerate().map(|(k, change)| change * deviations[k] - 0.5 * counts[k] * change * change).sum()
    }

    fn health(&self, stats: &[f64]) -> Health {
        let smallest = stats[..self.means.len()].iter().copied().fold(f64::INFINITY, f64::min);
        // A component may lie so far off that its count underflows; 0 is no count of a living component.
        Health { smallest_count: Some(smallest).filter(|count| *count > 0.0), ..Health::default() }
    }

    /// In units of the components' standard deviation, which is 1.
    fn change(&self, next: &Self) -> f64 {
        self.means.iter().zip(&next.means).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], scratch: &mut Vec<f64>) {
        for (out, &x) in out.iter_mut().zip(batch.x) {
            *out = self.joint(x, scratch) - self.log_norm();
        }
    }
}
