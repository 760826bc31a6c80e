//! Plots of characters for terminals: a line over a logarithmic axis, in Braille patterns (2 × 4 dots a character).

use std::fmt::Write as _;

/// Characters of the labels of the vertical axis, with the axis.
const MARGIN: usize = 10;
/// Dots of a Braille pattern (U+2800 plus these bits) by column and row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// The points (x, y), ascending in x, joined by lines; y on a logarithmic axis, labelled with its largest and smallest value. Points
/// with y ≤ 0 or not finite have no place there and are left out. `None` with fewer than two points. `width` and `height` are
/// characters, the height without the axis.
pub fn logarithmic(points: &[(f64, f64)], width: usize, height: usize) -> Option<String> {
    let placed = |&(x, y): &(f64, f64)| (x.is_finite() && y > 0.0 && y.is_finite()).then(|| (x, y.log10()));
    let points: Vec<(f64, f64)> = points.iter().filter_map(placed).collect();
    let ((first, _), (last, _)) = (*points.first()?, *points.last()?);
    if first >= last {
        return None;
    }
    let low = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    let mut canvas = Canvas::new(width.saturating_sub(MARGIN).max(10), height.max(2));
    let (right, bottom) = (2 * canvas.columns - 1, 4 * canvas.rows - 1);
    // A constant is drawn in the middle.
    let share = |y: f64| if high > low { (high - y) / (high - low) } else { 0.5 };
    let dot = |&(x, y): &(f64, f64)| (rounded((x - first) / (last - first), right), rounded(share(y), bottom));
    let dots: Vec<(usize, usize)> = points.iter().map(dot).collect();
    for pair in dots.windows(2) {
        canvas.line(pair[0], pair[1]);
    }
    let mut text = String::new();
    for (i, row) in canvas.cells.chunks_exact(canvas.columns).enumerate() {
        let label = match i {
            0 => format!("{:.1e}", 10_f64.powf(high)),
            i if i + 1 == canvas.rows => format!("{:.1e}", 10_f64.powf(low)),
            _ => String::new(),
        };
        // Some fonts draw the empty pattern as circles.
        let pattern = |&bits: &u8| if bits == 0 { None } else { char::from_u32(0x2800 + u32::from(bits)) };
        let drawn: String = row.iter().map(|bits| pattern(bits).unwrap_or(' ')).collect();
        let _ = writeln!(text, "{label:>8} ┤{}", drawn.trim_end());
    }
    let _ = writeln!(text, "{:>8} └{}", "", "─".repeat(canvas.columns));
    let (first, last) = (first.to_string(), last.to_string());
    let gap = canvas.columns.saturating_sub(first.len() + last.len());
    let _ = writeln!(text, "{:>9} {first}{}{last}", "", " ".repeat(gap));
    Some(text)
}

/// `share` of `most`, 0 to 1, to the nearest whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and `most`")]
fn rounded(share: f64, most: usize) -> usize {
    (share.clamp(0.0, 1.0) * most as f64).round() as usize
}

struct Canvas {
    columns: usize,
    rows: usize,
    cells: Vec<u8>,
}

impl Canvas {
    fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, cells: vec![0; columns * rows] }
    }

    fn set(&mut self, x: usize, y: usize) {
        self.cells[y / 4 * self.columns + x / 2] |= DOTS[x % 2][y % 4];
    }

    /// A line with a dot in every column and every row that it crosses.
    fn line(&mut self, (x0, y0): (usize, usize), (x1, y1): (usize, usize)) {
        let steps = x0.abs_diff(x1).max(y0.abs_diff(y1)).max(1);
        let between = |a: usize, b: usize, step: usize| {
            let moved = rounded(step as f64 / steps as f64, a.abs_diff(b));
            if b >= a { a + moved } else { a - moved }
        };
        for step in 0..=steps {
            self.set(between(x0, x1, step), between(y0, y1, step));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_fall_over_nine_decades() {
        let points: Vec<(f64, f64)> = (0..10).map(|t| (f64::from(t), 10_f64.powi(-t))).collect();
        let expected = "   1.0e0 ┤⠑⢄\n         ┤  ⠑⢄\n         ┤    ⠑⢄\n         ┤      ⠑⢄\n  1.0e-9 ┤        ⠑⢄\n";
        let drawn = logarithmic(&points, 20, 5).unwrap();
        let axis = "         └──────────\n          0        9\n";
        assert_eq!(drawn, format!("{expected}{axis}"));
    }

    #[test]
    fn what_has_no_logarithm_is_left_out_and_one_point_is_no_plot() {
        assert_eq!(logarithmic(&[], 80, 10), None);
        assert_eq!(logarithmic(&[(0.0, 1.0)], 80, 10), None);
        assert_eq!(logarithmic(&[(0.0, 1.0), (1.0, 0.0), (2.0, f64::NAN), (3.0, f64::INFINITY)], 80, 10), None);
        let gap = [(0.0, 100.0), (1.0, 0.0), (2.0, 1.0)];
        assert_eq!(logarithmic(&gap, 30, 4), logarithmic(&[gap[0], gap[2]], 30, 4));
        let constant = logarithmic(&[(0.0, 5.0), (7.0, 5.0)], 30, 3).unwrap();
        assert!(constant.lines().nth(1).unwrap().contains("⠤⠤"), "{constant}");
    }
}
