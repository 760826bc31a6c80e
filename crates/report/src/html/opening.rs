//! What is asked, and what came out in short.

use super::folder::{Folder, Paragraph};
use super::markup::{Escaped, Prose, listed};
use crate::intervals::Share;
use crate::maxima::{self, Best, Criterion};
use crate::study::Study;
use crate::table::html::numbers;
use crate::table::number::{Digits, count, grouped};
use crate::tables::selection;
use records::{End, RunOutcome, RunRow};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// More questions than this are answered in the tables only, but for the models that win by BIC.
const LONGEST: usize = 16;

/// The comment at the head of the config.
pub(super) fn question(folder: &Folder) -> String {
    let mut out = String::new();
    for (i, paragraph) in folder.question().iter().enumerate() {
        let _ = match paragraph {
            Paragraph::Words(words) if i == 0 => writeln!(out, "<p class=\"lead\">{}</p>", Prose(words)),
            Paragraph::Words(words) => writeln!(out, "<p>{}</p>", Prose(words)),
            Paragraph::Code(lines) => writeln!(out, "<pre>{}</pre>", Escaped(lines)),
        };
    }
    out
}

/// How all runs ended, and for each question what the best is and who finds it.
pub(super) fn summary(study: &Study) -> String {
    let mut out = String::new();
    outcomes(&mut out, &study.runs);
    answers(&mut out, &study.runs);
    out
}

/// Counts in words, and a bar.
fn outcomes(out: &mut String, runs: &[RunRow]) {
    let datasets: BTreeSet<&str> = runs.iter().map(|run| run.factors.dataset.as_str()).collect();
    let counted = |wanted: fn(&RunRow) -> bool| runs.iter().filter(|run| wanted(run)).count();
    let ends = |end: End| runs.iter().filter(|run| run.end == Some(end)).count();
    let failed = counted(|run| run.end.is_none());
    let limit = counted(|run| run.outcome == RunOutcome::MaxIterations);
    let converged = counted(|run| run.outcome == RunOutcome::Converged);
    let share = |hits: usize| percent(Share { hits, trials: runs.len() });
    let _ = writeln!(
        out,
        "<p>{} on {}: {} converged ({}), {} met the iteration limit ({}), {} broke down ({}). Of the {} that came to an end, {} are \
         <a href=\"#proper\">proper</a>, {} <a href=\"#spurious\">spurious</a> and {} <a href=\"#coincident\">coincident</a>.</p>",
        count(runs.len(), "start"),
        count(datasets.len(), "data set"),
        count(converged, "run"),
        share(converged),
        count(limit, "run"),
        share(limit),
        count(failed, "run"),
        share(failed),
        count(runs.len() - failed, "run"),
        grouped(ends(End::Proper)),
        grouped(ends(End::Spurious)),
        grouped(ends(End::Coincident)),
    );
    let parts = [
        ("proper", "proper end", ends(End::Proper)),
        ("spurious", "spurious end", ends(End::Spurious)),
        ("coincident", "coincident end", ends(End::Coincident)),
        ("failed", "breakdown", failed),
    ];
    let told: Vec<String> = parts.iter().map(|&(_, noun, number)| count(number, noun)).collect();
    let _ = write!(out, "<div class=\"bar\" role=\"img\" aria-label=\"{}\">", listed(&told));
    for (class, _, number) in parts.iter().filter(|part| part.2 > 0) {
        let _ = write!(out, "<span class=\"{class}\" style=\"flex-grow:{number}\"></span>");
    }
    *out += "</div>\n<ul class=\"key\">";
    for (class, noun, number) in parts {
        let _ = write!(out, "<li><span class=\"{class}\"></span>{}</li>", count(number, noun));
    }
    *out += "</ul>\n";
}

/// One question: a data set, K and a covariance structure, over all draws, in the order of the runs.
struct Question<'a> {
    dataset: &'a str,
    k: u32,
    covariance: &'a str,
    runs: Vec<&'a RunRow>,
}

impl<'a> Question<'a> {
    /// All that are judged by log-likelihood.
    fn all(runs: &'a [RunRow]) -> Vec<Self> {
        let mut questions: Vec<Self> = Vec::new();
        for run in runs.iter().filter(|run| Criterion::of_method(&run.factors.method) == Criterion::LogLikelihood) {
            let factors = &*run.factors;
            if maxima::penalised(factors) {
                continue;
            }
            let covariance = factors.covariance.as_deref().unwrap_or_default();
            let same = |known: &&mut Self| {
                (known.dataset, known.k, known.covariance) == (factors.dataset.as_str(), factors.k, covariance)
            };
            match questions.iter_mut().rev().find(same) {
                Some(known) => known.runs.push(run),
                None => questions.push(Self { dataset: &factors.dataset, k: factors.k, covariance, runs: vec![run] }),
            }
        }
        questions
    }
}

/// A sentence for each question.
fn answers(out: &mut String, runs: &[RunRow]) {
    let mut questions = Question::all(runs);
    let all = questions.len();
    if all > LONGEST {
        let winners = selection::winners(runs);
        questions.retain(|one| winners.contains(&(one.dataset, one.k, one.covariance)));
        questions.truncate(LONGEST);
    }
    let several = questions.iter().any(|one| one.covariance != questions[0].covariance);
    let best = Best::of(runs);
    let sentences: Vec<String> = questions.iter().filter_map(|one| answer(one, &best, several)).collect();
    if sentences.is_empty() {
        return;
    }
    if all > LONGEST {
        let _ = writeln!(
            out,
            "<p>Of {}, those that win by BIC:</p>",
            count(all, "combination") + " of data set, K and covariance structure"
        );
    }
    *out += "<ul class=\"answers\">\n";
    for sentence in sentences {
        let _ = writeln!(out, "<li>{sentence}</li>");
    }
    *out += "</ul>\n";
}

/// What the best is, how many starts reach it, from which start most and fewest do, and how many broke down. `None` if nothing
/// proper was found.
fn answer(question: &Question<'_>, best: &Best<'_>, several: bool) -> Option<String> {
    let stop: Vec<&RunRow> =
        question.runs.iter().copied().filter(|run| run.factors.policy.as_deref() == Some("stop")).collect();
    let (runs, under) = if stop.is_empty() { (&question.runs, "") } else { (&stop, " under <code>stop</code>") };
    let draws: BTreeSet<u32> = runs.iter().map(|run| run.factors.draw).collect();
    let scores: Vec<f64> = runs.iter().filter_map(|run| best.score(run)).collect();
    let &score = scores.first()?;
    let reached = |runs: &[&RunRow]| Share::of(runs.iter().map(|run| best.reached(run)));
    let structure = if several { format!(", <code>{}</code>", Escaped(question.covariance)) } else { String::new() };
    let mut text = format!("<strong>{}, K\u{a0}=\u{a0}{}</strong>{structure}: ", Escaped(question.dataset), question.k);
    // Draws share no scale: a value only where there is one draw.
    let what = match draws.len() {
        1 => {
            let _ = write!(text, "the best proper log-likelihood is {}; ", numbers(&Digits::Decimals(4).write(score)));
            "it"
        }
        several => {
            let _ = write!(text, "over {}, ", count(several, "draw"));
            "the best of their draw"
        }
    };
    let hits = reached(runs);
    let all = count(hits.trials, "start");
    let _ = write!(text, "{} of {all}{under} reach {what} ({})", grouped(hits.hits), percent(hits));
    let mut starts: Vec<&str> = Vec::new();
    for run in runs {
        if !starts.contains(&run.factors.start.as_str()) {
            starts.push(&run.factors.start);
        }
    }
    let mut shares: Vec<(f64, Share, &str)> = starts
        .iter()
        .filter_map(|&start| {
            let of_start: Vec<&RunRow> = runs.iter().copied().filter(|run| run.factors.start == start).collect();
            let share = reached(&of_start);
            Some((share.value()?, share, start))
        })
        .collect();
    // Stable: of equal shares the first in the plan's order comes first.
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(fewest), Some(most)) =
        (shares.first(), shares.iter().rev().find(|s| s.0 == shares[shares.len() - 1].0))
        && fewest.0 < most.0
    {
        let _ = write!(
            text,
            ", from {} of <code>{}</code> to {} of <code>{}</code>",
            percent(fewest.1),
            Escaped(fewest.2),
            percent(most.1),
            Escaped(most.2)
        );
    }
    let failed = runs.iter().filter(|run| run.end.is_none()).count();
    if failed > 0 {
        let _ = write!(text, "; {} ({})", words_of_failed(failed), percent(Share { hits: failed, trials: runs.len() }));
    }
    text.push('.');
    Some(text)
}

fn words_of_failed(failed: usize) -> String {
    if failed == 1 { "1 broke down".to_owned() } else { format!("{} broke down", grouped(failed)) }
}

/// A share without its interval, `12.5 %`, with a space that does not break.
fn percent(share: Share) -> String {
    let written = crate::table::number::percent(share);
    let value = written.split(' ').next().unwrap_or_default();
    format!("{}\u{a0}%", Escaped(if value.is_empty() { "–" } else { value }))
}
