//! Cholesky factors with judgement.
//!
//! "Cholesky succeeded" is not "well conditioned", and a condition number sees neither a covariance that shrinks as a
//! whole nor the units of the variables. So pivots are judged relative to those of the total covariance T:
//! smallest_relative_pivot = min_i (l_ii(Σ) / l_ii(T))². It is free, unaffected by rescaling variables, and never below
//! the smallest eigenvalue of L_T⁻¹ Σ L_T⁻ᵀ.
//!
//! Matrices of small dimension are the M-step of most studies: at d = 4 a loop whose bounds are known at compile time runs
//! in a fifth of the time. The operations and their order are the same.

use crate::blocked;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{self, LltRegularization};
use faer::{MatMut, Par, Spec};

/// Below this relative pivot a covariance is singular. On iris 1e-8 … 1e-14 give identical failure counts; 1e-6 would
/// kill true maxima.
pub const SINGULAR: f64 = 1e-10;

/// From this dimension on faer's blocked factorisation and products are used: below it plain loops are faster (at d = 4 by
/// a factor of five, because nothing is dispatched).
pub const BLOCKED: usize = 24;

/// Calls `$function(…, d)` with d a constant where it is at most 4, so that its loops unroll and its slices are checked once.
#[macro_export]
macro_rules! with_constant_dimension {
    ($d:expr, $function:ident($($argument:expr),* $(,)?)) => {
        match $d {
            1 => $function($($argument,)* 1),
            2 => $function($($argument,)* 2),
            3 => $function($($argument,)* 3),
            4 => $function($($argument,)* 4),
            d => $function($($argument,)* d),
        }
    };
}

/// Workspace and functions for d × d factors.
pub struct SpdFactor {
    d: usize,
    memory: Option<MemBuffer>,
}

impl Clone for SpdFactor {
    fn clone(&self) -> Self {
        Self::new(self.d)
    }
}

impl SpdFactor {
    /// Workspace for d × d matrices.
    pub fn new(d: usize) -> Self {
        let memory = (d >= BLOCKED)
            .then(|| MemBuffer::new(factor::cholesky_in_place_scratch::<f64>(d, Par::Seq, Spec::default())));
        Self { d, memory }
    }

    /// Replaces the symmetric matrix `a` (d × d; only the lower triangle is read) by its lower factor L, zeros above the
    /// diagonal. `false` if a pivot is not positive; `a` is then unspecified.
    #[must_use]
    pub fn factor(&mut self, a: &mut [f64]) -> bool {
        let d = self.d;
        debug_assert_eq!(a.len(), d * d);
        let positive = match &mut self.memory {
            None => with_constant_dimension!(d, factor_small(a)),
            Some(memory) => {
                let matrix = MatMut::from_row_major_slice_mut(a, d, d);
                let stack = MemStack::new(memory);
                factor::cholesky_in_place(matrix, LltRegularization::default(), Par::Seq, stack, Spec::default())
                    .is_ok()
            }
        };
        for i in 0..d {
            a[i * d + i + 1..(i + 1) * d].fill(0.0);
        }
        positive && (0..d).all(|i| a[i * d + i] > 0.0)
    }
}

/// Row by row: the inner products run along rows, which are contiguous.
#[inline(always)]
fn factor_small(a: &mut [f64], d: usize) -> bool {
    let a = &mut a[..d * d];
    for i in 0..d {
        for j in 0..=i {
            let mut sum = a[i * d + j];
            for m in 0..j {
                sum -= a[i * d + m] * a[j * d + m];
            }
            if i == j {
                if !(sum > 0.0) {
                    return false;
                }
                a[i * d + i] = sum.sqrt();
            } else {
                a[i * d + j] = sum / a[j * d + j];
            }
        }
    }
    true
}

/// Writes L⁻¹ of the lower factor `l` (d × d) into `inverse`, zeros above the diagonal.
pub fn invert_factor(l: &[f64], inverse: &mut [f64], d: usize) {
    if d >= BLOCKED {
        return blocked::invert_factor(l, inverse, d);
    }
    with_constant_dimension!(d, invert_factor_in(l, inverse));
}

#[inline(always)]
fn invert_factor_in(l: &[f64], inverse: &mut [f64], d: usize) {
    let l = &l[..d * d];
    let inverse = &mut inverse[..d * d];
    inverse.fill(0.0);
    for i in 0..d {
        let reciprocal = 1.0 / l[i * d + i];
        for m in 0..i {
            let factor = l[i * d + m] * reciprocal;
            let (above, row) = inverse.split_at_mut(i * d);
            for (value, &x) in row[..=m].iter_mut().zip(&above[m * d..]) {
                *value -= factor * x;
            }
        }
        inverse[i * d + i] = reciprocal;
    }
}

/// Writes the product of two lower factors into `out`, zeros above the diagonal.
pub fn multiply_factors(left: &[f64], right: &[f64], out: &mut [f64], d: usize) {
    if d >= BLOCKED {
        return blocked::multiply_factors(left, right, out, d);
    }
    with_constant_dimension!(d, multiply_factors_in(left, right, out));
}

#[inline(always)]
fn multiply_factors_in(left: &[f64], right: &[f64], out: &mut [f64], d: usize) {
    let left = &left[..d * d];
    let right = &right[..d * d];
    let out = &mut out[..d * d];
    out.fill(0.0);
    for i in 0..d {
        for m in 0..=i {
            let factor = left[i * d + m];
            for (value, &x) in out[i * d..][..=m].iter_mut().zip(&right[m * d..]) {
                *value += factor * x;
            }
        }
    }
}

/// Writes L M Lᵀ into `out` for a symmetric M (d × d, both triangles); `work` holds d × d numbers.
pub fn congruence(l: &[f64], m: &[f64], out: &mut [f64], work: &mut [f64], d: usize) {
    if d >= BLOCKED {
        return blocked::congruence(l, m, out, work, d);
    }
    with_constant_dimension!(d, congruence_in(l, m, out, work));
}

#[inline(always)]
fn congruence_in(l: &[f64], m: &[f64], out: &mut [f64], work: &mut [f64], d: usize) {
    let l = &l[..d * d];
    let m = &m[..d * d];
    let out = &mut out[..d * d];
    let work = &mut work[..d * d];
    multiply_symmetric_in(l, m, work, d);
    for i in 0..d {
        for j in 0..=i {
            let value = (0..=j).map(|b| work[i * d + b] * l[j * d + b]).sum();
            out[i * d + j] = value;
            out[j * d + i] = value;
        }
    }
}

/// Writes L M into `out` for a lower factor and a symmetric matrix (d × d, both triangles).
pub fn multiply_symmetric(l: &[f64], m: &[f64], out: &mut [f64], d: usize) {
    if d >= BLOCKED {
        return blocked::multiply_symmetric(l, m, out, d);
    }
    with_constant_dimension!(d, multiply_symmetric_in(l, m, out));
}

#[inline(always)]
fn multiply_symmetric_in(l: &[f64], m: &[f64], out: &mut [f64], d: usize) {
    let (l, m, out) = (&l[..d * d], &m[..d * d], &mut out[..d * d]);
    // Along rows of M, so that one entry of L meets d neighbours at once; each sum is in the order of a.
    for i in 0..d {
        for j in 0..d {
            out[i * d + j] = l[i * d] * m[j];
        }
        for a in 1..=i {
            for j in 0..d {
                out[i * d + j] += l[i * d + a] * m[a * d + j];
            }
        }
    }
}

/// Writes Σ = L Lᵀ into `out` (d × d, both triangles).
pub fn reconstruct(l: &[f64], out: &mut [f64], d: usize) {
    if d >= BLOCKED {
        return blocked::reconstruct(l, out, d);
    }
    with_constant_dimension!(d, reconstruct_in(l, out));
}

#[inline(always)]
fn reconstruct_in(l: &[f64], out: &mut [f64], d: usize) {
    let l = &l[..d * d];
    let out = &mut out[..d * d];
    for i in 0..d {
        for j in 0..=i {
            let value = l[i * d..][..=j].iter().zip(&l[j * d..]).map(|(a, b)| a * b).sum();
            out[i * d + j] = value;
            out[j * d + i] = value;
        }
    }
}

/// min_i l_ii² / pivots_i, and the quotient of the largest and the smallest l_ii² (a lower bound of the condition number).
/// The bound ends at the largest finite number. Both are infinite if a square is not finite.
pub fn judge(l: &[f64], pivots: &[f64]) -> (f64, f64) {
    let d = pivots.len();
    let (mut relative, mut smallest, mut largest) = (f64::INFINITY, f64::INFINITY, 0.0f64);
    for (i, &pivot) in pivots.iter().enumerate() {
        let square = l[i * d + i] * l[i * d + i];
        if !square.is_finite() {
            return (f64::INFINITY, f64::INFINITY);
        }
        relative = relative.min(square / pivot);
        smallest = smallest.min(square);
        largest = largest.max(square);
    }
    (relative, (largest / smallest).min(f64::MAX))
}

/// Σ ln l_ii, half of log |Σ|: a logarithm of the product of as many as stay far inside the range of a double.
pub fn half_log_determinant(l: &[f64], d: usize) -> f64 {
    let (mut sum, mut product) = (0.0, 1.0f64);
    for i in 0..d {
        let pivot = l[i * d + i];
        if !(1e-100..=1e100).contains(&pivot) {
            sum += pivot.ln();
            continue;
        }
        product *= pivot;
        if !(1e-100..=1e100).contains(&product) {
            sum += product.ln();
            product = 1.0;
        }
    }
    sum + product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(d: usize) -> Vec<f64> {
        let mut a = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..d {
                a[i * d + j] = 1.0 / (1.0 + i.abs_diff(j) as f64) + if i == j { 0.5 } else { 0.0 };
            }
        }
        a
    }

    #[test]
    fn half_log_determinants_of_any_size() {
        for pivots in
            [vec![2.0, 0.5, 3.0], vec![1e-90; 7], vec![1e90; 7], vec![1e-200, 1e200, 1e-300, 5.0], vec![0.0, 1.0]]
        {
            let d = pivots.len();
            let mut l = vec![0.0; d * d];
            pivots.iter().enumerate().for_each(|(i, pivot)| l[i * d + i] = *pivot);
            let expected: f64 = pivots.iter().map(|pivot: &f64| pivot.ln()).sum();
            let found = half_log_determinant(&l, d);
            assert!(
                found == expected || (found - expected).abs() < 1e-12 * (1.0 + expected.abs()),
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn factor_inverse_and_product_agree() {
        for d in [1, 2, 4, 9, BLOCKED, 40] {
            let a = matrix(d);
            let mut l = a.clone();
            assert!(SpdFactor::new(d).factor(&mut l));
            let mut back = vec![0.0; d * d];
            reconstruct(&l, &mut back, d);
            assert!(a.iter().zip(&back).all(|(x, y)| (x - y).abs() < 1e-13), "d = {d}");
            let (mut inverse, mut product) = (vec![0.0; d * d], vec![0.0; d * d]);
            multiply_symmetric(&l, &a, &mut product, d);
            let (mut seen, mut work) = (vec![0.0; d * d], vec![0.0; d * d]);
            congruence(&l, &a, &mut seen, &mut work, d);
            for i in 0..d {
                for j in 0..d {
                    let row = |i: usize, j: usize| (0..=i).map(|m| l[i * d + m] * a[m * d + j]).sum::<f64>();
                    assert!((product[i * d + j] - row(i, j)).abs() < 1e-13, "d = {d}");
                    let both: f64 = (0..=j).map(|m| row(i, m) * l[j * d + m]).sum();
                    assert!((seen[i * d + j] - both).abs() < 1e-12, "d = {d}");
                }
            }
            invert_factor(&l, &mut inverse, d);
            multiply_factors(&l, &inverse, &mut product, d);
            for i in 0..d {
                for j in 0..d {
                    assert!((product[i * d + j] - f64::from(u8::from(i == j))).abs() < 1e-13);
                }
            }
            let mut identity = vec![0.0; d * d];
            for i in 0..d {
                identity[i * d + i] = 1.0;
            }
            let mut work = vec![0.0; d * d];
            congruence(&l, &identity, &mut back, &mut work, d);
            assert!(a.iter().zip(&back).all(|(x, y)| (x - y).abs() < 1e-13));
        }
    }

    #[test]
    fn indefinite_matrices_and_nan_are_refused() {
        for d in [2, BLOCKED] {
            let mut a = matrix(d);
            a[d + 1] = -1.0;
            assert!(!SpdFactor::new(d).factor(&mut a));
            let mut a = matrix(d);
            a[d] = f64::NAN;
            a[1] = f64::NAN;
            assert!(!SpdFactor::new(d).factor(&mut a));
        }
    }

    #[test]
    fn judgement_ignores_units_and_sees_shrinking() {
        // diag(1, 1e-18): the factor exists, the relative pivot tells.
        let l = [1.0, 0.0, 0.0, 1e-9];
        let (relative, condition) = judge(&l, &[1.0, 1.0]);
        assert!((relative - 1e-18).abs() < 1e-30 && (condition - 1e18).abs() < 1e6);
        assert_eq!(judge(&[1e3, 0.0, 0.0, 1e-9], &[1e6, 1e-18]).0.round(), 1.0);
        // One dimension: the condition is 1 however small the variance.
        assert_eq!(judge(&[1e-9], &[1.0]).1, 1.0);
        // Beyond the range of a double: the bound ends there, and a square that is no number judges nothing.
        assert_eq!(judge(&[1e100, 0.0, 0.0, 1e-100], &[1e200, 1e-200]), (1.0, f64::MAX));
        for l in [f64::INFINITY, 1e160] {
            assert_eq!(judge(&[l, 0.0, 0.0, 1.0], &[1.0, 1.0]), (f64::INFINITY, f64::INFINITY));
        }
    }
}
