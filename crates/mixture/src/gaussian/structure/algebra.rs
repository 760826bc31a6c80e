//! Volumes, shapes and orientations: what the structures share.

/// Σ_k W_k (d × d).
pub(super) fn pool(scatters: &[f64], d: usize, pooled: &mut [f64]) {
    pooled.fill(0.0);
    for scatter in scatters.chunks_exact(d * d) {
        for (sum, value) in pooled.iter_mut().zip(scatter) {
            *sum += value;
        }
    }
}

/// The diagonal of a d × d matrix.
pub(super) fn diagonal(matrix: &[f64], d: usize) -> impl Iterator<Item = f64> {
    (0..d).map(move |j| matrix[j * d + j])
}

/// Geometric mean, through logarithms: |A|^{1/d} of a diagonal A neither overflows nor underflows.
pub(super) fn geometric_mean(values: impl Iterator<Item = f64>, d: usize) -> f64 {
    (values.map(f64::ln).sum::<f64>() / d as f64).exp()
}

/// Divides `shape` by its geometric mean, which is given back: determinant 1 remains.
pub(super) fn normalise(shape: &mut [f64]) -> f64 {
    let volume = geometric_mean(shape.iter().copied(), shape.len());
    for value in shape.iter_mut() {
        *value /= volume;
    }
    volume
}

/// Writes volume · D diag(shape) Dᵀ, D by columns: column j stands at `orientation[i * d + j]`.
pub(in crate::gaussian) fn write_oriented(covariance: &mut [f64], volume: f64, shape: &[f64], orientation: &[f64]) {
    let d = shape.len();
    for a in 0..d {
        for b in 0..=a {
            let value: f64 = (0..d).map(|j| orientation[a * d + j] * shape[j] * orientation[b * d + j]).sum();
            covariance[a * d + b] = volume * value;
            covariance[b * d + a] = volume * value;
        }
    }
}

/// The d × d identity.
pub(super) fn write_identity(matrix: &mut [f64], d: usize) {
    matrix.fill(0.0);
    for j in 0..d {
        matrix[j * d + j] = 1.0;
    }
}

/// Replaces columns j and l of D by c d_j + s d_l and −s d_j + c d_l.
fn rotate_columns(matrix: &mut [f64], d: usize, (j, l): (usize, usize), (c, s): (f64, f64)) {
    for row in matrix.chunks_exact_mut(d) {
        let (a, b) = (row[j], row[l]);
        row[j] = c * a + s * b;
        row[l] = c * b - s * a;
    }
}

/// Rᵀ B R for the plane rotation R: the scatter as seen from the rotated orientation.
fn rotate_both(matrix: &mut [f64], d: usize, pair: (usize, usize), rotation: (f64, f64)) {
    rotate_columns(matrix, d, pair, rotation);
    let ((j, l), (c, s)) = (pair, rotation);
    for i in 0..d {
        let (a, b) = (matrix[j * d + i], matrix[l * d + i]);
        matrix[j * d + i] = c * a + s * b;
        matrix[l * d + i] = c * b - s * a;
    }
}

/// Cosine and sine of half the angle whose cosine and sine are given, cosine ≥ 0. The larger of the two comes from the root
/// and the other from the sine: near a half turn 1 + cosine would have lost its digits, and what is no rotation to 1e-16
/// raises what it should lower as soon as variances differ by seven orders of magnitude.
fn half_angle(cosine: f64, sine: f64) -> (f64, f64) {
    let cosine = cosine.clamp(-1.0, 1.0);
    if cosine >= 0.0 {
        let c = f64::midpoint(1.0, cosine).sqrt();
        (c, sine / (2.0 * c))
    } else {
        let s = f64::midpoint(1.0, -cosine).sqrt();
        (sine.abs() / (2.0 * s), s.copysign(sine))
    }
}

/// Makes the columns of D orthonormal again (modified Gram-Schmidt): each of thousands of rotations leaves 1e-16 behind.
pub(super) fn orthonormalise(orientation: &mut [f64], d: usize) {
    for j in 0..d {
        for l in 0..=j {
            let dot: f64 = orientation.chunks_exact(d).map(|row| row[l] * row[j]).sum();
            let norm = dot.sqrt();
            for row in orientation.chunks_exact_mut(d) {
                row[j] = if l < j { row[j] - dot * row[l] } else { row[j] / norm };
            }
        }
    }
}

/// One sweep of plane rotations over all pairs of columns of the common orientation D, each an exact minimiser of
/// Σ_k tr(B_k diag(1 / a_k)) with the B_k = Dᵀ W_k D kept up to date (Flury & Gautschi 1986, key `flury1986`, with the
/// shapes held fixed): in the plane of columns j and l the sum is a constant plus P cos 2θ + Q sin 2θ with
///
/// P = Σ_k (1/a_kj − 1/a_kl)(B_jj − B_ll)/2, Q = Σ_k (1/a_kj − 1/a_kl) B_jl,
///
/// so its minimum is known in closed form, and no step can raise it. `rotated` holds the B_k, `variances` the a_k (K × d).
/// Gives back the largest |sin θ| that was taken.
pub(super) fn rotate_common(rotated: &mut [f64], variances: &[f64], orientation: &mut [f64], d: usize) -> f64 {
    let mut largest: f64 = 0.0;
    for j in 0..d {
        for l in j + 1..d {
            let (mut p, mut q) = (0.0, 0.0);
            for (b, a) in rotated.chunks_exact(d * d).zip(variances.chunks_exact(d)) {
                let contrast = 1.0 / a[j] - 1.0 / a[l];
                p += contrast * 0.5 * (b[j * d + j] - b[l * d + l]);
                q += contrast * b[j * d + l];
            }
            let radius = p.hypot(q);
            if !(radius > 0.0 && radius.is_finite()) {
                continue;
            }
            let rotation = half_angle(-p / radius, -q / radius);
            // Rounding must not turn a minimum into a random walk.
            if rotation.1.abs() < 1e-16 {
                continue;
            }
            largest = largest.max(rotation.1.abs().min(rotation.0.abs()));
            rotate_columns(orientation, d, (j, l), rotation);
            for b in rotated.chunks_exact_mut(d * d) {
                rotate_both(b, d, (j, l), rotation);
            }
        }
    }
    largest
}

/// Dᵀ W D into `out`; `work` holds d × d numbers.
pub(super) fn seen_from(orientation: &[f64], scatter: &[f64], out: &mut [f64], work: &mut [f64], d: usize) {
    for a in 0..d {
        for j in 0..d {
            work[a * d + j] = (0..d).map(|b| scatter[a * d + b] * orientation[b * d + j]).sum();
        }
    }
    for i in 0..d {
        for j in 0..d {
            out[i * d + j] = (0..d).map(|a| orientation[a * d + i] * work[a * d + j]).sum();
        }
    }
}

/// Eigenvalues (descending) and orthonormal eigenvectors (columns of `vectors`) of the symmetric `matrix`, which is
/// overwritten, by cyclic Jacobi rotations: no allocation, and small eigenvalues keep their relative accuracy.
pub(in crate::gaussian) fn eigen(matrix: &mut [f64], values: &mut [f64], vectors: &mut [f64], d: usize) {
    write_identity(vectors, d);
    for _ in 0..64 {
        let mut clean = true;
        for j in 0..d {
            for l in j + 1..d {
                let (diagonal, off) = (matrix[j * d + j] * matrix[l * d + l], matrix[j * d + l]);
                if !(off * off > f64::EPSILON * f64::EPSILON * diagonal.abs()) {
                    continue;
                }
                clean = false;
                let (x, y) = (matrix[j * d + j] - matrix[l * d + l], 2.0 * off);
                let radius = x.hypot(y);
                // The larger eigenvalue to the front; the smaller of the two possible angles.
                let rotation =
                    if x >= 0.0 { half_angle(x / radius, y / radius) } else { half_angle(-x / radius, -y / radius) };
                rotate_columns(vectors, d, (j, l), rotation);
                rotate_both(matrix, d, (j, l), rotation);
            }
        }
        if clean {
            break;
        }
    }
    for (j, value) in values.iter_mut().enumerate() {
        *value = matrix[j * d + j];
    }
    for j in 0..d {
        let largest = (j..d).fold(j, |best, l| if values[l] > values[best] { l } else { best });
        if largest != j {
            values.swap(j, largest);
            for row in vectors.chunks_exact_mut(d) {
                row.swap(j, largest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric(d: usize, seed: usize) -> Vec<f64> {
        let number = |i: usize| ((i * 7919 + seed * 104729) % 1009) as f64 / 1009.0 - 0.5;
        let b: Vec<f64> = (0..d * d).map(number).collect();
        let mut a = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..d {
                a[i * d + j] = (0..d).map(|m| b[i * d + m] * b[j * d + m]).sum();
            }
        }
        a
    }

    #[test]
    fn half_angles_are_rotations_also_next_to_a_half_turn() {
        for exponent in 0..40 {
            for sign in [1.0, -1.0] {
                let angle: f64 = sign * (std::f64::consts::PI - 0.5_f64.powi(exponent));
                let (c, s) = half_angle(angle.cos(), angle.sin());
                assert!((c * c + s * s - 1.0).abs() < 1e-15, "{angle}: {c} {s}");
                assert!((c - (angle / 2.0).cos()).abs() < 1e-15 && (s - (angle / 2.0).sin()).abs() < 1e-15, "{angle}");
            }
        }
        assert_eq!(half_angle(-1.0, 0.0), (0.0, 1.0));
    }

    #[test]
    fn orthonormal_again() {
        let d = 4;
        let mut orientation = vec![0.0; d * d];
        write_identity(&mut orientation, d);
        for (i, value) in orientation.iter_mut().enumerate() {
            *value += 1e-9 * (i % 5) as f64;
        }
        orthonormalise(&mut orientation, d);
        for (j, l) in (0..d).flat_map(|j| (0..d).map(move |l| (j, l))) {
            let dot: f64 = orientation.chunks_exact(d).map(|row| row[j] * row[l]).sum();
            assert!((dot - f64::from(u8::from(j == l))).abs() < 1e-15, "{j} {l}: {dot}");
        }
    }

    #[test]
    fn eigen_reconstructs_and_sorts() {
        for d in 1..8 {
            let a = symmetric(d, 3);
            let (mut work, mut values, mut vectors) = (a.clone(), vec![0.0; d], vec![0.0; d * d]);
            eigen(&mut work, &mut values, &mut vectors, d);
            assert!(values.windows(2).all(|w| w[0] >= w[1]));
            let mut back = vec![0.0; d * d];
            write_oriented(&mut back, 1.0, &values, &vectors);
            assert!(a.iter().zip(&back).all(|(x, y)| (x - y).abs() < 1e-14), "d = {d}");
        }
    }

    #[test]
    fn common_rotations_never_raise_the_trace_and_find_a_common_orientation() {
        let d = 4;
        // Scatters that share eigenvectors exactly.
        let (mut work, mut values, mut truth) = (symmetric(d, 1), vec![0.0; d], vec![0.0; d * d]);
        eigen(&mut work, &mut values, &mut truth, d);
        let shapes = [[4.0, 3.0, 2.0, 1.0], [1.0, 5.0, 0.5, 2.0]];
        let mut scatters = vec![0.0; 2 * d * d];
        for (scatter, shape) in scatters.chunks_exact_mut(d * d).zip(&shapes) {
            write_oriented(scatter, 1.0, shape, &truth);
        }
        let mut orientation = vec![0.0; d * d];
        write_identity(&mut orientation, d);
        let variances: Vec<f64> = shapes.concat();
        let objective = |rotated: &[f64]| -> f64 {
            let terms = rotated.chunks_exact(d * d).zip(variances.chunks_exact(d));
            terms.map(|(b, a)| (0..d).map(|j| b[j * d + j] / a[j]).sum::<f64>()).sum()
        };
        let mut before = objective(&scatters);
        for _ in 0..200 {
            rotate_common(&mut scatters, &variances, &mut orientation, d);
            let after = objective(&scatters);
            assert!(after <= before + 1e-12);
            before = after;
        }
        assert!((before - 2.0 * d as f64).abs() < 1e-9, "{before}");
    }
}
