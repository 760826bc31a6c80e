//! Transformed data and a transformed model give the same trace, up to the known change of the objective.

use em::{LatentModel, Rows};

/// The traces of `iterations` steps agree once the second objective is mapped by `objective` (for example + n log |det A|
/// under an affine map). `tolerance` is relative to the slack of a sum over the rows: 1 where the transformation is exact
/// in floating point.
pub fn same_trace<M: LatentModel>(
    original: (&Rows<'_>, M),
    transformed: (&Rows<'_>, M),
    iterations: u32,
    objective: impl Fn(f64) -> f64,
    tolerance: f64,
) {
    let (_, a) = crate::run(original.0, original.1, iterations);
    let (_, b) = crate::run(transformed.0, transformed.1, iterations);
    for (a, b) in a.iter().zip(&b) {
        let mapped = objective(b.objective);
        let slack = tolerance * crate::slack(original.0, a.objective);
        assert!((a.objective - mapped).abs() <= slack, "iteration {}: {} and {mapped}", a.iteration, a.objective);
    }
}
