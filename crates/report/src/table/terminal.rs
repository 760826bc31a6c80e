//! Plain text for a screen, without colours or escape codes.

use super::{Align, Format, Row, Shown, Table, repeats};
use comfy_table::{CellAlignment, LineStyle, TableStyle};
use std::fmt::Write as _;

/// The title, the note and the table; the caption is left to the files.
///
/// Where the table has more rows than `longest`, only its main rows are shown, and of these the first `longest`; a line
/// below says how many there are, and where. A column of words that says the same in all these rows is told in a line
/// above instead. The best values carry a star.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Most rows that are shown.
    pub longest: usize,
}

/// A line above, a line below, and one under the headings.
const STYLE: TableStyle = {
    let line = LineStyle::none().fill('─').junction('─');
    TableStyle::new().top_border(line).header_separator(line).bottom_border(line)
};

impl Format for Terminal {
    fn extension(&self) -> &'static str {
        "txt"
    }

    fn render(&self, table: &Table) -> String {
        let all = table.rows.len() <= self.longest;
        let rows: Vec<&Row> = table.rows.iter().filter(|row| all || row.main).take(self.longest).collect();
        let (constant, columns) = table.split_constant(&rows, |shown| shown == Shown::Everywhere);
        let mut sheet = comfy_table::Table::new();
        sheet.load_style(STYLE).set_header(columns.iter().map(|&i| &table.columns[i].heading));
        let mut previous = None;
        for &row in &rows {
            let repeated = repeats(table, &columns, previous, row);
            sheet.add_row(columns.iter().zip(repeated).map(|(&i, blank)| {
                let written = if blank { String::new() } else { row.cells[i].written("–") };
                if row.cells[i].best { written + "*" } else { written }
            }));
            previous = Some(row);
        }
        for (position, &i) in columns.iter().enumerate() {
            if let Some(column) = sheet.column_mut(position) {
                column.set_padding((0, 1));
                column.set_cell_alignment(match table.columns[i].align {
                    Align::Left => CellAlignment::Left,
                    Align::Right => CellAlignment::Right,
                });
            }
        }
        let mut text = format!("{}\n", table.title);
        if !table.note.is_empty() {
            let _ = writeln!(text, "{}", table.note);
        }
        if let Some(told) = table.told(&rows, &constant) {
            let _ = writeln!(text, "{told}");
        }
        for line in sheet.lines() {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if rows.len() < table.rows.len() {
            let _ = writeln!(text, "{} of {} rows; all are in {}.md", rows.len(), table.rows.len(), table.name);
        }
        text
    }
}
