//! Parquet files: every numeric column is a feature. Nulls are refused with row and column. Not here: nested columns.

use crate::error::DatasetError;
use crate::sample::{Sample, Truth};
use polars::prelude::{Column, DataType, ParquetReader, SerReader as _};
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

/// Reads `columns` (all but label and weight if `None`) of the file, with the true classes in column `label` and the weights
/// of the rows in column `weight`, if they are named.
pub fn read_parquet(
    path: &Path,
    columns: Option<&[String]>,
    label: Option<&str>,
    weight: Option<&str>,
) -> Result<Sample, DatasetError> {
    let refuse = |reason: String| DatasetError::File { file: path.to_path_buf(), reason };
    let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
    let frame = ParquetReader::new(file).finish().map_err(|error| refuse(error.to_string()))?;
    let known: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let find = |name: &str| {
        frame.column(name).map_err(|_| DatasetError::UnknownColumn { column: name.to_owned(), known: known.clone() })
    };
    let special = |name: &&String| Some(name.as_str()) != label && Some(name.as_str()) != weight;
    let names: Vec<String> = match columns {
        Some(columns) => columns.to_vec(),
        None => known.iter().filter(special).cloned().collect(),
    };
    let numbers = |column: &Column| -> Result<Vec<f64>, DatasetError> {
        let name = column.name();
        let text = |dtype: &DataType| refuse(format!("column `{name}` is of type {dtype}; features are numbers"));
        if !column.dtype().is_primitive_numeric() {
            return Err(text(column.dtype()));
        }
        let floats = column.cast(&DataType::Float64).map_err(|error| refuse(error.to_string()))?;
        let values = floats.f64().map_err(|error| refuse(error.to_string()))?;
        let missing = |(row, value): (usize, Option<f64>)| {
            value.ok_or_else(|| refuse(format!("row {row} (from 0), column `{name}` is null; fill or drop it")))
        };
        values.iter().enumerate().map(missing).collect()
    };
    let (n, d) = (frame.height(), names.len());
    let mut x = vec![0.0; n * d];
    for (j, name) in names.iter().enumerate() {
        for (slot, value) in x.iter_mut().skip(j).step_by(d).zip(numbers(find(name)?)?) {
            *slot = value;
        }
    }
    let weights = weight.map(|name| numbers(find(name)?)).transpose()?.unwrap_or_default();
    let truth = label.map(|name| find(name).map(classes)).transpose()?;
    Sample::new(x, names, truth)?.with_weights(weights)
}

/// Classes in order of first appearance, named as they print.
fn classes(column: &Column) -> Truth {
    let mut truth = Truth { labels: Vec::with_capacity(column.len()), names: Vec::new() };
    let mut codes: HashMap<String, u32> = HashMap::new();
    let series = column.as_materialized_series();
    for value in series.iter() {
        let name = value.str_value().into_owned();
        let next = u32::try_from(codes.len()).unwrap_or(u32::MAX);
        let code = *codes.entry(name.clone()).or_insert(next);
        if code == next {
            truth.names.push(name);
        }
        truth.labels.push(code);
    }
    truth
}
