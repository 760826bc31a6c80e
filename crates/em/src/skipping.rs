//! Whether a pass leaves out what cannot matter.

/// Whether pairs of a row and a component may be left out of an E-step where they cannot matter, as a model with such kernels is
/// told. Objective, statistics and labels are the same to the last bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skipping {
    /// Where it pays, as each lane finds by what it met last.
    #[default]
    Automatic,
    /// All pairs in every pass, and nothing remembered.
    Never,
    /// In every pass, whether it pays or not.
    Always,
}
