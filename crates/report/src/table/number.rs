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
    fn percentages_round_nothing_to_certainty() {
        assert_eq!(percent(Share { hits: 25, trials: 200 }), "12.5 [8.3, 17.9]");
        assert_eq!(percent(Share { hits: 0, trials: 200 }), "0 [0, 1.8]");
        assert_eq!(percent(Share { hits: 200, trials: 200 }), "100 [98.2, 100]");
        assert_eq!(percent(Share { hits: 1, trials: 25000 }), "<0.1 [<0.1, <0.1]");
        assert_eq!(percent(Share { hits: 24999, trials: 25000 }), ">99.9 [>99.9, >99.9]");
    }
}
