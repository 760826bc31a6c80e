//! Tables `observations` and `assignments`: rows of data.

use crate::columns::{Decoder, Encoder, Record};
use crate::error::{Place, RecordsError};
use crate::rows::{AssignmentRow, ObservationRow};
use crate::schema::{self, Table};

impl Record for ObservationRow {
    const TABLE: &'static Table = &schema::OBSERVATIONS;

    fn place(&self) -> Place {
        Place::Observation { dataset: self.dataset.clone(), draw: self.draw, row: self.row }
    }

    fn list_values(&self) -> usize {
        self.x.len()
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.name("dataset", |row| Some(&row.dataset))?;
        columns.u32("draw", |row| Some(row.draw))?;
        columns.u32("row", |row| Some(row.row))?;
        columns.text("truth", |row| row.truth.as_deref())?;
        columns.list("x", |row| Some(&row.x))
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let dataset = columns.required_names("dataset")?;
        let draw = columns.u32("draw")?;
        let number = columns.u32("row")?;
        let mut truth = columns.optional_text("truth")?;
        let x = columns.list("x")?;
        let row = |(i, x): (usize, Vec<f64>)| Self {
            dataset: dataset.get(i).unwrap_or_default().to_owned(),
            draw: draw[i],
            row: number[i],
            truth: truth[i].take(),
            x,
        };
        Ok(x.into_iter().enumerate().map(row).collect())
    }
}

impl Record for AssignmentRow {
    const TABLE: &'static Table = &schema::ASSIGNMENTS;

    fn place(&self) -> Place {
        Place::Run(self.run)
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.u32("run", |row| Some(row.run))?;
        columns.u32("row", |row| Some(row.row))?;
        columns.u32("component", |row| Some(row.component))
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let run = columns.u32("run")?;
        let row = columns.u32("row")?;
        let component = columns.u32("component")?;
        Ok((0..columns.rows()).map(|i| Self { run: run[i], row: row[i], component: component[i] }).collect())
    }
}
