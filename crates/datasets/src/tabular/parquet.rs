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
    let null = |row: usize, name: &str| refuse(format!("row {row} (from 0), column `{name}` is null; fill or drop it"));
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
            *place = value.ok_or_else(|| null(row, name))?;
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
    let truth = match label {
        Some(name) => {
            let column = find(name)?;
            if let Some(row) = column.is_null().iter().position(|null| null == Some(true)) {
                return Err(null(row, name));
            }
            Some(classes(&column))
        }
        None => None,
    };
    Sample::new(x, names, truth).and_then(|sample| sample.with_weights(weights)).map_err(|error| error.of_file(path))
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

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{DataFrame, IntoColumn as _, NamedFrom as _, ParquetWriter, Series};
    use tempfile::NamedTempFile;

    fn file(columns: Vec<Series>) -> NamedTempFile {
        let rows = columns[0].len();
        let columns = columns.into_iter().map(Series::into_column).collect();
        let mut frame = DataFrame::new(rows, columns).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        ParquetWriter::new(file.as_file_mut()).finish(&mut frame).unwrap();
        file
    }

    fn numbers<T>(name: &str, values: T) -> Series
    where
        Series: polars::prelude::NamedFrom<T, [f64]>,
    {
        Series::new(name.into(), values)
    }

    /// What is wrong with the values of a file.
    fn inner(result: Result<Sample, DatasetError>) -> DatasetError {
        match result {
            Err(DatasetError::Values { source, .. }) => *source,
            other => panic!("{other:?}"),
        }
    }

    fn all(file: &NamedTempFile) -> Result<Sample, DatasetError> {
        read_parquet(file.path(), None, None, None)
    }

    #[test]
    fn features_classes_and_weights() {
        let file = file(vec![
            numbers("x", [1.5, 2.5, 3.5]),
            Series::new("class".into(), ["b", "a", "b"]),
            Series::new("y".into(), [3_i32, -2, 1]),
            Series::new("w".into(), [1_u32, 2, 4]),
        ]);
        let sample = read_parquet(file.path(), None, Some("class"), Some("w")).unwrap();
        assert_eq!((sample.n, sample.d, &sample.columns[..]), (3, 2, &["x".to_owned(), "y".to_owned()][..]));
        assert_eq!((sample.x, sample.weight), (vec![1.5, 3.0, 2.5, -2.0, 3.5, 1.0], vec![1.0, 2.0, 4.0]));
        assert_eq!(sample.truth, Some(Truth { labels: vec![0, 1, 0], names: vec!["b".to_owned(), "a".to_owned()] }));
        let chosen = read_parquet(file.path(), Some(&["y".to_owned(), "x".to_owned()]), None, None).unwrap();
        assert_eq!((chosen.x, chosen.truth), (vec![3.0, 1.5, -2.0, 2.5, 1.0, 3.5], None));
    }

    #[test]
    fn nulls_are_located() {
        let x = numbers("x", [1.0, 2.0]);
        let file =
            file(vec![x, Series::new("gap".into(), [Some(1.0), None]), Series::new("class".into(), [None, Some("a")])]);
        let column = |name: &str| [name.to_owned()];
        let told = |result: Result<Sample, DatasetError>| result.unwrap_err().to_string();
        let feature = told(read_parquet(file.path(), Some(&column("gap")), None, None));
        assert!(feature.ends_with("row 1 (from 0), column `gap` is null; fill or drop it"), "{feature}");
        let class = told(read_parquet(file.path(), Some(&column("x")), Some("class"), None));
        assert!(class.ends_with("row 0 (from 0), column `class` is null; fill or drop it"), "{class}");
        let weight = told(read_parquet(file.path(), Some(&column("x")), None, Some("gap")));
        assert!(weight.ends_with("row 1 (from 0), column `gap` is null; fill or drop it"), "{weight}");
    }

    #[test]
    fn what_is_no_feature_is_refused() {
        let text = file(vec![numbers("x", [1.0]), Series::new("name".into(), ["a"])]);
        let error = all(&text).unwrap_err().to_string();
        assert!(error.ends_with("column `name` is of type str; features are numbers"), "{error}");
        let nan = file(vec![numbers("x", [1.0, f64::NAN])]);
        assert!(matches!(inner(all(&nan)), DatasetError::NonFinite { row: 1, column, .. } if column == "x"));
        assert!(all(&nan).unwrap_err().to_string().starts_with(&nan.path().display().to_string()));
        let empty = file(vec![numbers("x", Vec::<f64>::new())]);
        assert!(matches!(inner(all(&empty)), DatasetError::NoRows));
        let unknown = read_parquet(text.path(), Some(&["z".to_owned()]), None, None);
        assert!(matches!(unknown, Err(DatasetError::UnknownColumn { column, .. }) if column == "z"));
        let twice = read_parquet(text.path(), Some(&["x".to_owned(), "x".to_owned()]), None, None);
        assert!(matches!(inner(twice), DatasetError::DuplicateColumn { column } if column == "x"));
        let only_label = read_parquet(text.path(), Some(&[]), Some("name"), None);
        assert!(matches!(inner(only_label), DatasetError::NoColumns));
        let none = read_parquet(text.path(), Some(&["x".to_owned()]), None, Some("x"));
        assert_eq!(none.unwrap().weight, [1.0]);
    }

    #[test]
    fn what_is_no_parquet_file_is_an_error_with_its_name() {
        let mut other = NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut other, b"x,y\n1,2\n").unwrap();
        for path in [other.path(), Path::new("no-such.parquet")] {
            let error = read_parquet(path, None, None, None).unwrap_err().to_string();
            assert!(error.starts_with(&path.display().to_string()), "{error}");
        }
    }
}
