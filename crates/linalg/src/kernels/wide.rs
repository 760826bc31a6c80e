//! Gaussian log densities and moments of one component for d > 4.
//!
//! Points come measured from the centre m of the data ([`Block::centred`](super::Block::centred)): z = x − m. With δ = μ − m
//!
//! - density: y = L⁻¹ z − L⁻¹ δ, one affine map from the block as it is, and c − |y|²/2;
//! - moments: N = Σ r, s = Σ r z, S = Σ r z zᵀ about m, from panels that all components share. [`Wide::settle`] moves
//!   them to the component and whitens them once, when all points have been added:
//!   V = L⁻¹ (S − s δᵀ − δ sᵀ + N δ δᵀ) L⁻ᵀ, v = L⁻¹ (s − N δ).
//!
//! Both lose digits when the component is small or far, as seen from m. With
//! γ = max_a Σ_b |L⁻¹_ab| (|δ_b| + σ_b), σ_b² = Σ_bb, a density carries an error of at most 4 ε γ |y|² and a whitened moment
//! one of 4 ε γ² N (`tests::near_and_far_agree`, d = 5 to 48, γ to 490; the largest errors seen there are 1.2 and 2.6 instead
//! of 4, at random they are far smaller). Up to γ = [`NEAR`] that is less than what the laws forgive a sum over rows; beyond,
//! x − μ is formed first and the moments are those of y: half as fast, and as accurate as the parameters themselves. The
//! choice depends on parameters alone.

use super::scatter::{Moments, PANEL, panels_len, scatter};
use super::sieve::{Sieve, Wanted};
use super::triangular::{LowerMap, lower_map, squared_norms};
use super::whitened::triangle;
use super::{Block, Level, Lines, WIDTH, padded};
use crate::spd;

/// Largest amplification γ at which points may be measured from the centre of the data.
pub const NEAR: f64 = 64.0;

/// One component: mean and factor, measured from the centre of the data.
#[derive(Clone, Copy, Debug)]
pub struct Wide<'a> {
    /// δ = μ − m, d.
    pub offset: &'a [f64],
    /// −L⁻¹ δ, d.
    pub origin: &'a [f64],
    /// L⁻¹, d × d.
    pub inverse_factor: &'a [f64],
    /// Log density at the mean.
    pub constant: f64,
    /// Whether γ ≤ [`NEAR`].
    pub near: bool,
}

/// Working memory for blocks of at most `capacity` points.
#[derive(Clone, Debug)]
pub struct WideWork {
    /// x − μ and y, d × stride each, for components that are far.
    shifted: Lines,
    image: Lines,
    squares: Lines,
    panels: Lines,
    /// Zeros, d.
    origin: Vec<f64>,
    matrices: [Vec<f64>; 3],
}

impl WideWork {
    /// Memory for blocks of at most `capacity` points in `d` dimensions.
    pub fn new(capacity: usize, d: usize) -> Self {
        let stride = padded(capacity);
        Self {
            shifted: Lines::zeros(d * stride),
            image: Lines::zeros(d * stride),
            squares: Lines::zeros(stride),
            panels: Lines::zeros(panels_len(capacity, d)),
            origin: vec![0.0; d],
            matrices: std::array::from_fn(|_| vec![0.0; d * d]),
        }
    }
}

/// γ of a component with lower factor `factor`, and −L⁻¹ δ into `origin`.
pub fn amplification(offset: &[f64], factor: &[f64], inverse: &[f64], origin: &mut [f64]) -> f64 {
    let d = offset.len();
    // |δ_b| + σ_b take the place of the result until it is known.
    for (b, value) in origin.iter_mut().enumerate() {
        let variance: f64 = factor[b * d..=b * d + b].iter().map(|l| l * l).sum();
        *value = offset[b].abs() + variance.sqrt();
    }
    let row = |a: usize| &inverse[a * d..=a * d + a];
    let reach = |a: usize| row(a).iter().zip(&*origin).map(|(l, s)| l.abs() * s).sum::<f64>();
    // Not f64::max, which would drop a NaN.
    let gamma = (0..d).map(reach).fold(0.0, |largest, next| if next <= largest { largest } else { next });
    for (a, value) in origin.iter_mut().enumerate() {
        *value = -row(a).iter().zip(offset).map(|(l, delta)| l * delta).sum::<f64>();
    }
    gamma
}

impl Wide<'_> {
    fn map<'a>(&'a self, origin: &'a [f64]) -> LowerMap<'a> {
        LowerMap { matrix: self.inverse_factor, origin }
    }

    /// x − μ into `shifted`.
    fn shift(&self, points: &[f64], shifted: &mut [f64], stride: usize) {
        let features = shifted.chunks_exact_mut(stride).zip(points.chunks_exact(stride));
        for ((out, feature), delta) in features.zip(self.offset) {
            for (out, z) in out.iter_mut().zip(feature) {
                *out = z - delta;
            }
        }
    }

    /// Log density of every point of the block into `out` (stride).
    pub fn log_density(&self, level: Level, block: &Block, out: &mut [f64], work: &mut WideWork) {
        if self.near {
            squared_norms(level, self.map(self.origin), block.points(), out);
        } else {
            let shifted = &mut work.shifted[..block.points().len()];
            self.shift(block.points(), shifted, block.stride());
            squared_norms(level, self.map(&work.origin), shifted, out);
        }
        for value in out {
            *value = -0.5 * *value + self.constant;
        }
    }

    /// log π + log f of the points in `tiles` into `terms` (stride), as [`log_density`](Self::log_density) has it; tiles of which no
    /// point is wanted are taken from the list, as soon as that is certain (module `sieve`). Gives back the number of
    /// products.
    pub fn sieve(
        &self,
        level: Level,
        block: &Block,
        wanted: Wanted<'_>,
        tiles: &mut Vec<u32>,
        terms: &mut [f64],
        work: &mut WideWork,
    ) -> usize {
        let WideWork { shifted, origin, .. } = work;
        let (origin, shift) =
            if self.near { (self.origin, None) } else { (&origin[..], Some((self.offset, &mut shifted[..]))) };
        let (map, constant, points, stride) = (self.map(origin), self.constant, block.points(), block.stride());
        level.dispatch(Sieve { map, constant, points, stride, shift, wanted, tiles, values: terms })
    }

    /// Adds the sums of the block with weighted responsibilities `r` (stride) to `sums`: about m if the component is near,
    /// whitened otherwise. Σ r is not among them ([`sum`]).
    pub fn accumulate(&self, level: Level, block: &Block, r: &[f64], sums: Moments<'_>, work: &mut WideWork) {
        let (rows, stride) = (block.rows(), block.stride());
        let panels = if self.near {
            block.panels()
        } else {
            let length = block.points().len();
            let (shifted, image) = (&mut work.shifted[..length], &mut work.image[..length]);
            self.shift(block.points(), shifted, stride);
            lower_map(level, self.map(&work.origin), shifted, &mut work.squares[..stride], image);
            into_panels(image, stride, rows, &mut work.panels);
            &work.panels[..panels_len(rows, self.offset.len())]
        };
        scatter(level, panels, &r[..rows], sums);
    }

    /// Turns sums that [`accumulate`](Self::accumulate) has made, of any number of blocks, into whitened moments.
    pub fn settle(&self, count: f64, sums: Moments<'_>, work: &mut WideWork) {
        if !self.near {
            return;
        }
        let d = self.offset.len();
        let Moments { first, second } = sums;
        let [scatter, whitened, product] = &mut work.matrices;
        let mut packed = second.iter();
        for a in 0..d {
            for (b, &value) in (0..=a).zip(&mut packed) {
                let (da, db) = (self.offset[a], self.offset[b]);
                let moved = value - first[a] * db - da * (first[b] - count * db);
                scatter[a * d + b] = moved;
                scatter[b * d + a] = moved;
            }
        }
        spd::congruence(self.inverse_factor, scatter, whitened, product, d);
        for (a, out) in (0..d).map(|a| (a, a * (a + 1) / 2)) {
            second[out..=out + a].copy_from_slice(&whitened[a * d..=a * d + a]);
        }
        // From the last row up: row a of v needs the entries before it.
        for a in (0..d).rev() {
            let row = self.inverse_factor[a * d..=a * d + a].iter();
            first[a] = row.zip(first.iter().zip(self.offset)).map(|(l, (s, delta))| l * (s - count * delta)).sum();
        }
        debug_assert_eq!(second.len(), triangle(d));
    }
}

/// Σ r of the points of a block, given with their places: in eight interleaved sums, that do not depend on the width of a vector nor
/// see a point with r = 0.
pub fn interleaved_sum(r: impl IntoIterator<Item = (u32, f64)>) -> f64 {
    let mut sums = [0.0; WIDTH];
    for (place, r) in r {
        sums[place as usize % WIDTH] += r;
    }
    sums.iter().sum()
}

/// [`interleaved_sum`] over a whole block (stride).
pub fn sum(r: &[f64]) -> f64 {
    let mut sums = [0.0; WIDTH];
    for r in r.as_chunks::<WIDTH>().0 {
        for (sum, r) in sums.iter_mut().zip(r) {
            *sum += r;
        }
    }
    sums.iter().sum()
}

/// d × stride to panels of the first `rows` points.
fn into_panels(points: &[f64], stride: usize, rows: usize, panels: &mut [f64]) {
    for (j, feature) in points.chunks_exact(stride).enumerate() {
        let panel = panels[j / PANEL * PANEL * rows..].as_chunks_mut::<PANEL>().0;
        for (out, &value) in panel.iter_mut().zip(&feature[..rows]) {
            out[j % PANEL] = value;
        }
    }
    let d = points.len() / stride;
    if !d.is_multiple_of(PANEL) {
        for point in panels[d / PANEL * PANEL * rows..panels_len(rows, d)].chunks_exact_mut(PANEL) {
            point[d % PANEL..].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        block: Block,
        x: Vec<f64>,
        r: Vec<f64>,
        factor: Vec<f64>,
        inverse: Vec<f64>,
        offset: Vec<f64>,
    }

    /// A component `distance` standard deviations from the centre, and points around it.
    fn case(d: usize, rows: usize, distance: f64) -> Case {
        let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
        let mut factor = vec![0.0; d * d];
        for a in 0..d {
            for b in 0..a {
                factor[a * d + b] = number(3 * a + b) / d as f64;
            }
            factor[a * d + a] = 1.0 + number(a) / 4.0;
        }
        let mut inverse = vec![0.0; d * d];
        spd::invert_factor(&factor, &mut inverse, d);
        let centre: Vec<f64> = (0..d).map(|j| 10.0 * number(j + 3)).collect();
        let offset: Vec<f64> = (0..d).map(|j| distance * number(j + 9)).collect();
        let x: Vec<f64> = (0..rows)
            .flat_map(|i| (0..d).map(move |j| (i, j)))
            .map(|(i, j)| centre[j] + (offset[j] + 2.0 * number(i * d + j)))
            .collect();
        let mut block = Block::centred(rows, &centre);
        block.load(&x, &[]);
        let mut r: Vec<f64> = (0..block.stride()).map(|i| number(i + 5).abs()).collect();
        r[rows..].fill(0.0);
        Case { block, x: x.iter().enumerate().map(|(i, x)| x - centre[i % d]).collect(), r, factor, inverse, offset }
    }

    fn run(level: Level, case: &Case, near: bool, origin: &[f64]) -> (Vec<f64>, f64, Vec<f64>, Vec<f64>) {
        let d = case.offset.len();
        let (offset, inverse_factor) = (&case.offset[..], &case.inverse[..]);
        let wide = Wide { offset, origin, inverse_factor, constant: 0.5, near };
        let mut work = WideWork::new(case.block.rows(), d);
        let mut density = vec![0.0; case.block.stride()];
        wide.log_density(level, &case.block, &mut density, &mut work);
        let count = interleaved_sum((0u32..).zip(case.r.iter().copied()));
        let (mut first, mut second) = (vec![0.0; d], vec![0.0; triangle(d)]);
        wide.accumulate(level, &case.block, &case.r, Moments { first: &mut first, second: &mut second }, &mut work);
        wide.settle(count, Moments { first: &mut first, second: &mut second }, &mut work);
        density.truncate(case.block.rows());
        (density, count, first, second)
    }

    /// Densities and moments from their formulas, and the bounds of the module's head.
    #[test]
    fn near_and_far_agree() {
        for d in [5, 6, 8, 13, 16, 30, 48] {
            for distance in [0.5, 3.0, 8.0] {
                let rows = 57;
                let case = case(d, rows, distance);
                let mut origin = vec![0.0; d];
                let gamma = amplification(&case.offset, &case.factor, &case.inverse, &mut origin);
                let (mut density, mut count) = (vec![0.0; rows], 0.0);
                let (mut first, mut second) = (vec![0.0; d], vec![0.0; triangle(d)]);
                for (i, z) in case.x.chunks_exact(d).enumerate() {
                    let y: Vec<f64> = (0..d)
                        .map(|a| (0..=a).map(|b| case.inverse[a * d + b] * (z[b] - case.offset[b])).sum())
                        .collect();
                    density[i] = 0.5 - y.iter().map(|y| y * y).sum::<f64>() / 2.0;
                    count += case.r[i];
                    for a in 0..d {
                        first[a] += case.r[i] * y[a];
                        for b in 0..=a {
                            second[triangle(a) + b] += case.r[i] * y[a] * y[b];
                        }
                    }
                }
                // What the sizes of the terms allow: |y|² of a point, N |y|² of a moment.
                let size = density.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
                for level in Level::available() {
                    for (near, reach) in [(true, gamma), (false, 2.0 * d as f64)] {
                        let ours = run(level, &case, near, &origin);
                        let bound = 4.0 * f64::EPSILON * reach * size;
                        for (a, b) in ours.0.iter().zip(&density) {
                            assert!((a - b).abs() < bound, "d = {d}, γ = {gamma}: {a} {b}");
                        }
                        assert!((ours.1 - count).abs() < 1e-14 * count);
                        let bound = 4.0 * f64::EPSILON * reach * reach * count;
                        for (a, b) in ours.2.iter().zip(&first).chain(ours.3.iter().zip(&second)) {
                            assert!((a - b).abs() < bound, "d = {d}, γ = {gamma}: {a} {b}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn amplification_is_not_fooled_by_nan() {
        let mut origin = [0.0; 2];
        let gamma = amplification(&[0.0, f64::NAN], &[1.0, 0.0, 0.0, 1.0], &[1.0, 0.0, 0.0, 1.0], &mut origin);
        assert!(!(gamma <= NEAR));
    }
}
