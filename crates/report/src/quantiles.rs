//! Quantiles of a sample, "type 7" of Hyndman & Fan (1996, key `hyndman1996`), which is the default of R, NumPy and
//! pandas: with x₍₁₎ ≤ … ≤ x₍ₙ₎ and h = (n − 1) p, the p-quantile is
//!
//! x₍⌊h⌋₊₁₎ + (h − ⌊h⌋)(x₍⌊h⌋₊₂₎ − x₍⌊h⌋₊₁₎).
//!
//! Weighted samples are not treated.

/// A sample in ascending order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted(Vec<f64>);

impl FromIterator<f64> for Sorted {
    /// Sorts the values; NaN is left out, as a missing value is.
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        values.sort_unstable_by(f64::total_cmp);
        Self(values)
    }
}

impl Sorted {
    /// The values in ascending order.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The p-quantile, `p` in [0, 1]; `None` for an empty sample.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let last = self.0.len().checked_sub(1)?;
        let h = last as f64 * p.clamp(0.0, 1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 ≤ h ≤ last
        let below = h.floor() as usize;
        let low = self.0[below];
        let high = self.0[(below + 1).min(last)];
        // Equal neighbours must not turn infinite values into NaN.
        Some(if low == high { low } else { low + (h - below as f64) * (high - low) })
    }

    /// The median; `None` for an empty sample.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The smallest value; `None` for an empty sample.
    pub fn min(&self) -> Option<f64> {
        self.0.first().copied()
    }

    /// The largest value; `None` for an empty sample.
    pub fn max(&self) -> Option<f64> {
        self.0.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_type_7_by_hand() {
        let sample: Sorted = [4.0, 1.0, 3.0, 2.0].into_iter().collect();
        assert_eq!(sample.median(), Some(2.5));
        assert_eq!(sample.quantile(0.25), Some(1.75));
        assert_eq!(sample.quantile(0.75), Some(3.25));
        assert!((sample.quantile(0.95).unwrap() - 3.85).abs() < 1e-12);
        assert_eq!((sample.min(), sample.max()), (Some(1.0), Some(4.0)));
    }

    #[test]
    fn one_value_is_every_quantile_and_none_has_no_quantile() {
        let one: Sorted = [7.0].into_iter().collect();
        assert_eq!(one.quantile(0.95), Some(7.0));
        let none: Sorted = [f64::NAN].into_iter().collect();
        assert_eq!(none.median(), None);
        assert_eq!(none.min(), None);
    }
}
