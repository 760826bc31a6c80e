//! From the columns of a row group to the pages of a Parquet file: how each kind of column is stored.
//!
//! The writer of polars treats all columns alike: it looks for a dictionary, computes extremes and compresses. Of numbers that
//! hardly ever repeat that is most of the time and gains little or nothing; so this module asks polars-parquet
//! for each column what suits it, and makes the pages of numbers itself ([`numbers`]).

use crate::columns::Record;
use crate::numbers;
use crate::schema::{self, Kind};
use polars::prelude::{Column, CompatLevel, DataFrame, PolarsError, PolarsResult, Schema, SchemaExt as _};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Compressor, DynIter, DynStreamingIterator, Encoding,
    FallibleStreamingIterator as _, FileWriter, KeyValue, Page, ParquetType, RowGroupIterColumns, StatisticsOptions,
    Version, WriteOptions, ZstdLevel, get_dtype_encoding, schema_to_metadata_key,
};
use std::io::Write;

/// Higher levels cost more time than they save: the numbers are mostly noise in their last digits.
const ZSTD_LEVEL: i32 = 1;
/// Bytes of a name kept in column statistics; fixed here, because polars would ask the environment.
const STATISTICS_BYTES: u64 = 64;

/// Who reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// This program, from end to end, or nobody: written as fast as can be, without compression and statistics.
    Part,
    /// Everybody, for years: compressed, with statistics for readers that skip row groups.
    Final,
}

/// How a column is stored.
struct Storage {
    kind: Kind,
    options: WriteOptions,
    encodings: Vec<Encoding>,
}

impl Storage {
    /// The pages of each of the Parquet columns that store a column.
    fn pages(
        &self,
        column: Column,
        parquet_type: ParquetType,
    ) -> PolarsResult<Vec<DynIter<'static, PolarsResult<Page>>>> {
        match parquet_type {
            ParquetType::PrimitiveType(primitive) if self.kind == Kind::Float64 => {
                let page = numbers::page(column.f64()?, primitive, self.options.statistics)?;
                Ok(vec![DynIter::new(std::iter::once(Ok(page)))])
            }
            parquet_type => {
                let array = column.rechunk_to_arrow(CompatLevel::newest());
                polars_parquet::write::array_to_columns(array, parquet_type, self.options, &self.encodings)
            }
        }
    }

    fn compressed(
        &self,
        pages: DynIter<'static, PolarsResult<Page>>,
    ) -> DynStreamingIterator<'static, CompressedPage, PolarsError> {
        let pages = pages.map(|page| page.map_err(|error| ParquetError::InvalidParameter(error.to_string())));
        let compressed = Compressor::new_from_vec(pages, self.options.compression, Vec::new());
        DynStreamingIterator::new(compressed.map_err(PolarsError::from))
    }
}

/// A Parquet file that is written row group by row group.
pub(crate) struct ParquetFile<W: Write> {
    file: FileWriter<W>,
    columns: Vec<Storage>,
}

impl<W: Write> ParquetFile<W> {
    /// A file of the table of `R`, whose columns have the types of `schema`.
    pub fn new<R: Record>(writer: W, schema: &Schema, purpose: Purpose) -> PolarsResult<Self> {
        let schema = schema.to_arrow(CompatLevel::newest());
        let zstd = CompressionOptions::Zstd(Some(ZstdLevel::try_new(ZSTD_LEVEL)?));
        let none = WriteOptions {
            statistics: StatisticsOptions::empty(),
            version: Version::V1,
            compression: CompressionOptions::Uncompressed,
            // One page for each column of a row group. More would be cut by the size of the memory that a column's lists are a piece of,
            // which tells how the rows came.
            data_page_size: Some(usize::MAX),
        };
        let statistics = StatisticsOptions {
            binary_statistics_truncate_length: Some(STATISTICS_BYTES),
            ..StatisticsOptions::default()
        };
        // A file that has statistics has some of every column.
        let nulls = StatisticsOptions { null_count: true, ..StatisticsOptions::empty() };
        let storage = |(column, field): (&schema::Column, &_)| {
            let number = matches!(column.kind, Kind::Float64 | Kind::Float64List);
            let name = matches!(column.kind, Kind::Enum(_));
            let options = match purpose {
                Purpose::Final if !number => WriteOptions { statistics, compression: zstd, ..none },
                Purpose::Final if R::TABLE.compresses => WriteOptions { statistics: nulls, compression: zstd, ..none },
                Purpose::Final => WriteOptions { statistics: nulls, ..none },
                Purpose::Part => none,
            };
            let mut encodings = get_dtype_encoding(field);
            if number || (purpose == Purpose::Part && !name) {
                encodings.fill(Encoding::Plain);
            } else if column.kind == Kind::UInt32 {
                // They count up or repeat: their differences are smaller than a dictionary, and made without a search.
                encodings.fill(Encoding::DeltaBinaryPacked);
            }
            Storage { kind: column.kind, options, encodings }
        };
        let columns =
            R::TABLE.columns.iter().zip(schema.iter_values().map(|field| &field.dtype)).map(storage).collect();
        // Whether the file has statistics at all is asked of these options.
        let options = if purpose == Purpose::Final { WriteOptions { statistics, ..none } } else { none };
        Ok(Self { file: FileWriter::try_new(writer, schema, options)?, columns })
    }

    /// Appends a row group. Columns of numbers may be in pieces.
    pub fn write(&mut self, group: DataFrame) -> PolarsResult<()> {
        let types = self.file.parquet_schema().fields().to_vec();
        let rows = group.height() as u64;
        // Made one after the other as they are written: the memory of a column serves the next one while it is in the cache.
        let columns = group.into_columns().into_iter().zip(types).zip(&self.columns).flat_map(
            |((column, parquet_type), storage)| match storage.pages(column, parquet_type) {
                Ok(columns) => columns.into_iter().map(|pages| Ok(storage.compressed(pages))).collect(),
                Err(error) => vec![Err(error)],
            },
        );
        let columns: RowGroupIterColumns<'_, PolarsError> = DynIter::new(columns);
        self.file.write(rows, columns)
    }

    /// Writes the end of the file, which states the facts.
    pub fn finish(mut self, facts: Vec<(String, String)>) -> PolarsResult<()> {
        let schema = schema_to_metadata_key(self.file.schema());
        let facts = facts.into_iter().map(|(key, value)| KeyValue { key, value: Some(value) });
        self.file.end(Some([schema].into_iter().chain(facts).collect()))?;
        Ok(())
    }
}
