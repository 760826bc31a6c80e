//! A published number beside ours, and a mark that says how they compare.
//!
//! A source prints a number with so many digits. Ours has the *same digits* if, rounded to as many, it reads the same.
//! Where ours is an estimate, the print may lie *within* our interval. Everything else *differs*, and then a reason must
//! be given: a difference that nobody can explain is an error of the table ([`unexplained`]), not a footnote.

use crate::intervals::{Interval, Share};
use crate::table::{Cell, Column, Digits, Row, Table, Value};

/// A number as a source prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// What it belongs to: a model, an iteration, a data set.
    pub item: String,
    /// Which quantity.
    pub quantity: String,
    /// The number, digit by digit.
    pub printed: String,
    /// Key of the source with the place in it.
    pub source: String,
    /// Why ours differs; empty where it does not.
    pub because: String,
}

/// Our number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ours {
    /// A number that no seed changes.
    Number(f64),
    /// A share of starts or samples, compared as a percentage.
    Share(Share),
    /// An estimate with its interval.
    Estimate {
        /// The estimate.
        value: f64,
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
    },
    /// We have none.
    Missing,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Rounded to the digits of the print they read the same.
    SameDigits,
    /// The print lies in our interval.
    Within,
    /// Neither.
    Differs,
}

impl Mark {
    /// Compares; what is no number or missing differs. A print of the form 131/300 is a share itself, and lies within where the two
    /// intervals meet.
    pub fn of(printed: &str, ours: Ours) -> Self {
        if let (Some(theirs), Ours::Share(share)) = (counted(printed), ours) {
            let meet = |(a, b): (Interval, Interval)| a.lower <= b.upper && b.lower <= a.upper;
            let within = theirs.interval().zip(share.interval()).is_some_and(meet);
            return if within { Self::Within } else { Self::Differs };
        }
        let Ok(value) = printed.parse::<f64>() else { return Self::Differs };
        let inside =
            |lower: f64, upper: f64| if (lower..=upper).contains(&value) { Self::Within } else { Self::Differs };
        match ours {
            Ours::Number(number) if same_digits(printed, number) => Self::SameDigits,
            Ours::Number(_) | Ours::Missing => Self::Differs,
            Ours::Share(share) => share.interval().map_or(Self::Differs, |i| inside(100.0 * i.lower, 100.0 * i.upper)),
            Ours::Estimate { lower, upper, .. } => inside(lower, upper),
        }
    }

    /// The mark in words.
    pub fn words(self, because: &str) -> String {
        match self {
            Self::SameDigits => "same digits".to_owned(),
            Self::Within => "within interval".to_owned(),
            Self::Differs if because.is_empty() => "differs".to_owned(),
            Self::Differs => format!("differs: {because}"),
        }
    }
}

/// The share in a print of the form 131/300.
fn counted(printed: &str) -> Option<Share> {
    let (hits, trials) = printed.split_once('/')?;
    Some(Share { hits: hits.parse().ok()?, trials: trials.parse().ok()? })
}

/// Number of decimals of a number in plain notation.
fn decimals(printed: &str) -> usize {
    printed.split_once('.').map_or(0, |(_, behind)| behind.len())
}

/// Whether `ours`, rounded to the decimals of the print, reads the same. A print in scientific notation is compared with as
/// many digits behind the point.
fn same_digits(printed: &str, ours: f64) -> bool {
    let written = match printed.split_once('e') {
        Some((mantissa, _)) => format!("{ours:.*e}", decimals(mantissa)),
        None => format!("{ours:.*}", decimals(printed)),
    };
    // A leading zero may be left out in print: .676.
    let plain = |text: &str| {
        text.trim_start_matches('+').replacen("0.", ".", usize::from(text.trim_start_matches('-').starts_with("0.")))
    };
    plain(printed) == plain(&written)
}

/// One line of the comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What the source prints.
    pub published: Published,
    /// What we have.
    pub ours: Ours,
}

impl Comparison {
    /// The mark.
    pub fn mark(&self) -> Mark {
        Mark::of(&self.published.printed, self.ours)
    }

    /// Ours, with a digit more than the print where it is one number.
    fn cell(&self) -> Cell {
        let more = match self.published.printed.split_once('e') {
            Some((mantissa, _)) => Digits::Significant(decimals(mantissa) + 2),
            None => Digits::Decimals(decimals(&self.published.printed) + 1),
        };
        match self.ours {
            // A count stays one.
            Ours::Number(value) if value.fract() == 0.0 && decimals(&self.published.printed) == 0 => {
                Cell::number(Some(value), Digits::Decimals(0))
            }
            Ours::Number(value) => Cell::number(Some(value), more),
            Ours::Share(share) => Cell::share(share),
            Ours::Estimate { value, lower, upper } => Cell::between(Some(value), Some(lower), Some(upper), more),
            Ours::Missing => Value::Missing.into(),
        }
    }
}

/// The comparisons that differ without a reason.
pub fn unexplained(comparisons: &[Comparison]) -> Vec<&Comparison> {
    comparisons.iter().filter(|one| one.mark() == Mark::Differs && one.published.because.is_empty()).collect()
}

/// How many comparisons have each mark, in words: `35 same digits, 2 differ`.
pub fn tally(comparisons: &[Comparison]) -> String {
    let count = |mark: Mark| comparisons.iter().filter(|one| one.mark() == mark).count();
    let differ = if count(Mark::Differs) == 1 { "differs" } else { "differ" };
    let parts = [(Mark::SameDigits, "same digits"), (Mark::Within, "within our interval"), (Mark::Differs, differ)];
    let parts = parts.into_iter().map(|(mark, words)| (count(mark), words)).filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, words)| format!("{count} {words}")).collect();
    parts.join(", ")
}

/// The table: the published number beside ours, with the mark.
pub fn table(name: &str, title: &str, caption: &str, comparisons: &[Comparison]) -> Table {
    let row = |one: &Comparison| Row {
        cells: vec![
            Cell::text(&one.published.item),
            Cell::text(&one.published.quantity),
            Cell::text(&one.published.printed),
            one.cell(),
            Cell::text(one.mark().words(&one.published.because)),
            Cell::text(&one.published.source),
        ],
        main: true,
    };
    let shares = comparisons.iter().any(|one| matches!(one.ours, Ours::Share(_)));
    let estimates = comparisons.iter().any(|one| matches!(one.ours, Ours::Estimate { .. }));
    let ours = match (shares, estimates) {
        (true, _) => Column::share("ours", "ours"),
        (_, true) => Column::interval("ours", "ours"),
        _ => Column::number("ours", "ours"),
    };
    Table {
        name: name.to_owned(),
        title: title.to_owned(),
        caption: caption.to_owned(),
        note: String::new(),
        columns: vec![
            Column::factor("item", "item"),
            Column::text("quantity", "quantity"),
            Column { align: crate::table::Align::Right, ..Column::text("published", "published") },
            ours,
            Column::text("mark", "mark"),
            Column::text("source", "source"),
        ],
        rows: comparisons.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_compared_as_printed() {
        let number = |printed: &str, ours: f64| Mark::of(printed, Ours::Number(ours));
        assert_eq!(number("0.1328", 0.13277873), Mark::SameDigits);
        assert_eq!(number(".676", 0.6757260), Mark::SameDigits);
        assert_eq!(number("-561.7285", -561.72846), Mark::SameDigits);
        assert_eq!(number("-.5", -0.5), Mark::SameDigits);
        assert_eq!(number("2909", 2909.0), Mark::SameDigits);
        assert_eq!(number("1.8e-7", 1.84e-7), Mark::SameDigits);
        assert_eq!(number("0.624321051", 0.62432105037), Mark::Differs);
        assert_eq!(number("100.0", 10.0), Mark::Differs);
        assert_eq!(number("a lot", 3.0), Mark::Differs);
        assert_eq!(Mark::of("3", Ours::Missing), Mark::Differs);
    }

    #[test]
    fn estimates_are_compared_by_their_interval() {
        let share = Share { hits: 43, trials: 100 };
        assert_eq!(Mark::of("40", Ours::Share(share)), Mark::Within);
        assert_eq!(Mark::of("60", Ours::Share(share)), Mark::Differs);
        assert_eq!(Mark::of("131/300", Ours::Share(share)), Mark::Within);
        assert_eq!(Mark::of("250/300", Ours::Share(share)), Mark::Differs);
        assert_eq!(Mark::of("1/x", Ours::Share(share)), Mark::Differs);
        let estimate = Ours::Estimate { value: 0.5, lower: 0.4, upper: 0.6 };
        assert_eq!(Mark::of("0.41", estimate), Mark::Within);
        assert_eq!(Mark::of("0.39", estimate), Mark::Differs);
    }

    #[test]
    fn a_difference_needs_a_reason() {
        let one = |printed: &str, because: &str| Comparison {
            published: Published { printed: printed.into(), because: because.into(), ..Published::default() },
            ours: Ours::Number(1.0),
        };
        let all = [one("1", ""), one("2", "another variant"), one("3", "")];
        let left = unexplained(&all);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].published.printed, "3");
        assert_eq!(tally(&all), "1 same digits, 2 differ");
        let table = table("t", "T", "", &all);
        assert_eq!(table.rows[1].cells[4], Cell::text("differs: another variant"));
        assert_eq!(table.rows[0].cells[3], Cell::number(Some(1.0), Digits::Decimals(0)));
    }
}
