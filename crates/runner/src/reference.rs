//! Pages of the user guide that are made from the program: the keys of the config out of its JSON schema, the command line out of
//! its definition. docs/guide holds them; a test compares.

use crate::cli::Cli;
use crate::config::sweep_file;
use clap::{CommandFactory as _, ValueEnum};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// The keys of the config.
    Config,
    /// The command line.
    Commands,
}

impl Page {
    /// The page as Markdown.
    pub fn markdown(self) -> String {
        match self {
            Self::Config => config(),
            Self::Commands => commands(),
        }
    }
}

/// Characters of a line of help.
const HELP_WIDTH: usize = 100;

fn commands() -> String {
    let mut text = String::from(
        "<!-- Generated: runner reference commands > docs/guide/commands.md -->\n\n# Command line\n\n\
         In this repository `runner` is `cargo run -p runner --`.\n",
    );
    let mut program = Cli::command().term_width(HELP_WIDTH);
    program.build();
    let mut page = |title: &str, command: &mut clap::Command| {
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(text, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"));
    };
    page("runner", &mut program);
    for command in program.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let title = format!("runner {}", command.get_name());
        page(&title, command);
    }
    text
}

fn config() -> String {
    let schema: Value = serde_json::from_str(&sweep_file::schema()).unwrap_or_default();
    let mut text = String::from(
        "<!-- Generated: runner reference config > docs/guide/config.md -->\n\n# Config\n\n\
         Every key of a config, by its table. Names that a key may hold are in [factors.md](../factors.md); how to write a config is in \
         [experiment.md](experiment.md). A key that is not here is refused.\n",
    );
    let schema = Schema(&schema);
    schema.section(&mut text, "", schema.0, "Top level");
    text
}

/// The JSON schema with its definitions.
struct Schema<'a>(&'a Value);

impl<'a> Schema<'a> {
    /// What a schema stands for: itself, or the definition that it refers to, also where null is allowed beside it.
    fn resolved(&self, schema: &'a Value) -> (Option<&'a str>, &'a Value) {
        let alternative = |schema: &'a Value| schema["anyOf"].as_array()?.iter().find(|one| one["$ref"].is_string());
        let schema = alternative(schema).unwrap_or(schema);
        match schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            Some(name) => (Some(name), &self.0["$defs"][name]),
            None => (None, schema),
        }
    }

    /// The keys of a table, then the tables in it.
    fn section(&self, text: &mut String, path: &str, table: &'a Value, title: &str) {
        let Some(keys) = table["properties"].as_object() else { return };
        let description = table["description"].as_str().unwrap_or_default();
        let _ = write!(text, "\n## {title}\n\n{}\n", one_line(description));
        let rows: Vec<String> = keys.iter().map(|(key, schema)| self.row(key, schema, table)).collect();
        let _ = write!(text, "\n| key | value | default | meaning |\n|:--|:--|:--|:--|\n{}", rows.concat());
        for (inner, list, schema) in self.tables(keys) {
            let path = if path.is_empty() { inner.to_owned() } else { format!("{path}.{inner}") };
            let title = if list { format!("`[[{path}]]`") } else { format!("`[{path}]`") };
            self.section(text, &path, schema, &title);
        }
    }

    /// The keys that hold a table (false) or a list of tables (true).
    fn tables(&self, keys: &'a Map<String, Value>) -> Vec<(&'a str, bool, &'a Value)> {
        let table = |(key, schema): (&'a String, &'a Value)| {
            let (_, own) = self.resolved(schema);
            let (_, item) = self.resolved(&own["items"]);
            let (list, schema) = if own["properties"].is_object() { (false, own) } else { (true, item) };
            schema["properties"].is_object().then_some((key.as_str(), list, schema))
        };
        keys.iter().filter_map(table).collect()
    }

    fn row(&self, key: &str, schema: &'a Value, table: &Value) -> String {
        let required = table["required"].as_array().is_some_and(|names| names.iter().any(|name| name == key));
        let kind = self.kind(schema);
        let default = match &schema["default"] {
            _ if required => "required".to_owned(),
            Value::Null | Value::Object(_) => "–".to_owned(),
            value => format!("`{value}`"),
        };
        format!("| `{key}` | {kind} | {default} | {} |\n", one_line(schema["description"].as_str().unwrap_or_default()))
    }

    /// What a value is, in words.
    fn kind(&self, schema: &'a Value) -> String {
        let (name, own) = self.resolved(schema);
        if own["properties"].is_object() {
            return "table".to_owned();
        }
        let types =
            own["type"].as_array().and_then(|types| types.iter().find(|one| *one != "null")).unwrap_or(&own["type"]);
        match (types.as_str(), name) {
            (Some("array"), _) => format!("list of {}", plural(&self.kind(&own["items"]))),
            (Some("integer"), _) => "integer".to_owned(),
            (Some("boolean"), _) => "true or false".to_owned(),
            (Some(one), None) => one.to_owned(),
            (_, Some(_)) => "[name](../factors.md)".to_owned(),
            (None, None) => "value".to_owned(),
        }
    }
}

fn plural(kind: &str) -> String {
    match kind.strip_prefix("list of ") {
        Some(items) => format!("lists of {items}"),
        None if kind.starts_with('[') => "[names](../factors.md)".to_owned(),
        None => format!("{kind}s"),
    }
}

/// Text that fits into a cell of a table.
fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
