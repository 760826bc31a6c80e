//! The tables: what matters most in sight, the whole below it.

use super::markup::{Escaped, Prose, id, unbroken};
use crate::table::number::grouped;
use crate::table::{Format as _, Html, Table};
use std::fmt::Write as _;

/// More rows in sight make a page of one table.
const LONGEST: usize = 40;

const SHORT: Html = Html { whole: false, longest: LONGEST };
const WHOLE: Html = Html { whole: true, longest: LONGEST };

/// Those that are for reading.
fn readable(tables: &[Table]) -> impl Iterator<Item = &Table> {
    tables.iter().filter(|table| !crate::DATA_ONLY.contains(&table.name.as_str()))
}

/// Ids and titles.
pub(super) fn contents(tables: &[Table]) -> Vec<(String, String)> {
    readable(tables).map(|table| (id("table", &table.name), unbroken(&table.title))).collect()
}

/// All of them.
pub(super) fn tables(tables: &[Table]) -> String {
    let mut out = String::new();
    for table in readable(tables) {
        one(&mut out, table);
    }
    out
}

/// The table as on a screen, its explanation, and all of it to be unfolded. Boxes that scroll can be reached by the keyboard.
fn one(out: &mut String, table: &Table) {
    let (id, title, name) = (id("table", &table.name), Escaped(&table.title), Escaped(&table.name));
    let scroll = |out: &mut String, words: &str, markup: &str| {
        let _ = write!(
            out,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}{words}\">\n{markup}</div>\n"
        );
    };
    let _ = writeln!(out, "<div class=\"table\" id=\"{id}\">");
    scroll(out, "", &SHORT.render(table));
    let shown = SHORT.rows(table).len();
    if shown < table.rows.len() {
        let _ = writeln!(
            out,
            "<p class=\"left-out\">{} of {} rows; all of them are in <code>{name}.csv</code>.</p>",
            grouped(shown),
            grouped(table.rows.len())
        );
    }
    let _ = writeln!(out, "<p class=\"note\">{}</p>", Prose(&table.caption));
    if SHORT.leaves_out(table) {
        let rows = grouped(table.rows.len());
        let _ = writeln!(out, "<details>\n<summary>All columns, all {rows} rows</summary>");
        scroll(out, ", all of it", &WHOLE.render(table));
        *out += "</details>\n";
    }
    let _ = writeln!(
        out,
        "<p class=\"files\">Files: <a href=\"{name}.csv\">CSV</a>, <a href=\"{name}.tex\">LaTeX</a>, <a \
         href=\"{name}.md\">Markdown</a></p>\n</div>"
    );
}
