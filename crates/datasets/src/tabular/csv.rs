//! CSV files: one observation per line, read whole.
//!
//! Values are decimal numbers with a point (`1`, `-0.5`, `1e-3`), blanks around them ignored. Nothing is guessed and
//! nothing dropped: a missing value, a text, a NaN, a blank line between rows, or a row of another length is a fault with
//! its line, row and column, never a skipped row. Blank lines at the end are fine. Labels are numbered in order of first
//! appearance.

use crate::error::DatasetError;
use crate::sample::{Sample, Truth};
use crate::tabular::csv_error::{CsvErrors, CsvFault, FaultKind};
use std::collections::HashMap;
use std::path::PathBuf;

/// How to read a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// The file; in messages it is named as it stands here.
    pub path: PathBuf,
    /// Between the fields; a comma by default.
    pub delimiter: u8,
    /// Whether the first line holds the column names (the default). Without a header they are `x1`, `x2`, …
    pub has_header: bool,
    /// The feature columns, in the order of the sample; `None` (the default): all but label and weight.
    pub columns: Option<Vec<String>>,
    /// The column with the true labels; by default there is none.
    pub label: Option<String>,
    /// The column with the weights of the rows; by default there is none and all weigh one.
    pub weight: Option<String>,
}

impl CsvOptions {
    /// A comma-separated file with a header whose columns are all features.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), delimiter: b',', has_header: true, columns: None, label: None, weight: None }
    }

    /// Reads the file.
    pub fn read(&self) -> Result<Sample, DatasetError> {
        match std::fs::read(&self.path) {
            Ok(bytes) => self.parse(&bytes),
            Err(source) => Err(self.refuse(FaultKind::Unreadable { source }).into()),
        }
    }

    /// Parses the content of a file; `path` only names it in messages.
    ///
    /// ```
    /// let options = datasets::CsvOptions::new("lengths.csv");
    /// let error = options.parse(b"width,length\n1.5,2.5\n1.2,NA\n").unwrap_err();
    /// assert!(error.to_string().starts_with("lengths.csv: line 3, row 2, column 2 `length`: `NA` where a number is expected"));
    /// ```
    pub fn parse(&self, bytes: &[u8]) -> Result<Sample, DatasetError> {
        if matches!(self.delimiter, b'"' | b'.' | b'+' | b'-' | b'\n' | b'\r' | 0x80..)
            || self.delimiter.is_ascii_alphanumeric()
        {
            return Err(self.refuse(FaultKind::Delimiter { found: self.delimiter }).into());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = Some(1 + count_lines(&bytes[..error.valid_up_to()]));
            self.errors(vec![CsvFault { line, row: None, column: None, name: None, kind: FaultKind::NotUtf8 }], 1)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut records = Records::new(text, self.delimiter);
        let Some((line, first)) = records.next() else { return Err(self.refuse(FaultKind::NoRows).into()) };
        let names: Vec<String> = if self.has_header {
            first.iter().map(|field| field.trim().to_string()).collect()
        } else {
            (1..=first.len()).map(|j| format!("x{j}")).collect()
        };
        let layout = self.layout(&names, line)?;
        let mut reading = Reading::new(&names, &layout, text);
        if !self.has_header {
            reading.row(line, first);
        }
        while let Some((line, fields)) = records.next() {
            reading.row(line, fields);
        }
        if reading.rows == 0 {
            return Err(self.refuse(FaultKind::NoRows).into());
        }
        let Reading { x, weight, truth, faults, total, .. } = reading;
        if total > 0 {
            return Err(self.errors(faults, total).into());
        }
        let truth = layout.label.map(|_| truth);
        Sample::new(x, layout.features.iter().map(|&j| names[j].clone()).collect(), truth)?.with_weights(weight)
    }

    /// Which columns are features and which is the label. `line` is that of the names.
    fn layout(&self, names: &[String], line: u64) -> Result<Layout, CsvErrors> {
        let mut faults = Vec::new();
        let mut found = |column: Option<usize>, kind| {
            let name = column.map(|j| names[j].clone()).filter(|name| !name.is_empty());
            let line = self.has_header.then_some(line);
            faults.push(CsvFault { line, row: None, column: column.map(|j| j + 1), name, kind });
        };
        if self.has_header && names.iter().all(|name| name.parse::<f64>().is_ok()) {
            found(None, FaultKind::NumericHeader);
        }
        for (j, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if let Some(first) = names[..j].iter().position(|other| other == name) {
                found(Some(j), FaultKind::DuplicateName { column: name.clone(), first: first + 1 });
            }
        }
        let mut place = |name: &String| {
            let place = names.iter().position(|other| other == name);
            if place.is_none() {
                found(None, FaultKind::UnknownColumn { column: name.clone(), known: names.to_vec() });
            }
            place
        };
        let label = self.label.as_ref().and_then(&mut place);
        let weight = self.weight.as_ref().and_then(&mut place);
        let features: Vec<usize> = match &self.columns {
            Some(columns) => columns.iter().filter_map(place).collect(),
            None => (0..names.len()).filter(|&j| Some(j) != label && Some(j) != weight).collect(),
        };
        for (i, &j) in features.iter().enumerate() {
            if features[..i].contains(&j) || Some(j) == label || Some(j) == weight {
                found(Some(j), FaultKind::SelectedTwice { column: names[j].clone() });
            }
            if names[j].is_empty() {
                found(Some(j), FaultKind::Unnamed);
            }
        }
        if self.columns.as_ref().map_or(features.is_empty(), Vec::is_empty) {
            found(None, FaultKind::NoColumns);
        }
        let total = faults.len();
        if total > 0 { Err(self.errors(faults, total)) } else { Ok(Layout { features, label, weight }) }
    }

    fn errors(&self, mut faults: Vec<CsvFault>, total: usize) -> CsvErrors {
        faults.truncate(CsvErrors::KEPT);
        CsvErrors { file: self.path.clone(), faults, total }
    }

    /// A fault of the file as a whole.
    fn refuse(&self, kind: FaultKind) -> CsvErrors {
        self.errors(vec![CsvFault { line: None, row: None, column: None, name: None, kind }], 1)
    }
}

/// The records of a text, one after another. A blank line between two of them is a record without fields; the reader passes
/// over it in silence, so it is found by position.
struct Records<'a> {
    reader: ::csv::Reader<&'a [u8]>,
    text: &'a str,
    /// What has not been passed yet, and the number of its first line.
    rest: &'a str,
    line: u64,
    fields: ::csv::StringRecord,
    blank: ::csv::StringRecord,
    /// Whether `fields` holds a record that was not given out yet; whether any was.
    waiting: bool,
    begun: bool,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, delimiter: u8) -> Self {
        let reader = ::csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let (fields, blank) = (::csv::StringRecord::new(), ::csv::StringRecord::new());
        Self { reader, text, rest: text, line: 1, fields, blank, waiting: false, begun: false }
    }

    /// The next record with the line on which it begins.
    fn next(&mut self) -> Option<(u64, &::csv::StringRecord)> {
        // The text is UTF-8 and in memory, and rows may have any length: no error is left for the reader to return.
        if !self.waiting && !self.reader.read_record(&mut self.fields).is_ok_and(|more| more) {
            return None;
        }
        self.waiting = true;
        while let Some(after) = strip_line_end(self.rest) {
            let line = self.line;
            (self.line, self.rest) = (line + 1, after);
            if self.begun {
                return Some((line, &self.blank));
            }
        }
        let mut end = usize::try_from(self.reader.position().byte()).expect("a position within the text");
        // A record may end between the two characters of a line end.
        if self.text[..end].ends_with('\r') && self.text[end..].starts_with('\n') {
            end += 1;
        }
        let line = self.line;
        self.line += count_lines(&self.rest.as_bytes()[..end - (self.text.len() - self.rest.len())]);
        self.rest = &self.text[end..];
        (self.waiting, self.begun) = (false, true);
        Some((line, &self.fields))
    }
}

/// What the columns are, by number from 0.
struct Layout {
    features: Vec<usize>,
    label: Option<usize>,
    weight: Option<usize>,
}

/// The rows read so far, and what was wrong with them; complete only if nothing was.
struct Reading<'a> {
    names: &'a [String],
    layout: &'a Layout,
    rows: u64,
    x: Vec<f64>,
    weight: Vec<f64>,
    truth: Truth,
    /// Labels by name.
    numbers: HashMap<String, u32>,
    faults: Vec<CsvFault>,
    total: usize,
}

impl<'a> Reading<'a> {
    fn new(names: &'a [String], layout: &'a Layout, text: &str) -> Self {
        // As many lines as there can be rows: values that move while a vector grows are a second copy.
        let lines = 1 + text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        Self {
            names,
            layout,
            rows: 0,
            x: Vec::with_capacity((lines * layout.features.len()).min(text.len())),
            weight: Vec::new(),
            truth: Truth { labels: Vec::new(), names: Vec::new() },
            numbers: HashMap::new(),
            faults: Vec::new(),
            total: 0,
        }
    }

    /// Takes up values, weight and label of the next row.
    fn row(&mut self, line: u64, fields: &::csv::StringRecord) {
        self.rows += 1;
        let (row, layout) = (self.rows, self.layout);
        if fields.is_empty() {
            return self.found(line, row, None, FaultKind::BlankLine);
        }
        if fields.len() != self.names.len() {
            let kind = FaultKind::Ragged { found: fields.len(), expected: self.names.len() };
            return self.found(line, row, None, kind);
        }
        for &j in &layout.features {
            match number(fields[j].trim()) {
                Ok(value) => self.x.push(value),
                Err(kind) => self.found(line, row, Some(j), kind),
            }
        }
        if let Some(j) = layout.weight {
            match number(fields[j].trim()) {
                Ok(value) if value > 0.0 => self.weight.push(value),
                Ok(value) => self.found(line, row, Some(j), FaultKind::Weight { value }),
                Err(kind) => self.found(line, row, Some(j), kind),
            }
        }
        if let Some(j) = layout.label {
            let name = fields[j].trim();
            if is_missing(name) {
                let kind = FaultKind::Missing { found: name.to_string(), expected: "a label" };
                self.found(line, row, Some(j), kind);
            }
            let label = self.numbers.get(name).copied().unwrap_or_else(|| {
                let label = u32::try_from(self.truth.names.len()).expect("fewer than 2^32 labels fit in memory");
                self.truth.names.push(name.to_string());
                self.numbers.insert(name.to_string(), label);
                label
            });
            self.truth.labels.push(label);
        }
    }

    fn found(&mut self, line: u64, row: u64, column: Option<usize>, kind: FaultKind) {
        self.total += 1;
        if self.faults.len() < CsvErrors::KEPT {
            let name = column.map(|j| self.names[j].clone());
            self.faults.push(CsvFault { line: Some(line), row: Some(row), column: column.map(|j| j + 1), name, kind });
        }
    }
}

fn number(text: &str) -> Result<f64, FaultKind> {
    let found = || text.to_string();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(FaultKind::NotFinite { found: found() }),
        // No token for a missing value is a number.
        Err(_) if is_missing(text) => Err(FaultKind::Missing { found: found(), expected: "a number" }),
        Err(_) => Err(FaultKind::NotANumber { found: found() }),
    }
}

/// Nothing, or one of the usual tokens for it. NaN is none of them: it may as well be the result of a computation.
fn is_missing(text: &str) -> bool {
    ["", "NA", "N/A", "null", "?", "."].iter().any(|token| text.eq_ignore_ascii_case(token))
}

/// The text behind the line end with which it begins.
fn strip_line_end(text: &str) -> Option<&str> {
    ["\r\n", "\n", "\r"].iter().find_map(|end| text.strip_prefix(end))
}

/// Number of line ends: `\n`, `\r\n`, or `\r` alone.
fn count_lines(text: &[u8]) -> u64 {
    let ends = |i: usize| text[i] == b'\n' || (text[i] == b'\r' && text.get(i + 1) != Some(&b'\n'));
    (0..text.len()).filter(|&i| ends(i)).count() as u64
}
