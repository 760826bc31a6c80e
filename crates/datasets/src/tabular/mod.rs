//! Files with one observation per row.
//!
//! Everything wrong in a CSV file is a [`CsvFault`] with line, row and column; the first [`CsvErrors::KEPT`] are kept, the rest
//! counted. Not here (yet): files larger than memory.

mod csv;
mod csv_error;
mod file;
mod npy;
#[cfg(feature = "parquet")]
mod parquet;

pub use csv::CsvOptions;
pub use csv_error::{CsvErrors, CsvFault, FaultKind};
pub use file::FileOptions;
pub use npy::read_npy;
#[cfg(feature = "parquet")]
pub use parquet::read_parquet;
