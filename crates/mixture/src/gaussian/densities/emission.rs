//! E-step, M-step and their bookkeeping. What stands in `Matrices` itself is what the parameters are.

use super::super::Constraint;
use super::super::layout::{split, split_mut};
use super::super::skipping::{Components, Pairs, Skip};
use super::super::step;
use super::super::structure::CovarianceStructure;
use super::{Matrices, Work, square};
use crate::emission::Emission;
use em::{Batch, Breakdown, Health};
use linalg::kernels::{Block, Lines, Moments, SMALL, WideWork, accumulate_whitened, log_density, padded, sum};
use linalg::{Level, spd};

/// Points of a kernel block. Small dimensions: points, densities and residuals of one block stay in the second-level
/// cache. Above: a block stays in the first-level cache while it can (32 KiB; 120 points at d = 32), in whole register tiles
/// of 24 points; from d = 32 on what is loaded and stored once per block and component must not count.
fn block_points(d: usize) -> usize {
    const FIRST_LEVEL: usize = 4096;
    if d <= SMALL { 256 } else { (FIRST_LEVEL / d / 24 * 24).clamp(120, 240) }
}

/// Working memory of one lane.
pub struct Scratch {
    /// d > 4 only.
    wide: Option<WideWork>,
    skip: Skip,
    /// d > 4 only.
    matrices: [Vec<f64>; 3],
    /// The block's points, whitened by each component, and each component's part of ΔQ; d ≤ 4 only.
    whitened: Lines,
    gains: Vec<f64>,
}

impl<S: CovarianceStructure> Emission for Matrices<S> {
    type Scratch = Scratch;

    fn components(&self) -> usize {
        self.k
    }
    fn dimension(&self) -> usize {
        self.d
    }
    fn block(&self, rows: usize) -> Block {
        let points = block_points(self.d).min(rows);
        if self.d <= SMALL {
            Block::with_capacity(points, self.d)
        } else {
            Block::centred(points, &self.reference.total.mean)
        }
    }
    fn level(&self) -> Level {
        self.level
    }
    fn stats_len(&self) -> usize {
        self.k * (1 + self.d + self.triangle())
    }

    fn scratch(&self, rows: usize) -> Scratch {
        let points = block_points(self.d).min(rows);
        let (k, d, small) = (self.k, self.d, self.d <= SMALL);
        let zeros = |wanted: bool, count: usize| vec![0.0; if wanted { count } else { 0 }];
        Scratch {
            wide: (!small).then(|| WideWork::new(points, d)),
            skip: Skip::default(),
            matrices: [(); 3].map(|()| zeros(!small, d * d)),
            whitened: Lines::zeros(if small { k * d * padded(points) } else { 0 }),
            gains: zeros(small, k),
        }
    }

    fn log_density(&self, block: &Block, out: &mut [f64], scratch: &mut Scratch) {
        let Some(work) = &mut scratch.wide else {
            return log_density(self.level, block, self.whitening(), out, &mut scratch.whitened);
        };
        for (k, out) in out.chunks_exact_mut(block.stride()).enumerate() {
            self.wide(k).log_density(self.level, block, out, work);
        }
    }

    fn accumulate(&self, block: &Block, responsibilities: &[f64], stats: &mut [f64], scratch: &mut Scratch) {
        let (level, stride) = (self.level, block.stride());
        let (counts, first, second) = split_mut(stats, self.k, self.d);
        let Some(work) = &mut scratch.wide else {
            return accumulate_whitened(level, stride, &scratch.whitened, responsibilities, counts, first, second);
        };
        let sums = first.chunks_exact_mut(self.d).zip(second.chunks_exact_mut(self.triangle()));
        scratch.skip.look(responsibilities, block);
        let parts = responsibilities.chunks_exact(stride).zip(counts).zip(sums);
        for (k, ((r, count), (first, second))) in parts.enumerate() {
            *count += sum(r);
            self.wide(k).accumulate(level, block, r, Moments { first, second }, work);
        }
    }

    fn skips(&self) -> bool {
        self.d > SMALL
    }

    fn accumulate_batch(
        &self,
        batch: Batch<'_>,
        log_weights: &[f64],
        stats: &mut [f64],
        scratch: &mut Scratch,
    ) -> Option<f64> {
        let Scratch { wide: Some(work), skip, .. } = scratch else { return None };
        let pairs = skip.begin(self.skipping, || Pairs::new(self.block(usize::MAX), self.k, self.level))?;
        let (counts, first, second) = split_mut(stats, self.k, self.d);
        let sums = first.chunks_exact_mut(self.d).zip(second.chunks_exact_mut(self.triangle())).zip(counts);
        let moments = sums.map(|((first, second), count)| (count, Moments { first, second }));
        let components = Components { log_weights, wide: |k| self.wide(k), work };
        let (total, share) = pairs.accumulate(batch, components, moments);
        skip.end(self.skipping, share);
        Some(total)
    }

    fn flush(&self, stats: &mut [f64], scratch: &mut Scratch) {
        let Some(work) = &mut scratch.wide else { return };
        let (counts, first, second) = split_mut(stats, self.k, self.d);
        let sums = first.chunks_exact_mut(self.d).zip(second.chunks_exact_mut(self.triangle()));
        for (k, (&mut count, (first, second))) in counts.iter_mut().zip(sums).enumerate() {
            self.wide(k).settle(count, Moments { first, second }, work);
        }
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let on_factors = S::UNCONSTRAINED && self.constraint == Constraint::None;
        if on_factors && self.d <= SMALL {
            return self.maximize_abreast(stats, next);
        }
        let d = self.d;
        let (counts, ..) = split(stats, self.k, self.d);
        if !on_factors {
            for k in 0..self.k {
                self.covariance(stats, k, next);
            }
            if !S::UNCONSTRAINED || self.prior.is_some() {
                next.work.counts.copy_from_slice(counts);
                next.structure.start_from(&self.structure);
                next.estimate();
            }
            next.bound(counts);
        }
        for k in 0..self.k {
            let pivot = if on_factors {
                self.centre(stats, k, next);
                let Work { spd, whitened, product, .. } = &mut next.work;
                product.copy_from_slice(whitened);
                let (range, factors) = (square(k, d), &mut next.factors);
                if spd.factor(product) {
                    spd::multiply_factors(&self.factors[range.clone()], product, &mut factors[range.clone()], d);
                    spd::judge(&factors[range], &self.reference.total.pivots).0
                } else {
                    0.0
                }
            } else {
                next.add_ridge(k);
                next.factor(k)
            };
            if !self.reference.usable(pivot) {
                return Err(self.singular(stats, k, pivot, next));
            }
        }
        next.finish();
        Ok(())
    }

    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Scratch) -> f64 {
        if self.d <= SMALL {
            let gains = &mut scratch.gains[..];
            self.abreast.q_gain(self.level, self.whitened_sums(stats), &next.abreast, gains);
            return gains.iter().sum();
        }
        let gain = |k| step::q_gain(self.component(k), next.component(k), self.sums(stats, k), &mut scratch.matrices);
        (0..self.k).map(gain).sum()
    }

    fn health(&self) -> Health {
        self.health
    }

    fn change(&self, next: &Self) -> f64 {
        if self.d <= SMALL {
            return self.abreast.change(self.level, &next.abreast, &self.reference.total.scales);
        }
        let change = |k| step::change(self.component(k), next.component(k), &self.reference.total.scales);
        (0..self.k).map(change).fold(0.0, f64::max)
    }

    fn monotone(&self) -> bool {
        self.constraint.monotone()
    }

    fn log_prior(&self) -> f64 {
        self.log_prior
    }
}
