//! The page as a whole: well-formed, self-contained, and the same again.

use super::*;
use crate::example::{converged, failed, tied};
use crate::table::{Cell, Column, Digits, Row};
use records::{Factors, FailureRow, Moment, ParameterRow, RunRow, TraceRecord};
use roxmltree::{Document, ParsingOptions};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

const CONFIG: &str = "# Does the `start` decide?\n#\n#     runner small.toml\n\nname = \"small\"\nseed = 1\n";

/// Six runs from two kinds of start, of which two died, with a table and a figure.
struct Material {
    study: Study,
    tables: Vec<Table>,
    figures: Vec<Figure>,
    evidence: Evidence,
    folder: Folder,
}

impl Material {
    /// Of the data set `dataset`.
    fn of(dataset: &str) -> Self {
        let start = |run: RunRow, start: &str| {
            let factors = Factors { dataset: dataset.to_owned(), start: start.to_owned(), ..(*run.factors).clone() };
            RunRow { factors: Arc::new(factors), ..run }
        };
        let runs = vec![
            start(converged(0, -180.1855), "tutorial"),
            start(converged(1, -180.1855), "tutorial"),
            start(failed(2), "tutorial"),
            start(converged(3, -180.1855), "k-means"),
            start(converged(4, -186.5), "k-means"),
            start(failed(5), "k-means"),
        ];
        let few = FailureRow { cause: Some("few_rows".to_owned()), message: format!("in {dataset}"), ..tied(5) };
        let study = Study { dir: PathBuf::from("results/small"), runs, failures: vec![tied(2), few] };
        let column = |shown| Column::share("hit %", "hit").shown(shown);
        let hit = |hits| Cell::share(crate::intervals::Share { hits, trials: 3 });
        let log = |value| Cell::number(value, Digits::Decimals(2));
        let mut best = log(Some(-180.1855));
        best.best = true;
        let row = |start: &str, cells: [Cell; 3]| Row {
            cells: [Cell::text(dataset), Cell::text(start)].into_iter().chain(cells).collect(),
            main: true,
        };
        let tables = vec![Table {
            name: "small".to_owned(),
            title: format!("Hits on {dataset}"),
            caption: "A start hits or not.".to_owned(),
            note: String::new(),
            columns: vec![
                Column::factor("data", "dataset"),
                Column::factor("start", "start"),
                column(crate::table::Shown::Everywhere),
                Column::number("log L", "log_likelihood"),
                Column::number("condition", "condition").shown(crate::table::Shown::Files),
            ],
            rows: vec![
                row("tutorial", [hit(2), best, Cell::number(Some(2.25e13), Digits::Significant(2))]),
                row("k-means", [hit(1), log(None), log(None)]),
            ],
        }];
        let svg = "<svg viewBox=\"0 0 9 9\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"ends-title \
                   ends-desc\"><title id=\"ends-title\">Where runs end</title><desc id=\"ends-desc\">Bars.</desc><rect width=\"9\" \
                   height=\"9\"/></svg>";
        let figures = vec![Figure { file: "ends.svg".to_owned(), svg: svg.to_owned() }];
        let parameters = (0..3).map(|component| ParameterRow {
            run: 2,
            moment: Moment::Failure,
            component,
            weight: Some(0.25),
            mean: vec![1.0, 2.0],
            covariance: Some(vec![0.5, 0.0, 0.0, 1e-5]),
        });
        let trace = (6..9_u32).map(|iteration| {
            let pivot = Some(10f64.powi(-i32::try_from(iteration).unwrap()));
            let row = em::TraceRow {
                iteration,
                log_likelihood: Some(-130.0 + f64::from(iteration)),
                smallest_relative_pivot: pivot,
                ..em::TraceRow::default()
            };
            TraceRecord { run: 2, row }
        });
        let evidence = Evidence { parameters: parameters.collect(), traces: trace.collect() };
        let provenance = serde_json::json!({
            "version": "0.1.0", "git_commit": null, "git_dirty": false, "threads": 2, "command": ["runner", "my small.toml"],
            "config": "/home/me/my small.toml",
            "overrides": ["replicates=6"], "datasets": { dataset: "78ac" }, "new_key": "a new fact"
        });
        let marker =
            serde_json::json!({"plan_hash": "1f", "files": {"runs": {"rows": 6, "bytes": 12345, "xxh3": "355928"}}});
        let folder = Folder {
            path: "results/small".to_owned(),
            config: Some(CONFIG.to_owned()),
            provenance: Some(provenance),
            marker: Some(marker),
        };
        Self { study, tables, figures, evidence, folder }
    }

    fn page(&self) -> String {
        compose(&self.study, &self.tables, &self.figures, &self.evidence, &self.folder)
    }
}

/// Parses the page as XML; panics where it is not well-formed.
fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

/// The words of the elements that have the tag.
fn words(document: &Document<'_>, tag: &str) -> Vec<String> {
    let text =
        |node: roxmltree::Node<'_, '_>| node.descendants().filter_map(|n| n.text().filter(|_| n.is_text())).collect();
    document.descendants().filter(|node| node.tag_name().name() == tag).map(text).collect()
}

#[test]
fn the_page_of_a_small_study() {
    let page = Material::of("iris").page();
    // The style sheet and the glossary are files of their own, no need to repeat them.
    let shown = page.replace(STYLE, "(style.css)\n").replace(GLOSSARY, "(glossary.html)\n");
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/html/small.html");
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&file, &shown).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    assert!(shown == expected, "the page is not that in {}; REGENERATE=1 renews it\n{shown}", file.display());
}

#[test]
fn it_is_well_formed_with_unique_ids_and_every_link_leads_somewhere() {
    let page = Material::of("iris").page();
    let document = parsed(&page);
    let mut ids = BTreeSet::new();
    for id in document.descendants().filter_map(|node| node.attribute("id")) {
        assert!(ids.insert(id), "the id {id} occurs twice");
    }
    let links: Vec<&str> = document.descendants().filter_map(|node| node.attribute("href")).collect();
    for link in links.iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(ids.contains(link), "no element has the id {link}");
    }
    for section in ["summary", "grid", "tables", "figures", "failures", "again", "provenance", "words"] {
        assert!(links.contains(&format!("#{section}").as_str()), "{section} is not in the contents");
    }
}

#[test]
fn tables_have_captions_and_scopes_and_figures_have_names() {
    let page = Material::of("iris").page();
    let document = parsed(&page);
    let named = |name: &'static str| document.descendants().filter(move |node| node.tag_name().name() == name);
    assert!(named("table").count() >= 6);
    for table in named("table") {
        assert!(table.children().any(|node| node.tag_name().name() == "caption"), "a table without caption");
        let widths: BTreeSet<u32> = table
            .descendants()
            .filter(|node| node.tag_name().name() == "tr")
            .map(|row| {
                let span =
                    |cell: roxmltree::Node<'_, '_>| cell.attribute("colspan").map_or(1, |n| n.parse::<u32>().unwrap());
                row.children().filter(roxmltree::Node::is_element).map(span).sum()
            })
            .collect();
        assert_eq!(widths.len(), 1, "rows of different width: {widths:?}");
    }
    for heading in named("th") {
        assert!(heading.attribute("scope").is_some(), "a heading without scope");
    }
    for svg in named("svg") {
        assert_eq!(svg.attribute("role"), Some("img"));
        assert!(svg.children().any(|node| node.tag_name().name() == "title"));
    }
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = Material::of("iris").page();
    let document = parsed(&page);
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(!["script", "link", "img", "iframe", "object", "embed", "base"].contains(&name), "<{name}>");
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on") && attribute.name() != "src", "{}", attribute.name());
            assert!(attribute.name() != "href" || !attribute.value().contains(':'), "{}", attribute.value());
        }
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn hostile_names_stay_words() {
    let hostile = "</table><script>\"x\" & 'y'</script><!--";
    let page = Material::of(hostile).page();
    let document = parsed(&page);
    assert!(words(&document, "script").is_empty());
    assert!(words(&document, "caption").iter().any(|words| words.contains(hostile)), "the name is shown as it is");
    let code = words(&document, "td");
    assert!(code.iter().any(|words| words.contains(&format!("in {hostile}"))), "messages are shown as they are");
}

#[test]
fn failures_have_an_example_of_each_cause_with_its_numbers() {
    let page = Material::of("iris").page();
    let document = parsed(&page);
    assert_eq!(
        words(&document, "h3")[..2],
        ["Singular covariance: few rows".to_owned(), "Singular covariance: tied values".to_owned()]
    );
    let cells = words(&document, "td");
    for expected in [
        "iteration 9, maximization, component 2",
        "eigenvalues from 1×10−14 to 0.2, condition 2×1013",
        "eigenvalues 0.5, 1×10−5; weight 0.25",
        "29 above responsibility ½, with 1 distinct value there",
    ] {
        assert!(cells.iter().any(|cell| cell == expected), "{expected} is not in {cells:?}");
    }
    assert!(page.contains("-- show results/small 2\ncargo run -p runner -- verify results/small --run 2</pre>"));
    let cell = "<pre>cargo run -p runner -- '/home/me/my small.toml' replicates=6 \\\n  --filter dataset=iris,components=3,method=em,\
                covariance=full,start=tutorial,start-covariance=total,policy=stop \\\n  --out results/small-run-2</pre>";
    assert!(page.contains(cell), "{page}");
}

#[test]
fn the_summary_counts_in_words() {
    let page = Material::of("iris").page();
    let document = parsed(&page);
    let items = words(&document, "li");
    let sentence = "iris, K\u{a0}=\u{a0}3: the best proper log-likelihood is −180.1855; 3 of 6 starts under stop reach it (50.0\u{a0}%), from \
                    33.3\u{a0}% of k-means to 66.7\u{a0}% of tutorial; 2 broke down (33.3\u{a0}%).";
    assert!(items.iter().any(|item| item == sentence), "{items:?}");
}

#[test]
fn a_folder_that_says_nothing_still_has_a_page() {
    let mut material = Material::of("iris");
    material.folder = Folder { path: "results/small".to_owned(), ..Folder::default() };
    material.evidence = Evidence::default();
    let page = material.page();
    parsed(&page);
    assert!(page.contains("no readable <code>provenance.json</code>"));
    material.study.runs.clear();
    material.study.failures.clear();
    material.tables.clear();
    material.figures.clear();
    let empty = material.page();
    parsed(&empty);
    assert!(!empty.contains("NaN"));
}
