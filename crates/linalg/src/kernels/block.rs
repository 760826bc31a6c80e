//! A block of points in structure-of-arrays layout.

use super::scatter::{PANEL, panels_len};
use super::{Lines, filled, padded};

/// Up to `capacity` points: feature j of point i stands at `j * stride + i`.
#[derive(Clone, Debug, Default)]
pub struct Block {
    points: Lines,
    weights: Lines,
    dimension: usize,
    capacity: usize,
    rows: usize,
    unweighted: bool,
    /// Subtracted from every point; empty for none.
    centre: Vec<f64>,
    panels: Lines,
}

impl Block {
    /// Memory for blocks of at most `capacity` points of `dimension` features.
    pub fn with_capacity(capacity: usize, dimension: usize) -> Self {
        Self {
            points: Lines::zeros(padded(capacity) * dimension),
            weights: Lines::zeros(padded(capacity)),
            dimension,
            capacity,
            unweighted: true,
            ..Self::default()
        }
    }

    /// Memory for blocks of at most `capacity` points that are measured from `centre` (d) as they are loaded, and stand in
    /// panels of features, too. For data within a factor of two of the centre the differences are exact; elsewhere they
    /// carry the rounding of a number of their own size.
    pub fn centred(capacity: usize, centre: &[f64]) -> Self {
        let dimension = centre.len();
        let panels = Lines::zeros(panels_len(capacity, dimension));
        Self { centre: centre.to_vec(), panels, ..Self::with_capacity(capacity, dimension) }
    }

    /// Transposes `x` (rows × dimension, row-major) into the block; `weight` is empty or one number per row.
    pub fn load(&mut self, x: &[f64], weight: &[f64]) {
        let d = self.dimension;
        self.rows = x.len() / d;
        self.unweighted = weight.is_empty();
        let stride = self.stride();
        match d {
            _ if !self.centre.is_empty() => self.load_centred(x),
            1 => self.points[..self.rows].copy_from_slice(x),
            2 => transpose::<2>(x, &mut self.points, stride),
            3 => transpose::<3>(x, &mut self.points, stride),
            4 => transpose::<4>(x, &mut self.points, stride),
            _ => {
                for (i, row) in x.chunks_exact(d).enumerate() {
                    for (j, &value) in row.iter().enumerate() {
                        self.points[j * stride + i] = value;
                    }
                }
            }
        }
        self.pad();
        if weight.is_empty() {
            self.weights[..self.rows].fill(1.0);
        } else {
            self.weights[..self.rows].copy_from_slice(weight);
        }
        self.weights[self.rows..stride].fill(0.0);
    }

    fn load_centred(&mut self, x: &[f64]) {
        let (d, rows, stride) = (self.dimension, self.rows, self.stride());
        let whole = d / PANEL * PANEL;
        for (p, centre) in self.centre.as_chunks::<PANEL>().0.iter().enumerate() {
            let panel = self.panels[p * PANEL * rows..].as_chunks_mut::<PANEL>().0;
            let points = &mut self.points[p * PANEL * stride..][..PANEL * stride];
            for (i, (row, out)) in x.chunks_exact(d).zip(panel).enumerate() {
                if let Some(row) = row[p * PANEL..].first_chunk::<PANEL>() {
                    *out = filled(|j| row[j] - centre[j]);
                    for j in 0..PANEL {
                        points[j * stride + i] = out[j];
                    }
                }
            }
        }
        for (i, row) in x.chunks_exact(d).enumerate() {
            for j in whole..d {
                let difference = row[j] - self.centre[j];
                self.points[j * stride + i] = difference;
                self.panels[whole * rows + i * PANEL + j - whole] = difference;
            }
        }
        // A longer block may have left numbers where this one has no features.
        for point in self.panels[whole * rows..panels_len(rows, d)].chunks_exact_mut(PANEL) {
            point[d - whole..].fill(0.0);
        }
    }

    /// Rows `rows` of `x` (row-major), in their order, measured from the block's centre as [`load`](Self::load) measures them; neither
    /// panels nor weights.
    pub fn gather_points(&mut self, x: &[f64], rows: &[u32]) {
        let d = self.dimension;
        self.rows = rows.len();
        let stride = self.stride();
        for (i, &row) in rows.iter().enumerate() {
            let row = &x[row as usize * d..][..d];
            let mut at = i;
            for (value, centre) in row.iter().zip(&self.centre) {
                self.points[at] = value - centre;
                at += stride;
            }
        }
        self.pad();
    }

    /// As [`gather_points`](Self::gather_points), but the panels only.
    pub fn gather_panels(&mut self, x: &[f64], rows: &[u32]) {
        let d = self.dimension;
        self.rows = rows.len();
        let whole = d / PANEL * PANEL;
        for (i, &row) in rows.iter().enumerate() {
            let row = &x[row as usize * d..][..d];
            let (values, rest) = row.as_chunks::<PANEL>();
            let (centres, centre) = self.centre.as_chunks::<PANEL>();
            for (p, (values, centres)) in values.iter().zip(centres).enumerate() {
                if let Some(out) = self.panels[(p * rows.len() + i) * PANEL..].first_chunk_mut::<PANEL>() {
                    for j in 0..PANEL {
                        out[j] = values[j] - centres[j];
                    }
                }
            }
            if whole < d {
                let out = &mut self.panels[whole * rows.len() + i * PANEL..][..PANEL];
                out.fill(0.0);
                for ((out, value), centre) in out.iter_mut().zip(rest).zip(centre) {
                    *out = value - centre;
                }
            }
        }
    }

    /// Repeats the last point up to whole vectors.
    fn pad(&mut self) {
        let (rows, stride) = (self.rows, self.stride());
        for feature in self.points[..stride * self.dimension].chunks_exact_mut(stride) {
            let last = feature[rows - 1];
            feature[rows..].fill(last);
        }
    }

    /// Largest number of points.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Number of points.
    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    #[inline]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Distance between two features of a point; the number of points rounded up to whole vectors.
    #[inline]
    pub fn stride(&self) -> usize {
        padded(self.rows)
    }

    /// Feature after feature, `dimension × stride`, measured from the block's centre.
    #[inline]
    pub fn points(&self) -> &[f64] {
        &self.points[..self.stride() * self.dimension]
    }

    /// The points in panels ([`scatter`](super::scatter)), of a block that is [centred](Self::centred); otherwise empty.
    #[inline]
    pub fn panels(&self) -> &[f64] {
        if self.centre.is_empty() { &[] } else { &self.panels[..panels_len(self.rows, self.dimension)] }
    }

    /// One weight per point, zero in the padding.
    #[inline]
    pub fn weights(&self) -> &[f64] {
        &self.weights[..self.stride()]
    }

    /// Whether all weights are one.
    #[inline]
    pub fn unweighted(&self) -> bool {
        self.unweighted
    }
}

/// With the dimension known at compile time the transposition is a fifth of the time of the general loop.
fn transpose<const D: usize>(x: &[f64], points: &mut [f64], stride: usize) {
    for (i, row) in x.as_chunks::<D>().0.iter().enumerate() {
        for (j, &value) in row.iter().enumerate() {
            points[j * stride + i] = value;
        }
    }
}
