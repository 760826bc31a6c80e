//! What the figures share: palette, type sizes, the order and names of starts, labels of numbers, even samples.
//!
//! Colours are those of Okabe and Ito, distinguishable with any colour vision; the same colour means the same kind of end
//! in every figure. Their yellow is left out: nobody sees a thin yellow line on white.

pub(super) use crate::table::number::count;
use em::TraceRow;
use records::RunRow;
use std::collections::BTreeSet;

/// Text and axes.
pub(super) const INK: &str = "#222222";
/// Secondary text.
pub(super) const MUTED: &str = "#666666";
/// Grid lines.
pub(super) const GRID: &str = "#e4e4e4";
/// Okabe-Ito: orange.
pub(super) const ORANGE: &str = "#e69f00";
/// Okabe-Ito: sky blue.
pub(super) const SKY: &str = "#56b4e9";
/// Okabe-Ito: bluish green.
pub(super) const GREEN: &str = "#009e73";
/// Okabe-Ito: blue.
pub(super) const BLUE: &str = "#0072b2";
/// Okabe-Ito: vermillion.
pub(super) const VERMILLION: &str = "#d55e00";
/// Okabe-Ito: reddish purple.
pub(super) const PURPLE: &str = "#cc79a7";
/// Neither good nor bad.
pub(super) const GREY: &str = "#999999";

/// Colours of clusters, in the order of the true clusters.
pub(super) const CLUSTERS: [&str; 8] = [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, "#8a8116", GREY];

/// Font families from the most to the least wanted; names without quotes, as an SVG attribute takes them.
pub(super) const FONTS: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";
/// Size of the figure's title.
pub(super) const TITLE: u32 = 17;
/// Size of axis labels, panel titles and legends.
pub(super) const LABEL: u32 = 12;
/// Size of tick labels and notes.
pub(super) const SMALL: u32 = 11;
/// Width of every figure.
pub(super) const WIDTH: f64 = 900.0;
/// Free border of every figure.
pub(super) const BORDER: f64 = 18.0;

/// The known kinds of start in the order in which figures show them; others follow alphabetically.
const STARTS: [&str; 5] = ["tutorial", "random-points", "random-responsibilities", "k-means++", "k-means"];

/// The kinds of start of some runs, in the order of every figure.
pub(super) fn starts_of<'a>(runs: impl IntoIterator<Item = &'a RunRow>) -> Vec<&'a str> {
    let names: BTreeSet<&str> = runs.into_iter().map(|run| run.factors.start.as_str()).collect();
    let mut ordered: Vec<&str> = names.into_iter().collect();
    // Stable: unknown names keep their alphabetical order behind the known ones.
    ordered.sort_by_key(|name| STARTS.iter().position(|known| known == name).unwrap_or(STARTS.len()));
    ordered
}

/// A generous estimate of the width of `text` in pixels: fonts differ between viewers, and legends must not collide.
pub(super) fn text_width(text: &str, size: u32) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | '(' | ')' | ' ' => 0.36,
            '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' => 0.40,
            'm' | 'w' | 'M' | 'W' | '%' => 0.90,
            c if c.is_uppercase() => 0.70,
            _ => 0.60,
        })
        .sum();
    em * f64::from(size)
}

/// `text` in lines that are no wider than `width` pixels, broken at its spaces; no line for no text.
pub(super) fn broken(text: &str, size: u32, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// 10 to the power `exponent`, written with superscripts: `10⁻⁴`.
pub(super) fn power_of_ten(exponent: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    };
    match exponent {
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        _ => format!("10{}", exponent.to_string().chars().map(raised).collect::<String>()),
    }
}

/// A number with a typographic minus sign.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// At most `wanted` of `items`, evenly spread and always with the first.
pub(super) fn sample<T: Copy>(items: &[T], wanted: usize) -> Vec<T> {
    let shown = items.len().min(wanted);
    (0..shown).map(|i| items[i * items.len() / shown]).collect()
}

/// A remark for the subtitle if not every iteration of the traces was recorded; empty otherwise.
pub(super) fn thinning<'a>(traces: impl IntoIterator<Item = &'a [TraceRow]>) -> String {
    let first_step = |trace: &[TraceRow]| Some(trace.get(1)?.iteration - trace.first()?.iteration);
    match traces.into_iter().filter_map(first_step).max() {
        Some(stride) if stride > 1 => format!(" Recorded: every {stride}th iteration."),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_read_well() {
        assert_eq!(power_of_ten(-10), "10⁻¹⁰");
        assert_eq!(power_of_ten(3), "10³");
        assert_eq!(power_of_ten(0), "1");
        assert_eq!(signed(-180.18548, 3), "−180.185");
    }

    #[test]
    fn long_lines_are_broken_and_lose_no_word() {
        let text = "Runs that end in a singular covariance";
        let lines = broken(text, LABEL, 120.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| text_width(line, LABEL) <= 120.0), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert_eq!(broken(text, LABEL, 1000.0), [text]);
    }

    #[test]
    fn samples_are_even_and_keep_the_first() {
        let items: Vec<u32> = (0..200).collect();
        assert_eq!(sample(&items, 4), [0, 50, 100, 150]);
        assert_eq!(sample(&items[..3], 9), [0, 1, 2]);
        assert_eq!(sample(&items[..0], 9), Vec::<u32>::new());
    }
}
