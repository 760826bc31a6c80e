//! Galaxies: 82 velocities whose number of clusters is a long debate (Roeder 1990, key `roeder1990`).
//!
//! The values are those of MASS, in which row 78 reads 26690 where the original table has 26960.

use crate::builtin::Builtin;

/// Entry of the table.
pub const GALAXIES: Builtin = Builtin {
    id: "galaxies",
    variants: &[],
    n: 82,
    d: 1,
    description: "velocities (km/s) of galaxies in the Corona Borealis region",
    source: "Roeder 1990; R package MASS",
    label: None,
    csv: include_str!("../data/galaxies.csv"),
};
