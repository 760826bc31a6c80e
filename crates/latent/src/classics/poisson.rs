//! Mixtures of Poisson distributions (Hasselblad 1969, key `hasselblad1969`; Zucchini & MacDonald 2009, key `zucchini2009`).
//!
//! p(x) = Σ_k π_k λ_k^x e^(−λ_k) / x!, x = 0, 1, 2, … E-step: r_k ∝ π_k λ_k^x e^(−λ_k). M-step: π_k′ = N_k / Σ N,
//! λ_k′ = Σ w r_k x / N_k. With badly separated components this is the classic slow example of EM.
//!
//! A row of data is one count; equal counts are best given once, with their number as weight. Counts that are negative, no
//! whole numbers or not finite have no density.

use em::{Batch, Breakdown, BreakdownKind, Coordinates, Health, LatentModel};
use statrs::function::gamma::ln_gamma;

/// A mixture of K Poisson distributions.
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonMixture {
    weights: Vec<f64>,
    rates: Vec<f64>,
    log_weights: Vec<f64>,
    log_rates: Vec<f64>,
}

impl PoissonMixture {
    /// The mixture with components (weight, rate λ), at least one. Weights are positive, in any scale; rates are positive.
    pub fn new(components: &[(f64, f64)]) -> Result<Self, Breakdown> {
        if components.is_empty() {
            return Err(Breakdown { component: None, kind: BreakdownKind::EmptyComponent { effective_count: 0.0 } });
        }
        let zeros = vec![0.0; components.len()];
        let mut mixture =
            Self { weights: zeros.clone(), rates: zeros.clone(), log_weights: zeros.clone(), log_rates: zeros };
        let total: f64 = components.iter().map(|(weight, _)| weight).sum();
        mixture.assign(components.iter().map(|(weight, rate)| (weight / total, *rate)))?;
        Ok(mixture)
    }

    /// Number of components K.
    pub fn components(&self) -> usize {
        self.rates.len()
    }

    /// Weights π.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Rates λ.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Overwrites weights and rates, which must be positive and finite.
    fn assign(&mut self, values: impl Iterator<Item = (f64, f64)>) -> Result<(), Breakdown> {
        let broken = |k, what| Breakdown { component: Some(k), kind: BreakdownKind::NonFinite { what, row: None } };
        for (k, (weight, rate)) in values.enumerate() {
            (self.weights[k], self.log_weights[k]) = (weight, weight.ln());
            (self.rates[k], self.log_rates[k]) = (rate, rate.ln());
            if !(self.log_weights[k].is_finite()) {
                return Err(broken(k, "logarithm of a weight"));
            }
            if !(self.log_rates[k].is_finite()) {
                return Err(broken(k, "logarithm of a rate"));
            }
        }
        Ok(())
    }

    /// Writes log π_k p_k(x) + log x! of each component and returns log p(x); −∞ where x is no count.
    fn joint(&self, x: f64, out: &mut [f64]) -> f64 {
        if !(x >= 0.0 && x.fract() == 0.0) {
            return f64::NEG_INFINITY;
        }
        let mut largest = f64::NEG_INFINITY;
        for (k, out) in out.iter_mut().enumerate() {
            *out = self.log_weights[k] + x * self.log_rates[k] - self.rates[k];
            largest = largest.max(*out);
        }
        let sum: f64 = out.iter().map(|value| (value - largest).exp()).sum();
        largest + sum.ln() - ln_gamma(x + 1.0)
    }
}

/// ξ: log(π_k / π_K) for k < K, then log λ_k.
impl Coordinates for PoissonMixture {
    fn dim(&self) -> usize {
        2 * self.components() - 1
    }

    fn write(&self, xi: &mut [f64]) {
        let last = self.components() - 1;
        for k in 0..last {
            xi[k] = self.log_weights[k] - self.log_weights[last];
        }
        xi[last..].copy_from_slice(&self.log_rates);
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let last = self.components() - 1;
        let (ratios, logarithms) = xi.split_at(last);
        // The last component's log-ratio is 0.
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        let odds = |k: usize| (ratios.get(k).copied().unwrap_or(0.0) - largest).exp();
        let total: f64 = (0..=last).map(odds).sum();
        next.assign((0..=last).map(|k| (odds(k) / total, logarithms[k].exp())))
    }
}

/// Statistics: N_k = Σ w r_k, then Σ w r_k (x − λ_k).
impl LatentModel for PoissonMixture {
    /// One number per component.
    type Scratch = Vec<f64>;

    fn stats_len(&self) -> usize {
        2 * self.components()
    }

    fn scratch(&self, _max_len: usize) -> Vec<f64> {
        vec![0.0; self.components()]
    }

    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], scratch: &mut Vec<f64>) -> f64 {
        let (counts, deviations) = stats.split_at_mut(self.components());
        let mut total = 0.0;
        for (i, &x) in batch.x.iter().enumerate() {
            let w = batch.weight.get(i).copied().unwrap_or(1.0);
            let log_density = self.joint(x, scratch);
            if !log_density.is_finite() {
                return f64::NEG_INFINITY;
            }
            total += w * log_density;
            let log_sum = log_density + ln_gamma(x + 1.0);
            for (k, &joint) in scratch.iter().enumerate() {
                let r = w * (joint - log_sum).exp();
                counts[k] += r;
                deviations[k] += r * (x - self.rates[k]);
            }
        }
        total
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let (counts, deviations) = stats.split_at(self.components());
        let total: f64 = counts.iter().sum();
        for (k, &effective_count) in counts.iter().enumerate() {
            if !(effective_count > 0.0) {
                return Err(Breakdown { component: Some(k), kind: BreakdownKind::EmptyComponent { effective_count } });
            }
        }
        let values = counts.iter().zip(deviations).zip(&self.rates);
        next.assign(values.map(|((count, deviation), rate)| (count / total, rate + deviation / count)))
    }

    fn q_gain(&self, stats: &[f64], next: &Self, _scratch: &mut Vec<f64>) -> f64 {
        let (counts, deviations) = stats.split_at(self.components());
        (0..self.components())
            .map(|k| {
                let weight = (next.weights[k] - self.weights[k]) / self.weights[k];
                let change = next.rates[k] - self.rates[k];
                let sum = deviations[k] + counts[k] * self.rates[k];
                counts[k] * weight.ln_1p() + sum * (change / self.rates[k]).ln_1p() - counts[k] * change
            })
            .sum()
    }

    fn health(&self, stats: &[f64]) -> Health {
        let smallest = stats[..self.components()].iter().copied().fold(f64::INFINITY, f64::min);
        Health { smallest_count: Some(smallest), ..Health::default() }
    }

    /// Weights as they are, rates in units of their standard deviation √λ.
    fn change(&self, next: &Self) -> f64 {
        let weights = self.weights.iter().zip(&next.weights).map(|(a, b)| (a - b).abs());
        let rates = self.rates.iter().zip(&next.rates).map(|(a, b)| (a - b).abs() / a.sqrt());
        weights.chain(rates).fold(0.0, f64::max)
    }

    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], scratch: &mut Vec<f64>) {
        for (out, &x) in out.iter_mut().zip(batch.x) {
            *out = self.joint(x, scratch);
        }
    }
}
