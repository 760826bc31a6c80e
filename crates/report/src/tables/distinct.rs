//! Every maximum that was found, by problem and policy: for those who want to look closer. A long table.

use super::cells::{Cells, by_draw, gather};
use crate::basins::Ends;
use crate::intervals::Share;
use crate::maxima::{self, Criterion, Maximum};
use crate::table::{Cell, Column, Digits, Row, Table};
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "maxima";

/// The distinct maxima of each data set, draw, K, method, covariance structure, policy and stop rule, over all kinds of
/// start, the best first.
pub fn table(runs: &[RunRow], components: &Ends) -> Table {
    let cells = Cells::of(runs);
    let mut rows = Vec::new();
    for groups in gather(&cells, |f| (&f.dataset, f.k, &f.method, &f.covariance, &f.policy, &f.stop)) {
        let runs: Vec<&RunRow> = groups.iter().flat_map(|group| group.runs.iter().copied()).collect();
        for draw in by_draw(&runs) {
            let maxima = maxima::basins(draw.iter().copied(), components);
            rows.extend((1..).zip(&maxima).map(|(rank, maximum)| row(rank, maximum, draw.len())));
        }
    }
    Table {
        rows,
        name: NAME.to_owned(),
        title: "All maxima".to_owned(),
        caption:
            "Distinct maxima (proper, converged ends, by value and components) over all kinds of start, the best first: \
                  log-likelihood, or inertia for k-means; ends there, among how many starts, their share with its 95 % \
                  Clopper-Pearson interval; the run that came highest."
                .to_owned(),
        note: String::new(),
        columns: columns(),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::factor("data", "dataset"),
        Column::factor("K", "k"),
        Column::factor("method", "method"),
        Column::factor("covariance", "covariance"),
        Column::factor("policy", "policy"),
        Column::factor("stop", "stop"),
        Column::factor("draw", "draw"),
        Column::number("rank", "rank"),
        Column::number("value", "value"),
        Column::number("ends", "ends"),
        Column::number("starts", "starts"),
        Column::interval("share", "share"),
        Column::number("run", "run"),
    ]
}

fn row(rank: usize, maximum: &Maximum, starts: usize) -> Row {
    let leader = maximum.runs[0];
    let share = Share { hits: maximum.runs.len(), trials: starts };
    let interval = share.interval();
    let factors = &*leader.factors;
    let value = Criterion::of_method(&factors.method).from_score(maximum.score);
    let cells = vec![
        Cell::text(&factors.dataset),
        Cell::count(factors.k as usize),
        Cell::text(&factors.method),
        Cell::maybe_text(factors.covariance.as_deref()),
        Cell::maybe_text(factors.policy.as_deref()),
        Cell::text(&factors.stop),
        Cell::count(factors.draw as usize),
        Cell::count(rank),
        Cell::number(Some(value), Digits::Decimals(6)),
        Cell::count(maximum.runs.len()),
        Cell::count(starts),
        Cell::between(share.value(), interval.map(|i| i.lower), interval.map(|i| i.upper), Digits::Decimals(4)),
        Cell::count(leader.run as usize),
    ];
    Row { cells, main: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed, k_means};
    use crate::table::{Csv, Format};

    #[test]
    fn maxima_of_a_problem_are_ranked() {
        let runs = [converged(0, -190.0), converged(1, -180.0), converged(2, -180.0), failed(3), k_means(4, 78.85)];
        let csv = Csv.render(&table(&runs, &Ends::default()));
        let expected = "\
dataset,k,method,covariance,policy,stop,draw,rank,value,ends,starts,share,share_lower,share_upper,run
iris,3,em,full,stop,gain-per-row=1e-11,0,1,-180,2,4,0.5,0.06758598648854297,0.932414013511457,1
iris,3,em,full,stop,gain-per-row=1e-11,0,2,-190,1,4,0.25,0.006309463209709829,0.8058795503167561,0
iris,3,k-means,,,gain-per-row=1e-11,0,1,78.85,1,1,1,0.025000000000000022,1,4
";
        assert_eq!(csv, expected, "{csv}");
    }
}
