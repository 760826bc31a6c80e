//! What kind of point a run ended at: proper, spurious or coincident.
//!
//! *Coincident*: two components are the same distribution (smallest symmetric Kullback-Leibler divergence below a
//! threshold). Equal components stay equal under EM for ever, so such an end looks converged; it is the maximum for fewer
//! components and a saddle for this number.
//!
//! Otherwise *spurious*: the likelihood is inflated by one nearly singular component, measured by Hathaway's ratio
//! min over j ≠ k of λ_min(Σ_j⁻¹ Σ_k) (Hathaway 1985, key `hathaway1985`), or by a component that rests on at most d + 1
//! observations (McLachlan & Peel 2000, section 3.10, key `mclachlan2000`).
//!
//! Otherwise *proper*. The numbers are columns of the records; only these thresholds decide what they mean. Whether the
//! end is a maximum at all is not judged here.

use records::End;

/// The thresholds of [`classify`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Two components with a symmetric KL divergence below this are the same.
    pub coincidence: f64,
    /// Ends with Hathaway's ratio below this are spurious.
    pub hathaway: f64,
    /// Ends with a component of at most this effective count are spurious.
    pub smallest_count: f64,
}

impl Thresholds {
    /// The default for data with `d` features: 1e-8, 1e-3 and d + 1.
    pub fn for_features(d: usize) -> Self {
        Self { coincidence: 1e-8, hathaway: 1e-3, smallest_count: d as f64 + 1.0 }
    }
}

/// Classifies an end. A measure that is `None` has no meaning for the model (one component; k-means, which has no
/// likelihood to inflate) and convicts nobody.
pub fn classify(
    coincidence: Option<f64>,
    hathaway: Option<f64>,
    smallest_count: Option<f64>,
    thresholds: &Thresholds,
) -> End {
    if coincidence.is_some_and(|divergence| divergence < thresholds.coincidence) {
        End::Coincident
    } else if hathaway.is_some_and(|ratio| ratio < thresholds.hathaway)
        || smallest_count.is_some_and(|count| count <= thresholds.smallest_count)
    {
        End::Spurious
    } else {
        End::Proper
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coincident_comes_before_spurious_and_spurious_before_proper() {
        let thresholds = Thresholds::for_features(4);
        assert_eq!(classify(Some(0.0), Some(1e-9), Some(1.0), &thresholds), End::Coincident);
        assert_eq!(classify(Some(3.0), Some(1e-6), Some(40.0), &thresholds), End::Spurious);
        assert_eq!(classify(Some(3.0), Some(0.08), Some(5.0), &thresholds), End::Spurious);
        assert_eq!(classify(Some(3.0), Some(0.08), Some(5.1), &thresholds), End::Proper);
    }

    #[test]
    fn the_thresholds_themselves_are_on_the_proper_side() {
        let thresholds = Thresholds::for_features(2);
        assert_eq!(classify(Some(1e-8), Some(1e-3), Some(50.0), &thresholds), End::Proper);
    }

    #[test]
    fn measures_without_meaning_convict_nobody() {
        assert_eq!(classify(None, None, None, &Thresholds::for_features(4)), End::Proper);
    }
}
