//! Acidity: an index of 155 lakes, the usual example of a two-component mixture in one dimension (Crawford 1994, key
//! `crawford1994`).

use crate::builtin::Builtin;

/// Entry of the table.
pub const ACIDITY: Builtin = Builtin {
    id: "acidity",
    variants: &[],
    n: 155,
    d: 1,
    description: "logarithm of the acid neutralising capacity of lakes in Wisconsin",
    source: "Crawford 1994; R package mclust",
    label: None,
    csv: include_str!("../data/acidity.csv"),
};
