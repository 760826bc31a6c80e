//! log L(θ′) − log L(θ) = ΔQ + KL, KL ≥ 0; no small perturbation of the M-step raises Q (+ log prior); a converged fit stays where it is.

use em::{LatentModel, Rows};

/// At every iteration the gain minus ΔQ equals the KL divergence between the posteriors before and after the step, computed
/// independently. `posterior` gives p(z | x, θ) row by row (any number of states per row, n × states).
pub fn decomposition<M: LatentModel>(
    data: &Rows<'_>,
    model: M,
    iterations: u32,
    posterior: impl Fn(&M, &Rows<'_>) -> Vec<f64>,
) {
    let size = data.all().total_weight() * data.all().dimension as f64;
    let states = posterior(&model, data).len() / data.all().rows();
    let mut before = model;
    let mut compared = 0;
    for t in 1..=iterations {
        let (after, trace) = crate::run(data, before.clone(), 1);
        let (old, new) = (posterior(&before, data), posterior(&after, data));
        let mut independent = 0.0;
        let mut underflows = false;
        for (i, (old, new)) in old.chunks_exact(states).zip(new.chunks_exact(states)).enumerate() {
            let weight = data.all().weight.get(i).copied().unwrap_or(1.0);
            for (&p, &q) in old.iter().zip(new).filter(|(p, _)| **p > 0.0) {
                // A posterior below 1e-308 is written as 0: its logarithm is lost, and with it the comparison.
                underflows |= q == 0.0;
                // p ln(p/q) + q − p ≥ 0 term by term, and the extra terms sum to zero.
                independent += weight * (p * (p / q).ln() + q - p);
            }
        }
        let row = trace[1];
        let kl = row.kl.unwrap_or_else(|| panic!("no KL at iteration {t}"));
        let scale = row.objective.abs() + size;
        assert!(kl >= -64.0 * f64::EPSILON * scale, "iteration {t}: KL = {kl:e}");
        if !underflows {
            compared += 1;
            let agree = (kl - independent).abs() <= 1e-11 * scale;
            assert!(agree, "iteration {t}: KL {kl:e}, independently {independent:e}");
        }
        // Under a prior it is Q + log prior that the M-step maximises.
        let q_gain = row.q_gain.unwrap_or_else(|| panic!("no ΔQ at iteration {t}"));
        let penalised = q_gain + after.log_prior() - before.log_prior();
        assert!(penalised >= -1e-12 * scale, "iteration {t}: ΔQ = {penalised:e}");
        before = after;
    }
    assert!(2 * compared > iterations, "KL could be compared in {compared} of {iterations} iterations only");
}

/// Small perturbations of the M-step's result in unconstrained coordinates never raise Q.
pub fn m_step_is_optimal<M: LatentModel>(data: &Rows<'_>, model: &M) {
    let (stats, objective) = crate::expect(data, model);
    let mut scratch = model.scratch(data.all().rows());
    let mut best = model.clone();
    model.maximize(&stats, &mut best).unwrap_or_else(|error| panic!("{error}"));
    let gain = model.q_gain(&stats, &best, &mut scratch) + best.log_prior();
    let slack = crate::slack(data, objective);
    let mut xi = vec![0.0; model.dim()];
    best.write(&mut xi);
    let mut perturbed = best.clone();
    // A linear congruential generator: the law needs some directions, not good ones.
    let mut state = 12345u64;
    for size in [1e-2, 1e-4] {
        for _ in 0..20 {
            let moved: Vec<f64> = xi
                .iter()
                .map(|value| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    value + size * ((state >> 33) as f64 / (1u64 << 30) as f64 - 1.0)
                })
                .collect();
            best.read(&moved, &mut perturbed).unwrap_or_else(|error| panic!("{error}"));
            let other = model.q_gain(&stats, &perturbed, &mut scratch) + perturbed.log_prior();
            assert!(other <= gain + slack, "a perturbation of {size:e} raises Q by {:e}", other - gain);
        }
    }
}

/// From a converged fit another step changes nothing that matters.
pub fn fixed_point<M: LatentModel>(data: &Rows<'_>, model: M) {
    let (converged, trace) = crate::converge(data, model);
    let (next, after) = crate::run(data, converged.clone(), 1);
    let change = converged.change(&next);
    assert!(change < 1e-5, "one more step changes parameters by {change:e} after {} iterations", trace.len());
    let gain = (after[1].objective - after[0].objective).abs();
    assert!(gain <= crate::slack(data, after[0].objective), "one more step gains {gain:e}");
}
