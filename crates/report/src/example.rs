//! Runs for tests.

use records::{End, Factors, FailureRow, RunOutcome, RunRow};
use std::sync::Arc;

/// The cell `iris`, K = 3, EM from `random-points` under `stop`.
pub fn factors() -> Factors {
    Factors {
        dataset: "iris".to_owned(),
        draw: 0,
        n: 150,
        d: 4,
        k: 3,
        method: "em".to_owned(),
        covariance: Some("full".to_owned()),
        start: "random-points".to_owned(),
        start_covariance: Some("total".to_owned()),
        policy: Some("stop".to_owned()),
        stop: "gain-per-row=1e-11".to_owned(),
    }
}

/// A run of the cell that converged to a proper end.
pub fn converged(run: u32, log_likelihood: f64) -> RunRow {
    RunRow {
        run,
        run_id: u64::from(run),
        factors: Arc::new(factors()),
        replicate: run,
        seed: u64::from(run),
        outcome: RunOutcome::Converged,
        stop_reason: Some(em::StopReason::GainPerRow),
        iterations: 20 + run,
        e_passes: 21 + run,
        start_passes: 0,
        log_likelihood: Some(log_likelihood),
        objective: Some(log_likelihood),
        inertia: None,
        n_parameters: Some(44),
        bic: None,
        aic: None,
        icl: None,
        icl_entropy: None,
        k_end: Some(3),
        smallest_count: Some(40.0),
        smallest_relative_pivot: Some(0.01),
        condition: Some(30.0),
        hathaway: Some(0.08),
        coincidence: Some(9.0),
        end: Some(End::Proper),
        rate: Some(0.5),
        missing_information: Some(0.5),
        remaining_gap: Some(1e-9),
        ari: Some(0.9),
        nmi: Some(0.9),
        misclassified: Some(5),
        misclassified_majority: Some(5),
    }
}

/// A run of the cell whose covariance became singular.
pub fn failed(run: u32) -> RunRow {
    RunRow {
        outcome: RunOutcome::SingularCovariance,
        stop_reason: None,
        end: None,
        rate: None,
        missing_information: None,
        remaining_gap: None,
        hathaway: None,
        coincidence: None,
        ari: None,
        nmi: None,
        misclassified: None,
        misclassified_majority: None,
        ..converged(run, -300.0)
    }
}

/// A run of k-means on the same data.
pub fn k_means(run: u32, inertia: f64) -> RunRow {
    let factors = Factors { method: "k-means".to_owned(), covariance: None, policy: None, ..factors() };
    RunRow {
        factors: Arc::new(factors),
        log_likelihood: None,
        objective: Some(-inertia),
        inertia: Some(inertia),
        remaining_gap: Some(0.0),
        rate: None,
        missing_information: None,
        hathaway: None,
        coincidence: None,
        ..converged(run, 0.0)
    }
}

/// The breakdown of a failed run: tied petal widths.
pub fn tied(run: u32) -> FailureRow {
    FailureRow {
        run,
        iteration: 9,
        stage: "maximization".to_owned(),
        component: Some(run % 3),
        kind: "singular_covariance".to_owned(),
        smallest_eigenvalue: Some(1e-14),
        largest_eigenvalue: Some(0.2),
        condition: Some(2e13),
        smallest_relative_pivot: Some(1e-13),
        effective_count: Some(29.0),
        direction: Some("petal width".to_owned()),
        loading: Some(1.0),
        rows: Some(29),
        distinct_values: Some(1),
        cause: Some("tied_values".to_owned()),
        log_likelihood: Some(-120.0),
        remedy: "stop".to_owned(),
        attempt: 1,
        message: "singular covariance".to_owned(),
    }
}
