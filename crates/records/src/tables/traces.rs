//! Table `traces`.

use crate::columns::{Decoder, Encoder, Record};
use crate::error::{Place, RecordsError};
use crate::rows::TraceRecord;
use crate::schema::{self, Table};
use em::{Event, TraceRow};

impl Record for TraceRecord {
    const TABLE: &'static Table = &schema::TRACES;

    fn place(&self) -> Place {
        Place::Run(self.run)
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.u32("run", |record| Some(record.run))?;
        columns.u32("iteration", |record| Some(record.row.iteration))?;
        columns.f64("objective", |record| Some(record.row.objective))?;
        columns.f64("log_likelihood", |record| record.row.log_likelihood)?;
        columns.f64("gain", |record| record.row.gain)?;
        columns.f64("q_gain", |record| record.row.q_gain)?;
        columns.f64("kl", |record| record.row.kl)?;
        columns.f64("step_norm", |record| record.row.step_norm)?;
        columns.u32("e_passes", |record| Some(record.row.e_passes))?;
        columns.f64("smallest_count", |record| record.row.smallest_count)?;
        columns.f64("smallest_relative_pivot", |record| record.row.smallest_relative_pivot)?;
        columns.f64("worst_condition", |record| record.row.worst_condition)?;
        columns.name("event", |record| record.row.event.name())?;
        columns.f64("event_size", |record| record.row.event.size())
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let run = columns.u32("run")?;
        let iteration = columns.u32("iteration")?;
        let objective = columns.f64("objective")?;
        let log_likelihood = columns.optional_f64("log_likelihood")?;
        let gain = columns.optional_f64("gain")?;
        let q_gain = columns.optional_f64("q_gain")?;
        let kl = columns.optional_f64("kl")?;
        let step_norm = columns.optional_f64("step_norm")?;
        let e_passes = columns.u32("e_passes")?;
        let smallest_count = columns.optional_f64("smallest_count")?;
        let smallest_relative_pivot = columns.optional_f64("smallest_relative_pivot")?;
        let worst_condition = columns.optional_f64("worst_condition")?;
        let event = columns.names("event")?;
        let event_size = columns.optional_f64("event_size")?;
        let row = |i: usize| {
            let row = TraceRow {
                iteration: iteration[i],
                objective: objective[i],
                log_likelihood: log_likelihood[i],
                gain: gain[i],
                q_gain: q_gain[i],
                kl: kl[i],
                step_norm: step_norm[i],
                e_passes: e_passes[i],
                smallest_count: smallest_count[i],
                smallest_relative_pivot: smallest_relative_pivot[i],
                worst_condition: worst_condition[i],
                event: match event.get(i) {
                    None => Event::None,
                    Some(name) => {
                        let by = event_size[i].ok_or_else(|| columns.unexpected_null("event_size", i))?;
                        event_of(name, by).ok_or_else(|| columns.unknown("event", name))?
                    }
                },
            };
            Ok(Self { run: run[i], row })
        };
        (0..columns.rows()).map(row).collect()
    }
}

/// The event of that name and size.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts that were written as numbers")]
fn event_of(name: &str, by: f64) -> Option<Event> {
    match name {
        "decreased" => Some(Event::Decreased { by }),
        "projected" => Some(Event::Projected { by }),
        "reseeded" => Some(Event::Reseeded { row: by as usize }),
        "removed" => Some(Event::Removed { left: by as usize }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_back() {
        for name in Event::NAMES {
            let event = event_of(name, 5.0).expect(name);
            assert_eq!((event.name(), event.size()), (Some(name), Some(5.0)));
        }
    }
}
