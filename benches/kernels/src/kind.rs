//! The models of the benches, by name.

use crate::clock::Seconds;
use crate::sample::Sample;
use crate::{clocked, model, seconds_per_iteration};
use em::Skipping;
use kmeans::KMeans;
use linalg::Level;
use mixture::gaussian::structure::{Eee, Vii, Vvi};
use mixture::{Full, Gaussian};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A mixture with full covariances.
    Full,
    /// Diagonal ones.
    Diagonal,
    /// One full covariance for all components.
    Tied,
    /// Multiples of the identity.
    Spherical,
    /// k-means, all distances.
    KMeans,
    /// k-means with distances skipped where they cannot matter.
    Skipping,
    /// The same from rows at random, and the mean of all iterations: those in which bounds are learned count, too.
    Scattered,
}

impl Kind {
    /// Floating-point operations of a dense iteration, without the exponentials.
    pub fn operations(self, n: usize, d: usize, k: usize) -> f64 {
        let (n, d, k) = (n as f64, d as f64, k as f64);
        match self {
            Self::Full => 2.0 * n * k * d * d,
            Self::Diagonal => 8.0 * n * k * d,
            Self::Tied => n * d * d + 4.0 * n * k * d,
            Self::Spherical => 4.0 * n * k * d,
            Self::KMeans | Self::Skipping | Self::Scattered => 2.0 * n * k * d,
        }
    }

    /// Seconds of the fastest of `iterations` full iterations, on that many threads: mixtures from the truth, k-means
    /// from the first k rows, which are of k different components, or where that is said from k rows at random.
    pub fn seconds_per_iteration(
        self,
        sample: &Sample,
        d: usize,
        k: usize,
        iterations: u32,
        threads: usize,
    ) -> Seconds {
        let (x, truth, level) = (&sample.x, &sample.truth, Level::detect());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
        let means = |skipping| KMeans::new(x[..k * d].to_vec(), vec![1.0; d], level).skipping(skipping);
        pool.install(|| match self {
            Self::Full => seconds_per_iteration(x, d, model::<Full>(x, d, truth, level), iterations, threads),
            Self::Diagonal => {
                seconds_per_iteration(x, d, model::<Gaussian<Vvi>>(x, d, truth, level), iterations, threads)
            }
            Self::Tied => seconds_per_iteration(x, d, model::<Gaussian<Eee>>(x, d, truth, level), iterations, threads),
            Self::Spherical => {
                seconds_per_iteration(x, d, model::<Gaussian<Vii>>(x, d, truth, level), iterations, threads)
            }
            Self::KMeans => seconds_per_iteration(x, d, means(Skipping::Never), iterations, threads),
            Self::Scattered => {
                // A seed with which no centre loses all its rows: that would end the fit.
                let mut rng = ChaCha8Rng::seed_from_u64(2);
                let rows = (0..k).map(|_| rng.random_range(0..x.len() / d));
                let centres = rows.flat_map(|i| x[i * d..(i + 1) * d].iter().copied()).collect();
                let model = KMeans::new(centres, vec![1.0; d], level);
                clocked(x, d, model, iterations, threads).mean()
            }
            Self::Skipping => seconds_per_iteration(x, d, means(Skipping::Automatic), iterations, threads),
        })
    }
}
