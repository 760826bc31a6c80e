//! K-means as hard EM: the baseline. The E-step assigns each point to its nearest centre, the M-step moves each centre to
//! the mean of its points; the objective is −inertia (Lloyd 1982, key `lloyd1982`).
//!
//! What it does not know: mixtures, likelihoods, files.

pub mod lloyd;
mod memory;
pub mod seeding;

pub use lloyd::{KMeans, lloyd};
pub use seeding::{
    TooFewDistinctRows, distinct_rows, distinct_values, greedy_candidates, plus_plus, plus_plus_greedy,
    rows_with_replacement, seeding_passes,
};
