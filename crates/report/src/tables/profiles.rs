//! Which way solves most problems within a budget? Data profiles over all problems of a study.
//!
//! Moré & Wild (2009, key `more2009`) plot, for each solver, the share of problems that it solves within a number of simplex
//! gradients. Here a solver is a kind of start under a policy, a problem is a data set with K and a structure, the unit is the
//! E-pass, and, since a solver is random, "solved" is replaced by its chance ([`crate::budget`]), averaged over draws within
//! a problem and over problems.

use super::budget::{KNOWING, contests, curve_budgets, success};
use super::cells::Cells;
use crate::maxima::{Best, K_MEANS};
use crate::table::{Cell, Column, Digits, Row, Table};
use records::{Factors, RunRow};

/// The name of the table's files.
pub const NAME: &str = "profiles";

/// With fewer problems there is no profile.
const PROBLEMS: usize = 3;

/// The budgets, in E-passes.
const BUDGETS: [u32; 6] = [30, 100, 300, 1000, 3000, 10_000];

/// What solves problems: kind of start, its covariance, policy and stop rule.
type Solver<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a str);

fn solver(factors: &Factors) -> Solver<'_> {
    (&factors.start, factors.start_covariance.as_deref(), factors.policy.as_deref(), &factors.stop)
}

/// One row for each solver of EM that was tried on every problem; without rows for fewer than three problems.
pub fn table(runs: &[RunRow]) -> Table {
    let cells = Cells::of(runs);
    let best = Best::of(runs);
    // In the order of the plan: solver, and its chances on each problem.
    let mut profiles: Vec<(&Factors, Vec<[Option<f64>; BUDGETS.len()]>)> = Vec::new();
    for group in contests(&cells).into_iter().flatten().filter(|group| group.factors.method != K_MEANS) {
        let chances = at_least(&success(group, &best, &curve_budgets()));
        match profiles.iter_mut().find(|(factors, _)| solver(factors) == solver(group.factors)) {
            Some((_, problems)) => problems.push(chances),
            None => profiles.push((group.factors, vec![chances])),
        }
    }
    let most = profiles.iter().map(|(_, problems)| problems.len()).max().unwrap_or(0);
    profiles.retain(|(_, problems)| problems.len() == most && most >= PROBLEMS);
    let mean = |problems: &[[Option<f64>; BUDGETS.len()]], i: usize| -> Option<f64> {
        let chances: Option<Vec<f64>> = problems.iter().map(|chances| chances[i]).collect();
        chances.map(|chances| chances.iter().sum::<f64>() / chances.len() as f64)
    };
    let surest: Vec<Option<f64>> = (0..BUDGETS.len())
        .map(|i| {
            let running = profiles.iter().filter(|(factors, _)| !KNOWING.contains(&factors.start.as_str()));
            running.filter_map(|(_, problems)| mean(problems, i)).max_by(f64::total_cmp).filter(|&chance| chance > 0.0)
        })
        .collect();
    let rows = profiles.iter().map(|(factors, problems)| {
        let mut row = vec![
            Cell::text(&factors.start),
            Cell::maybe_text(factors.start_covariance.as_deref()),
            Cell::maybe_text(factors.policy.as_deref()),
            Cell::text(&factors.stop),
            Cell::count(problems.len()),
        ];
        row.extend((0..BUDGETS.len()).map(|i| {
            let chance = mean(problems, i);
            let running = !KNOWING.contains(&factors.start.as_str());
            let cell = Cell::number(chance, Digits::Decimals(2));
            Cell { best: running && chance.is_some() && chance == surest[i], ..cell }
        }));
        Row { cells: row, main: true }
    });
    let rows = rows.collect();
    let mut columns = vec![
        Column::text("start", "start"),
        Column::text("Σ₀", "start_covariance"),
        Column::text("policy", "policy"),
        Column::text("stop", "stop").shown(crate::table::Shown::Data),
        Column::number("problems", "problems"),
    ];
    columns.extend(BUDGETS.map(|budget| Column::number(&format!("≤ {budget}"), &format!("solved_{budget}"))));
    Table {
        rows,
        name: NAME.to_owned(),
        title: "Which way solves most problems within a budget?".to_owned(),
        caption: "Data profiles (Moré & Wild 2009): the mean over problems of the chance to reach the best maximum within a budget \
                  of E-passes, the making of the starts included. A problem is a data set with K and a structure, every one with \
                  the same weight; those under the policy map are judged by the penalised objective. Only ways that were tried \
                  on every problem are compared, from three problems on. Where all recorded starts of a problem cost less than the \
                  budget, its chance is not known and that at the largest budget below stands for it, so that entries are lower \
                  bounds. The problems of a study are no sample of anything: there \
                  is no interval."
            .to_owned(),
        note: "Mean over problems of the chance of the best maximum within a budget of E-passes".to_owned(),
        columns,
    }
}

/// The chance at each of the budgets or, where it is not known, at the largest smaller one of the curve: what a larger budget
/// buys is never less.
fn at_least(curve: &[Option<f64>]) -> [Option<f64>; BUDGETS.len()] {
    let budgets = curve_budgets();
    BUDGETS.map(|wanted| {
        let within = budgets.iter().zip(curve).filter(|(budget, _)| **budget <= f64::from(wanted));
        within.filter_map(|(_, chance)| *chance).next_back()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{converged, factors};
    use crate::table::{Csv, Format};
    use std::sync::Arc;

    #[test]
    fn chances_are_averaged_over_problems() {
        let run = |run: u32, k: u32, start: &str, log_likelihood: f64| {
            let factors = Arc::new(Factors { k, start: start.to_owned(), ..factors() });
            RunRow { factors, e_passes: 20, k_end: Some(k), ..converged(run, log_likelihood) }
        };
        let mut runs = Vec::new();
        for k in 2..5 {
            // `a` hits with one start of two for K = 2 and with both beyond; `b` never; `c` was not tried for K = 2.
            runs.extend([run(10 * k, k, "a", -1.0), run(10 * k + 1, k, "a", if k == 2 { -9.0 } else { -1.0 })]);
            runs.extend([run(10 * k + 2, k, "b", -9.0), run(10 * k + 3, k, "b", -9.0)]);
            if k > 2 {
                runs.push(run(10 * k + 4, k, "c", -1.0));
            }
        }
        let csv = Csv.render(&table(&runs));
        let lines: Vec<&str> = csv.lines().skip(1).collect();
        assert_eq!(lines.len(), 2, "{csv}");
        // With 100 passes nothing is known, and the chance with 30 stands.
        assert!(lines[0].starts_with("a,total,stop,gain-per-row=1e-11,3,0.833333333333333"), "{csv}");
        assert!(lines[1].ends_with(",3,0,0,0,0,0,0"), "{csv}");
        let two: Vec<RunRow> = runs.into_iter().filter(|run| run.factors.k < 4).collect();
        assert!(table(&two).rows.is_empty());
    }
}
