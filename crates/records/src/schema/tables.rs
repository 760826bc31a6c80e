//! The tables, column by column.

use super::Kind::{self, Float64, Float64List, Hex, Text, UInt32};
use super::{Column, Table};
use crate::categories::Vocabulary as V;

const fn always(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, kind, nullable: false, unit, meaning }
}

const fn maybe(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, kind, nullable: true, unit, meaning }
}

const RUN: Column = always("run", UInt32, "", "Number of the run in the plan, from 0: the key that joins the tables.");

/// One row per start.
pub const RUNS: Table = Table {
    name: "runs",
    meaning: "One row per start, failed ones included.",
    key: &["run"],
    columns: &[
        RUN,
        always(
            "run_id",
            Hex,
            "",
            "First 64 bits of the hash of the resolved run: the same run in another sweep has the same id.",
        ),
        always("dataset", Kind::Enum(V::Dataset), "", "Data set id, with its variant where it has several."),
        always("draw", UInt32, "", "Number of the draw of a synthetic data set, from 0."),
        always("n", UInt32, "rows", "Rows of the data set."),
        always("d", UInt32, "features", "Features of the data set."),
        always("k", UInt32, "components", "Components of the model."),
        always("method", Kind::Enum(V::Method), "", "`em` or `k-means`."),
        maybe("covariance", Kind::Enum(V::Covariance), "", "Covariance structure; null where the method has none."),
        always("start", Kind::Enum(V::Start), "", "Kind of start."),
        maybe(
            "start_covariance",
            Kind::Enum(V::StartCovariance),
            "",
            "Covariance of a point-type start; null where the start has no such option.",
        ),
        maybe(
            "policy",
            Kind::Enum(V::Policy),
            "",
            "Constraint or failure policy with its parameter; null where the method has none.",
        ),
        always(
            "stop",
            Kind::Enum(V::Stop),
            "",
            "The stop rules in config order, with their tolerances; any of them ends a run.",
        ),
        always("replicate", UInt32, "", "Number of the start within its cell, from 0."),
        always(
            "seed",
            Hex,
            "",
            "First 64 bits of the start's seed: runs with the same seed share data and starting rows.",
        ),
        always("outcome", Kind::Enum(V::Outcome), "", "How the run ended."),
        maybe("stop_reason", Kind::Enum(V::StopReason), "", "The stop rule that fired; null for failures."),
        always("iterations", UInt32, "iterations", "Finished iterations."),
        always("e_passes", UInt32, "passes", "E-passes over the data of the fit, including the one at the start."),
        always("start_passes", UInt32, "passes", "Passes over the data that making the start cost."),
        maybe(
            "log_likelihood",
            Float64,
            "nats",
            "log L, a sum over rows, at the end; for a failed run that of the last good parameters. Null for k-means and failed starts.",
        ),
        maybe(
            "objective",
            Float64,
            "nats, or squared data units",
            "What was maximised: log L, plus log prior if there is one; minus the inertia for k-means. Null for failed starts.",
        ),
        maybe(
            "inertia",
            Float64,
            "squared data units",
            "Sum of squared distances to the nearest centre; null for other methods than k-means.",
        ),
        maybe("n_parameters", UInt32, "parameters", "Free parameters ν; null for k-means."),
        maybe(
            "bic",
            Float64,
            "nats × 2",
            "−2 log L + ν ln n; smaller is better. Null if the run failed and for k-means, as are `aic` and both forms of `icl`.",
        ),
        maybe("aic", Float64, "nats × 2", "−2 log L + 2 ν; smaller is better."),
        maybe("icl", Float64, "nats × 2", "bic − 2 Σ w log max_k r; smaller is better."),
        maybe("icl_entropy", Float64, "nats × 2", "bic + 2 Σ w entropy of the responsibilities; smaller is better."),
        maybe(
            "k_end",
            UInt32,
            "components",
            "Components at the end: fewer than `k` after `remove`; null if the run failed.",
        ),
        maybe("smallest_count", Float64, "rows", "Smallest effective count Σ w r over the components at the end."),
        maybe(
            "smallest_relative_pivot",
            Float64,
            "",
            "min over components and variables of (l_ii(Σ_k) / l_ii(T))² at the end, T the total covariance; null without covariances.",
        ),
        maybe(
            "condition",
            Float64,
            "",
            "Lower bound, by pivots, of the worst condition number of a covariance at the end; null without covariances.",
        ),
        maybe(
            "hathaway",
            Float64,
            "",
            "min over j ≠ k of λ_min(Σ_j⁻¹ Σ_k) at the end; null without covariances, with one component, or if the run failed.",
        ),
        maybe(
            "coincidence",
            Float64,
            "nats",
            "Smallest symmetric Kullback-Leibler divergence between two components at the end; null as `hathaway`.",
        ),
        maybe("end", Kind::Enum(V::End), "", "Kind of end, by the default thresholds; null if the run failed."),
        maybe(
            "rate",
            Float64,
            "",
            "Rate of convergence ρ: root of the ratio of successive gains, median over the last rows; null if too few.",
        ),
        maybe("missing_information", Float64, "", "KL/ΔQ over the same rows as `rate`: tends to ρ."),
        maybe(
            "remaining_gap",
            Float64,
            "nats",
            "Aitken's estimate of the gain left at the stop, from the ratio of gains.",
        ),
        maybe(
            "ari",
            Float64,
            "",
            "Adjusted Rand index against the truth; null without truth or if the run failed, as are the next three.",
        ),
        maybe(
            "nmi",
            Float64,
            "",
            "Normalised mutual information against the truth, by the arithmetic mean of the entropies.",
        ),
        maybe(
            "misclassified",
            UInt32,
            "rows",
            "Rows that the best one-to-one matching of components to classes leaves wrong.",
        ),
        maybe(
            "misclassified_majority",
            UInt32,
            "rows",
            "Rows wrong when each component takes the name of its majority; two may share one.",
        ),
    ],
    compresses: true,
};

/// One row per iteration.
pub const TRACES: Table = Table {
    name: "traces",
    meaning: "One row per iteration of a run; iteration 0 describes the start. A stride in the config thins it (first and last rows stay).",
    key: &["run", "iteration"],
    columns: &[
        RUN,
        always("iteration", UInt32, "iterations", "Steps taken."),
        always(
            "objective",
            Float64,
            "nats, or squared data units",
            "What is maximised, at θ_t: log L, plus log prior if there is one; minus the inertia for k-means.",
        ),
        maybe("log_likelihood", Float64, "nats", "log L(θ_t), a sum over rows; null where the objective is none."),
        maybe("gain", Float64, "as objective", "objective(θ_t) − objective(θ_{t−1}); null in row 0."),
        maybe(
            "q_gain",
            Float64,
            "nats",
            "Q(θ_t; θ_{t−1}) − Q(θ_{t−1}; θ_{t−1}); null in row 0 and where it has no meaning.",
        ),
        maybe(
            "kl",
            Float64,
            "nats",
            "KL(p(z|x, θ_{t−1}) ‖ p(z|x, θ_t)) as gain of log L − q_gain; near convergence negative by rounding. Null as `q_gain`.",
        ),
        maybe(
            "step_norm",
            Float64,
            "",
            "Largest change of a weight, and of a mean or covariance in units of the total covariance; null in row 0.",
        ),
        always("e_passes", UInt32, "passes", "E-passes so far, including the one at the start."),
        maybe("smallest_count", Float64, "rows", "Smallest effective count Σ w r at θ_t."),
        maybe(
            "smallest_relative_pivot",
            Float64,
            "",
            "min over components and variables of (l_ii(Σ_k) / l_ii(T))² at θ_t; null without covariances.",
        ),
        maybe(
            "worst_condition",
            Float64,
            "",
            "Lower bound, by pivots, of the worst condition number at θ_t; null without covariances.",
        ),
        maybe("event", Kind::Enum(V::Event), "", "What else happened; null for nothing."),
        maybe(
            "event_size",
            Float64,
            "as the event",
            "The event's number: size of the fall (`decreased`), largest parameter change (`projected`); null without event.",
        ),
    ],
    compresses: false,
};

/// One row per breakdown.
pub const FAILURES: Table = Table {
    name: "failures",
    meaning: "One row per breakdown, remedied or fatal.",
    key: &["run", "attempt"],
    columns: &[
        RUN,
        always(
            "iteration",
            UInt32,
            "iterations",
            "The iteration that could not be finished; the trace's last row is the one before.",
        ),
        always("stage", Kind::Enum(V::Stage), "", "Where in the iteration."),
        maybe("component", UInt32, "", "Component, from 0; null if the model as a whole broke."),
        always("kind", Kind::Enum(V::Kind), "", "What happened."),
        maybe(
            "smallest_eigenvalue",
            Float64,
            "squared data units",
            "Smallest eigenvalue of the component's covariance; null for other kinds than singular covariances, as are the next three.",
        ),
        maybe("largest_eigenvalue", Float64, "squared data units", "Largest eigenvalue."),
        maybe(
            "condition",
            Float64,
            "",
            "Largest over smallest eigenvalue; null too where the smallest is not positive.",
        ),
        maybe("smallest_relative_pivot", Float64, "", "The quantity that was judged: min_i (l_ii(Σ) / l_ii(T))²."),
        maybe("effective_count", Float64, "rows", "Σ w r of the component."),
        maybe(
            "direction",
            Text,
            "",
            "Variable with the largest loading in the eigenvector of the smallest eigenvalue.",
        ),
        maybe("loading", Float64, "", "That loading, of a unit vector."),
        maybe("rows", UInt32, "rows", "Rows with responsibility above 1/2 for the component."),
        maybe("distinct_values", UInt32, "values", "Distinct values of those rows in that variable."),
        maybe(
            "cause",
            Kind::Enum(V::Cause),
            "",
            "`few_rows` (at most d + 1 rows), `tied_values` (one value in one variable) or `hyperplane`.",
        ),
        maybe(
            "log_likelihood",
            Float64,
            "nats",
            "log L before the failure; for k-means the objective. Null if there was none yet.",
        ),
        always("remedy", Kind::Enum(V::Remedy), "", "What the policy did."),
        always("attempt", UInt32, "", "Number of the breakdown within the run, from 1."),
        always("message", Text, "", "The numbers in words."),
    ],
    compresses: true,
};

/// One row per component of a run.
pub const PARAMETERS: Table = Table {
    name: "parameters",
    meaning: "One row per component of a run, at its start, at its end, and where it failed. Starts and failures can be switched off in the config.",
    key: &["run", "moment", "component"],
    columns: &[
        RUN,
        always(
            "moment",
            Kind::Enum(V::Moment),
            "",
            "`start` (θ₀), `end`, or `failure` (the last good parameters of a failed run).",
        ),
        always("component", UInt32, "", "Component, from 0."),
        maybe("weight", Float64, "", "Mixing weight; null for k-means."),
        always("mean", Float64List, "data units", "Mean: d numbers."),
        maybe(
            "covariance",
            Float64List,
            "squared data units",
            "Covariance: d × d numbers, row-major; null for k-means.",
        ),
    ],
    compresses: true,
};

/// One row per row of data and run.
pub const ASSIGNMENTS: Table = Table {
    name: "assignments",
    meaning: "The component of every row of data, for the best run of each data set × method × start × policy.",
    key: &["run", "row"],
    columns: &[
        RUN,
        always("row", UInt32, "", "Row of the data set, from 0."),
        always("component", UInt32, "", "Component with the largest responsibility (the lowest on ties), from 0."),
    ],
    compresses: true,
};

/// One row per row of data.
pub const OBSERVATIONS: Table = Table {
    name: "observations",
    meaning: "The data as they were fitted.",
    key: &["dataset", "draw", "row"],
    columns: &[
        always("dataset", Kind::Enum(V::Dataset), "", "Data set id, as in `runs`."),
        always("draw", UInt32, "", "Number of the draw, as in `runs`."),
        always("row", UInt32, "", "Row, from 0."),
        maybe("truth", Text, "", "Name of the true class; null where it is unknown."),
        always("x", Float64List, "data units", "The d features."),
    ],
    compresses: true,
};

/// One row per run.
pub const TIMINGS: Table = Table {
    name: "timings",
    meaning: "Wall times: the only table that differs between reruns.",
    key: &["run"],
    columns: &[
        RUN,
        always("start_seconds", Float64, "seconds", "Making the start."),
        always("fit_seconds", Float64, "seconds", "The fit."),
    ],
    compresses: true,
};

/// All tables, in the order of the documentation.
pub const TABLES: [&Table; 7] = [&RUNS, &TRACES, &FAILURES, &PARAMETERS, &ASSIGNMENTS, &OBSERVATIONS, &TIMINGS];
