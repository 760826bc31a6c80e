//! One pass of joint densities π_k f_k(x_i): what classification and stochastic steps look at instead of the sums of
//! an E-step.

use crate::emission::Emission;
use crate::mixture::Mixture;
use em::{Batch, Breakdown, BreakdownKind};
use linalg::kernels::padded;

/// Calls `visit(i, log π_1 f_1(x_i) … log π_K f_K(x_i))` for every row, and gives back Σ w log p(x). A row whose density
/// vanishes or is no number is the breakdown that it is in an E-step.
pub(super) fn joint<E: Emission>(
    model: &Mixture<E>,
    data: Batch<'_>,
    mut visit: impl FnMut(usize, &[f64]),
) -> Result<f64, Breakdown> {
    let (emission, k) = (model.emission(), model.components());
    let log_weights: Vec<f64> = model.weights().iter().map(|weight| weight.ln()).collect();
    let mut block = emission.block(data.rows());
    let length = block.capacity();
    let mut densities = vec![0.0; k * padded(length)];
    let mut scratch = emission.scratch(data.rows());
    let mut values = vec![0.0; k];
    let mut total = 0.0;
    for from in (0..data.rows()).step_by(length) {
        let part = data.slice(from, (from + length).min(data.rows()));
        block.load(part.x, part.weight);
        let stride = block.stride();
        emission.log_density(&block, &mut densities[..k * stride], &mut scratch);
        for i in 0..part.rows() {
            for (c, value) in values.iter_mut().enumerate() {
                *value = densities[c * stride + i] + log_weights[c];
            }
            let log_density = log_sum(&values);
            if !log_density.is_finite() {
                let kind = BreakdownKind::NonFinite { what: "density", row: Some(part.first_row + i) };
                return Err(Breakdown { component: None, kind });
            }
            total += block.weights()[i] * log_density;
            visit(from + i, &values);
        }
    }
    Ok(total)
}

/// log Σ exp v.
fn log_sum(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + values.iter().map(|value| (value - largest).exp()).sum::<f64>().ln()
}
