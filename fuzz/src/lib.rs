//! What is fuzzed, as plain functions: bytes in, the class of what happened out, a panic where something is wrong. The targets of
//! cargo-fuzz call them, and so do the ordinary tests of `runner` (`tests/fuzz_corpus.rs`), which replay the corpus.
//!
//! A class is coarse on purpose (an error without its names and numbers, an outcome): a walk without coverage keeps the inputs
//! that reach a new one.

use datasets::{CsvOptions, DatasetError, Sample};
use linalg::Level;
use records::differences;
use runner::config::diagnostics;
use runner::config::document::Document;
use runner::dispatch;
use runner::job::{Job, run_job};
use runner::judged::Judged;
use runner::kinds::{Covariance, Method, Policy, StartKind, StopRule};
use runner::part;
use runner::plan::{Plan, resolve};
use runner::sweep;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// A config, and behind it overrides, separated by zero bytes: parsed, printed and parsed again, resolved.
pub fn config(data: &[u8]) -> String {
    let text = String::from_utf8_lossy(data).into_owned();
    let mut parts = text.split('\0');
    let file = parts.next().unwrap_or_default();
    let overrides: Vec<String> = parts.map(str::to_owned).collect();
    let document = match Document::parse("fuzz.toml", file, &overrides) {
        Ok(document) => document,
        Err(rejected) => {
            assert!(!rejected.diagnostics.is_empty(), "refused without a reason");
            let told = diagnostics::render(&rejected.sources, &rejected.diagnostics, true);
            assert!(!told.is_empty());
            return class(&diagnostics::render(&rejected.sources, &rejected.diagnostics, false));
        }
    };
    let printed = toml::to_string(&document.file).expect("a config can be printed");
    let again = Document::parse("printed.toml", &printed, &[]).unwrap_or_else(|rejected| {
        panic!("{printed}\n{}", diagnostics::render(&rejected.sources, &rejected.diagnostics, false))
    });
    assert_eq!(printed, toml::to_string(&again.file).expect("a config can be printed"));
    match resolve::resolve(&document, Path::new("")) {
        Ok(plan) => {
            assert!(plan.runs() > 0 && !plan.describe(None).is_empty() && plan.to_toml().is_ok());
            plan.locate(plan.runs() - 1);
            let same = resolve::resolve(&again, Path::new("")).expect("what is printed can be resolved");
            assert_eq!(plan.hash(), same.hash());
            let log = |count: usize| count.checked_ilog2().map_or(0, |log| log.min(6) + 1);
            format!("plan of {} data sets, 2^{} cells", plan.datasets.len().min(4), log(plan.cells.len()))
        }
        Err(found) => {
            assert!(!found.is_empty(), "refused without a reason");
            class(&diagnostics::render(&document.sources, &found, false))
        }
    }
}

/// Options in the first byte, then a CSV file.
pub fn csv(data: &[u8]) -> String {
    let (&options, text) = data.split_first().unwrap_or((&1, &[]));
    let bit = |i: u8| options >> i & 1 == 1;
    let options = CsvOptions {
        has_header: bit(0),
        label: bit(1).then(|| "label".to_owned()),
        weight: bit(2).then(|| "w".to_owned()),
        columns: bit(3).then(|| vec!["b".to_owned(), "a".to_owned()]),
        delimiter: if bit(4) { b';' } else { b',' },
        ..CsvOptions::new("fuzz.csv")
    };
    let sample = match options.parse(text) {
        Ok(sample) => sample,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return kinds(&error);
        }
    };
    let proper = |sample: &Sample| {
        assert_eq!((sample.x.len(), sample.columns.len()), (sample.n * sample.d, sample.d));
        assert!(sample.x.iter().all(|value| value.is_finite()), "{sample:?}");
        assert!(sample.weight.is_empty() || sample.weight.len() == sample.n);
        assert!(sample.weight.iter().all(|weight| *weight > 0.0 && weight.is_finite()));
        assert!(sample.truth.as_ref().is_none_or(|truth| truth.labels.len() == sample.n));
    };
    proper(&sample);
    let classes = sample.truth.as_ref().map_or(0, |truth| truth.names.len().min(3));
    match sample.standardise_sd() {
        Ok(scaled) => {
            proper(&scaled);
            format!("sample, {} features, {classes} classes", scaled.d.min(4))
        }
        Err(error) => kinds(&error),
    }
}

/// A cell of a study in the first bytes, then its data, of which some are not finite: the run must end, its rows must be such that
/// they can be written, and a second run must give the same bits.
pub fn fit(data: &[u8]) -> String {
    let mut bytes = Bytes(data);
    let start = pick(&mut bytes, StartKind::ALL);
    let start = match start {
        // These need more than the data.
        StartKind::Given | StartKind::Truth | StartKind::Perturbed => StartKind::Tutorial,
        start => start,
    };
    let k = start.only_components().unwrap_or(1 + u32::from(bytes.next() % 4));
    let method = if bytes.next().is_multiple_of(8) { Method::KMeans } else { Method::Em };
    let covariance = pick(&mut bytes, Covariance::ALL);
    let policy = Some(pick(&mut bytes, &Policy::EXAMPLES)).filter(|policy| dispatch::allows(covariance, *policy));
    let stop =
        vec![pick(&mut bytes, &StopRule::EXAMPLES[1..]), StopRule::MaxIterations(1 + u32::from(bytes.next() % 60))];
    let level = pick(&mut bytes, &Level::available());
    let replicate = u32::from(bytes.next() % 8);
    let sample = Arc::new(sample(&mut bytes));
    let policy = policy.unwrap_or(Policy::Stop);
    let rows = u32::try_from(sample.n).expect("at most 32");
    let starts = start.exhaustive(rows).map_or(8, |starts| u32::try_from(starts).unwrap_or(8).clamp(1, 8));
    let mut plan =
        Plan::single("fuzz", 1, Arc::clone(&sample), (k, starts), (method, covariance, start, policy), stop, None);
    plan.record.trace_stride = 1;
    plan.record.start_parameters = true;
    plan.record.failure_parameters = true;
    let job = Job {
        plan: &plan,
        cell: &plan.cells[0],
        replicate: replicate % starts,
        data: &Judged::new(sample),
        threads: false,
        level,
    };
    let [first, second] = [(); 2].map(|()| run_job(&job).expect("data in memory cannot be interrupted"));
    let mut class = format!("{:?} {:?}", first.run.outcome, first.run.end);
    for failure in &first.failures {
        let _ = write!(class, " {} {} {:?}", failure.kind, failure.remedy, failure.cause);
    }
    let [first, second] = [first, second].map(part::of);
    let found = differences(&first, &second, &sweep::categories(&plan)).expect("rows that can be written");
    assert!(found.is_empty(), "a repetition differs: {}", found[0]);
    format!("{} {} {class}", policy.name(), method.name())
}

/// Up to 32 rows of up to 8 features, with weights now and then. More than 4 features have kernels of their own.
fn sample(bytes: &mut Bytes<'_>) -> Sample {
    let n = 1 + usize::from(bytes.next() % 32);
    let d = match usize::from(bytes.next()) {
        few @ 0..=191 => 1 + few % 4,
        many => 5 + many % 4,
    };
    let weighted = bytes.next().is_multiple_of(4);
    let columns = (1..=d).map(|j| format!("x{j}")).collect();
    let mut sample = Sample::new(vec![0.0; n * d], columns, None).expect("zeros are a sample");
    // Behind the back of the constructor, which refuses what is not finite.
    sample.x.fill_with(|| bytes.number());
    if weighted {
        sample.weight = (0..n).map(|_| f64::from(bytes.next().max(1)) / 16.0).collect();
    }
    sample
}

/// Bytes as a source of choices; zeros behind the end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// Mostly small numbers with ties, some of the edges.
    fn number(&mut self) -> f64 {
        const EDGES: [f64; 16] = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            -0.0,
            1e8,
            1e16,
            1e150,
            1e155,
            -1e200,
            1e-150,
            1e-300,
            f64::EPSILON,
        ];
        match self.next() {
            tag @ 0..=15 => EDGES[usize::from(tag)],
            tag @ 16..=63 => f64::from(tag % 4),
            tag @ 64..=127 => f64::from(i16::from_le_bytes([tag, self.next()])) / 256.0,
            tag => f64::from(i16::from_le_bytes([self.next(), tag])) / 4.0,
        }
    }
}

fn pick<T: Copy>(bytes: &mut Bytes<'_>, values: &[T]) -> T {
    values[usize::from(bytes.next()) % values.len()]
}

/// The first two different errors of a message, each up to its second quotation, without names and numbers.
fn class(message: &str) -> String {
    let mut errors: Vec<String> = Vec::new();
    for line in message.lines().filter_map(|line| line.strip_prefix("error: ")) {
        let mut parts = line.split('`');
        let mut words = [parts.next(), parts.nth(1)].map(Option::unwrap_or_default).join("…");
        words.retain(|one| !one.is_ascii_digit());
        if !errors.contains(&words) && errors.len() < 2 {
            errors.push(words);
        }
    }
    errors.sort();
    errors.join(" + ")
}

/// The variants of an error, of all faults of a file.
fn kinds(error: &DatasetError) -> String {
    let variant = |error: &dyn std::fmt::Debug| -> String {
        format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
    };
    match error {
        DatasetError::Csv(errors) => {
            let kinds: BTreeSet<String> = errors.faults.iter().map(|fault| variant(&fault.kind)).collect();
            kinds.into_iter().collect::<Vec<_>>().join(" + ")
        }
        error => variant(error),
    }
}
