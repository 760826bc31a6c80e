//! Diabetes: three measurements on 145 adults with their diagnosis (Reaven & Miller 1979, key `reaven1979`).
//!
//! The values are those of mclust, not corrected against other printings.

use crate::builtin::Builtin;

/// Entry of the table.
pub const DIABETES: Builtin = Builtin {
    id: "diabetes",
    variants: &[],
    n: 145,
    d: 3,
    description: "plasma glucose and insulin areas and steady-state plasma glucose of 145 adults; label: diagnosis",
    source: "Reaven & Miller 1979; R package mclust",
    label: Some("class"),
    csv: include_str!("../data/diabetes.csv"),
};
