//! Rows that were recorded against rows that were computed again: value by value, and numbers bit by bit.
//!
//! Both sides are encoded as they would be written, so that every column of the schema is compared, and no other.

use crate::categories::{Categories, EnumTypes};
use crate::columns::{Columns, Decoder, Record};
use crate::error::RecordsError;
use crate::part_files::Part;
use crate::rows::{AssignmentRow, FailureRow, ParameterRow, RunRow, TraceRecord};
use crate::schema::{Column, Kind};
use polars::prelude::DataFrame;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::Path;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The run.
    pub run: u32,
    /// The row within the run by its key (`iteration 3`); empty where a run has one row.
    pub row: String,
    /// The column, or `(rows)` where one side has more rows than the other.
    pub column: &'static str,
    /// The recorded value; numbers so that they are read back exactly.
    pub recorded: String,
    /// The value of the repetition.
    pub repeated: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, row, column, recorded, repeated, .. } = self;
        let comma = if row.is_empty() { "" } else { ", " };
        write!(f, "{table}{comma}{row}, {column}: recorded {recorded}, repeated {repeated}")
    }
}

/// What differs in `runs`, `traces`, `failures` and `parameters` (times differ always). Rows are paired by their place
/// within their run; both sides must be sorted by run.
pub fn differences(recorded: &Part, repeated: &Part, categories: &Categories) -> Result<Vec<Difference>, RecordsError> {
    let types = EnumTypes::new(categories)?;
    let mut found = Vec::new();
    compare(&recorded.runs, &repeated.runs, |row: &RunRow| row.run, &types, &mut found)?;
    compare(&recorded.traces, &repeated.traces, |record: &TraceRecord| record.run, &types, &mut found)?;
    compare(&recorded.failures, &repeated.failures, |row: &FailureRow| row.run, &types, &mut found)?;
    compare(&recorded.parameters, &repeated.parameters, |row: &ParameterRow| row.run, &types, &mut found)?;
    Ok(found)
}

/// What differs in `assignments`, for the runs that have some.
pub fn differences_of_assignments(
    recorded: &[AssignmentRow],
    repeated: &[AssignmentRow],
) -> Result<Vec<Difference>, RecordsError> {
    let mut found = Vec::new();
    // The table has no categories.
    let types = EnumTypes::new(&Categories::default())?;
    compare(recorded, repeated, |row: &AssignmentRow| row.run, &types, &mut found)?;
    Ok(found)
}

/// A value of which no bit is lost.
#[derive(Clone, PartialEq)]
enum Cell {
    Missing,
    Integer(u32),
    Number(u64),
    Text(String),
    List(Vec<u64>),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("null"),
            Self::Integer(value) => value.fmt(f),
            Self::Number(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Self::Text(text) => text.fmt(f),
            Self::List(bits) => {
                let numbers: Vec<f64> = bits.iter().copied().map(f64::from_bits).collect();
                write!(f, "{numbers:?}")
            }
        }
    }
}

/// Rows of one side, as columns of cells.
struct Side(BTreeMap<&'static str, Vec<Cell>>);

impl Side {
    fn new<R: Record>(rows: &[R], types: &EnumTypes) -> Result<Self, RecordsError> {
        let mut columns = Columns::with_capacity(rows.len());
        columns.append(rows, types)?;
        let frame = columns.into_data_frame(types);
        let cells = |column: &'static Column| Ok((column.name, cells::<R>(&frame, column)?));
        R::TABLE.columns.iter().map(cells).collect::<Result<_, RecordsError>>().map(Self)
    }
}

fn cells<R: Record>(frame: &DataFrame, column: &'static Column) -> Result<Vec<Cell>, RecordsError> {
    fn all<T>(values: Vec<Option<T>>, cell: impl Fn(T) -> Cell) -> Vec<Cell> {
        values.into_iter().map(|value| value.map_or(Cell::Missing, &cell)).collect()
    }
    let decoder = Decoder { frame, table: R::TABLE, path: Path::new("") };
    if frame.height() == 0 {
        return Ok(Vec::new());
    }
    Ok(match column.kind {
        Kind::UInt32 => all(decoder.optional_u32(column.name)?, Cell::Integer),
        Kind::Float64 => all(decoder.optional_f64(column.name)?, |value| Cell::Number(value.to_bits())),
        Kind::Text | Kind::Hex => all(decoder.optional_text(column.name)?, Cell::Text),
        Kind::Enum(_) => {
            let names = decoder.names(column.name)?;
            (0..frame.height())
                .map(|i| names.get(i).map_or(Cell::Missing, |name| Cell::Text(name.to_owned())))
                .collect()
        }
        Kind::Float64List => all(decoder.optional_list(column.name)?, |values| {
            Cell::List(values.into_iter().map(f64::to_bits).collect())
        }),
    })
}

/// The places of the rows of each run.
fn places<R>(rows: &[R], run: fn(&R) -> u32) -> BTreeMap<u32, Range<usize>> {
    let mut places: BTreeMap<u32, Range<usize>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        places.entry(run(row)).or_insert(i..i).end = i + 1;
    }
    places
}

fn compare<R: Record>(
    recorded: &[R],
    repeated: &[R],
    run: fn(&R) -> u32,
    types: &EnumTypes,
    found: &mut Vec<Difference>,
) -> Result<(), RecordsError> {
    let (recorded_places, repeated_places) = (places(recorded, run), places(repeated, run));
    let (recorded, repeated) = (Side::new(recorded, types)?, Side::new(repeated, types)?);
    let runs: BTreeSet<u32> = recorded_places.keys().chain(repeated_places.keys()).copied().collect();
    let table = R::TABLE.name;
    for run in runs {
        let of = |places: &BTreeMap<u32, Range<usize>>| places.get(&run).cloned().unwrap_or(0..0);
        let (a, b) = (of(&recorded_places), of(&repeated_places));
        if a.len() != b.len() {
            let [recorded, repeated] = [a.len(), b.len()].map(|rows| rows.to_string());
            found.push(Difference { table, run, row: String::new(), column: "(rows)", recorded, repeated });
        }
        for (i, j) in a.zip(b) {
            for column in R::TABLE.columns {
                let (old, new) = (&recorded.0[column.name][i], &repeated.0[column.name][j]);
                if old != new {
                    let key = R::TABLE.key.iter().filter(|key| **key != "run");
                    let row: Vec<String> = key.map(|key| format!("{key} {}", recorded.0[key][i])).collect();
                    let (recorded, repeated) = (old.to_string(), new.to_string());
                    found.push(Difference { table, run, row: row.join(", "), column: column.name, recorded, repeated });
                }
            }
        }
    }
    Ok(())
}
