//! LaTeX with booktabs; long tables with longtable.

use super::{Align, Cell, Format, Shown, Table, Value, repeats};
use std::fmt::Write as _;

/// More rows than this do not fit on a page.
const PAGE: usize = 45;

/// An environment with caption and label, to be read by `\input`. Needs `\usepackage{booktabs,longtable}`.
#[derive(Clone, Copy, Debug)]
pub struct Latex;

impl Format for Latex {
    fn extension(&self) -> &'static str {
        "tex"
    }

    fn render(&self, table: &Table) -> String {
        let columns = table.visible(|shown| shown != Shown::Data);
        let letters: String = columns
            .iter()
            .map(|&i| match table.columns[i].align {
                Align::Left => 'l',
                Align::Right => 'r',
            })
            .collect();
        let headings: Vec<String> = columns.iter().map(|&i| escape(&table.columns[i].heading)).collect();
        let head = format!("\\toprule\n{} \\\\\n\\midrule\n", headings.join(" & "));
        let caption = format!(
            "\\caption[{}]{{{}. {}}}\\label{{tab:{}}}",
            escape(&table.title),
            escape(&table.title),
            escape(&table.caption),
            table.name
        );
        let body = body(table, &columns);
        if table.rows.len() > PAGE {
            format!(
                "\\begin{{longtable}}{{{letters}}}\n{caption} \\\\\n{head}\\endfirsthead\n{head}\\endhead\n\
                 \\bottomrule\n\\endlastfoot\n{body}\\end{{longtable}}\n"
            )
        } else {
            format!(
                "\\begin{{table}}\n\\centering\n{caption}\n\\begin{{tabular}}{{{letters}}}\n{head}{body}\\bottomrule\n\
                 \\end{{tabular}}\n\\end{{table}}\n"
            )
        }
    }
}

/// The rows; a little room before each value of the first group.
fn body(table: &Table, columns: &[usize]) -> String {
    let mut text = String::new();
    let mut previous = None;
    for row in &table.rows {
        let repeated = repeats(table, columns, previous, row);
        let grouped = columns.first().is_some_and(|&i| table.columns[i].group);
        if grouped && previous.is_some() && !repeated[0] {
            text += "\\addlinespace\n";
        }
        let cells: Vec<String> = columns
            .iter()
            .zip(&repeated)
            .map(|(&i, &blank)| {
                let written = if blank { String::new() } else { number_or_words(&row.cells[i]) };
                if row.cells[i].best { format!("\\textbf{{{written}}}") } else { written }
            })
            .collect();
        let _ = writeln!(text, "{} \\\\", cells.join(" & "));
        previous = Some(row);
    }
    text
}

/// Numbers with a true minus sign and powers of ten, words as they are.
fn number_or_words(cell: &Cell) -> String {
    let written = cell.written("–");
    match (&cell.value, written.split_once('e')) {
        (Value::Number(..), Some((mantissa, exponent))) => format!("${mantissa}\\times10^{{{exponent}}}$"),
        (Value::Number(..), None) => escape(&written.replace('-', "−")),
        _ => escape(&written),
    }
}

/// Keeps LaTeX's own characters from acting, and writes the few others that our texts use.
fn escape(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', c]),
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '<' => escaped += "\\textless{}",
            '>' => escaped += "\\textgreater{}",
            '|' => escaped += "\\textbar{}",
            '–' => escaped += "--",
            '−' => escaped += "$-$",
            '×' => escaped += "$\\times$",
            '·' => escaped += "$\\cdot$",
            '±' => escaped += "$\\pm$",
            '≤' => escaped += "$\\le$",
            '≥' => escaped += "$\\ge$",
            'σ' => escaped += "$\\sigma$",
            'λ' => escaped += "$\\lambda$",
            'ρ' => escaped += "$\\rho$",
            '²' => escaped += "$^2$",
            _ => escaped.push(c),
        }
    }
    escaped
}
