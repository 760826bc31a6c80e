//! E-step, M-step and their bookkeeping. What stands in `Shared` itself is what the parameters are.

use super::super::layout::{Layout, split, split_mut};
use super::super::structure::CovarianceStructure;
use super::super::{block_points, singular};
use super::{Shared, Work, dot, row};
use crate::emission::Emission;
use em::{Breakdown, Health};
use linalg::kernels::{
    Block, Lines, Panels, Part, accumulate_products, add_row, distances, multiply, multiply_rows, padded,
    subtract_from_rows, weigh,
};
use linalg::{Level, ln_ratio, spd};

impl<S: CovarianceStructure> Shared<S> {
    /// Means and W/N into `next`.
    fn centre(&self, stats: &[f64], next: &mut Self) {
        let (k, d) = (self.frame.k, self.frame.d);
        let (counts, first, second) = split(stats, k, d);
        let Work { within, product, covariance, .. } = &mut next.work;
        within.copy_from_slice(second);
        for ((&count, first), (mean, next)) in
            counts.iter().zip(first.chunks_exact(d)).zip(self.means.chunks_exact(d).zip(next.means.chunks_exact_mut(d)))
        {
            for i in 0..d {
                next[i] = mean[i] + dot(row(&self.factor, i, d), first) / count;
                for j in 0..=i {
                    within[i * d + j] -= first[i] * (first[j] / count);
                }
            }
        }
        let total: f64 = counts.iter().sum();
        for i in 0..d {
            for j in 0..=i {
                within[i * d + j] /= total;
                within[j * d + i] = within[i * d + j];
            }
        }
        spd::congruence(&self.factor, within, covariance, product, d);
    }

    /// z of one component, or of all that are near, into `scratch.image`: the points minus `centre`, whitened.
    fn whiten(&self, block: &Block, centre: &[f64], scratch: &mut Scratch) {
        let (level, stride) = (self.frame.level, block.stride());
        let length = self.frame.d * stride;
        subtract_from_rows(level, centre, block.points(), &mut scratch.shifted[..length]);
        multiply(level, &self.map, &[], &scratch.shifted[..length], stride, &mut scratch.image[..length]);
    }
}

/// Working memory of one lane.
pub struct Scratch {
    /// Points minus a centre, these whitened, and these weighted: d × stride each.
    shifted: Lines,
    image: Lines,
    weighted: Lines,
    /// Σ_k w r_k, stride.
    weights: Lines,
    /// A centre at zero, and matrices d × d.
    zero: Panels,
    matrices: [Vec<f64>; 2],
}

impl<S: CovarianceStructure> Emission for Shared<S> {
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
        let (k, d) = (self.frame.k, self.frame.d);
        k * (1 + d) + d * d
    }

    fn scratch(&self, rows: usize) -> Scratch {
        let (d, stride) = (self.frame.d, padded(block_points(self.frame.k, self.frame.d).min(rows)));
        let points = Lines::zeros(d * stride);
        Scratch {
            shifted: points.clone(),
            image: points.clone(),
            weighted: points,
            weights: Lines::zeros(stride),
            zero: Panels::new(1, d, Part::All),
            matrices: [vec![0.0; d * d], vec![0.0; d * d]],
        }
    }

    fn log_density(&self, block: &Block, out: &mut [f64], scratch: &mut Scratch) {
        let (level, d, stride) = (self.frame.level, self.frame.d, block.stride());
        if self.near {
            self.whiten(block, &self.frame.reference.total.mean, scratch);
            return distances(level, &self.centres, &self.constants, &scratch.image[..d * stride], stride, out);
        }
        for (mean, out) in self.means.chunks_exact(d).zip(out.chunks_exact_mut(stride)) {
            self.whiten(block, mean, scratch);
            distances(level, &scratch.zero, &self.constants[..1], &scratch.image[..d * stride], stride, out);
        }
    }

    fn accumulate(&self, block: &Block, responsibilities: &[f64], stats: &mut [f64], scratch: &mut Scratch) {
        let (level, k, d, stride) = (self.frame.level, self.frame.k, self.frame.d, block.stride());
        let (counts, first, second) = split_mut(stats, k, d);
        if self.near {
            let Scratch { image, weighted, weights, .. } = scratch;
            let (image, weighted, weights) =
                (&image[..d * stride], &mut weighted[..d * stride], &mut weights[..stride]);
            weights.fill(0.0);
            for (r, count) in responsibilities.chunks_exact(stride).zip(counts) {
                *count += add_row(level, r, weights);
            }
            for (weighted, z) in weighted.chunks_exact_mut(stride).zip(image.chunks_exact(stride)) {
                multiply_rows(level, weights, z, weighted);
            }
            accumulate_products(level, Part::All, responsibilities, image, stride, first);
            accumulate_products(level, Part::Lower, weighted, image, stride, second);
            return;
        }
        for (c, r) in responsibilities.chunks_exact(stride).enumerate() {
            self.whiten(block, &self.means[c * d..(c + 1) * d], scratch);
            let Scratch { image, weighted, .. } = scratch;
            let (image, weighted) = (&image[..d * stride], &mut weighted[..d * stride]);
            for (j, (weighted, y)) in weighted.chunks_exact_mut(stride).zip(image.chunks_exact(stride)).enumerate() {
                multiply_rows(level, r, y, weighted);
                let (count, sum) = weigh(level, r, y);
                first[c * d + j] += sum;
                counts[c] += if j == 0 { count } else { 0.0 };
            }
            accumulate_products(level, Part::Lower, weighted, image, stride, second);
        }
    }

    fn flush(&self, stats: &mut [f64], _scratch: &mut Scratch) {
        if !self.near {
            return;
        }
        let d = self.frame.d;
        let (counts, first, second) = split_mut(stats, self.frame.k, d);
        for ((&mut count, first), origin) in
            counts.iter_mut().zip(first.chunks_exact_mut(d)).zip(self.origins.chunks_exact(d))
        {
            for i in 0..d {
                for j in 0..=i {
                    second[i * d + j] -= first[i] * origin[j] + origin[i] * (first[j] - count * origin[j]);
                }
            }
            for (sum, origin) in first.iter_mut().zip(origin) {
                *sum -= count * origin;
            }
        }
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let counts = &stats[..self.frame.k];
        self.centre(stats, next);
        next.structure.start_from(&self.structure);
        next.conclude(counts).map_err(|(c, pivot)| {
            // What the data say, before any structure or ridge.
            self.centre(stats, next);
            singular(c, next.matrix(c), pivot, Some(counts[c]), self.frame.d)
        })
    }

    /// −N Σ ln(l′_ii / l_ii) − ½ Σ_k [Σ w r |y′|² − Σ w r |y|²] with y′ = A y − b, A = L′⁻¹ L = I + E and b = L′⁻¹(μ′ − μ). Formed from
    /// E, so that near a fixed point, where A ≈ I, no digits cancel.
    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Scratch) -> f64 {
        let d = self.frame.d;
        let (counts, first, second) = split(stats, self.frame.k, d);
        let [difference, e] = &mut scratch.matrices;
        for ((difference, old), new) in difference.iter_mut().zip(&self.factor).zip(&next.factor) {
            *difference = old - new;
        }
        spd::multiply_factors(&next.inverse, difference, e, d);
        let moment = |a: usize, b: usize| if b <= a { second[a * d + b] } else { second[b * d + a] };
        let (mut log_ratio, mut squares) = (0.0, 0.0);
        for i in 0..d {
            let (old, new) = (self.factor[i * d + i], next.factor[i * d + i]);
            log_ratio += ln_ratio(new, old);
            // Row i of E against S: 2 (E S)_ii + (E S Eᵀ)_ii.
            let row = row(e, i, d);
            for (a, e_ia) in row.iter().enumerate() {
                let inner: f64 = row.iter().enumerate().map(|(b, e_ib)| e_ib * moment(a, b)).sum();
                squares += e_ia * (2.0 * moment(a, i) + inner);
            }
        }
        let means = self.means.chunks_exact(d).zip(next.means.chunks_exact(d));
        for ((count, first), (mean, next_mean)) in counts.iter().zip(first.chunks_exact(d)).zip(means) {
            for i in 0..d {
                let steps = next_mean.iter().zip(mean).map(|(new, old)| new - old);
                let shift: f64 = row(&next.inverse, i, d).iter().zip(steps).map(|(l, step)| l * step).sum();
                let along = first[i] + dot(row(e, i, d), first);
                squares += shift * (count * shift - 2.0 * along);
            }
        }
        -(counts.iter().sum::<f64>() * log_ratio + 0.5 * squares)
    }

    fn health(&self) -> Health {
        self.frame.health
    }

    fn change(&self, next: &Self) -> f64 {
        let (d, scales) = (self.frame.d, &self.frame.reference.total.scales);
        let mut largest = self.frame.shift(&self.means, &next.means);
        for i in 0..d {
            for j in 0..=i {
                let entry = |factor: &[f64]| dot(&row(factor, i, d)[..=j], row(factor, j, d));
                largest = largest.max((entry(&next.factor) - entry(&self.factor)).abs() / (scales[i] * scales[j]));
            }
        }
        largest
    }

    fn monotone(&self) -> bool {
        self.frame.constraint.monotone()
    }

    fn log_prior(&self) -> f64 {
        self.frame.log_prior
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::structure::Eee;
    use super::super::super::{Constraint, Reference, Structure as _};
    use super::super::NEAR;
    use super::*;
    use crate::parameters::MixtureParameters;
    use linalg::Total;
    use std::sync::Arc;

    fn number(i: usize) -> f64 {
        ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0
    }

    /// Densities and statistics of one block.
    fn pass(model: &Shared<Eee>, block: &Block, r: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut scratch = model.scratch(usize::MAX);
        let (mut out, mut stats) = (vec![0.0; r.len()], vec![0.0; model.stats_len()]);
        model.log_density(block, &mut out, &mut scratch);
        model.accumulate(block, r, &mut stats, &mut scratch);
        model.flush(&mut stats, &mut scratch);
        // Above the diagonal nothing is specified.
        let (k, d) = (model.frame.k, model.frame.d);
        for i in 0..d {
            stats[k * (1 + d) + i * d + i + 1..k * (1 + d) + (i + 1) * d].fill(0.0);
        }
        (out, stats)
    }

    /// Within = total − between, and sums about the means: as close as γ allows, γ from 5 to 57.
    #[test]
    fn near_and_far_agree() {
        for (k, d, rows) in [(1, 1, 8), (3, 2, 37), (5, 7, 90), (9, 18, 120)] {
            for distance in [0.5, 4.0] {
                let means: Vec<f64> = (0..k * d).map(|i| 3.0 + distance * number(i + 3)).collect();
                let x: Vec<f64> = (0..rows * d).map(|i| means[i % (k * d)] + 1.5 * number(i + 11)).collect();
                let reference = Arc::new(Reference::new(Total::new(&x, d, &[]).unwrap()));
                let mut covariance = vec![0.0; d * d];
                for (i, value) in covariance.iter_mut().enumerate() {
                    let (a, b) = (i / d, i % d);
                    *value = if a == b { 1.0 + number(a).abs() } else { number(a + b) / (4 * d) as f64 };
                }
                let covariances = covariance.repeat(k);
                let parameters = MixtureParameters { weights: vec![1.0 / k as f64; k], means, covariances };
                let mut block = Block::with_capacity(rows, d);
                block.load(&x, &[]);
                let mut r: Vec<f64> = (0..k * block.stride()).map(|i| number(i + 5).abs()).collect();
                for r in r.chunks_exact_mut(block.stride()) {
                    r[rows..].fill(0.0);
                }
                for level in Level::available() {
                    let (near, _) =
                        Shared::<Eee>::from_parameters(&parameters, &reference, Constraint::None, level).unwrap();
                    assert!(near.near);
                    let mut far = near.clone();
                    far.near = false;
                    let ((densities, stats), (expected, sums)) = (pass(&near, &block, &r), pass(&far, &block, &r));
                    let count: f64 = r.iter().sum();
                    for (a, b) in densities.iter().zip(&expected) {
                        assert!((a - b).abs() < 2.0 * f64::EPSILON * NEAR * (1.0 + b.abs()), "{a} {b}");
                    }
                    for (a, b) in stats.iter().zip(&sums) {
                        assert!((a - b).abs() < 2.0 * f64::EPSILON * NEAR * NEAR * count, "d = {d}: {a} {b}");
                    }
                }
            }
        }
    }

    /// A tight covariance far from the centre of the data is not formed as a difference.
    #[test]
    fn tight_clusters_are_far() {
        let x: Vec<f64> = (0..40).map(|i| if i < 20 { 0.0 } else { 1.0 } + 1e-4 * number(i)).collect();
        let reference = Arc::new(Reference::new(Total::new(&x, 1, &[]).unwrap()));
        let parameters = MixtureParameters { weights: vec![0.5; 2], means: vec![0.0, 1.0], covariances: vec![1e-8; 2] };
        let model = Shared::<Eee>::from_parameters(&parameters, &reference, Constraint::None, Level::detect());
        assert!(!model.unwrap().0.near);
    }
}
