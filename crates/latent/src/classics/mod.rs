//! The classical examples of the EM literature, one file each.

pub mod linkage;
pub mod locations;
pub mod poisson;
