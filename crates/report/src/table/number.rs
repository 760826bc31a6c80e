//! How numbers are written for readers.

use crate::intervals::Share;

/// How many digits of a number are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// That many significant digits, without trailing zeros; very small and very large numbers as 1.2e-8.
    Significant(usize),
    /// That many decimals.
    Decimals(usize),
}

impl Digits {
    /// Writes a finite number; the sign is a hyphen, so that the text can be pasted into a program.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Decimals(decimals) => {
                let text = format!("{value:.decimals$}");
                // −0.00 says no more than 0.00.
                if text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.')) { text.replace('-', "") } else { text }
            }
            Self::Significant(digits) => significant(value, digits.max(1)),
        }
    }
}

fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let places = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    if (-4..=6).contains(&exponent) {
        // 299.6 with three digits is 300, 12345 with three digits stays whole.
        trim(&format!("{value:.*}", usize::try_from(places).unwrap_or(0)))
    } else {
        format!("{}e{exponent}", trim(mantissa))
    }
}

/// Without trailing zeros behind the point.
fn trim(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

/// A count with groups of three digits and its noun in singular or plural: `1 run`, `12,000 runs`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A count with groups of three digits: `12,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<String> =
        digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(",")
}

/// A part of a written cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Anything that is not a number.
    Words(&'a str),
    /// A number, `digits` × 10 to the power `power`.
    Number {
        /// Below zero.
        negative: bool,
        /// Digits with their point.
        digits: &'a str,
        /// The exponent, if one is written.
        power: Option<&'a str>,
    },
}

/// Takes a written cell apart, so that a format can set minus signs and powers of ten as its readers expect them.
pub(super) fn pieces(written: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = written;
    while !rest.is_empty() {
        let length = number_length(rest);
        if length == 0 {
            let end = rest
                .char_indices()
                .skip(1)
                .find(|&(i, _)| number_length(&rest[i..]) > 0)
                .map_or(rest.len(), |(i, _)| i);
            pieces.push(Piece::Words(&rest[..end]));
            rest = &rest[end..];
            continue;
        }
        let (number, behind) = rest.split_at(length);
        let (size, power) = number.split_once('e').map_or((number, None), |(size, power)| (size, Some(power)));
        let digits = size.trim_start_matches('-');
        pieces.push(Piece::Number { negative: digits.len() < size.len(), digits, power });
        rest = behind;
    }
    pieces
}

/// How many bytes at the beginning of `text` are one number as [`Digits`] writes it; 0 if it begins with something else.
fn number_length(text: &str) -> usize {
    let run = |text: &str| text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let signed = |text: &str| {
        let sign = usize::from(text.starts_with('-'));
        Some(sign + run(&text[sign..])).filter(|&length| length > sign)
    };
    let Some(length) = signed(text) else { return 0 };
    let exponent = text[length..].strip_prefix('e').and_then(signed);
    length + exponent.map_or(0, |digits| digits + 1)
}

/// A share as a percentage with its interval, `12.5 [8.3, 17.9]`; 0 and 100 are written so only where they are exact.
pub fn percent(share: Share) -> String {
    let written = |p: f64| {
        let text = format!("{:.1}", 100.0 * p);
        match text.as_str() {
            "0.0" if p > 0.0 => "<0.1".to_owned(),
            "100.0" if p < 1.0 => ">99.9".to_owned(),
            "0.0" => "0".to_owned(),
            "100.0" => "100".to_owned(),
            _ => text,
        }
    };
    match share.value().zip(share.interval()) {
        Some((value, interval)) => {
            format!("{} [{}, {}]", written(value), written(interval.lower), written(interval.upper))
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits() {
        let write = |value| Digits::Significant(3).write(value);
        assert_eq!(write(0.0), "0");
        assert_eq!(write(0.012345), "0.0123");
        assert_eq!(write(299.6), "300");
        assert_eq!(write(12345.0), "12345");
        assert_eq!(write(1.5), "1.5");
        assert_eq!(write(-1.8e-14), "-1.8e-14");
        assert_eq!(write(2.0e13), "2e13");
        assert_eq!(write(9.996e-5), "0.0001");
    }

    #[test]
    fn decimals() {
        assert_eq!(Digits::Decimals(4).write(-180.185477131), "-180.1855");
        assert_eq!(Digits::Decimals(0).write(21.5), "22");
        assert_eq!(Digits::Decimals(2).write(-0.001), "0.00");
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(count(1, "run"), "1 run");
        assert_eq!(count(12000, "start"), "12,000 starts");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1234567), "1,234,567");
    }

    #[test]
    fn cells_come_apart_into_numbers_and_words() {
        let plain = |negative, digits| Piece::Number { negative, digits, power: None };
        assert_eq!(pieces("-180.19"), [plain(true, "180.19")]);
        assert_eq!(
            pieces("5e-12 [-2, –]"),
            [
                Piece::Number { negative: false, digits: "5", power: Some("-12") },
                Piece::Words(" ["),
                plain(true, "2"),
                Piece::Words(", –]"),
            ]
        );
        assert_eq!(pieces("<0.1 ["), [Piece::Words("<"), plain(false, "0.1"), Piece::Words(" [")]);
        assert_eq!(pieces("e-–"), [Piece::Words("e-–")]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn percentages_round_nothing_to_certainty() {
        assert_eq!(percent(Share { hits: 25, trials: 200 }), "12.5 [8.3, 17.9]");
        assert_eq!(percent(Share { hits: 0, trials: 200 }), "0 [0, 1.8]");
        assert_eq!(percent(Share { hits: 200, trials: 200 }), "100 [98.2, 100]");
        assert_eq!(percent(Share { hits: 1, trials: 25000 }), "<0.1 [<0.1, <0.1]");
        assert_eq!(percent(Share { hits: 24999, trials: 25000 }), ">99.9 [>99.9, >99.9]");
    }
}
