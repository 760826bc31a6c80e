//! Motorcycle: acceleration against time after an impact, with a noise that changes along the way (Silverman 1985, key
//! `silverman1985`).

use crate::builtin::Builtin;

/// Entry of the table.
pub const MCYCLE: Builtin = Builtin {
    id: "mcycle",
    variants: &[],
    n: 133,
    d: 2,
    description: "time after impact (ms) and acceleration of the head (g) in simulated motorcycle accidents",
    source: "Silverman 1985; R package MASS",
    label: None,
    csv: include_str!("../data/mcycle.csv"),
};
