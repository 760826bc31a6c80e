//! Table `failures`.

use crate::columns::{Decoder, Encoder, Record};
use crate::error::{Place, RecordsError};
use crate::rows::FailureRow;
use crate::schema::{self, Table};

impl Record for FailureRow {
    const TABLE: &'static Table = &schema::FAILURES;

    fn place(&self) -> Place {
        Place::Run(self.run)
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.u32("run", |row| Some(row.run))?;
        columns.u32("iteration", |row| Some(row.iteration))?;
        columns.name("stage", |row| Some(&row.stage))?;
        columns.u32("component", |row| row.component)?;
        columns.name("kind", |row| Some(&row.kind))?;
        columns.f64("smallest_eigenvalue", |row| row.smallest_eigenvalue)?;
        columns.f64("largest_eigenvalue", |row| row.largest_eigenvalue)?;
        columns.f64("condition", |row| row.condition)?;
        columns.f64("smallest_relative_pivot", |row| row.smallest_relative_pivot)?;
        columns.f64("effective_count", |row| row.effective_count)?;
        columns.text("direction", |row| row.direction.as_deref())?;
        columns.f64("loading", |row| row.loading)?;
        columns.u32("rows", |row| row.rows)?;
        columns.u32("distinct_values", |row| row.distinct_values)?;
        columns.name("cause", |row| row.cause.as_deref())?;
        columns.f64("log_likelihood", |row| row.log_likelihood)?;
        columns.name("remedy", |row| Some(&row.remedy))?;
        columns.u32("attempt", |row| Some(row.attempt))?;
        columns.text("message", |row| Some(&row.message))
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let run = columns.u32("run")?;
        let iteration = columns.u32("iteration")?;
        let stage = columns.required_names("stage")?;
        let component = columns.optional_u32("component")?;
        let kind = columns.required_names("kind")?;
        let smallest_eigenvalue = columns.optional_f64("smallest_eigenvalue")?;
        let largest_eigenvalue = columns.optional_f64("largest_eigenvalue")?;
        let condition = columns.optional_f64("condition")?;
        let smallest_relative_pivot = columns.optional_f64("smallest_relative_pivot")?;
        let effective_count = columns.optional_f64("effective_count")?;
        let mut direction = columns.optional_text("direction")?;
        let loading = columns.optional_f64("loading")?;
        let rows = columns.optional_u32("rows")?;
        let distinct_values = columns.optional_u32("distinct_values")?;
        let cause = columns.names("cause")?;
        let log_likelihood = columns.optional_f64("log_likelihood")?;
        let remedy = columns.required_names("remedy")?;
        let attempt = columns.u32("attempt")?;
        let message = columns.text("message")?;
        let row = |(i, message): (usize, String)| Self {
            run: run[i],
            iteration: iteration[i],
            stage: stage.get(i).unwrap_or_default().to_owned(),
            component: component[i],
            kind: kind.get(i).unwrap_or_default().to_owned(),
            smallest_eigenvalue: smallest_eigenvalue[i],
            largest_eigenvalue: largest_eigenvalue[i],
            condition: condition[i],
            smallest_relative_pivot: smallest_relative_pivot[i],
            effective_count: effective_count[i],
            direction: direction[i].take(),
            loading: loading[i],
            rows: rows[i],
            distinct_values: distinct_values[i],
            cause: cause.get(i).map(str::to_owned),
            log_likelihood: log_likelihood[i],
            remedy: remedy.get(i).unwrap_or_default().to_owned(),
            attempt: attempt[i],
            message,
        };
        Ok(message.into_iter().enumerate().map(row).collect())
    }
}
