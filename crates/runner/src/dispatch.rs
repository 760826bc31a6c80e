//! From names to types: the only matches from a factor's value to the code that does it. A new structure, start, policy or
//! stop rule is one line here.

use crate::job::{Job, JobRecord, run_k_means, run_mixture};
use crate::kinds::{Covariance, Method, Policy, StartCovariance, StartKind, StopRule};
use em::stop::{
    AbsoluteGain, Aitken, EPasses, GainPerRow, MaxIterations, Mclust, NoImprovement, ParameterChange, RelativeGain,
    ScikitLearn,
};
use em::{FailurePolicy, Interrupted, Outcome, Plain, Serial, StopAtFailure, Stopping};
use mixture::gaussian::structure;
use mixture::policy::{Rebuild, Remove, Reseed};
use mixture::start::{
    self, Cem, EmEm, Perturbation, PointCovariance, RndEm, Search, Seeding, Sem, Start, StartError, Truth,
};
use mixture::{Constraint, Gaussian, Mixture, MixtureParameters, Reference, Structure};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Under a ridge a gain-based rule also needs the parameter change below this, unless the config sets `parameter-change`:
/// a small gain alone proves nothing where the M-step maximises no fixed objective.
const CHANGE_UNDER_RIDGE: f64 = 1e-6;

/// `$body` with `$model` standing for the emission of the structure.
macro_rules! with_structure {
    ($covariance:expr, $model:ident => $body:expr) => {
        with_structure!($covariance, $model => $body;
            Full: Vvv, Tied: Eee, Diag: Vvi, Spherical: Vii, TiedDiag: Eei, TiedSpherical: Eii, Vei: Vei, Evi: Evi,
            Vee: Vee, Eve: Eve, Vve: Vve, Eev: Eev, Vev: Vev, Evv: Evv)
    };
    ($covariance:expr, $model:ident => $body:expr; $($name:ident: $structure:ident),+) => {
        match $covariance {
            $(Covariance::$name => {
                type $model = Gaussian<structure::$structure>;
                $body
            })+
        }
    };
}

/// Whether the M-step of a structure is exact under a policy.
pub fn allows(covariance: Covariance, policy: Policy) -> bool {
    let constraint = constraint(Some(policy));
    with_structure!(covariance, Model => Model::allows(constraint))
}

/// What a policy adds to every M-step.
fn constraint(policy: Option<Policy>) -> Constraint {
    match policy {
        None | Some(Policy::Stop | Policy::Reseed(_) | Policy::Remove) => Constraint::None,
        Some(Policy::Ridge(epsilon)) => Constraint::Ridge(epsilon),
        Some(Policy::Floor(floor)) => Constraint::Floor(floor),
        Some(Policy::Ratio(ratio)) => Constraint::Ratio(ratio),
        Some(Policy::Map) => Constraint::Map,
    }
}

/// What a policy does after a breakdown.
pub fn remedies<'a, S: Structure + 'a>(job: &Job<'a>, rebuild: Rebuild) -> Box<dyn FailurePolicy<Mixture<S>> + 'a> {
    match job.cell.policy {
        Some(Policy::Reseed(limit)) => Box::new(Reseed { data: job.data.sample.rows(), limit, rebuild }),
        Some(Policy::Remove) => Box::new(Remove { rebuild }),
        _ => Box::new(StopAtFailure),
    }
}

/// Makes the start of a job from its seed. Starts that run EM themselves do so with covariances of structure `S`.
pub fn start<S: Structure>(job: &Job<'_>, reference: &Arc<Reference>, seed: [u8; 32]) -> Result<Start, StartError> {
    let (rows, k, total) = (job.data.sample.rows(), job.cell.k as usize, &reference.total);
    let (all, d, options) = (rows.all(), job.data.sample.d, &job.plan.starts);
    let rng = &mut ChaCha8Rng::from_seed(seed);
    let covariance = match job.cell.start_covariance {
        None | Some(StartCovariance::Total) => PointCovariance::Total,
        Some(StartCovariance::Identity) => PointCovariance::Identity,
        Some(StartCovariance::TotalPerComponent) => PointCovariance::TotalPerComponent,
        Some(StartCovariance::PooledNearest) => PointCovariance::PooledNearest,
    };
    let search =
        || Search { data: rows, components: k, covariance, reference: Arc::clone(reference), level: job.level };
    let given = || job.plan.starts.given(job.cell.dataset, job.cell.k);
    let at_rows = |rows: &[usize]| start::points_in(all, rows, covariance, total);
    if job.cell.start.exhaustive(job.cell.factors.n) == Some(0) {
        return Err(kmeans::TooFewDistinctRows { distinct: job.data.sample.n, components: k }.into());
    }
    Ok(match job.cell.start {
        StartKind::Tutorial => {
            let rows = kmeans::rows_with_replacement(job.data.sample.n, k, rng);
            start::points_in(all, &rows, PointCovariance::Identity, total)
        }
        StartKind::RandomPoints => at_rows(&kmeans::distinct_rows(all.x, d, k, rng)?),
        StartKind::RandomResponsibilities => start::random_responsibilities(all, k, rng)?,
        StartKind::RandomPartition => start::random_partition(all, k, rng)?,
        StartKind::KMeansPlusPlus => {
            start::plus_plus_points(all, k, Seeding::Plain, covariance, total, job.level, rng)?
        }
        StartKind::KMeansPlusPlusGreedy => {
            start::plus_plus_points(all, k, Seeding::Greedy, covariance, total, job.level, rng)?
        }
        StartKind::KMeans => start::k_means_partition(&rows, k, total, job.level, rng)?,
        StartKind::EmEm => {
            let crate::config::start_file::EmEmFile { runs, tolerance, max_iterations } = options.em_em;
            start::em_em::<S>(&search(), EmEm { runs, tolerance, max_iterations }, rng)?.start
        }
        StartKind::RndEm => start::rnd_em::<S>(&search(), RndEm { runs: options.rnd_em.runs }, rng)?.start,
        StartKind::Cem => {
            let options = Cem { runs: options.cem.runs, max_iterations: options.cem.max_iterations };
            start::cem::<S>(&search(), options, rng)?.start
        }
        StartKind::Sem => {
            start::sem::<S>(&search(), Sem { runs: options.sem.runs, iterations: options.sem.iterations }, rng)?.start
        }
        StartKind::Given => match given() {
            Some(given) => given.start(all)?,
            None => unreachable!("the plan refuses a cell without its start"),
        },
        StartKind::Truth => truth(job)?,
        StartKind::Perturbed => {
            let optimum = match given() {
                Some(given) => given.start(all)?.parameters,
                None => optimum::<S>(job, truth(job)?.parameters, reference)?,
            };
            let perturbation = Perturbation { shift: options.perturbed.shift, spread: options.perturbed.spread };
            start::perturbed(&optimum, perturbation, rng)?
        }
        StartKind::AllPairs => at_rows(&start::pair(job.data.sample.n, job.replicate as usize)),
        StartKind::AllTriples => at_rows(&start::triple(job.data.sample.n, job.replicate as usize)),
    })
}

/// The parameters that made the data, or the M-step of their labels.
fn truth(job: &Job<'_>) -> Result<Start, StartError> {
    let labels = job.data.sample.truth.as_ref().map(|truth| Truth::Labels(&truth.labels));
    let parameters = job.plan.datasets[job.cell.dataset].truth().map(Truth::Parameters);
    match parameters.or(labels) {
        Some(truth) => start::truth(job.data.sample.rows().all(), job.cell.k as usize, truth),
        None => unreachable!("the plan refuses a cell without its truth"),
    }
}

/// Where plain EM ends that begins at `from`.
fn optimum<S: Structure>(
    job: &Job<'_>,
    from: MixtureParameters,
    reference: &Arc<Reference>,
) -> Result<MixtureParameters, StartError> {
    let (emission, _) = S::from_parameters(&from, reference, Constraint::None, job.level)?;
    let model = Mixture::new(from.weights, emission);
    let fit =
        em::fit(&job.data.sample.rows(), model, Serial::default(), &mut Plain, &mut stopping(job, true), &mut ())?;
    match fit.outcome {
        Outcome::Failed(failure) => Err(failure.breakdown.into()),
        Outcome::Stopped(_) => Ok(fit.model.parameters()),
    }
}

/// Makes the start that the cell says, fits from there and fills in the record.
pub fn fit(job: &Job<'_>, reference: &Arc<Reference>, record: &mut JobRecord) -> Result<(), Interrupted> {
    if job.cell.method == Method::KMeans {
        return run_k_means(job, reference, record);
    }
    let constraint = constraint(job.cell.policy);
    let covariance = job.cell.covariance.unwrap_or(Covariance::Full);
    with_structure!(covariance, Model => run_mixture::<Model>(job, reference, constraint, record))
}

/// The stop rules of the plan, in its order.
pub fn stopping(job: &Job<'_>, monotone: bool) -> Stopping {
    let change = job.plan.stop.iter().find_map(|rule| match rule {
        StopRule::ParameterChange(tolerance) => Some(*tolerance),
        _ => None,
    });
    let and_change = (!monotone).then(|| change.unwrap_or(CHANGE_UNDER_RIDGE));
    let n = job.data.sample.total_weight();
    job.plan.stop.iter().fold(Stopping::new(), |stopping, rule| match *rule {
        StopRule::MaxIterations(limit) => stopping.or(MaxIterations { limit }),
        StopRule::GainPerRow(tolerance) => stopping.or(GainPerRow { threshold: tolerance * n, and_change }),
        StopRule::RelativeGain(tolerance) => stopping.or(RelativeGain { tolerance, and_change }),
        StopRule::AbsoluteGain(tolerance) => stopping.or(AbsoluteGain { tolerance, and_change }),
        StopRule::ParameterChange(tolerance) => stopping.or(ParameterChange { tolerance }),
        StopRule::Aitken(tolerance) => stopping.or(Aitken::new(tolerance * n)),
        StopRule::ScikitLearn(tolerance) => stopping.or(ScikitLearn::new(tolerance * n)),
        StopRule::Mclust(tolerance) => stopping.or(Mclust::new(tolerance)),
        StopRule::NoImprovement(share) => stopping.or(NoImprovement::new(share)),
        StopRule::EPasses(budget) => stopping.or(EPasses { budget }),
    })
}
