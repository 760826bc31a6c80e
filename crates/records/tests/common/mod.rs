//! A made-up sweep with every kind of row and every kind of missing value.
#![allow(dead_code, reason = "each test binary uses some of it")]

use em::{Event, TraceRow};
use records::{
    AssignmentRow, Categories, End, Factors, FailureRow, Metadata, Moment, ObservationRow, ParameterRow, Part,
    RunOutcome, RunRow, Store, TimingRow, TraceRecord,
};
use std::path::Path;
use std::sync::Arc;

pub fn categories() -> Categories {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Categories {
        dataset: names(&["stretched", "iris-fisher"]),
        method: names(&["em", "k-means"]),
        covariance: names(&["full"]),
        start: names(&["tutorial", "random-points"]),
        start_covariance: names(&["total"]),
        policy: names(&["stop", "ridge=1e-6"]),
        stop: names(&["gain-per-row=1e-11,max-iterations=1000"]),
    }
}

pub fn metadata() -> Metadata {
    Metadata {
        plan_hash: "0123abcd".to_owned(),
        rng: "chacha12".to_owned(),
        rng_version: "0.10".to_owned(),
        datasets: [("stretched".to_owned(), "aa".repeat(32)), ("iris-fisher".to_owned(), "bb".repeat(32))].into(),
    }
}

/// A number in (0, 1) with noise in its last digits, from a hash of where it is used.
pub fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn factors(run: u32) -> Arc<Factors> {
    let k_means = run % 5 == 4;
    let iris = run % 2 == 1;
    Arc::new(Factors {
        dataset: if iris { "iris-fisher" } else { "stretched" }.to_owned(),
        draw: if iris { 0 } else { run % 3 },
        n: if iris { 150 } else { 500 },
        d: if iris { 4 } else { 2 },
        k: if iris { 3 } else { 2 },
        method: if k_means { "k-means" } else { "em" }.to_owned(),
        covariance: (!k_means).then(|| "full".to_owned()),
        start: if run.is_multiple_of(3) { "tutorial" } else { "random-points" }.to_owned(),
        start_covariance: (!run.is_multiple_of(3)).then(|| "total".to_owned()),
        policy: (!k_means).then(|| if run % 7 < 3 { "stop" } else { "ridge=1e-6" }.to_owned()),
        stop: "gain-per-row=1e-11,max-iterations=1000".to_owned(),
    })
}

fn failed(run: u32) -> bool {
    run % 5 == 2
}

fn run_row(run: u32, iterations: u32) -> RunRow {
    let factors = factors(run);
    let k_means = factors.method == "k-means";
    let seed = u64::from(run) << 20;
    let number = |offset: u64| -1e3 * noise(seed + offset);
    let em = |value: f64| (!k_means).then_some(value);
    let good = |value: f64| (!failed(run)).then_some(value);
    RunRow {
        run,
        run_id: 0xfedc_ba98_0000_0000 | u64::from(run),
        replicate: run / 10,
        seed: u64::from(run / 2),
        outcome: if failed(run) { RunOutcome::SingularCovariance } else { RunOutcome::Converged },
        stop_reason: (!failed(run)).then_some(em::StopReason::GainPerRow),
        iterations,
        e_passes: iterations + 1,
        start_passes: run % 4,
        log_likelihood: em(number(1)),
        objective: Some(number(1)),
        inertia: k_means.then(|| -number(2)),
        n_parameters: (!k_means).then_some(factors.k * 6 - 1),
        bic: em(number(3)).and_then(good),
        aic: em(number(4)).and_then(good),
        icl: em(number(5)).and_then(good),
        icl_entropy: em(number(15)).and_then(good),
        k_end: (!failed(run)).then_some(factors.k),
        smallest_count: Some(noise(seed + 6)),
        smallest_relative_pivot: em(1e-12 * noise(seed + 7)),
        condition: em(1e12 * noise(seed + 8)),
        hathaway: em(noise(seed + 9)).and_then(good),
        coincidence: em(noise(seed + 10)).and_then(good),
        end: (!failed(run)).then_some(End::ALL[run as usize % 3]),
        rate: good(noise(seed + 11)),
        missing_information: em(noise(seed + 12)).and_then(good),
        remaining_gap: good(noise(seed + 13)),
        ari: good(noise(seed + 14) - 0.1),
        nmi: good(noise(seed + 15)),
        misclassified: (!failed(run)).then_some(run % 90),
        misclassified_majority: (!failed(run)).then_some(run % 80),
        factors,
    }
}

fn trace(run: u32, iteration: u32, k_means: bool) -> TraceRecord {
    let seed = (u64::from(run) << 32) + (u64::from(iteration) << 4);
    let moved = |value: f64| (iteration > 0).then_some(value);
    let em = |value: f64| (!k_means).then_some(value);
    let decay = 0.7_f64.powi(iteration.try_into().unwrap());
    let objective = -200.0 - 100.0 * noise(u64::from(run)) * decay - decay * noise(seed);
    let event = match (run % 11, iteration) {
        (3, 0) => Event::Projected { by: noise(seed + 1) },
        (5, 7) => Event::Decreased { by: noise(seed + 1) },
        _ => Event::None,
    };
    TraceRecord {
        run,
        row: TraceRow {
            iteration,
            objective,
            log_likelihood: em(objective),
            gain: moved(decay * noise(seed + 2)),
            q_gain: moved(decay * noise(seed + 3)).and_then(em),
            kl: moved(decay * noise(seed + 4) - 1e-14).and_then(em),
            step_norm: moved(decay * noise(seed + 5)),
            e_passes: iteration + 1,
            smallest_count: Some(50.0 * noise(seed + 6)),
            smallest_relative_pivot: em(noise(seed + 7)),
            worst_condition: em(1e3 * noise(seed + 8)),
            event,
        },
    }
}

fn failure(run: u32, iterations: u32) -> FailureRow {
    let seed = u64::from(run) << 8;
    let ties = run.is_multiple_of(2);
    FailureRow {
        run,
        iteration: iterations + 1,
        stage: "maximization".to_owned(),
        component: Some(run % 3),
        kind: "singular_covariance".to_owned(),
        smallest_eigenvalue: Some(1e-17 * noise(seed)),
        largest_eigenvalue: Some(noise(seed + 1)),
        condition: ties.then(|| 1e17 * noise(seed + 2)),
        smallest_relative_pivot: Some(1e-17 * noise(seed + 3)),
        effective_count: Some(29.0),
        direction: ties.then(|| "petal width".to_owned()),
        loading: ties.then_some(-1.0),
        rows: ties.then_some(29),
        distinct_values: ties.then_some(1),
        cause: ties.then(|| "tied_values".to_owned()),
        log_likelihood: Some(-180.0 * noise(seed + 4)),
        remedy: "stop".to_owned(),
        attempt: 1,
        message: format!("component {} lost its width, “petal width” = 0.2", run % 3),
    }
}

fn parameters(run: &RunRow) -> Vec<ParameterRow> {
    let last = if failed(run.run) { Moment::Failure } else { Moment::End };
    let k_means = run.factors.method == "k-means";
    let d = run.factors.d as usize;
    let mut rows = Vec::new();
    for moment in [Moment::Start, last] {
        for component in 0..run.factors.k {
            let seed = (u64::from(run.run) << 16) + (u64::from(component) << 8);
            let numbers = |n: usize| (0..n as u64).map(|i| noise(seed + i)).collect::<Vec<f64>>();
            rows.push(ParameterRow {
                run: run.run,
                moment,
                component,
                weight: (!k_means).then(|| noise(seed + 99)),
                mean: numbers(d),
                covariance: (!k_means).then(|| numbers(d * d)),
            });
        }
    }
    rows
}

/// Runs `runs` of the sweep, the even ones with `iterations` trace rows after the start, the odd ones with half.
pub fn part(runs: std::ops::Range<u32>, iterations: u32) -> Part {
    let mut part = Part::default();
    for run in runs {
        let iterations = if run.is_multiple_of(2) { iterations } else { iterations / 2 };
        let row = run_row(run, iterations);
        let k_means = row.factors.method == "k-means";
        part.traces.extend((0..=iterations).map(|iteration| trace(run, iteration, k_means)));
        if failed(run) {
            part.failures.push(failure(run, iterations));
        }
        part.parameters.extend(parameters(&row));
        part.timings.push(TimingRow { run, start_seconds: noise(run.into()), fit_seconds: 1e-4 });
        part.runs.push(row);
    }
    part
}

pub fn observations() -> Vec<ObservationRow> {
    let sets = [("stretched", 3, 500, 2), ("iris-fisher", 1, 150, 4)];
    let mut rows = Vec::new();
    for (dataset, draws, n, d) in sets {
        for (draw, row) in (0..draws).flat_map(|draw| (0..n).map(move |row| (draw, row))) {
            let x = (0..d).map(|i| noise(u64::from(draw) << 40 | u64::from(row) << 8 | i)).collect();
            let truth = (dataset == "iris-fisher").then(|| format!("species {}", row / 50));
            rows.push(ObservationRow { dataset: dataset.to_owned(), draw, row, truth, x });
        }
    }
    rows
}

pub fn assignments() -> Vec<AssignmentRow> {
    let row = |run: u32, n: u32| (0..n).map(move |row| AssignmentRow { run, row, component: row % 2 });
    row(0, 500).chain(row(1, 150)).collect()
}

pub fn open(root: &Path) -> Store {
    Store::open(root, &categories(), metadata()).unwrap()
}

/// Writes a finished folder with parts that end at the given runs.
pub fn write_sweep(root: &Path, cuts: &[u32], iterations: u32) {
    let store = open(root);
    // The last part first: the order of writing must not matter.
    for (number, pair) in cuts.windows(2).enumerate().rev() {
        write(&store, number.try_into().unwrap(), &part(pair[0]..pair[1], iterations)).unwrap();
    }
    store.compact(*cuts.last().unwrap()).unwrap();
    store.write_observations(observations()).unwrap();
    store.write_assignments(assignments()).unwrap();
    store.finish().unwrap();
}

/// Writes a part out of its rows.
pub fn write(store: &Store, number: u32, part: &Part) -> Result<(), records::RecordsError> {
    store.write_part(number, &store.encode(number, part)?)
}
