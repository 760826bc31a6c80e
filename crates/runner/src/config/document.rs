//! A config file with the overrides of the command line: text → TOML → [`SweepFile`], with a place for every key.
//!
//! serde stops at the first error. So that a user sees all of them at once, an entry that cannot be read is removed and
//! the rest is read again; what remains is never run.

use super::diagnostics::{Diagnostic, Sources, closest, list, suggestion};
use super::spans::{self, Places, Table};
use super::sweep_file::SweepFile;
use crate::kinds::Policy;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Most errors that one run reports; a file with more has another problem.
const MOST_ERRORS: usize = 25;

/// What every config must have.
const REQUIRED: [&str; 6] = ["name", "seed", "replicates", "dataset", "grid", "stop"];

/// A config that has the right shape.
#[derive(Debug)]
pub struct Document {
    /// Its text and the overrides.
    pub sources: Sources,
    /// What it says.
    pub file: SweepFile,
    /// Where it says so.
    pub places: Places,
}

/// A config that has not.
#[derive(Debug)]
pub struct Rejected {
    /// Its text and the overrides.
    pub sources: Sources,
    /// All that is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Document {
    /// Reads the config `text`, named `name` in messages, with `overrides` of the form `key.path=VALUE`.
    pub fn parse(name: &str, text: &str, overrides: &[String]) -> Result<Self, Rejected> {
        let mut sources = Sources::new(name, text);
        let mut starts = Vec::new();
        for text in overrides {
            starts.push(sources.end());
            sources.push_override(text);
        }
        // Leading blanks move the spans of an override behind the file and the overrides before it.
        let padded: Vec<String> =
            overrides.iter().zip(&starts).map(|(text, start)| " ".repeat(*start) + text).collect();
        match read(text, &padded) {
            Ok((file, places)) => Ok(Self { sources, file, places }),
            Err(diagnostics) => Err(Rejected { sources, diagnostics }),
        }
    }
}

/// Reads a table that is no whole config; the first error only.
pub fn table_of<T: DeserializeOwned>(text: &str) -> Result<T, Box<Diagnostic>> {
    let table = DeTable::parse(text).map_err(|error| Box::new(syntax(text, &error)))?;
    let places = Places::of(table.get_ref());
    T::deserialize(toml::de::Deserializer::from(table.clone())).map_err(|error| {
        let path = path_of(&error, &places);
        Box::new(rephrase(&error, &path, &names_in(&error), typed_at(&error, &table)))
    })
}

fn read(text: &str, overrides: &[String]) -> Result<(SweepFile, Places), Vec<Diagnostic>> {
    let (mut table, errors) = DeTable::parse_recoverable(text);
    let mut found: Vec<Diagnostic> = errors.iter().map(|error| syntax(text, error)).collect();
    if found.is_empty() {
        for text in overrides {
            if let Err(diagnostic) = apply(&mut table, text) {
                found.push(*diagnostic);
            }
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    let places = Places::of(table.get_ref());
    let mut file = shape(table, &places)?;
    file.stop.order = places.keys_of("stop");
    Ok((file, places))
}

/// An error of the TOML grammar in `text`.
fn syntax(text: &str, error: &toml::de::Error) -> Diagnostic {
    let found = Diagnostic::new("this is not TOML");
    let word = error.span().and_then(|span| text.get(span)).unwrap_or_default().trim_end();
    let is_name =
        word.starts_with(char::is_alphabetic) && word.chars().all(|c| c.is_alphanumeric() || "-_+. ".contains(c));
    // The parser guesses what a bare word could have become: `false` of `faithful`. It is a string whose quotes were forgotten.
    let is_value = ["invalid", "string values must be quoted"].iter().any(|one| error.message().starts_with(one));
    if is_name && is_value {
        return found.at(error.span(), "a word without quotes").help(format!("a string needs quotes: \"{word}\""));
    }
    found.at(error.span(), error.message())
}

/// What an override looks like.
const OVERRIDE: &str =
    "an override is KEY=VALUE with a TOML value: replicates=20, 'grid.start=[\"tutorial\"]', dataset.mixture.0.n=100";

/// Sets the override `text`, which is padded to its place.
fn apply<'i>(table: &mut Table<'i>, text: &'i str) -> Result<(), Box<Diagnostic>> {
    let start = text.len() - text.trim_start().len();
    let refused =
        |title: &str, label: &str| Box::new(Diagnostic::new(title).at(Some(start..text.len()), label).help(OVERRIDE));
    let Some((key, value)) = text.split_once('=') else {
        return Err(refused("an override without `=`", "no value"));
    };
    let whole = DeTable::parse(text).map_err(|error| {
        let name = value.trim();
        let bare = !name.is_empty()
            && !key.trim().is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c));
        let quotes = format!("a string needs quotes, and those need quotes of the shell: '{}=\"{name}\"'", key.trim());
        Box::new(syntax(text, &error).help(if bare { &quotes } else { OVERRIDE }))
    })?;
    let mut keys: Vec<Spanned<DeString<'i>>> = Vec::new();
    let mut level = whole.into_inner();
    let depth = 1 + key.matches('.').count();
    loop {
        let Some((name, value)) = level.into_iter().next() else { return Ok(()) };
        keys.push(name);
        if keys.len() == depth {
            return spans::set(table.get_mut(), &keys, value).map_err(|blocked| {
                let place = Diagnostic::new("this key cannot be set").at(Some(blocked.span), blocked.reason);
                Box::new(place.help(OVERRIDE))
            });
        }
        let DeValue::Table(next) = value.into_inner() else {
            return Err(refused("a key with a quoted dot cannot be overridden", "set it in the config"));
        };
        level = next;
    }
}

/// Table → struct, or everything that does not fit.
fn shape(mut table: Table<'_>, places: &Places) -> Result<SweepFile, Vec<Diagnostic>> {
    let mut found: Vec<Diagnostic> = Vec::new();
    // Keys that are missing because their entry was misspelt or removed: reported once, as what they are.
    let mut excused: Vec<String> = Vec::new();
    loop {
        let error = match SweepFile::deserialize(toml::de::Deserializer::from(table.clone())) {
            Ok(file) if found.is_empty() => return Ok(file),
            Ok(_) => return Err(found),
            Err(error) => error,
        };
        let path = path_of(&error, places);
        let names = names_in(&error);
        let missing = error.message().starts_with("missing field");
        // What is left of a table without its one entry.
        let left_over = error.message().starts_with("wanted ") && excused.iter().any(|inner| inner.starts_with(&path));
        if error.message().starts_with("unknown field") && names.len() > 1 {
            let table = path.rsplit_once('.').map_or("", |(table, _)| table);
            excused.extend(closest(names[0], names[1..].iter().copied()).map(|key| join(table, key)));
        }
        let known = missing && names.first().is_some_and(|key| excused.contains(&join(&path, key)));
        if missing && path.is_empty() {
            found.extend(missing_keys(&table, &excused));
        } else if !known && !left_over {
            found.push(rephrase(&error, &path, &names, typed_at(&error, &table)));
        }
        excused.push(path);
        let removed = error.span().is_some_and(|span| spans::prune(table.get_mut(), &span));
        if !removed || found.len() >= MOST_ERRORS {
            return Err(found);
        }
    }
}

/// All keys that every config needs and this one lacks: serde names the first one only.
fn missing_keys(table: &Table<'_>, excused: &[String]) -> Vec<Diagnostic> {
    let lacks = |key: &&&str| !table.get_ref().contains_key(**key) && !excused.iter().any(|other| other == **key);
    let missing = |key: &&str| Diagnostic::new(format!("missing key `{key}`")).help(example(key));
    REQUIRED.iter().filter(lacks).map(missing).collect()
}

fn join(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

/// The path of the value that an error is about.
fn path_of(error: &toml::de::Error, places: &Places) -> String {
    error.span().and_then(|span| places.path_at(&span)).unwrap_or("").to_owned()
}

/// The words in backticks.
fn names_in(error: &toml::de::Error) -> Vec<&str> {
    error.message().split('`').skip(1).step_by(2).collect()
}

/// The string that an error is about.
fn typed_at<'t>(error: &toml::de::Error, table: &'t Table<'_>) -> Option<&'t str> {
    error.span().and_then(|span| spans::string_at(table.get_ref(), &span))
}

/// serde's words in ours.
fn rephrase(error: &toml::de::Error, path: &str, names: &[&str], typed: Option<&str>) -> Diagnostic {
    let message = error.message();
    let span = error.span();
    if message.starts_with("unknown field") && !names.is_empty() {
        let (typed, known) = (names[0], &names[1..]);
        let (table, _) = path.rsplit_once('.').unwrap_or(("", ""));
        let whose = if table.is_empty() { String::new() } else { format!(" in `{table}`") };
        return Diagnostic::new(format!("unknown key `{typed}`{whose}")).at(span, "not a key of this table").help(
            match closest(typed, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("its keys are {}", list(known.iter().copied())),
            },
        );
    }
    if message.starts_with("unknown variant") && !names.is_empty() {
        let (typed, known) = (names[0], &names[1..]);
        return Diagnostic::new(format!("unknown {} `{typed}`", noun(path)))
            .at(span, if known.len() > 8 { format!("no such {}", noun(path)) } else { alternatives(known) })
            .help(suggestion(typed, known.iter().copied()));
    }
    if message.starts_with("missing field") && !names.is_empty() {
        let whose = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
        let missing = Diagnostic::new(format!("missing key `{}`{whose}", names[0])).help(example(names[0]));
        return if path.is_empty() { missing } else { missing.at(span, "this table needs it") };
    }
    if let Some((found, expected)) = message.split_once(", expected ")
        && let Some((_, found)) = found.split_once(": ")
    {
        let label = match (found, expected) {
            ("unit variant", _) => {
                let example = typed.and_then(Policy::example).unwrap_or_else(|| "{ ridge = 1e-6 }".to_owned());
                format!("this policy needs its number, as in {example}")
            }
            _ => format!("expected {}, found {}", in_words(expected), found_in_words(found)),
        };
        let wrong = Diagnostic::new(format!("wrong value for `{path}`")).at(span, label);
        return match (expected, found_in_words(found).as_str()) {
            ("a sequence", _) if TABLES.contains(&path) => {
                wrong.help(format!("there may be several: each is a table that begins with [[{path}]]"))
            }
            ("a sequence", _) if path.starts_with("dataset[") => wrong.help(format!("data sets are {}", in_brackets())),
            ("a sequence", found) if found != "a table" => {
                wrong.help(format!("one value needs brackets, too: [{found}]"))
            }
            _ => wrong,
        };
    }
    if message.starts_with("wanted ") || message.starts_with("expected table") {
        let label = match noun(path) {
            "policy" => "expected a policy, as in \"stop\" or { ridge = 1e-6 }".to_owned(),
            noun => format!("expected the name of a {noun}"),
        };
        return Diagnostic::new(format!("wrong value for `{path}`")).at(span, label);
    }
    Diagnostic::new(format!("wrong value for `{path}`")).at(span, message)
}

/// Arrays of tables, the data sets first.
const TABLES: [&str; 7] =
    ["dataset.builtin", "dataset.mixture", "dataset.overlap", "dataset.csv", "start.given", "include", "exclude"];

fn in_brackets() -> String {
    let kinds = TABLES.iter().filter(|path| path.starts_with("dataset."));
    kinds.map(|path| format!("[[{path}]]")).collect::<Vec<_>>().join(", ")
}

/// What the names at `path` are names of.
fn noun(path: &str) -> &'static str {
    let noun = |key: &str| match key {
        "method" => Some("method"),
        "covariance" => Some("covariance structure"),
        "start" => Some("start"),
        "start-covariance" => Some("covariance of a start"),
        "policy" => Some("policy"),
        "standardise" => Some("way to standardise"),
        _ => None,
    };
    path.rsplit(['.', '[']).find_map(noun).unwrap_or("name")
}

fn alternatives(known: &[&str]) -> String {
    match known {
        [] => "expected a name".to_owned(),
        [one] => format!("expected `{one}`"),
        [rest @ .., last] => format!("expected {} or `{last}`", list(rest.iter().copied())),
    }
}

fn in_words(expected: &str) -> String {
    match expected {
        "u32" => "a whole number from 0 to 4294967295".to_owned(),
        "u64" => "a whole number from 0 to 9223372036854775807".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "an array [...]".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

fn found_in_words(found: &str) -> String {
    let backticks: String = found.chars().filter(|c| *c != '`').collect();
    match backticks.as_str() {
        "sequence" => "an array".to_owned(),
        "map" => "a table".to_owned(),
        other => ["integer ", "floating point ", "string ", "boolean "]
            .iter()
            .find_map(|kind| other.strip_prefix(kind))
            .unwrap_or(other)
            .trim_end_matches(" as u64")
            .trim_end_matches(" as i128")
            .trim_end_matches(" as u128")
            .to_owned(),
    }
}

/// A line that would help.
fn example(key: &str) -> String {
    let line = match key {
        "name" => "name = \"my-study\"",
        "seed" => "seed = 1",
        "replicates" => "replicates = 200",
        "dataset" => "[[dataset.builtin]] with id = \"iris\" and components = [3]",
        "grid" => "[grid] with method = [\"em\"] and start = [\"random-points\"]",
        "method" => "method = [\"em\"]",
        "start" => "start = [\"random-points\"]",
        "stop" => "[stop] with max-iterations = 1000 and gain-per-row = 1e-11",
        "max-iterations" => "max-iterations = 1000",
        "components" => "components = [2, 3]",
        "id" => "id = \"...\"",
        "path" => "path = \"data.csv\"",
        "n" => "n = 500",
        "weights" => "weights = [0.5, 0.5]",
        "means" => "means = [[0.0, 0.0], [4.0, 0.0]]",
        "covariances" => "covariances = [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]",
        _ => return format!("add `{key}`"),
    };
    format!("add {line}")
}
