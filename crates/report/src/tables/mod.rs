//! The report's tables, one file for each.
//!
//! | module | what it answers |
//! |---|---|
//! | [`outcomes`] | how do runs end? |
//! | [`convergence`] | how fast, how often at the best, at how many maxima? |
//! | [`budget`] | which start pays, once its own cost is counted? |
//! | [`unseen`] | how many maxima has no start found? what does the best cost? |
//! | [`paired`] | from the same starting rows, which does better? |
//! | [`start_kinds`] | is one kind of start better than another? |
//! | [`selection`] | which structure, how many components? |
//! | [`draws`] | which varies more, the draw or the start? |
//! | [`agreement`] | how far from the truth, EM and k-means side by side? |
//! | [`clusters`] | which cluster holds which class? |
//! | [`failures`] | what broke, where, and why? |
//! | [`incidence`] | when do covariances become singular, and how fast? |
//! | [`k_means_and_em`] | when does k-means mislead? |
//! | [`profiles`] | which way solves most problems within a budget? |
//! | [`rates`] | do three measures of the rate agree, and with theory? |
//! | [`stop_rules`] | what would each stop rule have cost and left? |
//! | [`distinct`] | every maximum that was found |
//!
//! All of them are functions of typed rows; none reads a file but [`traced`], which fetches the traces that others look at.

pub mod agreement;
pub mod budget;
pub mod cells;
pub mod clusters;
pub mod convergence;
pub mod distinct;
pub mod draws;
pub mod failures;
pub mod incidence;
pub mod k_means_and_em;
pub mod outcomes;
pub mod paired;
pub mod profiles;
pub mod rates;
pub mod selection;
pub mod start_kinds;
pub mod stop_rules;
pub mod traced;
pub mod unseen;
