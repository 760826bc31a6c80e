//! Genetic linkage (Dempster, Laird & Rubin 1977, section 1, key `dempster1977`).
//!
//! Four cells with probabilities (1/2 + π/4, (1 − π)/4, (1 − π)/4, π/4). The first is a sum of two unobserved ones, 1/2 and
//! π/4: given π, the share t = (π/4) / (1/2 + π/4) of its count belongs to the second. E-step: y₁ t; M-step:
//! π′ = (y₁ t + y₄) / (y₁ t + y₂ + y₃ + y₄).
//!
//! A row of data is a table of four counts; rows are independent tables with the same π. The log-likelihood carries the
//! multinomial coefficient. The maximiser of one table is the positive root of n π² − (y₁ − 2y₂ − 2y₃ − y₄) π − 2 y₄ = 0.

use em::{Batch, Breakdown, BreakdownKind, Coordinates, Health, LatentModel};
use statrs::function::gamma::ln_gamma;

/// The linkage model at a recombination parameter π in (0, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linkage {
    pi: f64,
}

impl Linkage {
    /// The model at `pi`.
    ///
    /// # Panics
    /// If `pi` is not inside (0, 1).
    pub fn new(pi: f64) -> Self {
        assert!(pi > 0.0 && pi < 1.0, "π = {pi} is not inside (0, 1)");
        Self { pi }
    }

    /// π.
    pub fn pi(&self) -> f64 {
        self.pi
    }

    /// Probability t that an observation of the first cell belongs to its π/4 part.
    pub fn share(&self) -> f64 {
        self.pi / (2.0 + self.pi)
    }

    /// The maximum-likelihood estimate for one table, in closed form.
    pub fn closed_form(counts: [f64; 4]) -> f64 {
        let [a, b, c, d] = counts;
        let (n, middle) = (a + b + c + d, a - 2.0 * b - 2.0 * c - d);
        (middle + (middle * middle + 8.0 * d * n).sqrt()) / (2.0 * n)
    }

    fn log_density(self, counts: &[f64]) -> f64 {
        let probabilities = [0.5 + self.pi / 4.0, (1.0 - self.pi) / 4.0, (1.0 - self.pi) / 4.0, self.pi / 4.0];
        let total: f64 = counts.iter().sum();
        let terms = counts.iter().zip(probabilities).map(|(y, p)| y * p.ln() - ln_gamma(y + 1.0));
        ln_gamma(total + 1.0) + terms.sum::<f64>()
    }
}

/// ξ = ln(π / (1 − π)).
impl Coordinates for Linkage {
    fn dim(&self) -> usize {
        1
    }
    fn write(&self, xi: &mut [f64]) {
        xi[0] = (self.pi / (1.0 - self.pi)).ln();
    }
    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let pi = 1.0 / (1.0 + (-xi[0]).exp());
        if !(pi > 0.0 && pi < 1.0) {
            return Err(Breakdown { component: None, kind: BreakdownKind::NonFinite { what: "π", row: None } });
        }
        next.pi = pi;
        Ok(())
    }
}

/// Statistics: the expected counts of π/4 among the first two parts (y₁ t + y₄), and of (1 − π)/4 (y₂ + y₃).
impl LatentModel for Linkage {
    type Scratch = ();

    fn stats_len(&self) -> usize {
        2
    }
    fn scratch(&self, _max_len: usize) {}

    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], _scratch: &mut ()) -> f64 {
        let share = self.share();
        let mut total = 0.0;
        for (i, counts) in batch.x.chunks_exact(4).enumerate() {
            let w = batch.weight.get(i).copied().unwrap_or(1.0);
            stats[0] += w * (counts[0] * share + counts[3]);
            stats[1] += w * (counts[1] + counts[2]);
            total += w * self.log_density(counts);
        }
        total
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let pi = stats[0] / (stats[0] + stats[1]);
        if !(pi > 0.0 && pi < 1.0) {
            return Err(Breakdown {
                component: None,
                kind: BreakdownKind::NonFinite { what: "log-odds of π", row: None },
            });
        }
        next.pi = pi;
        Ok(())
    }

    fn q_gain(&self, stats: &[f64], next: &Self, _scratch: &mut ()) -> f64 {
        let change = next.pi - self.pi;
        stats[0] * (change / self.pi).ln_1p() + stats[1] * (-change / (1.0 - self.pi)).ln_1p()
    }

    fn health(&self, _stats: &[f64]) -> Health {
        Health::default()
    }

    fn change(&self, next: &Self) -> f64 {
        (next.pi - self.pi).abs()
    }

    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], _scratch: &mut ()) {
        for (out, counts) in out.iter_mut().zip(batch.x.chunks_exact(4)) {
            *out = self.log_density(counts);
        }
    }
}
