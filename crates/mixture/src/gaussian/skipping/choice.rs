//! Whether a lane skips, found out from what it met last.

use super::Pairs;
use em::Skipping;
use linalg::kernels::Block;

/// Rows of a batch of which the responsibilities are looked at: 4 % of the rows, a comparison for each pair.
const LOOK: usize = 80;

/// Pairs are skipped when at least this share of these responsibilities is 0 …
const VANISHING: f64 = 0.5;

/// … and as long as not more than this share of all products is computed.
const PAYS: f64 = 0.7;

/// Batches to be computed densely after skipping has not paid; twice as many each time.
const WAIT: u32 = 16;

/// Whether a lane skips, and what it needs for it.
#[derive(Default)]
pub(in super::super) struct Skip {
    on: bool,
    /// Whether the next block is to be looked at.
    look: bool,
    /// Batches before a look is believed again, and how many they were the last time.
    wait: u32,
    patience: u32,
    pairs: Option<Box<Pairs>>,
}

impl Skip {
    /// Called before a batch: the pairs, if it is to be skipped in.
    pub fn begin(&mut self, skipping: Skipping, pairs: impl FnOnce() -> Pairs) -> Option<&mut Pairs> {
        if skipping == Skipping::Never || !(self.on || skipping == Skipping::Always) {
            self.wait = self.wait.saturating_sub(1);
            self.look = self.wait == 0;
            return None;
        }
        Some(self.pairs.get_or_insert_with(|| Box::new(pairs())))
    }

    /// Looks at the responsibilities of a block that was computed densely, the first of each batch.
    pub fn look(&mut self, responsibilities: &[f64], block: &Block) {
        if std::mem::take(&mut self.look) {
            let some = block.rows().min(LOOK);
            let rows = responsibilities.chunks_exact(block.stride()).map(|of_component| &of_component[..some]);
            let (mut zeros, mut all) = (0, 0);
            for r in rows {
                zeros += r.iter().filter(|r| **r == 0.0).count();
                all += r.len();
            }
            self.on = zeros as f64 >= VANISHING * all as f64;
        }
    }

    /// Called after a batch that was skipped in, of which this share of all products was computed; `None` if the order of rows was
    /// not known yet.
    fn judge(&mut self, share: Option<f64>) {
        if share.is_some_and(|share| share > PAYS) {
            self.on = false;
            self.patience = self.patience.saturating_mul(2).max(WAIT);
            self.wait = self.patience;
        }
    }

    /// As [`judge`](Self::judge), where there is a choice.
    pub fn end(&mut self, skipping: Skipping, share: Option<f64>) {
        if skipping == Skipping::Automatic {
            self.judge(share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linalg::Level;

    #[test]
    fn what_does_not_pay_is_left_alone_for_longer_and_longer() {
        let pairs = || Pairs::new(Block::centred(24, &[0.0; 5]), 2, Level::detect());
        let mut block = Block::centred(24, &[0.0; 5]);
        block.load(&[1.0; 120], &[]);
        let (apart, together) = ([[1.0; 24], [0.0; 24]].concat(), [0.5; 48]);
        let mut skip = Skip::default();
        let dense = |skip: &mut Skip, r: &[f64]| {
            let mut batches = 0;
            while skip.begin(Skipping::Automatic, pairs).is_none() && batches < 100 {
                skip.look(r, &block);
                batches += 1;
            }
            batches
        };
        assert_eq!(dense(&mut skip, &together), 100);
        assert_eq!(dense(&mut skip, &apart), 1);
        skip.end(Skipping::Automatic, None);
        skip.end(Skipping::Automatic, Some(0.6));
        assert_eq!(dense(&mut skip, &apart), 0);
        for wait in [16, 32] {
            skip.end(Skipping::Automatic, Some(0.8));
            assert_eq!(dense(&mut skip, &apart), wait);
        }
        assert!(skip.begin(Skipping::Never, pairs).is_none());
        assert!(Skip::default().begin(Skipping::Always, pairs).is_some());
    }
}
