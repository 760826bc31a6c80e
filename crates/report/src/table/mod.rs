//! Tables in one intermediate form, and the formats that write it.
//!
//! A [`Table`] holds typed cells; a [`Format`] turns it into text and touches no file. What is missing prints as a dash (or
//! nothing, in CSV), never as 0.
//!
//! | format | for | precision |
//! |---|---|---|
//! | [`Markdown`] | reading | as the column says |
//! | [`Latex`] | papers (booktabs) | as the column says; the columns that matter most |
//! | [`Html`] | the report's page | as the column says; all columns, or those that matter most |
//! | [`Csv`] | computing | full; counts and interval ends in columns of their own |
//! | [`Terminal`] | a screen | as the column says; only the columns and rows that matter most |

mod csv;
pub(crate) mod html;
mod latex;
mod markdown;
pub mod number;
mod terminal;

pub use csv::Csv;
pub use html::Html;
pub use latex::Latex;
pub use markdown::Markdown;
pub use number::Digits;
pub use terminal::Terminal;

use crate::intervals::Share;

/// Turns a table into text.
pub trait Format {
    /// Ending of the file's name, without the dot.
    fn extension(&self) -> &'static str;
    /// The whole text, ending in a newline.
    fn render(&self, table: &Table) -> String;
}

/// A table before it has a format.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Name of its files, without ending.
    pub name: String,
    /// A short heading.
    pub title: String,
    /// What one must know to read it: definitions, what is counted and what is not.
    pub caption: String,
    /// The caption's most important words in a line or two, for the terminal; may be empty.
    pub note: String,
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The rows, each with one cell per column.
    pub rows: Vec<Row>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// What stands above it for a reader.
    pub heading: String,
    /// Its name in CSV: lower case with underscores.
    pub key: String,
    /// Where the cells stand.
    pub align: Align,
    /// Which formats show it.
    pub shown: Shown,
    /// What kind of cells it holds; decides the columns in CSV.
    pub kind: Kind,
    /// A factor by which rows are grouped: repeated values may be left blank.
    pub group: bool,
}

/// Where cells stand in their column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Which formats show a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All.
    Everywhere,
    /// All but the terminal and LaTeX, which are narrow.
    Files,
    /// CSV only.
    Data,
}

/// The kind of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    Plain,
    /// A share: hits, trials, value and interval in CSV.
    Share,
    /// A value between two others; the CSV columns of these end in the two suffixes.
    Between(&'static str, &'static str),
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// One cell per column.
    pub cells: Vec<Cell>,
    /// Whether the row belongs to what a screen shows when there is no room for all.
    pub main: bool,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What it holds.
    pub value: Value,
    /// Whether it is among the best of its kind.
    pub best: bool,
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A count.
    Integer(u64),
    /// A number.
    Number(f64, Digits),
    /// A share with its interval, as a percentage.
    Share(Share),
    /// A value between two others (quartiles, the ends of an interval); each may be missing.
    Between {
        /// The value itself.
        value: Option<f64>,
        /// The lower of the two others.
        lower: Option<f64>,
        /// The upper of the two others.
        upper: Option<f64>,
        /// How they are written.
        digits: Digits,
    },
    /// Nothing to say.
    Missing,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, best: false }
    }
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<String>) -> Self {
        Value::Text(words.into()).into()
    }

    /// Words, or nothing.
    pub fn maybe_text(words: Option<impl Into<String>>) -> Self {
        words.map_or(Value::Missing, |words| Value::Text(words.into())).into()
    }

    /// A count.
    pub fn count(count: usize) -> Self {
        Value::Integer(count as u64).into()
    }

    /// A number, or nothing; what is not finite is missing.
    pub fn number(value: Option<f64>, digits: Digits) -> Self {
        value.filter(|v| v.is_finite()).map_or(Value::Missing, |v| Value::Number(v, digits)).into()
    }

    /// A share; missing without trials.
    pub fn share(share: Share) -> Self {
        if share.trials == 0 { Value::Missing.into() } else { Value::Share(share).into() }
    }

    /// A value between two others; missing if all three are.
    pub fn between(value: Option<f64>, lower: Option<f64>, upper: Option<f64>, digits: Digits) -> Self {
        match (value, lower, upper) {
            (None, None, None) => Value::Missing.into(),
            _ => Value::Between { value, lower, upper, digits }.into(),
        }
    }

    /// The text for readers; `dash` stands for what is missing.
    fn written(&self, dash: &str) -> String {
        let number = |value: Option<f64>, digits: Digits| value.map_or(dash.to_owned(), |v| digits.write(v));
        match &self.value {
            Value::Text(words) => words.clone(),
            Value::Integer(count) => count.to_string(),
            Value::Number(value, digits) => digits.write(*value),
            Value::Share(share) => number::percent(*share),
            Value::Between { value, lower, upper, digits } => {
                format!("{} [{}, {}]", number(*value, *digits), number(*lower, *digits), number(*upper, *digits))
            }
            Value::Missing => dash.to_owned(),
        }
    }
}

impl Column {
    /// A factor by which rows are grouped.
    pub fn factor(heading: &str, key: &str) -> Self {
        Self { group: true, align: Align::Left, ..Self::number(heading, key) }
    }

    /// Words.
    pub fn text(heading: &str, key: &str) -> Self {
        Self { align: Align::Left, ..Self::number(heading, key) }
    }

    /// Numbers or counts.
    pub fn number(heading: &str, key: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            key: key.to_owned(),
            align: Align::Right,
            shown: Shown::Everywhere,
            kind: Kind::Plain,
            group: false,
        }
    }

    /// Shares.
    pub fn share(heading: &str, key: &str) -> Self {
        Self { kind: Kind::Share, ..Self::number(heading, key) }
    }

    /// Values with an interval.
    pub fn interval(heading: &str, key: &str) -> Self {
        Self { kind: Kind::Between("lower", "upper"), ..Self::number(heading, key) }
    }

    /// Medians with their quartiles.
    pub fn quartiles(heading: &str, key: &str) -> Self {
        Self { kind: Kind::Between("q25", "q75"), ..Self::number(heading, key) }
    }

    /// Where it is shown.
    #[must_use]
    pub fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }
}

impl Table {
    /// Marks the best cells of `columns` in each row: those that are written like the largest (or smallest) number among
    /// them, so that values which the reader cannot tell apart are marked together.
    pub fn mark_best_in_rows(&mut self, columns: &[usize], largest: bool) {
        let sign = if largest { 1.0 } else { -1.0 };
        for row in &mut self.rows {
            let number = |cell: &Cell| match &cell.value {
                Value::Number(value, _) => Some(sign * value),
                Value::Integer(count) => Some(sign * *count as f64),
                _ => None,
            };
            let leader = columns
                .iter()
                .filter_map(|&column| Some((number(&row.cells[column])?, column)))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((_, leader)) = leader else { continue };
            let written = row.cells[leader].written("");
            for &column in columns {
                row.cells[column].best = row.cells[column].written("") == written;
            }
        }
    }

    /// The columns that `visible` admits, in two groups: those of words that say the same in all of several `rows`, and the
    /// others.
    fn split_constant(&self, rows: &[&Row], visible: impl Fn(Shown) -> bool) -> (Vec<usize>, Vec<usize>) {
        let constant = |&i: &usize| {
            rows.len() > 1
                && self.columns[i].align == Align::Left
                && rows.iter().all(|row| row.cells[i].value == rows[0].cells[i].value)
        };
        self.visible(visible).into_iter().partition(constant)
    }

    /// What the `constant` columns of `rows` say, in a line: `In all rows: method em, policy stop`. `None` if they say nothing.
    fn told(&self, rows: &[&Row], constant: &[usize]) -> Option<String> {
        let row = rows.first()?;
        let known = constant.iter().filter(|&&i| row.cells[i].value != Value::Missing);
        let told: Vec<String> =
            known.map(|&i| format!("{} {}", self.columns[i].heading, row.cells[i].written("–"))).collect();
        (!told.is_empty()).then(|| format!("In all rows: {}", told.join(", ")))
    }

    /// The positions of the columns that `visible` admits.
    fn visible(&self, visible: impl Fn(Shown) -> bool) -> Vec<usize> {
        (0..self.columns.len()).filter(|&i| visible(self.columns[i].shown)).collect()
    }
}

/// For each of `columns`, whether the cell of `row` repeats that of `previous` and all group columns before it do too.
fn repeats(table: &Table, columns: &[usize], previous: Option<&Row>, row: &Row) -> Vec<bool> {
    let mut same = true;
    columns
        .iter()
        .map(|&i| {
            same = same && table.columns[i].group && previous.is_some_and(|p| p.cells[i].value == row.cells[i].value);
            same
        })
        .collect()
}

#[cfg(test)]
mod tests;
