//! How each row type becomes columns and comes back: one file per table.

mod data;
mod failures;
mod parameters;
mod runs;
mod timings;
mod traces;
