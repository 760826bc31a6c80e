//! What is fitted: n rows of d finite numbers, and the true labels where they are known.
//!
//! Standardising is z_ij = (x_ij − x̄_j) / s_j with s_j² = Σ_i (x_ij − x̄_j)² / (n − 1), R's `scale()`. Not here: missing
//! values (a sample has none; loaders refuse them), responses.
//!
//! A weight w stands for w equal rows: means, deviations (divisor Σ w − 1), likelihoods and criteria (n = Σ w) are those of the
//! sample in which the row is repeated. Seedings draw rows, not weights.

use crate::error::DatasetError;
use crate::fingerprint::{Fingerprint, canonical};

/// A complete sample in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Observations, n × d, row-major; all finite.
    pub x: Vec<f64>,
    /// Number of rows n, at least 1.
    pub n: usize,
    /// Number of features d, at least 1.
    pub d: usize,
    /// Names of the d features, pairwise different.
    pub columns: Vec<String>,
    /// Weight of each row, positive; empty if all are one.
    pub weight: Vec<f64>,
    /// The true labels, where known.
    pub truth: Option<Truth>,
    /// SHA-256 of the canonical values, and of the weights if there are any.
    pub fingerprint: Fingerprint,
}

/// The true class of every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Class of each row, an index into `names`.
    pub labels: Vec<u32>,
    /// Names of the classes, in order of first appearance or of the recipe.
    pub names: Vec<String>,
}

impl Sample {
    /// A sample of the row-major values `x` (n·d of them, d being the number of `columns`).
    ///
    /// −0.0 becomes 0.0, so that samples of equal fingerprint are equal bit for bit. Refuses an empty sample, a length
    /// that is no multiple of d, columns named twice, values that are not finite, and labels that do not fit.
    pub fn new(mut x: Vec<f64>, columns: Vec<String>, truth: Option<Truth>) -> Result<Self, DatasetError> {
        let d = columns.len();
        if d == 0 {
            return Err(DatasetError::NoColumns);
        }
        if let Some(column) = first_repeated(&columns) {
            return Err(DatasetError::DuplicateColumn { column: column.clone() });
        }
        if x.is_empty() {
            return Err(DatasetError::NoRows);
        }
        if !x.len().is_multiple_of(d) {
            return Err(DatasetError::Shape { values: x.len(), columns: d });
        }
        if let Some(i) = x.iter().position(|value| !value.is_finite()) {
            return Err(DatasetError::NonFinite { row: i / d, column: columns[i % d].clone(), value: x[i] });
        }
        let n = x.len() / d;
        if let Some(truth) = &truth {
            let named = truth.labels.iter().all(|&label| (label as usize) < truth.names.len());
            if truth.labels.len() != n || !named {
                return Err(DatasetError::TruthShape { labels: truth.labels.len(), names: truth.names.len(), rows: n });
            }
        }
        for value in &mut x {
            *value = canonical(*value);
        }
        let fingerprint = Fingerprint::of(n, d, &x);
        Ok(Self { x, n, d, columns, weight: Vec::new(), truth, fingerprint })
    }

    /// The sample with a weight for each row (none at all: as it is). Weights must be positive and finite.
    pub fn with_weights(mut self, weight: Vec<f64>) -> Result<Self, DatasetError> {
        if weight.is_empty() {
            return Ok(self);
        }
        if weight.len() != self.n {
            return Err(DatasetError::WeightShape { weights: weight.len(), rows: self.n });
        }
        if let Some(row) = weight.iter().position(|w| !(*w > 0.0 && w.is_finite())) {
            return Err(DatasetError::Weight { row, value: weight[row] });
        }
        self.fingerprint = Fingerprint::of_weighted(self.n, self.d, &self.x, &weight);
        self.weight = weight;
        Ok(self)
    }

    /// The rows as the engine reads them.
    pub fn rows(&self) -> em::Rows<'_> {
        em::Rows::new(&self.x, self.d, &self.weight)
    }

    /// Σ w: the number of rows if all weights are one.
    pub fn total_weight(&self) -> f64 {
        if self.weight.is_empty() { self.n as f64 } else { self.weight.iter().sum() }
    }

    /// Row `i`, from 0.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.x[i * self.d..(i + 1) * self.d]
    }

    /// Only the columns `names`, in that order. The truth stays.
    ///
    /// ```
    /// let iris = datasets::builtin("iris", None)?;
    /// let petals = iris.select_columns(&["Petal.Width".into(), "Petal.Length".into()])?;
    /// assert_eq!((petals.d, petals.row(0)), (2, &[0.2, 1.4][..]));
    /// # Ok::<(), datasets::DatasetError>(())
    /// ```
    pub fn select_columns(self, names: &[String]) -> Result<Self, DatasetError> {
        let place = |name: &String| self.columns.iter().position(|column| column == name);
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            places.push(
                place(name)
                    .ok_or_else(|| DatasetError::UnknownColumn { column: name.clone(), known: self.columns.clone() })?,
            );
        }
        let x = self.x.chunks_exact(self.d).flat_map(|row| places.iter().map(|&j| row[j])).collect();
        Self::new(x, names.to_vec(), self.truth)?.with_weights(self.weight)
    }

    /// Each column centred and divided by its standard deviation (divisor n − 1).
    ///
    /// A column with one value in all rows is an error that names it (so is every column of a sample of one row).
    pub fn standardise_sd(mut self) -> Result<Self, DatasetError> {
        for j in 0..self.d {
            let column = || self.x.iter().skip(j).step_by(self.d).copied();
            let (smallest, largest) =
                column().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (v.min(low), v.max(high)));
            if smallest == largest {
                let column = self.columns[j].clone();
                return Err(DatasetError::ConstantColumn { column, value: smallest, rows: self.n });
            }
            let n = self.total_weight();
            let weighted = |value: &dyn Fn(f64) -> f64| -> f64 {
                column().enumerate().map(|(i, v)| self.weight.get(i).copied().unwrap_or(1.0) * value(v)).sum()
            };
            let rough = weighted(&|v| v) / n;
            // The second pass takes off what rounding left in the first: at an offset of 1e8 it is not negligible.
            let mean = rough + weighted(&|v| v - rough) / n;
            let sd = (weighted(&|v| (v - mean) * (v - mean)) / (n - 1.0)).sqrt();
            if !sd.is_normal() {
                return Err(DatasetError::Unscalable { column: self.columns[j].clone(), smallest, largest });
            }
            self.x.iter_mut().skip(j).step_by(self.d).for_each(|v| *v = (*v - mean) / sd);
        }
        Self::new(self.x, self.columns, self.truth)?.with_weights(self.weight)
    }
}

/// The first name that has occurred before.
fn first_repeated(names: &[String]) -> Option<&String> {
    names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use em::Dataset;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn sample(x: &[f64], columns: &[&str]) -> Sample {
        Sample::new(x.to_vec(), names(columns), None).unwrap()
    }

    #[test]
    fn shape_follows_from_values_and_names() {
        let sample = sample(&[1.0, 2.0, 3.0, 4.0, 5.0, -0.0], &["a", "b"]);
        assert_eq!((sample.n, sample.d), (3, 2));
        assert_eq!(sample.row(2)[1].to_bits(), 0.0_f64.to_bits());
        assert_eq!((sample.rows().rows(), sample.rows().dimension()), (3, 2));
    }

    #[test]
    fn every_misfit_is_refused() {
        let make = |x: &[f64], columns: &[&str], truth| Sample::new(x.to_vec(), names(columns), truth).unwrap_err();
        assert!(matches!(make(&[1.0], &[], None), DatasetError::NoColumns));
        assert!(matches!(make(&[], &["a"], None), DatasetError::NoRows));
        assert!(matches!(make(&[1.0; 3], &["a", "b"], None), DatasetError::Shape { values: 3, columns: 2 }));
        assert!(
            matches!(make(&[1.0; 2], &["a", "a"], None), DatasetError::DuplicateColumn { column } if column == "a")
        );
        let nan = make(&[1.0, 2.0, 3.0, f64::NAN], &["a", "b"], None);
        assert_eq!(nan.to_string(), "row 1 (from 0), column `b`: NaN is not finite; correct it or remove the row");
        let truth = |labels: &[u32]| Some(Truth { labels: labels.to_vec(), names: names(&["yes", "no"]) });
        let short = make(&[1.0, 2.0], &["a"], truth(&[0]));
        assert!(matches!(short, DatasetError::TruthShape { labels: 1, names: 2, rows: 2 }));
        assert!(matches!(make(&[1.0, 2.0], &["a"], truth(&[0, 2])), DatasetError::TruthShape { .. }));
    }

    #[test]
    fn columns_are_selected_in_the_order_asked_for() {
        let all = sample(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &["a", "b", "c"]);
        let two = all.clone().select_columns(&names(&["c", "a"])).unwrap();
        assert_eq!((two.x.as_slice(), two.d), (&[3.0, 1.0, 6.0, 4.0][..], 2));
        assert_ne!(two.fingerprint, all.fingerprint);
        let same = all.clone().select_columns(&names(&["a", "b", "c"])).unwrap();
        assert_eq!(same, all);
        let unknown = all.clone().select_columns(&names(&["B"])).unwrap_err();
        assert_eq!(unknown.to_string(), "unknown column `B`; the columns are `a`, `b`, `c`");
        let twice = all.clone().select_columns(&names(&["b", "b"])).unwrap_err();
        assert!(matches!(twice, DatasetError::DuplicateColumn { column } if column == "b"));
        assert!(matches!(all.select_columns(&[]), Err(DatasetError::NoColumns)));
    }

    #[test]
    fn standardised_columns_have_mean_zero_and_deviation_one_at_any_offset() {
        let plain = sample(&[1.0, 10.0, 2.0, 30.0, 6.0, 20.0], &["a", "b"]).standardise_sd().unwrap();
        // (1, 2, 6): mean 3, squares 4 + 1 + 9 = 14, divisor 2.
        for (found, expected) in plain.x.iter().step_by(2).zip([-2.0, -1.0, 3.0]) {
            assert!((found - expected / 7.0_f64.sqrt()).abs() < 1e-15);
        }
        assert_eq!(plain.x[1], -1.0);
        let shifted = sample(&[1e8 + 1.0, 10.0, 1e8 + 2.0, 30.0, 1e8 + 6.0, 20.0], &["a", "b"]).standardise_sd();
        for (found, expected) in shifted.unwrap().x.iter().zip(&plain.x) {
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let weighted = sample(&[1.0, 2.0, 6.0], &["a"]).with_weights(vec![1.0, 2.0, 1.0]).unwrap();
        assert_eq!((weighted.total_weight(), weighted.rows().all().total_weight()), (4.0, 4.0));
        assert_ne!(weighted.fingerprint, sample(&[1.0, 2.0, 6.0], &["a"]).fingerprint);
        let twice = sample(&[1.0, 2.0, 2.0, 6.0], &["a"]).standardise_sd().unwrap();
        let scaled = weighted.standardise_sd().unwrap();
        assert_eq!((scaled.x, scaled.weight), (vec![twice.x[0], twice.x[1], twice.x[3]], vec![1.0, 2.0, 1.0]));
        let refused =
            |weight: &[f64]| sample(&[1.0, 2.0], &["a"]).with_weights(weight.to_vec()).unwrap_err().to_string();
        assert_eq!(refused(&[1.0]), "1 weights for 2 rows");
        assert_eq!(refused(&[1.0, 0.0]), "the weight of row 1 (from 0) is 0: weights are positive; leave the row out");
        assert!(refused(&[f64::NAN, 1.0]).contains("row 0"));
    }

    #[test]
    fn columns_without_a_deviation_are_named() {
        let constant = sample(&[1.0, 0.1, 2.0, 0.1, 3.0, 0.1], &["a", "b"]).standardise_sd().unwrap_err();
        assert!(
            matches!(&constant, DatasetError::ConstantColumn { column, value, rows: 3 } if column == "b" && *value == 0.1)
        );
        assert!(constant.to_string().contains("`b`"));
        let single = sample(&[1.0, 2.0], &["a", "b"]).standardise_sd();
        assert!(matches!(single, Err(DatasetError::ConstantColumn { rows: 1, .. })));
        let wide = sample(&[-1e300, 1e300], &["a"]).standardise_sd();
        assert!(matches!(wide, Err(DatasetError::Unscalable { column, .. }) if column == "a"));
    }
}
