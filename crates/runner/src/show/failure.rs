//! What broke down, the covariance before it did, and the rows that its component had.

use super::{LISTED, Told, joined, line, number_line};
use crate::recorded;
use console::Style;
use linalg::Level;
use linalg::diagnosis::spectrum;
use mixture::{FittedMixture, MixtureParameters};
use records::{FailureRow, Moment};
use std::fmt::Write as _;

impl Told<'_> {
    pub(super) fn failure(&self, text: &mut String, failure: &FailureRow) {
        let title = if failure.remedy == "stop" { "failure" } else { "breakdown" };
        let _ = writeln!(text, "\n{}", self.look.title(title));
        let component = failure.component.map(|one| format!(", component {one}")).unwrap_or_default();
        let place = format!("iteration {}, {}{component}", failure.iteration, failure.stage);
        line(text, "where", &place);
        line(text, "what", &self.look.paint(Style::new().red(), &failure.message));
        line(text, "remedy", &format!("{} (breakdown {} of the run)", failure.remedy, failure.attempt));
        if let (Some(smallest), Some(largest)) = (failure.smallest_eigenvalue, failure.largest_eigenvalue) {
            let condition = failure.condition.map(|one| format!(", condition {one:.3e}")).unwrap_or_default();
            line(text, "eigenvalues", &format!("{smallest:.3e} … {largest:.3e}{condition}"));
        }
        number_line(text, "smallest pivot", failure.smallest_relative_pivot);
        number_line(text, "count", failure.effective_count);
        if let Some(direction) = &failure.direction {
            let loading = failure.loading.map(|one| format!(" (loading {one:.4})")).unwrap_or_default();
            line(text, "direction", &format!("{direction}{loading}"));
        }
        if let (Some(rows), Some(values)) = (failure.rows, failure.distinct_values) {
            let cause = failure.cause.as_deref().unwrap_or("unknown").replace('_', " ");
            let told = format!("{cause}: {rows} rows with responsibility above 1/2, {values} distinct values there");
            line(text, "cause", &told);
        }
        number_line(text, "log-likelihood", failure.log_likelihood);
        if let Some(component) = failure.component.filter(|_| failure.remedy == "stop") {
            self.last_good(text, component, failure);
        }
    }

    /// The spectrum of the broken component before it broke, and its rows.
    fn last_good(&self, text: &mut String, component: u32, failure: &FailureRow) {
        let rows = self.of(Moment::Failure);
        let Some(row) = rows.iter().find(|row| row.component == component) else { return };
        let d = row.mean.len();
        if let Some(spectrum) = row.covariance.as_ref().and_then(|covariance| spectrum(covariance, d)) {
            line(text, "before", &format!("eigenvalues {}", joined(spectrum.eigenvalues.iter().copied())));
            let names = self.features(d);
            let mut loadings: Vec<(f64, &String)> = spectrum.direction.iter().copied().zip(&names).collect();
            loadings.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
            let words = loadings.iter().take(4).map(|(loading, name)| format!("{loading:+.4} {name}"));
            line(text, "", &format!("smallest along {}", words.collect::<Vec<_>>().join(", ")));
        }
        if let Some((rows, values)) = self.rows_of(component, failure) {
            let mut listed: Vec<String> = rows.iter().take(LISTED).map(ToString::to_string).collect();
            if rows.len() > LISTED {
                listed.push("…".to_owned());
            }
            let values = values.map(|values| format!("; {values}")).unwrap_or_default();
            line(text, "rows", &format!("{}{values}", listed.join(", ")));
        }
    }

    /// Numbers of the rows with responsibility above 1/2, and their values in the direction of the failure.
    fn rows_of(&self, component: u32, failure: &FailureRow) -> Option<(Vec<usize>, Option<String>)> {
        let plan = self.plan?;
        let (cell, _) = plan.locate(self.row.run);
        let sample = recorded::sample(plan, cell.dataset, cell.draw).ok()?;
        let mut parameters = MixtureParameters { weights: vec![], means: vec![], covariances: vec![] };
        for row in self.of(Moment::Failure) {
            parameters.weights.push(row.weight?);
            parameters.means.extend(&row.mean);
            parameters.covariances.extend(row.covariance.as_ref()?);
        }
        let k = parameters.components();
        let model = FittedMixture {
            structure: self.row.factors.covariance.clone().unwrap_or_default(),
            columns: sample.columns.clone(),
            n: sample.n as u64,
            log_likelihood: failure.log_likelihood.unwrap_or(f64::NEG_INFINITY),
            parameters,
        };
        let responsibilities = model.responsibilities(&sample.x, Level::default()).ok()?;
        let own = responsibilities.chunks_exact(k).enumerate();
        let rows: Vec<usize> = own.filter(|(_, r)| r[component as usize] > 0.5).map(|(i, _)| i).collect();
        let column = sample.columns.iter().position(|name| Some(name) == failure.direction.as_ref());
        let values = column.map(|column| {
            let mut values: Vec<f64> = rows.iter().map(|&i| sample.row(i)[column]).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let shown: Vec<String> = values.iter().take(LISTED).map(ToString::to_string).collect();
            let more = if values.len() > LISTED { ", …" } else { "" };
            format!("{} there: {}{more}", sample.columns[column], shown.join(", "))
        });
        Some((rows, values))
    }
}
