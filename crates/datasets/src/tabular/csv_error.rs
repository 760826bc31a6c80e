//! What can be wrong with a CSV file, and where.

use crate::error::list;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// A CSV file could not be read: all that is wrong with it.
#[derive(Debug)]
pub struct CsvErrors {
    /// The file.
    pub file: PathBuf,
    /// The first faults, in the order of the file; never empty, at most [`CsvErrors::KEPT`].
    pub faults: Vec<CsvFault>,
    /// Number of all faults.
    pub total: usize,
}

impl CsvErrors {
    /// How many faults are kept.
    pub const KEPT: usize = 10;
}

impl std::error::Error for CsvErrors {}

impl fmt::Display for CsvErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        if let [only] = &self.faults[..] {
            return write!(f, "{file}: {only}");
        }
        write!(f, "{file}: {} faults", self.total)?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))?;
        match self.total - self.faults.len() {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// One fault of a file with its place.
#[derive(Debug)]
pub struct CsvFault {
    /// Line of the file, from 1; `None` if the fault lies in no line.
    pub line: Option<u64>,
    /// Row of data, from 1 (the header is no row); `None` in the header or if the fault lies in no row.
    pub row: Option<u64>,
    /// Column, from 1.
    pub column: Option<usize>,
    /// Its name.
    pub name: Option<String>,
    /// What is wrong.
    pub kind: FaultKind,
}

impl fmt::Display for CsvFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = Vec::new();
        if let Some(line) = self.line {
            places.push(format!("line {line}"));
        }
        if let Some(row) = self.row {
            places.push(format!("row {row}"));
        }
        if let Some(column) = self.column {
            let name = self.name.as_ref().map_or(String::new(), |name| format!(" `{name}`"));
            places.push(format!("column {column}{name}"));
        }
        if !places.is_empty() {
            write!(f, "{}: ", places.join(", "))?;
        }
        write!(f, "{}", self.kind)
    }
}

/// The kinds of fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The file is missing or cannot be read.
    #[error("the file cannot be read: {source}")]
    Unreadable {
        /// What the system said.
        source: std::io::Error,
    },
    /// The delimiter would be mistaken for a part of the values.
    #[error("`{}` cannot be the delimiter; use a comma, semicolon, tab or the like", char::from(*found).escape_default())]
    Delimiter {
        /// The byte asked for.
        found: u8,
    },
    /// A byte sequence is not UTF-8.
    #[error("the text is not UTF-8; save the file in that encoding")]
    NotUtf8,
    /// There is no row of data.
    #[error("there is no row of data; at least one is needed")]
    NoRows,
    /// A line between rows is blank.
    #[error("the line is blank where a row is expected; fill it in or remove it")]
    BlankLine,
    /// All column names are numbers.
    #[error("every column name is a number, so this looks like a row of data; if the file has no header, say so")]
    NumericHeader,
    /// A column without a name would be a feature.
    #[error("the column has no name (row numbers?); name it, or name the columns to read")]
    Unnamed,
    /// Two columns have the same name.
    #[error("the name `{column}` already belongs to column {first}; rename one of them")]
    DuplicateName {
        /// The name.
        column: String,
        /// Number of the first column with it, from 1.
        first: usize,
    },
    /// A column was asked for that does not exist.
    #[error("there is no column `{column}`; the columns are {}", list(known))]
    UnknownColumn {
        /// What was asked for.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// A column was asked for twice, or both as a feature and as the label.
    #[error("column `{column}` is asked for twice; name it once, as a feature or as the label")]
    SelectedTwice {
        /// The column.
        column: String,
    },
    /// No feature column is left.
    #[error("no feature column is selected; name at least one besides the label")]
    NoColumns,
    /// A row has more or fewer fields than the first line.
    #[error("found {found} fields where {expected} are expected; complete the row, or quote what holds a delimiter")]
    Ragged {
        /// Fields of the row.
        found: usize,
        /// Fields of the first line.
        expected: usize,
    },
    /// A value is missing.
    #[error("{} where {expected} is expected: the value is missing; fill it in or remove the row", quoted(found))]
    Missing {
        /// The text: empty, or a token such as `NA`.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Text in a column of numbers.
    #[error("{} where a number is expected{}", quoted(found), if decimal_comma(found) {
        ": write it with a decimal point"
    } else if several_fields(found) {
        ": this looks like several fields; save the file with commas between them"
    } else {
        "; correct it or leave the column out"
    })]
    NotANumber {
        /// The text.
        found: String,
    },
    /// A weight that is zero or negative.
    #[error("a weight of {value}; weights are positive: correct it or remove the row")]
    Weight {
        /// The number.
        value: f64,
    },
    /// NaN, an infinity, or a number too large for 64 bits.
    #[error("{} is not finite; correct it or remove the row", quoted(found))]
    NotFinite {
        /// The text.
        found: String,
    },
}

/// The text in quotation marks, cut at 40 characters: a lost quotation mark can swallow half a file.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(40) {
        None if text.is_empty() => "nothing".to_string(),
        None => format!("`{}`", text.escape_debug()),
        Some((end, _)) => format!("`{}…`", text[..end].escape_debug()),
    }
}

/// Whether this is a row of numbers of a file with another delimiter.
fn several_fields(text: &str) -> bool {
    let delimiters = [';', '\t', '|'];
    text.contains(delimiters) && text.split(delimiters).all(|field| field.trim().parse::<f64>().is_ok())
}

fn decimal_comma(text: &str) -> bool {
    text.matches(',').count() == 1 && text.replace(',', ".").parse::<f64>().is_ok()
}
