//! Pairs of point and component that no double could hold, and that are therefore not computed.
//!
//! Where clusters are apart, most responsibilities are below 2⁻⁶⁰ of the largest of their point ([`NEGLIGIBLE`]), which counts as 0,
//! whoever computes it. Here they are left out, a batch at a time. Its rows are put in the order of the component that was the best
//! for them in the last pass, that term is computed first, and all others only until they are known to fall short of it
//! ([`Wide::sieve`]): neighbours in this order fall short together. The moments of a component then take the rows that have a
//! part in it, and no others, in the order of the data.
//!
//! Not a bit of objective or statistics depends on whether this is done, by what rows are sorted, or how far bounds reach: densities do
//! not depend on the place of a point, the sums of kernels go on point after point and do not see zeros, and logarithms are taken in
//! the blocks of the dense kernels. So each lane may choose by what it met last, as memory has it.

mod choice;

pub(super) use choice::Skip;

use em::Batch;
use linalg::Level;
use linalg::kernels::{
    Block, Lines, Moments, NEGLIGIBLE, Sifted, Wanted, Wide, WideWork, interleaved_sum, log_likelihood, padded,
    softmax_sifted, tile_points,
};

/// The component that was the best for each row of a batch when it was last skipped in.
struct Labels {
    first_row: usize,
    known: bool,
    best: Vec<u32>,
}

/// The components of a model, and the working memory of their kernels.
pub(super) struct Components<'a, F> {
    pub log_weights: &'a [f64],
    pub wide: F,
    pub work: &'a mut WideWork,
}

/// A row that has a part in a component, and its weighted responsibility.
type Part = (u32, f64);

/// Working memory of one lane.
pub(super) struct Pairs {
    level: Level,
    /// Points of a tile.
    tile: usize,
    block: Block,
    /// Batches by their first row: a scratch belongs to one data set. And where the next one is expected.
    batches: Vec<Labels>,
    next: usize,
    /// Rows of the batch by label, and where each label begins.
    order: Vec<u32>,
    starts: Vec<u32>,
    /// Of a block: terms (K × stride), which are known (K × tiles), tiles of one component, a known term and the weight of each point.
    terms: Lines,
    known: Vec<bool>,
    tiles: Vec<u32>,
    best: Lines,
    weights: Lines,
    largest: Lines,
    sums: Lines,
    /// Of the batch, in the order of its rows.
    batch: Logarithms,
    /// Rows of each component.
    parts: Vec<Vec<Part>>,
    rows: Vec<u32>,
    r: Vec<f64>,
}

/// What the log-likelihood of a batch is made of: largest term, sum relative to it, and weight of each row.
#[derive(Default)]
struct Logarithms {
    largest: Vec<f64>,
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl Pairs {
    /// Memory for `k` components.
    pub fn new(block: Block, k: usize, level: Level) -> Self {
        let (capacity, stride, tile) = (block.capacity(), padded(block.capacity()), tile_points(level));
        let tiles = stride.div_ceil(tile);
        let numbers = || Lines::zeros(stride);
        Self {
            level,
            tile,
            block,
            batches: Vec::new(),
            next: 0,
            order: Vec::new(),
            starts: vec![0; k + 1],
            terms: Lines::zeros(k * stride),
            known: vec![false; k * tiles],
            tiles: Vec::with_capacity(tiles),
            best: numbers(),
            weights: numbers(),
            largest: numbers(),
            sums: numbers(),
            batch: Logarithms::default(),
            parts: vec![Vec::new(); k],
            rows: Vec::with_capacity(capacity),
            r: Vec::with_capacity(capacity),
        }
    }

    /// Adds the statistics of a batch to `moments`, Σ r and the others of each component. Gives back Σ w log p(x), and the share of all products
    /// that were computed, if the best components were known from an earlier pass.
    pub fn accumulate<'w, 'm, F: Fn(usize) -> Wide<'w>>(
        &mut self,
        batch: Batch<'_>,
        mut components: Components<'_, F>,
        moments: impl Iterator<Item = (&'m mut f64, Moments<'m>)>,
    ) -> (f64, Option<f64>) {
        let (rows, d, k) = (batch.rows(), batch.dimension, components.log_weights.len());
        self.prepare(rows);
        let place = self.find(batch);
        let known = self.batches[place].known;
        self.sort(place);
        let order = std::mem::take(&mut self.order);
        let mut products = 0;
        for rows in order.chunks(self.block.capacity()) {
            products += self.terms(batch, rows, place, &mut components);
            self.weigh(batch, rows, place, k);
        }
        self.order = order;
        self.batches[place].known = true;
        let total = self.total(batch);
        let pairs = self.moments(batch, &mut components, moments);
        // Density and moments cost the same, d (d + 1)/2 products for a pair.
        let triangle = d * (d + 1) / 2;
        let share = (products + pairs * triangle) as f64 / (2 * rows * k * triangle) as f64;
        (total, known.then_some(share))
    }

    /// Memory for a batch of so many rows, taken once.
    fn prepare(&mut self, rows: usize) {
        let Logarithms { largest, sums, weights } = &mut self.batch;
        for values in [largest, sums, weights] {
            values.resize(padded(rows), 0.0);
        }
        self.order.resize(rows, 0);
        for parts in &mut self.parts {
            parts.clear();
            // Memory that is not touched takes no room.
            parts.reserve(rows);
        }
    }

    /// The labels of `batch`, made when it is first met.
    fn find(&mut self, batch: Batch<'_>) -> usize {
        let (first_row, rows) = (batch.first_row, batch.rows());
        let is_it = |known: &Labels| known.first_row == first_row && known.best.len() == rows;
        let expected = self.batches.get(self.next).is_some_and(is_it).then_some(self.next);
        let place = expected.or_else(|| self.batches.iter().position(is_it)).unwrap_or_else(|| {
            self.batches.push(Labels { first_row, known: false, best: vec![0; rows] });
            self.batches.len() - 1
        });
        self.next = (place + 1) % self.batches.len();
        place
    }

    /// Rows by label, those of one label in their order.
    fn sort(&mut self, place: usize) {
        let labels = &self.batches[place].best;
        self.starts.fill(0);
        for &label in labels {
            self.starts[label as usize + 1] += 1;
        }
        for i in 1..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        for (row, &label) in (0u32..).zip(labels) {
            let start = &mut self.starts[label as usize];
            self.order[*start as usize] = row;
            *start += 1;
        }
    }

    /// The terms of a block of rows that may matter. Gives back the number of products.
    fn terms<'w, F: Fn(usize) -> Wide<'w>>(
        &mut self,
        batch: Batch<'_>,
        rows: &[u32],
        place: usize,
        components: &mut Components<'_, F>,
    ) -> usize {
        let Self { level, tile, block, terms, known, tiles, best, .. } = self;
        let Components { log_weights, wide, work } = components;
        let Labels { best: labels, known: sorted, .. } = &self.batches[place];
        block.gather_points(batch.x, rows);
        let stride = block.stride();
        let tiles_of_block = stride.div_ceil(*tile);
        known.fill(false);
        best.fill(f64::NEG_INFINITY);
        let mut products = 0;
        let mut sieve = |k: usize, best: &[f64], tiles: &mut Vec<u32>, known: &mut [bool], terms: &mut [f64]| {
            let wanted = Wanted { log_weight: log_weights[k], best: &best[..stride], least: NEGLIGIBLE };
            products += wide(k).sieve(*level, block, wanted, tiles, terms, work);
            for &tile in &*tiles {
                known[k * tiles_of_block + tile as usize] = true;
            }
        };
        // First every row's own component, …
        let mut from = 0;
        for run in rows.chunk_by(|a, b| labels[*a as usize] == labels[*b as usize]).filter(|_| *sorted) {
            let to = from + run.len();
            // The padding repeats the last row.
            let end = if to == rows.len() { stride } else { to };
            let k = labels[run[0] as usize] as usize;
            tiles.clear();
            #[expect(clippy::cast_possible_truncation, reason = "a few hundred points")]
            tiles.extend((from / *tile) as u32..end.div_ceil(*tile) as u32);
            let terms = &mut terms[k * stride..(k + 1) * stride];
            sieve(k, best, tiles, known, terms);
            best[from..end].copy_from_slice(&terms[from..end]);
            from = to;
        }
        // … then, of the others, what may compare with it.
        for k in 0..log_weights.len() {
            tiles.clear();
            let of_component = &known[k * tiles_of_block..][..tiles_of_block];
            tiles.extend((0u32..).zip(of_component).filter(|(_, known)| !**known).map(|(tile, _)| tile));
            sieve(k, best, tiles, known, &mut terms[k * stride..(k + 1) * stride]);
        }
        products
    }

    /// Responsibilities of a block whose terms are there: notes largest, sum and label of each row, and the parts of each component.
    fn weigh(&mut self, batch: Batch<'_>, rows: &[u32], place: usize, k: usize) {
        let Self { level, tile, terms, known, weights, largest, sums, .. } = self;
        let stride = padded(rows.len());
        let tiles = stride.div_ceil(*tile);
        let weights = &mut weights[..stride];
        weights.fill(0.0);
        if batch.weight.is_empty() {
            weights[..rows.len()].fill(1.0);
        } else {
            for (weight, &row) in weights.iter_mut().zip(rows) {
                *weight = batch.weight[row as usize];
            }
        }
        let (terms, known) = (&mut terms[..k * stride], &known[..k * tiles]);
        let (largest, sums) = (&mut largest[..stride], &mut sums[..stride]);
        softmax_sifted(*level, Sifted { terms, known, weights, largest, sums, least: NEGLIGIBLE });
        let labels = &mut self.batches[place].best;
        for (p, &row) in rows.iter().enumerate() {
            let at = row as usize;
            self.batch.largest[at] = largest[p];
            self.batch.sums[at] = sums[p];
            self.batch.weights[at] = weights[p];
            labels[at] = 0;
        }
        for (t, rows) in rows.chunks(*tile).enumerate() {
            let best = &mut self.best[..rows.len()];
            best.fill(0.0);
            for c in (0..k).filter(|c| known[c * tiles + t]) {
                let of_component = &terms[c * stride + t * *tile..][..rows.len()];
                for ((&r, &row), best) in of_component.iter().zip(rows).zip(&mut *best) {
                    if r != 0.0 {
                        self.parts[c].push((row, r));
                        if r > *best {
                            *best = r;
                            #[expect(clippy::cast_possible_truncation, reason = "an index of a component")]
                            let label = c as u32;
                            labels[row as usize] = label;
                        }
                    }
                }
            }
        }
    }

    /// Σ w log p(x), summed in the blocks of the dense kernels.
    fn total(&mut self, batch: Batch<'_>) -> f64 {
        let (rows, length) = (batch.rows(), self.block.capacity());
        let Logarithms { largest, sums, weights } = &mut self.batch;
        for (values, padding) in [(&mut *largest, None), (&mut *sums, None), (&mut *weights, Some(0.0))] {
            let last = values[rows - 1];
            values[rows..padded(rows)].fill(padding.unwrap_or(last));
        }
        let mut total = 0.0;
        for from in (0..rows).step_by(length) {
            let part = from..from + padded(length.min(rows - from));
            let (largest, sums, weights) = (&largest[part.clone()], &sums[part.clone()], &weights[part]);
            total += log_likelihood(self.level, largest, sums, weights, batch.weight.is_empty());
        }
        total
    }

    /// Adds the parts of each component, in the order of the rows. Gives back their number.
    fn moments<'w, 'm, F: Fn(usize) -> Wide<'w>>(
        &mut self,
        batch: Batch<'_>,
        components: &mut Components<'_, F>,
        moments: impl Iterator<Item = (&'m mut f64, Moments<'m>)>,
    ) -> usize {
        let mut pairs = 0;
        for ((k, parts), (count, Moments { first, second })) in self.parts.iter_mut().enumerate().zip(moments) {
            let wide = (components.wide)(k);
            parts.sort_unstable_by_key(|(row, _)| *row);
            pairs += parts.len();
            let length = self.block.capacity();
            // The blocks of the dense kernels, whole vectors all but the last.
            for parts in parts.chunk_by(|(a, _), (b, _)| *a as usize / length == *b as usize / length) {
                *count += interleaved_sum(parts.iter().copied());
            }
            for parts in parts.chunks(length) {
                self.rows.clear();
                self.r.clear();
                for &(row, r) in parts {
                    self.rows.push(row);
                    self.r.push(r);
                }
                if wide.near {
                    self.block.gather_panels(batch.x, &self.rows);
                } else {
                    self.block.gather_points(batch.x, &self.rows);
                }
                let moments = Moments { first: &mut *first, second: &mut *second };
                wide.accumulate(self.level, &self.block, &self.r, moments, components.work);
            }
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four clusters on the axes, components of unit covariance at their centres: from the second pass on own components and moments
    /// are all that is left, 2/(2·4), and of the other densities a part.
    #[test]
    fn most_is_left_out_once_rows_are_sorted() {
        let (n, d, k) = (600, 12, 4);
        let offset = |c: usize| (0..d).map(move |j| if j == c { 30.0 } else { 0.0 });
        let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
        let x: Vec<f64> =
            (0..n).flat_map(|i| offset(i % k).enumerate().map(move |(j, at)| at + number(i * d + j))).collect();
        let identity: Vec<f64> = (0..d * d).map(|i| f64::from(u8::from(i % (d + 1) == 0))).collect();
        let offsets: Vec<Vec<f64>> = (0..k).map(|c| offset(c).collect()).collect();
        let origins: Vec<Vec<f64>> = offsets.iter().map(|offset| offset.iter().map(|x| -x).collect()).collect();
        let wide = |c: usize| Wide {
            offset: &offsets[c],
            origin: &origins[c],
            inverse_factor: &identity,
            constant: 0.0,
            near: true,
        };
        let log_weights = vec![0.25f64.ln(); k];
        for level in Level::available() {
            let mut pairs = Pairs::new(Block::centred(240, &vec![0.0; d]), k, level);
            let mut work = WideWork::new(240, d);
            let mut shares = Vec::new();
            for _ in 0..3 {
                let mut counts = vec![0.0; k];
                let (mut first, mut second) = (vec![0.0; k * d], vec![0.0; k * d * (d + 1) / 2]);
                let sums = first.chunks_exact_mut(d).zip(second.chunks_exact_mut(d * (d + 1) / 2));
                let moments = counts.iter_mut().zip(sums.map(|(first, second)| Moments { first, second }));
                let components = Components { log_weights: &log_weights, wide, work: &mut work };
                let batch = Batch { x: &x, dimension: d, weight: &[], first_row: 0 };
                shares.push(pairs.accumulate(batch, components, moments).1);
                assert_eq!(counts, [150.0; 4]);
            }
            assert_eq!(shares[0], None);
            assert!(shares[1..].iter().all(|share| share.is_some_and(|share| share < 0.6)), "{shares:?}");
        }
    }
}
