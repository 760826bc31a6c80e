//! Which ends are maxima, which of them is the best, and which runs reached it.
//!
//! A *problem* is what has one answer: a data set, one draw of it, a number of components, and either a covariance
//! structure (judged by log-likelihood) or k-means (judged by −inertia, so that larger is better throughout). Starts and
//! policies are ways to an answer and no part of the problem, with one exception: under the policy `map` another function
//! is maximised, so that it is a problem of its own, judged by the penalised objective.
//!
//! - A *proper end* is that of a run that did not fail, still has K components and is neither spurious nor coincident
//!   ([`crate::ends`]).
//! - A *maximum* is a proper end at which the run converged; runs at the iteration limit have not shown that they are at
//!   one.
//! - *Best* is the highest maximum of the problem over all starts and policies.
//! - A run *reached* the best if its end is proper and within 1e-3 + 1e-6·|L| of it (or above it), at the iteration limit or
//!   not.
//! - Maxima are *distinct* by single linkage: sorted by value, neighbours belong together if they differ by no more than
//!   max(1e-4, 10 × the gain that the worse converged of the two still had to come).
//!
//! - Two different maxima of the same height are told apart by their components ([`crate::basins`]), where the records have
//!   them: [`basins`]. [`distinct`] goes by value alone.

use crate::basins::Ends;
use records::{End, Factors, RunOutcome, RunRow};
use std::collections::BTreeMap;

/// The name of k-means among the methods.
pub const K_MEANS: &str = "k-means";

/// The name of the policy that maximises a penalised objective.
pub const MAP: &str = "map";

/// What the runs of a problem are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// The log-likelihood, larger is better.
    LogLikelihood,
    /// The inertia (sum of squared distances to the nearest centre), smaller is better.
    Inertia,
}

impl Criterion {
    /// The criterion of a method.
    pub fn of_method(method: &str) -> Self {
        if method == K_MEANS { Self::Inertia } else { Self::LogLikelihood }
    }

    /// The name in captions and columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogLikelihood => "log-likelihood",
            Self::Inertia => "inertia",
        }
    }

    /// Turns a score back into the criterion's own sign.
    pub fn from_score(self, score: f64) -> f64 {
        match self {
            Self::LogLikelihood => score,
            Self::Inertia => -score,
        }
    }
}

/// The score of a run's end, larger is better: log-likelihood, −inertia for k-means, the penalised objective for
/// [`penalised`] runs. `None` for failed runs.
pub fn score(run: &RunRow) -> Option<f64> {
    run.end?;
    match Criterion::of_method(&run.factors.method) {
        Criterion::LogLikelihood if penalised(&run.factors) => run.objective,
        Criterion::LogLikelihood => run.log_likelihood,
        Criterion::Inertia => run.inertia.map(|inertia| -inertia),
    }
}

/// Whether the runs of a cell maximise log-likelihood plus the log density of a prior (the policy `map`).
pub fn penalised(factors: &Factors) -> bool {
    factors.policy.as_deref() == Some(MAP)
}

/// Whether the run lost components on its way (the policy `remove`), so that its end answers another question.
pub fn reduced(run: &RunRow) -> bool {
    run.k_end.is_some_and(|k| k < run.factors.k)
}

/// The score of a run whose end is proper (converged or at the iteration limit).
pub fn proper_score(run: &RunRow) -> Option<f64> {
    if run.end == Some(End::Proper) && !reduced(run) { score(run) } else { None }
}

/// Whether the run is at a maximum: proper and converged.
pub fn is_maximum(run: &RunRow) -> bool {
    run.outcome == RunOutcome::Converged && proper_score(run).is_some()
}

/// How far below the best a score may be to have reached it: 1e-3 + 1e-6·|best|.
pub fn tolerance(best: f64) -> f64 {
    1e-3 + 1e-6 * best.abs()
}

/// What has one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem<'a> {
    /// Data set id.
    pub dataset: &'a str,
    /// Number of the draw.
    pub draw: u32,
    /// Components.
    pub k: u32,
    /// Covariance structure; `None` for k-means.
    pub covariance: Option<&'a str>,
    /// Whether the answer is judged by inertia.
    pub k_means: bool,
    /// Whether the answer is judged by the penalised objective.
    pub penalised: bool,
}

impl<'a> Problem<'a> {
    /// The problem that a run works on.
    pub fn of(run: &'a RunRow) -> Self {
        let factors = &*run.factors;
        Self {
            dataset: &factors.dataset,
            draw: factors.draw,
            k: factors.k,
            covariance: factors.covariance.as_deref(),
            k_means: factors.method == K_MEANS,
            penalised: penalised(factors),
        }
    }
}

/// The best maximum of every problem.
#[derive(Clone, Debug, Default)]
pub struct Best<'a>(BTreeMap<Problem<'a>, &'a RunRow>);

impl<'a> Best<'a> {
    /// Finds the best of every problem; of equal scores the run with the lowest number.
    pub fn of(runs: impl IntoIterator<Item = &'a RunRow>) -> Self {
        let mut best: BTreeMap<Problem<'a>, &'a RunRow> = BTreeMap::new();
        for run in runs.into_iter().filter(|run| is_maximum(run)) {
            let leader = best.entry(Problem::of(run)).or_insert(run);
            if ranks_before(run, leader) {
                *leader = run;
            }
        }
        Self(best)
    }

    /// The best run of the problem that `run` works on; `None` if no run of it is at a maximum.
    pub fn run(&self, run: &RunRow) -> Option<&'a RunRow> {
        self.0.get(&Problem::of(run)).copied()
    }

    /// The score of the best run of the problem that `run` works on.
    pub fn score(&self, run: &RunRow) -> Option<f64> {
        self.run(run).and_then(score)
    }

    /// How far the proper end of `run` is below the best (negative: above it).
    pub fn gap(&self, run: &RunRow) -> Option<f64> {
        Some(self.score(run)? - proper_score(run)?)
    }

    /// Whether `run` reached the best.
    pub fn reached(&self, run: &RunRow) -> bool {
        self.score(run).zip(proper_score(run)).is_some_and(|(best, own)| own >= best - tolerance(best))
    }
}

/// Whether `a` is the better of two maxima: higher score, or the same and a lower number.
fn ranks_before(a: &RunRow, b: &RunRow) -> bool {
    match score(a).partial_cmp(&score(b)) {
        Some(std::cmp::Ordering::Greater) => true,
        Some(std::cmp::Ordering::Equal) => a.run < b.run,
        _ => false,
    }
}

/// The best maximum among `runs`, which need not be of one problem; of equal scores the lowest number.
pub fn best_run<'a>(runs: impl IntoIterator<Item = &'a RunRow>) -> Option<&'a RunRow> {
    let maxima = runs.into_iter().filter(|run| is_maximum(run));
    maxima.reduce(|leader, run| if ranks_before(run, leader) { run } else { leader })
}

/// A group of ends that are the same maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct Maximum<'a> {
    /// The highest score of the group.
    pub score: f64,
    /// The runs that ended there, the highest first.
    pub runs: Vec<&'a RunRow>,
}

/// The distinct values of maxima among runs of one problem, the highest first.
pub fn distinct<'a>(runs: impl IntoIterator<Item = &'a RunRow>) -> Vec<Maximum<'a>> {
    basins(runs, &Ends::default())
}

/// The distinct maxima among runs of one problem, the highest first: by value and, where `components` knows both runs, by
/// components. An end is compared with the last that joined each maximum of about its height.
pub fn basins<'a>(runs: impl IntoIterator<Item = &'a RunRow>, components: &Ends) -> Vec<Maximum<'a>> {
    let mut ends: Vec<(f64, &RunRow)> =
        runs.into_iter().filter(|run| is_maximum(run)).filter_map(|run| Some((score(run)?, run))).collect();
    ends.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.run.cmp(&b.1.run)));
    let slack = |run: &RunRow| (10.0 * run.remaining_gap.unwrap_or(0.0)).max(1e-4);
    let widest = ends.iter().map(|(_, run)| slack(run)).fold(0.0, f64::max);
    let mut maxima: Vec<Maximum<'a>> = Vec::new();
    // The value of the last end of each maximum, and the maxima with the nearest in value first. Values fall, so whichever was joined
    // or opened last is nearest; of equals that with the higher number.
    let mut lowest: Vec<f64> = Vec::new();
    let mut order: Vec<usize> = Vec::new();
    for (value, run) in ends {
        let near = order.iter().take_while(|&&i| lowest[i] - value <= widest);
        let place = near.copied().position(|i| {
            let Some(&last) = maxima[i].runs.last() else { return false };
            lowest[i] - value <= slack(run).max(slack(last)) && components.agree(last, run) != Some(false)
        });
        let i = if let Some(place) = place {
            let i = order.remove(place);
            maxima[i].runs.push(run);
            lowest[i] = value;
            i
        } else {
            maxima.push(Maximum { score: value, runs: vec![run] });
            lowest.push(value);
            maxima.len() - 1
        };
        let behind = order.iter().take_while(|&&j| lowest[j].total_cmp(&value).is_eq() && j > i).count();
        order.insert(behind, i);
    }
    maxima
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, k_means};

    #[test]
    fn the_best_is_proper_converged_and_of_the_same_problem() {
        let mut spurious = converged(0, -170.0);
        spurious.end = Some(End::Spurious);
        let mut at_limit = converged(1, -180.0);
        at_limit.outcome = RunOutcome::MaxIterations;
        let runs = [spurious, at_limit, converged(2, -190.0), converged(3, -185.0), failed(4), k_means(5, 78.85)];
        let best = Best::of(&runs);
        assert_eq!(best.run(&runs[0]).unwrap().run, 3);
        assert_eq!(best.score(&runs[5]), Some(-78.85));
        assert_eq!(best.gap(&runs[2]), Some(5.0));
        assert_eq!(best.gap(&runs[0]), None);
        assert_eq!(best.gap(&runs[4]), None);
    }

    #[test]
    fn reached_is_within_a_thousandth_and_a_millionth() {
        // tolerance(−1000) = 0.002
        let mut above = converged(3, -999.0);
        above.outcome = RunOutcome::MaxIterations;
        let runs = [converged(0, -1000.0), converged(1, -1000.0019), converged(2, -1000.0021), above];
        let best = Best::of(&runs);
        let reached: Vec<bool> = runs.iter().map(|run| best.reached(run)).collect();
        assert_eq!(reached, [true, true, false, true]);
    }

    #[test]
    fn of_equal_maxima_the_first_run_is_the_best() {
        let runs = [converged(7, -3.0), converged(4, -3.0), converged(5, -3.0)];
        assert_eq!(Best::of(&runs).run(&runs[0]).unwrap().run, 4);
        assert_eq!(best_run(&runs).unwrap().run, 4);
        assert_eq!(best_run(&[failed(0)]), None);
    }

    #[test]
    fn neighbours_chain_and_slow_runs_reach_further() {
        let mut slow = converged(4, -10.01);
        slow.remaining_gap = Some(0.002);
        let runs = [
            converged(0, -10.0),
            converged(1, -10.00009),
            converged(2, -10.00018),
            converged(3, -10.5),
            slow,
            failed(5),
        ];
        let maxima = distinct(&runs);
        let groups: Vec<Vec<u32>> =
            maxima.iter().map(|maximum| maximum.runs.iter().map(|run| run.run).collect()).collect();
        assert_eq!(groups, [vec![0, 1, 2, 4], vec![3]]);
        assert_eq!(maxima[1].score, -10.5);
        assert!(distinct(&[failed(0)]).is_empty());
    }

    #[test]
    fn equal_heights_are_told_apart_by_components() {
        let runs = [converged(0, -10.0), converged(1, -10.0), converged(2, -10.00005), converged(3, -10.0001)];
        let known = crate::basins::tests::ends(&[
            (0, &[(0.0, 1.0), (5.0, 1.0)]),
            (1, &[(0.0, 1.0), (-5.0, 1.0)]),
            (2, &[(5.0, 1.0), (0.0, 1.0)]),
        ]);
        let groups = |maxima: &[Maximum]| -> Vec<Vec<u32>> {
            maxima.iter().map(|maximum| maximum.runs.iter().map(|run| run.run).collect()).collect()
        };
        // Of run 3 nothing but the value is known: it joins the nearest.
        assert_eq!(groups(&basins(&runs, &known)), [vec![0, 2, 3], vec![1]]);
        assert_eq!(groups(&distinct(&runs)), [vec![0, 1, 2, 3]]);
    }

    #[test]
    fn a_prior_makes_another_problem_and_a_lost_component_another_question() {
        let under = |policy: &str, run: RunRow| {
            let policy = Some(policy.to_owned());
            RunRow { factors: std::sync::Arc::new(Factors { policy, ..(*run.factors).clone() }), ..run }
        };
        let mut map = under("map", converged(0, -190.0));
        map.objective = Some(-215.0);
        let mut removed = under("remove", converged(1, -100.0));
        removed.k_end = Some(2);
        let runs = [map, removed, converged(2, -180.0)];
        let best = Best::of(&runs);
        assert_eq!((best.run(&runs[0]).unwrap().run, best.score(&runs[0])), (0, Some(-215.0)));
        assert_eq!((best.run(&runs[1]).unwrap().run, proper_score(&runs[1])), (2, None));
        assert!(!best.reached(&runs[1]));
    }

    #[test]
    fn lower_inertia_is_higher() {
        let runs = [k_means(0, 142.75), k_means(1, 78.85)];
        assert_eq!(distinct(&runs)[0].score, -78.85);
        assert_eq!(Criterion::Inertia.from_score(-78.85), 78.85);
    }
}
