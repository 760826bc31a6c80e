//! Agreement between two labellings of the same rows.
//!
//! All measures are functions of the contingency table n_ij = number of rows in cluster i and class j, with margins a_i
//! and b_j and n rows.
//!
//! - [`adjusted_rand`] (Hubert & Arabie 1985, key `hubert1985`): with S = Σ C(n_ij, 2), A = Σ C(a_i, 2), B = Σ C(b_j, 2),
//!   ARI = (S − AB/C(n, 2)) / ((A + B)/2 − AB/C(n, 2));
//! - [`normalised_mutual_information`] (Strehl & Ghosh 2002, key `strehl2002`, with the arithmetic mean of the entropies):
//!   NMI = I / ((H(a) + H(b))/2);
//! - [`misclassified_matched`]: rows left wrong by the best one-to-one matching of clusters and classes;
//! - [`misclassified_majority`]: rows left wrong when each cluster takes the name of its largest class. Two clusters may
//!   then share a name, so this count is never larger than the matched one, and falls to 0 as clusters become many.

use crate::matching::cheapest;

/// How many rows each cluster shares with each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contingency {
    clusters: usize,
    classes: usize,
    /// clusters × classes, row-major.
    counts: Vec<u64>,
}

impl Contingency {
    /// Counts pairs (cluster, class), both from 0. Rows without a known class are left out by the caller.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut table = Self::default();
        for (cluster, class) in pairs {
            table.grow(cluster + 1, class + 1);
            table.counts[cluster * table.classes + class] += 1;
        }
        table
    }

    /// Makes room for more clusters and classes.
    fn grow(&mut self, clusters: usize, classes: usize) {
        if clusters <= self.clusters && classes <= self.classes {
            return;
        }
        let (clusters, classes) = (clusters.max(self.clusters), classes.max(self.classes));
        let mut counts = vec![0; clusters * classes];
        for i in 0..self.clusters {
            counts[i * classes..i * classes + self.classes].copy_from_slice(self.row(i));
        }
        *self = Self { clusters, classes, counts };
    }

    /// Number of clusters.
    pub fn clusters(&self) -> usize {
        self.clusters
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The counts of cluster `i`, one for each class.
    pub fn row(&self, i: usize) -> &[u64] {
        &self.counts[i * self.classes..(i + 1) * self.classes]
    }

    /// Number of rows n.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Rows in each cluster.
    pub fn cluster_sizes(&self) -> Vec<u64> {
        (0..self.clusters).map(|i| self.row(i).iter().sum()).collect()
    }

    /// Rows in each class.
    pub fn class_sizes(&self) -> Vec<u64> {
        (0..self.classes).map(|j| (0..self.clusters).map(|i| self.row(i)[j]).sum()).collect()
    }

    /// The largest class of cluster `i` (the first on ties); `None` for an empty cluster.
    pub fn majority(&self, i: usize) -> Option<usize> {
        let row = self.row(i);
        let largest = row.iter().copied().max().filter(|&count| count > 0)?;
        row.iter().position(|&count| count == largest)
    }
}

/// The adjusted Rand index, at most 1; `None` where it is 0/0 (both labellings put all rows together, or all apart) and
/// for fewer than two rows.
pub fn adjusted_rand(table: &Contingency) -> Option<f64> {
    let pairs = |counts: &[u64]| counts.iter().map(|&c| c as f64 * (c as f64 - 1.0) / 2.0).sum::<f64>();
    let (joint, a, b) = (pairs(&table.counts), pairs(&table.cluster_sizes()), pairs(&table.class_sizes()));
    let all = pairs(&[table.total()]);
    if all <= 0.0 {
        return None;
    }
    let expected = a * b / all;
    let range = f64::midpoint(a, b) - expected;
    (range > 0.0).then(|| (joint - expected) / range)
}

/// Normalised mutual information in [0, 1]; `None` where both labellings have one label only, and without rows.
pub fn normalised_mutual_information(table: &Contingency) -> Option<f64> {
    let n = table.total() as f64;
    let (a, b) = (table.cluster_sizes(), table.class_sizes());
    let entropy = |sizes: &[u64]| -> f64 {
        sizes.iter().filter(|&&size| size > 0).map(|&size| -(size as f64 / n) * (size as f64 / n).ln()).sum()
    };
    let mean_entropy = f64::midpoint(entropy(&a), entropy(&b));
    let mut information = 0.0;
    for i in 0..table.clusters {
        for (j, &count) in table.row(i).iter().enumerate().filter(|(_, count)| **count > 0) {
            let joint = count as f64;
            information += joint / n * (n * joint / (a[i] as f64 * b[j] as f64)).ln();
        }
    }
    // Rounding may leave −1e-17 for independent labellings.
    (mean_entropy > 0.0).then(|| (information / mean_entropy).clamp(0.0, 1.0))
}

/// Rows that the best one-to-one matching of clusters and classes leaves wrong. Clusters beyond the number of classes are
/// wrong altogether.
pub fn misclassified_matched(table: &Contingency) -> u64 {
    table.total() - largest_matching(table)
}

/// Rows left wrong when each cluster takes the name of its largest class.
pub fn misclassified_majority(table: &Contingency) -> u64 {
    let right: u64 = (0..table.clusters).filter_map(|i| table.row(i).iter().max()).sum();
    table.total() - right
}

/// The largest Σ n_{i σ(i)} over one-to-one matchings σ. A rectangular table is filled up with zeros to m × m.
fn largest_matching(table: &Contingency) -> u64 {
    let m = table.clusters.max(table.classes);
    let count = |i: usize, j: usize| if i < table.clusters && j < table.classes { table.row(i)[j] } else { 0 };
    let cost: Vec<f64> = (0..m * m).map(|cell| -(count(cell / m, cell % m) as f64)).collect();
    cheapest(&cost, m).iter().enumerate().map(|(i, &j)| count(i, j)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[u64]]) -> Contingency {
        let cells = rows.iter().enumerate().flat_map(|(i, row)| row.iter().enumerate().map(move |(j, &c)| (i, j, c)));
        Contingency::from_pairs(cells.flat_map(|(i, j, count)| (0..count).map(move |_| (i, j))))
    }

    /// scikit-learn 1.9.1 (`adjusted_rand_score`, `normalized_mutual_info_score`) and scipy 1.17.1
    /// (`linear_sum_assignment`); the first table is the known result of the full Gaussian mixture on iris, the second that
    /// of k-means.
    #[test]
    fn agrees_with_scikit_learn_and_scipy() {
        type Case<'a> = (&'a [&'a [u64]], f64, f64, u64, u64);
        let cases: [Case; 6] = [
            (&[&[50, 0, 0], &[0, 45, 0], &[0, 5, 50]], 0.9038742317748124, 0.8996935451597475, 5, 5),
            (&[&[0, 48, 14], &[50, 0, 0], &[0, 2, 36]], 0.7302382722834697, 0.7581756800057784, 16, 16),
            (&[&[50, 0, 0], &[0, 45, 4], &[0, 3, 46], &[0, 2, 0]], 0.850398532709269, 0.8263387342008941, 9, 7),
            (&[&[60, 1], &[40, 0], &[0, 5]], 0.15290919279915152, 0.32345540468120804, 41, 1),
            (&[&[10, 9, 0], &[9, 0, 0], &[0, 3, 8]], 0.3197971762031735, 0.5141637352922542, 13, 12),
            (&[&[10, 9, 1], &[9, 0, 5]], 0.11262935223829398, 0.25461663996049094, 16, 15),
        ];
        for (rows, ari, nmi, matched, majority) in cases {
            let table = table(rows);
            assert!((adjusted_rand(&table).unwrap() - ari).abs() < 1e-13, "{rows:?}");
            assert!((normalised_mutual_information(&table).unwrap() - nmi).abs() < 1e-13, "{rows:?}");
            assert_eq!(misclassified_matched(&table), matched, "{rows:?}");
            assert_eq!(misclassified_majority(&table), majority, "{rows:?}");
        }
    }

    #[test]
    fn two_clusters_may_share_a_name_only_in_the_majority_count() {
        // The setosas are split in two and the others lumped: the majority count hides nothing of the lump, but forgives
        // the split.
        let split = table(&[&[30, 0, 0], &[20, 0, 0], &[0, 50, 50]]);
        assert_eq!(misclassified_majority(&split), 50);
        assert_eq!(misclassified_matched(&split), 70);
    }

    #[test]
    fn the_same_partition_under_other_names_agrees_fully() {
        let renamed = Contingency::from_pairs([(2, 0), (2, 0), (0, 1), (0, 1), (1, 2)]);
        assert_eq!(adjusted_rand(&renamed), Some(1.0));
        assert!((normalised_mutual_information(&renamed).unwrap() - 1.0).abs() < 1e-15);
        assert_eq!(misclassified_matched(&renamed), 0);
        assert_eq!(renamed.majority(2), Some(0));
    }

    #[test]
    fn what_cannot_be_measured_is_missing() {
        let empty = Contingency::default();
        assert_eq!(adjusted_rand(&empty), None);
        assert_eq!(normalised_mutual_information(&empty), None);
        assert_eq!((misclassified_matched(&empty), misclassified_majority(&empty)), (0, 0));
        let together = Contingency::from_pairs([(0, 0), (0, 0)]);
        assert_eq!(adjusted_rand(&together), None);
        assert_eq!(normalised_mutual_information(&together), None);
        let one_sided = Contingency::from_pairs([(0, 0), (0, 1)]);
        assert_eq!(normalised_mutual_information(&one_sided), Some(0.0));
    }

    #[test]
    fn a_matching_found_by_trying_all_is_not_larger() {
        // All 3 × 4 tables with entries from a short linear congruential sequence.
        let mut state = 12345_u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % 20
        };
        for _ in 0..200 {
            let rows: Vec<Vec<u64>> = (0..3).map(|_| (0..4).map(|_| next()).collect()).collect();
            let slices: Vec<&[u64]> = rows.iter().map(Vec::as_slice).collect();
            let mut best = 0;
            for a in 0..4 {
                for b in (0..4).filter(|&b| b != a) {
                    for c in (0..4).filter(|&c| c != a && c != b) {
                        best = best.max(rows[0][a] + rows[1][b] + rows[2][c]);
                    }
                }
            }
            assert_eq!(largest_matching(&table(&slices)), best, "{rows:?}");
        }
    }
}
