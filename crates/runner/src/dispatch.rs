//! From names to types: the only matches from a factor's value to the code that does it. A new structure, start, policy or
//! stop rule is one line here.

use crate::job::{Job, JobRecord, run_k_means, run_mixture};
use crate::kinds::{Covariance, Method, Policy, StartKind, StopRule};
use crate::seeds;
use em::stop::{
    AbsoluteGain, Aitken, EPasses, GainPerRow, MaxIterations, Mclust, NoImprovement, ParameterChange, RelativeGain,
    ScikitLearn,
};
use em::{Interrupted, Stopping};
use linalg::{Level, Total};
use mixture::gaussian::structure;
use mixture::start::{self, PointCovariance, Start, StartError};
use mixture::{Constraint, Gaussian};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Under a ridge a gain-based rule also needs the parameter change below this, unless the config sets `parameter-change`:
/// a small gain alone proves nothing where the M-step maximises no fixed objective.
const CHANGE_UNDER_RIDGE: f64 = 1e-6;

/// Makes the start of a job.
pub fn start(job: &Job<'_>, total: &Total) -> Result<Start, StartError> {
    let (x, n, d, k) = (&job.sample.x, job.sample.n, job.sample.d, job.cell.k as usize);
    let rng = &mut ChaCha8Rng::from_seed(seeds::start_seed(job.plan, job.cell, job.replicate));
    let rows = job.sample.rows();
    Ok(match job.cell.start {
        StartKind::Tutorial => {
            start::points(x, &kmeans::rows_with_replacement(n, k, rng), PointCovariance::Identity, total)
        }
        StartKind::RandomPoints => {
            start::points(x, &kmeans::distinct_rows(x, d, k, rng)?, PointCovariance::Total, total)
        }
        StartKind::RandomResponsibilities => start::random_responsibilities(rows.all(), k, rng)?,
        StartKind::KMeansPlusPlus => start::points(x, &kmeans::plus_plus(x, d, k, rng)?, PointCovariance::Total, total),
        StartKind::KMeans => start::k_means_partition(&rows, k, total, Level::detect(), rng)?,
        StartKind::AllPairs => start::points(x, &start::pair(n, job.replicate as usize), PointCovariance::Total, total),
    })
}

/// Fits what the cell says from `start` and fills in the record.
pub fn fit(job: &Job<'_>, start: &Start, total: Total, record: &mut JobRecord) -> Result<(), Interrupted> {
    let constraint = match job.cell.policy {
        None | Some(Policy::Stop) => Constraint::None,
        Some(Policy::Ridge(epsilon)) => Constraint::Ridge(epsilon),
    };
    if job.cell.method == Method::KMeans {
        return run_k_means(job, start, total, record);
    }
    macro_rules! mixture_of {
        ($structure:ident) => {
            run_mixture::<Gaussian<structure::$structure>>(job, start, total, constraint, record)
        };
    }
    match job.cell.covariance.unwrap_or(Covariance::Full) {
        Covariance::Full => mixture_of!(Vvv),
        Covariance::Tied => mixture_of!(Eee),
        Covariance::Diag => mixture_of!(Vvi),
        Covariance::Spherical => mixture_of!(Vii),
        Covariance::TiedDiag => mixture_of!(Eei),
        Covariance::TiedSpherical => mixture_of!(Eii),
        Covariance::Vei => mixture_of!(Vei),
        Covariance::Evi => mixture_of!(Evi),
        Covariance::Vee => mixture_of!(Vee),
        Covariance::Eve => mixture_of!(Eve),
        Covariance::Vve => mixture_of!(Vve),
        Covariance::Eev => mixture_of!(Eev),
        Covariance::Vev => mixture_of!(Vev),
        Covariance::Evv => mixture_of!(Evv),
    }
}

/// The stop rules of the plan, in its order.
pub fn stopping(job: &Job<'_>, monotone: bool) -> Stopping {
    let change = job.plan.stop.iter().find_map(|rule| match rule {
        StopRule::ParameterChange(tolerance) => Some(*tolerance),
        _ => None,
    });
    let and_change = (!monotone).then(|| change.unwrap_or(CHANGE_UNDER_RIDGE));
    let n = job.sample.n as f64;
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
