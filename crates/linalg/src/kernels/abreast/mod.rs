//! The M-step of K Gaussian components of dimension d ≤ 4, abreast: a lane of a vector is a component.
//!
//! A matrix of four variables is too small for a vector, and three of them one after the other are 900 ns of an iteration
//! that takes 1300 ns over all the points of iris. Side by side they fill a vector, and every formula is written as if for one
//! component. With y = L⁻¹(x − μ), N = Σ w r, s = Σ w r y and S = Σ w r y yᵀ: μ′ = μ + L s/N and Σ′ = L V Lᵀ with
//! V = S/N − (s/N)(s/N)ᵀ, so L′ = L chol V.

#![expect(
    clippy::range_plus_one,
    reason = "with an inclusive range the triangular loops are not unrolled, and matrices live in memory instead of registers"
)]

mod vectors;

use super::log::ln_in_place;
use super::whitened::{SMALL, triangle};
use super::{Level, WIDTH};
use vectors::{Change, Finish, Maximize, QGain};

/// One number of each of a group of components.
type Entry = [f64; WIDTH];

/// Means and factors of K components in groups of [`WIDTH`], entry after entry. The padding repeats the last component, so
/// that nothing in it is irregular.
#[derive(Clone, Debug, Default)]
pub struct Abreast {
    k: usize,
    d: usize,
    /// μ, groups × d.
    means: Vec<Entry>,
    /// Lower triangle of L, packed by rows, groups × d(d+1)/2.
    factors: Vec<Entry>,
    /// Likewise L⁻¹.
    inverses: Vec<Entry>,
    /// Σ ln l_ii, groups.
    half_log_determinants: Vec<Entry>,
    /// min_i l_ii² / pivot_i, groups; NaN where L has no such number.
    relative_pivots: Vec<Entry>,
    /// max_i l_ii² / min_i l_ii², groups.
    conditions: Vec<Entry>,
}

/// Statistics of K components, component after component, whitened at their parameters.
#[derive(Clone, Copy, Debug)]
pub struct WhitenedSums<'a> {
    /// N = Σ w r, k.
    pub counts: &'a [f64],
    /// Σ w r y, k × d.
    pub first: &'a [f64],
    /// Lower triangles of Σ w r y yᵀ, k × d(d+1)/2, packed by rows.
    pub second: &'a [f64],
}

/// Calls the operation with the dimension as a constant.
macro_rules! dispatch {
    ($level:expr, $model:expr, $operation:ident { $($field:ident),* }) => {{
        let level = $level.no_wider_than($model.k);
        match $model.d {
            1 => level.dispatch($operation::<1> { $($field),* }),
            2 => level.dispatch($operation::<2> { $($field),* }),
            3 => level.dispatch($operation::<3> { $($field),* }),
            4 => level.dispatch($operation::<4> { $($field),* }),
            d => unreachable!("dimension {d} is not small"),
        }
    }};
}

impl Abreast {
    /// Memory for `k` components of dimension `d`; none at all for d above [`SMALL`], which has no use for it.
    pub fn new(k: usize, d: usize) -> Self {
        if d > SMALL {
            return Self::default();
        }
        let entries = |count: usize| vec![[0.0; WIDTH]; count * k.div_ceil(WIDTH)];
        Self {
            k,
            d,
            means: entries(d),
            factors: entries(triangle(d)),
            inverses: entries(triangle(d)),
            half_log_determinants: entries(1),
            relative_pivots: entries(1),
            conditions: entries(1),
        }
    }

    /// Takes over means (k × d) and lower factors (k × d × d).
    pub fn load(&mut self, means: &[f64], factors: &[f64]) {
        let (k, d) = (self.k, self.d);
        let groups = self.means.chunks_exact_mut(d).zip(self.factors.chunks_exact_mut(triangle(d)));
        for (group, (own_means, own_factors)) in groups.enumerate() {
            for lane in 0..WIDTH {
                let c = (group * WIDTH + lane).min(k - 1);
                for i in 0..d {
                    own_means[i][lane] = means[c * d + i];
                    for j in 0..=i {
                        own_factors[triangle(i) + j][lane] = factors[(c * d + i) * d + j];
                    }
                }
            }
        }
    }

    /// Writes means (k × d), lower factors and their inverses (k × d × d each; nothing is written above the diagonals).
    pub fn store(&self, means: &mut [f64], factors: &mut [f64], inverses: &mut [f64]) {
        match self.d {
            1 => self.store_in::<1>(means, factors, inverses),
            2 => self.store_in::<2>(means, factors, inverses),
            3 => self.store_in::<3>(means, factors, inverses),
            4 => self.store_in::<4>(means, factors, inverses),
            d => unreachable!("dimension {d} is not small"),
        }
    }

    fn store_in<const D: usize>(&self, means: &mut [f64], factors: &mut [f64], inverses: &mut [f64]) {
        let rows = means.as_chunks_mut::<D>().0.iter_mut();
        let matrices = factors.chunks_exact_mut(D * D).zip(inverses.chunks_exact_mut(D * D));
        for (c, (mean, (factor, inverse))) in rows.zip(matrices).enumerate() {
            let (group, lane) = (c / WIDTH, c % WIDTH);
            let own_mean = &self.means[group * D..][..D];
            let packed = group * triangle(D)..(group + 1) * triangle(D);
            let (own_factor, own_inverse) = (&self.factors[packed.clone()], &self.inverses[packed]);
            for i in 0..D {
                mean[i] = own_mean[i][lane];
                for j in 0..i + 1 {
                    factor[i * D + j] = own_factor[triangle(i) + j][lane];
                    inverse[i * D + j] = own_inverse[triangle(i) + j][lane];
                }
            }
        }
    }

    /// Σ ln l_ii of each component.
    pub fn half_log_determinants(&self) -> &[f64] {
        &self.half_log_determinants.as_flattened()[..self.k]
    }

    /// min_i l_ii² / pivot_i of each component; NaN if a pivot of its covariance was not positive or an l_ii² is not finite.
    pub fn relative_pivots(&self) -> &[f64] {
        &self.relative_pivots.as_flattened()[..self.k]
    }

    /// max_i l_ii² / min_i l_ii² of each component, a lower bound of the condition of its covariance that ends at the largest double.
    pub fn conditions(&self) -> &[f64] {
        &self.conditions.as_flattened()[..self.k]
    }

    /// Everything that follows from the factors: inverses, determinants, judgement relative to `pivots` (d).
    pub fn finish(&mut self, level: Level, pivots: &[f64]) {
        let model = &mut *self;
        dispatch!(level, model, Finish { model, pivots });
        self.take_logarithms(level);
    }

    /// M-step: means and factors that maximise Q given the statistics at `self`, and what follows from them, into `next`.
    pub fn maximize(&self, level: Level, sums: WhitenedSums<'_>, pivots: &[f64], next: &mut Self) {
        let (from, to) = (self, &mut *next);
        dispatch!(level, from, Maximize { from, sums, to, pivots });
        next.take_logarithms(level);
    }

    /// Each component's part of Q(`next`; `self`) − Q(`self`; `self`) but for its weight, into `out` (k).
    ///
    /// With E = L′⁻¹(L − L′) and b = L′⁻¹(μ′ − μ) the residuals after the step are y + E y − b, and the part is
    /// −N Σ ln(l′_ii / l_ii) − ½ [Σ w r |y + E y − b|² − Σ w r |y|²]: near a fixed point, where E and b vanish, no digits
    /// cancel.
    pub fn q_gain(&self, level: Level, sums: WhitenedSums<'_>, next: &Self, out: &mut [f64]) {
        let (from, to) = (self, next);
        dispatch!(level, from, QGain { from, sums, to, out });
    }

    /// Largest change from `self` to `next` of an entry of a covariance, in units of the product of two `scales` (d), or of
    /// a mean, in units of one.
    pub fn change(&self, level: Level, next: &Self, scales: &[f64]) -> f64 {
        let (from, to) = (self, next);
        dispatch!(level, from, Change { from, to, scales })
    }

    /// Turns the products of the pivots, which the kernels leave, into sums of logarithms: one logarithm each, unless a
    /// product left the range of a double.
    fn take_logarithms(&mut self, level: Level) {
        let products = &mut self.half_log_determinants.as_flattened_mut()[..self.k];
        if products.iter().all(|product| product.is_normal()) {
            return ln_in_place(level, products);
        }
        for (c, sum) in products.iter_mut().enumerate() {
            let factor = &self.factors[c / WIDTH * triangle(self.d)..];
            *sum = (0..self.d).map(|i| factor[triangle(i) + i][c % WIDTH].ln()).sum();
        }
    }
}

#[cfg(test)]
mod tests;
