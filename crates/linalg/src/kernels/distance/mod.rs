//! Nearest centres: squared distances to k centres, and the statistics of the clusters.
//!
//! | module | what it holds |
//! |---|---|
//! | [`centres`] | k centres in the layouts that the kernels want |
//! | [`exact`] | the squared distance that counts, by explicit differences |
//! | [`few`] | up to four features |
//! | [`dense`] | all distances in their fast form, and when it may be trusted |
//! | [`bounded`] | labels from those of the last pass |
//! | [`doubts`] | the rows that bounds do not settle, and their distances |
//! | [`apart`] | how far the centres are from each other |
//! | [`sums`] | counts, sums and inertia of labelled rows |
//! | [`seeding`] | one new centre at a time |
//!
//! |x|² − 2x·c + |c|² loses all digits at an offset of 1e8, so it never decides anything by itself: labels and distances are
//! those of explicit differences, to the last bit, whichever kernel found them.

mod apart;
mod bounded;
mod centres;
mod dense;
mod doubts;
mod exact;
mod few;
mod seeding;
mod sums;
#[cfg(test)]
mod tests;

pub use apart::Apart;
pub use bounded::{Memory, reassign};
pub use centres::Centres;
pub use dense::{Panel, assign};
pub use doubts::Doubts;
pub use exact::distance_above;
pub use few::{FEW_CENTRES, accumulate_few, assign_few};
pub use seeding::{Newcomer, lower, lowered_sum, separation};
pub use sums::{Labelled, accumulate};

/// Up to so many features a point stays in registers.
pub const FEW: usize = 4;

/// Centres that are treated together: the widest vector.
pub const GROUP: usize = 8;

/// Brings `x` into the second-level cache at the pace of the memory, one number of each line. Kernels that read a few rows and
/// then compute keep too few lines on their way: with this a pass over a million rows (d = 32, k = 64) takes 116 instead
/// of 129 ms on one core of a Zen 4.
#[inline(always)]
fn fetch(x: &[f64]) {
    let touched = x.iter().step_by(GROUP).fold(0, |touched, x| touched | x.to_bits());
    std::hint::black_box(touched);
}
