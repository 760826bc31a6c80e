//! Any file with one observation per row, by the ending of its name.

use super::CsvOptions;
use crate::error::DatasetError;
use crate::sample::Sample;
use std::path::PathBuf;

/// Which file, and which of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// `.csv` (with a header), `.npy`, or, with the feature `parquet`, `.parquet`.
    pub path: PathBuf,
    /// The feature columns; `None`: all but label and weight.
    pub columns: Option<Vec<String>>,
    /// The column with the true classes.
    pub label: Option<String>,
    /// The column with the weights of the rows.
    pub weight: Option<String>,
}

impl FileOptions {
    /// Reads the file.
    pub fn read(self) -> Result<Sample, DatasetError> {
        let Self { path, columns, label, weight } = self;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        let refuse = |reason: &str| DatasetError::File { file: path.clone(), reason: reason.to_owned() };
        match ending.as_str() {
            "csv" => CsvOptions { columns, label, weight, ..CsvOptions::new(path) }.read(),
            "npy" if label.is_some() || weight.is_some() => {
                Err(refuse("an array has neither labels nor weights: save a CSV or Parquet file"))
            }
            "npy" => {
                let sample = super::read_npy(&path)?;
                match columns {
                    Some(columns) => sample.select_columns(&columns),
                    None => Ok(sample),
                }
            }
            #[cfg(feature = "parquet")]
            "parquet" => super::read_parquet(&path, columns.as_deref(), label.as_deref(), weight.as_deref()),
            _ => Err(refuse("the ending is none of .csv, .npy, .parquet")),
        }
    }
}
