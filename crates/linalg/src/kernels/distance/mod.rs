//! Nearest centres: squared distances to k centres, and the statistics of the clusters.
//!
//! | module | what it holds |
//! |---|---|
//! | [`centres`] | k centres in the layouts that the kernels want |
//! | [`exact`] | the squared distance that counts, by explicit differences |
//! | [`few`] | up to four features |
//! | [`dense`] | all distances in their fast form, and when it may be trusted |
//! | [`bounded`] | labels from those of the last pass |
//! | [`sums`] | counts, sums and inertia of labelled rows |
//! | [`seeding`] | one new centre at a time |
//!
//! |x|² − 2x·c + |c|² loses all digits at an offset of 1e8, so it never decides anything by itself: labels and distances are
//! those of explicit differences, to the last bit, whichever kernel found them.

mod bounded;
mod centres;
mod dense;
mod exact;
mod few;
mod seeding;
mod sums;
#[cfg(test)]
mod tests;

pub use bounded::{Doubts, Memory, reassign, remember};
pub use centres::Centres;
pub use dense::{Panel, assign};
pub use exact::distance_above;
pub use few::{FEW_CENTRES, accumulate_few, assign_few};
pub use seeding::{Newcomer, lower, lowered_sum, separation};
pub use sums::{Labelled, accumulate};

/// Up to so many features a point stays in registers.
pub const FEW: usize = 4;

/// Centres that are treated together: the widest vector.
pub const GROUP: usize = 8;
