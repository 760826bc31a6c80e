//! The user guide: generated pages are fresh, and the commands of the others work as they stand.

use runner::reference::Page;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn generated_pages_are_fresh() {
    let pages = [
        (Page::Config, "config", include_str!("../../../docs/guide/config.md")),
        (Page::Commands, "commands", include_str!("../../../docs/guide/commands.md")),
    ];
    for (page, name, checked_in) in pages {
        let fresh = page.markdown() == checked_in;
        assert!(fresh, "run: cargo run -p runner -- reference {name} > docs/guide/{name}.md");
    }
}

#[test]
fn every_key_is_in_the_reference() {
    let page = Page::Config.markdown();
    for words in [
        "## Top level",
        "| `seed` | integer | required |",
        "## `[[dataset.mixture]]`",
        "| `covariances` | list of lists of lists of numbers | required |",
        "| `draws` | integer | `1` |",
        "## `[grid]`",
        "| `covariance` | list of [names](../factors.md) | `[\"full\"]` |",
        "## `[start.em-em]`",
        "## `[[start.given]]`",
        "## `[stop]`",
        "## `[[exclude]]`",
    ] {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
}

/// The blocks of a page that are fenced with the name of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_commands_of_the_guide_work() {
    let page = include_str!("../../../docs/guide/experiment.md");
    let root = tempfile::tempdir().unwrap();
    let configs = blocks(page, "toml");
    assert_eq!(configs.len(), 1);
    fs::write(root.path().join("faithful.toml"), configs[0]).unwrap();
    let mut commands = 0;
    for line in blocks(page, "sh").into_iter().flat_map(str::lines) {
        let arguments: Vec<&str> = line.strip_prefix("runner ").unwrap().split(' ').collect();
        let output =
            Command::new(env!("CARGO_BIN_EXE_runner")).current_dir(root.path()).args(&arguments).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{line}\n{stdout}{stderr}");
        assert!(!stdout.is_empty() || arguments.contains(&"--quiet"), "{line} says nothing");
        commands += 1;
    }
    assert_eq!(commands, 7);
    assert!(Path::new(&root.path().join("results/faithful/report")).exists());
}
