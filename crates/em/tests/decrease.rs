//! An M-step that overshoots: the fall is a failure where the model claims to be monotone, an event where it does not.
//!
//! The toy model has log-density −(x − m)²/2; its M-step moves m past the mean by a factor that grows with every step.

use em::stop::MaxIterations;
use em::{
    Batch, Breakdown, BreakdownKind, Coordinates, Event, Fit, Health, LatentModel, Outcome, Plain, Rows, Serial, Stage,
    Stopping, TraceRow,
};

#[derive(Clone, Debug)]
struct Overshooting {
    mean: f64,
    factor: f64,
    monotone: bool,
}

impl Coordinates for Overshooting {
    fn dim(&self) -> usize {
        1
    }
    fn write(&self, xi: &mut [f64]) {
        xi[0] = self.mean;
    }
    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        next.mean = xi[0];
        Ok(())
    }
}

impl LatentModel for Overshooting {
    type Scratch = ();

    fn stats_len(&self) -> usize {
        2
    }
    fn scratch(&self, _max_len: usize) {}
    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], (): &mut ()) -> f64 {
        stats[0] += batch.rows() as f64;
        stats[1] += batch.x.iter().map(|x| x - self.mean).sum::<f64>();
        batch.x.iter().map(|x| -0.5 * (x - self.mean).powi(2)).sum()
    }
    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        next.mean = self.mean + self.factor * stats[1] / stats[0];
        next.factor = self.factor + 0.5;
        Ok(())
    }
    fn q_gain(&self, stats: &[f64], next: &Self, (): &mut ()) -> f64 {
        let shift = next.mean - self.mean;
        shift * (stats[1] - 0.5 * stats[0] * shift)
    }
    fn health(&self, _stats: &[f64]) -> Health {
        Health::default()
    }
    fn change(&self, next: &Self) -> f64 {
        (next.mean - self.mean).abs()
    }
    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], (): &mut ()) {
        for (out, x) in out.iter_mut().zip(batch.x) {
            *out = -0.5 * (x - self.mean).powi(2);
        }
    }
    fn monotone(&self) -> bool {
        self.monotone
    }
}

fn run(monotone: bool) -> (Fit<Overshooting>, Vec<TraceRow>) {
    let x = [1.0, 2.0, 6.0];
    let mut trace = Vec::new();
    let mut stopping = Stopping::new().or(MaxIterations { limit: 8 });
    // Factors 1.5, 2, 2.5: the third step moves m further from the mean than it was.
    let model = Overshooting { mean: 0.0, factor: 1.5, monotone };
    let fit = em::fit(&Rows::new(&x, 1, &[]), model, Serial::default(), &mut Plain, &mut stopping, &mut trace);
    (fit.unwrap(), trace)
}

#[test]
fn a_fall_ends_a_monotone_fit_at_the_last_good_parameters() {
    let (fit, trace) = run(true);
    let Outcome::Failed(failure) = fit.outcome else { panic!("{:?}", fit.outcome) };
    assert_eq!((failure.iteration, failure.stage), (3, Stage::Expectation));
    let BreakdownKind::ObjectiveDecreased { by } = failure.breakdown.kind else { panic!("{failure}") };
    // m goes 0, 4.5, 1.5, 5.25: −½ Σ (x − m)² is −20.5, −10.375, −10.375, −14.59375.
    assert_eq!(by, 4.21875);
    assert_eq!((trace.len(), fit.iterations), (3, 2));
    assert!(trace.iter().all(|row| row.event == Event::None && row.gain.unwrap_or(0.0) >= 0.0));
    assert_eq!(fit.model.mean, 1.5);
    assert_eq!(fit.objective, trace[2].objective);
}

#[test]
fn where_monotonicity_is_not_claimed_the_fall_is_an_event() {
    let (fit, trace) = run(false);
    assert!(matches!(fit.outcome, Outcome::Stopped(_)));
    let falls: Vec<u32> = trace.iter().filter(|row| row.event != Event::None).map(|row| row.iteration).collect();
    assert_eq!(falls, [3, 4, 5, 6, 7, 8]);
    for row in &trace[3..] {
        let Event::Decreased { by } = row.event else { panic!("{row:?}") };
        assert_eq!(Some(-by), row.gain);
    }
}
