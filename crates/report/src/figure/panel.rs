//! A panel: two axes, a grid, and the map from data to pixels.

use super::canvas::{Canvas, Font, Point, Stroke};
use super::style::{GRID, INK, LABEL, MUTED, SMALL, power_of_ten, signed, text_width};
use kuva::render::render_utils::{compute_tick_step, generate_ticks_with_step};

/// One axis: a range with its ticks. A logarithmic axis holds decadic logarithms.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    ticks: Vec<(f64, String)>,
    label: String,
}

impl Axis {
    /// From `low` to `high`, with about `ticks` ticks.
    pub(super) fn linear(low: f64, high: f64, ticks: usize, label: &str) -> Self {
        Self::stepped(low, high, compute_tick_step(low, high, ticks), label)
    }

    /// From `low` to `high`, with ticks at the multiples of `step`.
    pub(super) fn stepped(low: f64, high: f64, step: f64, label: &str) -> Self {
        let values = generate_ticks_with_step(low, high, step);
        let decimals = (0..6).find(|&d| (step * 10f64.powi(d)).fract().abs() < 1e-6).unwrap_or(6);
        let decimals = usize::try_from(decimals).unwrap_or(0);
        let ticks = values.into_iter().map(|v| (v, signed(v + 0.0, decimals))).collect();
        Self { low, high, logarithmic: false, ticks, label: label.to_owned() }
    }

    /// As [`linear`](Self::linear) for whole numbers: no tick between two of them.
    pub(super) fn counts(low: f64, high: f64, ticks: usize, label: &str) -> Self {
        let mut axis = Self::linear(low, high, ticks, label);
        axis.ticks.retain(|(v, _)| v.fract() == 0.0);
        axis.ticks.iter_mut().for_each(|(v, text)| *text = signed(*v, 0));
        axis
    }

    /// From 10^`low` to 10^`high`, with at most `ticks` labelled powers of ten.
    pub(super) fn log(low: i32, high: i32, ticks: i32, label: &str) -> Self {
        let step = [1, 2, 3, 5, 10, 20].into_iter().find(|step| (high - low) / step < ticks).unwrap_or(50);
        let first = low.div_euclid(step) * step;
        let exponents = (first..=high).step_by(usize::try_from(step).unwrap_or(1)).filter(|&e| e >= low);
        let ticks = exponents.map(|e| (f64::from(e), power_of_ten(e))).collect();
        Self { low: f64::from(low), high: f64::from(high), logarithmic: true, ticks, label: label.to_owned() }
    }

    /// The same logarithmic axis ending at `value`, with a label at every power of ten.
    pub(super) fn up_to(self, value: f64) -> Self {
        let ticks = (0..=decade_below(value)).map(|e| (f64::from(e), power_of_ten(e))).collect();
        Self { high: value.log10().max(self.low + 1e-3), ticks, ..self }
    }

    /// The same range and ticks without words: for panels that share an axis with their neighbour.
    pub(super) fn bare(&self) -> Self {
        let ticks = self.ticks.iter().map(|(v, _)| (*v, String::new())).collect();
        Self { ticks, label: String::new(), ..self.clone() }
    }

    /// The same without its label.
    pub(super) fn unlabelled(&self) -> Self {
        Self { label: String::new(), ..self.clone() }
    }

    /// Place of a value between the axis' ends: 0 to 1; on a logarithmic axis what lies below it is at its lower end.
    fn fraction(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(0.0).log10().max(self.low) } else { value };
        (value - self.low) / (self.high - self.low)
    }
}

/// A rectangle with two axes.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub corner: Point,
    pub size: Point,
    pub x: Axis,
    pub y: Axis,
}

impl Panel {
    /// The pixel of a point of the data.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        let ((left, top), (width, height)) = (self.corner, self.size);
        (left + width * self.x.fraction(x), top + height * (1.0 - self.y.fraction(y)))
    }

    /// Draws grid, frame, ticks, labels and the panel's title with a note below it.
    pub(super) fn frame(&self, canvas: &mut Canvas, title: &str, note: &str) {
        let ((left, top), (width, height)) = (self.corner, self.size);
        let (right, bottom) = (left + width, top + height);
        let place = |axis: &Axis, tick: f64| (tick - axis.low) / (axis.high - axis.low);
        for (tick, text) in &self.x.ticks {
            let x = left + width * place(&self.x, *tick);
            canvas.line((x, top), (x, bottom), Stroke::solid(GRID, 1.0));
            canvas.text((x, bottom + 15.0), text, Font::new(SMALL, INK).middle());
        }
        for (tick, text) in &self.y.ticks {
            let y = bottom - height * place(&self.y, *tick);
            canvas.line((left, y), (right, y), Stroke::solid(GRID, 1.0));
            canvas.text((left - 6.0, y + 4.0), text, Font::new(SMALL, INK).end());
        }
        let axis = Stroke::solid(MUTED, 1.0);
        canvas.line((left, bottom), (right, bottom), axis);
        canvas.line((left, top), (left, bottom), axis);
        let lift = if note.is_empty() { 7.0 } else { 22.0 };
        canvas.text((left, top - lift), title, Font::new(LABEL, INK).bold());
        canvas.text((left, top - 7.0), note, Font::new(SMALL, MUTED));
        if !self.x.label.is_empty() {
            canvas.text((left + width / 2.0, bottom + 33.0), &self.x.label, Font::new(LABEL, INK).middle());
        }
        if !self.y.label.is_empty() {
            let font = Font::new(LABEL, INK).middle().upwards();
            let widest = self.y.ticks.iter().map(|(_, text)| text_width(text, SMALL)).fold(26.0, f64::max);
            canvas.text((left - widest - 20.0, top + height / 2.0), &self.y.label, font);
        }
    }
}

/// Smallest power of ten that is at least `value`, as an exponent; 0 where there is none.
pub(super) fn decade_above(value: f64) -> i32 {
    decade(value, f64::ceil)
}

/// Largest power of ten that is at most `value`, as an exponent; 0 where there is none.
pub(super) fn decade_below(value: f64) -> i32 {
    decade(value, f64::floor)
}

#[expect(clippy::cast_possible_truncation, reason = "logarithms of finite numbers lie within ±400")]
fn decade(value: f64, round: impl Fn(f64) -> f64) -> i32 {
    if value > 0.0 && value.is_finite() { round(value.log10()) as i32 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_axes_thin_their_labels_and_keep_zero_on_the_floor() {
        let axis = Axis::log(-10, 4, 8, "gap");
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(labels, ["10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1", "10²", "10⁴"]);
        assert_eq!(axis.fraction(0.0), 0.0);
        assert_eq!(axis.fraction(1e-30), 0.0);
        assert_eq!(axis.fraction(1e4), 1.0);
    }

    #[test]
    fn linear_ticks_have_as_many_decimals_as_their_step() {
        let axis = Axis::linear(0.0, 1.0, 5, "");
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let whole = Axis::counts(0.0, 2.0, 4, "");
        let labels: Vec<&str> = whole.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(labels, ["0", "1", "2"]);
    }

    #[test]
    fn decades_enclose() {
        assert_eq!((decade_below(3e-7), decade_above(3e-7)), (-7, -6));
        assert_eq!(decade_above(0.0), 0);
    }
}
