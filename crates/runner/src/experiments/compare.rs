//! Compares generated text with committed text. Words must be the same; numbers may differ by a unit in the last written digit
//! and by what the experiment allows, because other processors round sums in other orders.

use std::fmt;

/// How closely numbers must agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Largest difference relative to the committed number.
    relative: f64,
    /// Largest difference whatever the number.
    absolute: f64,
}

impl Tolerance {
    /// Where no seed matters: rounding alone.
    pub const EXACT: Self = Self { relative: 1e-9, absolute: 1e-12 };
    /// Where the data are drawn and what is measured on them is smooth.
    pub const CLOSE: Self = Self { relative: 0.01, absolute: 1e-3 };
    /// Where seeds decide: on another processor a sum rounds otherwise, and one start in many ends elsewhere. On the same one the
    /// numbers are the same.
    pub const SEEDS: Self = Self { relative: 0.05, absolute: 2.0 };
}

/// A place at which two texts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is committed.
    pub committed: String,
    /// What was made now.
    pub made: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}\n  - {}\n  + {}", self.file, self.line, self.committed, self.made)
    }
}

/// The lines of a file that differ by more than `tolerance` allows.
pub fn lines(file: &str, committed: &str, made: &str, tolerance: Tolerance) -> Vec<Difference> {
    let (old, new): (Vec<&str>, Vec<&str>) = (committed.lines().collect(), made.lines().collect());
    (0..old.len().max(new.len()))
        .filter_map(|i| {
            let (a, b) = (old.get(i), new.get(i));
            let same = matches!((a, b), (Some(a), Some(b)) if agree(a, b, tolerance));
            let shown = |line: Option<&&str>| line.map_or("(no such line)".to_owned(), |line| (*line).to_owned());
            (!same).then(|| Difference { file: file.to_owned(), line: i + 1, committed: shown(a), made: shown(b) })
        })
        .collect()
}

/// Whether two lines agree: the same words, numbers within the tolerance. Spaces and the rules of Markdown tables, whose lengths
/// follow the numbers, do not count.
fn agree(committed: &str, made: &str, tolerance: Tolerance) -> bool {
    let rule = |line: &str| !line.is_empty() && line.chars().all(|c| "|-: ".contains(c));
    if committed == made || (rule(committed) && rule(made)) {
        return true;
    }
    let (a, b) = (pieces(committed), pieces(made));
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same(a, b, tolerance))
}

/// Numbers and what lies between them.
fn pieces(line: &str) -> Vec<String> {
    let squeezed: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut pieces = Vec::new();
    let mut rest = squeezed.as_str();
    while !rest.is_empty() {
        let length = number(rest);
        let (piece, behind) = if length > 0 {
            rest.split_at(length)
        } else {
            let next =
                rest.char_indices().skip(1).find(|&(i, _)| number(&rest[i..]) > 0).map_or(rest.len(), |(i, _)| i);
            rest.split_at(next)
        };
        pieces.push(piece.trim().to_owned());
        rest = behind;
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Length of the number at the beginning of `text`: digits with a point and an exponent; 0 if there is none. A sign is not
/// part of it.
fn number(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if end == 0 {
        return 0;
    }
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    let exponent = text[end..].strip_prefix('e').map(|rest| end + 1 + usize::from(rest.starts_with('-')));
    match exponent {
        Some(at) if digits(at) > 0 => at + digits(at),
        _ => end,
    }
}

fn same(committed: &str, made: &str, tolerance: Tolerance) -> bool {
    let (Ok(a), Ok(b)) = (committed.parse::<f64>(), made.parse::<f64>()) else { return committed == made };
    let unit = unit(committed).max(unit(made));
    (a - b).abs() <= tolerance.absolute + tolerance.relative * a.abs() + 1.000_001 * unit
}

/// One unit of the last written digit; none of a whole number, which counts something.
fn unit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, behind)| behind.len());
    let power = exponent.parse::<i32>().unwrap_or(0) - i32::try_from(decimals).unwrap_or(0);
    if power >= 0 { 0.0 } else { 10f64.powi(power) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_may_differ_and_words_and_counts_may_not() {
        let exact = |a: &str, b: &str| agree(a, b, Tolerance::EXACT);
        assert!(exact("| 0.626821498 | same digits |", "| 0.626821497 |  same digits |"));
        assert!(!exact("| 0.626821498 | same digits |", "| 0.626821496 | same digits |"));
        assert!(!exact("| 0.5 | same digits |", "| 0.5 | differs |"));
        assert!(!exact("2909 evaluations", "2910 evaluations"));
        assert!(exact("L = −180.1855, 1.2e-8", "L = −180.1856, 1.3e-8"));
        assert!(!exact("a -1.5", "a 1.5"));
        assert!(exact("|------|---:|", "|-----|----:|"));
    }

    #[test]
    fn seeds_may_move_shares() {
        let seeds = Tolerance { relative: 0.1, absolute: 2.0 };
        assert!(agree("43.0 [36.0, 50.2]", "44.5 [37.4, 51.7]", seeds));
        assert!(!agree("43.0 [36.0, 50.2]", "63.0 [56.0, 69.7]", seeds));
    }

    #[test]
    fn a_difference_names_its_line() {
        let found = lines("table.csv", "a,b\n1,2\n", "a,b\n1,3\n4,5\n", Tolerance::EXACT);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].to_string(), "table.csv:2\n  - 1,2\n  + 1,3");
        assert_eq!(found[1].committed, "(no such line)");
        assert_eq!(pieces("x1 = -2.5e-3, y"), ["x", "1", "= -", "2.5e-3", ", y"]);
    }
}
