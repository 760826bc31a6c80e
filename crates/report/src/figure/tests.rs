//! The figures on a study made up for the purpose: every kind of end, death and start is in it.

use super::{Details, Figure, draw_all, style, traced, write_all};
use crate::{ReportError, Study, example};
use em::TraceRow;
use records::{
    AssignmentRow, End, Factors, FailureRow, Moment, ObservationRow, ParameterRow, RunOutcome, RunRow, TraceRecord,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A sequence of numbers that look random and are the same everywhere (a linear congruential generator).
struct Noise(u64);

impl Noise {
    /// Uniform on (0, 1).
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Uniform on 0, …, n − 1.
    fn below(&mut self, n: u32) -> u32 {
        let value = f64::from(n) * self.uniform();
        (1..n).take_while(|&i| f64::from(i) <= value).last().unwrap_or(0)
    }

    /// Standard normal (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[derive(Default)]
struct Made {
    runs: Vec<RunRow>,
    failures: Vec<FailureRow>,
    details: Details,
}

const STARTS: [&str; 5] = ["tutorial", "random-points", "random-responsibilities", "k-means++", "k-means"];

/// How a made run goes: where it ends, its rate, how it dies.
enum Way {
    To(f64, f64),
    Spurious,
    Coincident,
    Limit,
    Dies(&'static str),
    Empty,
}

impl Made {
    fn next(&self) -> u32 {
        u32::try_from(self.runs.len()).unwrap()
    }

    fn add(&mut self, factors: &Arc<Factors>, replicate: u32, way: &Way, noise: &mut Noise) {
        let run = self.next();
        let k_end = Some(factors.k);
        let base = RunRow { factors: Arc::clone(factors), replicate, k_end, ..example::converged(run, -180.185) };
        let (level, rate, length) = match way {
            Way::To(level, rate) => (*level, *rate, if *rate > 0.8 { 90 } else { 34 }),
            Way::Spurious => (-172.0 + noise.uniform(), 0.8, 90),
            Way::Coincident => (-214.35, 0.4, 20),
            Way::Limit => (-181.0, 0.99, 300),
            Way::Dies(_) => (-150.0 - 60.0 * noise.uniform(), 0.7, 12 + noise.below(30)),
            Way::Empty => (-300.0, 0.5, 2),
        };
        let row = match way {
            Way::To(..) => RunRow { rate: Some(rate), ..base },
            Way::Spurious => RunRow { end: Some(End::Spurious), ..base },
            Way::Coincident => RunRow { end: Some(End::Coincident), ..base },
            Way::Limit => RunRow { outcome: RunOutcome::MaxIterations, ..base },
            Way::Dies(_) => RunRow { factors: Arc::clone(factors), replicate, ..example::failed(run) },
            Way::Empty => RunRow { outcome: RunOutcome::EmptyComponent, end: None, ..base },
        };
        self.runs.push(RunRow { log_likelihood: Some(level), iterations: length, ..row });
        if let Way::Dies(cause) = way {
            let cause = Some((*cause).to_owned());
            let smallest_relative_pivot = Some(10f64.powf(-11.0 - 8.0 * noise.uniform()));
            let failure = FailureRow { iteration: length + 1, cause, smallest_relative_pivot, ..example::tied(run) };
            self.failures.push(failure);
        }
        let dies = matches!(way, Way::Dies(_));
        self.trace(run, (level, rate, length), dies, noise);
    }

    /// A climb with a plateau, then geometric convergence; the pivot collapses at the end of a run that dies.
    fn trace(&mut self, run: u32, (level, rate, length): (f64, f64, u32), dies: bool, noise: &mut Noise) {
        let plateau = 5.0 + 20.0 * noise.uniform();
        let wait = if noise.uniform() < 0.4 { 20.0 * noise.uniform() } else { 0.0 };
        let start = 200.0 + 100.0 * noise.uniform();
        let mut before: Option<f64> = None;
        for iteration in 0..=length {
            let t = f64::from(iteration);
            let late = plateau / (1.0 + ((t - wait) * 0.7).exp()) + 20.0 * rate.powf(2.0 * t);
            let l = level - start * 0.4_f64.powf(t) - late;
            let gain = before.map(|before| l - before);
            let share = rate / (1.0 + rate) * (1.0 - 0.6 * 0.8_f64.powf(t));
            let left = f64::from(length + 1 - iteration);
            let pivot = if dies { 1e-3 * 10f64.powf(-24.0 * (-0.45 * left).exp()) } else { 0.02 };
            let row = TraceRow {
                iteration,
                objective: l,
                log_likelihood: Some(l),
                gain,
                q_gain: gain.map(|gain| gain * (1.0 - share)),
                kl: gain.map(|gain| gain * share),
                smallest_relative_pivot: Some(pivot * (0.5 + noise.uniform())),
                ..TraceRow::default()
            };
            before = Some(l);
            self.details.traces.push(TraceRecord { run, row });
        }
    }

    /// A cell in which everything happens, `replicates` starts of each kind.
    fn hard(&mut self, dataset: &str, k: u32, replicates: u32) {
        let mut noise = Noise(u64::from(k) + dataset.len() as u64);
        for policy in ["stop", "ridge=1e-6"] {
            for (i, start) in STARTS.iter().enumerate() {
                let factors = Factors {
                    dataset: dataset.to_owned(),
                    k,
                    start: (*start).to_owned(),
                    policy: Some(policy.to_owned()),
                    ..example::factors()
                };
                let factors = Arc::new(factors);
                for replicate in 0..replicates {
                    let luck = noise.uniform() + 0.08 * i as f64;
                    let dies = policy == "stop" && luck < 0.3;
                    let cause = ["tied_values", "tied_values", "few_rows", "hyperplane"][noise.below(4) as usize];
                    let way = match luck {
                        _ if dies => Way::Dies(cause),
                        l if l < 0.33 => Way::Coincident,
                        l if l < 0.37 => Way::Spurious,
                        l if l < 0.45 => Way::To(-189.4 - (8.0 * noise.uniform()).floor() * 1.7, 0.85),
                        l if l < 0.6 => Way::To(-186.57, 0.7),
                        l if l > 1.25 => Way::Limit,
                        l if l < 0.605 => Way::Empty,
                        _ => Way::To(-180.185, 0.5655),
                    };
                    self.add(&factors, replicate, &way, &mut noise);
                }
            }
        }
    }

    /// A two-dimensional sample with both methods, whose clusters EM numbers the other way round.
    fn plane(&mut self, dataset: &str, weight: f64, variances: [[f64; 2]; 2]) {
        let mut noise = Noise(dataset.len() as u64);
        let means = [[5.0, 1.0], [1.0, 4.0]];
        let first = self.next();
        for (method, covariance, label) in [("em", Some("full"), 1), ("k-means", None, 0)] {
            let factors = Factors {
                dataset: dataset.to_owned(),
                n: 500,
                d: 2,
                k: 2,
                method: method.to_owned(),
                covariance: covariance.map(str::to_owned),
                policy: covariance.map(|_| "stop".to_owned()),
                ..example::factors()
            };
            let way = Way::To(-1203.5, 0.3);
            self.add(&Arc::new(factors), 0, &way, &mut noise);
            let run = self.runs.last_mut().unwrap();
            (run.inertia, run.misclassified) = (Some(700.0), Some(3));
            for component in 0..2_u32 {
                let class = ((component + label) % 2) as usize;
                let [a, d] = variances[class];
                self.details.parameters.push(ParameterRow {
                    run: run.run,
                    moment: Moment::End,
                    component,
                    weight: Some(0.5),
                    mean: means[class].to_vec(),
                    covariance: covariance.map(|_| vec![a, 0.0, 0.0, d]),
                });
            }
        }
        for row in 0..500 {
            let class = usize::from(noise.uniform() > weight);
            let x = [0, 1].map(|i| means[class][i] + variances[class][i].sqrt() * noise.normal()).to_vec();
            let swapped = u32::from((x[0] - x[1]) < 1.0);
            let truth = Some(["a", "b"][class].to_owned());
            self.details.observations.push(ObservationRow { dataset: dataset.to_owned(), draw: 0, row, truth, x });
            for (run, component) in [(first, 1 - swapped), (first + 1, swapped)] {
                self.details.assignments.push(AssignmentRow { run, row, component });
            }
        }
    }

    fn figures(&self) -> Vec<Figure> {
        draw_all(&self.runs, &self.failures, &self.details)
    }
}

fn study() -> Made {
    let mut made = Made::default();
    made.hard("iris-fisher", 3, 60);
    made.hard("iris-fisher", 4, 20);
    made.hard("faithful", 3, 20);
    made.hard("blocks", 6, 20);
    made.plane("round", 0.5, [[0.5, 0.5], [0.5, 0.5]]);
    made.plane("stretched", 0.95, [[1.5, 0.1], [0.8, 0.8]]);
    made
}

/// The text elements of an SVG whose tags are closed in order; panics if they are not.
fn parse(svg: &str) -> Vec<String> {
    let (mut open, mut texts): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let words = rest[..start].trim();
        if open.last().is_some_and(|tag| ["text", "title", "desc"].contains(tag)) {
            texts.push(words.to_owned());
        } else {
            assert!(words.is_empty(), "stray text {words:?}");
        }
        let length = rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..start + length];
        assert!(!tag.contains('<'), "a tag inside <{tag}>");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.starts_with('!') {
            assert_eq!(tag.matches('"').count() % 2, 0, "unpaired quotes in <{tag}>");
            let numbers = tag.replace("information-", "");
            assert!(!numbers.contains("NaN") && !numbers.contains("inf"), "not a number in <{tag}>");
            if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
        }
        rest = &rest[start + length + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    assert!(svg.starts_with("<svg"));
    texts
}

fn find<'a>(figures: &'a [Figure], file: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.file == file).unwrap_or_else(|| panic!("no {file}"))
}

#[test]
fn every_figure_is_drawn_well_formed_and_small() {
    let figures = study().figures();
    let folder = std::env::temp_dir().join("report-figures");
    std::fs::create_dir_all(&folder).unwrap();
    for figure in &figures {
        assert!(parse(&figure.svg).len() > 10, "{} has words", figure.file);
        assert!(figure.svg.len() < 1_000_000, "{}: {} bytes", figure.file, figure.svg.len());
        // To be looked at.
        std::fs::write(folder.join(&figure.file), &figure.svg).unwrap();
    }
    let files: Vec<&str> = figures.iter().map(|figure| figure.file.as_str()).collect();
    let expected = [
        "tutorial.svg",
        "gaps-blocks-k6.svg",
        "gaps-faithful-k3.svg",
        "gaps-iris-fisher-k3.svg",
        "gaps-iris-fisher-k4.svg",
        "ends.svg",
        "ends-blocks-k6.svg",
        "ends-faithful-k3.svg",
        "ends-iris-fisher-k3.svg",
        "ends-iris-fisher-k4.svg",
        "ends-round-k2.svg",
        "ends-stretched-k2.svg",
        "budget.svg",
        "incidence.svg",
        "collapse.svg",
        "information.svg",
    ];
    assert_eq!(files, expected);
}

#[test]
fn figures_depend_on_the_records_alone() {
    let mut made = study();
    let figures = made.figures();
    made.runs.reverse();
    made.failures.reverse();
    made.details.traces.reverse();
    made.details.parameters.reverse();
    made.details.assignments.reverse();
    made.details.observations.reverse();
    assert!(figures == made.figures());
}

#[test]
fn nothing_is_drawn_from_nothing() {
    assert!(draw_all(&[], &[], &Details::default()).is_empty());
    assert!(traced(&[], &[]).is_empty());
    // Runs without traces, parameters or observations still show where they end, what that took, and when they died.
    let made = study();
    let figures = draw_all(&made.runs, &made.failures, &Details::default());
    let drawn = ["ends", "budget", "incidence"];
    assert!(figures.iter().all(|figure| drawn.iter().any(|name| figure.file.starts_with(name))));
    assert_eq!(figures.len(), 9);
}

#[test]
fn only_deaths_leave_bars_and_crosses() {
    let mut made = Made::default();
    let factors = Arc::new(example::factors());
    let mut noise = Noise(1);
    for replicate in 0..10 {
        made.add(&factors, replicate, &Way::Dies("few_rows"), &mut noise);
    }
    let figures = made.figures();
    let files: Vec<&str> = figures.iter().map(|figure| figure.file.as_str()).collect();
    // Without a proper maximum there is no gap to it.
    assert_eq!(files, ["ends-iris-k3.svg", "incidence.svg", "collapse.svg"]);
    assert!(parse(&figures[0].svg).contains(&"singular".to_owned()));
    assert!(parse(&figures[1].svg).contains(&"10 starts under each policy".to_owned()));
    assert!(parse(&figures[2].svg).iter().any(|text| text.contains("10 deaths")));
}

#[test]
fn traces_are_asked_for_only_where_they_are_drawn() {
    let made = study();
    let traced = traced(&made.runs, &made.failures);
    assert!(traced.len() < made.runs.len());
    let mut fewer = Made { runs: made.runs.clone(), failures: made.failures.clone(), details: made.details.clone() };
    fewer.details.traces.retain(|record| traced.contains(&record.run));
    assert!(fewer.figures() == made.figures());
}

#[test]
fn bars_show_the_shares_that_were_recorded() {
    let mut made = Made::default();
    let factors = Arc::new(example::factors());
    let mut noise = Noise(2);
    for replicate in 0..8 {
        let way = match replicate {
            0 => Way::To(-186.57, 0.7),
            1 => Way::Coincident,
            2 | 3 => Way::Dies("tied_values"),
            _ => Way::To(-180.185, 0.56),
        };
        made.add(&factors, replicate, &way, &mut noise);
    }
    let figures = made.figures();
    let texts = parse(&find(&figures, "ends-iris-k3.svg").svg);
    for words in ["best maximum (−180.19)", "2nd maximum (−186.57)", "coincident", "singular", "50", "25", "12", "8"]
    {
        assert!(texts.contains(&words.to_owned()), "{words} in {texts:?}");
    }
    let texts = parse(&find(&figures, "gaps-iris-k3.svg").svg);
    assert!(texts.contains(&"4 of 8 reach L*".to_owned()), "{texts:?}");
    assert!(texts.contains(&"run dies".to_owned()));
}

#[test]
fn runs_that_agree_need_no_gaps() {
    let mut made = Made::default();
    made.plane("round", 0.5, [[0.5, 0.5], [0.5, 0.5]]);
    let figures = made.figures();
    let files: BTreeSet<&str> = figures.iter().map(|figure| figure.file.as_str()).collect();
    assert_eq!(files, BTreeSet::from(["ends-round-k2.svg", "information.svg", "tutorial.svg"]));
}

#[test]
fn names_of_data_sets_are_safe_in_files_and_markup() {
    let mut made = Made::default();
    let factors = Factors { dataset: "a<b>/../\"c\" & d".to_owned(), ..example::factors() };
    let factors = Arc::new(factors);
    made.add(&factors, 0, &Way::To(-5.0, 0.5), &mut Noise(3));
    for figure in made.figures() {
        parse(&figure.svg);
        assert!(!figure.file.contains(['/', '<', '"', ' ']), "{}", figure.file);
    }
}

#[test]
fn starts_keep_their_order() {
    let mut made = Made::default();
    for start in ["short-em", "k-means", "tutorial", "a-new-one"] {
        let factors = Factors { start: start.to_owned(), ..example::factors() };
        made.add(&Arc::new(factors), 0, &Way::Empty, &mut Noise(4));
    }
    assert_eq!(style::starts_of(&made.runs), ["tutorial", "k-means", "a-new-one", "short-em"]);
}

#[test]
fn a_folder_without_records_is_an_error_and_nothing_is_written() {
    let dir = std::env::temp_dir().join("report-figures-without-records");
    let out = dir.join("figures");
    let study = Study { dir: dir.clone(), runs: Vec::new(), failures: Vec::new() };
    let error = write_all(&study, &out).unwrap_err();
    assert!(matches!(error, ReportError::Read { dir: named, .. } if named == dir));
    assert!(!out.exists());
}
