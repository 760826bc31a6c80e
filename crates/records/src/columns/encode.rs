//! From rows to a data frame.

use super::Record;
use crate::categories::EnumTypes;
use crate::error::RecordsError;
use crate::schema::{self, Kind};
use polars::prelude::{
    Categorical8Chunked, Categorical16Chunked, Categorical32Chunked, CategoricalPhysical, Column, DataFrame, DataType,
    Float64Chunked, Float64Type, IntoColumn, IntoSeries, ListBuilderTrait, ListPrimitiveChunkedBuilder, NamedFrom,
    PlSmallStr, Series, UInt8Chunked, UInt16Chunked, UInt32Chunked,
};

/// Builds the columns of a data frame from rows.
pub(crate) struct Encoder<'a, R> {
    /// Pieces of the table, one after the other.
    rows: &'a [&'a [R]],
    count: usize,
    types: &'a EnumTypes,
    columns: Vec<Column>,
}

/// Values with a flag for each, once one of them is missing.
struct Nullable<T> {
    values: Vec<T>,
    present: Option<Vec<bool>>,
}

impl<'a, R: Record> Encoder<'a, R> {
    /// The rows of all pieces as one chunk.
    pub fn frame(rows: &'a [&'a [R]], types: &'a EnumTypes) -> Result<DataFrame, RecordsError> {
        let count = rows.iter().map(|piece| piece.len()).sum();
        let mut encoder = Self { rows, count, types, columns: Vec::with_capacity(R::TABLE.columns.len()) };
        R::encode(&mut encoder)?;
        assert_eq!(encoder.columns.len(), R::TABLE.columns.len(), "table {} is short of columns", R::TABLE.name);
        Ok(DataFrame::new(count, encoder.columns).expect("every column has one value per row"))
    }

    /// The schema of the column that comes next, which must be the named one.
    fn next(&self, name: &str) -> &'static schema::Column {
        let column = R::TABLE.columns.get(self.columns.len()).expect("more columns than the schema has");
        assert_eq!(column.name, name, "table {} has its columns in another order", R::TABLE.name);
        column
    }

    fn rows(&self) -> impl Iterator<Item = &'a R> + use<'a, R> {
        self.rows.iter().copied().flatten()
    }

    fn missing(column: &'static schema::Column, row: &R) -> RecordsError {
        RecordsError::Missing { table: R::TABLE.name, column: column.name, place: row.place() }
    }

    fn collect<T: Copy + Default>(
        &self,
        column: &'static schema::Column,
        value: impl Fn(&R) -> Result<Option<T>, RecordsError>,
    ) -> Result<Nullable<T>, RecordsError> {
        let mut values = Vec::with_capacity(self.count);
        let mut present: Option<Vec<bool>> = None;
        // Two loops: a flattened iterator would look for the end of a piece after every row.
        for piece in self.rows {
            for row in *piece {
                let value = value(row)?;
                if value.is_none() && present.is_none() {
                    if !column.nullable {
                        return Err(Self::missing(column, row));
                    }
                    let mut flags = Vec::with_capacity(self.count);
                    flags.resize(values.len(), true);
                    present = Some(flags);
                }
                if let Some(flags) = &mut present {
                    flags.push(value.is_some());
                }
                values.push(value.unwrap_or_default());
            }
        }
        Ok(Nullable { values, present })
    }

    fn finite(column: &'static schema::Column, row: &R, value: f64) -> Result<f64, RecordsError> {
        if value.is_finite() {
            return Ok(value);
        }
        Err(RecordsError::NotFinite { table: R::TABLE.name, column: column.name, place: row.place(), value })
    }

    /// Adds a column of integers.
    pub fn u32(&mut self, name: &str, value: impl Fn(&R) -> Option<u32>) -> Result<(), RecordsError> {
        let column = self.next(name);
        assert_eq!(column.kind, Kind::UInt32, "column {name}");
        let Nullable { values, present } = self.collect(column, |row| Ok(value(row)))?;
        let validity = present.map(|flags| flags.into_iter().collect());
        self.columns.push(UInt32Chunked::from_vec_validity(name.into(), values, validity).into_column());
        Ok(())
    }

    /// Adds a column of numbers, all finite.
    pub fn f64(&mut self, name: &str, value: impl Fn(&R) -> Option<f64>) -> Result<(), RecordsError> {
        let column = self.next(name);
        assert_eq!(column.kind, Kind::Float64, "column {name}");
        let Nullable { values, present } =
            self.collect(column, |row| value(row).map(|value| Self::finite(column, row, value)).transpose())?;
        let validity = present.map(|flags| flags.into_iter().collect());
        self.columns.push(Float64Chunked::from_vec_validity(name.into(), values, validity).into_column());
        Ok(())
    }

    /// Adds a column of text.
    pub fn text(&mut self, name: &str, value: impl Fn(&R) -> Option<&str>) -> Result<(), RecordsError> {
        let column = self.next(name);
        assert_eq!(column.kind, Kind::Text, "column {name}");
        let values: Vec<Option<&str>> = self.rows().map(value).collect();
        if !column.nullable
            && let Some((row, _)) = self.rows().zip(&values).find(|(_, value)| value.is_none())
        {
            return Err(Self::missing(column, row));
        }
        self.columns.push(Series::new(name.into(), values).into_column());
        Ok(())
    }

    /// Adds a column of 64-bit numbers as 16 hexadecimal digits.
    pub fn hex(&mut self, name: &str, value: impl Fn(&R) -> u64) {
        assert_eq!(self.next(name).kind, Kind::Hex, "column {name}");
        let values: Vec<String> = self.rows().map(|row| format!("{:016x}", value(row))).collect();
        self.columns.push(Series::new(name.into(), values).into_column());
    }

    /// Adds a column of names out of the column's vocabulary.
    pub fn name(&mut self, name: &str, value: impl Fn(&R) -> Option<&str>) -> Result<(), RecordsError> {
        let column = self.next(name);
        let Kind::Enum(vocabulary) = column.kind else { panic!("column {name} is no enum") };
        let names = self.types.of(vocabulary);
        let Nullable { values, present } = self.collect(column, |row| {
            let Some(value) = value(row) else { return Ok(None) };
            names.codes.get(value).copied().map(Some).ok_or_else(|| RecordsError::UnknownCategory {
                table: R::TABLE.name,
                column: column.name,
                place: row.place(),
                value: value.to_owned(),
                expected: names.names.clone(),
            })
        })?;
        let validity = present.map(|flags| flags.into_iter().collect());
        let label = PlSmallStr::from(name);
        let data_type = names.data_type.clone();
        // Straight from codes to categories: series of 8- and 16-bit integers are left out of this build of polars.
        let series = match data_type.cat_physical().expect("an enum has codes") {
            CategoricalPhysical::U8 => {
                let codes = UInt8Chunked::from_vec_validity(label, narrow(&values), validity);
                Categorical8Chunked::from_cats_and_dtype(codes, data_type).into_series()
            }
            CategoricalPhysical::U16 => {
                let codes = UInt16Chunked::from_vec_validity(label, narrow(&values), validity);
                Categorical16Chunked::from_cats_and_dtype(codes, data_type).into_series()
            }
            CategoricalPhysical::U32 => {
                let codes = UInt32Chunked::from_vec_validity(label, values, validity);
                Categorical32Chunked::from_cats_and_dtype(codes, data_type).into_series()
            }
        };
        self.columns.push(series.into_column());
        Ok(())
    }

    /// Adds a column of lists of finite numbers.
    pub fn list(&mut self, name: &str, value: impl Fn(&R) -> Option<&[f64]>) -> Result<(), RecordsError> {
        let column = self.next(name);
        assert_eq!(column.kind, Kind::Float64List, "column {name}");
        let total = self.rows().map(|row| value(row).map_or(0, <[f64]>::len)).sum();
        let mut builder =
            ListPrimitiveChunkedBuilder::<Float64Type>::new(name.into(), self.count, total, DataType::Float64);
        for row in self.rows() {
            let values = value(row);
            match values {
                Some(values) => {
                    for &value in values {
                        Self::finite(column, row, value)?;
                    }
                }
                None if column.nullable => {}
                None => return Err(Self::missing(column, row)),
            }
            builder.append_opt_slice(values);
        }
        self.columns.push(builder.finish().into_column());
        Ok(())
    }
}

/// Codes in the width of their type. The type is the narrowest that holds all categories, so no code is cut.
fn narrow<T: TryFrom<u32>>(codes: &[u32]) -> Vec<T> {
    let fits = |&code: &u32| T::try_from(code).ok().expect("the type was chosen for the number of categories");
    codes.iter().map(fits).collect()
}
