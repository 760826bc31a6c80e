//! The identity of the values that were fitted.
//!
//! A fingerprint is SHA-256 over n and d (unsigned 64-bit little-endian) followed by the n·d values row after row, each as
//! the 8 little-endian bytes of its IEEE 754 bits, with −0.0 written as 0.0. Column names and labels do not enter: they
//! change no fit.

use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 of the canonical values of a sample; displayed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Fingerprint of `n` rows of `d` values, `x` being n × d, row-major.
    ///
    /// # Panics
    /// If `x` does not hold n·d values.
    pub fn of(n: usize, d: usize, x: &[f64]) -> Self {
        Self::of_weighted(n, d, x, &[])
    }

    /// As [`of`](Self::of), with the weights of the rows behind the values.
    ///
    /// # Panics
    /// If `x` does not hold n·d values.
    pub fn of_weighted(n: usize, d: usize, x: &[f64], weight: &[f64]) -> Self {
        assert_eq!(x.len(), n * d, "{} values are no {n} rows of {d}", x.len());
        let mut hash = Sha256::new();
        hash.update((n as u64).to_le_bytes());
        hash.update((d as u64).to_le_bytes());
        // By the thousand: the hash takes few long pieces faster than many short ones.
        let mut bytes = [0; 8 * 1024];
        for values in x.chunks(1024).chain(weight.chunks(1024)) {
            let part = &mut bytes[..8 * values.len()];
            for (bytes, &value) in part.as_chunks_mut::<8>().0.iter_mut().zip(values) {
                *bytes = canonical(value).to_le_bytes();
            }
            hash.update(&*part);
        }
        Self(hash.finalize().into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The value with one zero instead of two.
pub(crate) fn canonical(value: f64) -> f64 {
    // IEEE 754: −0 + 0 = +0, and adding zero leaves every other number alone.
    value + 0.0
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_pinned() {
        // sha256 of 01 00.. | 02 00.. | 0.0 | 1.5, computed with another implementation of SHA-256.
        let expected = "99f22e3640454643f589a321450ad0d569f16450cc02f34226989835416df017";
        assert_eq!(Fingerprint::of(1, 2, &[0.0, 1.5]).to_string(), expected);
    }

    #[test]
    fn the_two_zeros_are_one_value_and_the_shape_counts() {
        assert_eq!(Fingerprint::of(2, 1, &[-0.0, 3.0]), Fingerprint::of(2, 1, &[0.0, 3.0]));
        assert_ne!(Fingerprint::of(2, 1, &[0.0, 3.0]), Fingerprint::of(1, 2, &[0.0, 3.0]));
        assert_ne!(Fingerprint::of(2, 1, &[3.0, 0.0]), Fingerprint::of(2, 1, &[0.0, 3.0]));
    }
}
