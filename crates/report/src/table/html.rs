//! HTML: a `<table>` for a page that brings its style along.

use super::number::{Piece, pieces};
use super::{Align, Cell, Column, Format, Kind, Row, Shown, Table, Value, repeats};
use crate::html::markup::Escaped;
use std::fmt::Write as _;

/// A `<table>` with its title as caption, headings with their scope, and the rows of one first factor in a `<tbody>` of their own.
/// The fragment is well-formed XML, too. Words have the class `t`, intervals (a column of their own, so that values stand under
/// each other) `i`, a missing value `m`, and a factor that repeats the row above `again`.
#[derive(Clone, Copy, Debug)]
pub struct Html {
    /// All columns and rows; otherwise those that a screen shows, at most `longest` rows.
    pub whole: bool,
    /// Most rows that are shown if not all are.
    pub longest: usize,
}

impl Html {
    /// The rows that are shown.
    pub fn rows(self, table: &Table) -> Vec<&Row> {
        let all = self.whole || table.rows.len() <= self.longest;
        let most = if all { table.rows.len() } else { self.longest };
        table.rows.iter().filter(|row| all || row.main).take(most).collect()
    }

    /// Whether columns or rows of the whole table are not shown.
    pub fn leaves_out(self, table: &Table) -> bool {
        !self.whole
            && (self.rows(table).len() < table.rows.len()
                || table.columns.iter().any(|column| column.shown == Shown::Files))
    }
}

impl Format for Html {
    fn extension(&self) -> &'static str {
        "html"
    }

    fn render(&self, table: &Table) -> String {
        let rows = self.rows(table);
        let shown = |shown| shown == Shown::Everywhere || self.whole && shown == Shown::Files;
        let (constant, columns) = table.split_constant(&rows, shown);
        let mut text = format!("<table>\n<caption><span class=\"title\">{}</span>", Escaped(&table.title));
        if let Some(told) = table.told(&rows, &constant) {
            let _ = write!(text, " <span class=\"told\">{}</span>", Escaped(&told));
        }
        text += "</caption>\n<thead><tr>";
        for &i in &columns {
            text += &heading(&table.columns[i]);
        }
        text += "</tr></thead>\n<tbody>\n";
        let mut previous = None;
        for row in rows {
            let repeated = repeats(table, &columns, previous, row);
            let grouped = columns.first().is_some_and(|&i| table.columns[i].group);
            if grouped && previous.is_some() && !repeated[0] {
                text += "</tbody>\n<tbody>\n";
            }
            text += "<tr>";
            for (&i, again) in columns.iter().zip(repeated) {
                text += &cell(&table.columns[i], &row.cells[i], again);
            }
            text += "</tr>\n";
            previous = Some(row);
        }
        text += "</tbody>\n</table>\n";
        text
    }
}

fn heading(column: &Column) -> String {
    let words = Escaped(&column.heading);
    match (column.kind, column.align) {
        (Kind::Plain, Align::Left) => format!("<th scope=\"col\" class=\"t\">{words}</th>"),
        (Kind::Plain, Align::Right) => format!("<th scope=\"col\">{words}</th>"),
        (Kind::Share | Kind::Between(..), _) => format!("<th scope=\"colgroup\" colspan=\"2\">{words}</th>"),
    }
}

fn cell(column: &Column, cell: &Cell, again: bool) -> String {
    let written = cell.written("–");
    if column.group {
        let class = if again { " class=\"again\"" } else { "" };
        return format!("<th scope=\"row\"{class}>{}</th>", Escaped(&written));
    }
    let (value, interval) = match column.kind {
        Kind::Plain => (written.as_str(), None),
        Kind::Share | Kind::Between(..) => match written.split_once(" [") {
            Some((value, interval)) => (value, Some(format!("[{interval}"))),
            None => (written.as_str(), Some(String::new())),
        },
    };
    let text = matches!(cell.value, Value::Text(_));
    let content = if text { Escaped(value).to_string() } else { numbers(value) };
    let content = if cell.best { format!("<strong>{content}</strong>") } else { content };
    let mut markup = match (value == "–", column.align) {
        (true, Align::Left) => "<td class=\"t m\">–</td>".to_owned(),
        (true, Align::Right) => "<td class=\"m\">–</td>".to_owned(),
        (false, Align::Left) => format!("<td class=\"t\">{content}</td>"),
        (false, Align::Right) => format!("<td>{content}</td>"),
    };
    if let Some(interval) = interval {
        let _ = write!(markup, "<td class=\"i\">{}</td>", numbers(&interval));
    }
    markup
}

/// A written number or interval with true minus signs and raised powers of ten.
pub(crate) fn numbers(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    for piece in pieces(written) {
        match piece {
            Piece::Words(words) => {
                let _ = write!(text, "{}", Escaped(words));
            }
            Piece::Number { negative, digits, power } => {
                let _ = write!(text, "{}{digits}", if negative { "−" } else { "" });
                if let Some(power) = power {
                    let _ = write!(text, "×10<sup>{}</sup>", power.replace('-', "−"));
                }
            }
        }
    }
    text
}
