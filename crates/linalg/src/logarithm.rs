//! Logarithms of ratios.

/// ln(a / b) for positive numbers: through ln(1 + (a − b)/b) where they are close, so that no digits cancel, and plainly
/// where they are not: a 2⁻⁵⁴th of b would leave −1 of (a − b)/b, and −∞.
pub fn ln_ratio(a: f64, b: f64) -> f64 {
    let relative = (a - b) / b;
    if relative.abs() < 0.5 { relative.ln_1p() } else { (a / b).ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_and_far() {
        assert!((ln_ratio(1.0 + 1e-13, 1.0) - 9.992007221625909e-14).abs() < 1e-28);
        assert_eq!(ln_ratio(1e-20, 1.0), 1e-20f64.ln());
        assert_eq!(ln_ratio(1.0, 1e-20), 1e20f64.ln());
        assert_eq!(ln_ratio(3.0, 3.0), 0.0);
        assert!((ln_ratio(1.4999, 1.0) - 1.5001_f64.ln()).abs() < 2e-4);
    }
}
