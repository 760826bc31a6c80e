//! How to run it again, and where it comes from: program, machine, config, files.

use super::folder::Folder;
use super::markup::{Escaped, pairs, shell};
use crate::study::Study;
use crate::table::number::grouped;
use serde_json::Value;
use std::fmt::Write as _;

/// How to get the whole study, one row, or one run again.
pub(super) fn again(study: &Study, folder: &Folder) -> String {
    let Some(first) = study.runs.first() else { return String::new() };
    let path = shell(&folder.path);
    let command = folder.provenance.as_ref().and_then(|provenance| provenance.get("command")?.as_array());
    let words: Vec<String> = command.into_iter().flatten().filter_map(Value::as_str).map(shell).collect();
    let mut out = String::new();
    if !words.is_empty() {
        let _ = writeln!(
            out,
            "<p>The study was made by this command. The same config gives the same records, byte for byte, on any number of threads; a \
             finished folder is left alone (<code>--fresh</code> moves it aside).</p>\n<pre>{}</pre>",
            Escaped(&words.join(" "))
        );
    }
    let _ = writeln!(
        out,
        "<p>Every start is a row of <code>runs.parquet</code>; the numbers of runs in this report are its column <code>run</code>. One \
         start in detail, with its trace and its parameters:</p>\n<pre>cargo run -p runner -- show {path} {run}</pre>\n<p>The same start \
         once more, every number compared bit by bit with what is recorded:</p>\n<pre>cargo run -p runner -- verify {path} --run \
         {run}</pre>\n<p>The row itself, in Python:</p>\n<pre>import polars as pl\n\npl.read_parquet(\"{file}\").filter(pl.col(\"run\") == \
         {run})</pre>\n<p>This page and the files beside it are made from the records and may be deleted:</p>\n<pre>cargo run -p \
         runner -- report {path}</pre>",
        run = first.run,
        file = Escaped(&format!("{}/runs.parquet", folder.path).replace('\\', "\\\\").replace('"', "\\\"")),
        path = Escaped(&path),
    );
    out
}

/// What is said about the keys of the provenance, in the order of the page. Keys that are not here follow by their own names.
const KNOWN: [(&str, &str); 20] = [
    ("version", "version"),
    ("git_commit", "commit"),
    ("git_dirty", "sources changed since"),
    ("cargo_lock_sha256", "Cargo.lock (SHA-256)"),
    ("rustc", "compiler"),
    ("cpu", "processor"),
    ("simd", "instruction set"),
    ("threads", "threads"),
    ("lanes", "lanes of a fit, at most"),
    ("rng", "random numbers"),
    ("rng_version", "their crate"),
    ("started", "began"),
    ("finished", "ended"),
    ("command", "command"),
    ("config", "config"),
    ("config_sha256", "config (SHA-256)"),
    ("overrides", "overrides"),
    ("plan_hash", "plan (SHA-256)"),
    ("target", "target"),
    ("datasets", ""),
];

/// Program, machine and time; the config; the files.
pub(super) fn provenance(folder: &Folder) -> String {
    let mut out = String::new();
    let mut rows: Vec<(String, String)> = Vec::new();
    if let Some(Value::Object(provenance)) = &folder.provenance {
        let known = KNOWN.iter().filter_map(|&(key, words)| Some((words.to_owned(), provenance.get(key)?)));
        let others = provenance.iter().filter(|(key, _)| !KNOWN.iter().any(|(known, _)| known == key));
        let others = others.map(|(key, value)| (key.replace('_', " "), value));
        // The fingerprints of the data stand beside the data.
        let told = known.chain(others).filter(|(words, value)| !words.is_empty() && !is_empty(value));
        rows.extend(told.map(|(words, value)| (words, said(value))));
    } else {
        out += "<p>There is no readable <code>provenance.json</code> in this folder: program and machine are not known.</p>\n";
    }
    let told = Folder::word(folder.provenance.as_ref(), "plan_hash");
    if let (None, Some(hash)) = (told, Folder::word(folder.marker.as_ref(), "plan_hash")) {
        rows.push(("plan (SHA-256)".to_owned(), format!("<code class=\"hash\">{}</code>", Escaped(hash))));
    }
    if !rows.is_empty() {
        pairs(&mut out, "Program and machine", &rows);
    }
    files(&mut out, folder.marker.as_ref());
    if let Some(config) = &folder.config {
        let _ = writeln!(
            out,
            "<details open=\"open\">\n<summary>The config as typed</summary>\n<pre class=\"long\">{}</pre>\n</details>",
            Escaped(config.trim_end())
        );
    }
    out
}

/// Whether a value is a list of nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(parts) => parts.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    }
}

/// A value of the provenance as markup.
fn said(value: &Value) -> String {
    match value {
        Value::Null => "<span class=\"m\">not known</span>".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => Escaped(&number.to_string()).to_string(),
        // Hashes are long words; they may break anywhere.
        Value::String(words) if words.len() >= 40 && !words.contains(' ') => {
            format!("<code class=\"hash\">{}</code>", Escaped(words))
        }
        Value::String(words) => Escaped(words).to_string(),
        Value::Array(parts) => {
            let words: Vec<String> =
                parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), shell)).collect();
            format!("<code>{}</code>", Escaped(&words.join(" ")))
        }
        Value::Object(parts) => {
            let lines: Vec<String> =
                parts.iter().map(|(key, part)| format!("{}: {}", Escaped(key), said(part))).collect();
            lines.join("<br/>")
        }
    }
}

/// The tables of the records with rows, bytes and hash, as the marker of the finished folder has them.
fn files(out: &mut String, marker: Option<&Value>) {
    let Some(Value::Object(files)) = marker.and_then(|marker| marker.get("files")) else { return };
    *out += "<div class=\"scroll\"><table class=\"data\"><caption>Records</caption>\n<thead><tr><th scope=\"col\" class=\"t\">table</th><th \
             scope=\"col\">rows</th><th scope=\"col\">bytes</th><th scope=\"col\" class=\"t\">XXH3 (128 bits)</th></tr></thead>\n<tbody>\n";
    for (name, file) in files {
        let number = |key: &str| {
            let number = file.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
            number.map_or_else(|| "–".to_owned(), grouped)
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"t\"><code class=\"hash\">{}</code></td></tr>",
            Escaped(name),
            number("rows"),
            number("bytes"),
            Escaped(Folder::word(Some(file), "xxh3").unwrap_or("–"))
        );
    }
    *out += "</tbody></table></div>\n";
}
