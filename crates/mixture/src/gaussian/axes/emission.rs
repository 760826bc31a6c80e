//! E-step, M-step and their bookkeeping. What stands in `Axes` itself is what the parameters are.

use super::super::layout::{Layout, split, split_mut};
use super::super::structure::CovarianceStructure;
use super::super::{block_points, singular};
use super::{Axes, Centres};
use crate::emission::Emission;
use em::{Breakdown, Health};
use linalg::kernels::{
    Block, Lines, Part, accumulate_products, accumulate_scaled, affine_rows, distances, multiply_rows, padded,
    scaled_densities, subtract_from_rows, weigh,
};
use linalg::{Level, ln_ratio};

impl<S: CovarianceStructure, const ROUND: bool> Axes<S, ROUND> {
    /// Means and W/N of all components into `next`.
    fn centre(&self, stats: &[f64], next: &mut Self) {
        let (k, d, m) = (self.frame.k, self.frame.d, Self::lengths(self.frame.d));
        let (counts, first, second) = split(stats, k, d);
        for (i, covariance) in next.work.covariances.iter_mut().enumerate() {
            *covariance = second[i] / counts[i / m];
        }
        for (c, j, i) in self.entries() {
            let shift = first[c * d + j] / counts[c];
            next.means[c * d + j] = self.means[c * d + j] + self.deviations[i] * shift;
            next.work.covariances[i] -= shift * shift;
        }
        for (covariance, sigma) in next.work.covariances.iter_mut().zip(&self.deviations) {
            *covariance *= sigma * sigma * m as f64 / d as f64;
        }
    }
}

/// Working memory of one lane.
pub struct Scratch {
    /// Points measured from the centre of the data, d × stride.
    points: Lines,
    /// Their squares (d × stride), or for spheres their squared distances from the means (k × stride).
    squares: Lines,
}

impl<S: CovarianceStructure, const ROUND: bool> Emission for Axes<S, ROUND> {
    type Scratch = Scratch;

    fn components(&self) -> usize {
        self.frame.k
    }
    fn dimension(&self) -> usize {
        self.frame.d
    }
    fn block(&self, rows: usize) -> Block {
        Block::with_capacity(block_points(self.frame.k, self.frame.d).min(rows), self.frame.d)
    }
    fn level(&self) -> Level {
        self.frame.level
    }
    fn stats_len(&self) -> usize {
        self.frame.k * (1 + self.frame.d + Self::lengths(self.frame.d))
    }

    fn scratch(&self, rows: usize) -> Scratch {
        let (k, d, stride) = (self.frame.k, self.frame.d, padded(block_points(self.frame.k, self.frame.d).min(rows)));
        Scratch { points: Lines::zeros(d * stride), squares: Lines::zeros(if ROUND { k } else { d } * stride) }
    }

    fn log_density(&self, block: &Block, out: &mut [f64], scratch: &mut Scratch) {
        let (level, stride) = (self.frame.level, block.stride());
        let points = &mut scratch.points[..self.frame.d * stride];
        subtract_from_rows(level, &self.frame.reference.total.mean, block.points(), points);
        match &self.centres {
            Centres::Scaled(centres) => scaled_densities(level, centres, &self.constants, points, stride, out),
            Centres::Round(centres) => {
                let squares = &mut scratch.squares[..out.len()];
                distances(level, centres, &[], points, stride, squares);
                affine_rows(level, &self.constants, |c| -0.5 / self.deviations[c].powi(2), squares, out);
            }
        }
    }

    fn accumulate(&self, block: &Block, responsibilities: &[f64], stats: &mut [f64], scratch: &mut Scratch) {
        let (level, k, d, stride) = (self.frame.level, self.frame.k, self.frame.d, block.stride());
        let (counts, first, second) = split_mut(stats, k, d);
        let points = &scratch.points[..d * stride];
        let weights = responsibilities.chunks_exact(stride);
        match &self.centres {
            Centres::Round(_) => {
                for ((r, squares), (count, sum)) in
                    weights.zip(scratch.squares.chunks_exact(stride)).zip(counts.iter_mut().zip(second))
                {
                    let (weight, square) = weigh(level, r, squares);
                    (*count, *sum) = (*count + weight, *sum + square);
                }
                accumulate_products(level, Part::All, responsibilities, points, stride, first);
            }
            Centres::Scaled(centres) => {
                for (r, count) in weights.clone().zip(counts) {
                    *count += weigh(level, r, r).0;
                }
                if centres.near() {
                    let squares = &mut scratch.squares[..d * stride];
                    multiply_rows(level, points, points, squares);
                    accumulate_products(level, Part::All, responsibilities, points, stride, first);
                    accumulate_products(level, Part::All, responsibilities, squares, stride, second);
                    return;
                }
                for (c, r) in weights.enumerate() {
                    for (j, x) in points.chunks_exact(stride).enumerate() {
                        let (offset, i) = (self.frame.offset(&self.means, c, j), c * d + j);
                        let (sum, square) = accumulate_scaled(level, r, x, offset, 1.0 / self.deviations[i]);
                        (first[i], second[i]) = (first[i] + sum, second[i] + square);
                    }
                }
            }
        }
    }

    fn flush(&self, stats: &mut [f64], _scratch: &mut Scratch) {
        let (counts, first, second) = split_mut(stats, self.frame.k, self.frame.d);
        match &self.centres {
            Centres::Round(_) => {
                for (sum, sigma) in second.iter_mut().zip(&self.deviations) {
                    *sum /= sigma * sigma;
                }
            }
            Centres::Scaled(centres) if centres.near() => {
                for (c, j, i) in self.entries() {
                    let (offset, sigma) = (self.frame.offset(&self.means, c, j), self.deviations[i]);
                    second[i] = (second[i] - offset * (2.0 * first[i] - counts[c] * offset)) / (sigma * sigma);
                }
            }
            Centres::Scaled(_) => return,
        }
        for (c, j, i) in self.entries() {
            let offset = self.frame.offset(&self.means, c, j);
            let sum = &mut first[c * self.frame.d + j];
            *sum = (*sum - counts[c] * offset) / self.deviations[i];
        }
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let counts = &stats[..self.frame.k];
        self.centre(stats, next);
        next.structure.start_from(&self.structure);
        next.conclude(counts).map_err(|(c, pivot)| {
            // What the data say of this component, before any structure or ridge.
            self.centre(stats, next);
            singular(c, next.matrix(c), pivot, Some(counts[c]), self.frame.d)
        })
    }

    /// Per component −N Σ ln(σ′/σ) − ½ [Σ w r |y′|² − Σ w r |y|²] with y′ = (1 + e) y − b, e = (σ − σ′)/σ′ and b = (μ′ − μ)/σ′.
    /// Formed from e, so that near a fixed point, where e ≈ 0, no digits cancel.
    fn q_gain(&self, stats: &[f64], next: &Self, _scratch: &mut Scratch) -> f64 {
        let d = self.frame.d;
        let (counts, first, second) = split(stats, self.frame.k, d);
        let m = Self::lengths(d);
        let stretch = |i: usize| (self.deviations[i] - next.deviations[i]) / next.deviations[i];
        let mut total = 0.0;
        for i in 0..second.len() {
            total += counts[i / m] * (d / m) as f64 * ln_ratio(self.deviations[i], next.deviations[i]);
            total -= 0.5 * stretch(i) * (2.0 + stretch(i)) * second[i];
        }
        for (c, j, i) in self.entries() {
            let shift = (next.means[c * d + j] - self.means[c * d + j]) / next.deviations[i];
            total -= 0.5 * shift * (counts[c] * shift - 2.0 * (1.0 + stretch(i)) * first[c * d + j]);
        }
        total
    }

    fn health(&self) -> Health {
        self.frame.health
    }

    fn change(&self, next: &Self) -> f64 {
        let scales = &self.frame.reference.total.scales;
        let square = |model: &Self, i: usize| model.deviations[i] * model.deviations[i];
        let change = |(_, j, i): (usize, usize, usize)| (square(next, i) - square(self, i)).abs() / scales[j].powi(2);
        self.entries().map(change).fold(self.frame.shift(&self.means, &next.means), f64::max)
    }

    fn monotone(&self) -> bool {
        self.frame.constraint.monotone()
    }

    fn log_prior(&self) -> f64 {
        self.frame.log_prior
    }
}
