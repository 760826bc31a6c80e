//! Errors in the config, in the manner of rustc: file, line and column, what was found, what was expected, and what to
//! do. A [`Diagnostic`] names a place in the [`Sources`]; [`render`] draws it.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::fmt::Write as _;
use std::ops::Range;

/// One error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostic {
    /// What is wrong, in one sentence without a full stop.
    pub title: String,
    /// Where, in the coordinates of [`Sources`]; `None` if something is missing from the whole file.
    pub span: Option<Range<usize>>,
    /// What was expected there.
    pub label: String,
    /// A second place that matters, with its label.
    pub context: Option<(Range<usize>, String)>,
    /// More about it, possibly of several lines.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Puts it at a place with the label to write there.
    #[must_use]
    pub fn at(self, span: Option<Range<usize>>, label: impl Into<String>) -> Self {
        Self { span, label: label.into(), ..self }
    }

    /// Adds a second place with its label.
    #[must_use]
    pub fn context(self, span: Option<Range<usize>>, label: impl Into<String>) -> Self {
        Self { context: span.map(|span| (span, label.into())), ..self }
    }

    /// Adds more about it.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A piece of text with a name, at an offset.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    start: usize,
}

/// The config file and the overrides of the command line, laid out one behind the other: a span says by its position
/// which of them it belongs to.
#[derive(Clone, Debug)]
pub struct Sources(Vec<Source>);

/// What the place of an override is called.
const COMMAND_LINE: &str = "<command line>";

impl Sources {
    /// The config file, by the name under which it was given.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(vec![Source { name: name.into(), text: text.into(), start: 0 }])
    }

    /// Where the next override will stand.
    pub fn end(&self) -> usize {
        self.0.last().map_or(0, |source| source.start + source.text.len() + 1)
    }

    /// Adds an override at [`end`](Self::end).
    pub fn push_override(&mut self, text: &str) {
        let start = self.end();
        self.0.push(Source { name: COMMAND_LINE.to_owned(), text: text.to_owned(), start });
    }

    /// The config file's text.
    pub fn file_text(&self) -> &str {
        self.0.first().map_or("", |source| &source.text)
    }

    /// The overrides' texts.
    pub fn overrides(&self) -> impl Iterator<Item = &str> {
        self.0.iter().skip(1).map(|source| source.text.as_str())
    }

    fn find(&self, span: &Range<usize>) -> Option<(&Source, Range<usize>)> {
        let source = self.0.iter().rev().find(|source| source.start <= span.start)?;
        let clip = |at: usize| at.saturating_sub(source.start).min(source.text.len());
        Some((source, clip(span.start)..clip(span.end)))
    }
}

/// All errors as text, one after another, with a closing count.
pub fn render(sources: &Sources, diagnostics: &[Diagnostic], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(sources, diagnostic)]));
        text.push_str("\n\n");
    }
    let count = match diagnostics.len() {
        1 => "1 error".to_owned(),
        several => format!("{several} errors"),
    };
    let _ = writeln!(text, "{count}; nothing was run, nothing was written");
    text
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Group<'a> {
    let mut group = Group::with_title(Level::ERROR.primary_title(diagnostic.title.as_str()));
    if let Some((source, span)) = diagnostic.span.as_ref().and_then(|span| sources.find(span)) {
        let primary = AnnotationKind::Primary.span(span).label(diagnostic.label.as_str());
        let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str()).annotation(primary);
        if let Some((place, label)) = &diagnostic.context
            && let Some((other, place)) = sources.find(place)
            && other.start == source.start
        {
            snippet = snippet.annotation(AnnotationKind::Context.span(place).label(label.as_str()));
        }
        group = group.element(snippet);
    } else {
        if let Some(source) = sources.0.first() {
            group = group.element(Origin::path(source.name.as_str()));
        }
        if !diagnostic.label.is_empty() {
            group = group.element(Level::NOTE.message(diagnostic.label.as_str()));
        }
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// Letters that are enough to tell a name by its beginning.
const SHORTEST_BEGINNING: usize = 4;

/// The known name that `typed` most likely stands for: at most a third of its letters differ, or one is
/// the beginning of the other.
pub fn closest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(1);
    // `diagonal` means `diag`, however many letters they differ by.
    let begins = |a: &str, b: &str| b.len() >= SHORTEST_BEGINNING && a.starts_with(b);
    let steps = |name: &str| match distance(typed, name) {
        steps if steps <= limit => Some(steps),
        steps => (begins(typed, name) || begins(name, typed)).then_some(limit + steps),
    };
    let scored = known.into_iter().filter_map(|name| Some((steps(name)?, name)));
    scored.min_by_key(|(steps, _)| *steps).map(|(_, name)| name)
}

/// "did you mean `x`?", or else the list of what is known.
pub fn suggestion<'a>(typed: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match closest(typed, known.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known: {}", list(known)),
    }
}

/// Names in backticks, separated by commas.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Edit distance where a swap of neighbours counts once (optimal string alignment), capitals, `_` and `-` being equal.
fn distance(a: &str, b: &str) -> usize {
    let letters = |text: &str| -> Vec<char> { text.to_lowercase().replace('_', "-").chars().collect() };
    let (a, b) = (letters(a), letters(b));
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_wins_and_far_ones_are_not_offered() {
        assert_eq!(closest("tutroial", ["tutorial", "random-points"]), Some("tutorial"));
        assert_eq!(closest("gain_per_row", ["gain-per-row", "relative-gain"]), Some("gain-per-row"));
        assert_eq!(closest("EM", ["em", "k-means"]), Some("em"));
        assert_eq!(closest("diagonal", ["full", "diag", "tied-diag"]), Some("diag"));
        assert_eq!(closest("random", ["tutorial", "random-points"]), Some("random-points"));
        assert_eq!(closest("k", ["em", "k-means"]), None);
        assert_eq!(closest("zzz", ["em", "k-means"]), None);
        assert_eq!(suggestion("zzz", ["em", "k-means"]), "known: `em`, `k-means`");
    }

    #[test]
    fn a_span_finds_its_source() {
        let mut sources = Sources::new("a.toml", "x = 1");
        assert_eq!(sources.end(), 6);
        sources.push_override("y=2");
        let (source, span) = sources.find(&(8..9)).unwrap();
        assert_eq!((source.name.as_str(), &source.text[span]), ("<command line>", "2"));
    }
}
