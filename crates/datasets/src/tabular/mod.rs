//! Files with one observation per row.
//!
//! Everything wrong in a file is a [`CsvFault`] with line, row and column; the first [`CsvErrors::KEPT`] are kept, the rest
//! counted. Not here (yet): NPY, Parquet, files larger than memory.

mod csv;
mod csv_error;

pub use csv::CsvOptions;
pub use csv_error::{CsvErrors, CsvFault, FaultKind};
