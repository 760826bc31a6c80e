//! Parameters at the start, at the end, and before a failure, a line for each component.

use super::Told;
use records::{Moment, ParameterRow};
use std::fmt::Write as _;

/// Features that fit beside each other; the rest is named only.
const SHOWN_FEATURES: usize = 8;

impl Told<'_> {
    /// Those of one moment.
    pub(super) fn of(&self, moment: Moment) -> Vec<&ParameterRow> {
        self.part.parameters.iter().filter(|row| row.moment == moment).collect()
    }

    /// Names of the features.
    pub(super) fn features(&self, d: usize) -> Vec<String> {
        match self.plan {
            Some(plan) => plan.datasets[plan.locate(self.row.run).0.dataset].columns.clone(),
            None => (1..=d).map(|j| format!("x{j}")).collect(),
        }
    }

    pub(super) fn parameters(&self, text: &mut String) {
        for moment in Moment::ALL {
            let rows = self.of(moment);
            let Some(first) = rows.first() else { continue };
            let names = self.features(first.mean.len());
            let what = match moment {
                Moment::Start => "parameters at the start",
                Moment::End => "parameters at the end",
                Moment::Failure => "last good parameters",
            };
            let spread = if first.covariance.is_some() { ": mean (standard deviation)" } else { "" };
            let _ = writeln!(text, "\n{}{spread}", self.look.title(what));
            table(text, &rows, &names);
        }
    }
}

/// One line per component.
fn table(text: &mut String, rows: &[&ParameterRow], names: &[String]) {
    let shown = names.len().min(SHOWN_FEATURES);
    let mut lines = vec![vec!["component".to_owned(), "weight".to_owned()]];
    lines[0].extend(names[..shown].iter().cloned());
    for row in rows {
        let weight = row.weight.map_or_else(|| "–".to_owned(), |weight| format!("{weight:.4}"));
        let mut words = vec![row.component.to_string(), weight];
        let d = row.mean.len();
        for j in 0..shown {
            let mean = row.mean[j];
            words.push(match &row.covariance {
                Some(covariance) => format!("{mean:.4} ({:.4})", covariance[j * d + j].max(0.0).sqrt()),
                None => format!("{mean:.4}"),
            });
        }
        lines.push(words);
    }
    let widths: Vec<usize> =
        (0..shown + 2).map(|j| lines.iter().map(|line| line[j].chars().count()).max().unwrap_or(0)).collect();
    for line in &lines {
        let words: Vec<String> = line.iter().zip(&widths).map(|(word, &width)| format!("{word:>width$}")).collect();
        let _ = writeln!(text, "  {}", words.join("  "));
    }
    if shown < names.len() {
        let _ = writeln!(text, "  … and {} more features in parameters.parquet", names.len() - shown);
    }
}
