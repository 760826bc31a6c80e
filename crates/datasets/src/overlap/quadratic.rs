//! The distribution of a quadratic form in normals, P(Σ_l a_l y_l² + b_l y_l < c) for independent standard normals y.
//!
//! Davies (1980, key `davies1980`) inverts the characteristic function along the imaginary axis, where for few variables the
//! integrand decays like a small power. Here the moment generating function
//!
//! M(s) = Π (1 − 2 a_l s)^(−1/2) exp(s² b_l² / (2 (1 − 2 a_l s)))
//!
//! is integrated against e^(−sc)/s along a path through its saddle point that bends to the side on which M(s) e^(−sc) vanishes
//! exponentially. All singularities of M lie on the real axis, which the path crosses at the saddle point alone. The trapezoidal
//! rule in u, t = sinh u, converges exponentially; small probabilities keep their relative accuracy.

/// Slope of the bent path: below 1, so that exp(s² b²/2) vanishes along it, too.
const SLOPE: f64 = 0.5;

/// The probability; `a` and `b` are of equal length. Absolute error about 1e-12.
pub(super) fn probability_below(a: &[f64], b: &[f64], c: f64) -> f64 {
    let mean: f64 = a.iter().sum();
    // Left of the pole at 0 the integral is P(Q < c), right of it P(Q > c): take the smaller one.
    let below = c < mean;
    let form = Form { a, b, c };
    let Some(saddle) = form.saddle(below) else { return if below { 0.0 } else { 1.0 } };
    let probability = form.integral(saddle).clamp(0.0, 1.0);
    if below { probability } else { 1.0 - probability }
}

struct Form<'a> {
    a: &'a [f64],
    b: &'a [f64],
    c: f64,
}

impl Form<'_> {
    /// Derivative of log M(s) − s c − log |s|.
    fn slope(&self, s: f64) -> f64 {
        let terms = self.a.iter().zip(self.b).map(|(a, b)| {
            let u = 1.0 - 2.0 * a * s;
            a / u + b * b * s * (1.0 - a * s) / (u * u)
        });
        terms.sum::<f64>() - self.c - 1.0 / s
    }

    /// Its second derivative.
    fn curvature(&self, s: f64) -> f64 {
        let terms = self.a.iter().zip(self.b).map(|(a, b)| {
            let u = 1.0 - 2.0 * a * s;
            2.0 * a * a / (u * u) + b * b / (u * u * u)
        });
        terms.sum::<f64>() + 1.0 / (s * s)
    }

    /// The minimum of M(s) e^(−sc) / |s| on one side of 0; `None` where c lies outside of the range of the form.
    fn saddle(&self, left: bool) -> Option<f64> {
        let sign = if left { -1.0 } else { 1.0 };
        // The nearest singularity of M on that side, in units of `sign`.
        let pole =
            self.a.iter().map(|a| sign * 2.0 * a).filter(|a| *a > 0.0).map(|a| 1.0 / a).fold(f64::INFINITY, f64::min);
        let rising = |size: f64| sign * self.slope(sign * size) > 0.0;
        let (mut low, mut high) = (0.0, pole);
        if !pole.is_finite() {
            high = 1.0;
            while !rising(high) {
                (low, high) = (high, 2.0 * high);
                if high > 1e150 {
                    return None;
                }
            }
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if rising(middle) { high = middle } else { low = middle }
        }
        let size = if low > 0.0 { low } else { 0.5 * high };
        (size > 0.0).then_some(sign * size)
    }

    /// (1/π) ∫₀^∞ Im(M(s) e^(−sc) s′(t) / |·|) dt along s(t) = s₀ + w (i t + κ (√(1 + t²) − 1)).
    fn integral(&self, saddle: f64) -> f64 {
        let width = 1.0 / self.curvature(saddle).sqrt();
        // Far out M(s) e^(−sc) is exp(s e) times a power, if all a differ from 0.
        let linear = self.a.iter().zip(self.b).any(|(a, b)| *a == 0.0 && *b != 0.0);
        let e = -self.c
            - self.a.iter().zip(self.b).filter(|(a, _)| **a != 0.0).map(|(a, b)| b * b / (4.0 * a)).sum::<f64>();
        let bend = if linear || e == 0.0 { 0.0 } else { -SLOPE * e.signum() };
        let term = |u: f64| {
            let (t, dt) = (u.sinh(), u.cosh());
            let root = t.hypot(1.0);
            let s = (saddle + width * bend * (root - 1.0), width * t);
            let tangent = (width * bend * t / root, width);
            let (modulus, angle) = self.log_integrand(s);
            // Im(e^(modulus + i angle) · tangent)
            let value = modulus.exp() * (angle.sin() * tangent.0 + angle.cos() * tangent.1) * dt;
            if value.is_finite() { value * saddle.signum() } else { 0.0 }
        };
        let mut step = 0.25;
        let mut sum = 0.5 * term(0.0) + tail(&term, step, step);
        let mut integral = sum * step;
        for _ in 0..7 {
            // The points between the old ones.
            sum += tail(&term, 0.5 * step, step);
            step *= 0.5;
            let finer = sum * step;
            let settled = (finer - integral).abs() <= 1e-13 + 1e-12 * finer.abs();
            integral = finer;
            if settled {
                break;
            }
        }
        integral / std::f64::consts::PI
    }

    /// Logarithm of the modulus, and argument, of M(s) e^(−sc) / s.
    fn log_integrand(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (mut modulus, mut angle) = (-x * self.c - x.hypot(y).ln(), -y * self.c - y.atan2(x));
        // s²
        let (p, q) = (x * x - y * y, 2.0 * x * y);
        for (a, b) in self.a.iter().zip(self.b) {
            // u = 1 − 2 a s
            let (u, v) = (1.0 - 2.0 * a * x, -2.0 * a * y);
            let size = u * u + v * v;
            modulus += -0.25 * size.ln() + 0.5 * b * b * (p * u + q * v) / size;
            angle += -0.5 * v.atan2(u) + 0.5 * b * b * (q * u - p * v) / size;
        }
        (modulus, angle)
    }
}

/// Σ term(first + i·step) until the terms vanish.
fn tail(term: &impl Fn(f64) -> f64, first: f64, step: f64) -> f64 {
    let (mut sum, mut largest, mut small) = (0.0, 0.0_f64, 0);
    let mut u = first;
    while u < 80.0 && small < 8 {
        let value = term(u);
        sum += value;
        largest = largest.max(value.abs());
        small = if value.abs() <= 1e-17 * largest.max(1e-280) { small + 1 } else { 0 };
        u += step;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &[f64], b: &[f64], c: f64, expected: f64) {
        let ours = probability_below(a, b, c);
        assert!((ours - expected).abs() < 1e-11, "{a:?} {b:?} {c}: {ours}, expected {expected}");
    }

    #[test]
    fn known_distributions() {
        // Normal: Φ(1.96).
        near(&[0.0], &[1.0], 1.96, 0.9750021048517795);
        near(&[0.0, 0.0], &[3.0, 4.0], -5.0, 0.15865525393145707);
        // χ² with one, two, three degrees of freedom.
        near(&[1.0], &[0.0], 1.0, 0.6826894921370859);
        near(&[1.0, 1.0], &[0.0; 2], 2.0, 1.0 - (-1.0_f64).exp());
        near(&[1.0, 1.0, 1.0], &[0.0; 3], 3.0, 0.608374823728911);
        // The difference of two exponentials is a Laplace variable.
        near(&[1.0, 1.0, -1.0, -1.0], &[0.0; 4], 2.0, 1.0 - 0.5 * (-1.0_f64).exp());
        near(&[1.0, 1.0, -1.0, -1.0], &[0.0; 4], 0.0, 0.5);
        // y² + 2 y < c means |y + 1| < √(c + 1): Φ(√3 − 1) − Φ(−√3 − 1).
        near(&[1.0], &[2.0], 2.0, 0.7647841496310313);
        near(&[-1.0], &[-2.0], -2.0, 1.0 - 0.7647841496310313);
    }

    #[test]
    fn outside_of_the_range_nothing_is_left() {
        assert_eq!(probability_below(&[1.0, 2.0], &[0.0, 0.0], -0.5), 0.0);
        assert_eq!(probability_below(&[-1.0, -2.0], &[0.0, 0.0], 0.5), 1.0);
    }

    #[test]
    fn small_probabilities_keep_their_digits() {
        let ours = probability_below(&[0.0], &[1.0], -10.0);
        assert!((ours / 7.619853024160526e-24 - 1.0).abs() < 1e-9, "{ours:e}");
    }
}
