//! LaTeX with booktabs; long tables with longtable.
//!
//! A page is narrow: the table has the columns that a screen shows, in a small size, and a column of words that says the same
//! in all rows is told in the caption instead. What is still too wide for an upright page of A4 lies on its side. The wider
//! tables are Markdown's and HTML's.

use super::number::{Piece, pieces};
use super::{Align, Cell, Format, Row, Shown, Table, Value, repeats};
use std::fmt::Write as _;

/// More rows than this do not fit on a page.
const PAGE: usize = 45;
/// Rows of more characters, two of them between columns, do not fit on an upright page with margins of 25 mm: a character took at
/// most 4.4 pt on the tables of configs/sweep.toml, starts.toml and structures.toml.
const UPRIGHT: usize = 100;
/// Rows of more characters do not fit on its side, and are set smaller.
const SIDEWAYS: usize = 155;

/// An environment with caption and label, to be read by `\input`. Needs `\usepackage{booktabs,longtable,pdflscape}`; compiles with
/// pdflatex. Names in other than Latin or Greek letters stay as they are and need LuaLaTeX or XeLaTeX.
#[derive(Clone, Copy, Debug)]
pub struct Latex;

impl Format for Latex {
    fn extension(&self) -> &'static str {
        "tex"
    }

    fn render(&self, table: &Table) -> String {
        let rows: Vec<&Row> = table.rows.iter().collect();
        let (constant, columns) = table.split_constant(&rows, |shown| shown == Shown::Everywhere);
        let letters: String = columns
            .iter()
            .map(|&i| match table.columns[i].align {
                Align::Left => 'l',
                Align::Right => 'r',
            })
            .collect();
        let headings: Vec<String> = columns.iter().map(|&i| escape(&table.columns[i].heading)).collect();
        let head = format!("\\toprule\n{} \\\\\n\\midrule\n", headings.join(" & "));
        let title = escape(&table.title);
        let mut words = format!("{title}. {}", prose(&table.caption));
        if let Some(told) = table.told(&rows, &constant) {
            let _ = write!(words, " {}", escape(&told));
        }
        // Braces keep a bracket in the title from ending the short form.
        let caption = format!("\\caption[{{{title}}}]{{{words}}}\\label{{tab:{}}}", label(&table.name));
        let body = body(table, &columns);
        let width = width(table, &columns);
        let size = if width > SIDEWAYS { "\\scriptsize" } else { "\\footnotesize" };
        let size = format!("{size}\\setlength{{\\tabcolsep}}{{4pt}}");
        let whole = if table.rows.len() > PAGE {
            format!(
                "\\begingroup{size}\\setlength{{\\LTcapwidth}}{{\\linewidth}}\n\\begin{{longtable}}{{{letters}}}\n{caption} \
                 \\\\\n{head}\\endfirsthead\n{head}\\endhead\n\\bottomrule\n\\endlastfoot\n{body}\\end{{longtable}}\n\
                 \\endgroup\n"
            )
        } else {
            format!(
                "\\begin{{table}}\n\\centering\\setlength{{\\belowcaptionskip}}{{6pt}}\n{caption}\n{size}\n\
                 \\begin{{tabular}}{{{letters}}}\n{head}{body}\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
            )
        };
        if width > UPRIGHT { format!("\\begin{{landscape}}\n{whole}\\end{{landscape}}\n") } else { whole }
    }
}

/// Characters of the widest cells of a row, with two between columns.
fn width(table: &Table, columns: &[usize]) -> usize {
    let widest = |&i: &usize| {
        let cells = table.rows.iter().map(|row| row.cells[i].written("–").chars().count());
        cells.chain([table.columns[i].heading.chars().count()]).max().unwrap_or(0) + 2
    };
    columns.iter().map(widest).sum()
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
        // A bracket or star behind the end of a row would be taken for an option of it.
        let guard = if cells.first().is_some_and(|cell| cell.starts_with(['[', '*'])) { "{}" } else { "" };
        let _ = writeln!(text, "{guard}{} \\\\", cells.join(" & "));
        previous = Some(row);
    }
    text
}

/// Numbers with a true minus sign and powers of ten, words as they are.
fn number_or_words(cell: &Cell) -> String {
    let written = cell.written("–");
    match cell.value {
        Value::Text(_) | Value::Missing => escape(&written),
        _ => pieces(&written).into_iter().map(number).collect(),
    }
}

fn number(piece: Piece<'_>) -> String {
    match piece {
        Piece::Words(words) => escape(words),
        Piece::Number { negative, digits, power: None } => format!("{}{digits}", if negative { "$-$" } else { "" }),
        Piece::Number { negative, digits, power: Some(power) } => {
            format!("${}{digits}\\times10^{{{power}}}$", if negative { "-" } else { "" })
        }
    }
}

/// A label may hold letters, digits and a few marks, whatever the data set is called.
fn label(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '-' }).collect()
}

/// Escaped prose; what stands between backticks is set as code.
fn prose(words: &str) -> String {
    let parts = words.split('`').map(escape).enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { format!("\\texttt{{{part}}}") } else { part }).collect()
}

/// Keeps LaTeX's own characters from acting, and writes those that pdflatex does not know: Greek letters, raised and lowered
/// digits, signs.
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
            _ => match mathematics(c) {
                Some(command) => escaped.extend(["$", &command, "$"]),
                None => escaped.push(c),
            },
        }
    }
    escaped
}

/// The command for a sign that exists in mathematics only.
fn mathematics(c: char) -> Option<String> {
    /// The names of α to ω; omicron is a Latin o.
    const GREEK: [&str; 25] = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "",
        "pi",
        "rho",
        "varsigma",
        "sigma",
        "tau",
        "upsilon",
        "varphi",
        "chi",
        "psi",
        "omega",
    ];
    /// Those capitals that differ from Latin ones, by their small letters.
    const CAPITALS: [&str; 11] =
        ["gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "varphi", "psi", "omega"];
    let from = |first: char| (c as usize).checked_sub(first as usize);
    let greek = |first: char| from(first).and_then(|i| GREEK.get(i).copied()).filter(|name| !name.is_empty());
    let digit = |first: char| from(first).filter(|&i| i < 10);
    if let Some(name) = greek('α') {
        return Some(format!("\\{name}"));
    }
    if let Some(name) = greek('Α').filter(|name| CAPITALS.contains(name)) {
        let name = name.trim_start_matches("var");
        return Some(format!("\\{}{}", name[..1].to_uppercase(), &name[1..]));
    }
    if let Some(lowered) = digit('₀') {
        return Some(format!("_{lowered}"));
    }
    let command = match c {
        '−' => "-",
        '×' => "\\times",
        '·' => "\\cdot",
        '±' => "\\pm",
        '≤' => "\\le",
        '≥' => "\\ge",
        '≠' => "\\ne",
        '≈' => "\\approx",
        '∞' => "\\infty",
        '√' => "\\surd",
        '∈' => "\\in",
        '→' => "\\to",
        '∂' => "\\partial",
        '∑' => "\\sum",
        '⌈' => "\\lceil",
        '⌉' => "\\rceil",
        '′' => "'",
        '⁻' => "^-",
        '⁰' => "^0",
        '¹' => "^1",
        '²' => "^2",
        '³' => "^3",
        '⁴'..='⁹' => return digit('⁰').map(|raised| format!("^{raised}")),
        _ => return None,
    };
    Some(command.to_owned())
}
