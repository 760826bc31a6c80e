//! Comma-separated values (RFC 4180), for computing.

use super::{Format, Kind, Table, Value};

/// A line of keys and a line per row, with full precision. Nothing is written where something is missing.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

impl Format for Csv {
    fn extension(&self) -> &'static str {
        "csv"
    }

    fn render(&self, table: &Table) -> String {
        let header: Vec<String> = table
            .columns
            .iter()
            .flat_map(|column| {
                let key = &column.key;
                match column.kind {
                    Kind::Plain => vec![key.clone()],
                    Kind::Share => {
                        ["count", "of", "share", "lower", "upper"].map(|part| format!("{key}_{part}")).into()
                    }
                    Kind::Between(lower, upper) => {
                        vec![key.clone(), format!("{key}_{lower}"), format!("{key}_{upper}")]
                    }
                }
            })
            .collect();
        let mut text = line(header);
        for row in &table.rows {
            let fields = table.columns.iter().zip(&row.cells);
            text += &line(fields.flat_map(|(column, cell)| parts(column.kind, &cell.value)).collect());
        }
        text
    }
}

/// The fields of one cell, as many as its column's kind has.
fn parts(kind: Kind, value: &Value) -> Vec<String> {
    let maybe = |number: Option<f64>| number.map_or(String::new(), full);
    let mut fields = match value {
        Value::Text(words) => vec![words.clone()],
        Value::Integer(count) => vec![count.to_string()],
        Value::Number(number, _) => vec![full(*number)],
        Value::Share(share) => {
            let interval = share.interval();
            vec![
                share.hits.to_string(),
                share.trials.to_string(),
                maybe(share.value()),
                maybe(interval.map(|i| i.lower)),
                maybe(interval.map(|i| i.upper)),
            ]
        }
        Value::Between { value, lower, upper, .. } => vec![maybe(*value), maybe(*lower), maybe(*upper)],
        Value::Missing => Vec::new(),
    };
    let width = match kind {
        Kind::Plain => 1,
        Kind::Share => 5,
        Kind::Between(..) => 3,
    };
    fields.resize(width, String::new());
    fields
}

/// The shortest text that reads back as the same number.
fn full(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e16).contains(&size) { format!("{number:e}") } else { number.to_string() }
}

fn line(fields: Vec<String>) -> String {
    let quoted: Vec<String> =
        fields
            .into_iter()
            .map(|field| {
                if field.contains([',', '"', '\n', '\r']) {
                    format!("\"{}\"", field.replace('"', "\"\""))
                } else {
                    field
                }
            })
            .collect();
    quoted.join(",") + "\n"
}
