//! What must not matter: the cut into batches, the number of threads, and how equal rows are written down.

use em::stop::MaxIterations;
use em::{LatentModel, Plain, Rows, Stopping, Threads, TraceRow};
use rayon::ThreadPoolBuilder;

/// Batches of other sizes give the same objective up to rounding.
pub fn chunks<M: LatentModel>(data: &Rows<'_>, model: &M) {
    let (_, whole) = crate::run(data, model.clone(), 5);
    for batch_rows in [1, 7, 64] {
        let (_, cut) = crate::run(&data.with_batch_rows(batch_rows), model.clone(), 5);
        same_traces(data, &whole, &cut, &format!("batches of {batch_rows}"));
    }
}

/// 1, 2 and 4 threads, and the serial reducer, give bitwise the same trace and parameters.
pub fn threads<M: LatentModel>(data: &Rows<'_>, model: &M) {
    let data = data.with_batch_rows(16);
    let (serial, expected) = crate::run(&data, model.clone(), 5);
    let mut coordinates = vec![0.0; serial.dim()];
    serial.write(&mut coordinates);
    for threads in [1, 2, 4] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap_or_else(|error| panic!("{error}"));
        pool.install(|| {
            let mut trace: Vec<TraceRow> = Vec::new();
            let mut stopping = Stopping::new().or(MaxIterations { limit: 5 });
            let fit = em::fit(&data, model.clone(), Threads::default(), &mut Plain, &mut stopping, &mut trace);
            let fit = fit.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(trace, expected, "{threads} threads");
            let mut xi = vec![0.0; fit.model.dim()];
            fit.model.write(&mut xi);
            assert_eq!(xi, coordinates, "{threads} threads");
        });
    }
}

/// Weight 2 on a row is the row twice. `model` makes the model for given rows (its scales may depend on them).
pub fn weights<M: LatentModel>(x: &[f64], d: usize, model: &M) {
    let n = x.len() / d;
    let double: Vec<usize> = (0..n).filter(|i| i % 3 == 0).collect();
    let weights: Vec<f64> = (0..n).map(|i| if i % 3 == 0 { 2.0 } else { 1.0 }).collect();
    let repeated: Vec<f64> =
        x.iter().copied().chain(double.iter().flat_map(|&i| x[i * d..(i + 1) * d].to_vec())).collect();
    let weighted = Rows::new(x, d, &weights);
    let twice = Rows::new(&repeated, d, &[]);
    let (_, a) = crate::run(&weighted, model.clone(), 5);
    let (_, b) = crate::run(&twice, model.clone(), 5);
    same_traces(&twice, &a, &b, "weights");
}

pub(crate) fn same_traces(data: &Rows<'_>, a: &[TraceRow], b: &[TraceRow], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        let difference = (a.objective - b.objective).abs();
        assert!(difference <= crate::slack(data, a.objective), "{what}: {} and {}", a.objective, b.objective);
    }
}
