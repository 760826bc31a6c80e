//! Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations.
//!
//! The engine's decomposition is vectorised, and its last bits depend on the processor. What decides the data of a study must not;
//! so here is the plain old method, for the few variables of a simulated mixture.

/// Sweeps over all off-diagonal entries; convergence is quadratic and needs about six.
const SWEEPS: usize = 60;

/// Eigenvalues (d, in no order) and unit eigenvectors (d × d, row-major, one per column) of `a` (d × d, symmetric).
pub(super) fn symmetric(mut a: Vec<f64>, d: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; d * d];
    for i in 0..d {
        vectors[i * d + i] = 1.0;
    }
    for _ in 0..SWEEPS {
        let off: f64 = (0..d).flat_map(|p| (p + 1..d).map(move |q| (p, q))).map(|(p, q)| a[p * d + q].abs()).sum();
        if off == 0.0 {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                let small = f64::EPSILON * (a[p * d + p].abs() * a[q * d + q].abs()).sqrt();
                if a[p * d + q].abs() <= 1e-3 * small {
                    a[p * d + q] = 0.0;
                    a[q * d + p] = 0.0;
                    continue;
                }
                rotate(&mut a, &mut vectors, d, p, q);
            }
        }
    }
    ((0..d).map(|i| a[i * d + i]).collect(), vectors)
}

/// The rotation in the plane (p, q) that makes entry (p, q) vanish (Golub & Van Loan, symmetric Schur decomposition).
fn rotate(a: &mut [f64], vectors: &mut [f64], d: usize, p: usize, q: usize) {
    let theta = (a[q * d + q] - a[p * d + p]) / (2.0 * a[p * d + q]);
    let sign = if theta < 0.0 { -1.0 } else { 1.0 };
    let t = sign / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for i in 0..d {
        let (x, y) = (a[i * d + p], a[i * d + q]);
        (a[i * d + p], a[i * d + q]) = (c * x - s * y, s * x + c * y);
    }
    for i in 0..d {
        let (x, y) = (a[p * d + i], a[q * d + i]);
        (a[p * d + i], a[q * d + i]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (vectors[i * d + p], vectors[i * d + q]);
        (vectors[i * d + p], vectors[i * d + q]) = (c * x - s * y, s * x + c * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_comes_back() {
        let d = 4;
        let a = [4.0, 1.0, -2.0, 0.5, 1.0, 3.0, 0.0, 1e-9, -2.0, 0.0, 5.0, 2.0, 0.5, 1e-9, 2.0, 1e-3];
        let (values, vectors) = symmetric(a.to_vec(), d);
        for i in 0..d {
            for j in 0..d {
                let back: f64 = (0..d).map(|l| values[l] * vectors[i * d + l] * vectors[j * d + l]).sum();
                assert!((back - a[i * d + j]).abs() < 1e-13, "({i}, {j}): {back}");
                let product: f64 = (0..d).map(|l| vectors[l * d + i] * vectors[l * d + j]).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-14);
            }
        }
        assert_eq!(symmetric(vec![2.0], 1), (vec![2.0], vec![1.0]));
    }
}
