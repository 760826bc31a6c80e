//! Memory that begins on a line of the cache.

use std::ops::{Deref, DerefMut};

/// Bytes of a line of the cache, and of the widest vector.
const LINE: usize = 64;

/// Numbers of which the first stands on a line of the cache: else each vector of AVX-512 lies on two, and is stored and loaded in twice
/// the time.
#[derive(Debug, Default)]
pub struct Lines {
    values: Vec<f64>,
    from: usize,
    length: usize,
}

impl Lines {
    /// That many zeros.
    pub fn zeros(length: usize) -> Self {
        const MORE: usize = LINE / size_of::<f64>() - 1;
        let values = vec![0.0; if length == 0 { 0 } else { length + MORE }];
        // A platform may decline to tell how far it is.
        let from = values.as_ptr().align_offset(LINE).min(values.len() - length);
        Self { values, from, length }
    }
}

impl Deref for Lines {
    type Target = [f64];

    #[inline(always)]
    fn deref(&self) -> &[f64] {
        &self.values[self.from..][..self.length]
    }
}

impl DerefMut for Lines {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.values[self.from..][..self.length]
    }
}

impl Clone for Lines {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.length);
        copy.copy_from_slice(self);
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_stand_on_lines_too() {
        for length in [0, 1, 8, 100] {
            let mut lines = Lines::zeros(length);
            for (i, value) in lines.iter_mut().enumerate() {
                *value = i as f64;
            }
            let copy = lines.clone();
            assert_eq!((copy.len(), &*copy), (length, &*lines));
            assert!(
                length == 0 || copy.as_ptr().addr().is_multiple_of(LINE) && lines.as_ptr().addr().is_multiple_of(LINE)
            );
        }
    }
}
