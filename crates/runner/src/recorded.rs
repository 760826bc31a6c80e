//! From a results folder back to its plan: config.toml and the overrides in provenance.json are resolved again, and the hash of
//! the plan must be the recorded one. The data come from where they came from; their fingerprints are part of the hash.

use crate::config::diagnostics;
use crate::config::document::{Document, Rejected};
use crate::plan::{Plan, resolve};
use crate::provenance;
use crate::results_folder::CONFIG_FILE;
use crate::seeds;
use anyhow::{Context as _, bail};
use datasets::Sample;
use records::Provenance;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The plan of a results folder. Paths in the config are relative to `data`, or else to the folder of the config that was run.
pub fn plan(folder: &Path, origin: &Provenance, data: Option<&Path>) -> anyhow::Result<Plan> {
    let file = folder.join(CONFIG_FILE);
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let document =
        Document::parse(&file.display().to_string(), &text, &origin.overrides).map_err(|rejected| told(&rejected))?;
    let config_folder = origin.config.as_deref().and_then(Path::parent);
    let base = data.or(config_folder).unwrap_or(Path::new(""));
    let plan = match resolve::resolve(&document, base) {
        Ok(plan) => plan,
        Err(diagnostics) => {
            let error = told(&Rejected { sources: document.sources, diagnostics });
            return Err(error.context(format!(
                "data files are looked for in {}; --data DIR looks in another folder",
                std::path::absolute(base).unwrap_or_else(|_| base.to_owned()).display()
            )));
        }
    };
    if plan.hash() != origin.plan_hash {
        bail!("{}", another_plan(folder, &plan, origin));
    }
    Ok(plan)
}

/// The sample of one draw.
pub fn sample(plan: &Plan, dataset: usize, draw: u32) -> anyhow::Result<Arc<Sample>> {
    let named = || format!("draw {draw} of data set {}", plan.datasets[dataset].name);
    plan.datasets[dataset].sample(seeds::data_seed(plan, dataset, draw)).with_context(named)
}

fn told(rejected: &Rejected) -> anyhow::Error {
    let text = diagnostics::render(&rejected.sources, &rejected.diagnostics, false);
    anyhow::anyhow!("the config in the results folder cannot be resolved again\n{}", text.trim_end())
}

/// Why a plan is not the recorded one.
fn another_plan(folder: &Path, plan: &Plan, origin: &Provenance) -> String {
    let mut text = format!("the config in {} gives another plan than the recorded one", folder.display());
    let now = provenance::metadata(plan).datasets;
    let changed: Vec<&str> = now
        .iter()
        .filter(|(name, hash)| origin.datasets.get(*name) != Some(hash))
        .map(|(name, _)| name.as_str())
        .collect();
    if changed.is_empty() {
        let version = env!("CARGO_PKG_VERSION");
        let recorded = if origin.version.is_empty() { "an unknown version" } else { &origin.version };
        let _ = write!(
            text,
            "\n  = note: it was recorded by version {recorded}{}; this is version {version}\n  \
             = help: use the program that made the results, or run the config again with --out DIR",
            origin.git_commit.as_ref().map(|commit| format!(" at commit {commit:.12}")).unwrap_or_default()
        );
    } else {
        let _ = write!(
            text,
            "\n  = note: these data sets have other values now: {}\n  = help: --data DIR looks for data files in another folder",
            changed.join(", ")
        );
    }
    text
}
