//! A block of points in structure-of-arrays layout.

use super::padded;

/// Up to `capacity` points: feature j of point i stands at `j * stride + i`.
#[derive(Clone, Debug, Default)]
pub struct Block {
    points: Vec<f64>,
    weights: Vec<f64>,
    dimension: usize,
    rows: usize,
    unweighted: bool,
}

impl Block {
    /// Memory for blocks of at most `capacity` points of `dimension` features.
    pub fn with_capacity(capacity: usize, dimension: usize) -> Self {
        Self {
            points: vec![0.0; padded(capacity) * dimension],
            weights: vec![0.0; padded(capacity)],
            dimension,
            rows: 0,
            unweighted: true,
        }
    }

    /// Transposes `x` (rows × dimension, row-major) into the block; `weight` is empty or one number per row.
    pub fn load(&mut self, x: &[f64], weight: &[f64]) {
        let d = self.dimension;
        self.rows = x.len() / d;
        self.unweighted = weight.is_empty();
        let stride = self.stride();
        match d {
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
        for j in 0..d {
            let last = self.points[j * stride + self.rows - 1];
            self.points[j * stride + self.rows..(j + 1) * stride].fill(last);
        }
        if weight.is_empty() {
            self.weights[..self.rows].fill(1.0);
        } else {
            self.weights[..self.rows].copy_from_slice(weight);
        }
        self.weights[self.rows..stride].fill(0.0);
    }

    /// Number of points.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Distance between two features of a point; the number of points rounded up to whole vectors.
    pub fn stride(&self) -> usize {
        padded(self.rows)
    }

    /// Feature after feature, `dimension × stride`.
    pub fn points(&self) -> &[f64] {
        &self.points[..self.stride() * self.dimension]
    }

    /// One weight per point, zero in the padding.
    pub fn weights(&self) -> &[f64] {
        &self.weights[..self.stride()]
    }

    /// Whether all weights are one.
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
