//! The classical examples of the EM literature, one file each.

pub mod linkage;
