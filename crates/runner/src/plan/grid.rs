//! The cells of a plan: the grid with factors collapsed where they do not apply, less what `include` and `exclude` take
//! away, numbered in the order data set, draw, K, method, covariance, start, start covariance, policy, replicate.

use super::resolve::Errors;
use super::{Cell, DatasetPlan, Plan};
use crate::config::diagnostics::{Diagnostic, suggestion};
use crate::config::filter_file::{FilterFile, PolicyPattern};
use crate::config::sweep_file::SweepFile;
use crate::dispatch;
use crate::kinds::{Covariance, Method, Policy, StartCovariance, StartKind};
use crate::seeds::CellDigests;
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
    start_covariance: Option<StartCovariance>,
    policy: Option<Policy>,
}

/// Refuses empty lists, repeated entries and impossible parameters.
pub fn check_lists(file: &SweepFile, errors: &mut Errors<'_>) {
    let grid = &file.grid;
    check_list("grid.method", &grid.method, |method| method.name().to_owned(), errors);
    check_list("grid.covariance", &grid.covariance, |covariance| covariance.name().to_owned(), errors);
    check_list("grid.start", &grid.start, |start| start.name().to_owned(), errors);
    check_list("grid.start-covariance", &grid.start_covariance, |one| one.name().to_owned(), errors);
    check_list("grid.policy", &grid.policy, |policy| policy.label(), errors);
    for (i, policy) in grid.policy.iter().enumerate() {
        if let Some((expected, help)) = policy.fault() {
            errors.push(
                Diagnostic::new(format!("a {} of {}", policy.name(), policy.number().unwrap_or_default()))
                    .at(errors.span(&format!("grid.policy[{i}]")), expected)
                    .help(help),
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
    check_starts(file, &kept, plan, errors);
    check_policies(file, &kept, errors);
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
                        // k-means takes the means only.
                        let start_covariances = match method {
                            Method::Em if start.has_covariance() => {
                                grid.start_covariance.iter().copied().map(Some).collect()
                            }
                            _ => vec![None],
                        };
                        for start_covariance in start_covariances {
                            let with = |&policy| Combination {
                                dataset,
                                k,
                                method,
                                covariance,
                                start,
                                start_covariance,
                                policy,
                            };
                            all.extend(policies.iter().map(with));
                        }
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

/// Whether a cell has all the values of a filter.
pub fn matches_cell(filter: &FilterFile, cell: &Cell, datasets: &[DatasetPlan]) -> bool {
    let Cell { dataset, k, method, covariance, start, start_covariance, policy, .. } = *cell;
    matches(filter, &Combination { dataset, k, method, covariance, start, start_covariance, policy }, datasets)
}

fn matches(filter: &FilterFile, cell: &Combination, datasets: &[DatasetPlan]) -> bool {
    let policy = |pattern: &PolicyPattern| cell.policy.is_some_and(|one| pattern.matches(one));
    filter.dataset.as_ref().is_none_or(|name| *name == datasets[cell.dataset].name)
        && filter.components.is_none_or(|k| k == cell.k)
        && filter.method.is_none_or(|method| method == cell.method)
        && filter.covariance.is_none_or(|covariance| Some(covariance) == cell.covariance)
        && filter.start.is_none_or(|start| start == cell.start)
        && filter.start_covariance.is_none_or(|covariance| Some(covariance) == cell.start_covariance)
        && filter.policy.as_ref().is_none_or(policy)
}

/// Refuses starts that cannot be made: each kind once, with the first cell that asks for it.
fn check_starts(file: &SweepFile, kept: &[Combination], plan: &Plan, errors: &mut Errors<'_>) {
    let exclude = "or leave the cell out with [[exclude]]";
    for (index, &kind) in file.grid.start.iter().enumerate() {
        let fault = kept.iter().filter(|cell| cell.start == kind).find_map(|cell| {
            let data = &plan.datasets[cell.dataset];
            let (name, k) = (&data.name, cell.k);
            let given = plan.starts.given(cell.dataset, k).is_some();
            let known = data.classes() == Some(k as usize);
            match kind {
                StartKind::Given if !given => Some((
                    format!("no start is given for data set `{name}` with {k} components"),
                    format!("add [[start.given]] with dataset = \"{name}\" and a file of {k} components, {exclude}"),
                )),
                StartKind::Truth if !known => Some(match data.classes() {
                    Some(classes) => (
                        format!("data set `{name}` has {classes} true classes, but K = {k} is asked for"),
                        format!("set components = [{classes}], {exclude}"),
                    ),
                    None => (
                        format!("the truth of data set `{name}` is not known"),
                        "leave the data set out with [[exclude]]".to_owned(),
                    ),
                }),
                StartKind::Perturbed if !given && !known => Some((
                    format!("no optimum of data set `{name}` with {k} components is known"),
                    format!("it is reached from the truth where that has K classes; add [[start.given]], {exclude}"),
                )),
                _ if kind.exhaustive(data.n) == Some(0) => Some((
                    format!("data set `{name}` has {} rows, too few for one start", data.n),
                    format!("use more rows, {exclude}"),
                )),
                _ => match kind.only_components() {
                    Some(only) if only != k => Some((
                        format!("{only} rows start {only} components, but data set `{name}` asks for K = {k}"),
                        format!("set components = [{only}], {exclude}"),
                    )),
                    _ => None,
                },
            }
        });
        if let Some((label, help)) = fault {
            errors.push(
                Diagnostic::new(format!("the start `{}` cannot be made", kind.name()))
                    .at(errors.span(&format!("grid.start[{index}]")), label)
                    .help(help),
            );
        }
    }
}

/// Refuses policies for which a structure has no exact M-step: each policy once, with all such structures.
fn check_policies(file: &SweepFile, kept: &[Combination], errors: &mut Errors<'_>) {
    for (index, policy) in file.grid.policy.iter().enumerate() {
        let refused = |covariance: &&Covariance| {
            let asked = kept.iter().any(|cell| cell.policy == Some(*policy) && cell.covariance == Some(**covariance));
            asked && !dispatch::allows(**covariance, *policy)
        };
        let names: Vec<String> =
            file.grid.covariance.iter().filter(refused).map(|one| format!("`{}`", one.name())).collect();
        if !names.is_empty() {
            let allowed = Covariance::ALL.iter().filter(|one| dispatch::allows(**one, *policy)).map(|one| one.name());
            let allowed: Vec<&str> = allowed.collect();
            errors.push(
                Diagnostic::new(format!("the policy `{}` is not for every covariance structure", policy.name()))
                    .at(
                        errors.span(&format!("grid.policy[{index}]")),
                        format!("no exact M-step is known under it for {}", names.join(", ")),
                    )
                    .help(format!("it is there for {}; leave the others out with [[exclude]]", allowed.join(", "))),
            );
        }
    }
}

/// Cells that a plan may have: they are held in memory, some 500 bytes each.
const MOST_CELLS: u64 = 1_000_000;

/// One cell per draw, with the numbers of its runs.
fn number(kept: &[Combination], plan: &Plan, errors: &mut Errors<'_>) -> Vec<Cell> {
    let all: u64 = kept.iter().map(|combination| u64::from(plan.datasets[combination.dataset].draws)).sum();
    if all > MOST_CELLS {
        errors.push(
            Diagnostic::new(format!("{all} cells"))
                .at(errors.span("dataset"), format!("a study has {MOST_CELLS} at most"))
                .help("ask for fewer draws; replicates are not cells"),
        );
        return Vec::new();
    }
    let mut cells = Vec::with_capacity(usize::try_from(all).unwrap_or_default());
    let mut first_run: u32 = 0;
    // The combinations are in the order of the data sets; each of these has its draws, and each draw its combinations.
    for family in kept.chunk_by(|a, b| a.dataset == b.dataset) {
        let dataset = &plan.datasets[family[0].dataset];
        let first: Vec<(Cell, CellDigests)> = family.iter().map(|combination| first_draw(combination, plan)).collect();
        for draw in 0..dataset.draws {
            for (cell, digests) in &first {
                let Some(next) = first_run.checked_add(cell.replicates).filter(|_| cell.replicates < TOO_MANY) else {
                    errors.push(
                        Diagnostic::new("more than 4294967295 runs")
                            .at(errors.span("replicates"), "runs are numbered by 32 bits")
                            .help("ask for fewer starts, draws or data sets"),
                    );
                    return Vec::new();
                };
                let factors = Arc::new(Factors { draw, ..(*cell.factors).clone() });
                cells.push(Cell { first_run, draw, factors, digest: digests.draw(draw), ..cell.clone() });
                first_run = next;
            }
        }
    }
    cells
}

/// Starts of a cell that are more than runs have numbers.
const TOO_MANY: u32 = u32::MAX;

/// The first cell of a combination, without its place, and the hashes of all its cells.
fn first_draw(combination: &Combination, plan: &Plan) -> (Cell, CellDigests) {
    let dataset = &plan.datasets[combination.dataset];
    let replicates = combination.start.exhaustive(dataset.n).unwrap_or(u64::from(dataset.replicates));
    let cell = cell(combination, u32::try_from(replicates).unwrap_or(TOO_MANY), plan);
    let digests = CellDigests::of(plan, &cell);
    (cell, digests)
}

/// The only cell of a plan with one data set.
pub fn single(
    k: u32,
    replicates: u32,
    method: Method,
    covariance: Option<Covariance>,
    start: StartKind,
    policy: Option<Policy>,
    plan: &Plan,
) -> Cell {
    let start_covariance = (method == Method::Em && start.has_covariance()).then_some(StartCovariance::Total);
    let combination = Combination { dataset: 0, k, method, covariance, start, start_covariance, policy };
    let cell = cell(&combination, replicates, plan);
    let digest = CellDigests::of(plan, &cell).draw(0);
    Cell { digest, ..cell }
}

/// The cell of the first draw, without place and hash.
fn cell(combination: &Combination, replicates: u32, plan: &Plan) -> Cell {
    let Combination { dataset, k, method, covariance, start, start_covariance, policy } = *combination;
    let data = &plan.datasets[dataset];
    let factors = Factors {
        dataset: data.name.clone(),
        draw: 0,
        n: data.n,
        d: data.d,
        k,
        method: method.name().to_owned(),
        covariance: covariance.map(|structure| structure.name().to_owned()),
        start: start.name().to_owned(),
        start_covariance: start_covariance.map(|covariance| covariance.name().to_owned()),
        policy: policy.map(Policy::label),
        stop: plan.stop_label(),
    };
    Cell {
        first_run: 0,
        replicates,
        dataset,
        draw: 0,
        k,
        method,
        covariance,
        start,
        start_covariance,
        policy,
        factors: Arc::new(factors),
        digest: [0; 32],
    }
}
