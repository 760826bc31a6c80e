//! The figures, in line. Each says for itself what it is to those who cannot see it; below it stands how to read it.

use super::markup::{Escaped, id, unbroken};
use crate::figure::Figure;
use std::fmt::Write as _;

/// How to read a figure, by the first word of its name.
const READING: [(&str, &str); 8] = [
    (
        "tutorial",
        "The shape of a mark is the true cluster, its colour the cluster that was found: a mark of the wrong colour is a \
                  mistake.",
    ),
    (
        "criteria",
        "Each line is a covariance structure. The lowest point is what BIC chooses; where lines end, no proper end is known.",
    ),
    (
        "gaps",
        "A straight descent on a linear axis of iterations is convergence at EM's rate; a plateau is the basin of another maximum, a cross a \
              run that died.",
    ),
    (
        "ends",
        "Each bar is one kind of start. Green found the best proper maximum, blue another; orange died of a singular covariance.",
    ),
    (
        "budget",
        "The higher a line, the surer the kind of start within the budget below it. Where bands overlap, the recorded starts do not tell the \
              kinds apart.",
    ),
    (
        "incidence",
        "Each step is a death. The height at the right edge is the share of all starts that a singular covariance ended.",
    ),
    (
        "collapse",
        "A component that closes in on tied values or on too few rows loses its variance slowly at first, then by orders of \
                  magnitude in one step.",
    ),
    (
        "information",
        "The M-step gains ΔQ, the E-step adds KL for free. Their ratio tends to the fraction of missing information, which is EM's \
                     rate of convergence.",
    ),
];

/// Ids and titles.
pub(super) fn contents(figures: &[Figure]) -> Vec<(String, String)> {
    figures.iter().map(|figure| (id("figure", figure.name()), unbroken(&title(figure)))).collect()
}

/// The title that the figure carries, as markup's text.
fn title(figure: &Figure) -> String {
    let titled = figure.svg.split_once("<title ").and_then(|(_, rest)| rest.split_once('>'));
    let title = titled.and_then(|(_, rest)| rest.split_once("</title>")).map_or(figure.name(), |(title, _)| title);
    title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// All of them.
pub(super) fn figures(figures: &[Figure]) -> String {
    let mut out = String::new();
    for figure in figures {
        let name = figure.name();
        let kind = name.split('-').next().unwrap_or(name);
        let reading = READING.iter().find(|(first, _)| *first == kind).map_or("", |(_, words)| words);
        let _ = write!(
            out,
            "<figure id=\"{}\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>\n<figcaption>{} <a \
             class=\"files\" href=\"figures/{}\">SVG</a></figcaption>\n</figure>\n",
            id("figure", name),
            Escaped(&title(figure)),
            figure.svg.trim(),
            Escaped(reading),
            Escaped(&figure.file)
        );
    }
    out
}
