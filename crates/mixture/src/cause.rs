//! Why a covariance became singular: few rows, tied values, or a hyperplane.

use em::SingularCovariance;

/// The cause of a singular covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// At most d + 1 rows belong to the component: any covariance of so few is nearly singular.
    FewRows,
    /// All rows of the component have one value in the leading variable: ties in rounded data.
    TiedValues,
    /// More rows and several values, but all close to a hyperplane.
    Hyperplane,
}

impl Cause {
    /// The name under which the cause is recorded.
    pub fn name(self) -> &'static str {
        match self {
            Self::FewRows => "few_rows",
            Self::TiedValues => "tied_values",
            Self::Hyperplane => "hyperplane",
        }
    }
}

/// A singular covariance seen from the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diagnosis {
    /// The cause.
    pub cause: Cause,
    /// Variable with the largest loading in the smallest eigenvector, from 0.
    pub variable: usize,
    /// That loading.
    pub loading: f64,
    /// Rows that belong to the component (responsibility above 1/2, or the hard label).
    pub rows: usize,
    /// Distinct values of those rows in that variable.
    pub distinct_values: usize,
}

/// Looks at the rows that belong to the broken component. `x` is n × d, row-major; `belongs` says which rows are the
/// component's under the last good parameters.
pub fn diagnose(
    x: &[f64],
    d: usize,
    singular: &SingularCovariance,
    belongs: impl Fn(usize) -> bool,
) -> Option<Diagnosis> {
    let (variable, loading) = singular.leading_variable()?;
    let mut values: Vec<f64> =
        x.chunks_exact(d).enumerate().filter(|&(i, _)| belongs(i)).map(|(_, row)| row[variable]).collect();
    let rows = values.len();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let cause = if rows <= d + 1 {
        Cause::FewRows
    } else if values.len() == 1 {
        Cause::TiedValues
    } else {
        Cause::Hyperplane
    };
    Some(Diagnosis { cause, variable, loading, rows, distinct_values: values.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes() {
        let singular = SingularCovariance {
            smallest_eigenvalue: 0.0,
            largest_eigenvalue: 1.0,
            smallest_relative_pivot: 0.0,
            effective_count: Some(4.0),
            direction: vec![0.1, -0.99],
            covariance: vec![1.0, 0.0, 0.0, 0.0],
        };
        let x = [0.0, 0.2, 1.0, 0.2, 2.0, 0.2, 3.0, 0.2, 9.0, 9.0];
        let tied = diagnose(&x, 2, &singular, |i| i < 4).unwrap();
        assert_eq!((tied.cause, tied.variable, tied.rows, tied.distinct_values), (Cause::TiedValues, 1, 4, 1));
        assert_eq!(diagnose(&x, 2, &singular, |i| i < 3).unwrap().cause, Cause::FewRows);
        assert_eq!(diagnose(&x, 2, &singular, |_| true).unwrap().cause, Cause::Hyperplane);
    }
}
