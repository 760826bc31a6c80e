//! The cells of a plan: the grid with factors collapsed where they do not apply, less what `include` and `exclude` take
//! away, numbered in the order data set, draw, K, method, covariance, start, policy, replicate.

use super::resolve::Errors;
use super::{Cell, DatasetPlan, Plan};
use crate::config::diagnostics::{Diagnostic, suggestion};
use crate::config::sweep_file::{FilterFile, SweepFile};
use crate::kinds::{Covariance, Method, Policy, StartKind};
use crate::seeds;
use records::Factors;
use std::sync::Arc;

/// A combination of the factors that do not depend on the draw.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Combination {
    dataset: usize,
    k: u32,
    method: Method,
    covariance: Option<Covariance>,
    start: StartKind,
    policy: Option<Policy>,
}

/// Refuses empty lists, repeated entries and impossible parameters.
pub fn check_lists(file: &SweepFile, errors: &mut Errors<'_>) {
    let grid = &file.grid;
    check_list("grid.method", &grid.method, |method| method.name().to_owned(), errors);
    check_list("grid.covariance", &grid.covariance, |covariance| covariance.name().to_owned(), errors);
    check_list("grid.start", &grid.start, |start| start.name().to_owned(), errors);
    check_list("grid.policy", &grid.policy, |policy| policy.label(), errors);
    for (i, policy) in grid.policy.iter().enumerate() {
        if let Policy::Ridge(by) = *policy
            && !(by > 0.0 && by.is_finite())
        {
            errors.push(
                Diagnostic::new(format!("a ridge of {by}"))
                    .at(errors.span(&format!("grid.policy[{i}]")), "expected a finite number above 0")
                    .help("without a ridge the policy is \"stop\""),
            );
        }
    }
}

fn check_list<T: PartialEq>(path: &str, values: &[T], name: impl Fn(&T) -> String, errors: &mut Errors<'_>) {
    if values.is_empty() {
        errors
            .push(Diagnostic::new(format!("`{path}` is empty")).at(errors.span(path), "at least one value is needed"));
    }
    for (i, value) in values.iter().enumerate() {
        if let Some(first) = values[..i].iter().position(|other| other == value) {
            errors.push(
                Diagnostic::new(format!("`{}` is listed twice in `{path}`", name(value)))
                    .at(errors.span(&format!("{path}[{i}]")), "the second one")
                    .context(errors.span(&format!("{path}[{first}]")), "the first one"),
            );
        }
    }
}

/// The cells of `plan`, whose data sets are complete.
pub fn cells(file: &SweepFile, plan: &Plan, errors: &mut Errors<'_>) -> Vec<Cell> {
    let all = combinations(file, &plan.datasets);
    let included = chosen("include", &file.include, &all, &plan.datasets, errors);
    let excluded = chosen("exclude", &file.exclude, &all, &plan.datasets, errors);
    let keep = |i: &usize| (file.include.is_empty() || included[*i]) && !excluded[*i];
    let kept: Vec<Combination> = (0..all.len()).filter(keep).map(|i| all[i]).collect();
    if kept.is_empty() && errors.none() {
        let from = if file.exclude.is_empty() { "include" } else { "exclude" };
        errors
            .push(Diagnostic::new("nothing is left to run").at(errors.span(&format!("{from}[0]")), "no cell remains"));
    }
    check_all_pairs(file, &kept, &plan.datasets, errors);
    if errors.none() { number(&kept, plan, errors) } else { Vec::new() }
}

fn combinations(file: &SweepFile, datasets: &[DatasetPlan]) -> Vec<Combination> {
    let grid = &file.grid;
    let mut all = Vec::new();
    for (dataset, plan) in datasets.iter().enumerate() {
        for &k in &plan.components {
            for &method in &grid.method {
                let (covariances, policies): (Vec<_>, Vec<_>) = match method {
                    Method::Em => (
                        grid.covariance.iter().copied().map(Some).collect(),
                        grid.policy.iter().copied().map(Some).collect(),
                    ),
                    Method::KMeans => (vec![None], vec![None]),
                };
                for &covariance in &covariances {
                    for &start in &grid.start {
                        let with = |&policy| Combination { dataset, k, method, covariance, start, policy };
                        all.extend(policies.iter().map(with));
                    }
                }
            }
        }
    }
    all
}

/// Which combinations match any of the entries of `include` or `exclude`; an entry that matches nothing is an error.
fn chosen(
    list: &str,
    filters: &[FilterFile],
    all: &[Combination],
    datasets: &[DatasetPlan],
    errors: &mut Errors<'_>,
) -> Vec<bool> {
    let mut chosen = vec![false; all.len()];
    for (i, filter) in filters.iter().enumerate() {
        let at = format!("{list}[{i}]");
        if let Some(name) = &filter.dataset
            && !datasets.iter().any(|dataset| dataset.name == *name)
        {
            errors.push(
                Diagnostic::new(format!("unknown data set `{name}` in `{list}`"))
                    .at(errors.span(&format!("{at}.dataset")), "no data set of this study has this name")
                    .help(suggestion(name, datasets.iter().map(|dataset| dataset.name.as_str()))),
            );
            continue;
        }
        let matching: Vec<usize> = (0..all.len()).filter(|&j| matches(filter, &all[j], datasets)).collect();
        if matching.is_empty() {
            errors.push(
                Diagnostic::new(format!("this `{list}` matches nothing"))
                    .at(errors.span(&at), "no cell of the grid has all of these values")
                    .help("`runner CONFIG --dry-run` without it lists the cells; k-means has neither covariance nor policy"),
            );
        }
        for j in matching {
            chosen[j] = true;
        }
    }
    chosen
}

fn matches(filter: &FilterFile, cell: &Combination, datasets: &[DatasetPlan]) -> bool {
    let policy =
        |pattern: &crate::config::sweep_file::PolicyPattern| cell.policy.is_some_and(|one| pattern.matches(one));
    filter.dataset.as_ref().is_none_or(|name| *name == datasets[cell.dataset].name)
        && filter.components.is_none_or(|k| k == cell.k)
        && filter.method.is_none_or(|method| method == cell.method)
        && filter.covariance.is_none_or(|covariance| Some(covariance) == cell.covariance)
        && filter.start.is_none_or(|start| start == cell.start)
        && filter.policy.as_ref().is_none_or(policy)
}

/// Pairs of rows are starts for two components only.
fn check_all_pairs(file: &SweepFile, kept: &[Combination], datasets: &[DatasetPlan], errors: &mut Errors<'_>) {
    let wrong = kept.iter().find(|cell| cell.start == StartKind::AllPairs && cell.k != 2);
    if let Some(cell) = wrong {
        let index = file.grid.start.iter().position(|start| *start == StartKind::AllPairs).unwrap_or(0);
        let name = &datasets[cell.dataset].name;
        errors.push(
            Diagnostic::new(format!("`all-pairs` with {} components", cell.k))
                .at(
                    errors.span(&format!("grid.start[{index}]")),
                    format!("a pair of rows starts 2 components, but data set `{name}` asks for K = {}", cell.k),
                )
                .help("set components = [2], or leave the cell out with [[exclude]]"),
        );
    }
}

/// One cell per draw, with the numbers of its runs.
fn number(kept: &[Combination], plan: &Plan, errors: &mut Errors<'_>) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut first_run: u32 = 0;
    let mut place = |combination: &Combination, draw: u32, cells: &mut Vec<Cell>| -> bool {
        let dataset = &plan.datasets[combination.dataset];
        let replicates = combination.start.exhaustive(dataset.n).unwrap_or(u64::from(dataset.replicates));
        let Some((replicates, next)) =
            u32::try_from(replicates).ok().and_then(|count| Some((count, first_run.checked_add(count)?)))
        else {
            return false;
        };
        cells.push(cell(combination, draw, first_run, replicates, plan));
        first_run = next;
        true
    };
    for (dataset, draw) in plan.draws() {
        for combination in kept.iter().filter(|combination| combination.dataset == dataset) {
            if !place(combination, draw, &mut cells) {
                errors.push(
                    Diagnostic::new("more than 4294967295 runs")
                        .at(errors.span("replicates"), "runs are numbered by 32 bits")
                        .help("ask for fewer starts, draws or data sets"),
                );
                return Vec::new();
            }
        }
    }
    cells
}

fn cell(combination: &Combination, draw: u32, first_run: u32, replicates: u32, plan: &Plan) -> Cell {
    let Combination { dataset, k, method, covariance, start, policy } = *combination;
    let data = &plan.datasets[dataset];
    let factors = Factors {
        dataset: data.name.clone(),
        draw,
        n: data.n,
        d: data.d,
        k,
        method: method.name().to_owned(),
        covariance: covariance.map(|structure| structure.name().to_owned()),
        start: start.name().to_owned(),
        policy: policy.map(Policy::label),
        stop: plan.stop_label(),
    };
    let mut cell = Cell {
        first_run,
        replicates,
        dataset,
        draw,
        k,
        method,
        covariance,
        start,
        policy,
        factors: Arc::new(factors),
        digest: [0; 32],
    };
    cell.digest = seeds::cell_digest(plan, &cell);
    cell
}
