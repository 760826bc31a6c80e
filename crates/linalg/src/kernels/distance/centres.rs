//! k centres in the layouts that the kernels want.

use super::{FEW, GROUP};
use crate::kernels::Lines;

/// From so many centres on, few features are no faster in registers than in groups, and groups can be skipped.
const MANY: usize = 32;

/// k centres in d dimensions, beside them what the fast form of the distance needs: the centres about an origin in the
/// middle of them, in groups of [`GROUP`], and half their squared lengths.
#[derive(Clone, Debug)]
pub struct Centres {
    values: Vec<f64>,
    dimension: usize,
    /// Mean of the centres, d.
    pub(super) origin: Vec<f64>,
    /// Groups × d × [`GROUP`]: feature j of the centres of a group side by side. The last group is filled up with zeros.
    pub(super) groups: Lines,
    /// −|c − origin|²/2 of every centre, −∞ of those that fill up the last group.
    pub(super) offsets: Vec<f64>,
    /// Largest |c − origin|².
    pub(super) reach: f64,
}

impl Centres {
    /// `values` is k × d, row-major.
    ///
    /// # Panics
    /// If `values` is no k × d matrix with k, d > 0.
    pub fn new(values: Vec<f64>, dimension: usize) -> Self {
        assert!(dimension > 0 && !values.is_empty() && values.len().is_multiple_of(dimension), "centres are k × d");
        let (mut groups, mut offsets) = (Lines::default(), Vec::new());
        let count = values.len() / dimension;
        // The kernels of few features form differences and need nothing but the values.
        if dimension > FEW || count >= MANY {
            let padded = count.next_multiple_of(GROUP);
            groups = Lines::zeros(padded * dimension);
            offsets = vec![f64::NEG_INFINITY; padded];
        }
        let mut centres = Self { values, dimension, origin: vec![0.0; dimension], groups, offsets, reach: 0.0 };
        centres.arrange();
        centres
    }

    /// k × d, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Centre `k`, d numbers.
    pub fn row(&self, k: usize) -> &[f64] {
        &self.values[k * self.dimension..(k + 1) * self.dimension]
    }

    /// Number k of centres.
    pub fn count(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Number d of features.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of groups of [`GROUP`] centres.
    pub fn groups(&self) -> usize {
        self.count().div_ceil(GROUP)
    }

    /// Whether the kernels of few features are to be used ([`assign_few`](super::assign_few)); otherwise those of groups.
    pub fn few(&self) -> bool {
        self.groups.is_empty()
    }

    /// Lets `write` change the values, and brings everything else up to them. Nothing is allocated.
    pub fn update(&mut self, write: impl FnOnce(&mut [f64])) {
        write(&mut self.values);
        self.arrange();
    }

    fn arrange(&mut self) {
        if self.groups.is_empty() {
            return;
        }
        let (d, k) = (self.dimension, self.count());
        // Summed about the first centre, so that an offset of 1e8 costs no digits.
        let (first, _) = self.values.split_at(d);
        self.origin.fill(0.0);
        for centre in self.values.chunks_exact(d) {
            for ((sum, c), at) in self.origin.iter_mut().zip(centre).zip(first) {
                *sum += c - at;
            }
        }
        for (mean, at) in self.origin.iter_mut().zip(first) {
            *mean = at + *mean / k as f64;
        }
        self.reach = 0.0;
        for (i, centre) in self.values.chunks_exact(d).enumerate() {
            let group = &mut self.groups[i / GROUP * GROUP * d..][..GROUP * d];
            let mut squared = 0.0;
            for (j, (c, at)) in centre.iter().zip(&self.origin).enumerate() {
                let centred = c - at;
                group[j * GROUP + i % GROUP] = centred;
                squared += centred * centred;
            }
            self.offsets[i] = -0.5 * squared;
            // `f64::max` would lose a NaN: nothing is claimed about centres that are not finite.
            self.reach = if squared.is_nan() { f64::INFINITY } else { self.reach.max(squared) };
        }
    }
}
