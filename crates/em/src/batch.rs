//! How rows reach a model.
//!
//! A *batch* is a unit of storage (in memory up to [`BATCH_ROWS`] rows); a *block* is the unit of a kernel (64 to 512
//! points, chosen by the emission). Rows are stored one after another (C order, n × d), which is also the column-major
//! d × n matrix with one observation per column: no layout needs a second copy.

use thiserror::Error;

/// Rows of an in-memory batch. It is a constant so that lanes, and with them the order of every sum, depend on n alone. Small,
/// so that lanes are equal where threads are worth having: 20,000 rows in batches of 16,384 would make two lanes, and two
/// threads 1.22 times as fast as one at best; so they make eleven, and it is 1.92. Whole blocks of 120 and 240 points.
pub const BATCH_ROWS: usize = 1_920;

/// A run of consecutive rows.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Observations, row after row: `rows × dimension`.
    pub x: &'a [f64],
    /// Number of features d of an observation.
    pub dimension: usize,
    /// Observation weights (`rows` of them), or empty when all are one.
    pub weight: &'a [f64],
    /// Index of the first row within the data set: a failure can name the row.
    pub first_row: usize,
}

impl<'a> Batch<'a> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.x.len().checked_div(self.dimension).unwrap_or(0)
    }

    /// The rows `from..to` of this batch.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Batch<'a> {
        Batch {
            x: &self.x[from * self.dimension..to * self.dimension],
            dimension: self.dimension,
            weight: if self.weight.is_empty() { self.weight } else { &self.weight[from..to] },
            first_row: self.first_row + from,
        }
    }

    /// Sum of the observation weights.
    pub fn total_weight(&self) -> f64 {
        if self.weight.is_empty() { self.rows() as f64 } else { self.weight.iter().sum() }
    }
}

/// Storage that a data set on disk fills; each lane owns one. Data in memory ignore it.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Observations, row after row.
    pub x: Vec<f64>,
    /// Observation weights.
    pub weight: Vec<f64>,
}

/// A batch could not be read.
#[derive(Debug, Error)]
#[error("batch {batch} could not be read: {source}")]
pub struct ReadError {
    /// Index of the batch.
    pub batch: usize,
    /// What the storage said.
    pub source: std::io::Error,
}

/// Rows in batches, in a fixed order.
pub trait Dataset: Sync {
    /// Number of rows n over all batches.
    fn rows(&self) -> usize;
    /// Number of features d.
    fn dimension(&self) -> usize;
    /// Sum of the observation weights; n when there are none.
    fn total_weight(&self) -> f64;
    /// Number of batches.
    fn batches(&self) -> usize;
    /// Rows of the longest batch.
    fn max_len(&self) -> usize;
    /// Batch `i`, read into `buffer` if it is not in memory.
    fn batch<'a>(&'a self, i: usize, buffer: &'a mut Buffer) -> Result<Batch<'a>, ReadError>;
}

/// A data set in memory, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    all: Batch<'a>,
    batch_rows: usize,
}

impl<'a> Rows<'a> {
    /// `x` holds the observations row after row, `dimension` numbers each; `weight` is empty or one number per row.
    ///
    /// # Panics
    /// If the lengths do not fit together.
    pub fn new(x: &'a [f64], dimension: usize, weight: &'a [f64]) -> Self {
        assert!(dimension > 0 && x.len().is_multiple_of(dimension), "{} numbers are no rows of {dimension}", x.len());
        let all = Batch { x, dimension, weight, first_row: 0 };
        assert!(weight.is_empty() || weight.len() == all.rows(), "{} weights for {} rows", weight.len(), all.rows());
        Self { all, batch_rows: BATCH_ROWS }
    }

    /// The same rows in batches of another size (for tests of chunk invariance).
    #[must_use]
    pub fn with_batch_rows(self, batch_rows: usize) -> Self {
        Self { batch_rows: batch_rows.max(1), ..self }
    }

    /// All rows as one batch.
    pub fn all(&self) -> Batch<'a> {
        self.all
    }
}

impl Dataset for Rows<'_> {
    fn rows(&self) -> usize {
        self.all.rows()
    }
    fn dimension(&self) -> usize {
        self.all.dimension
    }
    fn total_weight(&self) -> f64 {
        self.all.total_weight()
    }
    fn batches(&self) -> usize {
        self.rows().div_ceil(self.batch_rows)
    }
    fn max_len(&self) -> usize {
        self.batch_rows.min(self.rows())
    }
    fn batch<'a>(&'a self, i: usize, _buffer: &'a mut Buffer) -> Result<Batch<'a>, ReadError> {
        let from = i * self.batch_rows;
        Ok(self.all.slice(from, (from + self.batch_rows).min(self.rows())))
    }
}
