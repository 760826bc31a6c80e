//! What a results folder says about itself beside its tables: the config, the provenance, the marker.
//!
//! A report does not need any of these; what is missing or cannot be read is left out, and the page says so. All of them are read
//! as text or plain JSON: their meaning belongs to those who wrote them.

use serde_json::Value;
use std::fs;
use std::path::Path;

/// The files beside the tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    /// The folder as it was named.
    pub(super) path: String,
    /// `config.toml`: the study as typed.
    pub(super) config: Option<String>,
    /// `provenance.json`: program, machine, time.
    pub(super) provenance: Option<Value>,
    /// `complete.json`: lengths and hashes of the tables.
    pub(super) marker: Option<Value>,
}

impl Folder {
    /// Reads what is there.
    pub(super) fn read(dir: &Path) -> Self {
        let text = |name: &str| fs::read_to_string(dir.join(name)).ok();
        let json = |name: &str| serde_json::from_str(&text(name)?).ok();
        Self {
            path: dir.display().to_string(),
            config: text("config.toml"),
            provenance: json(records::provenance::PROVENANCE_FILE),
            marker: json(records::MARKER_FILE),
        }
    }

    /// The study's name: that in the config, else the folder's.
    pub(super) fn name(&self) -> String {
        let mut head = self.config.iter().flat_map(|text| text.lines()).take_while(|line| !line.starts_with('['));
        let named = head.find_map(|line| line.strip_prefix("name")?.trim_start().strip_prefix('='));
        let quoted = named.and_then(|value| value.split('"').nth(1)).filter(|name| !name.is_empty());
        let folder = Path::new(&self.path).file_name().map(|name| name.to_string_lossy().into_owned());
        quoted.map(str::to_owned).or(folder).unwrap_or_else(|| "study".to_owned())
    }

    /// The comment at the head of the config: what is asked.
    pub(super) fn question(&self) -> Vec<Paragraph> {
        self.config.as_deref().map(head_comment).unwrap_or_default()
    }

    /// A word of the provenance or the marker.
    pub(super) fn word<'a>(source: Option<&'a Value>, key: &str) -> Option<&'a str> {
        source?.get(key)?.as_str()
    }
}

/// A paragraph of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Paragraph {
    /// Prose.
    Words(String),
    /// Indented lines.
    Code(String),
}

/// The paragraphs of the comment that a config begins with; the line that names its schema is for editors.
fn head_comment(config: &str) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut fresh = true;
    for line in config.lines().map_while(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(":schema")) {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        if line.is_empty() {
            fresh = true;
            continue;
        }
        let code = line.strip_prefix("    ");
        match (paragraphs.last_mut(), code) {
            (Some(Paragraph::Words(words)), None) if !fresh => *words = format!("{words} {line}"),
            (Some(Paragraph::Code(lines)), Some(code)) if !fresh => *lines = format!("{lines}\n{code}"),
            (_, Some(code)) => paragraphs.push(Paragraph::Code(code.to_owned())),
            (_, None) => paragraphs.push(Paragraph::Words(line.to_owned())),
        }
        fresh = false;
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "#:schema ../schemas/sweep.schema.json\n#\n# What does the start\n# decide?\n#\n# It measures.\n#\n\
                          #     runner x.toml\n\nname = \"sweep\" # a name\n# not this\n[grid]\nname = \"other\"\n";

    #[test]
    fn the_question_is_the_comment_at_the_head() {
        let expected = [
            Paragraph::Words("What does the start decide?".to_owned()),
            Paragraph::Words("It measures.".to_owned()),
            Paragraph::Code("runner x.toml".to_owned()),
        ];
        assert_eq!(head_comment(CONFIG), expected);
        assert_eq!(head_comment("name = \"x\"\n# no head\n"), []);
    }

    #[test]
    fn the_name_is_that_of_the_config_or_else_of_the_folder() {
        let mut folder =
            Folder { path: "results/quick".to_owned(), config: Some(CONFIG.to_owned()), ..Folder::default() };
        assert_eq!(folder.name(), "sweep");
        folder.config = None;
        assert_eq!(folder.name(), "quick");
    }
}
