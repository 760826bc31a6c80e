//! The runs of a figure: EM grouped by data set, number of components and structure, and what each run came to.

use super::style::{BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION, signed};
use crate::maxima;
use records::{End, RunOutcome, RunRow};
use std::collections::BTreeMap;

/// All EM runs on one data set with one number of components, one covariance structure and one objective: every draw, start
/// and policy.
#[derive(Clone, Debug)]
pub(super) struct Cell<'a> {
    pub dataset: &'a str,
    pub k: u32,
    pub covariance: Option<&'a str>,
    /// Whether the penalised objective is maximised (policy `map`), and not the log-likelihood.
    pub penalised: bool,
    /// In the order of their numbers.
    pub runs: Vec<&'a RunRow>,
    /// For each draw the log-likelihoods of its distinct proper maxima, over all starts and policies, the best first.
    levels: BTreeMap<u32, Vec<f64>>,
    /// For each run at a proper maximum the maximum's rank in its draw, from 1.
    ranks: BTreeMap<u32, usize>,
}

/// What became of a run, in the order in which bars are stacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// The best proper maximum of its draw.
    Best,
    /// The second, third or fourth proper maximum (2, 3, 4).
    Maximum(usize),
    /// A proper maximum behind the fourth.
    OtherMaximum,
    Spurious,
    Coincident,
    /// Fewer components than it began with.
    Reduced,
    IterationLimit,
    Singular,
    OtherFailure,
}

impl Fate {
    /// All fates in their order.
    pub(super) const ALL: [Self; 11] = [
        Self::Best,
        Self::Maximum(2),
        Self::Maximum(3),
        Self::Maximum(4),
        Self::OtherMaximum,
        Self::Spurious,
        Self::Coincident,
        Self::Reduced,
        Self::IterationLimit,
        Self::Singular,
        Self::OtherFailure,
    ];

    /// The colour in all figures: the other maxima are ever lighter blues.
    pub(super) fn color(self) -> &'static str {
        match self {
            Self::Best => GREEN,
            Self::Maximum(2) => BLUE,
            Self::Maximum(3) => SKY,
            Self::Maximum(_) => "#8fa8d8",
            Self::OtherMaximum => "#b9c6e6",
            Self::Spurious => PURPLE,
            Self::Coincident => ORANGE,
            Self::Reduced => "#f0d890",
            Self::IterationLimit => GREY,
            Self::Singular => VERMILLION,
            Self::OtherFailure => "#5a3a1e",
        }
    }

    /// Whether white text can be read on the colour.
    pub(super) fn dark(self) -> bool {
        matches!(self, Self::Best | Self::Maximum(2) | Self::Singular | Self::OtherFailure)
    }

    /// The name in a legend.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Best => "best maximum",
            Self::Maximum(2) => "2nd maximum",
            Self::Maximum(3) => "3rd maximum",
            Self::Maximum(_) => "4th maximum",
            Self::OtherMaximum => "other maxima",
            Self::Spurious => "spurious",
            Self::Coincident => "coincident",
            Self::Reduced => "fewer components",
            Self::IterationLimit => "iteration limit",
            Self::Singular => "singular",
            Self::OtherFailure => "other failure",
        }
    }
}

/// The cells of a study in the order (data set, components, structure, objective).
pub(super) fn cells(runs: &[RunRow]) -> Vec<Cell<'_>> {
    let mut groups: BTreeMap<(&str, u32, Option<&str>, bool), Vec<&RunRow>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.factors.method == "em") {
        let factors = &run.factors;
        let key = (factors.dataset.as_str(), factors.k, factors.covariance.as_deref(), maxima::penalised(factors));
        groups.entry(key).or_default().push(run);
    }
    let mut cells = Vec::new();
    for ((dataset, k, covariance, penalised), mut runs) in groups {
        runs.sort_by_key(|run| run.run);
        let (levels, ranks) = rank(&runs);
        cells.push(Cell { dataset, k, covariance, penalised, runs, levels, ranks });
    }
    cells
}

/// Ranks the proper maxima of every draw by [`maxima::distinct`]; what lies within the tolerance of the best counts as the
/// best, as in the tables.
fn rank(runs: &[&RunRow]) -> (BTreeMap<u32, Vec<f64>>, BTreeMap<u32, usize>) {
    let mut draws: BTreeMap<u32, Vec<&RunRow>> = BTreeMap::new();
    for run in runs {
        draws.entry(run.factors.draw).or_default().push(run);
    }
    let (mut levels, mut ranks) = (BTreeMap::new(), BTreeMap::new());
    for (draw, runs) in draws {
        let mut scores: Vec<f64> = Vec::new();
        for maximum in maxima::distinct(runs) {
            if scores.first().is_none_or(|&best| maximum.score < best - maxima::tolerance(best)) {
                scores.push(maximum.score);
            }
            ranks.extend(maximum.runs.iter().map(|run| (run.run, scores.len())));
        }
        levels.insert(draw, scores);
    }
    (levels, ranks)
}

impl<'a> Cell<'a> {
    /// The log-likelihood of the best proper end of a draw, over all starts and policies.
    pub(super) fn best(&self, draw: u32) -> Option<f64> {
        self.levels.get(&draw).and_then(|levels| levels.first().copied())
    }

    /// The log-likelihood of the maximum behind a fate, where the cell has one draw only.
    pub(super) fn level(&self, fate: Fate) -> Option<f64> {
        let rank = match fate {
            Fate::Best => 1,
            Fate::Maximum(rank) => rank,
            _ => return None,
        };
        let draws: Vec<&Vec<f64>> = self.levels.values().collect();
        if let [levels] = draws[..] { levels.get(rank - 1).copied() } else { None }
    }

    /// The name of a fate in the cell's legend, with its log-likelihood where there is one draw only.
    pub(super) fn legend_of(&self, fate: Fate) -> String {
        match self.level(fate) {
            Some(level) => format!("{} ({})", fate.name(), signed(level, 2)),
            None => fate.name().to_owned(),
        }
    }

    /// What became of one of the cell's runs.
    pub(super) fn fate(&self, run: &RunRow) -> Fate {
        match run.outcome {
            RunOutcome::SingularCovariance => return Fate::Singular,
            RunOutcome::MaxIterations => return Fate::IterationLimit,
            RunOutcome::Converged if maxima::reduced(run) => return Fate::Reduced,
            RunOutcome::Converged => {}
            _ => return Fate::OtherFailure,
        }
        match (run.end, self.ranks.get(&run.run)) {
            (Some(End::Spurious), _) => Fate::Spurious,
            (Some(End::Coincident), _) => Fate::Coincident,
            (_, Some(1)) => Fate::Best,
            (_, Some(&rank @ 2..=4)) => Fate::Maximum(rank),
            (_, Some(_)) => Fate::OtherMaximum,
            (_, None) => Fate::OtherFailure,
        }
    }

    /// `iris-fisher, K = 3`, with the structure where it is not the full one.
    pub(super) fn title(&self) -> String {
        let structure = self.structure().map(|name| format!(", {name}")).unwrap_or_default();
        let objective = if self.penalised { ", penalised" } else { "" };
        format!("{}, K = {}{structure}{objective}", self.dataset, self.k)
    }

    /// `iris-fisher-k3`, fit for a file name and an element's id.
    pub(super) fn slug(&self) -> String {
        let structure = self.structure().map(|name| format!("-{name}")).unwrap_or_default();
        let objective = if self.penalised { "-penalised" } else { "" };
        format!("{}-k{}{structure}{objective}", self.dataset, self.k)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
            .collect()
    }

    fn structure(&self) -> Option<&str> {
        self.covariance.filter(|&name| name != "full")
    }

    /// The policies of the cell, alphabetically but with `stop` first.
    pub(super) fn policies(&self) -> Vec<&str> {
        let mut policies: Vec<&str> = self.runs.iter().filter_map(|run| run.factors.policy.as_deref()).collect();
        policies.sort_unstable_by_key(|&policy| (policy != "stop", policy));
        policies.dedup();
        policies
    }

    /// The runs under one policy; of starts with several covariances, those with the plan's first.
    pub(super) fn under<'s>(&'s self, policy: &'s str) -> impl Iterator<Item = &'a RunRow> + use<'a, 's> {
        let first = self.start_covariance();
        self.runs.iter().copied().filter(move |run| {
            let own = run.factors.start_covariance.as_deref();
            run.factors.policy.as_deref() == Some(policy) && (own.is_none() || own == first)
        })
    }

    /// The covariance of point-type starts that figures show: the first of the plan.
    fn start_covariance(&self) -> Option<&'a str> {
        self.runs.iter().find_map(|run| run.factors.start_covariance.as_deref())
    }

    /// A remark for the subtitle where starts had several covariances; empty otherwise.
    pub(super) fn remark(&self) -> String {
        let first = self.start_covariance();
        let several = self.runs.iter().any(|run| {
            let own = run.factors.start_covariance.as_deref();
            own.is_some() && own != first
        });
        first.filter(|_| several).map(|name| format!(" Point-type starts with covariance {name}.")).unwrap_or_default()
    }
}

/// How a line of a figure about singular covariances is coloured: by the cause of the failure.
pub(super) fn cause_color(cause: Option<&str>) -> &'static str {
    match cause {
        Some("few_rows") => ORANGE,
        Some("tied_values") => BLUE,
        Some("hyperplane") => GREEN,
        _ => INK,
    }
}
