//! Runs that differ in data and replicate only, and the shares that the experiments count of them.

use records::{End, Factors, RunOutcome, RunRow};
use report::intervals::Share;
use report::maxima::Best;
use report::table::{Cell, Column, Row, Table};

/// The runs of one combination of data set, K, method, structure, start and policy; draws are pooled.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// In the order of their numbers; at least one.
    pub runs: Vec<&'a RunRow>,
}

/// All groups in the order of their first run.
pub fn groups(runs: &[RunRow]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for run in runs {
        match groups.iter_mut().find(|group| same_but_draw(group.factors(), &run.factors)) {
            Some(group) => group.runs.push(run),
            None => groups.push(Group { runs: vec![run] }),
        }
    }
    groups
}

fn same_but_draw(a: &Factors, b: &Factors) -> bool {
    let key = |f: &Factors| (f.k, f.method == "k-means");
    key(a) == key(b)
        && (&a.dataset, &a.covariance, &a.start, &a.start_covariance, &a.policy)
            == (&b.dataset, &b.covariance, &b.start, &b.start_covariance, &b.policy)
}

impl<'a> Group<'a> {
    /// What they have in common, but for the draw.
    pub fn factors(&self) -> &'a Factors {
        &self.runs[0].factors
    }

    /// Starts that reached the best proper maximum.
    pub fn hits(&self, best: &Best<'_>) -> Share {
        Share::of(self.runs.iter().map(|run| best.reached(run)))
    }

    /// Starts with an end of this kind.
    pub fn ended(&self, end: End) -> Share {
        Share::of(self.runs.iter().map(|run| run.end == Some(end)))
    }
}

/// Starts that died of a singular covariance.
pub fn singular(group: &Group<'_>) -> Share {
    Share::of(group.runs.iter().map(|run| run.outcome == RunOutcome::SingularCovariance))
}

/// One column of shares.
pub type Measure<'m> = (&'m str, &'m str, &'m dyn Fn(&Group<'_>) -> Share);

/// A row for each group: its factors, its number of starts, and shares (heading, key, share).
pub fn table(name: &str, title: &str, caption: &str, groups: &[Group<'_>], measures: &[Measure<'_>]) -> Table {
    let mut columns = vec![
        Column::factor("data", "dataset"),
        Column::factor("K", "k"),
        Column::factor("method", "method"),
        Column::factor("start", "start"),
        Column::text("policy", "policy"),
        Column::number("starts", "starts"),
    ];
    columns.extend(measures.iter().map(|(heading, key, _)| Column::share(heading, key)));
    let row = |group: &Group<'_>| {
        let factors = group.factors();
        let mut cells = vec![
            Cell::text(&factors.dataset),
            Cell::count(factors.k as usize),
            Cell::text(&factors.method),
            Cell::text(&factors.start),
            Cell::maybe_text(factors.policy.as_ref()),
            Cell::count(group.runs.len()),
        ];
        cells.extend(measures.iter().map(|(_, _, measure)| Cell::share(measure(group))));
        Row { cells, main: true }
    };
    Table {
        name: name.to_owned(),
        title: title.to_owned(),
        caption: caption.to_owned(),
        note: String::new(),
        columns,
        rows: groups.iter().map(row).collect(),
    }
}
