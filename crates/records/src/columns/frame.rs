//! Rows of one table as columns: what is written, and what is joined and cut on the way without being made again.

use super::{Columns, Decoder, Record};
use crate::categories::EnumTypes;
use crate::error::RecordsError;
use crate::schema::Kind;
use polars::prelude::{Column, DataFrame};
use std::marker::PhantomData;
use std::path::Path;

/// Rows of the table of `R`.
#[derive(Debug)]
pub(crate) struct Frame<R> {
    /// Without rows it may lack the columns, too.
    columns: DataFrame,
    rows: PhantomData<fn() -> R>,
}

impl<R> Default for Frame<R> {
    fn default() -> Self {
        Self::of(DataFrame::empty())
    }
}

impl<R> Clone for Frame<R> {
    fn clone(&self) -> Self {
        Self::of(self.columns.clone())
    }
}

impl<R> Frame<R> {
    fn of(columns: DataFrame) -> Self {
        Self { columns, rows: PhantomData }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.height()
    }

    /// Appends rows; no value is copied.
    pub fn append(&mut self, other: Self) {
        if self.rows() == 0 {
            *self = other;
        } else if other.rows() > 0 {
            self.columns.vstack_mut_owned(other.columns).expect("frames of a table have the same columns");
        }
    }

    /// The first rows and the others.
    pub fn split_at(&self, rows: usize) -> (Self, Self) {
        let from = i64::try_from(rows).unwrap_or(i64::MAX);
        (Self::of(self.columns.slice(0, rows)), Self::of(self.columns.slice(from, self.rows())))
    }
}

impl<R: Record> Frame<R> {
    /// Puts what was appended into one piece for each column, but for numbers: their pages are made of pieces. What is cut from it
    /// is in one piece as well.
    pub fn join(&mut self) {
        let rows = self.rows();
        if rows == 0 {
            return;
        }
        let columns = std::mem::take(&mut self.columns).into_columns().into_iter().zip(R::TABLE.columns);
        let columns = columns.map(|(column, of)| if of.kind == Kind::Float64 { column } else { column.rechunk() });
        self.columns = DataFrame::new(rows, columns.collect()).expect("the columns are as long as before");
    }

    /// The columns.
    pub fn into_columns(self) -> DataFrame {
        self.columns
    }

    /// Rows as columns.
    pub fn encode(rows: &[R], types: &EnumTypes) -> Result<Self, RecordsError> {
        let mut columns = Columns::with_capacity(rows.len());
        columns.append(rows, types)?;
        Ok(Self::from_columns(columns, types))
    }

    /// All rows of the columns.
    pub fn from_columns(columns: Columns<R>, types: &EnumTypes) -> Self {
        Self::of(columns.into_data_frame(types))
    }

    /// What was read from a file, if it has the columns of the schema.
    pub fn read(columns: DataFrame, path: &Path) -> Result<Self, RecordsError> {
        Decoder { frame: &columns, table: R::TABLE, path }.check()?;
        Ok(Self::of(columns))
    }

    /// How many of the first rows belong to runs up to `last`. The rows are in order of their runs.
    pub fn rows_until(&self, last: u32) -> usize {
        let runs = self.columns.column("run").and_then(Column::u32).expect("the table has runs");
        runs.iter().take_while(|run| run.is_some_and(|run| run <= last)).count()
    }

    /// For each row how many numbers its lists have; nothing where the table has no lists.
    pub fn list_lengths(&self) -> Vec<usize> {
        let lists = R::TABLE.columns.iter().filter(|column| column.kind == Kind::Float64List);
        let mut lengths = Vec::new();
        for column in lists {
            lengths.resize(self.rows(), 0);
            let list = self.columns.column(column.name).and_then(Column::list).expect("frames follow the schema");
            let of_rows = list.downcast_iter().flat_map(|chunk| chunk.offsets().lengths());
            for (sum, length) in lengths.iter_mut().zip(of_rows) {
                *sum += length;
            }
        }
        lengths
    }
}
