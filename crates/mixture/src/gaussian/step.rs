//! What an M-step does to one component, formed from its factors: V, the gain of Q, the change of the covariance.
//!
//! With y = L⁻¹(x − μ), A = L′⁻¹ L = I + E and b = L′⁻¹(μ′ − μ) the residuals after the step are y′ = A y − b, and a component's
//! part of ΔQ is −N Σ ln(l′_ii / l_ii) − ½ [Σ w r |y′|² − Σ w r |y|²]. It is formed from E = L′⁻¹(L − L′), so that near a
//! fixed point, where A ≈ I, no digits cancel. For d ≤ 4 gain and change are those of [`linalg::kernels::Abreast`].

use linalg::{spd, with_constant_dimension};

/// Statistics of one component, whitened at its parameters.
#[derive(Clone, Copy)]
pub(super) struct Sums<'a> {
    /// N = Σ w r.
    pub count: f64,
    /// Σ w r y, d.
    pub first: &'a [f64],
    /// Lower triangle of Σ w r y yᵀ, packed by rows.
    pub second: &'a [f64],
}

/// Parameters of one component.
#[derive(Clone, Copy)]
pub(super) struct Component<'a> {
    /// μ, d.
    pub mean: &'a [f64],
    /// L, d × d.
    pub factor: &'a [f64],
    /// L⁻¹, d × d.
    pub inverse: &'a [f64],
}

/// μ′ = μ + L s/N into `mean` and V = S/N − (s/N)(s/N)ᵀ, both triangles, into `whitened`.
pub(super) fn centre(from: Component<'_>, sums: Sums<'_>, mean: &mut [f64], whitened: &mut [f64]) {
    with_constant_dimension!(from.mean.len(), centre_in(from, sums, mean, whitened));
}

#[inline(always)]
fn centre_in(from: Component<'_>, sums: Sums<'_>, mean: &mut [f64], whitened: &mut [f64], d: usize) {
    let (factor, first, old, mean) = (&from.factor[..d * d], &sums.first[..d], &from.mean[..d], &mut mean[..d]);
    let count = sums.count;
    for i in 0..d {
        let mut shift = 0.0;
        for j in 0..=i {
            shift += factor[i * d + j] * first[j];
        }
        mean[i] = old[i] + shift / count;
    }
    unpack_in(sums.second, whitened, d);
    let whitened = &mut whitened[..d * d];
    for a in 0..d {
        for b in 0..d {
            whitened[a * d + b] = whitened[a * d + b] / count - (first[a] / count) * (first[b] / count);
        }
    }
}

/// Writes the symmetric matrix whose packed lower triangle is `packed`.
#[inline(always)]
fn unpack_in(packed: &[f64], matrix: &mut [f64], d: usize) {
    let (packed, matrix) = (&packed[..d * (d + 1) / 2], &mut matrix[..d * d]);
    let mut entry = 0;
    for a in 0..d {
        for b in 0..=a {
            matrix[a * d + b] = packed[entry];
            matrix[b * d + a] = packed[entry];
            entry += 1;
        }
    }
}

/// The component's part of ΔQ but for its weight; each of `work` holds d × d numbers.
pub(super) fn q_gain(from: Component<'_>, to: Component<'_>, sums: Sums<'_>, work: &mut [Vec<f64>; 3]) -> f64 {
    let d = from.mean.len();
    let (l, l_next, inverse) = (&from.factor[..d * d], &to.factor[..d * d], &to.inverse[..d * d]);
    let (mean, mean_next, first) = (&from.mean[..d], &to.mean[..d], &sums.first[..d]);
    let [difference, e, moment] = work;
    let (difference, e, moment) = (&mut difference[..d * d], &mut e[..d * d], &mut moment[..d * d]);
    unpack_in(sums.second, moment, d);
    for i in 0..d * d {
        difference[i] = l[i] - l_next[i];
    }
    spd::multiply_factors(inverse, difference, e, d);
    // E S takes the place of the differences, which are not needed any more.
    spd::multiply_symmetric(e, moment, difference, d);
    let (e_moment, mut squares) = (difference, 0.0);
    for i in 0..d {
        // Row i of E against S: 2 (E S)_ii + (E S Eᵀ)_ii, and the shift b_i.
        let mut shift = 0.0;
        for j in 0..=i {
            shift += inverse[i * d + j] * (mean_next[j] - mean[j]);
        }
        let mut along = first[i];
        for a in 0..=i {
            let e_ia = e[i * d + a];
            along += e_ia * first[a];
            squares += 2.0 * e_ia * moment[a * d + i];
            squares += e_ia * e_moment[i * d + a];
        }
        squares += shift * (sums.count * shift - 2.0 * along);
    }
    -sums.count * log_ratio(l, l_next, d) - 0.5 * squares
}

/// Σ ln(l′_ii / l_ii). One logarithm for all: the product of (1 + (l′ − l)/l) is formed as 1 + p, so that a ratio next to
/// one keeps its digits; where it may leave the range of a double, by terms.
fn log_ratio(l: &[f64], l_next: &[f64], d: usize) -> f64 {
    let mut product = 0.0;
    for i in 0..d {
        let u = (l_next[i * d + i] - l[i * d + i]) / l[i * d + i];
        product += u + product * u;
    }
    if product > -0.5 && product < 1e100 {
        f64::ln_1p(product)
    } else {
        (0..d).map(|i| (l_next[i * d + i] / l[i * d + i]).ln()).sum()
    }
}

/// Largest change of an entry of Σ, in units of the product of two `scales`, or of the mean in units of one.
///
/// From d = [`spd::BLOCKED`] on the two covariances are written out (and allocated: d² numbers beside O(d³) operations).
pub(super) fn change(from: Component<'_>, to: Component<'_>, scales: &[f64]) -> f64 {
    let d = scales.len();
    if d >= spd::BLOCKED {
        let (mut old, mut new) = (vec![0.0; d * d], vec![0.0; d * d]);
        spd::reconstruct(from.factor, &mut old, d);
        spd::reconstruct(to.factor, &mut new, d);
        let means = from.mean.iter().zip(to.mean).zip(scales).map(|((a, b), scale)| (b - a).abs() / scale);
        let entries = old.iter().zip(&new).enumerate();
        let covariances = entries.map(|(i, (a, b))| (b - a).abs() / (scales[i / d] * scales[i % d]));
        return means.chain(covariances).fold(0.0, f64::max);
    }
    let (l, l_next, scales) = (&from.factor[..d * d], &to.factor[..d * d], &scales[..d]);
    let (mean, mean_next) = (&from.mean[..d], &to.mean[..d]);
    let mut largest: f64 = 0.0;
    for i in 0..d {
        largest = largest.max((mean_next[i] - mean[i]).abs() / scales[i]);
        for j in 0..=i {
            let (mut old, mut new) = (0.0, 0.0);
            for a in 0..=j {
                old += l[i * d + a] * l[j * d + a];
                new += l_next[i * d + a] * l_next[j * d + a];
            }
            largest = largest.max((new - old).abs() / (scales[i] * scales[j]));
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_of_ratios_keep_their_digits() {
        let terms = |pairs: &[(f64, f64)]| -> (f64, f64) {
            let d = pairs.len();
            let (mut l, mut next, mut expected) = (vec![0.0; d * d], vec![0.0; d * d], 0.0);
            for (i, &(a, b)) in pairs.iter().enumerate() {
                (l[i * d + i], next[i * d + i]) = (a, b);
                expected += if (b - a).abs() < a / 2.0 { ((b - a) / a).ln_1p() } else { (b / a).ln() };
            }
            (log_ratio(&l, &next, d), expected)
        };
        for pairs in [
            &[(1.0, 1.0 + 1e-13), (2.0, 2.0 - 3e-13)][..],
            &[(1.0, 1.5), (3.0, 0.1), (2.0, 2.5)],
            &[(1.0, 1e-150), (1.0, 1e-150), (1.0, 1e-150)],
            &[(1e-150, 1.0), (1e-150, 1.0), (1e-150, 1.0)],
        ] {
            let (ours, expected) = terms(pairs);
            assert!((ours - expected).abs() <= 1e-15 * expected.abs() + 1e-28, "{pairs:?}: {ours} {expected}");
        }
    }
}
