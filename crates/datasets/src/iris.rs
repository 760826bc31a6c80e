//! Iris: 50 flowers of each of three species, four lengths in centimetres (Fisher 1936, key `fisher1936`).
//!
//! The file of the UCI repository, which many tutorials use, differs from Fisher's table in two rows; the numbers of a
//! fit differ with it.

use crate::builtin::{Builtin, Variant};

/// Entry of the table.
pub const IRIS: Builtin = Builtin {
    id: "iris",
    variants: &[
        Variant { name: "fisher", description: "Fisher's table, as in R and scikit-learn", replaced: &[] },
        Variant {
            name: "uci",
            description: "the UCI repository's file, with errors in rows 35 and 38 (counted from 1)",
            replaced: &[(34, &[4.9, 3.1, 1.5, 0.1]), (37, &[4.9, 3.1, 1.5, 0.1])],
        },
    ],
    n: 150,
    d: 4,
    description: "sepal and petal lengths and widths (cm) of three species of iris; label: species",
    source: "Fisher 1936, Anderson 1935; R datasets::iris, UCI Machine Learning Repository",
    label: Some("class"),
    csv: include_str!("../data/iris.csv"),
};
