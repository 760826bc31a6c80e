//! y = L⁻¹(x − μ) and |y|² for any dimension, in register tiles.
//!
//! A tile is R rows of L⁻¹ by V vectors of points: each number of L⁻¹ is broadcast once for V multiply-adds and each vector
//! of points loaded once for R, so that the units that multiply are never short of operands; what is zero above the diagonal
//! is never touched. Row by row over a block, as the formula is written, a tenth of the peak was reached at d = 16.
//!
//! Every row sums its products in the order of the columns, whatever the tile: results do not depend on the place of a point
//! in its block, and agree bit by bit wherever multiply-adds are fused.

use super::{Level, filled};
use pulp::{Simd, WithSimd};

/// Vectors of points of a tile: 8 × 3 sums of the 32 registers of AVX-512, 4 × 3 of the 16 of AVX2.
pub(super) const VECTORS: usize = 3;

/// The affine map x ↦ A x + b with a lower triangular A (d × d, row-major; what stands above the diagonal is not read).
#[derive(Clone, Copy, Debug)]
pub struct LowerMap<'a> {
    /// A, d × d.
    pub matrix: &'a [f64],
    /// b, d.
    pub origin: &'a [f64],
}

pub(super) struct Op<'a> {
    pub map: LowerMap<'a>,
    pub points: &'a [f64],
    pub stride: usize,
    /// |y|² of the rows so far, stride.
    pub squares: &'a mut [f64],
    pub image: Option<&'a mut [f64]>,
}

impl WithSimd for Op<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let d = self.map.origin.len();
        self.squares.fill(0.0);
        let mut a = 0;
        while a < d {
            a += match d - a {
                8.. if S::F64_LANES >= 8 => self.rows::<S, 8>(simd, a),
                4.. => self.rows::<S, 4>(simd, a),
                2.. => self.rows::<S, 2>(simd, a),
                _ => self.rows::<S, 1>(simd, a),
            };
        }
    }
}

impl Op<'_> {
    /// Rows a .. a + R of A against all points. Gives back R.
    #[inline(always)]
    fn rows<S: Simd, const R: usize>(&mut self, simd: S, a: usize) -> usize {
        let vectors = self.stride / S::F64_LANES;
        let whole = vectors - vectors % VECTORS;
        for v in (0..whole).step_by(VECTORS) {
            self.tile::<S, R, VECTORS>(simd, a, v);
        }
        for v in whole..vectors {
            self.tile::<S, R, 1>(simd, a, v);
        }
        R
    }

    /// Rows a .. a + R of A against vectors v .. v + V of points.
    #[inline(always)]
    pub(super) fn tile<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, a: usize, v: usize) {
        let (LowerMap { matrix, origin }, stride) = (self.map, self.stride);
        let d = origin.len();
        let rows: [&[f64]; R] = filled(|r| &matrix[(a + r) * d..][..a + R]);
        let mut y: [[S::f64s; V]; R] = filled(|r| [simd.splat_f64s(origin[a + r]); V]);
        let mut features = self.points.chunks_exact(stride);
        for (b, feature) in features.by_ref().take(a).enumerate() {
            let x = load::<S, V>(feature, v);
            for r in 0..R {
                let factor = simd.splat_f64s(rows[r][b]);
                for c in 0..V {
                    y[r][c] = simd.mul_add_f64s(factor, x[c], y[r][c]);
                }
            }
        }
        // The triangle on the diagonal, unrolled.
        for (b, feature) in features.take(R).enumerate() {
            let x = load::<S, V>(feature, v);
            for r in 0..R {
                if r >= b {
                    let factor = simd.splat_f64s(rows[r][a + b]);
                    for c in 0..V {
                        y[r][c] = simd.mul_add_f64s(factor, x[c], y[r][c]);
                    }
                }
            }
        }
        let (squares, _) = S::as_mut_simd_f64s(self.squares);
        for c in 0..V {
            let mut sum = squares[v + c];
            for row in &y {
                sum = simd.mul_add_f64s(row[c], row[c], sum);
            }
            squares[v + c] = sum;
        }
        if let Some(image) = &mut self.image {
            for (row, out) in y.iter().zip(image[a * stride..].chunks_exact_mut(stride)) {
                S::as_mut_simd_f64s(out).0[v..v + V].copy_from_slice(row);
            }
        }
    }
}

#[inline(always)]
fn load<S: Simd, const V: usize>(feature: &[f64], v: usize) -> [S::f64s; V] {
    let vectors = &S::as_simd_f64s(feature).0[v..v + V];
    filled(|c| vectors[c])
}

/// |A x + b|² of every point: `points` is d × stride, feature after feature, `squares` holds stride numbers.
pub fn squared_norms(level: Level, map: LowerMap<'_>, points: &[f64], squares: &mut [f64]) {
    let stride = squares.len();
    level.dispatch(Op { map, points, stride, squares, image: None });
}

/// A x + b of every point into `image` (d × stride), and its squared norm.
pub fn lower_map(level: Level, map: LowerMap<'_>, points: &[f64], squares: &mut [f64], image: &mut [f64]) {
    let stride = squares.len();
    level.dispatch(Op { map, points, stride, squares, image: Some(image) });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One point at a time, in the order of the columns: bitwise the same at every level.
    #[test]
    fn the_formula_to_the_bit_at_every_level() {
        for d in [1, 2, 3, 5, 6, 7, 8, 13, 16, 33] {
            for stride in [8, 24, 40, 64] {
                let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
                let points: Vec<f64> = (0..d * stride).map(number).collect();
                let matrix: Vec<f64> = (0..d * d).map(|i| number(i + 5)).collect();
                let origin: Vec<f64> = (0..d).map(|i| number(i + 71)).collect();
                let map = LowerMap { matrix: &matrix, origin: &origin };
                let (mut expected, mut norms) = (vec![0.0; d * stride], vec![0.0f64; stride]);
                for i in 0..stride {
                    for a in 0..d {
                        let mut y = origin[a];
                        for b in 0..=a {
                            y = matrix[a * d + b].mul_add(points[b * stride + i], y);
                        }
                        expected[a * stride + i] = y;
                        norms[i] = y.mul_add(y, norms[i]);
                    }
                }
                for level in Level::available() {
                    let (mut squares, mut image) = (vec![f64::NAN; stride], vec![f64::NAN; d * stride]);
                    lower_map(level, map, &points, &mut squares, &mut image);
                    assert_eq!((&image, &squares), (&expected, &norms), "d = {d}, {}", level.name());
                    squares.fill(f64::NAN);
                    squared_norms(level, map, &points, &mut squares);
                    assert_eq!(squares, norms, "d = {d}, {}", level.name());
                }
            }
        }
    }
}
