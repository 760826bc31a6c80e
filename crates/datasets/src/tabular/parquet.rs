//! Parquet files: every numeric column is a feature. Nulls are refused with row and column. Not here: nested columns.

use crate::error::DatasetError;
use crate::sample::{Sample, Truth};
use polars::prelude::{Column, DataType, ParquetReader, PolarsError, SerReader as _};
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
    let open = || File::open(path).map(ParquetReader::new).map_err(|error| refuse(error.to_string()));
    let polars = |error: PolarsError| refuse(error.to_string());
    let mut reader = open()?;
    let n = reader.num_rows().map_err(polars)?;
    let known: Vec<String> = reader.schema().map_err(polars)?.iter_names().map(ToString::to_string).collect();
    // Column by column: beside the sample no more than one of them is in memory.
    let find = |name: &str| {
        if !known.iter().any(|one| one == name) {
            return Err(DatasetError::UnknownColumn { column: name.to_owned(), known: known.clone() });
        }
        let frame = open()?.with_columns(Some(vec![name.to_owned()])).finish().map_err(polars)?;
        frame.column(name).cloned().map_err(polars)
    };
    let special = |name: &&String| Some(name.as_str()) != label && Some(name.as_str()) != weight;
    let names: Vec<String> = match columns {
        Some(columns) => columns.to_vec(),
        None => known.iter().filter(special).cloned().collect(),
    };
    // Writes the column to every `step`-th place.
    let numbers = |name: &str, places: &mut [f64], step: usize| -> Result<(), DatasetError> {
        let column = find(name)?;
        if !column.dtype().is_primitive_numeric() {
            let dtype = column.dtype();
            return Err(refuse(format!("column `{name}` is of type {dtype}; features are numbers")));
        }
        let floats = column.cast(&DataType::Float64).map_err(polars)?;
        let values = floats.f64().map_err(polars)?;
        for (row, (place, value)) in places.iter_mut().step_by(step).zip(values.iter()).enumerate() {
            *place =
                value.ok_or_else(|| refuse(format!("row {row} (from 0), column `{name}` is null; fill or drop it")))?;
        }
        Ok(())
    };
    let d = names.len();
    let mut x = vec![0.0; n * d];
    if n > 0 {
        for (j, name) in names.iter().enumerate() {
            numbers(name, &mut x[j..], d)?;
        }
    }
    let mut weights = vec![0.0; if weight.is_some() { n } else { 0 }];
    if let Some(name) = weight {
        numbers(name, &mut weights, 1)?;
    }
    let truth = label.map(|name| find(name).map(|column| classes(&column))).transpose()?;
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
