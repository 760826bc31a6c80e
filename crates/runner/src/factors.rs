//! Every factor that a study can vary, as a table: definition, reference, names in other tools.
//!
//! Definitions are those of `--list`. References and peers stand in matches over the same enums, so that a new kind does not
//! compile without its row; docs/factors.md is this table, compared in a test.

use crate::kinds::{Covariance, Method, Policy, Standardise, StartCovariance, StartKind, StopRule};
use std::fmt::Write as _;

/// Key in docs/references.bib (or none) and what peers call it (or nothing).
struct Note(&'static str, &'static str);

fn method(one: Method) -> Note {
    match one {
        Method::Em => Note("dempster1977", "scikit-learn `GaussianMixture`; mclust `Mclust`"),
        Method::KMeans => {
            Note("lloyd1982", "scikit-learn `KMeans(algorithm=\"lloyd\")`; R `kmeans(algorithm = \"Lloyd\")`")
        }
    }
}

fn covariance(one: Covariance) -> Note {
    match one {
        Covariance::Full => Note("mclachlan2000", "scikit-learn `full`; mclust `VVV`"),
        Covariance::Tied => Note("celeux1995", "scikit-learn `tied`; mclust `EEE`"),
        Covariance::Diag => Note("celeux1995", "scikit-learn `diag`; mclust `VVI`"),
        Covariance::Spherical => Note("celeux1995", "scikit-learn `spherical`; mclust `VII`"),
        Covariance::TiedDiag => Note("celeux1995", "mclust `EEI`"),
        Covariance::TiedSpherical => Note("celeux1995", "mclust `EII`"),
        Covariance::Vei => Note("celeux1995", "mclust `VEI`"),
        Covariance::Evi => Note("celeux1995", "mclust `EVI`"),
        Covariance::Vee => Note("celeux1995", "mclust `VEE`"),
        Covariance::Eve => Note("celeux1995", "mclust `EVE`"),
        Covariance::Vve => Note("flury1986", "mclust `VVE` (whose M-step is not monotone; ours is)"),
        Covariance::Eev => Note("celeux1995", "mclust `EEV`"),
        Covariance::Vev => Note("celeux1995", "mclust `VEV`"),
        Covariance::Evv => Note("celeux1995", "mclust `EVV`"),
    }
}

fn start(one: StartKind) -> Note {
    match one {
        StartKind::Tutorial | StartKind::AllPairs | StartKind::AllTriples | StartKind::Truth | StartKind::Perturbed => {
            Note("", "")
        }
        StartKind::RandomPoints => {
            Note("biernacki2003", "scikit-learn `init_params=\"random_from_data\"` (other covariances)")
        }
        StartKind::RandomResponsibilities => Note("", "scikit-learn `init_params=\"random\"` (uniform, not Dirichlet)"),
        StartKind::KMeansPlusPlus => Note("arthur2007", "R `ClusterR`: `kmeans++` (plain D² as here)"),
        StartKind::KMeansPlusPlusGreedy => Note("arthur2007", "scikit-learn `init_params=\"k-means++\"`"),
        StartKind::RandomPartition => Note("mclachlan2000", "flexmix, mixtools: the default"),
        StartKind::EmEm => Note("biernacki2003", "Rmixmod `smallEM`"),
        StartKind::RndEm => Note("maitra2009", "EMCluster `rand.EM`"),
        StartKind::Cem => Note("celeux1992", "Rmixmod `CEM`"),
        StartKind::Sem => Note("celeux1985", "Rmixmod `SEMMax`"),
        StartKind::Given => Note(
            "",
            "scikit-learn `weights_init`, `means_init`, `precisions_init`; mclust `me(z = …)`, `em(parameters = …)`",
        ),
        StartKind::KMeans => Note("lloyd1982", "scikit-learn `init_params=\"kmeans\"`"),
    }
}

fn start_covariance(one: StartCovariance) -> Note {
    match one {
        StartCovariance::Total | StartCovariance::Identity | StartCovariance::PooledNearest => Note("", ""),
        StartCovariance::TotalPerComponent => Note("fraley2007", "the scale of mclust's prior"),
    }
}

fn policy(one: Policy) -> Note {
    match one {
        Policy::Stop => Note("", "what scikit-learn does with `reg_covar=0`, for all of its restarts at once"),
        Policy::Ridge(_) => Note("", "scikit-learn `reg_covar`"),
        Policy::Floor(_) => {
            Note("ingrassia2007", "mlpack, Armadillo: `var_floor` (clipped after the M-step of the diagonal)")
        }
        Policy::Ratio(_) => Note("fritz2013", "tclust `restr.fact`, default 12"),
        Policy::Map => Note("fraley2007", "mclust `prior = priorControl()`"),
        Policy::Reseed(_) => Note("", "k-means of several tools does this for empty clusters"),
        Policy::Remove => Note("", "flexmix `minprior`"),
    }
}

fn stop(one: StopRule) -> Note {
    match one {
        StopRule::MaxIterations(_) => Note("", "scikit-learn `max_iter`; mclust `itmax`"),
        StopRule::GainPerRow(_) | StopRule::RelativeGain(_) | StopRule::ParameterChange(_) | StopRule::EPasses(_) => {
            Note("", "")
        }
        StopRule::AbsoluteGain(_) => Note("", "R `mixtools`: `epsilon`"),
        StopRule::Aitken(_) => Note("bohning1994", ""),
        StopRule::ScikitLearn(_) => Note("", "scikit-learn `tol`, default 1e-3"),
        StopRule::Mclust(_) => Note("scrucca2016", "mclust `tol`, default 1e-5"),
        StopRule::NoImprovement(_) => Note("", "ELKI, with 0.5"),
    }
}

fn standardise(one: Standardise) -> Note {
    match one {
        Standardise::None => Note("", ""),
        Standardise::Sd => Note("", "R `scale()`"),
    }
}

/// The table as Markdown: docs/factors.md.
pub fn markdown() -> String {
    let mut text = String::from(
        "<!-- Generated: runner factors > docs/factors.md -->\n\n# Factors of an experiment\n\n\
         What a config can vary. Keys in the column *reference* are those of [references.bib](references.bib); a name in \
         brackets means the same as the one before it.\n",
    );
    let table = |text: &mut String, title: &str, rows: &mut dyn Iterator<Item = (String, &str, Note)>| {
        let _ = writeln!(text, "\n## {title}\n\n| name | definition | reference | elsewhere |\n|:--|:--|:--|:--|");
        for (name, definition, Note(reference, peers)) in rows {
            let reference = if reference.is_empty() { String::new() } else { format!("`{reference}`") };
            let _ = writeln!(text, "| {name} | {definition} | {reference} | {peers} |");
        }
    };
    let names = |name: &str, aliases: &[&str]| {
        let mut cell = format!("`{name}`");
        for alias in aliases {
            let _ = write!(cell, " (`{alias}`)");
        }
        cell
    };
    let mut rows = Method::ALL.iter().map(|&one| (names(one.name(), one.aliases()), one.help(), method(one)));
    table(&mut text, "Methods: `grid.method`", &mut rows);
    let mut rows = Covariance::ALL.iter().map(|&one| (names(one.name(), one.aliases()), one.help(), covariance(one)));
    table(&mut text, "Covariance structures: `grid.covariance`", &mut rows);
    let mut rows = StartKind::ALL.iter().map(|&one| (names(one.name(), one.aliases()), one.help(), start(one)));
    table(&mut text, "Starts: `grid.start`", &mut rows);
    let kinds = StartCovariance::ALL.iter();
    let mut rows = kinds.map(|&one| (names(one.name(), one.aliases()), one.help(), start_covariance(one)));
    table(&mut text, "Covariances of point-type starts: `grid.start-covariance`", &mut rows);
    let mut rows =
        Policy::EXAMPLES.iter().zip(Policy::ALL).map(|(&one, (name, help))| (names(name, &[]), help, policy(one)));
    table(&mut text, "Policies: `grid.policy`", &mut rows);
    let mut rows =
        StopRule::EXAMPLES.iter().zip(StopRule::ALL).map(|(&one, (name, help))| (names(name, &[]), help, stop(one)));
    table(&mut text, "Stop rules: `stop`, any of them", &mut rows);
    let mut rows = Standardise::ALL.iter().map(|&one| (names(one.name(), one.aliases()), one.help(), standardise(one)));
    table(&mut text, "Scaling: `standardise`", &mut rows);
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_table_is_fresh() {
        let fresh = super::markdown();
        assert!(
            fresh == include_str!("../../../docs/factors.md"),
            "docs/factors.md is out of date: cargo run -p runner -- factors > docs/factors.md"
        );
    }
}
