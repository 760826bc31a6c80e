//! One Parquet file of one table, row group by row group.
//!
//! A row group is cut where the rows say so (see [`TableWriter::missing`]) and encoded in one piece, so that the bytes of a file
//! depend on its sequence of rows alone, not on how they came. Neither side holds more than a row group beside what it is given.

use crate::categories::{EnumTypes, Metadata};
use crate::columns::{Columns, Decoder, Frame, Record};
use crate::error::RecordsError;
use crate::files::{Fingerprint, PendingFile, WrittenFile, file_error};
use crate::pages::{ParquetFile, Purpose};
use polars::io::parquet::metadata::FileMetadataRef;
use polars::prelude::{Column, DataFrame, ParallelStrategy, ParquetReader, PolarsError, SerReader};
use std::collections::BTreeSet;
use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Rows of a full row group.
const GROUP_ROWS: usize = 1 << 15;
/// Numbers in lists after which a row group is full, so that high-dimensional parameters fit in memory too.
const GROUP_LIST_VALUES: usize = 1 << 20;

/// Appends rows to a Parquet file.
pub(crate) struct TableWriter<'a, R: Record> {
    file: ParquetFile<&'a mut PendingFile>,
    facts: Vec<(String, String)>,
    path: PathBuf,
    types: &'a EnumTypes,
    /// What there is of the next row group, and how many numbers its lists have.
    group: Frame<R>,
    group_values: usize,
    /// Rows that came one by one, the first ones of the next group.
    single: Vec<R>,
    single_values: usize,
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
        let schema = Columns::<R>::with_capacity(0).into_data_frame(types).schema().clone();
        let file = ParquetFile::new::<R>(file, &schema, purpose).map_err(parquet_error::<R>(&path))?;
        let facts = metadata.pairs();
        let (group, single) = (Frame::default(), Vec::new());
        Ok(Self { file, facts, path, types, group, group_values: 0, single, single_values: 0, rows: 0 })
    }

    /// How many of the first rows of `frame` fill the row group that was begun; `None` if they do not.
    fn missing(&self, frame: &Frame<R>, lengths: &[usize]) -> Option<usize> {
        let by_rows = GROUP_ROWS - self.group.rows();
        let mut values = self.group_values;
        let by_values = lengths.iter().position(|length| {
            values += length;
            values >= GROUP_LIST_VALUES
        });
        let length = by_values.map_or(by_rows, |last| by_rows.min(last + 1));
        (length <= frame.rows()).then_some(length)
    }

    /// Appends rows.
    pub fn append(&mut self, mut frame: Frame<R>) -> Result<(), RecordsError> {
        let lengths = frame.list_lengths();
        let mut lengths = lengths.as_slice();
        while let Some(length) = self.missing(&frame, lengths) {
            let (first, others) = frame.split_at(length);
            self.group.append(first);
            self.write_group()?;
            lengths = lengths.get(length..).unwrap_or_default();
            frame = others;
        }
        self.group_values += lengths.iter().sum::<usize>();
        self.group.append(frame);
        Ok(())
    }

    /// Appends one row. A writer takes either single rows or frames.
    pub fn push(&mut self, row: R) -> Result<(), RecordsError> {
        self.single_values += row.list_values();
        self.single.push(row);
        if self.single.len() == GROUP_ROWS || self.single_values >= GROUP_LIST_VALUES {
            self.append_single()?;
        }
        Ok(())
    }

    fn append_single(&mut self) -> Result<(), RecordsError> {
        let frame = Frame::encode(&self.single, self.types)?;
        self.single.clear();
        self.single_values = 0;
        self.append(frame)
    }

    fn write_group(&mut self) -> Result<(), RecordsError> {
        let group = std::mem::take(&mut self.group).into_columns();
        self.group_values = 0;
        self.rows += group.height() as u64;
        self.file.write(group).map_err(parquet_error::<R>(&self.path))
    }

    fn finish(mut self) -> Result<u64, RecordsError> {
        self.append_single()?;
        if self.group.rows() > 0 {
            self.write_group()?;
        }
        self.file.finish(self.facts).map_err(parquet_error::<R>(&self.path))?;
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
        let fingerprint = Fingerprint { rows, bytes: written.bytes, xxh3: written.xxh3.clone() };
        Ok((written, fingerprint))
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

    /// A column of names as values of a closed type, from that column alone.
    pub fn values<T: Copy>(
        mut self,
        column: &'static str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Vec<T>, RecordsError> {
        let frame = self.frame(Some(vec![column.to_owned()]), self.rows())?;
        Decoder { frame: &frame, table: R::TABLE, path: &self.path }.values(column, all, name)
    }

    /// The next row group, `None` after the last.
    pub fn next_frame(&mut self) -> Result<Option<Frame<R>>, RecordsError> {
        self.next_columns(None)?.map(|columns| Frame::read(columns, &self.path)).transpose()
    }

    /// The rows of the next row group, `None` after the last; with `runs`, the next that has a row of one of these runs.
    pub fn next_group(&mut self, runs: Option<&BTreeSet<u32>>) -> Result<Option<Vec<R>>, RecordsError> {
        let Some(columns) = self.next_columns(runs)? else { return Ok(None) };
        let decoder = Decoder { frame: &columns, table: R::TABLE, path: &self.path };
        decoder.check()?;
        R::decode(&decoder).map(Some)
    }

    fn next_columns(&mut self, runs: Option<&BTreeSet<u32>>) -> Result<Option<DataFrame>, RecordsError> {
        loop {
            let Some(group) = self.metadata.row_groups.get(self.group) else { return Ok(None) };
            let length = group.num_rows();
            let wanted = runs.map_or(Ok(true), |runs| self.any_run(length, |run| runs.contains(&run)))?;
            let columns = if wanted { Some(self.frame(None, length)?) } else { None };
            self.group += 1;
            self.offset += length;
            if columns.is_some() {
                return Ok(columns);
            }
        }
    }
}
