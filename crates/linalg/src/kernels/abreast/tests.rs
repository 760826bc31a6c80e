//! The kernels against the formulas of one component, and at the edges.

use super::*;
use crate::{SpdFactor, spd};

/// K components and statistics that could be theirs.
struct Case {
    d: usize,
    means: Vec<f64>,
    factors: Vec<f64>,
    counts: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

fn number(i: usize) -> f64 {
    ((i * 7919 + 13) % 1009) as f64 / 1009.0 - 0.5
}

fn case(k: usize, d: usize) -> Case {
    let mut case = Case {
        d,
        means: (0..k * d).map(number).collect(),
        factors: vec![0.0; k * d * d],
        counts: (0..k).map(|c| 20.0 + 3.0 * c as f64).collect(),
        first: Vec::new(),
        second: Vec::new(),
    };
    for c in 0..k {
        for i in 0..d {
            for j in 0..=i {
                case.factors[(c * d + i) * d + j] =
                    if i == j { 1.3 + number(c + 5 * i) } else { number(c + 3 * i + 7 * j) };
            }
        }
        // Moments of 2d points of equal weight around a mean near zero.
        let points: Vec<f64> = (0..2 * d * d).map(|i| number(i * i * 3 + 11 * i + 101 * c) + 0.1).collect();
        let weight = case.counts[c] / (2 * d) as f64;
        let sum = |value: &dyn Fn(&[f64]) -> f64| points.chunks(d).map(value).sum::<f64>() * weight;
        for i in 0..d {
            case.first.push(sum(&|y| y[i]));
        }
        for i in 0..d {
            for j in 0..=i {
                case.second.push(sum(&|y| y[i] * y[j]));
            }
        }
    }
    case
}

/// The step of one component by its formulas: μ′, L′.
fn step(case: &Case, c: usize) -> (Vec<f64>, Vec<f64>) {
    let d = case.d;
    let (n, s) = (case.counts[c], &case.first[c * d..][..d]);
    let l = &case.factors[c * d * d..][..d * d];
    let mean = (0..d).map(|i| case.means[c * d + i] + (0..d).map(|j| l[i * d + j] * s[j]).sum::<f64>() / n);
    let mut v = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let moment = case.second[c * triangle(d) + triangle(i) + j];
            v[i * d + j] = moment / n - s[i] / n * (s[j] / n);
            v[j * d + i] = v[i * d + j];
        }
    }
    let (mut covariance, mut work) = (vec![0.0; d * d], vec![0.0; d * d]);
    spd::congruence(l, &v, &mut covariance, &mut work, d);
    assert!(SpdFactor::new(d).factor(&mut covariance));
    (mean.collect(), covariance)
}

/// Σ w r log N(x) of one component but for constants, from the statistics at `case`'s parameters.
fn q(case: &Case, c: usize, mean: &[f64], factor: &[f64]) -> f64 {
    let d = case.d;
    let (n, s) = (case.counts[c], &case.first[c * d..][..d]);
    let l = &case.factors[c * d * d..][..d * d];
    let (mut inverse, mut map) = (vec![0.0; d * d], vec![0.0; d * d]);
    spd::invert_factor(factor, &mut inverse, d);
    spd::multiply_factors(&inverse, l, &mut map, d);
    let mut squares = 0.0;
    for i in 0..d {
        // Residual i is Σ_a map_ia y_a − b.
        let b: f64 = (0..d).map(|j| inverse[i * d + j] * (mean[j] - case.means[c * d + j])).sum();
        let along: f64 = (0..d).map(|a| map[i * d + a] * s[a]).sum();
        for a in 0..d {
            for e in 0..d {
                let (high, low) = (a.max(e), a.min(e));
                squares += map[i * d + a] * map[i * d + e] * case.second[c * triangle(d) + triangle(high) + low];
            }
        }
        squares += b * (n * b - 2.0 * along);
    }
    -n * spd::half_log_determinant(factor, d) - 0.5 * squares
}

#[test]
fn agrees_with_the_formulas_at_every_level() {
    for (k, d) in [(1, 1), (3, 4), (2, 2), (5, 3), (9, 4), (17, 1)] {
        let case = case(k, d);
        let (pivots, scales): (Vec<f64>, Vec<f64>) = (0..d).map(|i| (2.0 + i as f64, 1.5 + i as f64)).unzip();
        let sums = WhitenedSums { counts: &case.counts, first: &case.first, second: &case.second };
        for level in Level::available() {
            let mut from = Abreast::new(k, d);
            from.load(&case.means, &case.factors);
            from.finish(level, &pivots);
            let mut to = from.clone();
            from.maximize(level, sums, &pivots, &mut to);
            let (mut means, mut factors) = (vec![0.0; k * d], vec![0.0; k * d * d]);
            let (mut inverses, mut gains) = (factors.clone(), vec![0.0; k]);
            to.store(&mut means, &mut factors, &mut inverses);
            from.q_gain(level, sums, &to, &mut gains);
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{k} {d}: {a} {b}");
            let mut largest = 0.0f64;
            for c in 0..k {
                let (mean, factor) = step(&case, c);
                let own = c * d * d..(c + 1) * d * d;
                (0..d).for_each(|i| close(means[c * d + i], mean[i]));
                (0..d * d).for_each(|e| close(factors[own.clone()][e], factor[e]));
                let mut inverse = vec![0.0; d * d];
                spd::invert_factor(&factor, &mut inverse, d);
                (0..d * d).for_each(|e| close(inverses[own.clone()][e], inverse[e]));
                let (relative, condition) = spd::judge(&factor, &pivots);
                close(to.relative_pivots()[c], relative);
                close(to.conditions()[c], condition);
                close(to.half_log_determinants()[c], spd::half_log_determinant(&factor, d));
                let old = (&case.means[c * d..][..d], &case.factors[own.clone()]);
                close(gains[c], q(&case, c, &mean, &factor) - q(&case, c, old.0, old.1));
                let (mut before, mut after) = (vec![0.0; d * d], vec![0.0; d * d]);
                spd::reconstruct(old.1, &mut before, d);
                spd::reconstruct(&factor, &mut after, d);
                for i in 0..d {
                    largest = largest.max((mean[i] - old.0[i]).abs() / scales[i]);
                    for j in 0..d {
                        let moved = (after[i * d + j] - before[i * d + j]).abs();
                        largest = largest.max(moved / (scales[i] * scales[j]));
                    }
                }
            }
            close(from.change(level, &to, &scales), largest);
        }
    }
}

#[test]
fn a_covariance_without_a_factor_is_not_a_number_and_spoils_no_other() {
    for level in Level::available() {
        let mut case = case(3, 4);
        // The second component's second variable has a negative variance.
        case.second[triangle(4) + 2] = -1.0;
        let pivots = [1.0; 4];
        let sums = WhitenedSums { counts: &case.counts, first: &case.first, second: &case.second };
        let mut from = Abreast::new(3, 4);
        from.load(&case.means, &case.factors);
        from.finish(level, &pivots);
        let mut to = from.clone();
        from.maximize(level, sums, &pivots, &mut to);
        let [a, b, c] = to.relative_pivots() else { panic!("three components") };
        assert!(*a > 0.0 && b.is_nan() && *c > 0.0, "{a} {b} {c}");
    }
}

#[test]
fn judgement_ends_where_doubles_end() {
    for level in Level::available() {
        let mut model = Abreast::new(2, 2);
        model.load(&[0.0; 4], &[1e100, 0.0, 0.0, 1e-100, 1e160, 0.0, 0.0, 1.0]);
        model.finish(level, &[1e200, 1e-200]);
        let [a, b] = model.relative_pivots() else { panic!("two components") };
        assert!((a - 1.0).abs() < 1e-15 && b.is_nan(), "{a} {b}");
        assert_eq!(model.conditions()[0], f64::MAX);
    }
}

#[test]
fn determinants_may_leave_the_range_of_a_double() {
    for scale in [1e-100, 1.0, 1e100] {
        let factors: Vec<f64> = case(2, 4).factors.iter().map(|l| l * scale).collect();
        let mut model = Abreast::new(2, 4);
        model.load(&[0.0; 8], &factors);
        model.finish(Level::detect(), &[1.0; 4]);
        for (ours, factor) in model.half_log_determinants().iter().zip(factors.chunks(16)) {
            assert!((ours - spd::half_log_determinant(factor, 4)).abs() < 1e-10, "{ours}");
        }
    }
}

#[test]
fn the_gain_of_a_component_that_collapses_is_finite() {
    let case = case(1, 2);
    let sums = WhitenedSums { counts: &case.counts, first: &case.first, second: &case.second };
    let (mut from, mut to) = (Abreast::new(1, 2), Abreast::new(1, 2));
    from.load(&case.means, &case.factors);
    let small: Vec<f64> = case.factors.iter().map(|l| l * 1e-20).collect();
    to.load(&case.means, &small);
    for model in [&mut from, &mut to] {
        model.finish(Level::detect(), &[1.0; 2]);
    }
    let mut gain = [0.0];
    from.q_gain(Level::detect(), sums, &to, &mut gain);
    assert!(gain[0].is_finite() && gain[0] < -1e30, "{}", gain[0]);
}
