//! What a lane remembers of its rows from pass to pass, and whether remembering pays.
//!
//! Of each row: its centre, and one lower bound for every eight centres (`linalg::kernels::reassign`). Bounds hold for
//! whatever the centres did since, by how far they moved; so a jump of the parameters needs no
//! special case, and a pass that finds nothing settled is merely slow. Because that would be slower than all distances, the
//! first rows of every batch are the probe: they are always remembered, and all rows are as long as the last pass had few groups
//! left to evaluate. Where the probe promised what the rows did not hold, it is believed later and later. The choice is made in each lane from its own rows, so it does not depend on
//! threads; and since labels and distances are the same either way, no number depends on the choice.

use em::{Batch, Skipping};
use linalg::Level;
use linalg::kernels::{Centres, Doubts, GROUP, Memory, Panel, assign, distance_above, reassign, remember};

/// One row in so many is probed. A probed row that nothing settles costs up to twice as much as one that is not.
const PROBE: usize = 32;

/// Rows whose count is a multiple of this fill whole panels.
const PANEL: usize = 24;

/// Share of evaluated groups below which all rows are remembered, and above which only the probe is. A group of one row
/// takes about twice the time that it takes in a tile of 24 rows; at d = 32, k = 64 a pass costs what Lloyd's costs at 0.36.
const PAYS: [f64; 2] = [0.25, 0.35];

/// What is remembered of one batch.
struct Remembered {
    first_row: usize,
    /// The first so many rows have labels and bounds.
    known: usize,
    labels: Vec<u32>,
    /// Rows × groups.
    lower: Vec<f64>,
}

/// Memory of one lane. It recognises batches by their first row: a scratch belongs to one data set.
pub(crate) struct Recollection {
    batches: Vec<Remembered>,
    /// Where the next batch is expected.
    next: usize,
    /// The centres for which bounds are right, k × d.
    centres: Vec<f64>,
    /// How far the centres of each group have moved in all.
    drift: Vec<f64>,
    /// Whether all rows are remembered.
    all: bool,
    /// Passes before the probe is believed again, and what they were the last time.
    wait: u32,
    patience: u32,
    /// Groups evaluated and in all, this pass.
    evaluated: usize,
    groups: usize,
    doubts: Doubts,
}

impl Recollection {
    /// Memory for batches of at most `max_len` rows; none where nothing could be skipped, or no row would be probed.
    pub fn new(centres: &Centres, skipping: Skipping, max_len: usize) -> Option<Self> {
        let possible = !centres.few() && centres.groups() > 1;
        let wanted = match skipping {
            Skipping::Never => false,
            Skipping::Always => true,
            Skipping::Automatic => max_len >= PROBE * PANEL,
        };
        (possible && wanted).then(|| Self {
            batches: Vec::new(),
            next: 0,
            centres: centres.values().to_vec(),
            drift: vec![0.0; centres.groups()],
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
        let pays = share < PAYS[usize::from(self.all)];
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

    /// Prepares for `batch` and says how many of its first rows are to be found by [`nearest`](Self::nearest).
    pub fn begin(&mut self, batch: Batch<'_>, centres: &Centres, skipping: Skipping, level: Level) -> (usize, usize) {
        self.follow(centres, skipping, level);
        let place = self.batch(batch);
        let wanted =
            if self.all || skipping == Skipping::Always { batch.rows() } else { batch.rows() / PROBE / PANEL * PANEL };
        let known = &mut self.batches[place].known;
        // Rows that are not kept up to date are better forgotten: their bounds would settle nothing.
        *known = (*known).min(wanted);
        (place, wanted)
    }

    /// Labels and squared distances of `rows`, which begin at `from` in the batch at `place`; labels are returned.
    pub fn nearest(
        &mut self,
        (place, from): (usize, usize),
        rows: Batch<'_>,
        centres: &Centres,
        level: Level,
        panel: &mut Panel,
        squared: &mut [f64],
    ) -> &[u32] {
        let Self { batches, drift, doubts, evaluated, groups, .. } = self;
        let remembered = &mut batches[place];
        let (to, t) = (from + rows.rows(), drift.len());
        let labels = &mut remembered.labels[from..to];
        let lower = &mut remembered.lower[from * t..to * t];
        if to <= remembered.known {
            let memory = Memory { labels, lower };
            *evaluated += reassign(level, rows.x, centres, drift, memory, squared, doubts);
            *groups += rows.rows() * t;
        } else {
            assign(level, rows.x, centres, panel, labels, squared, lower);
            remember(level, drift, lower);
            remembered.known = to;
        }
        &remembered.labels[from..to]
    }
}
