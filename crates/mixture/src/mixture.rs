//! Weights + emission = a latent-variable model.
//!
//! E-step: r_ik = π_k f_k(x_i) / Σ_j π_j f_j(x_i), in log space; M-step: π_k = N_k / Σw with N_k = Σ_i w_i r_ik, and the
//! emission's own. One pass over the data does both: a block's densities, responsibilities and statistics are formed while
//! it is in the cache, and no n × K matrix is ever stored. McLachlan & Peel 2000, key `mclachlan2000`.

use crate::emission::Emission;
use crate::gaussian::Structure;
use crate::parameters::MixtureParameters;
use em::{Batch, Breakdown, BreakdownKind, Coordinates, Health, LatentModel};
use linalg::kernels::{Block, Lines, NEGLIGIBLE, REPRESENTABLE, SMALL, ln_in_place, ln_ratios, padded, softmax};

/// A finite mixture.
#[derive(Clone, Debug)]
pub struct Mixture<E> {
    weights: Vec<f64>,
    log_weights: Vec<f64>,
    emission: E,
}

impl<E: Emission> Mixture<E> {
    /// A mixture of `emission`'s components with `weights` (K positive numbers that sum to one).
    ///
    /// # Panics
    /// If there are not as many weights as components.
    pub fn new(weights: Vec<f64>, emission: E) -> Self {
        assert_eq!(weights.len(), emission.components(), "one weight per component");
        let mut log_weights = weights.clone();
        ln_in_place(emission.level(), &mut log_weights);
        Self { weights, log_weights, emission }
    }

    /// Mixing weights π, K.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The component densities.
    pub fn emission(&self) -> &E {
        &self.emission
    }

    /// Number K of components.
    pub fn components(&self) -> usize {
        self.weights.len()
    }

    /// What the softmax takes for nothing.
    fn least(&self) -> f64 {
        if self.emission.skips() { NEGLIGIBLE } else { REPRESENTABLE }
    }

    /// Calls `visit(rows, block, values)` for every block of the batch, with log densities log f_k(x_i) in `values`
    /// (component after component, `block.stride()` numbers each).
    fn for_each_block(
        &self,
        batch: Batch<'_>,
        scratch: &mut Scratch<E>,
        mut visit: impl FnMut(std::ops::Range<usize>, &Block, &mut [f64], &mut E::Scratch),
    ) {
        let Scratch { blocks, values, emission, .. } = scratch;
        let (rows, length, kept) = (batch.rows(), blocks[0].block.capacity(), blocks.len());
        for (i, from) in (0..rows).step_by(length).enumerate() {
            let to = (from + length).min(rows);
            let part = batch.slice(from, to);
            let Loaded { rows, block } = &mut blocks[i % kept];
            // A small sample is a few blocks: they were transposed in the first pass and stand there still.
            let rows_of_part = Some(Rows::of(&part));
            if *rows != rows_of_part {
                block.load(part.x, part.weight);
                *rows = rows_of_part;
            }
            let values = &mut values[..self.components() * block.stride()];
            self.emission.log_density(block, values, emission);
            visit(from..to, block, values, emission);
        }
    }

    /// Responsibilities r_ik of every row of the batch, n × K, row-major (not multiplied by the weights of the rows).
    pub fn responsibilities(&self, batch: Batch<'_>) -> Vec<f64> {
        let k = self.components();
        let unweighted = Batch { weight: &[], ..batch };
        let mut out = vec![0.0; batch.rows() * k];
        let mut scratch = LatentModel::scratch(self, batch.rows());
        self.for_each_block(unweighted, &mut scratch, |rows, block, values, _| {
            softmax(self.emission.level(), values, &self.log_weights, self.least(), block);
            for (i, row) in rows.enumerate() {
                for c in 0..k {
                    out[row * k + c] = values[c * block.stride() + i];
                }
            }
        });
        out
    }

    /// The classification of every row of the batch, without an n × K matrix.
    pub fn classify(&self, batch: Batch<'_>) -> Classification {
        let (k, level) = (self.components(), self.emission.level());
        let mut labels = Vec::with_capacity(batch.rows());
        let (mut log_largest, mut entropy) = (0.0, 0.0);
        let mut scratch = LatentModel::scratch(self, batch.rows());
        let mut logarithms = Vec::new();
        let weight = |row: usize| batch.weight.get(row).copied().unwrap_or(1.0);
        let unweighted = Batch { weight: &[], ..batch };
        self.for_each_block(unweighted, &mut scratch, |rows, block, values, _| {
            softmax(level, values, &self.log_weights, self.least(), block);
            logarithms.clear();
            logarithms.extend_from_slice(values);
            ln_in_place(level, &mut logarithms);
            let stride = block.stride();
            for (i, row) in rows.enumerate() {
                let r = |c: usize| values[c * stride + i];
                let best = (1..k).fold(0, |best, c| if r(c) > r(best) { c } else { best });
                let information = |c: usize| if r(c) > 0.0 { r(c) * logarithms[c * stride + i] } else { 0.0 };
                log_largest += weight(row) * logarithms[best * stride + i];
                entropy -= weight(row) * (0..k).map(information).sum::<f64>();
                #[expect(clippy::cast_possible_truncation, reason = "an index of a component")]
                labels.push(best as u32);
            }
        });
        Classification { labels, log_largest, entropy }
    }

    /// Component with the largest responsibility for every row of the batch; ties go to the lowest index.
    pub fn assign(&self, batch: Batch<'_>) -> Vec<u32> {
        self.classify(batch).labels
    }
}

/// What the responsibilities say of the rows, and how sure they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// Component with the largest responsibility of each row; ties go to the lowest index.
    pub labels: Vec<u32>,
    /// Σ_i w_i log max_k r_ik, at most 0.
    pub log_largest: f64,
    /// −Σ_i w_i Σ_k r_ik log r_ik, at least 0.
    pub entropy: f64,
}

impl<S: Structure> Mixture<S> {
    /// Weights, means and covariances as plain numbers.
    pub fn parameters(&self) -> MixtureParameters {
        MixtureParameters {
            weights: self.weights.clone(),
            means: self.emission.means().to_vec(),
            covariances: self.emission.covariances(),
        }
    }
}

/// Working memory of one lane.
pub struct Scratch<E: Emission> {
    /// All blocks of a small sample, or one.
    blocks: Vec<Loaded>,
    values: Lines,
    /// Statistics of one batch, of an emission that adds point after point: its sums are not longer than a batch.
    stats: Vec<f64>,
    emission: E::Scratch,
}

/// A block and what it holds. A scratch serves one data set.
struct Loaded {
    rows: Option<Rows>,
    block: Block,
}

/// Most blocks of few features that are kept from pass to pass: with four features they take the first-level cache. To transpose the
/// rows again is a tenth of an iteration at d = k = 2; of more features it counts for little.
const KEPT: usize = 4;

/// Which rows of a data set: where they are in it, and where in memory they and their weights stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rows {
    first: usize,
    places: [(usize, usize); 2],
}

impl Rows {
    fn of(part: &Batch<'_>) -> Self {
        let place = |values: &[f64]| (values.as_ptr().addr(), values.len());
        Self { first: part.first_row, places: [place(part.x), place(part.weight)] }
    }
}

/// Smallest weight that counts as one: a component whose effective count is below 2⁻⁵² of the sample holds nothing that a
/// double can tell from nothing.
const EMPTY: f64 = f64::EPSILON;

impl<E: Emission> LatentModel for Mixture<E> {
    type Scratch = Scratch<E>;

    fn stats_len(&self) -> usize {
        self.emission.stats_len()
    }

    fn scratch(&self, max_len: usize) -> Scratch<E> {
        let block = || self.emission.block(max_len);
        let first = block();
        let (length, small) = (first.capacity(), first.dimension() <= SMALL);
        let count = max_len.div_ceil(length.max(1));
        let more = if small && count <= KEPT { count.saturating_sub(1) } else { 0 };
        let blocks = [first].into_iter().chain((0..more).map(|_| block()));
        Scratch {
            blocks: blocks.map(|block| Loaded { rows: None, block }).collect(),
            values: Lines::zeros(self.components() * padded(length)),
            stats: vec![0.0; if self.emission.skips() { self.stats_len() } else { 0 }],
            emission: self.emission.scratch(max_len),
        }
    }

    fn accumulate(&self, batch: Batch<'_>, stats: &mut [f64], scratch: &mut Scratch<E>) -> f64 {
        let add = |stats: &mut [f64], scratch: &mut Scratch<E>| {
            let mut total = 0.0;
            self.for_each_block(batch, scratch, |_, block, values, emission| {
                total += softmax(self.emission.level(), values, &self.log_weights, self.least(), block);
                self.emission.accumulate(block, values, stats, emission);
            });
            total
        };
        let total = if self.emission.skips() {
            let mut sums = std::mem::take(&mut scratch.stats);
            sums.fill(0.0);
            let skipped = self.emission.accumulate_batch(batch, &self.log_weights, &mut sums, &mut scratch.emission);
            let total = skipped.unwrap_or_else(|| add(&mut sums, scratch));
            for (sum, part) in stats.iter_mut().zip(&sums) {
                *sum += part;
            }
            scratch.stats = sums;
            total
        } else {
            add(stats, scratch)
        };
        if total.is_nan() { f64::NEG_INFINITY } else { total }
    }

    fn flush(&self, stats: &mut [f64], scratch: &mut Scratch<E>) {
        self.emission.flush(stats, &mut scratch.emission);
    }

    fn maximize(&self, stats: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let counts = &stats[..self.components()];
        let total: f64 = counts.iter().sum();
        for (k, &count) in counts.iter().enumerate() {
            let weight = count / total;
            if !(weight > EMPTY) {
                let kind = BreakdownKind::EmptyComponent { effective_count: count };
                return Err(Breakdown { component: Some(k), kind });
            }
            next.weights[k] = weight;
        }
        next.log_weights.copy_from_slice(&next.weights);
        ln_in_place(self.emission.level(), &mut next.log_weights);
        self.emission.maximize(stats, &mut next.emission)
    }

    fn q_gain(&self, stats: &[f64], next: &Self, scratch: &mut Scratch<E>) -> f64 {
        let mut gain = self.emission.q_gain(stats, &next.emission, &mut scratch.emission);
        let ratios = &mut scratch.values[..self.components()];
        ln_ratios(self.emission.level(), &next.weights, &self.weights, ratios);
        for (count, ratio) in stats.iter().zip(ratios) {
            gain += count * *ratio;
        }
        gain
    }

    fn health(&self, stats: &[f64]) -> Health {
        let counts = &stats[..self.components()];
        let smallest_count = counts.iter().copied().fold(f64::INFINITY, f64::min);
        Health { smallest_count: Some(smallest_count), ..self.emission.health() }
    }

    fn change(&self, next: &Self) -> f64 {
        let pairs = self.weights.iter().zip(&next.weights);
        pairs.fold(self.emission.change(&next.emission), |largest, (a, b)| largest.max((b - a).abs()))
    }

    fn row_log_density(&self, batch: Batch<'_>, out: &mut [f64], scratch: &mut Scratch<E>) {
        let k = self.components();
        self.for_each_block(batch, scratch, |rows, block, values, _| {
            for (i, row) in rows.enumerate() {
                let term = |c: usize| values[c * block.stride() + i] + self.log_weights[c];
                let largest = (0..k).map(term).fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = (0..k).map(|c| (term(c) - largest).exp()).sum();
                out[row] = if largest == f64::NEG_INFINITY { largest } else { largest + sum.ln() };
            }
        });
    }

    fn monotone(&self) -> bool {
        self.emission.monotone()
    }

    fn log_prior(&self) -> f64 {
        self.emission.log_prior()
    }
}

/// Coordinates: log(π_k / π_K) for k < K, then the emission's.
impl<E: Emission> Coordinates for Mixture<E> {
    fn dim(&self) -> usize {
        self.components() - 1 + self.emission.dim()
    }

    fn write(&self, xi: &mut [f64]) {
        let k = self.components();
        for c in 0..k - 1 {
            xi[c] = self.log_weights[c] - self.log_weights[k - 1];
        }
        self.emission.write(&mut xi[k - 1..]);
    }

    fn read(&self, xi: &[f64], next: &mut Self) -> Result<(), Breakdown> {
        let k = self.components();
        let ratios = &xi[..k - 1];
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        let total: f64 = ratios.iter().map(|ratio| (ratio - largest).exp()).sum::<f64>() + (-largest).exp();
        for c in 0..k {
            let log_weight = ratios.get(c).copied().unwrap_or(0.0) - largest - total.ln();
            let weight = log_weight.exp();
            if !(weight > 0.0) {
                let kind = BreakdownKind::EmptyComponent { effective_count: 0.0 };
                return Err(Breakdown { component: Some(c), kind });
            }
            next.weights[c] = weight;
            next.log_weights[c] = log_weight;
        }
        self.emission.read(&xi[k - 1..], &mut next.emission)
    }
}
