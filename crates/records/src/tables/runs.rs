//! Table `runs`.

use crate::columns::{Decoder, Encoder, Record};
use crate::error::{Place, RecordsError};
use crate::rows::{End, Factors, RunOutcome, RunRow};
use crate::schema::{self, Table};
use em::StopReason;
use std::collections::HashMap;
use std::sync::Arc;

impl Record for RunRow {
    const TABLE: &'static Table = &schema::RUNS;

    fn place(&self) -> Place {
        Place::Run(self.run)
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.u32("run", |row| Some(row.run))?;
        columns.hex("run_id", |row| row.run_id);
        columns.name("dataset", |row| Some(&row.factors.dataset))?;
        columns.u32("draw", |row| Some(row.factors.draw))?;
        columns.u32("n", |row| Some(row.factors.n))?;
        columns.u32("d", |row| Some(row.factors.d))?;
        columns.u32("k", |row| Some(row.factors.k))?;
        columns.name("method", |row| Some(&row.factors.method))?;
        columns.name("covariance", |row| row.factors.covariance.as_deref())?;
        columns.name("start", |row| Some(&row.factors.start))?;
        columns.name("start_covariance", |row| row.factors.start_covariance.as_deref())?;
        columns.name("policy", |row| row.factors.policy.as_deref())?;
        columns.name("stop", |row| Some(&row.factors.stop))?;
        columns.u32("replicate", |row| Some(row.replicate))?;
        columns.hex("seed", |row| row.seed);
        columns.name("outcome", |row| Some(row.outcome.name()))?;
        columns.name("stop_reason", |row| row.stop_reason.map(StopReason::name))?;
        columns.u32("iterations", |row| Some(row.iterations))?;
        columns.u32("e_passes", |row| Some(row.e_passes))?;
        columns.u32("start_passes", |row| Some(row.start_passes))?;
        columns.f64("log_likelihood", |row| row.log_likelihood)?;
        columns.f64("objective", |row| row.objective)?;
        columns.f64("inertia", |row| row.inertia)?;
        columns.u32("n_parameters", |row| row.n_parameters)?;
        columns.f64("bic", |row| row.bic)?;
        columns.f64("aic", |row| row.aic)?;
        columns.f64("icl", |row| row.icl)?;
        columns.f64("icl_entropy", |row| row.icl_entropy)?;
        columns.u32("k_end", |row| row.k_end)?;
        columns.f64("smallest_count", |row| row.smallest_count)?;
        columns.f64("smallest_relative_pivot", |row| row.smallest_relative_pivot)?;
        columns.f64("condition", |row| row.condition)?;
        columns.f64("hathaway", |row| row.hathaway)?;
        columns.f64("coincidence", |row| row.coincidence)?;
        columns.name("end", |row| row.end.map(End::name))?;
        columns.f64("rate", |row| row.rate)?;
        columns.f64("missing_information", |row| row.missing_information)?;
        columns.f64("remaining_gap", |row| row.remaining_gap)?;
        columns.f64("ari", |row| row.ari)?;
        columns.f64("nmi", |row| row.nmi)?;
        columns.u32("misclassified", |row| row.misclassified)?;
        columns.u32("misclassified_majority", |row| row.misclassified_majority)
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let factors = factors(columns)?;
        let run = columns.u32("run")?;
        let run_id = columns.hex("run_id")?;
        let replicate = columns.u32("replicate")?;
        let seed = columns.hex("seed")?;
        let outcome = columns.values("outcome", &RunOutcome::ALL, RunOutcome::name)?;
        let stop_reason = columns.optional_values("stop_reason", &StopReason::ALL, StopReason::name)?;
        let iterations = columns.u32("iterations")?;
        let e_passes = columns.u32("e_passes")?;
        let start_passes = columns.u32("start_passes")?;
        let log_likelihood = columns.optional_f64("log_likelihood")?;
        let objective = columns.optional_f64("objective")?;
        let inertia = columns.optional_f64("inertia")?;
        let n_parameters = columns.optional_u32("n_parameters")?;
        let bic = columns.optional_f64("bic")?;
        let aic = columns.optional_f64("aic")?;
        let icl = columns.optional_f64("icl")?;
        let icl_entropy = columns.optional_f64("icl_entropy")?;
        let k_end = columns.optional_u32("k_end")?;
        let smallest_count = columns.optional_f64("smallest_count")?;
        let smallest_relative_pivot = columns.optional_f64("smallest_relative_pivot")?;
        let condition = columns.optional_f64("condition")?;
        let hathaway = columns.optional_f64("hathaway")?;
        let coincidence = columns.optional_f64("coincidence")?;
        let end = columns.optional_values("end", &End::ALL, End::name)?;
        let rate = columns.optional_f64("rate")?;
        let missing_information = columns.optional_f64("missing_information")?;
        let remaining_gap = columns.optional_f64("remaining_gap")?;
        let ari = columns.optional_f64("ari")?;
        let nmi = columns.optional_f64("nmi")?;
        let misclassified = columns.optional_u32("misclassified")?;
        let misclassified_majority = columns.optional_u32("misclassified_majority")?;
        let row = |(i, factors): (usize, Arc<Factors>)| Self {
            run: run[i],
            run_id: run_id[i],
            factors,
            replicate: replicate[i],
            seed: seed[i],
            outcome: outcome[i],
            stop_reason: stop_reason[i],
            iterations: iterations[i],
            e_passes: e_passes[i],
            start_passes: start_passes[i],
            log_likelihood: log_likelihood[i],
            objective: objective[i],
            inertia: inertia[i],
            n_parameters: n_parameters[i],
            bic: bic[i],
            aic: aic[i],
            icl: icl[i],
            icl_entropy: icl_entropy[i],
            k_end: k_end[i],
            smallest_count: smallest_count[i],
            smallest_relative_pivot: smallest_relative_pivot[i],
            condition: condition[i],
            hathaway: hathaway[i],
            coincidence: coincidence[i],
            end: end[i],
            rate: rate[i],
            missing_information: missing_information[i],
            remaining_gap: remaining_gap[i],
            ari: ari[i],
            nmi: nmi[i],
            misclassified: misclassified[i],
            misclassified_majority: misclassified_majority[i],
        };
        Ok(factors.into_iter().enumerate().map(row).collect())
    }
}

/// The factors of each row; rows of the same cell share them.
fn factors(columns: &Decoder<'_>) -> Result<Vec<Arc<Factors>>, RecordsError> {
    let [draw, n, d, k] = [columns.u32("draw")?, columns.u32("n")?, columns.u32("d")?, columns.u32("k")?];
    let dataset = columns.required_names("dataset")?;
    let method = columns.required_names("method")?;
    let covariance = columns.names("covariance")?;
    let start = columns.required_names("start")?;
    let start_covariance = columns.names("start_covariance")?;
    let policy = columns.names("policy")?;
    let stop = columns.required_names("stop")?;
    let mut cells: HashMap<_, Arc<Factors>> = HashMap::new();
    let cell = |i: usize| {
        let numbers = [draw[i], n[i], d[i], k[i]];
        let names = [&dataset, &method, &covariance, &start, &start_covariance, &policy, &stop];
        let codes = names.map(|names| names.codes[i]);
        let owned = |name: Option<&str>| name.map(str::to_owned);
        let make = || {
            Arc::new(Factors {
                dataset: owned(dataset.get(i)).unwrap_or_default(),
                draw: draw[i],
                n: n[i],
                d: d[i],
                k: k[i],
                method: owned(method.get(i)).unwrap_or_default(),
                covariance: owned(covariance.get(i)),
                start: owned(start.get(i)).unwrap_or_default(),
                start_covariance: owned(start_covariance.get(i)),
                policy: owned(policy.get(i)),
                stop: owned(stop.get(i)).unwrap_or_default(),
            })
        };
        cells.entry((numbers, codes)).or_insert_with(make).clone()
    };
    Ok((0..columns.rows()).map(cell).collect())
}
