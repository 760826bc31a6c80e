//! Stop rules compared after the fact: what each would have cost on a trace that went further, and what it would have left.
//!
//! A rule looks at rows of the trace and nothing else, so the rules of [`em::stop`] can be asked again, as they are, on
//! recorded rows; nothing is fitted anew. The trace must hold every iteration: rules with a memory would take the row before
//! last for the last.

use crate::convergence::remaining_gap;
use em::stop::{AbsoluteGain, Aitken, GainPerRow, Mclust, ParameterChange, RelativeGain, ScikitLearn};
use em::{StopRule, Stopping, TraceRow};

/// Where a rule would have stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replayed {
    /// The iteration.
    pub iteration: u32,
    /// E-passes up to it.
    pub e_passes: u32,
    /// What was still to gain: the objective that the trace came to, and Aitken's projection beyond, minus that at the stop.
    pub left: f64,
}

/// Asks a rule row by row; `None` if it lets the whole trace pass. `n` is the number of rows of the data.
pub fn replay(trace: &[TraceRow], rules: &mut Stopping, n: usize) -> Option<Replayed> {
    let last = trace.last()?;
    let limit = last.objective + remaining_gap(trace, n).unwrap_or(0.0);
    let row = trace.iter().find(|row| rules.check(row).is_some())?;
    // Rounding may leave less than nothing.
    let left = (limit - row.objective).max(0.0);
    Some(Replayed { iteration: row.iteration, e_passes: row.e_passes, left })
}

/// Whether every iteration from 0 on is there.
pub fn complete(trace: &[TraceRow]) -> bool {
    (0..).zip(trace).all(|(iteration, row)| row.iteration == iteration)
}

/// A rule under its name, made anew for every trace of `n` rows of data.
pub struct Contender {
    /// Name and tolerance, as in a config.
    pub name: &'static str,
    /// Makes the rule.
    pub rule: fn(f64) -> Stopping,
}

fn only(rule: impl StopRule + 'static) -> Stopping {
    Stopping::new().or(rule)
}

/// The rules that are compared: those of two peers with their defaults, and ours at a loose and a tight tolerance.
pub const CONTENDERS: [Contender; 11] = [
    Contender { name: "scikit-learn = 1e-3", rule: |n| only(ScikitLearn::new(1e-3 * n)) },
    Contender { name: "mclust = 1e-5", rule: |_| only(Mclust::new(1e-5)) },
    Contender { name: "relative-gain = 1e-8", rule: |_| only(RelativeGain { tolerance: 1e-8, and_change: None }) },
    Contender { name: "absolute-gain = 1e-3", rule: |_| only(AbsoluteGain { tolerance: 1e-3, and_change: None }) },
    Contender { name: "gain-per-row = 1e-6", rule: |n| only(GainPerRow { threshold: 1e-6 * n, and_change: None }) },
    Contender { name: "gain-per-row = 1e-8", rule: |n| only(GainPerRow { threshold: 1e-8 * n, and_change: None }) },
    Contender { name: "gain-per-row = 1e-10", rule: |n| only(GainPerRow { threshold: 1e-10 * n, and_change: None }) },
    Contender { name: "aitken = 1e-6", rule: |n| only(Aitken::new(1e-6 * n)) },
    Contender { name: "aitken = 1e-8", rule: |n| only(Aitken::new(1e-8 * n)) },
    Contender { name: "parameter-change = 1e-3", rule: |_| only(ParameterChange { tolerance: 1e-3 }) },
    Contender { name: "parameter-change = 1e-5", rule: |_| only(ParameterChange { tolerance: 1e-5 }) },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// L_t = −100 − 50·r^t.
    fn geometric(r: f64, steps: u32) -> Vec<TraceRow> {
        let level = |t: u32| -100.0 - 50.0 * r.powi(i32::try_from(t).unwrap());
        let row = |t: u32| TraceRow {
            iteration: t,
            objective: level(t),
            log_likelihood: Some(level(t)),
            gain: (t > 0).then(|| level(t) - level(t - 1)),
            e_passes: t + 1,
            ..TraceRow::default()
        };
        (0..=steps).map(row).collect()
    }

    #[test]
    fn a_small_gain_leaves_more_where_convergence_is_slow() {
        // Gains 50·r^{t−1}(1 − r). r = ½: at most 0.01 first at t = 13, and 50/2¹³ is left.
        let mut rule = only(AbsoluteGain { tolerance: 0.01, and_change: None });
        let fast = replay(&geometric(0.5, 40), &mut rule, 100).unwrap();
        assert_eq!((fast.iteration, fast.e_passes), (13, 14));
        assert!((fast.left - 50.0 / 8192.0).abs() < 1e-9, "{}", fast.left);
        let mut rule = only(AbsoluteGain { tolerance: 0.01, and_change: None });
        let slow = replay(&geometric(0.99, 3000), &mut rule, 100).unwrap();
        // What is left is gain·r/(1 − r), some 99 times the tolerance.
        assert!(slow.left > 0.9 && slow.left < 1.0, "{}", slow.left);
        // Aitken's rule waits until what is left is small.
        let patient = replay(&geometric(0.99, 3000), &mut only(Aitken::new(0.01)), 100).unwrap();
        assert!(patient.left <= 0.0101 && patient.left > 0.009, "{}", patient.left);
    }

    #[test]
    fn a_rule_that_never_fires_is_missing_and_a_thinned_trace_is_known() {
        let trace = geometric(0.9, 5);
        assert_eq!(replay(&trace, &mut only(AbsoluteGain { tolerance: 1e-9, and_change: None }), 100), None);
        assert_eq!(replay(&[], &mut only(Aitken::new(1.0)), 100), None);
        assert!(complete(&trace) && !complete(&trace[1..]));
        let thinned: Vec<TraceRow> = trace.into_iter().step_by(2).collect();
        assert!(!complete(&thinned));
    }

    #[test]
    fn every_contender_stops_a_long_trace() {
        let mut trace = geometric(0.5, 60);
        for row in &mut trace {
            row.step_norm = Some(0.7_f64.powi(i32::try_from(row.iteration).unwrap()));
        }
        for contender in &CONTENDERS {
            let found = replay(&trace, &mut (contender.rule)(100.0), 100);
            assert!(found.is_some_and(|found| found.left < 1.0), "{}: {found:?}", contender.name);
        }
    }
}
