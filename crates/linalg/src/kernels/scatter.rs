//! Σ r z and the lower triangle of Σ r z zᵀ for any dimension, in register tiles.
//!
//! Vectors run along the features, not along the points: then a sum over points needs no sum across a vector. The points
//! stand in *panels* of eight features, point after point, so that a tile walks few contiguous streams whatever the
//! dimension (rows a power of two apart would share the same few lines of the cache). A tile is 8 rows of the matrix by up to
//! 3 vectors. The weights multiply the vectors as they are loaded: one multiplication for eight multiply-adds, and nothing is
//! stored but sums.
//!
//! Where a vector holds a panel (AVX-512), a block on the diagonal takes 5 sums instead of 8: turned by t = 0 .. 4 lanes, z meets r z
//! in the products of features t apart, around the end, which are all there are (at t = 4 half of the lanes repeat the others and are
//! ignored). On narrower vectors a tile is 4 rows and the blocks on the diagonal are multiplied whole: turned ones, tried in the same
//! tile with AVX2, ran short of its 16 registers and took up to twice as long.
//!
//! The sums go on from where they stand, one point after another. So they do not depend on how points are cut into blocks, and a
//! point with r = 0 may as well not come: a multiple of zero is added, which changes no bit. Long sums are the caller's affair, who
//! begins anew every few thousand points.

use super::{Level, filled};
use pulp::{Simd, WithSimd};

/// Features of a panel.
pub const PANEL: usize = 8;

/// Vectors of features of a tile.
const TILE: usize = 3;

/// Vectors of a diagonal block that is turned.
const TURNS: usize = PANEL / 2 + 1;

/// Length of the panels of `rows` points of dimension `d`.
pub fn panels_len(rows: usize, d: usize) -> usize {
    d.div_ceil(PANEL) * PANEL * rows
}

/// Where the sums go; they are added to.
#[derive(Debug)]
pub struct Moments<'a> {
    /// Σ r z, d.
    pub first: &'a mut [f64],
    /// Lower triangle of Σ r z zᵀ, packed by rows, d(d+1)/2.
    pub second: &'a mut [f64],
}

struct Op<'a> {
    panels: &'a [f64],
    r: &'a [f64],
    sums: Moments<'a>,
}

impl WithSimd for Op<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let d = self.sums.first.len();
        if S::F64_LANES == PANEL {
            for panel in 0..d.div_ceil(PANEL) {
                self.panel::<S>(simd, panel);
            }
        } else {
            // Four rows on narrower vectors: eight would not fit the 16 registers of AVX2.
            for row in (0..d).step_by(4) {
                self.rows::<S, 4>(simd, row);
            }
        }
    }
}

impl Op<'_> {
    /// The rows of a panel where a vector is as long: whole tiles from the left; what is left over shares a tile with the diagonal.
    #[inline(always)]
    fn panel<S: Simd>(&mut self, simd: S, panel: usize) {
        let (row, left) = (panel * PANEL, panel % TILE);
        for column in (0..panel - left).step_by(TILE) {
            self.tile::<S, PANEL, TILE, 0, false>(simd, row, column);
        }
        match left {
            // A diagonal block left alone goes with the next panel, if there is one: that saves a multiplication.
            0 if row + PANEL < self.sums.first.len() => 0,
            0 => self.tile::<S, PANEL, 0, 1, false>(simd, row, panel),
            1 => self.tile::<S, PANEL, 1, 2, false>(simd, row, panel - 1),
            _ => self.tile::<S, PANEL, 2, 1, false>(simd, row, panel - 2),
        };
    }

    /// Rows row .. row + R of the matrix, up to the diagonal; with the last rows, which see all features, Σ r z.
    #[inline(always)]
    fn rows<S: Simd, const R: usize>(&mut self, simd: S, row: usize) {
        let d = self.sums.first.len();
        let (last, columns) = (row + R >= d, (row + R).min(d).div_ceil(S::F64_LANES));
        let mut column = 0;
        while column < columns {
            column += match (columns - column, last) {
                (1, false) => self.tile::<S, R, 1, 0, false>(simd, row, column),
                (1, true) => self.tile::<S, R, 1, 0, true>(simd, row, column),
                (2 | 4, false) => self.tile::<S, R, 2, 0, false>(simd, row, column),
                (2 | 4, true) => self.tile::<S, R, 2, 0, true>(simd, row, column),
                (_, false) => self.tile::<S, R, TILE, 0, false>(simd, row, column),
                (_, true) => self.tile::<S, R, TILE, 0, true>(simd, row, column),
            };
        }
    }

    /// R rows by C vectors of features, and Σ r z of these if FIRST. With D = 1 also the turned block on the diagonal of these rows, with
    /// D = 2 that of the last of the C vectors, too; both with Σ r z of their features. Gives back C.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const C: usize, const D: usize, const FIRST: bool>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
    ) -> usize {
        let (rows, d) = (self.r.len(), self.sums.first.len());
        let panel = |feature: usize| &self.panels[feature / PANEL * PANEL * rows..].as_chunks::<PANEL>().0[..rows];
        let (left, from) = (panel(row), row % PANEL);
        let part: [usize; C] = filled(|c| (column + c) * S::F64_LANES % PANEL / S::F64_LANES);
        let right: [&[[f64; PANEL]]; C] = filled(|c| panel((column + c) * S::F64_LANES));
        let zero = simd.splat_f64s(0.0);
        let (mut first, mut second) = ([zero; C], [[zero; C]; R]);
        let (mut own, mut turned) = ([zero; D], [[zero; TURNS]; D]);
        let at = column * S::F64_LANES;
        if FIRST {
            for c in 0..C {
                first[c] = take::<S>(simd, self.sums.first, at + c * S::F64_LANES, d);
            }
        }
        // Apart from the vectors: were both in one loop, it would be too long to unroll.
        let mut blocks = [Block::default(); D];
        for k in 0..D {
            blocks[k].take(&self.sums, row - k * PANEL);
        }
        // Nothing here can panic, so that the loops unroll and the sums stay in registers.
        for k in 0..D {
            own[k] = S::as_simd_f64s(&blocks[k].first).0[0];
            for t in 0..TURNS {
                turned[k][t] = S::as_simd_f64s(&blocks[k].turned[t]).0[0];
            }
        }
        for a in 0..R {
            let start = (row + a) * (row + a + 1) / 2;
            for c in 0..C {
                let at = at + c * S::F64_LANES;
                second[a][c] = take::<S>(simd, self.sums.second, start + at, start + row + a + 1);
            }
        }
        for (i, &r) in self.r.iter().enumerate() {
            let r = simd.splat_f64s(r);
            let mut weighted = [r; C];
            for c in 0..C {
                weighted[c] = simd.mul_f64s(r, S::as_simd_f64s(&right[c][i]).0[part[c]]);
            }
            if FIRST {
                for c in 0..C {
                    first[c] = simd.add_f64s(first[c], weighted[c]);
                }
            }
            for k in 0..D {
                let z = S::as_simd_f64s(if k == 0 { &left[i] } else { &right[C - 1][i] }).0[0];
                let weighted = if k == 0 { simd.mul_f64s(r, z) } else { weighted[C - 1] };
                own[k] = simd.add_f64s(own[k], weighted);
                turned[k][0] = simd.mul_add_f64s(z, weighted, turned[k][0]);
                for t in 1..TURNS {
                    turned[k][t] = simd.mul_add_f64s(simd.rotate_left_f64s(z, t), weighted, turned[k][t]);
                }
            }
            let z = &left[i][from..from + R];
            for a in 0..R {
                let factor = simd.splat_f64s(z[a]);
                for c in 0..C {
                    second[a][c] = simd.mul_add_f64s(factor, weighted[c], second[a][c]);
                }
            }
        }
        if FIRST {
            for c in 0..C {
                put::<S>(simd, self.sums.first, at + c * S::F64_LANES, d, first[c]);
            }
        }
        for k in 0..D {
            S::as_mut_simd_f64s(&mut blocks[k].first).0[0] = own[k];
            for t in 0..TURNS {
                S::as_mut_simd_f64s(&mut blocks[k].turned[t]).0[0] = turned[k][t];
            }
        }
        for a in 0..R {
            let start = (row + a) * (row + a + 1) / 2;
            for c in 0..C {
                let at = at + c * S::F64_LANES;
                put::<S>(simd, self.sums.second, start + at, start + row + a + 1, second[a][c]);
            }
        }
        for k in 0..D {
            blocks[k].put(&mut self.sums, row - k * PANEL);
        }
        C
    }
}

/// A vector from the numbers `from` .. `to` of a slice, zero beyond `to` and where there are none.
#[inline(always)]
fn take<S: Simd>(simd: S, values: &[f64], from: usize, to: usize) -> S::f64s {
    if S::F64_LANES == PANEL {
        // Diagonal blocks are turned, so that all others are whole. A part takes a call, around which registers are saved.
        let whole = values.get(from..).and_then(|values| S::as_simd_f64s(values).0.first());
        return whole.copied().unwrap_or(simd.splat_f64s(0.0));
    }
    let some = values.get(from..to.min(from + S::F64_LANES));
    some.map_or(simd.splat_f64s(0.0), |some| simd.partial_load_f64s(some))
}

/// Puts a vector where [`take`] has it from.
#[inline(always)]
fn put<S: Simd>(simd: S, values: &mut [f64], from: usize, to: usize, value: S::f64s) {
    if S::F64_LANES == PANEL {
        if let Some(whole) = values.get_mut(from..).and_then(|values| S::as_mut_simd_f64s(values).0.first_mut()) {
            *whole = value;
        }
    } else if let Some(some) = values.get_mut(from..to.min(from + S::F64_LANES)) {
        simd.partial_store_f64s(some, value);
    }
}

/// A diagonal block, turned: entry (a, b) stands in vector a − b at lane b or, beyond the middle, in vector 8 − (a − b) at lane a.
#[derive(Clone, Copy, Default)]
struct Block {
    turned: [[f64; PANEL]; TURNS],
    /// Σ r z of its features.
    first: [f64; PANEL],
}

/// Calls a function for every row of a block, whose number is a constant to it: then so are the places of its entries. As a loop it was
/// not unrolled, and took longer than eight points.
macro_rules! every_row {
    ($function:ident, $($argument:expr),+) => {{
        $function::<0>($($argument),+);
        $function::<1>($($argument),+);
        $function::<2>($($argument),+);
        $function::<3>($($argument),+);
        $function::<4>($($argument),+);
        $function::<5>($($argument),+);
        $function::<6>($($argument),+);
        $function::<7>($($argument),+);
    }};
}

impl Block {
    /// The sums of rows row .. row + 8.
    #[inline(always)]
    fn take(&mut self, sums: &Moments<'_>, row: usize) {
        #[inline(always)]
        fn take<const A: usize>(block: &mut Block, sums: &Moments<'_>, row: usize) {
            let start = (row + A) * (row + A + 1) / 2 + row;
            if let (Some(&first), Some(line)) = (sums.first.get(row + A), sums.second.get(start..=start + A)) {
                block.first[A] = first;
                for b in 0..=A {
                    let (t, lane) = place(A, b);
                    block.turned[t][lane] = line[b];
                }
            }
        }
        every_row!(take, self, sums, row);
    }

    /// Back to where [`take`](Self::take) has them from.
    #[inline(always)]
    fn put(&self, sums: &mut Moments<'_>, row: usize) {
        #[inline(always)]
        fn put<const A: usize>(block: &Block, sums: &mut Moments<'_>, row: usize) {
            let start = (row + A) * (row + A + 1) / 2 + row;
            if let (Some(first), Some(line)) = (sums.first.get_mut(row + A), sums.second.get_mut(start..=start + A)) {
                *first = block.first[A];
                for b in 0..=A {
                    let (t, lane) = place(A, b);
                    line[b] = block.turned[t][lane];
                }
            }
        }
        every_row!(put, self, sums, row);
    }
}

/// Vector and lane of an entry of a [`Block`].
#[inline(always)]
fn place(a: usize, b: usize) -> (usize, usize) {
    if a - b < TURNS { (a - b, b) } else { (PANEL - (a - b), a) }
}

/// Adds Σ r z and Σ r z zᵀ of the points in `panels` (⌈d/8⌉ panels of `r.len()` points, eight features each, zero beyond
/// feature d) to `sums`.
pub fn scatter(level: Level, panels: &[f64], r: &[f64], sums: Moments<'_>) {
    level.dispatch(Op { panels, r, sums });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_at_every_level() {
        for d in [1, 5, 6, 8, 11, 16, 17, 24, 30, 32, 33, 40] {
            for rows in [1, 2, 37] {
                let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
                let z: Vec<f64> = (0..rows * d).map(number).collect();
                let r: Vec<f64> = (0..rows).map(|i| number(i + 5).abs()).collect();
                let mut panels = vec![0.0; panels_len(rows, d)];
                for (i, row) in z.chunks_exact(d).enumerate() {
                    for (j, &value) in row.iter().enumerate() {
                        panels[(j / PANEL * rows + i) * PANEL + j % PANEL] = value;
                    }
                }
                let (mut first, mut second) = (vec![0.5; d], vec![0.25; d * (d + 1) / 2]);
                for (row, &r) in z.chunks_exact(d).zip(&r) {
                    for a in 0..d {
                        first[a] += r * row[a];
                        for b in 0..=a {
                            second[a * (a + 1) / 2 + b] += r * row[a] * row[b];
                        }
                    }
                }
                for level in Level::available() {
                    let (mut s, mut t) = (vec![0.5; d], vec![0.25; d * (d + 1) / 2]);
                    scatter(level, &panels, &r, Moments { first: &mut s, second: &mut t });
                    // Each term is at most 1 and a sum of 37 rounds 37 times at most.
                    let bound = 38.0 * 38.0 * f64::EPSILON;
                    for (ours, formula) in s.iter().zip(&first).chain(t.iter().zip(&second)) {
                        assert!((ours - formula).abs() < bound, "d = {d}, {}: {ours} {formula}", level.name());
                    }
                }
            }
        }
    }

    /// Points with r = 0 left out, and the others in blocks of another length: the same bits.
    #[test]
    fn neither_zeros_nor_blocks_matter() {
        for d in [5, 8, 13, 16, 20, 30, 33] {
            let rows = 50;
            let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
            let z: Vec<f64> = (0..rows * d).map(number).collect();
            let r: Vec<f64> = (0..rows).map(|i| if i % 3 == 1 { number(i + 5).abs() } else { 0.0 }).collect();
            let of = |level: Level, blocks: &[&[usize]]| {
                let mut sums = (vec![0.0; d], vec![0.0; d * (d + 1) / 2]);
                for rows in blocks {
                    let mut panels = vec![0.0; panels_len(rows.len(), d)];
                    for (i, j) in (0..rows.len()).flat_map(|i| (0..d).map(move |j| (i, j))) {
                        panels[(j / PANEL * rows.len() + i) * PANEL + j % PANEL] = z[rows[i] * d + j];
                    }
                    let r: Vec<f64> = rows.iter().map(|&i| r[i]).collect();
                    scatter(level, &panels, &r, Moments { first: &mut sums.0, second: &mut sums.1 });
                }
                sums
            };
            let (all, some): (Vec<usize>, Vec<usize>) =
                ((0..rows).collect(), (0..rows).filter(|i| i % 3 == 1).collect());
            for level in Level::available() {
                let expected = of(level, &[&all]);
                assert!(expected.1[0] > 1.0);
                assert_eq!(of(level, &[&all[..24], &all[24..]]), expected);
                assert_eq!(of(level, &[&some]), expected);
                assert_eq!(of(level, &[&some[..3], &some[3..]]), expected);
            }
        }
    }
}
