//! What can be wrong with a request for data.

use crate::recipe_error::RecipeError;
use crate::tabular::CsvErrors;
use thiserror::Error;

/// A sample could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// No embedded sample has this id.
    #[error("unknown data set `{id}`; embedded are {}", list(known))]
    UnknownDataset {
        /// What was asked for.
        id: String,
        /// All ids, in the order of [`BUILTIN`](crate::BUILTIN).
        known: Vec<&'static str>,
    },
    /// The embedded sample has no such variant.
    #[error("data set `{id}` has no variant `{variant}`; {}", if known.is_empty() {
        "it comes in one form: leave the variant out".to_string()
    } else {
        format!("its variants are {}", list(known))
    })]
    UnknownVariant {
        /// The data set.
        id: &'static str,
        /// What was asked for.
        variant: String,
        /// Its variants, the default first.
        known: Vec<&'static str>,
    },
    /// A selected column does not exist.
    #[error("unknown column `{column}`; the columns are {}", list(known))]
    UnknownColumn {
        /// What was asked for.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// A column occurs twice.
    #[error("column `{column}` is named twice; name it once")]
    DuplicateColumn {
        /// The column.
        column: String,
    },
    /// No feature column is left.
    #[error("no feature column is selected; name at least one")]
    NoColumns,
    /// No row.
    #[error("the sample has no rows; at least one is needed")]
    NoRows,
    /// The number of values is not rows × columns.
    #[error("{values} values do not make rows of {columns} columns")]
    Shape {
        /// Number of values.
        values: usize,
        /// Number of column names.
        columns: usize,
    },
    /// There is not one true label per row, or a label has no name.
    #[error(
        "the truth has {labels} labels with {names} names for {rows} rows; every row needs one label that has a name"
    )]
    TruthShape {
        /// Number of labels.
        labels: usize,
        /// Number of names.
        names: usize,
        /// Number of rows.
        rows: usize,
    },
    /// A file cannot be read.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: std::path::PathBuf,
        /// Why not.
        reason: String,
    },
    /// What a file holds is no sample.
    #[error("{}: {source}", file.display())]
    Values {
        /// The file.
        file: std::path::PathBuf,
        /// Why not.
        source: Box<DatasetError>,
    },
    /// There is not one weight per row.
    #[error("{weights} weights for {rows} rows")]
    WeightShape {
        /// Number of weights.
        weights: usize,
        /// Number of rows.
        rows: usize,
    },
    /// A weight is not positive and finite.
    #[error("the weight of row {row} (from 0) is {value}: weights are positive; leave the row out")]
    Weight {
        /// Row, from 0.
        row: usize,
        /// Its weight.
        value: f64,
    },
    /// A value is NaN or infinite.
    #[error("row {row} (from 0), column `{column}`: {value} is not finite; correct it or remove the row")]
    NonFinite {
        /// Row, from 0.
        row: usize,
        /// Column.
        column: String,
        /// The value.
        value: f64,
    },
    /// A column cannot be divided by its standard deviation.
    #[error(
        "column `{column}` has the one value {value} in all {rows} rows, so its standard deviation is zero; leave the column out"
    )]
    ConstantColumn {
        /// The column.
        column: String,
        /// Its only value.
        value: f64,
        /// Number of rows.
        rows: usize,
    },
    /// The squares of a column leave the range of floating-point numbers.
    #[error(
        "column `{column}` runs from {smallest:e} to {largest:e}, and its standard deviation cannot be represented; rescale it"
    )]
    Unscalable {
        /// The column.
        column: String,
        /// Smallest value.
        smallest: f64,
        /// Largest value.
        largest: f64,
    },
    /// A mixture cannot be drawn from.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A CSV file could not be read.
    #[error(transparent)]
    Csv(#[from] CsvErrors),
}

impl DatasetError {
    /// The same, of the values of a file.
    pub(crate) fn of_file(self, file: &std::path::Path) -> Self {
        Self::Values { file: file.to_owned(), source: Box::new(self) }
    }
}

/// `a`, `b`, `c`.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}
