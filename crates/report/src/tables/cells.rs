//! Runs grouped by what they were given.
//!
//! A *cell* of the sweep is a data set, K, method, covariance structure, kind of start, policy and stop rule; its runs
//! differ in replicate and, for synthetic data, in the draw. Cells and their factors' values come in the order in which
//! the plan has them, which is that of the run numbers.

use crate::table::{Cell, Column, Shown};
use records::{Factors, RunRow};
use std::collections::{BTreeMap, HashMap};

/// The runs of one cell.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The factors of its first run; those of the others differ at most in the draw.
    pub factors: &'a Factors,
    /// Its runs, in the order given.
    pub runs: Vec<&'a RunRow>,
    /// Whether it belongs to the first method under its first policy: what a screen shows if not all fits.
    pub main: bool,
}

impl<'a> Group<'a> {
    /// The group's runs by draw, in ascending order of the draws.
    pub fn by_draw(&self) -> Vec<Vec<&'a RunRow>> {
        by_draw(&self.runs)
    }
}

/// Runs by draw, in ascending order of the draws.
pub fn by_draw<'a>(runs: &[&'a RunRow]) -> Vec<Vec<&'a RunRow>> {
    let mut draws: BTreeMap<u32, Vec<&RunRow>> = BTreeMap::new();
    for run in runs {
        draws.entry(run.factors.draw).or_default().push(run);
    }
    draws.into_values().collect()
}

/// Cells that share a key, in the order of the keys' first appearance.
pub fn gather<'c, 'a, K: PartialEq>(cells: &'c Cells<'a>, key: impl Fn(&'a Factors) -> K) -> Vec<Vec<&'c Group<'a>>> {
    let mut gathered: Vec<(K, Vec<&Group>)> = Vec::new();
    for group in &cells.groups {
        let key = key(group.factors);
        match gathered.iter_mut().find(|(known, _)| *known == key) {
            Some((_, groups)) => groups.push(group),
            None => gathered.push((key, vec![group])),
        }
    }
    gathered.into_iter().map(|(_, groups)| groups).collect()
}

/// The values of a factor in order of their first appearance.
#[derive(Clone, Debug, Default)]
struct Order<'a> {
    names: Vec<&'a str>,
    ranks: HashMap<&'a str, usize>,
}

impl<'a> Order<'a> {
    fn rank(&mut self, name: &'a str) -> usize {
        *self.ranks.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

/// The cells of a sweep.
#[derive(Clone, Debug)]
pub struct Cells<'a> {
    /// Sorted by data set, K, method, covariance, start, its covariance, policy, stop rule, each in the plan's order.
    pub groups: Vec<Group<'a>>,
    /// The methods in the plan's order, with the covariance structure where there are several (`em full`).
    pub contenders: Vec<String>,
    several_covariances: bool,
    several_start_covariances: bool,
    several_stops: bool,
}

impl<'a> Cells<'a> {
    /// Groups the runs.
    pub fn of(runs: impl IntoIterator<Item = &'a RunRow>) -> Self {
        let mut orders: [Order<'a>; 7] = Default::default();
        let mut groups: BTreeMap<[usize; 8], Group<'a>> = BTreeMap::new();
        for run in runs {
            let factors = &*run.factors;
            let [dataset, method, covariance, start, start_covariance, policy, stop] = &mut orders;
            let key = [
                dataset.rank(&factors.dataset),
                factors.k as usize,
                method.rank(&factors.method),
                covariance.rank(factors.covariance.as_deref().unwrap_or("")),
                start.rank(&factors.start),
                start_covariance.rank(factors.start_covariance.as_deref().unwrap_or("")),
                policy.rank(factors.policy.as_deref().unwrap_or("")),
                stop.rank(&factors.stop),
            ];
            let group = groups.entry(key).or_insert_with(|| Group { factors, runs: Vec::new(), main: false });
            group.runs.push(run);
        }
        let first = groups.keys().map(|key| (key[2], key[6])).min();
        for (key, group) in &mut groups {
            group.main = first == Some((key[2], key[6]));
        }
        let [_, _, covariances, _, start_covariances, _, stops] = &orders;
        let several = |order: &Order<'_>| order.names.iter().filter(|name| !name.is_empty()).count() > 1;
        let several_covariances = several(covariances);
        let mut contenders: Vec<([usize; 2], String)> = groups
            .iter()
            .map(|(key, group)| ([key[2], key[3]], contender(group.factors, several_covariances)))
            .collect();
        contenders.sort();
        contenders.dedup();
        Self {
            contenders: contenders.into_iter().map(|(_, name)| name).collect(),
            several_covariances,
            several_start_covariances: several(start_covariances),
            several_stops: stops.names.len() > 1,
            groups: groups.into_values().collect(),
        }
    }

    /// The name of the method of `factors` among [`contenders`](Self::contenders).
    pub fn contender(&self, factors: &Factors) -> String {
        contender(factors, self.several_covariances)
    }

    /// The columns that name a cell. Covariances and stop rule have one only where they differ (in CSV: always).
    pub fn columns(&self) -> Vec<Column> {
        let if_several = |several: bool| if several { Shown::Everywhere } else { Shown::Data };
        vec![
            Column::factor("data", "dataset"),
            Column::factor("K", "k"),
            Column::factor("method", "method"),
            Column::factor("covariance", "covariance").shown(if_several(self.several_covariances)),
            Column::text("start", "start"),
            Column::text("Σ₀", "start_covariance").shown(if_several(self.several_start_covariances)),
            Column::text("policy", "policy"),
            Column::text("stop", "stop").shown(if_several(self.several_stops)),
        ]
    }

    /// The cells under [`columns`](Self::columns).
    #[allow(clippy::unused_self)] // beside `columns`, whose order it follows
    pub fn names(&self, factors: &Factors) -> Vec<Cell> {
        vec![
            Cell::text(&factors.dataset),
            Cell::count(factors.k as usize),
            Cell::text(&factors.method),
            Cell::maybe_text(factors.covariance.as_deref()),
            Cell::text(&factors.start),
            Cell::maybe_text(factors.start_covariance.as_deref()),
            Cell::maybe_text(factors.policy.as_deref()),
            Cell::text(&factors.stop),
        ]
    }
}

fn contender(factors: &Factors, several_covariances: bool) -> String {
    match &factors.covariance {
        Some(covariance) if several_covariances => format!("{} {covariance}", factors.method),
        _ => factors.method.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors, k_means};
    use std::sync::Arc;

    fn given(run: u32, change: impl Fn(&mut Factors)) -> RunRow {
        let mut changed = factors();
        change(&mut changed);
        RunRow { factors: Arc::new(changed), ..converged(run, -1.0) }
    }

    #[test]
    fn cells_come_in_the_order_of_the_plan() {
        let runs = [
            given(0, |f| f.start = "tutorial".to_owned()),
            given(1, |f| f.start = "k-means++".to_owned()),
            given(2, |f| f.policy = Some("ridge=1e-6".to_owned())),
            given(3, |f| (f.k, f.start) = (2, "tutorial".to_owned())),
            k_means(4, 78.0),
            given(5, |f| (f.draw, f.start) = (1, "tutorial".to_owned())),
        ];
        let cells = Cells::of(&runs);
        let numbers: Vec<Vec<u32>> = cells.groups.iter().map(|g| g.runs.iter().map(|r| r.run).collect()).collect();
        assert_eq!(numbers, [vec![3], vec![0, 5], vec![1], vec![2], vec![4]]);
        let main: Vec<bool> = cells.groups.iter().map(|group| group.main).collect();
        assert_eq!(main, [true, true, true, false, false]);
        assert_eq!(cells.groups[1].by_draw().len(), 2);
        assert_eq!(cells.contenders, ["em", "k-means"]);
        assert_eq!(cells.columns().len(), cells.names(&factors()).len());
    }

    #[test]
    fn structures_are_named_where_there_are_several() {
        let runs = [given(0, |_| ()), given(1, |f| f.covariance = Some("tied".to_owned())), k_means(2, 78.0)];
        let cells = Cells::of(&runs);
        assert_eq!(cells.contenders, ["em full", "em tied", "k-means"]);
        assert_eq!(cells.columns()[3].shown, Shown::Everywhere);
        assert_eq!(cells.columns()[7].shown, Shown::Data);
    }
}
