//! Between rows and data frames, column by column, checked against the schema.
//!
//! Columns are built from plain vectors and a validity bitmap: polars itself is compiled without optimisation in the
//! development profile, so the loops over values must be ours.

mod decode;
mod encode;
mod frame;

pub(crate) use decode::Decoder;
pub(crate) use encode::{Columns, Encoder};
pub(crate) use frame::Frame;

use crate::error::{Place, RecordsError};
use crate::schema::Table;

/// A row type that has a table.
pub(crate) trait Record: Sized {
    /// Its table.
    const TABLE: &'static Table;
    /// The row, for errors.
    fn place(&self) -> Place;
    /// Numbers in lists: what makes a row large.
    fn list_values(&self) -> usize {
        0
    }
    /// Adds all columns in the order of the schema.
    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError>;
    /// The rows of a data frame.
    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError>;
}
