//! Lloyd's algorithm as a [`LatentModel`]: objective −Σ_i w_i min_k |x_i − c_k|².
//!
//! Statistics are centred at the current centres (Σ w and Σ w (x − c_k) over the points of a cluster), so that an offset
//! of 1e8 costs no digits. Ties go to the lowest index. A cluster that loses all its points is an
//! [`EmptyComponent`](BreakdownKind::EmptyComponent): nothing is moved or redrawn silently.

use crate::memory::Recollection;
use em::stop::{GainPerRow, MaxIterations};
use em::{
    Batch, Breakdown, BreakdownKind, Coordinates, Fit, Health, Interrupted, LatentModel, Plain, Rows, Serial, Skipping,
    Stopping,
};
use linalg::Level;
use linalg::kernels::{
    Block, Centres, FEW_CENTRES, Labelled, Panel, accumulate, accumulate_few, assign, assign_few, padded,
};

/// Points of a kernel block of few features: at d = 4 a block and its distances take 12 KiB, well within the first-level cache.
const BLOCK: usize = 256;

/// Rows that are labelled and then summed: ten panels. At d = 32 they take 60 KiB and stay in the second-level cache.
const ROWS: usize = 240;

/// K centres.
#[derive(Clone, Debug)]
pub struct KMeans {
    centres: Centres,
    scales: Vec<f64>,
    level: Level,
    skipping: Skipping,
}

impl KMeans {
    /// `centres` is k × d, row-major; `scales` are the standard deviations of the d variables, in which changes are measured.
    ///
    /// # Panics
    /// If `centres` is no k × d matrix.
    pub fn new(centres: Vec<f64>, scales: Vec<f64>, level: Level) -> Self {
        Self { centres: Centres::new(centres, scales.len()), scales, level, skipping: Skipping::default() }
    }

    /// The same centres, with distances skipped as said; `Automatic` is where it pays: see `memory`.
    #[must_use]
    pub fn skipping(self, skipping: Skipping) -> Self {
        Self { skipping, ..self }
    }

    /// k × d, row-major.
    pub fn centres(&self) -> &[f64] {
        self.centres.values()
    }

    /// Number of clusters.
    pub fn components(&self) -> usize {
        self.centres.count()
    }

    fn dimension(&self) -> usize {
        self.scales.len()
    }

    /// Index of the nearest centre of every row of the batch.
    pub fn assign(&self, batch: Batch<'_>) -> Vec<u32> {
        let mut scratch = self.scratch(batch.rows());
        let mut labels = vec![0; batch.rows()];
        for (from, block) in self.blocks(batch) {
            self.nearest(block, &mut scratch);
            labels[from..from + block.rows()].copy_from_slice(scratch.labels(block.rows()));
        }
        labels
    }

    /// The batch cut into what the kernels take at a time, each with the index of its first row.
    fn blocks<'a>(&self, batch: Batch<'a>) -> impl Iterator<Item = (usize, Batch<'a>)> + use<'a> {
        cut(batch, 0, if self.centres.few() { BLOCK } else { ROWS })
    }

    /// Labels and squared distances of one block into the scratch memory.
    fn nearest(&self, block: Batch<'_>, scratch: &mut Scratch) {
        let Scratch { few, panel, labels, squared, .. } = scratch;
        if let Some((points, index)) = few {
            points.load(block.x, block.weight);
            assign_few(self.level, points, &self.centres, squared, index);
        } else {
            let rows = block.rows();
            assign(self.level, block.x, &self.centres, panel, &mut labels[..rows], &mut squared[..rows]);
        }
    }
}

/// The rows `first..` of the batch, so many at a time.
fn cut(batch: Batch<'_>, first: usize, size: usize) -> impl Iterator<Item = (usize, Batch<'_>)> {
    let rows = batch.rows();
    (first..rows).step_by(size).map(move |from| (from, batch.slice(from, (from + size).min(rows))))
}

/// Working memory of one lane.
pub struct Scratch {
    /// Points and the indices of their centres where there are few features.
    few: Option<(Block, Vec<f64>)>,
    panel: Panel,
    labels: Vec<u32>,
    squared: Vec<f64>,
    recollection: Option<Recollection>,
}

impl Scratch {
    /// The labels of a block of so many rows.
    fn labels(&mut self, rows: usize) -> &[u32] {
        if let Some((_, index)) = &self.few {
            for (label, &index) in self.labels.iter_mut().zip(&index[..rows]) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of a component")]
                let index = index as u32;
                *label = index;
            }
        }
        &self.labels[..rows]
    }
}

impl Coordinates for KMeans {
    fn dim(&self) -> usize {
        self.centres.values().len()
    }
    fn write(&self, xi: &mut [f64]) {
        xi.copy_from_slice(self.centres.values());
    }
    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        if xi.iter().any(|value| !value.is_finite()) {
            return Err(Breakdown { component: None, kind: BreakdownKind::NonFinite { what: "centre", row: None } });
        }
        next.centres.update(|values| values.copy_from_slice(xi));
        Ok(())
    }
}

impl LatentModel for KMeans {
    type Scratch = Scratch;

    fn stats_len(&self) -> usize {
        self.components() * (1 + self.dimension())
    }

    fn scratch(&self, max_len: usize) -> Scratch {
        let few = self.centres.few();
        Scratch {
            few: few.then(|| (Block::with_capacity(BLOCK, self.dimension()), vec![0.0; padded(BLOCK)])),
            panel: Panel::new(&self.centres),
            labels: vec![0; BLOCK],
            squared: vec![0.0; padded(BLOCK)],
            recollection: Recollection::new(&self.centres, self.skipping, max_len),
        }
    }

    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], scratch: &mut Scratch) -> f64 {
        let (counts, sums) = stats.split_at_mut(self.components());
        let mut inertia = 0.0;
        if let Scratch { recollection: Some(recollection), panel, squared, .. } = scratch {
            let (probe, remembered) = recollection.begin(batch, &self.centres, self.skipping, self.level);
            let first = cut(batch.slice(0, probe), 0, ROWS);
            for (from, rows) in first.chain(cut(batch.slice(0, remembered), probe, ROWS)) {
                let squared = &mut squared[..rows.rows()];
                let labels = recollection.nearest(from, rows, &self.centres, self.level, squared);
                let rows = Labelled { x: rows.x, weight: rows.weight, labels, squared };
                accumulate(self.level, rows, &self.centres, counts, sums, &mut inertia);
            }
            for (from, rows) in cut(batch, remembered, ROWS) {
                let (labels, squared) = (recollection.labels(from, rows.rows()), &mut squared[..rows.rows()]);
                assign(self.level, rows.x, &self.centres, panel, labels, squared);
                let rows = Labelled { x: rows.x, weight: rows.weight, labels, squared };
                accumulate(self.level, rows, &self.centres, counts, sums, &mut inertia);
            }
            return -inertia;
        }
        for (_, block) in self.blocks(batch) {
            self.nearest(block, scratch);
            match &scratch.few {
                Some((points, index)) if self.components() <= FEW_CENTRES => {
                    let squared = &scratch.squared;
                    accumulate_few(self.level, points, &self.centres, squared, index, counts, sums, &mut inertia);
                }
                _ => {
                    scratch.labels(block.rows());
                    let Scratch { labels, squared, .. } = &*scratch;
                    let rows = Labelled { x: block.x, weight: block.weight, labels, squared };
                    accumulate(self.level, rows, &self.centres, counts, sums, &mut inertia);
                }
            }
        }
        -inertia
    }

    /// The means of the clusters. A centre that is the mean already, up to the rounding of the sum, stays where it is, so that a
    /// fixed point is one to the last bit and a fit ends there, in whatever order its columns or rows were added up.
    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let d = self.dimension();
        let (counts, sums) = stats.split_at(self.components());
        if let Some(k) = counts.iter().position(|count| !(*count > 0.0)) {
            let kind = BreakdownKind::EmptyComponent { effective_count: counts[k] };
            return Err(Breakdown { component: Some(k), kind });
        }
        next.centres.update(|values| {
            for (j, ((value, c), sum)) in values.iter_mut().zip(self.centres.values()).zip(sums).enumerate() {
                let shift = sum / counts[j / d];
                let rounding = f64::EPSILON * (c.abs() + self.scales[j % d]);
                *value = if shift.abs() <= 4.0 * rounding { *c } else { c + shift };
            }
        });
        Ok(())
    }

    /// The gain of −inertia with the assignments held fixed.
    fn q_gain(&self, stats: &[f64], next: &Self, _scratch: &mut Scratch) -> f64 {
        let d = self.dimension();
        let (counts, sums) = stats.split_at(self.components());
        let mut gain = 0.0;
        for (j, &sum) in sums.iter().enumerate() {
            let shift = next.centres()[j] - self.centres()[j];
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
        let shifts = self.centres().iter().zip(next.centres()).enumerate();
        shifts.fold(0.0, |largest, (j, (a, b))| f64::max(largest, (b - a).abs() / self.scales[j % d]))
    }

    /// Minus the squared distance to the nearest centre.
    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], scratch: &mut Scratch) {
        for (from, block) in self.blocks(batch) {
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
