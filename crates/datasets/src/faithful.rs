//! Old Faithful: durations of eruptions and the waiting times after them (Azzalini & Bowman 1990, key `azzalini1990`).
//!
//! R's 272 pairs; the 299 of MASS `geyser` are another sample.

use crate::builtin::Builtin;

/// Entry of the table.
pub const FAITHFUL: Builtin = Builtin {
    id: "faithful",
    variants: &[],
    n: 272,
    d: 2,
    description: "duration of an eruption and waiting time to the next (minutes) of the Old Faithful geyser",
    source: "Azzalini & Bowman 1990; R datasets::faithful",
    label: None,
    csv: include_str!("../data/faithful.csv"),
};
