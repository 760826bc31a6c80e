//! The rows of a block that bounds do not settle, and the groups of centres that are to be evaluated for each.
//!
//! Rows are listed by group, and eight of a list at a time meet the eight centres of their group. Centres lie in the lanes and each
//! feature of a row is broadcast, so rows are read as they stand: nothing is transposed, and a pair costs what it costs in a
//! tile of [`assign`](super::assign).

use super::bounded::{Memory, keep, root};
use super::dense::threshold;
use super::{Centres, GROUP, exact};
use crate::kernels::{Lines, filled};
use pulp::Simd;

/// Rows whose doubts are resolved together. At d = 32 they take 60 KiB, and as much about the origin.
pub(super) const BLOCK: usize = 240;

/// Rows that meet a group at a time.
const ABREAST: usize = 8;

/// In place of a score: the group was not evaluated.
const SETTLED: f64 = f64::INFINITY;

/// Working memory of [`reassign`](super::reassign), for one thread.
#[derive(Clone, Debug)]
pub struct Doubts {
    rows: Vec<Doubt>,
    /// Places, as in `rows`, × d: the rows about the origin.
    centred: Lines,
    /// Places × groups: the largest score of a centre of the group that is not the own one.
    most: Vec<f64>,
    /// Groups × [`BLOCK`]: places of the rows for which the group is evaluated.
    lists: Vec<u16>,
    /// Length of each list.
    lengths: Vec<usize>,
}

/// A row in doubt.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// Within its block.
    row: usize,
    /// The centre so far, and the squared distance to it.
    label: u32,
    squared: f64,
    /// Squared length about the origin.
    length: f64,
    /// Scores further apart than this are in the order of their distances.
    threshold: f64,
}

impl Doubts {
    /// For these centres.
    pub fn new(centres: &Centres) -> Self {
        let (d, groups) = (centres.dimension(), centres.groups());
        Self {
            rows: Vec::with_capacity(BLOCK),
            centred: Lines::zeros(BLOCK * d),
            most: vec![SETTLED; BLOCK * groups],
            lists: vec![0; groups * BLOCK],
            lengths: vec![0; groups],
        }
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.lengths.fill(0);
    }

    /// Enters a row of the block with its label and the squared distance to it; `settled` says of each group whether it is.
    #[inline(always)]
    pub(super) fn enter<S: Simd>(
        &mut self,
        simd: S,
        (row, x): (usize, &[f64]),
        centres: &Centres,
        (label, squared): (u32, f64),
        settled: impl Fn(usize) -> bool,
    ) {
        let Self { rows, centred, most, lists, lengths } = self;
        let (place, d, t) = (rows.len(), x.len(), lengths.len());
        for (g, (list, length)) in lists.as_chunks_mut::<BLOCK>().0.iter_mut().zip(lengths).enumerate() {
            // Without branches, which nobody could predict. A list is as long as the block: it cannot be full.
            #[expect(clippy::cast_possible_truncation, reason = "a place in a block")]
            let place = place as u16;
            list[(*length).min(BLOCK - 1)] = place;
            *length += usize::from(!settled(g));
        }
        most[place * t..(place + 1) * t].fill(SETTLED);
        let centred = &mut centred[place * d..(place + 1) * d];
        for ((centred, x), at) in centred.iter_mut().zip(x).zip(&centres.origin) {
            *centred = x - at;
        }
        let length = exact::squared_length(simd, centred);
        rows.push(Doubt { row, label, squared, length, threshold: threshold(centres, squared) });
    }

    /// Evaluates what is listed, and returns how many groups of rows that were.
    #[inline(always)]
    pub(super) fn evaluate<S: Simd>(&mut self, simd: S, centres: &Centres) -> usize {
        let Self { rows, centred, most, lists, lengths } = self;
        let t = lengths.len();
        for (g, (list, &length)) in lists.as_chunks::<BLOCK>().0.iter().zip(&*lengths).enumerate() {
            for places in list[..length].chunks(ABREAST) {
                let found = meet(simd, centres, g, places, rows, centred);
                for (place, found) in places.iter().zip(found) {
                    most[usize::from(*place) * t + g] = found;
                }
            }
        }
        lengths.iter().sum()
    }

    /// Bounds, labels and squared distances of the rows in doubt, after they have been evaluated.
    #[inline(always)]
    pub(super) fn settle<S: Simd>(
        &self,
        simd: S,
        x: &[f64],
        centres: &Centres,
        drift: &[f64],
        Memory { labels, lower }: Memory<'_>,
        squared: &mut [f64],
    ) {
        let (d, t) = (centres.dimension(), drift.len());
        let rows = self.rows.iter().zip(self.centred.chunks_exact(d)).zip(self.most.chunks_exact(t));
        for ((doubt, centred), most) in rows {
            let i = doubt.row;
            let lower = &mut lower[i * t..(i + 1) * t];
            let best = doubt.bound(simd, most, drift, lower);
            // The own centre's score by its definition.
            let own = 0.5 * (doubt.length - doubt.squared);
            if !(own - best > doubt.threshold) {
                let x = &x[i * d..(i + 1) * d];
                (labels[i], squared[i]) = doubt.decide(simd, (x, centred), (own, most), centres, drift, lower);
            }
        }
    }
}

impl Doubt {
    /// Lower bounds of the groups that were evaluated, and the largest score of all.
    #[inline(always)]
    fn bound<S: Simd>(&self, simd: S, most: &[f64], drift: &[f64], lower: &mut [f64]) -> f64 {
        let (length, threshold) = (simd.splat_f64s(self.length), simd.splat_f64s(self.threshold));
        let (settled, nothing) = (simd.splat_f64s(SETTLED), simd.splat_f64s(f64::NEG_INFINITY));
        let [minus_two, zero] = [-2.0, 0.0].map(|value| simd.splat_f64s(value));
        let [root_down, down] = [1.0, 2.0].map(|ulps| simd.splat_f64s(1.0 - ulps * f64::EPSILON));
        // As `keep(root(length - 2.0 * (most + threshold)), drift)`.
        let bound = |most: S::f64s, drift: S::f64s, lower: S::f64s| {
            let known = simd.equal_f64s(most, settled);
            let most = simd.select_f64s(known, nothing, most);
            let squared = simd.mul_add_f64s(minus_two, simd.add_f64s(most, threshold), length);
            let root = simd.mul_f64s(simd.sqrt_f64s(simd.max_f64s(squared, zero)), root_down);
            let kept = simd.mul_f64s(simd.add_f64s(root, drift), down);
            (most, simd.select_f64s(known, lower, kept))
        };
        let (most, m_rest) = S::as_simd_f64s(most);
        let (drift, d_rest) = S::as_simd_f64s(drift);
        let (lower, l_rest) = S::as_mut_simd_f64s(lower);
        let mut best = nothing;
        for ((lower, &most), &drift) in lower.iter_mut().zip(most).zip(drift) {
            let (most, bound) = bound(most, drift, *lower);
            best = simd.max_f64s(best, most);
            *lower = bound;
        }
        let mut largest = simd.reduce_max_f64s(best);
        if !m_rest.is_empty() {
            for ((lower, &most), &drift) in l_rest.iter_mut().zip(m_rest).zip(d_rest) {
                if most != SETTLED {
                    largest = largest.max(most);
                    *lower = keep(root(self.length - 2.0 * (most + self.threshold)), drift);
                }
            }
        }
        largest
    }

    /// The nearest centre and its squared distance, where it may be another than before.
    #[inline(always)]
    fn decide<S: Simd>(
        &self,
        simd: S,
        (x, centred): (&[f64], &[f64]),
        (own, most): (f64, &[f64]),
        centres: &Centres,
        drift: &[f64],
        lower: &mut [f64],
    ) -> (u32, f64) {
        let evaluated = most.iter().map(|most| if *most == SETTLED { f64::NEG_INFINITY } else { *most });
        let (g, _, second) = lead(evaluated);
        let mut scores = [0.0; GROUP];
        let [vectors] = centres.scores(simd, [centred], [self.label], g);
        for (scores, vector) in S::as_mut_simd_f64s(&mut scores).0.iter_mut().zip(vectors) {
            *scores = vector;
        }
        let (leader, best, sibling) = lead(scores);
        if !(best - own.max(sibling).max(second) > self.threshold) {
            // A tie, or nearly one: explicit differences decide, and nothing is claimed about the others.
            lower.fill(0.0);
            return exact::nearest(simd, x, centres.values());
        }
        // Another centre becomes the own one. What it leaves behind in its group, and the old one's distance, are bounds.
        let old = self.label as usize / GROUP;
        lower[g] = lower[g].max(keep(root(self.length - 2.0 * (sibling + self.threshold)), drift[g]));
        let squared = self.squared * (1.0 - (2 * x.len() + 16) as f64 * f64::EPSILON);
        lower[old] = lower[old].min(keep(root(squared), drift[old]));
        let index = g * GROUP + leader;
        #[expect(clippy::cast_possible_truncation, reason = "an index of a centre")]
        let label = index as u32;
        (label, exact::squared(simd, x, centres.row(index)))
    }
}

/// The place of the largest score, that score, and the largest of the others.
#[inline(always)]
fn lead(scores: impl IntoIterator<Item = f64>) -> (usize, f64, f64) {
    let (mut leader, mut best, mut second) = (0, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (i, score) in scores.into_iter().enumerate() {
        if score > best {
            (leader, second, best) = (i, best, score);
        } else {
            second = second.max(score);
        }
    }
    (leader, best, second)
}

/// The largest scores of up to [`ABREAST`] rows in group `g`.
#[inline(always)]
fn meet<S: Simd>(
    simd: S,
    centres: &Centres,
    g: usize,
    places: &[u16],
    rows: &[Doubt],
    centred: &[f64],
) -> [f64; ABREAST] {
    let d = centres.dimension();
    // The last one fills up.
    let place: [usize; ABREAST] = filled(|r| usize::from(places[r.min(places.len() - 1)]));
    let x: [&[f64]; ABREAST] = filled(|r| &centred[place[r] * d..][..d]);
    let labels: [u32; ABREAST] = filled(|r| rows[place[r]].label);
    if S::F64_LANES == GROUP {
        let scores = centres.scores(simd, x, labels, g);
        return filled(|r| simd.reduce_max_f64s(scores[r][0]));
    }
    // Half as many: two vectors each stay in sixteen registers.
    let mut most = [0.0; ABREAST];
    let (x, labels) = (x.as_chunks::<4>().0, labels.as_chunks::<4>().0);
    for ((most, &x), &labels) in most.as_chunks_mut::<4>().0.iter_mut().zip(x).zip(labels) {
        let scores = centres.scores(simd, x, labels, g);
        let vectors = GROUP / S::F64_LANES;
        *most = filled(|r| {
            let (first, others) = (scores[r][0], &scores[r][1..vectors]);
            simd.reduce_max_f64s(others.iter().fold(first, |most, &v| simd.max_f64s(most, v)))
        });
    }
    most
}

impl Centres {
    /// Scores of rows about the origin under the centres of group `g`, as many vectors of each row as hold [`GROUP`] numbers; −∞ for
    /// the centre that is a row's label.
    #[inline(always)]
    fn scores<S: Simd, const R: usize>(
        &self,
        simd: S,
        x: [&[f64]; R],
        labels: [u32; R],
        g: usize,
    ) -> [[S::f64s; GROUP]; R] {
        const PLACES: [f64; GROUP] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let (d, vectors) = (self.dimension(), GROUP / S::F64_LANES);
        let group = self.groups[g * GROUP * d..][..GROUP * d].as_chunks::<GROUP>().0;
        let offsets = S::as_simd_f64s(&self.offsets.as_chunks::<GROUP>().0[g]).0;
        let mut scores = [[simd.splat_f64s(0.0); GROUP]; R];
        for scores in &mut scores {
            scores[..vectors].copy_from_slice(offsets);
        }
        for (j, c) in group.iter().enumerate() {
            let c = S::as_simd_f64s(c).0;
            for r in 0..R {
                let x = simd.splat_f64s(x[r][j]);
                for v in 0..vectors {
                    scores[r][v] = simd.mul_add_f64s(x, c[v], scores[r][v]);
                }
            }
        }
        let places = S::as_simd_f64s(&PLACES).0;
        let least = simd.splat_f64s(f64::NEG_INFINITY);
        for (scores, label) in scores.iter_mut().zip(labels) {
            let own = simd.splat_f64s(f64::from(label) - (g * GROUP) as f64);
            for v in 0..vectors {
                scores[v] = simd.select_f64s(simd.equal_f64s(places[v], own), least, scores[v]);
            }
        }
        scores
    }
}
