//! What `runner fit` prints.

use super::Model;
use crate::cli::FitArguments;
use crate::plan::Plan;
use datasets::Sample;
use records::RunRow;
use serde::Serialize;
use std::fmt::Write as _;

/// Wall times in seconds.
#[derive(Serialize)]
pub(super) struct Timing {
    /// Reading the file.
    pub(super) read: f64,
    /// Making the start of the best run.
    pub(super) start: f64,
    /// Its fit.
    pub(super) fit: f64,
    /// All starts and fits.
    pub(super) all: f64,
}

/// The best run as JSON.
pub(super) fn json(run: &RunRow, model: &Model, timing: &Timing) -> anyhow::Result<String> {
    let parameters = match model {
        Model::Mixture(model) => serde_json::to_value(&model.parameters)?,
        Model::KMeans(model) => serde_json::to_value(&model.centres)?,
    };
    let value = serde_json::json!({
        "outcome": run.outcome.name(),
        "stop_reason": run.stop_reason.map(em::StopReason::name),
        "end": run.end.map(records::End::name),
        "iterations": run.iterations,
        "e_passes": run.e_passes,
        "log_likelihood": run.log_likelihood,
        "objective": run.objective,
        "inertia": run.inertia,
        "bic": run.bic,
        "aic": run.aic,
        "icl": run.icl,
        "n_parameters": run.n_parameters,
        "ari": run.ari,
        "seconds": timing,
        "parameters": parameters,
    });
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// The summary for a reader.
pub(super) fn describe(
    arguments: &FitArguments,
    plan: &Plan,
    sample: &Sample,
    run: &RunRow,
    model: &Model,
    timing: &Timing,
    starts: &str,
) -> String {
    let mut text = String::new();
    let factors = &plan.cells[0].factors;
    let what = match (&factors.covariance, &factors.policy) {
        (Some(covariance), Some(policy)) => format!("{covariance} covariances, policy {policy}"),
        _ => "k-means".to_owned(),
    };
    let _ = writeln!(text, "{}: {} rows × {} columns", arguments.file.display(), sample.n, sample.d);
    let _ = writeln!(text, "K = {}, {what}, start {} (seed {})", factors.k, factors.start, arguments.seed);
    text.push_str(starts);
    let ended = run.stop_reason.map_or(run.outcome.name(), em::StopReason::name);
    let end = run.end.map_or("–", records::End::name);
    let _ = writeln!(text, "\n{} iterations ({} E-passes), ended by {ended}; {end} end", run.iterations, run.e_passes);
    let number = |text: &mut String, name: &str, value: Option<f64>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<16} {value:.6}");
        }
    };
    number(&mut text, "log-likelihood", run.log_likelihood);
    number(&mut text, "inertia", run.inertia);
    number(&mut text, "BIC", run.bic);
    number(&mut text, "AIC", run.aic);
    number(&mut text, "ICL", run.icl);
    if let Some(free) = run.n_parameters {
        let _ = writeln!(text, "{:<16} {free}", "free parameters");
    }
    if let (Some(ari), Some(wrong)) = (run.ari, run.misclassified) {
        let _ = writeln!(text, "{:<16} {ari:.4} (adjusted Rand), {wrong} of {} rows wrong", "agreement", sample.n);
    }
    let _ = writeln!(text);
    let width = sample.columns.iter().map(|column| column.chars().count()).max().unwrap_or(0).max(10);
    let mut header = format!("{:<9}", "component");
    if matches!(model, Model::Mixture(_)) {
        let _ = write!(header, "  {:>8}", "weight");
    }
    for column in &sample.columns {
        let _ = write!(header, "  {column:>width$}");
    }
    let _ = writeln!(text, "{header}");
    let row = |text: &mut String, c: usize, weight: Option<f64>, mean: &[f64]| {
        let _ = write!(text, "{c:<9}");
        if let Some(weight) = weight {
            let _ = write!(text, "  {weight:>8.4}");
        }
        for value in mean {
            let _ = write!(text, "  {value:>width$.4}");
        }
        text.push('\n');
    };
    match model {
        Model::Mixture(model) => {
            for c in 0..model.components() {
                row(&mut text, c, Some(model.parameters.weights[c]), model.parameters.mean(c));
            }
        }
        Model::KMeans(model) => {
            for (c, centre) in model.centres.iter().enumerate() {
                row(&mut text, c, None, centre);
            }
        }
    }
    let _ = writeln!(
        text,
        "\nread {:.2} s, start {:.2} s, fit {:.2} s; all starts {:.2} s",
        timing.read, timing.start, timing.fit, timing.all
    );
    if let Some(path) = &arguments.save {
        let _ = writeln!(text, "model: {}", path.display());
    }
    text
}
