//! One-way random-effects analysis of variance: which varies more, the group or what is inside it?
//!
//! For groups i = 1…a of sizes n_i with means ȳ_i, N = Σ n_i and grand mean ȳ:
//!
//! - within: MSW = Σ_i Σ_j (y_ij − ȳ_i)² / (N − a), an estimate of σ²_within;
//! - between: MSB = Σ_i n_i (ȳ_i − ȳ)² / (a − 1), and σ²_between = max(0, (MSB − MSW) / n₀) with
//!   n₀ = (N − Σ n_i²/N) / (a − 1).
//!
//! Searle, Casella & McCulloch 1992, section 3.6 (key `searle1992`). No test is made: values over starts are far from
//! normal.

/// The two components of variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneWay {
    /// Number of groups that hold a value.
    pub groups: usize,
    /// Number of values.
    pub values: usize,
    /// σ_between.
    pub between: f64,
    /// σ_within.
    pub within: f64,
}

impl OneWay {
    /// Splits the variance of grouped values; empty groups are ignored. `None` with fewer than two groups, or without a
    /// group of two values.
    pub fn split(groups: &[Vec<f64>]) -> Option<Self> {
        let groups: Vec<&Vec<f64>> = groups.iter().filter(|group| !group.is_empty()).collect();
        let values: usize = groups.iter().map(|group| group.len()).sum();
        let count = groups.len();
        if count < 2 || values <= count {
            return None;
        }
        let mean = |group: &[f64]| group.iter().sum::<f64>() / group.len() as f64;
        let total = values as f64;
        let grand = groups.iter().flat_map(|group| group.iter()).sum::<f64>() / total;
        let (mut inside, mut among, mut squares) = (0.0, 0.0, 0.0);
        for group in &groups {
            let centre = mean(group);
            let size = group.len() as f64;
            inside += group.iter().map(|y| (y - centre).powi(2)).sum::<f64>();
            among += size * (centre - grand).powi(2);
            squares += size * size;
        }
        let within = inside / (values - count) as f64;
        let typical_size = (total - squares / total) / (count - 1) as f64;
        let between = ((among / (count - 1) as f64 - within) / typical_size).max(0.0);
        Some(Self { groups: count, values, between: between.sqrt(), within: within.sqrt() })
    }

    /// The share of the variance that lies between groups, σ²_between / (σ²_between + σ²_within); `None` if nothing varies.
    pub fn share_between(&self) -> Option<f64> {
        let (between, within) = (self.between.powi(2), self.within.powi(2));
        (between + within > 0.0).then(|| between / (between + within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Means 2 and 6, MSW = (2 + 2)/2 = 2... each group: (1, 3) and (5, 7): Σ = 2 + 2, N − a = 2.
        // MSB = 2·(4 + 4)/1 = 16, n₀ = (4 − 8/4)/1 = 2, so σ²_between = (16 − 2)/2 = 7.
        let split = OneWay::split(&[vec![1.0, 3.0], vec![5.0, 7.0], vec![]]).unwrap();
        assert_eq!((split.groups, split.values), (2, 4));
        assert!((split.within.powi(2) - 2.0).abs() < 1e-12);
        assert!((split.between.powi(2) - 7.0).abs() < 1e-12);
        assert!((split.share_between().unwrap() - 7.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn unequal_sizes_by_hand() {
        // (0, 0, 3) and (5): grand mean 2, MSW = 6/2 = 3, MSB = 3·1 + 1·9 = 12, n₀ = 4 − 10/4 = 1.5, (12 − 3)/1.5 = 6.
        let split = OneWay::split(&[vec![0.0, 0.0, 3.0], vec![5.0]]).unwrap();
        assert!((split.within.powi(2) - 3.0).abs() < 1e-12);
        assert!((split.between.powi(2) - 6.0).abs() < 1e-12);
    }

    #[test]
    fn less_than_chance_between_groups_is_none_and_nothing_varying_has_no_share() {
        let alike = OneWay::split(&[vec![0.0, 2.0], vec![2.0, 0.0]]).unwrap();
        assert_eq!(alike.between, 0.0);
        assert_eq!(alike.share_between(), Some(0.0));
        assert_eq!(OneWay::split(&[vec![1.0, 1.0], vec![1.0]]).unwrap().share_between(), None);
        assert_eq!(OneWay::split(&[vec![1.0, 2.0]]), None);
        assert_eq!(OneWay::split(&[vec![1.0], vec![2.0]]), None);
    }
}
