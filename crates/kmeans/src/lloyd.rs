//! Lloyd's algorithm as a [`LatentModel`]: objective −Σ_i w_i min_k |x_i − c_k|².
//!
//! Statistics are centred at the current centres (Σ w and Σ w (x − c_k) over the points of a cluster), so that an offset
//! of 1e8 costs no digits. Ties go to the lowest index. A cluster that loses all its points is an
//! [`EmptyComponent`](BreakdownKind::EmptyComponent): nothing is moved or redrawn silently.

use em::stop::{GainPerRow, MaxIterations};
use em::{
    Batch, Breakdown, BreakdownKind, Coordinates, Fit, Health, Interrupted, LatentModel, Plain, Rows, Serial, Stopping,
};
use linalg::Level;
use linalg::kernels::{Block, Centres, nearest_centres, padded};

/// Points of a kernel block: at d = 4 a block and its distances take 12 KiB, well within the first-level cache.
const BLOCK: usize = 256;

/// K centres.
#[derive(Clone, Debug)]
pub struct KMeans {
    centres: Vec<f64>,
    scales: Vec<f64>,
    level: Level,
}

impl KMeans {
    /// `centres` is k × d, row-major; `scales` are the standard deviations of the d variables, in which changes are measured.
    ///
    /// # Panics
    /// If `centres` is no k × d matrix.
    pub fn new(centres: Vec<f64>, scales: Vec<f64>, level: Level) -> Self {
        assert!(!centres.is_empty() && centres.len().is_multiple_of(scales.len()), "centres are k × d");
        Self { centres, scales, level }
    }

    /// k × d, row-major.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// Number of clusters.
    pub fn components(&self) -> usize {
        self.centres.len() / self.dimension()
    }

    fn dimension(&self) -> usize {
        self.scales.len()
    }

    /// Index of the nearest centre of every row of the batch.
    pub fn assign(&self, batch: Batch<'_>) -> Vec<u32> {
        let mut scratch = self.scratch(batch.rows());
        let mut labels = Vec::with_capacity(batch.rows());
        for (_, block) in blocks(batch) {
            self.nearest(block, &mut scratch);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "indices of components")]
            labels.extend(scratch.index[..block.rows()].iter().map(|&k| k as u32));
        }
        labels
    }

    fn nearest(&self, block: Batch<'_>, scratch: &mut Scratch) {
        scratch.block.load(block.x, block.weight);
        let centres = Centres { values: &self.centres, dimension: self.dimension() };
        nearest_centres(self.level, &scratch.block, centres, &mut scratch.squared, &mut scratch.index);
    }
}

/// The batch cut into kernel blocks, each with the index of its first row.
fn blocks(batch: Batch<'_>) -> impl Iterator<Item = (usize, Batch<'_>)> {
    let rows = batch.rows();
    (0..rows).step_by(BLOCK).map(move |from| (from, batch.slice(from, (from + BLOCK).min(rows))))
}

/// Working memory of one lane.
pub struct Scratch {
    block: Block,
    squared: Vec<f64>,
    index: Vec<f64>,
}

impl Coordinates for KMeans {
    fn dim(&self) -> usize {
        self.centres.len()
    }
    fn write(&self, xi: &mut [f64]) {
        xi.copy_from_slice(&self.centres);
    }
    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        if xi.iter().any(|value| !value.is_finite()) {
            return Err(Breakdown { component: None, kind: BreakdownKind::NonFinite { what: "centre", row: None } });
        }
        next.centres.copy_from_slice(xi);
        Ok(())
    }
}

impl LatentModel for KMeans {
    type Scratch = Scratch;

    fn stats_len(&self) -> usize {
        self.components() * (1 + self.dimension())
    }

    fn scratch(&self, _max_len: usize) -> Scratch {
        Scratch {
            block: Block::with_capacity(BLOCK, self.dimension()),
            squared: vec![0.0; padded(BLOCK)],
            index: vec![0.0; padded(BLOCK)],
        }
    }

    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], scratch: &mut Scratch) -> f64 {
        let d = self.dimension();
        let (counts, sums) = stats.split_at_mut(self.components());
        let mut inertia = 0.0;
        for (_, block) in blocks(batch) {
            self.nearest(block, scratch);
            for (i, row) in block.x.chunks_exact(d).enumerate() {
                let w = scratch.block.weights()[i];
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of a component")]
                let k = scratch.index[i] as usize;
                inertia += w * scratch.squared[i];
                counts[k] += w;
                for ((sum, &x), &c) in sums[k * d..][..d].iter_mut().zip(row).zip(&self.centres[k * d..]) {
                    *sum += w * (x - c);
                }
            }
        }
        -inertia
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let d = self.dimension();
        let (counts, sums) = stats.split_at(self.components());
        for (k, &count) in counts.iter().enumerate() {
            if !(count > 0.0) {
                let kind = BreakdownKind::EmptyComponent { effective_count: count };
                return Err(Breakdown { component: Some(k), kind });
            }
            for j in k * d..(k + 1) * d {
                next.centres[j] = self.centres[j] + sums[j] / count;
            }
        }
        Ok(())
    }

    /// The gain of −inertia with the assignments held fixed.
    fn q_gain(&self, stats: &[f64], next: &Self, _scratch: &mut Scratch) -> f64 {
        let d = self.dimension();
        let (counts, sums) = stats.split_at(self.components());
        let mut gain = 0.0;
        for (j, &sum) in sums.iter().enumerate() {
            let shift = next.centres[j] - self.centres[j];
            gain += shift * (2.0 * sum - counts[j / d] * shift);
        }
        gain
    }

    fn health(&self, stats: &[f64]) -> Health {
        let smallest = stats[..self.components()].iter().copied().fold(f64::INFINITY, f64::min);
        Health { smallest_count: Some(smallest), ..Health::default() }
    }

    fn change(&self, next: &Self) -> f64 {
        let d = self.dimension();
        let shifts = self.centres.iter().zip(&next.centres).enumerate();
        shifts.fold(0.0, |largest, (j, (a, b))| f64::max(largest, (b - a).abs() / self.scales[j % d]))
    }

    /// Minus the squared distance to the nearest centre.
    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], scratch: &mut Scratch) {
        for (from, block) in blocks(batch) {
            self.nearest(block, scratch);
            for (out, squared) in out[from..].iter_mut().zip(&scratch.squared[..block.rows()]) {
                *out = -squared;
            }
        }
    }

    fn probabilistic(&self) -> bool {
        false
    }
}

/// Runs Lloyd's algorithm from `model` to a fixed point (or 1000 iterations): what a k-means start does.
pub fn lloyd(data: &Rows<'_>, model: KMeans) -> Result<Fit<KMeans>, Interrupted> {
    let mut stopping =
        Stopping::new().or(GainPerRow { threshold: 0.0, and_change: None }).or(MaxIterations { limit: 1000 });
    em::fit(data, model, Serial::default(), &mut Plain, &mut stopping, &mut ())
}
