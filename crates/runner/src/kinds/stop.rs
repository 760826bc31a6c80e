//! Reasons to end a run: names with a number.

use serde::Serialize;

/// A reason to end a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopRule {
    /// The iteration limit.
    MaxIterations(u32),
    /// 0 ≤ ΔL ≤ tol · Σw.
    GainPerRow(f64),
    /// 0 ≤ ΔL ≤ tol · (1 + |L|).
    RelativeGain(f64),
    /// 0 ≤ ΔL ≤ tol.
    AbsoluteGain(f64),
    /// Largest parameter change at most tol.
    ParameterChange(f64),
    /// Projected remaining gain at most tol · Σw.
    Aitken(f64),
    /// scikit-learn's own rule.
    ScikitLearn(f64),
    /// mclust's own rule.
    Mclust(f64),
    /// No new best for this share of the iterations.
    NoImprovement(f64),
    /// Budget of E-passes.
    EPasses(u32),
}

/// The number of a stop rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StopNumber {
    /// A limit, at least 1.
    Count(u32),
    /// A tolerance, at least 0.
    Tolerance(f64),
}

impl StopRule {
    /// Names and meanings, for `--list`.
    pub const ALL: [(&'static str, &'static str); 10] = [
        ("max-iterations", "The iteration limit (required)."),
        ("gain-per-row", "The gain of log-likelihood is at most this times the number of rows."),
        ("relative-gain", "The gain of log-likelihood is at most this times (1 + abs(log-likelihood))."),
        ("absolute-gain", "The gain of log-likelihood is at most this."),
        ("parameter-change", "The largest change of a parameter, in units of the total covariance, is at most this."),
        ("aitken", "The gain that is left by Aitken's projection is at most this times the number of rows."),
        (
            "scikit-learn",
            "scikit-learn's own: the change of the mean log-likelihood in the step before the last is below this.",
        ),
        (
            "mclust",
            "mclust's own: the absolute change is at most this times (1 + abs(log-likelihood)), falls included.",
        ),
        ("no-improvement", "No new best objective for this share of the iterations, from the tenth on; not converged."),
        ("e-passes", "The budget of E-passes; not converged."),
    ];

    /// One of each, in the order of [`ALL`](Self::ALL).
    pub const EXAMPLES: [Self; 10] = [
        Self::MaxIterations(1000),
        Self::GainPerRow(1e-11),
        Self::RelativeGain(1e-5),
        Self::AbsoluteGain(1e-6),
        Self::ParameterChange(1e-6),
        Self::Aitken(1e-6),
        Self::ScikitLearn(1e-3),
        Self::Mclust(1e-5),
        Self::NoImprovement(0.5),
        Self::EPasses(1000),
    ];

    /// The name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxIterations(_) => "max-iterations",
            Self::GainPerRow(_) => "gain-per-row",
            Self::RelativeGain(_) => "relative-gain",
            Self::AbsoluteGain(_) => "absolute-gain",
            Self::ParameterChange(_) => "parameter-change",
            Self::Aitken(_) => "aitken",
            Self::ScikitLearn(_) => "scikit-learn",
            Self::Mclust(_) => "mclust",
            Self::NoImprovement(_) => "no-improvement",
            Self::EPasses(_) => "e-passes",
        }
    }

    /// Its number.
    pub fn number(self) -> StopNumber {
        match self {
            Self::MaxIterations(count) | Self::EPasses(count) => StopNumber::Count(count),
            Self::GainPerRow(tolerance)
            | Self::RelativeGain(tolerance)
            | Self::AbsoluteGain(tolerance)
            | Self::ParameterChange(tolerance)
            | Self::Aitken(tolerance)
            | Self::ScikitLearn(tolerance)
            | Self::Mclust(tolerance)
            | Self::NoImprovement(tolerance) => StopNumber::Tolerance(tolerance),
        }
    }

    /// The rule with its number, as recorded: `gain-per-row=1e-11`.
    pub fn label(self) -> String {
        match self.number() {
            StopNumber::Count(count) => format!("{}={count}", self.name()),
            StopNumber::Tolerance(tolerance) => format!("{}={tolerance:e}", self.name()),
        }
    }
}
