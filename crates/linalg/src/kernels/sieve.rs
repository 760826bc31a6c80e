//! Which points of a block a component may matter for.
//!
//! |L⁻¹(x − μ)|² grows row by row of L⁻¹, and with it falls what log π + log f can still be. A tile of points is given up as soon
//! as all of its points fall short of a term that is known, each its own, by more than a limit; what remains at the end is exact.
//!
//! No slack is needed: rows come in the order in which [`squared_norms`](super::squared_norms) takes them, and rounding is monotone. A
//! square that is added makes a sum no smaller, and every later operation keeps the order. So a tile that is given up would have
//! fallen below the limit in the numbers of the dense kernels, too, and one that is finished has their bits.

use super::exp::exp_shifted;
use super::triangular::{LowerMap, Op, VECTORS};
use super::{Level, WIDTH};
use pulp::{Simd, WithSimd};

/// Which terms are wanted: those that are not less than `best` by more than −`least`.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// log π of the component.
    pub log_weight: f64,
    /// A known term of each point, −∞ for none; the block's stride.
    pub best: &'a [f64],
    /// As of [`softmax`](super::softmax).
    pub least: f64,
}

/// Points of a tile at this level.
pub fn tile_points(level: Level) -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _simd: S) -> usize {
            S::F64_LANES
        }
    }
    VECTORS * level.dispatch(Lanes)
}

pub(super) struct Sieve<'a> {
    pub map: LowerMap<'a>,
    pub constant: f64,
    pub points: &'a [f64],
    pub stride: usize,
    /// What is to be subtracted from the features first, and where to keep the differences.
    pub shift: Option<(&'a [f64], &'a mut [f64])>,
    pub wanted: Wanted<'a>,
    pub tiles: &'a mut Vec<u32>,
    pub values: &'a mut [f64],
}

impl WithSimd for Sieve<'_> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) -> usize {
        let d = self.map.origin.len();
        let points = VECTORS * S::F64_LANES;
        for &tile in &*self.tiles {
            let from = tile as usize * points;
            self.values[from..(from + points).min(self.stride)].fill(0.0);
        }
        let (mut row, mut products) = (0, 0);
        while row < d && !self.tiles.is_empty() {
            let rows = match d - row {
                8.. if S::F64_LANES >= WIDTH => self.rows::<S, 8>(simd, row),
                4.. => self.rows::<S, 4>(simd, row),
                2.. => self.rows::<S, 2>(simd, row),
                _ => self.rows::<S, 1>(simd, row),
            };
            products += self.tiles.len() * points * rows * (2 * row + rows + 1) / 2;
            row += rows;
            self.keep(points);
        }
        for &tile in &*self.tiles {
            let from = tile as usize * points;
            for value in &mut self.values[from..(from + points).min(self.stride)] {
                *value = (-0.5 * *value + self.constant) + self.wanted.log_weight;
            }
        }
        products
    }
}

impl Sieve<'_> {
    /// Rows row .. row + R against the tiles that are left. Gives back R.
    #[inline(always)]
    fn rows<S: Simd, const R: usize>(&mut self, simd: S, row: usize) -> usize {
        let stride = self.stride;
        let points = match &mut self.shift {
            Some((offset, shifted)) => {
                let new = row * stride..(row + R) * stride;
                let features = shifted[new.clone()].chunks_exact_mut(stride).zip(self.points[new].chunks_exact(stride));
                for ((out, feature), delta) in features.zip(&offset[row..]) {
                    for (out, z) in out.iter_mut().zip(feature) {
                        *out = z - delta;
                    }
                }
                &**shifted
            }
            None => self.points,
        };
        let mut op = Op { map: self.map, points, stride, squares: self.values, image: None };
        let vectors = stride / S::F64_LANES;
        for &tile in &*self.tiles {
            let from = tile as usize * VECTORS;
            if from + VECTORS <= vectors {
                op.tile::<S, R, VECTORS>(simd, row, from);
            } else {
                for v in from..vectors {
                    op.tile::<S, R, 1>(simd, row, v);
                }
            }
        }
        R
    }

    /// Gives up the tiles of which no point is wanted. What is not a number is wanted.
    #[inline(always)]
    fn keep(&mut self, points: usize) {
        let Wanted { log_weight, best, least } = self.wanted;
        let mut kept = 0;
        for i in 0..self.tiles.len() {
            let tile = self.tiles[i];
            let from = tile as usize * points;
            let to = (from + points).min(self.stride);
            let mut wanted = false;
            for (square, best) in self.values[from..to].iter().zip(&best[from..to]) {
                let term = (-0.5 * square + self.constant) + log_weight;
                wanted |= !(term - best < least);
            }
            self.tiles[kept] = tile;
            kept += usize::from(wanted);
        }
        self.tiles.truncate(kept);
    }
}

/// Terms of a block, of which those of some tiles are known: K × tiles.
#[derive(Debug)]
pub struct Sifted<'a> {
    /// In: log π + log f, K × stride, where `known`. Out: weighted responsibilities.
    pub terms: &'a mut [f64],
    /// Of each component and tile, K × tiles.
    pub known: &'a [bool],
    /// Weight of each point, zero in the padding; stride.
    pub weights: &'a [f64],
    /// Out: the largest term of each point, and the sum of the exponentials relative to it; stride.
    pub largest: &'a mut [f64],
    /// See `largest`.
    pub sums: &'a mut [f64],
    /// As of [`softmax`](super::softmax).
    pub least: f64,
}

impl WithSimd for Sifted<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self { terms, known, weights, largest, sums, least } = self;
        let (stride, points) = (weights.len(), VECTORS * S::F64_LANES);
        let tiles = stride.div_ceil(points);
        let mut scales = [0.0; VECTORS * WIDTH];
        for tile in 0..tiles {
            let (from, to) = (tile * points, ((tile + 1) * points).min(stride));
            let (largest, sums) = (&mut largest[from..to], &mut sums[from..to]);
            let scales = &mut scales[..to - from];
            let component = |c: usize| c * stride + from..c * stride + to;
            let components = || (0..known.len() / tiles).filter(|c| known[c * tiles + tile]);
            largest.fill(f64::NEG_INFINITY);
            sums.fill(0.0);
            for c in components() {
                for (m, &a) in largest.iter_mut().zip(&terms[component(c)]) {
                    *m = if a > *m { a } else { *m };
                }
            }
            for c in components() {
                exp_shifted(&mut terms[component(c)], 0.0, largest, sums, least);
            }
            for ((scale, &sum), &w) in scales.iter_mut().zip(&*sums).zip(&weights[from..to]) {
                *scale = w / sum;
            }
            for c in components() {
                for (e, &scale) in terms[component(c)].iter_mut().zip(&*scales) {
                    *e *= scale;
                }
            }
        }
    }
}

/// [`softmax`](super::softmax) over the terms that are known; all others are nothing. Its bits, in every number.
pub fn softmax_sifted(level: Level, sifted: Sifted<'_>) {
    level.dispatch(sifted);
}
