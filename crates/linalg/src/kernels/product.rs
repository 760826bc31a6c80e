//! Products of a small matrix with a block of points, register-tiled.
//!
//! With X (p × stride, point i of row j at `j * stride + i`, see [`super::Block`]): out = A X + c 1ᵀ for k rows at once
//! ([`multiply`]), and S += R Xᵀ, summed over the points ([`accumulate_products`]). These two are the E-step and the
//! statistics of everything that is linear in features of the points.
//!
//! A tile of results stays in registers while the inner index runs: 4 rows by 4 vectors where there are 32 vector registers,
//! 4 by 2 where there are 16. At k 8–64, p 32–152 and 248 points one Zen 4 core (AVX-512, peak 58.9 GF/s in the same process) does
//! 49–56 GF/s in `multiply` and 48–49 in `accumulate_products`; faer's sequential matmul 47–53 and 36–54. Ours follow the
//! level, take constants and skip a triangle. A stride of a power of two (256 points) is to be avoided: the rows of a tile then share
//! sets of the first-level cache, which costs a third in the AVX2 tiles.
//!
//! Each number of a result is one sum in one order, whatever the tile it falls into: by j for A X; by points, then over the
//! lanes of a vector, for R Xᵀ.

use super::{Level, Lines, WIDTH, filled};
use pulp::{Simd, WithSimd};

/// Rows of a tile.
pub(super) const ROWS: usize = 4;

/// Which entries of a matrix count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Every one.
    All,
    /// The lower triangle: entries above the diagonal are not read, or not formed, except within the tiles that the
    /// diagonal crosses.
    Lower,
}

/// A matrix (k × p) in panels of four rows, column after column: what one tile broadcasts stands together.
#[derive(Clone, Debug)]
pub struct Panels {
    values: Lines,
    rows: usize,
    columns: usize,
    part: Part,
}

impl Panels {
    /// A zero matrix of `rows` × `columns`; [`Part::Lower`] says that it will be lower triangular.
    pub fn new(rows: usize, columns: usize, part: Part) -> Self {
        Self { values: Lines::zeros(rows.next_multiple_of(ROWS) * columns), rows, columns, part }
    }

    /// Sets every entry from its row and column.
    pub fn fill(&mut self, mut entry: impl FnMut(usize, usize) -> f64) {
        for (panel, values) in self.values.chunks_exact_mut(ROWS * self.columns).enumerate() {
            for (j, column) in values.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
                for (i, value) in column.iter_mut().enumerate().take(self.rows - panel * ROWS) {
                    *value = entry(panel * ROWS + i, j);
                }
            }
        }
    }

    /// Copies `matrix` (rows × columns, row-major).
    pub fn pack(&mut self, matrix: &[f64]) {
        let columns = self.columns;
        self.fill(|i, j| matrix[i * columns + j]);
    }

    /// Number k of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number p of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The columns of panel `index` that can differ from zero, four rows each.
    #[inline(always)]
    pub(super) fn panel(&self, index: usize) -> &[[f64; ROWS]] {
        let width = match self.part {
            Part::All => self.columns,
            Part::Lower => self.columns.min((index + 1) * ROWS),
        };
        &self.values[index * ROWS * self.columns..].as_chunks::<ROWS>().0[..width]
    }
}

/// out = A X + c 1ᵀ. `x` is p × stride, `out` k × stride; `constants` holds one number per row of A, or none for c = 0.
///
/// # Panics
/// If the lengths do not fit together.
pub fn multiply(level: Level, a: &Panels, constants: &[f64], x: &[f64], stride: usize, out: &mut [f64]) {
    assert!(stride.is_multiple_of(WIDTH) && x.len() == a.columns * stride && out.len() == a.rows * stride);
    assert!(constants.is_empty() || constants.len() == a.rows);
    level.dispatch(Multiply { a, constants, x, stride, out });
}

/// A result of which some vectors of points can be made at a time.
pub(super) trait Columns {
    /// All rows of the result for `V` vectors of points from vector `from`: these points stay in the first-level cache.
    fn columns<S: Simd, const V: usize>(&mut self, simd: S, from: usize);
}

/// Makes the whole result, in tiles as wide as the registers allow: four vectors with 32 registers, else two.
#[inline(always)]
pub(super) fn by_columns<S: Simd>(simd: S, stride: usize, result: &mut impl Columns) {
    let vectors = stride / S::F64_LANES;
    let mut from = 0;
    if S::REGISTER_COUNT >= 32 {
        while from + 4 <= vectors {
            result.columns::<S, 4>(simd, from);
            from += 4;
        }
    }
    while from + 2 <= vectors {
        result.columns::<S, 2>(simd, from);
        from += 2;
    }
    if from < vectors {
        result.columns::<S, 1>(simd, from);
    }
}

struct Multiply<'a> {
    a: &'a Panels,
    constants: &'a [f64],
    x: &'a [f64],
    stride: usize,
    out: &'a mut [f64],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        by_columns(simd, self.stride, &mut self);
    }
}

impl Columns for Multiply<'_> {
    #[inline(always)]
    fn columns<S: Simd, const V: usize>(&mut self, simd: S, from: usize) {
        let Self { a, constants, x, stride, out } = self;
        for (index, out) in out.chunks_mut(ROWS * *stride).enumerate() {
            let constant = |m: usize| constants.get(index * ROWS + m).copied().unwrap_or(0.0);
            let mut tile: [[S::f64s; V]; ROWS] = filled(|m| [simd.splat_f64s(constant(m)); V]);
            for (row, column) in x.chunks_exact(*stride).zip(a.panel(index)) {
                let row: [S::f64s; V] = vectors::<S, V>(row, from);
                for m in 0..ROWS {
                    let factor = simd.splat_f64s(column[m]);
                    for v in 0..V {
                        tile[m][v] = simd.mul_add_f64s(factor, row[v], tile[m][v]);
                    }
                }
            }
            for (row, sums) in out.chunks_exact_mut(*stride).zip(tile) {
                let (row, _) = S::as_mut_simd_f64s(row);
                for (value, sum) in row[from..from + V].iter_mut().zip(sums) {
                    *value = sum;
                }
            }
        }
    }
}

/// Vectors `from..from + V` of a row.
#[inline(always)]
fn vectors<S: Simd, const V: usize>(row: &[f64], from: usize) -> [S::f64s; V] {
    let row = &S::as_simd_f64s(row).0[from..from + V];
    filled(|v| row[v])
}

/// S += R Xᵀ. `r` is k × stride, `x` p × stride, `sums` k × p; both may be the same rows, of whose product [`Part::Lower`]
/// forms one triangle (what stands above the diagonal of `sums` is unspecified then).
///
/// # Panics
/// If the lengths do not fit together.
pub fn accumulate_products(level: Level, part: Part, r: &[f64], x: &[f64], stride: usize, sums: &mut [f64]) {
    assert!(stride.is_multiple_of(WIDTH) && r.len().is_multiple_of(stride) && x.len().is_multiple_of(stride));
    assert!(sums.len() == (r.len() / stride) * (x.len() / stride));
    level.dispatch(Accumulate { part, r, x, stride, sums });
}

struct Accumulate<'a> {
    part: Part,
    r: &'a [f64],
    x: &'a [f64],
    stride: usize,
    sums: &'a mut [f64],
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            self.tiles::<S, 4>(simd);
        } else {
            self.tiles::<S, 2>(simd);
        }
    }
}

impl Accumulate<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const V: usize>(self, simd: S) {
        let Self { part, r, x, stride, sums } = self;
        let (k, p) = (r.len() / stride, x.len() / stride);
        for i in (0..k).step_by(ROWS) {
            // A tile that reaches over the edge repeats the last row and forgets the result.
            let left: [&[S::f64s]; ROWS] = filled(|m| row::<S>(r, stride, (i + m).min(k - 1)));
            let width = if part == Part::Lower { p.min(i + ROWS) } else { p };
            for j in (0..width).step_by(V) {
                let right: [&[S::f64s]; V] = filled(|v| row::<S>(x, stride, (j + v).min(p - 1)));
                let tile = products::<S, V>(simd, left, right);
                for (m, products) in tile.iter().enumerate().take(k - i) {
                    for (sum, &product) in sums[(i + m) * p..(i + m + 1) * p][j..].iter_mut().zip(products) {
                        *sum += simd.reduce_sum_f64s(product);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn row<S: Simd>(values: &[f64], stride: usize, index: usize) -> &[S::f64s] {
    S::as_simd_f64s(&values[index * stride..(index + 1) * stride]).0
}

/// Products of each of four rows with each of V, vector by vector.
#[inline(always)]
fn products<S: Simd, const V: usize>(
    simd: S,
    left: [&[S::f64s]; ROWS],
    right: [&[S::f64s]; V],
) -> [[S::f64s; V]; ROWS] {
    let mut tile = [[simd.splat_f64s(0.0); V]; ROWS];
    let length = left[0].len();
    let (left, right) = (left.map(|row| &row[..length]), right.map(|row| &row[..length]));
    for i in 0..length {
        let right: [S::f64s; V] = filled(|v| right[v][i]);
        for (sums, left) in tile.iter_mut().zip(left) {
            for (sum, &value) in sums.iter_mut().zip(&right) {
                *sum = simd.mul_add_f64s(left[i], value, *sum);
            }
        }
    }
    tile
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f64 {
        ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0
    }

    /// Shapes around the edges of the tiles: rows, columns, vectors of points.
    const SHAPES: [(usize, usize, usize); 8] =
        [(1, 1, 1), (3, 2, 1), (4, 4, 4), (5, 7, 3), (8, 33, 6), (9, 3, 7), (2, 5, 32), (13, 13, 5)];

    #[test]
    fn multiply_agrees_with_the_formula_at_every_level() {
        for (k, p, vectors) in SHAPES {
            let stride = vectors * WIDTH;
            let (a, x): (Vec<f64>, Vec<f64>) =
                ((0..k * p).map(number).collect(), (7..p * stride + 7).map(number).collect());
            let constants: Vec<f64> = (3..k + 3).map(number).collect();
            for (part, constants) in [(Part::All, &constants[..]), (Part::All, &[]), (Part::Lower, &constants)] {
                let counts = |i: usize, j: usize| part == Part::All || j <= i;
                let mut panels = Panels::new(k, p, part);
                panels.fill(|i, j| if counts(i, j) { a[i * p + j] } else { 0.0 });
                for level in Level::available() {
                    let mut out = vec![f64::NAN; k * stride];
                    multiply(level, &panels, constants, &x, stride, &mut out);
                    for (index, value) in out.iter().enumerate() {
                        let (i, point) = (index / stride, index % stride);
                        let terms = (0..p).filter(|&j| counts(i, j)).map(|j| a[i * p + j] * x[j * stride + point]);
                        let formula = constants.get(i).copied().unwrap_or(0.0) + terms.sum::<f64>();
                        assert!((value - formula).abs() < 1e-14 * (p + 1) as f64, "{k} × {p}, {}", level.name());
                    }
                }
            }
        }
    }

    #[test]
    fn accumulated_products_agree_with_the_formula_at_every_level() {
        for (k, p, vectors) in SHAPES {
            let stride = vectors * WIDTH;
            let r: Vec<f64> = (0..k * stride).map(|i| number(i).abs()).collect();
            let x: Vec<f64> = (5..p * stride + 5).map(number).collect();
            for part in [Part::All, Part::Lower] {
                for level in Level::available() {
                    let mut sums: Vec<f64> = (0..k * p).map(number).collect();
                    accumulate_products(level, part, &r, &x, stride, &mut sums);
                    for (index, value) in sums.iter().enumerate() {
                        let (i, j) = (index / p, index % p);
                        let terms = (0..stride).map(|point| r[i * stride + point] * x[j * stride + point]);
                        let formula = number(index) + terms.sum::<f64>();
                        let counts = part == Part::All || j <= i;
                        let tolerance = 1e-14 * stride as f64;
                        assert!(!counts || (value - formula).abs() < tolerance, "{k} × {p}, {}", level.name());
                    }
                }
            }
        }
    }

    #[test]
    fn a_number_does_not_depend_on_the_tile_it_falls_into() {
        let (k, p, stride) = (9, 11, 7 * WIDTH);
        let (r, x): (Vec<f64>, Vec<f64>) =
            ((0..k * stride).map(number).collect(), (9..p * stride + 9).map(number).collect());
        let a: Vec<f64> = (2..k * p + 2).map(number).collect();
        for level in Level::available() {
            let product = |rows: std::ops::Range<usize>, points: std::ops::Range<usize>| {
                let mut panels = Panels::new(rows.len(), p, Part::All);
                panels.pack(&a[rows.start * p..rows.end * p]);
                let x: Vec<f64> = x.chunks_exact(stride).flat_map(|row| row[points.clone()].to_vec()).collect();
                let mut out = vec![0.0; rows.len() * points.len()];
                multiply(level, &panels, &[], &x, points.len(), &mut out);
                out
            };
            let all = product(0..k, 0..stride);
            let single = product(6..7, 5 * WIDTH..6 * WIDTH);
            assert_eq!(all[6 * stride + 5 * WIDTH..6 * stride + 6 * WIDTH], single, "{}", level.name());
            let sums = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
                let mut sums = vec![0.0; rows.len() * columns.len()];
                let (r, x) =
                    (&r[rows.start * stride..rows.end * stride], &x[columns.start * stride..columns.end * stride]);
                accumulate_products(level, Part::All, r, x, stride, &mut sums);
                sums
            };
            assert_eq!(sums(0..k, 0..p)[6 * p + 10], sums(6..7, 10..11)[0], "{}", level.name());
        }
    }
}
