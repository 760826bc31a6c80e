//! The objective never falls by more than rounding, and every number of the trace is finite.

use em::{LatentModel, Rows, TraceRow};

/// Runs `iterations` from `model`; gives back the trace for further checks.
pub fn monotone<M: LatentModel>(data: &Rows<'_>, model: M, iterations: u32) -> Vec<TraceRow> {
    let (_, trace) = crate::run(data, model, iterations);
    for (t, pair) in trace.windows(2).enumerate() {
        let gain = pair[1].objective - pair[0].objective;
        assert!(
            gain >= -crate::slack(data, pair[0].objective),
            "the objective fell by {:e} at iteration {}",
            -gain,
            t + 1
        );
        assert_eq!(pair[1].gain, Some(gain));
    }
    for row in &trace {
        let numbers = [Some(row.objective), row.log_likelihood, row.gain, row.q_gain, row.kl, row.step_norm];
        assert!(numbers.iter().flatten().all(|value| value.is_finite()), "not finite: {row:?}");
        let health = [row.smallest_count, row.smallest_relative_pivot, row.worst_condition];
        assert!(health.iter().flatten().all(|value| *value > 0.0 && value.is_finite()), "unhealthy: {row:?}");
    }
    trace
}
