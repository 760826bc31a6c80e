//! What a lane remembers of its rows from pass to pass, and whether remembering pays.
//!
//! Of each row: its centre, and one lower bound for every eight centres (`linalg::kernels::reassign`). Bounds hold for
//! whatever the centres did since, by how far they moved; so a jump of the parameters needs no
//! special case, and a pass that finds nothing settled is merely slow. Because that would be slower than all distances, the
//! first rows of every batch are the probe: their bounds are always kept, and those of all rows as long as the last pass left so few
//! groups to evaluate that it pays. Where the probe promised what the rows did not hold, it is believed later and later. The choice is
//! made in each lane from its own rows, so it does not depend on threads; and since labels and distances are the same either way, no
//! number depends on the choice.

use em::{Batch, Skipping};
use linalg::Level;
use linalg::kernels::{Apart, Centres, Doubts, GROUP, Memory, distance_above, reassign};

/// One row in so many is probed.
const PROBE: usize = 32;

/// Rows whose count is a multiple of this fill whole panels.
const PANEL: usize = 24;

/// What bounds cost: so many products of a row, and so many for each group, are as expensive as asking its bounds and listing what
/// they do not settle.
const ASKING: [f64; 2] = [650.0, 40.0];

/// Of what asking leaves, the share of groups evaluated below which all rows are remembered, and the one above which only the
/// probe is. A product of a listed row takes a quarter more time than one of a tile.
const PAYS: [f64; 2] = [0.7, 0.8];

/// The centres' distances from each other are measured where a lane has at least so many rows for each of them: they cost
/// what one row costs, each.
const APART: usize = 64;

/// What is remembered of one batch.
struct Remembered {
    first_row: usize,
    /// The first so many rows have bounds.
    known: usize,
    /// Of the last pass, of all rows.
    labels: Vec<u32>,
    /// Rows × groups.
    lower: Vec<f64>,
}

/// Memory of one lane. It recognises batches by their first row: a scratch belongs to one data set.
pub(crate) struct Recollection {
    batches: Vec<Remembered>,
    /// Where the present batch is, and where the next is expected.
    place: usize,
    next: usize,
    /// The centres for which bounds are right, k × d.
    centres: Vec<f64>,
    /// How far the centres of each group have moved in all.
    drift: Vec<f64>,
    apart: Apart,
    /// What remains of a row's products after its bounds were asked.
    remains: f64,
    /// Whether all rows are remembered.
    all: bool,
    /// Passes before the probe is believed again, and what they were the last time.
    wait: u32,
    patience: u32,
    /// Groups evaluated and in all, this pass, of the rows that had bounds.
    evaluated: usize,
    groups: usize,
    doubts: Doubts,
}

impl Recollection {
    /// Memory for batches of at most `max_len` rows; none where nothing could be skipped, or no row would be probed.
    pub fn new(centres: &Centres, skipping: Skipping, max_len: usize) -> Option<Self> {
        let (groups, products) = (centres.groups() as f64, centres.values().len() as f64);
        let remains = 1.0 - (ASKING[0] + ASKING[1] * groups) / products;
        let possible = !centres.few() && centres.groups() > 1;
        let wanted = match skipping {
            Skipping::Never => false,
            Skipping::Always => true,
            Skipping::Automatic => max_len >= PROBE * PANEL && remains > 0.0,
        };
        (possible && wanted).then(|| Self {
            batches: Vec::new(),
            place: 0,
            next: 0,
            centres: centres.values().to_vec(),
            drift: vec![0.0; centres.groups()],
            apart: Apart::new(centres),
            remains,
            all: false,
            wait: 0,
            patience: 1,
            evaluated: 0,
            groups: 0,
            doubts: Doubts::new(centres),
        })
    }

    /// Takes note of where the centres are now; called for every batch, it acts on the first of a pass.
    fn follow(&mut self, centres: &Centres, skipping: Skipping, level: Level) {
        if self.centres == centres.values() {
            return;
        }
        let d = centres.dimension();
        let pairs = self.centres.chunks_exact(d).zip(centres.values().chunks_exact(d));
        let mut shifts = pairs.map(|(old, new)| distance_above(level, old, new));
        for drift in &mut self.drift {
            // What is no number is as far as can be: `f64::max` would lose it.
            let far = |most: f64, shift: f64| if shift.is_nan() { f64::INFINITY } else { most.max(shift) };
            let shift = shifts.by_ref().take(GROUP).fold(0.0, far);
            // Rounded up.
            *drift = (*drift + shift) * (1.0 + 2.0 * f64::EPSILON);
        }
        if self.drift.iter().any(|drift| !drift.is_finite()) {
            self.drift.fill(0.0);
            self.batches.iter_mut().for_each(|batch| batch.known = 0);
        }
        self.centres.copy_from_slice(centres.values());
        let rows: usize = self.batches.iter().map(|batch| batch.labels.len()).sum();
        if skipping == Skipping::Always || rows >= APART * centres.count() {
            self.apart.measure(level, centres, &mut self.doubts);
        } else {
            self.apart.forget();
        }
        self.all = match skipping {
            Skipping::Always => true,
            Skipping::Never => false,
            Skipping::Automatic => self.pays(),
        };
        (self.evaluated, self.groups) = (0, 0);
    }

    /// Whether all rows shall be remembered in the pass that begins.
    fn pays(&mut self) -> bool {
        // Without a pass to judge by the share is no number, and nothing pays.
        let share = self.evaluated as f64 / self.groups as f64;
        let pays = share < PAYS[usize::from(self.all)] * self.remains;
        if self.all && !pays {
            self.patience = self.patience.saturating_mul(2);
            self.wait = self.patience;
        }
        self.wait = self.wait.saturating_sub(1);
        pays && (self.all || self.wait == 0)
    }

    /// The memory of `batch`, made when it is first met.
    fn batch(&mut self, batch: Batch<'_>) -> usize {
        let (first_row, rows) = (batch.first_row, batch.rows());
        let is_it = |known: &Remembered| known.first_row == first_row && known.labels.len() == rows;
        let expected = self.batches.get(self.next).is_some_and(is_it).then_some(self.next);
        let place = expected.or_else(|| self.batches.iter().position(is_it)).unwrap_or_else(|| {
            // Zeroed memory is not touched, and takes no room, before something is remembered in it.
            let (labels, lower) = (vec![0; rows], vec![0.0; rows * self.drift.len()]);
            self.batches.push(Remembered { first_row, known: 0, labels, lower });
            self.batches.len() - 1
        });
        self.next = (place + 1) % self.batches.len();
        place
    }

    /// Prepares for `batch` and says how many of its first rows are the probe, and how many are to be found by
    /// [`nearest`](Self::nearest); the others get all their distances, and their [`labels`](Self::labels).
    pub fn begin(&mut self, batch: Batch<'_>, centres: &Centres, skipping: Skipping, level: Level) -> (usize, usize) {
        self.follow(centres, skipping, level);
        self.place = self.batch(batch);
        let probe = batch.rows() / PROBE / PANEL * PANEL;
        let wanted = if self.all || skipping == Skipping::Always { batch.rows() } else { probe };
        // Bounds that are not kept up to date would settle nothing, nor hold where the label changes.
        let known = &mut self.batches[self.place].known;
        *known = (*known).min(wanted);
        (probe, wanted)
    }

    /// The labels of so many rows that begin at `from` in the batch.
    pub fn labels(&mut self, from: usize, rows: usize) -> &mut [u32] {
        &mut self.batches[self.place].labels[from..from + rows]
    }

    /// Labels and squared distances of `rows`, which begin at `from` in the batch; labels are returned.
    pub fn nearest(
        &mut self,
        from: usize,
        rows: Batch<'_>,
        centres: &Centres,
        level: Level,
        squared: &mut [f64],
    ) -> &[u32] {
        let Self { batches, drift, apart, doubts, evaluated, groups, .. } = self;
        let remembered = &mut batches[self.place];
        let (to, t) = (from + rows.rows(), drift.len());
        let labels = &mut remembered.labels[from..to];
        let lower = &mut remembered.lower[from * t..to * t];
        let known = to <= remembered.known;
        if !known {
            lower.fill(0.0);
            remembered.known = to;
        }
        let memory = Memory { labels, lower };
        let count = reassign(level, rows.x, centres, (drift, apart), memory, squared, doubts);
        if known {
            *evaluated += count;
            *groups += rows.rows() * t;
        }
        &remembered.labels[from..to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of groups that were evaluated, pass by pass, of k = 64 centres that move by `shift` between the passes, and whether all
    /// rows were remembered. Each row is near a centre, or somewhere among them.
    fn passes(near: bool, shift: f64) -> Vec<(f64, bool)> {
        const D: usize = 40;
        let (k, n) = (64, 1920);
        let mut state = 1_u64;
        let mut number = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let mut values: Vec<f64> = (0..k * D).map(|_| number()).collect();
        let size = if near { 0.2 } else { 1.0 };
        let at = |i: usize| if near { values[i % (k * D)] } else { 0.0 };
        let x: Vec<f64> = (0..n * D).map(|i| at(i) + size * number()).collect();
        let mut recollection = Recollection::new(&Centres::new(values.clone(), D), Skipping::Automatic, n).unwrap();
        let batch = Batch { x: &x, dimension: D, weight: &[], first_row: 0 };
        let mut squared = vec![0.0; n];
        let mut told = Vec::new();
        for _ in 0..6 {
            let centres = Centres::new(values.clone(), D);
            let (probe, wanted) = recollection.begin(batch, &centres, Skipping::Automatic, Level::detect());
            assert_eq!(probe, 48);
            for (from, to) in [(0, probe), (probe, wanted)] {
                recollection.nearest(from, batch.slice(from, to), &centres, Level::detect(), &mut squared[..to - from]);
            }
            told.push((recollection.evaluated as f64 / recollection.groups as f64, wanted == n));
            for value in &mut values {
                *value += shift * number();
            }
        }
        told
    }

    #[test]
    fn a_probe_that_is_settled_is_believed() {
        let told = passes(true, 0.01);
        // The first pass has nothing to judge by; the second judges the probe; from the third on all rows are remembered.
        assert!(told[0].0.is_nan());
        assert!(told[1..].iter().all(|(share, _)| *share < 0.2), "{told:?}");
        assert_eq!(told.iter().map(|(_, all)| *all).collect::<Vec<_>>(), [false, false, true, true, true, true]);
    }

    #[test]
    fn a_probe_in_doubt_is_all_that_is_remembered() {
        let told = passes(false, 0.5);
        assert!(told[1..].iter().all(|(share, all)| *share > 0.8 && !all), "{told:?}");
    }
}
