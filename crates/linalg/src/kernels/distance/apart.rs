//! How far the centres are from each other.

use super::bounded::Reassign;
use super::{Centres, Doubts, Memory};
use crate::kernels::Level;

/// Half the distance from each centre to the nearest of each group that is not itself, or a little less: a row whose centre is
/// nearer than that has no nearer one in the group.
#[derive(Clone, Debug)]
pub struct Apart {
    /// Centres × groups.
    halves: Vec<f64>,
    measured: bool,
    /// A row of zeros.
    nothing: Vec<f64>,
    labels: Vec<u32>,
    squared: Vec<f64>,
}

impl Apart {
    /// With nothing known of these centres.
    pub fn new(centres: &Centres) -> Self {
        let (k, groups) = (centres.count(), centres.groups());
        let (halves, nothing) = (vec![0.0; k * groups], vec![0.0; groups]);
        Self { halves, measured: false, nothing, labels: vec![0; k], squared: vec![0.0; k] }
    }

    /// The centres have moved, and nothing is known of them.
    pub fn forget(&mut self) {
        self.measured = false;
    }

    /// Measures these centres, of the same number. It costs what k rows cost in [`assign`](super::assign).
    pub fn measure(&mut self, level: Level, centres: &Centres, doubts: &mut Doubts) {
        let Self { halves, measured, nothing, labels, squared } = self;
        // A centre is a row that is its own nearest one. Of centres that are equal nothing is claimed.
        for (label, own) in labels.iter_mut().zip(0..) {
            *label = own;
        }
        halves.fill(0.0);
        let (drift, apart) = (&nothing[..], Halves::none(nothing));
        let memory = Memory { labels, lower: halves };
        level.dispatch(Reassign { x: centres.values(), centres, drift, apart, memory, squared, doubts });
        for half in halves {
            *half *= 0.5;
        }
        *measured = true;
    }

    pub(super) fn halves(&self) -> Halves<'_> {
        if self.measured {
            Halves { values: &self.halves, stride: self.nothing.len(), groups: self.nothing.len() }
        } else {
            Halves::none(&self.nothing)
        }
    }
}

/// The numbers, or zeros for every centre.
#[derive(Clone, Copy)]
pub(super) struct Halves<'a> {
    values: &'a [f64],
    stride: usize,
    groups: usize,
}

impl<'a> Halves<'a> {
    fn none(zeros: &'a [f64]) -> Self {
        Self { values: zeros, stride: 0, groups: zeros.len() }
    }

    /// Of one centre, one for each group.
    #[inline(always)]
    pub(super) fn of(self, centre: usize) -> &'a [f64] {
        &self.values[centre * self.stride..][..self.groups]
    }
}
