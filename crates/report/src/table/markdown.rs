//! Markdown (the tables of CommonMark's GitHub dialect).

use super::{Align, Format, Shown, Table};
use std::fmt::Write as _;

/// A heading, the caption, the table.
#[derive(Clone, Copy, Debug)]
pub struct Markdown;

impl Format for Markdown {
    fn extension(&self) -> &'static str {
        "md"
    }

    fn render(&self, table: &Table) -> String {
        let columns = table.visible(|shown| shown != Shown::Data);
        let mut text = format!("# {}\n\n{}\n\n", escape(&table.title), table.caption);
        let headings: Vec<String> = columns.iter().map(|&i| escape(&table.columns[i].heading)).collect();
        let rules = columns.iter().map(|&i| match table.columns[i].align {
            Align::Left => ":--",
            Align::Right => "--:",
        });
        let rules: Vec<&str> = rules.collect();
        let _ = writeln!(text, "| {} |\n|{}|", headings.join(" | "), rules.join("|"));
        for row in &table.rows {
            let cells: Vec<String> = columns
                .iter()
                .map(|&i| {
                    let written = escape(&row.cells[i].written("–"));
                    if row.cells[i].best { format!("**{written}**") } else { written }
                })
                .collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }
}

/// Keeps words from becoming markup: bars end cells, stars and underscores emphasise, `<` opens tags.
fn escape(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        if matches!(c, '|' | '*' | '_' | '<' | '\\' | '`') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
