//! From rows to columns, and from columns to a data frame.

use super::Record;
use crate::categories::EnumTypes;
use crate::error::RecordsError;
use crate::schema::{self, Kind};
use polars::prelude::{
    Categorical8Chunked, Categorical16Chunked, Categorical32Chunked, CategoricalPhysical, Column, DataFrame, DataType,
    Float64Chunked, Float64Type, IntoColumn, IntoSeries, ListBuilderTrait, ListPrimitiveChunkedBuilder, NamedFrom,
    PlSmallStr, Series, UInt8Chunked, UInt16Chunked, UInt32Chunked,
};
use std::marker::PhantomData;

/// The columns of a table as they grow.
#[derive(Debug)]
pub(crate) struct Columns<R> {
    rows: usize,
    values: Vec<Values>,
    of: PhantomData<fn() -> R>,
}

/// The values of a column.
#[derive(Debug)]
enum Values {
    Whole(Nullable<u32>),
    Numbers(Nullable<f64>),
    /// Codes of names.
    Names(Nullable<u32>),
    Hex(Vec<u64>),
    Text(Vec<Option<String>>),
    /// The numbers of all lists, and how many are of each.
    Lists(Vec<f64>, Vec<Option<usize>>),
}

/// Values with a flag for each, once one of them is missing.
#[derive(Debug)]
struct Nullable<T> {
    values: Vec<T>,
    present: Option<Vec<bool>>,
}

impl<T: Copy + Default> Nullable<T> {
    fn with_capacity(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), present: None }
    }

    /// Appends the value of each row. `false` if one is missing.
    fn extend<R>(&mut self, rows: &[R], value: impl Fn(&R) -> Option<T>) -> bool {
        let before = self.values.len();
        let mut all = true;
        self.values.extend(rows.iter().map(|row| {
            let value = value(row);
            all &= value.is_some();
            value.unwrap_or_default()
        }));
        if !all || self.present.is_some() {
            let flags = self.present.get_or_insert_with(|| {
                let mut flags = Vec::with_capacity(self.values.capacity());
                flags.resize(before, true);
                flags
            });
            flags.extend(rows.iter().map(|row| value(row).is_some()));
        }
        all
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        if let Some(flags) = &mut self.present {
            flags.truncate(rows);
        }
    }
}

impl Values {
    fn of(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::UInt32 => Self::Whole(Nullable::with_capacity(rows)),
            Kind::Float64 => Self::Numbers(Nullable::with_capacity(rows)),
            Kind::Enum(_) => Self::Names(Nullable::with_capacity(rows)),
            Kind::Hex => Self::Hex(Vec::with_capacity(rows)),
            Kind::Text => Self::Text(Vec::with_capacity(rows)),
            Kind::Float64List => Self::Lists(Vec::new(), Vec::with_capacity(rows)),
        }
    }

    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Whole(column) | Self::Names(column) => column.truncate(rows),
            Self::Numbers(column) => column.truncate(rows),
            Self::Hex(values) => values.truncate(rows),
            Self::Text(values) => values.truncate(rows),
            Self::Lists(numbers, lengths) => {
                lengths.truncate(rows);
                numbers.truncate(lengths.iter().flatten().sum());
            }
        }
    }

    fn into_column(self, column: &'static schema::Column, types: &EnumTypes) -> Column {
        let label = PlSmallStr::from(column.name);
        match self {
            Self::Whole(Nullable { values, present }) => {
                let validity = present.map(|flags| flags.into_iter().collect());
                UInt32Chunked::from_vec_validity(label, values, validity).into_column()
            }
            Self::Numbers(Nullable { values, present }) => {
                let validity = present.map(|flags| flags.into_iter().collect());
                Float64Chunked::from_vec_validity(label, values, validity).into_column()
            }
            Self::Names(codes) => codes.into_names(label, column, types),
            Self::Hex(values) => {
                let digits: Vec<String> = values.into_iter().map(|value| format!("{value:016x}")).collect();
                Series::new(label, digits).into_column()
            }
            Self::Text(values) => Series::new(label, values).into_column(),
            Self::Lists(numbers, lengths) => {
                let mut builder = ListPrimitiveChunkedBuilder::<Float64Type>::new(
                    label,
                    lengths.len(),
                    numbers.len(),
                    DataType::Float64,
                );
                let mut left = numbers.as_slice();
                for length in lengths {
                    builder.append_opt_slice(length.map(|length| {
                        let (list, others) = left.split_at(length);
                        left = others;
                        list
                    }));
                }
                builder.finish().into_column()
            }
        }
    }
}

impl Nullable<u32> {
    /// A column of names from their codes.
    fn into_names(self, label: PlSmallStr, column: &'static schema::Column, types: &EnumTypes) -> Column {
        let Self { values, present } = self;
        let Kind::Enum(vocabulary) = column.kind else { unreachable!("codes are of an enum") };
        let data_type = types.of(vocabulary).data_type.clone();
        let validity = present.map(|flags| flags.into_iter().collect());
        // Straight from codes to categories: series of 8- and 16-bit integers are left out of this build of polars.
        match data_type.cat_physical().expect("an enum has codes") {
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
        }
        .into_column()
    }
}

/// Codes in the width of their type. The type is the narrowest that holds all categories, so no code is cut.
fn narrow<T: TryFrom<u32>>(codes: &[u32]) -> Vec<T> {
    let fits = |&code: &u32| T::try_from(code).ok().expect("the type was chosen for the number of categories");
    codes.iter().map(fits).collect()
}

impl<R: Record> Columns<R> {
    /// No rows yet, but room for some.
    pub fn with_capacity(rows: usize) -> Self {
        let values = R::TABLE.columns.iter().map(|column| Values::of(column.kind, rows)).collect();
        Self { rows: 0, values, of: PhantomData }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Appends rows, all or none.
    pub fn append(&mut self, rows: &[R], types: &EnumTypes) -> Result<(), RecordsError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut encoder = Encoder { rows, types, columns: &mut self.values, next: 0, first: self.rows == 0 };
        let encoded = R::encode(&mut encoder);
        assert!(
            encoded.is_err() || encoder.next == R::TABLE.columns.len(),
            "table {} is short of columns",
            R::TABLE.name
        );
        self.rows += rows.len();
        if encoded.is_err() {
            self.truncate(self.rows - rows.len());
        }
        encoded
    }

    /// Leaves the first `rows` only.
    pub fn truncate(&mut self, rows: usize) {
        self.values.iter_mut().for_each(|values| values.truncate(rows));
        self.rows = rows;
    }

    /// The rows as one chunk.
    pub fn into_data_frame(self, types: &EnumTypes) -> DataFrame {
        let columns = self.values.into_iter().zip(R::TABLE.columns);
        let columns = columns.map(|(values, column)| values.into_column(column, types)).collect();
        DataFrame::new(self.rows, columns).expect("every column has one value per row")
    }
}

/// Appends the values of some rows to the columns, one column after the other.
pub(crate) struct Encoder<'a, R> {
    rows: &'a [R],
    types: &'a EnumTypes,
    columns: &'a mut [Values],
    next: usize,
    /// Whether no rows were appended before: names are compared once.
    first: bool,
}

impl<R: Record> Encoder<'_, R> {
    /// The column that comes next, which must be the named one, and its schema.
    fn next(&mut self, name: &str) -> (&'static schema::Column, &mut Values) {
        let column = R::TABLE.columns.get(self.next).expect("more columns than the schema has");
        if self.first {
            assert_eq!(column.name, name, "table {} has its columns in another order", R::TABLE.name);
        }
        self.next += 1;
        (column, &mut self.columns[self.next - 1])
    }

    /// The error of the first row without a value, if each must have one.
    fn missing(
        column: &'static schema::Column,
        rows: &[R],
        is_missing: impl Fn(&R) -> bool,
    ) -> Result<(), RecordsError> {
        match rows.iter().find(|row| is_missing(row)) {
            Some(row) if !column.nullable => {
                Err(RecordsError::Missing { table: R::TABLE.name, column: column.name, place: row.place() })
            }
            _ => Ok(()),
        }
    }

    fn finite(column: &'static schema::Column, row: &R, value: f64) -> Result<(), RecordsError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(RecordsError::NotFinite { table: R::TABLE.name, column: column.name, place: row.place(), value })
    }

    /// Adds a column of integers.
    pub fn u32(&mut self, name: &str, value: impl Fn(&R) -> Option<u32>) -> Result<(), RecordsError> {
        let rows = self.rows;
        let (column, Values::Whole(values)) = self.next(name) else { panic!("column {name} is not of integers") };
        if values.extend(rows, &value) { Ok(()) } else { Self::missing(column, rows, |row| value(row).is_none()) }
    }

    /// Adds a column of numbers, all finite.
    pub fn f64(&mut self, name: &str, value: impl Fn(&R) -> Option<f64>) -> Result<(), RecordsError> {
        let rows = self.rows;
        let (column, Values::Numbers(values)) = self.next(name) else { panic!("column {name} is not of numbers") };
        let before = values.values.len();
        if !values.extend(rows, &value) {
            Self::missing(column, rows, |row| value(row).is_none())?;
        }
        let numbers = &values.values[before..];
        // Without a way out the loop is one over vectors.
        if numbers.iter().fold(true, |finite, number| finite & number.is_finite()) {
            return Ok(());
        }
        rows.iter().zip(numbers).try_for_each(|(row, &number)| Self::finite(column, row, number))
    }

    /// Adds a column of text.
    pub fn text(&mut self, name: &str, value: impl Fn(&R) -> Option<&str>) -> Result<(), RecordsError> {
        let rows = self.rows;
        let (column, Values::Text(values)) = self.next(name) else { panic!("column {name} is not of text") };
        values.extend(rows.iter().map(|row| value(row).map(str::to_owned)));
        Self::missing(column, rows, |row| value(row).is_none())
    }

    /// Adds a column of 64-bit numbers as 16 hexadecimal digits.
    pub fn hex(&mut self, name: &str, value: impl Fn(&R) -> u64) {
        let rows = self.rows;
        let (_, Values::Hex(values)) = self.next(name) else { panic!("column {name} is not of digits") };
        values.extend(rows.iter().map(value));
    }

    /// Adds a column of names out of the column's vocabulary.
    pub fn name(&mut self, name: &str, value: impl Fn(&R) -> Option<&str>) -> Result<(), RecordsError> {
        let (rows, types) = (self.rows, self.types);
        let (column, Values::Names(values)) = self.next(name) else { panic!("column {name} is not of names") };
        let Kind::Enum(vocabulary) = column.kind else { unreachable!("names are of an enum") };
        let names = types.of(vocabulary);
        let unknown = |row: &R, value: &str| RecordsError::UnknownCategory {
            table: R::TABLE.name,
            column: column.name,
            place: row.place(),
            value: value.to_owned(),
            expected: names.names.clone(),
        };
        let code = |row: &R| value(row).and_then(|value| names.codes.get(value).copied());
        if values.extend(rows, code) {
            return Ok(());
        }
        for row in rows {
            if let Some(value) = value(row)
                && !names.codes.contains_key(value)
            {
                return Err(unknown(row, value));
            }
        }
        Self::missing(column, rows, |row| value(row).is_none())
    }

    /// Adds a column of lists of finite numbers.
    pub fn list(&mut self, name: &str, value: impl Fn(&R) -> Option<&[f64]>) -> Result<(), RecordsError> {
        let rows = self.rows;
        let (column, Values::Lists(numbers, lengths)) = self.next(name) else {
            panic!("column {name} is not of lists")
        };
        for row in rows {
            let list = value(row);
            lengths.push(list.map(<[f64]>::len));
            numbers.extend_from_slice(list.unwrap_or_default());
            list.unwrap_or_default().iter().try_for_each(|&number| Self::finite(column, row, number))?;
        }
        Self::missing(column, rows, |row| value(row).is_none())
    }
}
