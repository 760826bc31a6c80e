//! One Parquet file of one table, row group by row group.
//!
//! A row group is cut where the rows say so (see [`group_len`]) and encoded from rows as one chunk, so that the bytes of
//! a file depend on its sequence of rows alone, not on how they came. Neither side holds more than a row group.

use crate::categories::{EnumTypes, Metadata};
use crate::columns::{Decoder, Encoder, Record};
use crate::error::RecordsError;
use crate::files::{Fingerprint, PendingFile, WrittenFile, file_error};
use polars::io::parquet::metadata::FileMetadataRef;
use polars::io::parquet::write::BatchedWriter;
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    Column, DataFrame, KeyValueMetadata, ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter,
    PolarsError, Schema, SerReader, StatisticsOptions,
};
use std::collections::BTreeSet;
use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Rows of a full row group: its rows stay in the cache while one column after the other is made from them.
const GROUP_ROWS: usize = 1 << 15;
/// Numbers in lists after which a row group is full, so that high-dimensional parameters fit in memory too.
const GROUP_LIST_VALUES: usize = 1 << 20;
/// Higher levels cost more time than they save: the numbers are mostly noise in their last digits.
const ZSTD_LEVEL: i32 = 1;
/// Bytes of a name kept in column statistics; fixed here, because polars would ask the environment.
const STATISTICS_BYTES: u64 = 64;

/// How many of the first rows make the next row group; `None` if they do not fill one.
fn group_len<R: Record>(rows: &[R]) -> Option<usize> {
    let mut values = 0;
    for (i, row) in rows.iter().enumerate() {
        values += row.list_values();
        if i + 1 == GROUP_ROWS || values >= GROUP_LIST_VALUES {
            return Some(i + 1);
        }
    }
    None
}

/// Who else wants the processors while a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Fits are running: encode on the caller's thread. No statistics: a part is read once, from end to end.
    Part,
    /// Fits are running, and the file is final.
    Growing,
    /// Nothing else runs: encode columns in parallel. Statistics are written for readers that skip row groups.
    Final,
}

/// Appends rows to a Parquet file.
pub(crate) struct TableWriter<'a, R: Record> {
    writer: BatchedWriter<&'a mut PendingFile>,
    path: PathBuf,
    types: &'a EnumTypes,
    pending: Vec<R>,
    pending_values: usize,
    rows: u64,
}

impl<'a, R: Record> TableWriter<'a, R> {
    fn new(
        file: &'a mut PendingFile,
        types: &'a EnumTypes,
        metadata: &Metadata,
        purpose: Purpose,
    ) -> Result<Self, RecordsError> {
        let path = file.temporary().to_owned();
        let statistics = match purpose {
            Purpose::Part => StatisticsOptions::empty(),
            Purpose::Growing | Purpose::Final => StatisticsOptions {
                binary_statistics_truncate_length: Some(STATISTICS_BYTES),
                ..StatisticsOptions::default()
            },
        };
        let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(parquet_error::<R>(&path))?;
        let schema: Schema = Encoder::<R>::frame(&[], types)?.schema().as_ref().clone();
        let writer = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(Some(level)))
            .with_statistics(statistics)
            .set_parallel(purpose == Purpose::Final)
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata.pairs())))
            .batched(&schema)
            .map_err(parquet_error::<R>(&path))?;
        Ok(Self { writer, path, types, pending: Vec::new(), pending_values: 0, rows: 0 })
    }

    fn write_group(&mut self, rows: &[R]) -> Result<(), RecordsError> {
        let frame = Encoder::frame(rows, self.types)?;
        self.writer.write_batch(&frame).map_err(parquet_error::<R>(&self.path))?;
        self.rows += rows.len() as u64;
        Ok(())
    }

    /// Appends rows that are at hand, without copying them.
    fn write_all(&mut self, mut rows: &[R]) -> Result<(), RecordsError> {
        while let Some(length) = group_len(rows) {
            self.write_group(&rows[..length])?;
            rows = &rows[length..];
        }
        if rows.is_empty() { Ok(()) } else { self.write_group(rows) }
    }

    /// Appends one row.
    pub fn push(&mut self, row: R) -> Result<(), RecordsError> {
        self.pending_values += row.list_values();
        self.pending.push(row);
        // The same rule as `group_len`, without walking over the rows again.
        if self.pending.len() == GROUP_ROWS || self.pending_values >= GROUP_LIST_VALUES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), RecordsError> {
        let mut rows = std::mem::take(&mut self.pending);
        if !rows.is_empty() {
            self.write_group(&rows)?;
        }
        rows.clear();
        self.pending = rows;
        self.pending_values = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<u64, RecordsError> {
        self.flush()?;
        self.writer.finish().map_err(parquet_error::<R>(&self.path))?;
        Ok(self.rows)
    }
}

fn parquet_error<R: Record>(path: &Path) -> impl FnOnce(PolarsError) -> RecordsError {
    move |source| RecordsError::Parquet { table: R::TABLE.name, path: path.to_owned(), source: Box::new(source) }
}

/// What every file of a store has in common.
pub(crate) struct Context<'a> {
    /// Where unfinished files are.
    pub temporary: &'a Path,
    /// Types of the factor columns.
    pub types: &'a EnumTypes,
    /// Facts for the files' metadata.
    pub metadata: &'a Metadata,
}

impl Context<'_> {
    /// Writes a file that will be `target`, with the rows that `fill` appends.
    pub fn write<R: Record>(
        &self,
        target: PathBuf,
        purpose: Purpose,
        fill: impl FnOnce(&mut TableWriter<'_, R>) -> Result<(), RecordsError>,
    ) -> Result<(WrittenFile, Fingerprint), RecordsError> {
        let mut file = PendingFile::create(self.temporary, target)?;
        let mut writer = TableWriter::new(&mut file, self.types, self.metadata, purpose)?;
        fill(&mut writer)?;
        let rows = writer.finish()?;
        let written = file.finish()?;
        let fingerprint = Fingerprint { rows, bytes: written.bytes, sha256: written.sha256.clone() };
        Ok((written, fingerprint))
    }

    /// Writes rows that are at hand.
    pub fn write_rows<R: Record>(
        &self,
        target: PathBuf,
        purpose: Purpose,
        rows: &[R],
    ) -> Result<(WrittenFile, Fingerprint), RecordsError> {
        self.write(target, purpose, |writer| writer.write_all(rows))
    }
}

/// Reads a Parquet file row group by row group.
pub(crate) struct TableReader<R> {
    path: PathBuf,
    file: File,
    metadata: FileMetadataRef,
    group: usize,
    offset: usize,
    rows: PhantomData<R>,
}

impl<R: Record> TableReader<R> {
    /// Opens a file.
    pub fn open(path: PathBuf) -> Result<Self, RecordsError> {
        let mut file = File::open(&path).map_err(file_error("open", &path))?;
        let metadata = ParquetReader::new(&mut file).get_metadata().map_err(parquet_error::<R>(&path))?.clone();
        Ok(Self { path, file, metadata, group: 0, offset: 0, rows: PhantomData })
    }

    /// Facts that the file states.
    pub fn metadata(&self) -> Metadata {
        let pairs = self.metadata.key_value_metadata().iter().flatten();
        Metadata::from_pairs(pairs.filter_map(|pair| Some((pair.key.as_str(), pair.value.as_deref()?))))
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.metadata.num_rows
    }

    fn frame(&mut self, columns: Option<Vec<String>>, length: usize) -> Result<DataFrame, RecordsError> {
        let mut reader = ParquetReader::new(&mut self.file);
        reader.set_metadata(self.metadata.clone());
        reader
            .with_columns(columns)
            .with_slice(Some((self.offset, length)))
            .read_parallel(ParallelStrategy::Columns)
            .finish()
            .map_err(parquet_error::<R>(&self.path))
    }

    /// Whether `seen` is true of the run of one of the next `length` rows; it sees them until then.
    fn any_run(&mut self, length: usize, seen: impl FnMut(u32) -> bool) -> Result<bool, RecordsError> {
        let frame = self.frame(Some(vec!["run".to_owned()]), length)?;
        let column = frame.column("run").and_then(Column::u32).map_err(parquet_error::<R>(&self.path))?;
        Ok(column.iter().flatten().any(seen))
    }

    /// The runs that have rows, from that column alone.
    pub fn runs(mut self) -> Result<BTreeSet<u32>, RecordsError> {
        let mut runs = BTreeSet::new();
        let metadata = self.metadata.clone();
        for group in &metadata.row_groups {
            let length = group.num_rows();
            self.any_run(length, |run| {
                runs.insert(run);
                false
            })?;
            self.offset += length;
        }
        Ok(runs)
    }

    /// The rows of the next row group, `None` after the last; with `runs`, the next that has a row of one of these runs.
    pub fn next_group(&mut self, runs: Option<&BTreeSet<u32>>) -> Result<Option<Vec<R>>, RecordsError> {
        loop {
            let Some(group) = self.metadata.row_groups.get(self.group) else { return Ok(None) };
            let length = group.num_rows();
            let wanted = runs.map_or(Ok(true), |runs| self.any_run(length, |run| runs.contains(&run)))?;
            let frame = if wanted { Some(self.frame(None, length)?) } else { None };
            self.group += 1;
            self.offset += length;
            if let Some(frame) = frame {
                let decoder = Decoder { frame: &frame, table: R::TABLE, path: &self.path };
                decoder.check()?;
                return R::decode(&decoder).map(Some);
            }
        }
    }
}
