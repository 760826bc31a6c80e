//! The columns of every table: name, type, unit, meaning. The one place that says so; writer, reader and documentation
//! follow it, and a golden test keeps `docs/records.md` equal to [`markdown`].

mod document;
mod tables;

pub use document::markdown;
pub use tables::{ASSIGNMENTS, FAILURES, OBSERVATIONS, PARAMETERS, RUNS, TABLES, TIMINGS, TRACES};

use crate::categories::Vocabulary;
use std::fmt;

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned 32-bit integer.
    UInt32,
    /// Double; always finite.
    Float64,
    /// UTF-8.
    Text,
    /// A 64-bit number as 16 hexadecimal digits.
    Hex,
    /// One of the names of a vocabulary.
    Enum(Vocabulary),
    /// List of doubles, all finite.
    Float64List,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UInt32 => "u32",
            Self::Float64 => "f64",
            Self::Text => "string",
            Self::Hex => "hex",
            Self::Enum(_) => "enum",
            Self::Float64List => "list of f64",
        })
    }
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name in the file.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// Unit, or empty where a value has none.
    pub unit: &'static str,
    /// Meaning, and when it is null.
    pub meaning: &'static str,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Name; the file is `NAME.parquet`.
    pub name: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// The columns that together identify a row, in the order by which the rows are sorted.
    pub key: &'static [&'static str],
    /// The columns in file order.
    pub columns: &'static [Column],
    /// Whether its numbers are compressed: not where they are most of a study and hardly ever repeat, so that it would gain a
    /// sixth of the room for a third of the time of writing.
    pub compresses: bool,
}

impl Table {
    /// Name of the finished file.
    pub fn file_name(&self) -> String {
        format!("{}.parquet", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_keys_are_columns_that_are_never_null() {
        for table in TABLES {
            let names: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            for key in table.key {
                let column = table.columns.iter().find(|column| column.name == *key);
                assert!(column.is_some_and(|column| !column.nullable), "{}: {key}", table.name);
            }
        }
    }
}
