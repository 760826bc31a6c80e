//! How many maxima has no start found, and what does it cost to be sure of the best?

use super::cells::{Cells, Group};
use crate::basins::Ends;
use crate::budget;
use crate::intervals::{Interval, Share, StartsNeeded};
use crate::maxima::{self, Best};
use crate::table::{Cell, Column, Digits, Row, Shown, Table};
use crate::unseen::Meetings;
use records::RunRow;

/// The name of the table's files.
pub const NAME: &str = "unseen";

/// One row for each cell that has a maximum.
pub fn table(runs: &[RunRow], components: &Ends) -> Table {
    let cells = Cells::of(runs);
    let best = Best::of(runs);
    let rows = cells.groups.iter().filter_map(|group| {
        let mut row = cells.names(group.factors);
        row.extend(measure(group, &best, components)?);
        Some(Row { cells: row, main: group.main })
    });
    let rows = rows.collect();
    let mut columns = cells.columns();
    columns.extend([
        Column::number("draws", "draws").shown(Shown::Files),
        Column::number("starts", "starts"),
        Column::number("at maxima", "at_maxima"),
        Column::number("maxima", "maxima"),
        Column::number("once", "met_once"),
        Column::number("twice", "met_twice").shown(Shown::Files),
        Column::interval("new next %", "unseen_percent"),
        Column::interval("maxima at least", "richness"),
        Column::interval("starts for 95 %", "starts_needed"),
        Column::interval("passes for 95 %", "passes_needed"),
    ]);
    Table {
        rows,
        name: NAME.to_owned(),
        title: "How many maxima has no start found?".to_owned(),
        caption: "Distinct maxima of each cell (proper, converged ends; runs at the iteration limit are not counted), those met \
                  once and twice. New next: chance in per cent that a further start which comes to a maximum comes to a new one \
                  (Good-Turing, with Esty's 95 % interval). Maxima at least: Chao's lower bound of their number with its 95 % \
                  interval. Starts for 95 %: to reach the best of the problem with probability 0.95, with the ends of the share's \
                  Clopper-Pearson interval mapped through; passes: as many times the mean cost of a start, in E-passes, its own \
                  making included. With several draws, maxima and meetings are summed over draws, whose maxima differ."
            .to_owned(),
        note: "New next: chance that a further maximum is a new one (Good-Turing); at least: Chao's lower bound".to_owned(),
        columns,
    }
}

/// `None` where no run is at a maximum.
fn measure(group: &Group<'_>, best: &Best<'_>, components: &Ends) -> Option<Vec<Cell>> {
    let draws = group.by_draw();
    let met = Meetings::of(draws.iter().flat_map(|draw| {
        maxima::basins(draw.iter().copied(), components)
            .into_iter()
            .map(|maximum| maximum.runs.len())
            .collect::<Vec<_>>()
    }));
    let (unseen, richness) = (met.unseen_share()?, met.richness()?);
    let needed = StartsNeeded::from_share(Share::of(group.runs.iter().map(|run| best.reached(run))));
    let per_start = group.runs.iter().map(|run| budget::cost(run)).sum::<f64>() / group.runs.len() as f64;
    let between = |(value, interval): (f64, Interval), scale: f64, digits| {
        Cell::between(Some(scale * value), Some(scale * interval.lower), Some(scale * interval.upper), digits)
    };
    let times = |number: Option<u64>, scale: f64| number.map(|n| scale * n as f64);
    let needs = |scale: f64, digits| {
        Cell::between(times(needed.estimate, scale), times(needed.lower, scale), times(needed.upper, scale), digits)
    };
    Some(vec![
        Cell::count(draws.len()),
        Cell::count(group.runs.len()),
        Cell::count(met.starts),
        Cell::count(met.distinct),
        Cell::count(met.once),
        Cell::count(met.twice),
        between(unseen, 100.0, Digits::Decimals(1)),
        between(richness, 1.0, Digits::Significant(3)),
        needs(1.0, Digits::Decimals(0)),
        needs(per_start, Digits::Significant(3)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, failed};
    use crate::table::{Format, Markdown};

    #[test]
    fn meetings_and_costs() {
        // Values met 3, 1 and 1 times; one failure. Costs 21 … 26, mean 23.5; 3 of 6 reach the best: 5 starts.
        let runs = [
            converged(0, -10.0),
            converged(1, -10.0),
            converged(2, -10.0),
            converged(3, -12.0),
            converged(4, -14.0),
            failed(5),
        ];
        let text = Markdown.render(&table(&runs, &Ends::default()));
        let last = text.lines().last().unwrap();
        // Good-Turing 2/5 ± 1.96·√(2·0.6)/5; Chao 3 + 2·1/2 = 4.
        assert!(last.contains("| 6 | 5 | 3 | 2 | 0 | 40.0 [0.0, 82.9] | 4 ["), "{last}");
        assert!(last.contains("| 5 [2, 24] | 118 ["), "{last}");
        assert!(table(&[failed(0)], &Ends::default()).rows.is_empty());
    }
}
