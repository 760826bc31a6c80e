//! Text that stands between tags: escaping, counts, paragraphs.
//!
//! The page is well-formed XML as well as HTML: every element is closed, every attribute quoted. So one parser of XML checks all
//! of it.

use std::fmt::{self, Display, Formatter, Write as _};

/// Words as they must be written between tags and inside quoted attributes. What XML cannot hold (control characters) becomes
/// U+FFFD.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\n' | '\t' => out.write_char(c)?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.write_char('\u{fffd}')?,
                c => out.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Prose, escaped; what stands between backticks is code, and straight quotes outside of code are set as printers do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prose<'a>(pub &'a str);

impl Display for Prose<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.0.split('`').collect();
        // An odd number of backticks pairs nothing: the last one is only a character.
        let paired = parts.len() - usize::from(parts.len().is_multiple_of(2));
        for (i, part) in parts.iter().enumerate() {
            if i >= paired {
                write!(out, "`{}", Escaped(&quoted(part)))?;
            } else if i % 2 == 1 {
                write!(out, "<code>{}</code>", Escaped(part))?;
            } else {
                write!(out, "{}", Escaped(&quoted(part)))?;
            }
        }
        Ok(())
    }
}

/// Words with quotation marks instead of straight ones: opening at the beginning and behind spaces and brackets, closing elsewhere.
fn quoted(words: &str) -> String {
    let mut before = ' ';
    let turned = |c: char| {
        let opens = before.is_whitespace() || "([–—".contains(before);
        before = c;
        match (c, opens) {
            ('"', true) => '“',
            ('"', false) => '”',
            ('\'', true) => '‘',
            ('\'', false) => '’',
            _ => c,
        }
    };
    words.chars().map(turned).collect()
}

/// A title whose formulas like `K = 3` stay on one line.
pub(super) fn unbroken(title: &str) -> String {
    title.replace(" = ", "\u{a0}=\u{a0}")
}

/// A fragment's id: letters, digits, hyphens.
pub(super) fn id(kind: &str, name: &str) -> String {
    let safe = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' });
    format!("{kind}-{}", safe.collect::<String>())
}

/// A path or value as a shell reads it as one word.
pub(super) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A table of two columns: names at the left, contents (markup) at the right.
pub(super) fn pairs(out: &mut String, caption: &str, rows: &[(String, String)]) {
    let _ = write!(out, "<div class=\"scroll\"><table class=\"pairs\"><caption>{}</caption><tbody>", Escaped(caption));
    for (name, content) in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th><td>{content}</td></tr>", Escaped(name));
    }
    *out += "</tbody></table></div>\n";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        let hostile = "</td><script>alert(\"1\")</script> & 'x'\u{7}";
        let text = Escaped(hostile).to_string();
        assert_eq!(text, "&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; 'x'\u{fffd}");
        assert_eq!(id("table", "a<b>\"c"), "table-a-b--c");
    }

    #[test]
    fn backticks_are_code_in_pairs() {
        assert_eq!(Prose("see `a<b` and `c`").to_string(), "see <code>a&lt;b</code> and <code>c</code>");
        assert_eq!(Prose("a `b").to_string(), "a `b");
        assert_eq!(Prose("`a` `b").to_string(), "<code>a</code> `b");
    }

    #[test]
    fn quotation_marks_open_and_close() {
        assert_eq!(
            Prose("that \"it's so\" (\"here\"), `\"x\"`").to_string(),
            "that “it’s so” (“here”), <code>&quot;x&quot;</code>"
        );
    }

    #[test]
    fn shells_read_one_word() {
        assert_eq!(shell("results/sweep"), "results/sweep");
        assert_eq!(shell("my results"), "'my results'");
        assert_eq!(shell("it's"), r"'it'\''s'");
    }

    #[test]
    fn lists_read_well() {
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(listed(&words), "a, b and c");
        assert_eq!(listed(&words[..2]), "a and b");
        assert_eq!(listed(&words[..1]), "a");
    }
}
