use super::*;
use crate::kernels::{Block, Level, padded};

/// Numbers in [0, 1), the same on every machine (splitmix64).
fn uniform(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    })
}

/// The definition, in plain Rust.
fn distance(x: &[f64], c: &[f64]) -> f64 {
    if x.len() <= FEW {
        return x.iter().zip(c).fold(0.0, |sum, (x, c)| (x - c).mul_add(x - c, sum));
    }
    let mut sums = [0.0_f64; 8];
    for (j, (x, c)) in x.iter().zip(c).enumerate() {
        sums[j % 8] = (x - c).mul_add(x - c, sums[j % 8]);
    }
    let pair = |i: usize| sums[i] + sums[i + 4];
    (pair(0) + pair(2)) + (pair(1) + pair(3))
}

fn nearest(x: &[f64], centres: &Centres) -> (u32, f64) {
    (0..)
        .zip(centres.values().chunks_exact(x.len()))
        .map(|(k, c)| (k, distance(x, c)))
        .fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
}

/// Labels and squared distances of whichever kernel is in charge of `d`.
fn labels(level: Level, x: &[f64], centres: &Centres) -> (Vec<u32>, Vec<f64>) {
    let (d, n) = (centres.dimension(), x.len() / centres.dimension());
    if centres.few() {
        let mut block = Block::with_capacity(n, d);
        block.load(x, &[]);
        let (mut squared, mut index) = (vec![0.0; padded(n)], vec![0.0; padded(n)]);
        assign_few(level, &block, centres, &mut squared, &mut index);
        squared.truncate(n);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "indices of centres")]
        return (index[..n].iter().map(|&k| k as u32).collect(), squared);
    }
    let (mut labels, mut squared) = (vec![0; n], vec![0.0; n]);
    assign(level, x, centres, &mut Panel::new(centres), &mut labels, &mut squared);
    (labels, squared)
}

/// Points and centres of every shape at which a loop ends differently: `at` moves both away from zero, `step` rounds them
/// to a grid, on which ties are exact.
fn cases(at: f64, step: f64) -> impl Iterator<Item = (Vec<f64>, Centres)> {
    let dimensions = [1, 2, 3, 4, 5, 7, 8, 9, 16, 19];
    let counts = [1, 2, 3, 5, 8, 9, 13, 24, 31, 34];
    dimensions.into_iter().flat_map(move |d| {
        counts.into_iter().map(move |k| {
            let mut numbers = uniform((d * 100 + k) as u64).map(|u| at + (u * 4.0 / step).round() * step);
            let x: Vec<f64> = numbers.by_ref().take(77 * d).collect();
            (x, Centres::new(numbers.take(k * d).collect(), d))
        })
    })
}

#[test]
fn labels_and_distances_are_those_of_explicit_differences() {
    for (at, step) in [(0.0, 1e-9), (0.0, 1.0), (0.0, 0.5), (1e8, 1e-9), (1e8, 0.5), (-3e15, 0.5)] {
        for (x, centres) in cases(at, step) {
            let d = centres.dimension();
            let expected: (Vec<u32>, Vec<f64>) = x.chunks_exact(d).map(|x| nearest(x, &centres)).unzip();
            for level in Level::available() {
                let found = labels(level, &x, &centres);
                assert_eq!(found, expected, "d = {d}, k = {}, at = {at}, step = {step}", centres.count());
            }
        }
    }
}

#[test]
fn nearly_equal_distances_are_told_apart() {
    // The second centre is nearer or farther by a few units in the last place of one coordinate.
    let d = 16;
    let numbers: Vec<f64> = uniform(7).take(24 * d).collect();
    for ulps in [-3_i32, -1, 0, 1, 3] {
        for x in numbers.chunks_exact(d) {
            let mut values: Vec<f64> = x.iter().map(|x| x + 1.0).chain(x.iter().map(|x| x - 1.0)).collect();
            values[d + 3] *= 1.0 + f64::from(ulps) * f64::EPSILON;
            let centres = Centres::new(values, d);
            for level in Level::available() {
                assert_eq!(labels(level, x, &centres).0[0], nearest(x, &centres).0, "{ulps}");
            }
        }
    }
}

#[test]
fn what_overflows_or_is_no_number_decides_nothing() {
    let d = 8;
    let mut x = vec![1e155; d];
    let centres = Centres::new([vec![2e155; d], vec![0.9e155; d], vec![-1e155; d]].concat(), d);
    for level in Level::available() {
        // All squared distances are infinite, and the first centre is as near as any.
        assert_eq!(labels(level, &x, &centres), (vec![0], vec![f64::INFINITY]));
    }
    x[3] = f64::NAN;
    for level in Level::available() {
        assert_eq!(labels(level, &x, &Centres::new(vec![0.0; 2 * d], d)), (vec![0], vec![f64::INFINITY]));
    }
}

/// The smallest distance from `x` to a centre of each group that is not `label`.
fn least(x: &[f64], centres: &Centres, label: u32) -> Vec<f64> {
    let k = centres.count();
    let group = |g: usize| (g * GROUP..((g + 1) * GROUP).min(k)).filter(|&k| k != label as usize);
    let least = |g| group(g).map(|k| distance(x, centres.row(k))).fold(f64::INFINITY, f64::min).sqrt();
    (0..centres.groups()).map(least).collect()
}

#[test]
fn from_any_labels_those_of_explicit_differences_and_bounds() {
    for (at, step) in [(0.0, 1e-9), (0.0, 1.0), (1e8, 1e-9)] {
        for (x, centres) in cases(at, step).filter(|(_, centres)| !centres.few()) {
            let (d, k, groups) = (centres.dimension(), centres.count(), centres.groups());
            let expected: Vec<(u32, f64)> = x.chunks_exact(d).map(|x| nearest(x, &centres)).collect();
            for level in Level::available() {
                let (mut doubts, mut apart) = (Doubts::new(&centres), Apart::new(&centres));
                #[expect(clippy::cast_possible_truncation, reason = "indices of centres")]
                let mut labels: Vec<u32> = (0..expected.len()).map(|i| (i * 5 % k) as u32).collect();
                let (mut squared, mut lower) = (vec![0.0; labels.len()], vec![0.0; labels.len() * groups]);
                let drift = vec![0.0; groups];
                // With nothing known all is evaluated; then with what was learned; then with distances of centres, too.
                for pass in 0..3 {
                    let known = (&drift[..], &apart);
                    let memory = Memory { labels: &mut labels, lower: &mut lower };
                    let evaluated = reassign(level, &x, &centres, known, memory, &mut squared, &mut doubts);
                    assert!(pass > 0 || evaluated == labels.len() * groups);
                    let found: Vec<(u32, f64)> = labels.iter().copied().zip(squared.iter().copied()).collect();
                    assert_eq!(found, expected, "d = {d}, k = {k}, at = {at}, step = {step}, pass {pass}");
                    for ((x, &label), lower) in x.chunks_exact(d).zip(&labels).zip(lower.chunks_exact(groups)) {
                        for (bound, least) in lower.iter().zip(least(x, &centres, label)) {
                            assert!(*bound <= least, "{bound} {least}");
                            // Sharp, too, but where a tie was decided.
                            let sharp = *bound == least || least - bound < 1e-6;
                            assert!(*bound == 0.0 || at != 0.0 || sharp, "{bound} {least}");
                        }
                    }
                    apart.measure(level, &centres, &mut doubts);
                }
            }
        }
    }
}

#[test]
fn centres_are_at_least_as_far_apart_as_is_said() {
    for (at, step) in [(0.0, 1e-9), (0.0, 1.0), (1e8, 0.5)] {
        for (_, centres) in cases(at, step).filter(|(_, centres)| !centres.few()) {
            for level in Level::available() {
                let mut apart = Apart::new(&centres);
                let nothing = vec![0.0; centres.groups()];
                assert_eq!(apart.halves().of(centres.count() - 1), nothing);
                apart.measure(level, &centres, &mut Doubts::new(&centres));
                for (label, c) in (0..).zip(centres.values().chunks_exact(centres.dimension())) {
                    let expected = least(c, &centres, label);
                    // Of centres that are equal nothing is claimed, and far from zero rounding leaves little to claim.
                    let claimed = at == 0.0 && expected.iter().all(|least| *least > 0.0);
                    for (half, least) in apart.halves().of(label as usize).iter().zip(expected) {
                        assert!(2.0 * half <= least, "{half} {least}");
                        assert!(!claimed || 2.0 * half == least || least - 2.0 * half < 1e-6, "{half} {least}");
                    }
                }
                apart.forget();
                assert_eq!(apart.halves().of(0), nothing);
            }
        }
    }
}

#[test]
fn sums_are_those_of_plain_loops() {
    for (x, centres) in cases(0.0, 1e-9) {
        let (d, k) = (centres.dimension(), centres.count());
        let n = x.len() / d;
        let weight: Vec<f64> = uniform(3).take(n).collect();
        for (level, weight) in Level::available().into_iter().flat_map(|level| [(level, &[][..]), (level, &weight[..])])
        {
            let (labels, squared) = labels(level, &x, &centres);
            let (mut counts, mut sums, mut inertia) = (vec![0.0; k], vec![0.0; k * d], 0.0);
            for i in 0..n {
                let (w, own) = (weight.get(i).copied().unwrap_or(1.0), labels[i] as usize);
                inertia += w * squared[i];
                counts[own] += w;
                for j in 0..d {
                    sums[own * d + j] += w * (x[i * d + j] - centres.row(own)[j]);
                }
            }
            let close = |found: (f64, &[f64], &[f64])| {
                let pairs = found.1.iter().zip(&counts).chain(found.2.iter().zip(&sums)).chain([(&found.0, &inertia)]);
                for (found, expected) in pairs {
                    assert!((found - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{found} {expected}");
                }
            };
            let (mut c, mut s) = (vec![0.0; k], vec![0.0; k * d]);
            let rows = Labelled { x: &x, weight, labels: &labels, squared: &squared };
            let mut total = 0.0;
            accumulate(level, rows, &centres, &mut c, &mut s, &mut total);
            close((total, &c, &s));
            if d <= FEW && k <= FEW_CENTRES {
                let mut block = Block::with_capacity(n, d);
                block.load(&x, weight);
                let (mut squared, mut index) = (vec![0.0; padded(n)], vec![0.0; padded(n)]);
                assign_few(level, &block, &centres, &mut squared, &mut index);
                let (mut c, mut s) = (vec![0.0; k], vec![0.0; k * d]);
                let mut total = 0.0;
                accumulate_few(level, &block, &centres, &squared, &index, &mut c, &mut s, &mut total);
                close((total, &c, &s));
            }
        }
    }
}
