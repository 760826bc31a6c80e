//! `runner experiment`: one question, one command. Each experiment is a folder `experiments/NN-name/` with a config, the numbers
//! that its source prints, and what is generated from them: tables, figures and a block of its README. An experiment in code is
//! one file here, a function from its folder to [`Made`], and one line in `EXPERIMENTS`.
//!
//! With `--check` nothing is written: everything is made again from nothing and compared with what is committed (`compare`).

mod cells;
mod compare;
mod degeneracy;
mod folder;
mod initialisation;
mod kmeans;
mod linkage;
mod mclust;
mod poisson;
mod rates;
mod tutorial;

use crate::commands::default_threads;
use crate::exit::Refused;
use crate::simd;
use anyhow::{Context as _, anyhow, bail};
use compare::Tolerance;
use folder::Place;
use report::published::{self, Comparison};
use report::table::Table;
use std::path::Path;

/// One experiment.
struct Experiment {
    /// Its folder: two digits, a hyphen, words.
    name: &'static str,
    /// Makes it.
    make: fn(&Place<'_>) -> anyhow::Result<Made>,
    /// How closely another machine must agree.
    tolerance: Tolerance,
}

/// All experiments, in their order.
const EXPERIMENTS: [Experiment; 8] = [
    Experiment { name: "01-linkage", make: linkage::make, tolerance: Tolerance::EXACT },
    Experiment { name: "02-tutorial", make: tutorial::make, tolerance: Tolerance::SEEDS },
    Experiment { name: "03-mclust", make: mclust::make, tolerance: Tolerance::EXACT },
    Experiment { name: "04-initialisation", make: initialisation::make, tolerance: Tolerance::SEEDS },
    Experiment { name: "05-degeneracy", make: degeneracy::make, tolerance: Tolerance::SEEDS },
    Experiment { name: "06-rate", make: rates::make, tolerance: Tolerance::CLOSE },
    Experiment { name: "07-k-means", make: kmeans::make, tolerance: Tolerance::SEEDS },
    Experiment { name: "08-poisson", make: poisson::make, tolerance: Tolerance::EXACT },
];

/// What an experiment makes.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// What was found, in words with its numbers (Markdown).
    pub finding: String,
    /// The tables; the first stands in the README, and so do the others that are short.
    pub tables: Vec<Table>,
    /// Published numbers beside ours, from which a table is made; each difference needs its reason.
    pub comparisons: Vec<Comparison>,
    /// Figures: name without ending, SVG, and what it shows.
    pub figures: Vec<Figure>,
}

/// A figure of an experiment.
#[derive(Clone, Debug)]
pub struct Figure {
    /// File name without its ending.
    pub name: &'static str,
    /// The picture.
    pub svg: String,
    /// What it shows, for readers who do not see it.
    pub caption: String,
}

/// What the command line asks for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Numbers or names of experiments; none, or `all`, means all.
    pub which: &'a [String],
    /// Whether to compare instead of writing.
    pub check: bool,
    /// The folder of the experiments.
    pub experiments: &'a Path,
    /// The folder of the results.
    pub results: &'a Path,
    /// Threads; `None` means all cores.
    pub threads: Option<usize>,
}

/// Makes the experiments asked for; says whether all that were checked agree.
pub fn run(request: &Request<'_>) -> anyhow::Result<bool> {
    let mut agree = true;
    for experiment in chosen(request.which)? {
        let named = || format!("experiment {}", experiment.name);
        agree &= one(experiment, request).with_context(named)?;
    }
    Ok(agree)
}

/// The experiments that are asked for, in their order.
fn chosen(which: &[String]) -> anyhow::Result<Vec<&'static Experiment>> {
    if which.is_empty() || which.iter().any(|name| name == "all") {
        return Ok(EXPERIMENTS.iter().collect());
    }
    let is = |experiment: &Experiment, name: &str| {
        experiment.name == name || experiment.name.split('-').next() == Some(&format!("{name:0>2}"))
    };
    if let Some(unknown) = which.iter().find(|name| !EXPERIMENTS.iter().any(|experiment| is(experiment, name))) {
        let known: Vec<&str> = EXPERIMENTS.iter().map(|experiment| experiment.name).collect();
        return Err(Refused(anyhow!("there is no experiment `{unknown}`; known are all, {}", known.join(", "))).into());
    }
    Ok(EXPERIMENTS.iter().filter(|experiment| which.iter().any(|name| is(experiment, name))).collect())
}

fn one(experiment: &Experiment, request: &Request<'_>) -> anyhow::Result<bool> {
    let committed = request.experiments.join(experiment.name);
    let results = request.results.join(experiment.name);
    let threads = request.threads.unwrap_or_else(default_threads);
    let scratch = folder::Results::new(&results, request.check)?;
    let place = Place { folder: &committed, results: scratch.path(), threads, level: simd::choose(None, None)? };
    let made = (experiment.make)(&place)?;
    let unexplained = published::unexplained(&made.comparisons);
    if let Some(one) = unexplained.first() {
        bail!(
            "{} of {} published numbers differ without a reason, first {} of {}: printed {}, ours {:?}; \
             give the reason in the column `because` of published.csv",
            unexplained.len(),
            made.comparisons.len(),
            one.published.quantity,
            one.published.item,
            one.published.printed,
            one.ours,
        );
    }
    let files = folder::files(&committed, &made)?;
    if request.check {
        let differences = folder::differences(&committed, &files, experiment.tolerance)?;
        let verdict = if differences.is_empty() { "as committed" } else { "DIFFERS from what is committed" };
        eprintln!("{}: {verdict}", experiment.name);
        for difference in &differences {
            eprintln!("{difference}");
        }
        return Ok(differences.is_empty());
    }
    folder::write(&committed, &files)?;
    eprintln!("{}: {} files written to {}", experiment.name, files.len(), committed.display());
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_are_found_by_number_and_name() {
        let names = |which: &[&str]| -> Vec<&str> {
            let which: Vec<String> = which.iter().map(|&name| name.to_owned()).collect();
            chosen(&which).unwrap().iter().map(|one| one.name).collect()
        };
        assert_eq!(names(&["1"]), ["01-linkage"]);
        assert_eq!(names(&["01-linkage", "01"]), ["01-linkage"]);
        assert_eq!(names(&["all"]).len(), EXPERIMENTS.len());
        assert_eq!(names(&[]).len(), EXPERIMENTS.len());
        let error = chosen(&["linkage".to_owned()]).err().unwrap().to_string();
        assert!(error.contains("`linkage`") && error.contains("01-linkage"), "{error}");
    }

    #[test]
    fn experiments_are_numbered_in_order() {
        let numbers: Vec<&str> = EXPERIMENTS.iter().filter_map(|one| one.name.split('-').next()).collect();
        assert!(numbers.is_sorted() && numbers.iter().all(|number| number.len() == 2), "{numbers:?}");
    }
}
