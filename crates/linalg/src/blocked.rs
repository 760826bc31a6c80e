//! The operations of [`spd`](crate::spd) on matrices of many variables, by faer's blocked products. At d = 256 a plain loop takes
//! some 20 times as long.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, MatMut, MatRef, Par};

const ALL: BlockStructure = BlockStructure::Rectangular;
const LOWER: BlockStructure = BlockStructure::TriangularLower;
const UPPER: BlockStructure = BlockStructure::TriangularUpper;

/// A matrix in rows, and what of it is read or written.
type Read<'a> = (MatRef<'a, f64>, BlockStructure);

fn read(matrix: &[f64], d: usize) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(matrix, d, d)
}

fn product(
    out: &mut [f64],
    structure: BlockStructure,
    (left, left_of): Read<'_>,
    (right, right_of): Read<'_>,
    d: usize,
) {
    let out = MatMut::from_row_major_slice_mut(out, d, d);
    matmul(out, structure, Accum::Replace, left, left_of, right, right_of, 1.0, Par::Seq);
}

/// Copies the lower triangle to the upper one.
fn mirror(matrix: &mut [f64], d: usize) {
    for i in 0..d {
        for j in 0..i {
            matrix[j * d + i] = matrix[i * d + j];
        }
    }
}

pub(crate) fn invert_factor(l: &[f64], inverse: &mut [f64], d: usize) {
    inverse.fill(0.0);
    invert_lower_triangular(MatMut::from_row_major_slice_mut(inverse, d, d), read(l, d), Par::Seq);
}

pub(crate) fn multiply_factors(left: &[f64], right: &[f64], out: &mut [f64], d: usize) {
    out.fill(0.0);
    product(out, LOWER, (read(left, d), LOWER), (read(right, d), LOWER), d);
}

pub(crate) fn multiply_symmetric(l: &[f64], m: &[f64], out: &mut [f64], d: usize) {
    product(out, ALL, (read(l, d), LOWER), (read(m, d), ALL), d);
}

pub(crate) fn congruence(l: &[f64], m: &[f64], out: &mut [f64], work: &mut [f64], d: usize) {
    multiply_symmetric(l, m, work, d);
    product(out, LOWER, (read(work, d), ALL), (read(l, d).transpose(), UPPER), d);
    mirror(out, d);
}

pub(crate) fn reconstruct(l: &[f64], out: &mut [f64], d: usize) {
    product(out, LOWER, (read(l, d), LOWER), (read(l, d).transpose(), UPPER), d);
    mirror(out, d);
}
