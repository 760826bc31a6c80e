//! A page to draw on: kuva's scene and SVG writer with the few shapes that the figures need.
//!
//! The figures need crosses where runs die, ellipses, equal scales and bars with numbers inside, for which kuva has no
//! chart; so they are composed of its primitives. Coordinates are pixels from the top left corner.

use super::style::{BORDER, FONTS, INK, LABEL, MUTED, SMALL, TITLE, WIDTH, broken, text_width};
use kuva::backend::svg::SvgBackend;
use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};
use std::fmt::Write as _;

/// A point in pixels.
pub(super) type Point = (f64, f64);

/// Shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Triangle,
    Square,
    Diamond,
    TriangleDown,
    Cross,
    Plus,
}

impl Marker {
    /// Shapes of true clusters, in their order.
    pub(super) const CLUSTERS: [Self; 7] =
        [Self::Circle, Self::Triangle, Self::Square, Self::Diamond, Self::TriangleDown, Self::Plus, Self::Cross];

    /// Corners around the origin for a mark of radius 1, and whether the outline is closed; a circle has none.
    fn outline(self) -> (&'static [&'static [Point]], bool) {
        match self {
            Self::Circle => (&[], true),
            Self::Triangle => (&[&[(0.0, -1.15), (1.05, 0.75), (-1.05, 0.75)]], true),
            Self::TriangleDown => (&[&[(0.0, 1.15), (1.05, -0.75), (-1.05, -0.75)]], true),
            Self::Square => (&[&[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]], true),
            Self::Diamond => (&[&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]], true),
            Self::Cross => (&[&[(-1.0, -1.0), (1.0, 1.0)], &[(-1.0, 1.0), (1.0, -1.0)]], false),
            Self::Plus => (&[&[(-1.2, 0.0), (1.2, 0.0)], &[(0.0, -1.2), (0.0, 1.2)]], false),
        }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke<'a> {
    pub color: &'a str,
    pub width: f64,
    pub dash: Option<&'a str>,
}

impl<'a> Stroke<'a> {
    /// A solid line.
    pub(super) fn solid(color: &'a str, width: f64) -> Self {
        Self { color, width, dash: None }
    }
}

/// How text is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font<'a> {
    pub size: u32,
    pub color: &'a str,
    pub bold: bool,
    pub anchor: TextAnchor,
    pub rotate: Option<f64>,
}

impl<'a> Font<'a> {
    /// Ordinary text that begins at the point.
    pub(super) fn new(size: u32, color: &'a str) -> Self {
        Self { size, color, bold: false, anchor: TextAnchor::Start, rotate: None }
    }
    /// The same, bold.
    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
    /// The same, centred at the point.
    pub(super) fn middle(self) -> Self {
        Self { anchor: TextAnchor::Middle, ..self }
    }
    /// The same, ending at the point.
    pub(super) fn end(self) -> Self {
        Self { anchor: TextAnchor::End, ..self }
    }
    /// The same, read from below.
    pub(super) fn upwards(self) -> Self {
        Self { rotate: Some(-90.0), ..self }
    }
}

/// What stands before a legend's text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Swatch<'a> {
    Box(&'a str),
    Line(Stroke<'a>),
    Mark(Marker, &'a str),
    /// Words alone: the heading of the entries behind it.
    Heading,
}

/// One figure while it is drawn.
pub(super) struct Canvas {
    scene: Scene,
    /// Prefix of element ids, so that several figures can stand in one HTML page.
    name: String,
    /// What a reader that cannot see the figure is told: title and explanation.
    words: [String; 2],
    clips: usize,
}

impl Canvas {
    /// An empty white page with a title and an explanation, broken into lines where it is long; returns the y below them. How
    /// high the page is, is said when it is [finished](Self::finish).
    pub(super) fn new(name: &str, title: &str, subtitle: &str) -> (Self, f64) {
        let mut scene = Scene::new(WIDTH, 0.0);
        scene.font_family = Some(FONTS.to_owned());
        scene.text_color = Some(INK.to_owned());
        let words = [title, subtitle].map(str::to_owned);
        let mut canvas = Self { scene, name: name.to_owned(), words, clips: 0 };
        let mut y = BORDER + 14.0;
        for line in broken(title, TITLE, WIDTH - 2.0 * BORDER) {
            canvas.text((BORDER, y), &line, Font::new(TITLE, INK).bold());
            y += 20.0;
        }
        for line in broken(subtitle, LABEL, WIDTH - 2.0 * BORDER) {
            canvas.text((BORDER, y), &line, Font::new(LABEL, MUTED));
            y += 16.0;
        }
        (canvas, y - 6.0)
    }

    /// The finished SVG of that height. It scales with the box that it is put into, and says what it is to those who cannot
    /// see it.
    pub(super) fn finish(mut self, height: f64) -> String {
        self.scene.height = height;
        let svg = SvgBackend::new().render_scene(&self.scene);
        let Some((root, rest)) = svg.split_once('>') else { return svg };
        let root = root.replacen("<svg ", &format!("<svg viewBox=\"0 0 {WIDTH} {height}\" "), 1);
        let name = &self.name;
        let [title, subtitle] = self.words.map(|words| escape(&words));
        format!(
            "{root} role=\"img\" aria-labelledby=\"{name}-title {name}-desc\"><title id=\"{name}-title\">{title}</title><desc \
             id=\"{name}-desc\">{subtitle}</desc>{rest}"
        )
    }

    pub(super) fn text(&mut self, (x, y): Point, content: &str, font: Font<'_>) {
        if content.is_empty() {
            return;
        }
        self.scene.add(Primitive::Text {
            x,
            y,
            // A dollar sign would begin kuva's mathematics.
            content: content.replace('$', "\\$"),
            size: font.size,
            anchor: font.anchor,
            rotate: font.rotate,
            bold: font.bold,
            color: Some(Color::from(font.color)),
        });
    }

    pub(super) fn line(&mut self, from: Point, to: Point, stroke: Stroke<'_>) {
        self.scene.add(Primitive::Line {
            x1: from.0,
            y1: from.1,
            x2: to.0,
            y2: to.1,
            stroke: Color::from(stroke.color),
            stroke_width: stroke.width,
            stroke_dasharray: stroke.dash.map(str::to_owned),
        });
    }

    pub(super) fn rect(&mut self, corner: Point, (width, height): Point, fill: &str) {
        self.scene.add(Primitive::Rect {
            x: corner.0,
            y: corner.1,
            width,
            height,
            fill: Color::from(fill),
            stroke: None,
            stroke_width: None,
            opacity: None,
        });
    }

    /// Lines through the points, thinned to what the eye can see.
    pub(super) fn curve(&mut self, points: &[Point], stroke: Stroke<'_>) {
        let mut d = String::new();
        trace(&mut d, &simplify(points));
        self.path(d, None, stroke);
    }

    /// The area inside a closed outline.
    pub(super) fn area(&mut self, outline: &[Point], fill: &str, opacity: f64) {
        if outline.is_empty() {
            return;
        }
        let mut d = String::new();
        trace(&mut d, outline);
        d.push('Z');
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: Some(Color::from(fill)),
            stroke: Color::from("none"),
            stroke_width: 0.0,
            opacity: Some(opacity),
            stroke_dasharray: None,
        })));
    }

    /// Marks of one kind at many points, as a single element.
    pub(super) fn marks(&mut self, points: &[Point], marker: Marker, radius: f64, fill: &str, stroke: Stroke<'_>) {
        if points.is_empty() {
            return;
        }
        let (outlines, closed) = marker.outline();
        let mut d = String::new();
        for &(x, y) in points {
            if marker == Marker::Circle {
                // Two half circles: a path cannot hold a circle as such.
                let _ = write!(d, "M{:.1} {y:.1}a{radius} {radius} 0 1 0 {:.1} 0", x - radius, 2.0 * radius);
                let _ = write!(d, "a{radius} {radius} 0 1 0 {:.1} 0Z", -2.0 * radius);
            }
            for outline in outlines {
                let corners: Vec<Point> = outline.iter().map(|&(u, v)| (x + radius * u, y + radius * v)).collect();
                trace(&mut d, &corners);
                if closed {
                    d.push('Z');
                }
            }
        }
        self.path(d, closed.then_some(fill), stroke);
    }

    fn path(&mut self, d: String, fill: Option<&str>, stroke: Stroke<'_>) {
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: fill.map(Color::from),
            stroke: Color::from(stroke.color),
            stroke_width: stroke.width,
            opacity: None,
            stroke_dasharray: stroke.dash.map(str::to_owned),
        })));
    }

    /// Draws what `draw` draws, cut at a rectangle; `opacity` of its lines.
    pub(super) fn clipped(&mut self, corner: Point, size: Point, opacity: f64, draw: impl FnOnce(&mut Self)) {
        let id = format!("{}-{}", self.name, self.clips);
        self.clips += 1;
        let ((x, y), (width, height)) = (corner, size);
        self.scene.defs.push(format!(
            r#"<clipPath id="{id}"><rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/></clipPath>"#
        ));
        self.scene.add(Primitive::ClipStart { x, y, width, height, id });
        let extra_attrs = Some(format!(r#" stroke-opacity="{opacity}" stroke-linejoin="round""#));
        self.scene.add(Primitive::GroupStart { transform: None, title: None, extra_attrs });
        draw(self);
        self.scene.add(Primitive::GroupEnd);
        self.scene.add(Primitive::ClipEnd);
    }

    /// Legend entries in rows that wrap at `width`, from the corner downwards; returns the y below them.
    pub(super) fn legend(&mut self, (left, top): Point, width: f64, entries: &[(Swatch<'_>, String)]) -> f64 {
        const ROW: f64 = 19.0;
        let (mut x, mut y) = (left, top + 12.0);
        for (swatch, label) in entries {
            let indent = match swatch {
                Swatch::Box(_) | Swatch::Mark(..) => 17.0,
                Swatch::Line(_) => 28.0,
                Swatch::Heading => 0.0,
            };
            let advance = indent + text_width(label, SMALL) + 14.0;
            if x > left && x + advance - 14.0 > left + width {
                (x, y) = (left, y + ROW);
            } else if x > left && matches!(swatch, Swatch::Heading) {
                x += 18.0;
            }
            match *swatch {
                Swatch::Box(color) => self.rect((x, y - 9.5), (11.0, 11.0), color),
                Swatch::Line(stroke) => self.line((x, y - 4.0), (x + 22.0, y - 4.0), stroke),
                Swatch::Mark(marker, color) => {
                    self.marks(&[(x + 6.0, y - 4.0)], marker, 4.0, "white", Stroke::solid(color, 1.6));
                }
                Swatch::Heading => {}
            }
            let font = Font::new(SMALL, if matches!(swatch, Swatch::Heading) { MUTED } else { INK });
            self.text((x + indent, y), label, font);
            x += advance;
        }
        y + 8.0
    }
}

/// Text for the inside of an element.
fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Appends a polyline to an SVG path.
fn trace(d: &mut String, points: &[Point]) {
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
    }
}

/// The points without those that lie within a fifth of a pixel of the line through the others (Ramer, Douglas and
/// Peucker): a run of a thousand iterations costs no more bytes than its shape needs.
fn simplify(points: &[Point]) -> Vec<Point> {
    const TOLERANCE: f64 = 0.2;
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[points.len() - 1] = true;
    let mut spans = vec![(0, points.len() - 1)];
    while let Some((first, last)) = spans.pop() {
        let (a, b) = (points[first], points[last]);
        let farthest = (first + 1..last).map(|i| (i, distance(points[i], a, b))).max_by(|p, q| p.1.total_cmp(&q.1));
        if let Some((middle, size)) = farthest
            && size > TOLERANCE
        {
            keep[middle] = true;
            spans.extend([(first, middle), (middle, last)]);
        }
    }
    points.iter().zip(keep).filter_map(|(&point, kept)| kept.then_some(point)).collect()
}

/// Distance of a point from the segment from `a` to `b`.
fn distance(point: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let squared = dx * dx + dy * dy;
    let along = if squared > 0.0 { ((point.0 - a.0) * dx + (point.1 - a.1) * dy) / squared } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (point.0 - a.0 - along * dx).hypot(point.1 - a.1 - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_lines_lose_their_inner_points_and_corners_stay() {
        let mut points: Vec<Point> = (0..100).map(|i| (f64::from(i), 2.0 * f64::from(i))).collect();
        points.extend((1..50).map(|i| (99.0 + f64::from(i), 198.0)));
        assert_eq!(simplify(&points), [(0.0, 0.0), (99.0, 198.0), (148.0, 198.0)]);
    }

    #[test]
    fn text_is_escaped_and_not_taken_for_mathematics() {
        let (mut canvas, _) = Canvas::new("x", "a < b & c", "$5 and $6");
        canvas.text((0.0, 0.0), "\"q\"", Font::new(9, INK));
        let svg = canvas.finish(50.0);
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("$5 and $6") && svg.contains("&quot;q&quot;"));
    }

    #[test]
    fn a_figure_scales_and_says_what_it_is() {
        let svg = Canvas::new("x", "a < b", "c").0.finish(50.0);
        let root = r#"<svg viewBox="0 0 900 50" xmlns="http://www.w3.org/2000/svg" width="900" height="50" "#;
        assert!(svg.starts_with(root), "{svg}");
        assert!(svg.contains(r#" role="img" aria-labelledby="x-title x-desc"><title id="x-title">a &lt; b</title>"#));
        assert!(svg.contains(r#"<desc id="x-desc">c</desc>"#), "{svg}");
    }

    #[test]
    fn long_words_push_down_what_is_below_them() {
        let (_, short) = Canvas::new("x", "title", "one line");
        let (_, long) = Canvas::new("x", "title", &"a long explanation ".repeat(10));
        assert_eq!(long - short, 16.0);
    }
}
