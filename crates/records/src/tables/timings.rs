//! Table `timings`.

use crate::columns::{Decoder, Encoder, Record};
use crate::error::{Place, RecordsError};
use crate::rows::TimingRow;
use crate::schema::{self, Table};

impl Record for TimingRow {
    const TABLE: &'static Table = &schema::TIMINGS;

    fn place(&self) -> Place {
        Place::Run(self.run)
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.u32("run", |row| Some(row.run))?;
        columns.f64("start_seconds", |row| Some(row.start_seconds))?;
        columns.f64("fit_seconds", |row| Some(row.fit_seconds))
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let run = columns.u32("run")?;
        let start_seconds = columns.f64("start_seconds")?;
        let fit_seconds = columns.f64("fit_seconds")?;
        let row = |i: usize| Self { run: run[i], start_seconds: start_seconds[i], fit_seconds: fit_seconds[i] };
        Ok((0..columns.rows()).map(row).collect())
    }
}
