//! The best one-to-one matching: clusters with classes, components of one fit with those of another.
//!
//! The Hungarian method with potentials (Kuhn 1955, key `kuhn1955`, in the O(m³) form of shortest augmenting paths of Jonker
//! & Volgenant 1987, key `jonker1987`). Costs that are whole numbers below 2⁵³ are matched exactly.

/// The column of each row in the matching of least total cost. `cost` is m × m, row-major, and finite.
pub fn cheapest(cost: &[f64], m: usize) -> Vec<usize> {
    // Row i and column j are numbered from 1; 0 is the free column from which a path starts.
    let mut row_potential = vec![0.0_f64; m + 1];
    let mut column_potential = vec![0.0_f64; m + 1];
    let mut row_of_column = vec![0_usize; m + 1];
    let (mut slack, mut previous, mut visited) = (vec![0.0; m + 1], vec![0_usize; m + 1], vec![false; m + 1]);
    for row in 1..=m {
        slack.fill(f64::INFINITY);
        visited.fill(false);
        row_of_column[0] = row;
        let mut column = 0;
        while row_of_column[column] != 0 {
            visited[column] = true;
            let i = row_of_column[column];
            let (mut step, mut nearest) = (f64::INFINITY, 0);
            for j in (1..=m).filter(|&j| !visited[j]) {
                let reduced = cost[(i - 1) * m + j - 1] - row_potential[i] - column_potential[j];
                if reduced < slack[j] {
                    (slack[j], previous[j]) = (reduced, column);
                }
                if slack[j] < step {
                    (step, nearest) = (slack[j], j);
                }
            }
            for j in 0..=m {
                if visited[j] {
                    row_potential[row_of_column[j]] += step;
                    column_potential[j] -= step;
                } else {
                    slack[j] -= step;
                }
            }
            column = nearest;
        }
        while column != 0 {
            row_of_column[column] = row_of_column[previous[column]];
            column = previous[column];
        }
    }
    let mut columns = vec![0; m];
    for j in 1..=m {
        columns[row_of_column[j] - 1] = j - 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_matched_by_their_sum_and_not_greedily() {
        // Greedy takes 0.1 first and pays 5 for the rest.
        assert_eq!(cheapest(&[0.1, 0.3, 0.4, 5.0], 2), [1, 0]);
        assert_eq!(cheapest(&[0.0, 9.0, 9.0, 9.0, 9.0, 0.0, 9.0, 0.0, 9.0], 3), [0, 2, 1]);
        assert_eq!(cheapest(&[], 0), Vec::<usize>::new());
    }
}
