//! Labels and certainties block by block are those of the n × K matrix of responsibilities.

mod support;

use em::Rows;
use mixture::{Constraint, Full, criteria};
use support::{faithful, model};

#[test]
fn classification_needs_no_matrix() {
    let faithful = faithful();
    let weights: Vec<f64> = (0..faithful.n).map(|i| 0.5 + (i % 3) as f64).collect();
    let rows = Rows::new(&faithful.x, 2, &weights);
    let (model, _) = laws::run(&rows, model::<Full>(&faithful.x, 2, &[3, 0, 40], Constraint::None), 20);
    let found = model.classify(rows.all());
    let responsibilities = model.responsibilities(rows.all());
    let (mut log_largest, mut entropy) = (0.0, 0.0);
    for ((row, weight), &label) in responsibilities.chunks_exact(3).zip(&weights).zip(&found.labels) {
        let largest = row.iter().copied().fold(0.0, f64::max);
        assert_eq!(row[label as usize], largest);
        log_largest += weight * largest.ln();
        entropy -= weight * row.iter().filter(|r| **r > 0.0).map(|r| r * r.ln()).sum::<f64>();
    }
    assert!((found.log_largest - log_largest).abs() < 1e-10 && (found.entropy - entropy).abs() < 1e-10);
    assert!(criteria::icl_entropy(10.0, found.entropy) >= criteria::icl(10.0, found.log_largest));
    assert!(criteria::icl(10.0, found.log_largest) >= 10.0);
}
