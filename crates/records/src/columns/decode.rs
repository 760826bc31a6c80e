//! From a data frame to vectors, one per column.

use crate::error::RecordsError;
use crate::schema::{Kind, Table};
use polars::prelude::{
    CategoricalPhysical, ChunkedArray, Column, DataFrame, DataType, PolarsError, PolarsNumericType, Series,
};
use std::path::Path;

/// Takes the columns of a data frame apart.
pub(crate) struct Decoder<'a> {
    pub frame: &'a DataFrame,
    pub table: &'static Table,
    pub path: &'a Path,
}

/// The values chunk by chunk: several times faster than the iterator over all chunks.
fn options<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Vec<Option<T::Native>> {
    let mut values = Vec::with_capacity(column.len());
    for chunk in column.downcast_iter() {
        if chunk.validity().is_none() {
            values.extend(chunk.values().iter().map(|&value| Some(value)));
        } else {
            values.extend(chunk.iter().map(Option::<&T::Native>::copied));
        }
    }
    values
}

/// A column of names.
pub(crate) struct Names {
    /// Code of each row.
    pub codes: Vec<Option<u32>>,
    /// Name of each code.
    pub names: Vec<String>,
}

impl Names {
    /// The name in row `i`.
    pub fn get(&self, i: usize) -> Option<&str> {
        self.codes[i].map(|code| self.names[code as usize].as_str())
    }
}

impl Decoder<'_> {
    /// Fails unless the frame has the documented columns.
    pub fn check(&self) -> Result<(), RecordsError> {
        for column in self.table.columns {
            let found = self.frame.column(column.name).ok().map(Column::dtype);
            let agrees = found.is_some_and(|found| match column.kind {
                Kind::UInt32 => *found == DataType::UInt32,
                Kind::Float64 => *found == DataType::Float64,
                Kind::Text | Kind::Hex => *found == DataType::String,
                Kind::Enum(_) => matches!(found, DataType::Enum(..)),
                Kind::Float64List => *found == DataType::List(Box::new(DataType::Float64)),
            });
            if !agrees {
                return Err(RecordsError::Schema {
                    path: self.path.to_owned(),
                    table: self.table.name,
                    column: column.name,
                    expected: column.kind.to_string(),
                    found: found.map_or_else(|| "no such column".to_owned(), ToString::to_string),
                });
            }
        }
        Ok(())
    }

    fn polars(&self, source: PolarsError) -> RecordsError {
        RecordsError::Parquet { table: self.table.name, path: self.path.to_owned(), source: Box::new(source) }
    }

    fn series(&self, name: &str) -> Result<&Series, RecordsError> {
        self.frame.column(name).map(Column::as_materialized_series).map_err(|source| self.polars(source))
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// Unwraps a column that is never null.
    fn required<T>(&self, name: &'static str, values: Vec<Option<T>>) -> Result<Vec<T>, RecordsError> {
        let unwrap = |(row, value): (usize, Option<T>)| value.ok_or_else(|| self.unexpected_null(name, row));
        values.into_iter().enumerate().map(unwrap).collect()
    }

    /// The error for a null where none can be.
    pub fn unexpected_null(&self, column: &'static str, row: usize) -> RecordsError {
        RecordsError::UnexpectedNull { path: self.path.to_owned(), table: self.table.name, column, row }
    }

    /// The error for a category that this version does not know.
    pub fn unknown(&self, column: &'static str, value: &str) -> RecordsError {
        RecordsError::UnknownName {
            path: self.path.to_owned(),
            table: self.table.name,
            column,
            value: value.to_owned(),
        }
    }

    /// Integers, some missing.
    pub fn optional_u32(&self, name: &str) -> Result<Vec<Option<u32>>, RecordsError> {
        Ok(options(self.series(name)?.u32().map_err(|source| self.polars(source))?))
    }

    /// Integers.
    pub fn u32(&self, name: &'static str) -> Result<Vec<u32>, RecordsError> {
        self.required(name, self.optional_u32(name)?)
    }

    /// Numbers, some missing.
    pub fn optional_f64(&self, name: &str) -> Result<Vec<Option<f64>>, RecordsError> {
        Ok(options(self.series(name)?.f64().map_err(|source| self.polars(source))?))
    }

    /// Numbers.
    pub fn f64(&self, name: &'static str) -> Result<Vec<f64>, RecordsError> {
        self.required(name, self.optional_f64(name)?)
    }

    /// Text, some missing.
    pub fn optional_text(&self, name: &str) -> Result<Vec<Option<String>>, RecordsError> {
        let text = self.series(name)?.str().map_err(|source| self.polars(source))?;
        Ok(text.iter().map(|text| text.map(str::to_owned)).collect())
    }

    /// Text.
    pub fn text(&self, name: &'static str) -> Result<Vec<String>, RecordsError> {
        self.required(name, self.optional_text(name)?)
    }

    /// 64-bit numbers out of their digits.
    pub fn hex(&self, name: &'static str) -> Result<Vec<u64>, RecordsError> {
        let parse = |digits: String| u64::from_str_radix(&digits, 16).map_err(|_| self.unknown(name, &digits));
        self.text(name)?.into_iter().map(parse).collect()
    }

    /// Names.
    pub fn names(&self, name: &str) -> Result<Names, RecordsError> {
        let series = self.series(name)?;
        let DataType::Enum(categories, _) = series.dtype() else {
            return Ok(Names { codes: vec![None; self.rows()], names: Vec::new() });
        };
        let names = categories.categories().values_iter().map(str::to_owned).collect();
        let codes = match categories.physical() {
            CategoricalPhysical::U8 => {
                series.cat8().map(|codes| codes.physical().iter().map(|code| code.map(u32::from)).collect())
            }
            CategoricalPhysical::U16 => {
                series.cat16().map(|codes| codes.physical().iter().map(|code| code.map(u32::from)).collect())
            }
            CategoricalPhysical::U32 => series.cat32().map(|codes| codes.physical().iter().collect()),
        };
        let codes = codes.map_err(|source| self.polars(source))?;
        Ok(Names { codes, names })
    }

    /// Names of a column that is never null.
    pub fn required_names(&self, name: &'static str) -> Result<Names, RecordsError> {
        let names = self.names(name)?;
        match names.codes.iter().position(Option::is_none) {
            Some(row) => Err(self.unexpected_null(name, row)),
            None => Ok(names),
        }
    }

    /// Names as values of a closed type.
    pub fn optional_values<T: Copy>(
        &self,
        column: &'static str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Vec<Option<T>>, RecordsError> {
        let names = self.names(column)?;
        let find = |known: &String| all.iter().copied().find(|&value| name(value) == known);
        let values: Vec<Option<T>> = names.names.iter().map(find).collect();
        let value = |code: Option<u32>| {
            let Some(code) = code else { return Ok(None) };
            values[code as usize].map(Some).ok_or_else(|| self.unknown(column, &names.names[code as usize]))
        };
        names.codes.iter().copied().map(value).collect()
    }

    /// Names as values of a closed type, in a column that is never null.
    pub fn values<T: Copy>(
        &self,
        column: &'static str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Vec<T>, RecordsError> {
        self.required(column, self.optional_values(column, all, name)?)
    }

    /// Lists of numbers, some missing.
    pub fn optional_list(&self, name: &str) -> Result<Vec<Option<Vec<f64>>>, RecordsError> {
        let lists = self.series(name)?.list().map_err(|source| self.polars(source))?.rechunk();
        let numbers = lists.get_inner();
        let numbers = numbers.f64().and_then(|numbers| numbers.cont_slice()).map_err(|source| self.polars(source))?;
        let mut out = Vec::with_capacity(lists.len());
        for chunk in lists.downcast_iter() {
            for row in 0..lists.len() {
                let present = chunk.validity().is_none_or(|validity| validity.get_bit(row));
                let (start, end) = chunk.offsets().start_end(row);
                out.push(present.then(|| numbers[start..end].to_vec()));
            }
        }
        Ok(out)
    }

    /// Lists of numbers.
    pub fn list(&self, name: &'static str) -> Result<Vec<Vec<f64>>, RecordsError> {
        self.required(name, self.optional_list(name)?)
    }
}
