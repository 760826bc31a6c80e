//! The sweep as a command: from its arguments to what is said at the end, and the exit code.

use crate::cli::{Cli, RunArguments};
use crate::commands::{default_threads, make_report, print, styled};
use crate::config::diagnostics::{self, Diagnostic, Sources};
use crate::config::document::{Document, Rejected};
use crate::exit;
use crate::guard;
use crate::job::run_job;
use crate::lock::Writer;
use crate::plan::{Plan, resolve, selection};
use crate::progress::Faults;
use crate::provenance::Origin;
use crate::results_folder::{self, Found};
use crate::shard::Shard;
use crate::simd;
use crate::sweep::{Ended, Sweep};
use crate::work::Work;
use clap::CommandFactory as _;
use records::Provenance;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Runs a sweep, or says what it would run.
pub fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    run_with(arguments, run_job)
}

/// The same with something else done about each run.
fn run_with(arguments: &RunArguments, job: guard::Work) -> anyhow::Result<ExitCode> {
    let (document, plan) = match load(arguments) {
        Ok(loaded) => loaded,
        Err(rejected) => return Ok(refuse(&rejected)),
    };
    let work = match work(arguments, &plan) {
        Ok(work) => work,
        Err(rejected) => return Ok(refuse(&rejected)),
    };
    if arguments.print_config {
        return print(&toml::to_string(&document.file)?);
    }
    if arguments.dry_run {
        return print(&plan.describe(work.cells.as_deref()));
    }
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("results").join(&plan.name));
    let writer = work.shard.map_or(Writer::Alone, Writer::Shard);
    let mut opened = match results_folder::open(&folder, &plan.to_toml()?, arguments.fresh, writer) {
        Ok(opened) => opened,
        Err(refusal) => return Ok(refuse_words(&refusal)),
    };
    let say = |text: String| {
        if !arguments.quiet {
            eprintln!("{text}");
        }
    };
    let Some(lock) = opened.lock.take() else {
        eprintln!("nothing to do: {0} of {0} runs are recorded in {1}", plan.runs(), folder.display());
        return conclude(arguments, &folder, &plan);
    };
    let earlier = (opened.found == Found::Unfinished).then(|| Provenance::read(&folder).ok()).flatten();
    let level = match simd::choose(arguments.simd, earlier.and_then(|earlier| earlier.simd).as_deref()) {
        Ok(level) => level,
        Err(unavailable) => return Ok(refuse_words(&unavailable)),
    };
    if let Some(shard) = work.shard.filter(|_| arguments.shard.is_none()) {
        say(format!("this is shard {shard}, a task of a Slurm array; --shard 1/1 makes it the only one"));
    }
    let sweep = Sweep {
        plan: &plan,
        work: &work,
        config: &config_text(&document.sources),
        folder: &folder,
        threads: arguments.jobs.map_or_else(default_threads, usize::from),
        level,
        origin: Origin { config: arguments.config.as_deref(), overrides: &arguments.overrides },
        max_failures: if arguments.fail_fast { Some(1) } else { arguments.max_failures },
        quiet: arguments.quiet,
        job,
    };
    let (ended, faults) = sweep.run(opened.found, lock, opened.aside.as_deref())?;
    let total = plan.runs();
    let go_on = "the same command goes on";
    match ended {
        Ended::Complete { signal: None } => conclude(arguments, &folder, &plan),
        Ended::Complete { signal: Some(code) } => {
            eprintln!("interrupted: all runs are recorded; `runner report {}` makes the tables", folder.display());
            Ok(ExitCode::from(code))
        }
        Ended::Signal { code, recorded } => {
            eprintln!("interrupted: {recorded} of {total} runs are recorded in {}; {go_on}", folder.display());
            Ok(ExitCode::from(code))
        }
        Ended::Failures { recorded } => {
            eprintln!(
                "error: stopped after {} failed starts; {recorded} of {total} runs are recorded in {}; {go_on}",
                faults.failed,
                folder.display()
            );
            Ok(ExitCode::from(exit::STARTS_FAILED))
        }
        Ended::ShareDone { recorded } => {
            let others = if work.shard.is_some() {
                "the last shard to end makes the tables"
            } else {
                "without --filter the command runs the others"
            };
            say(format!(
                "this share is done: {recorded} of {total} runs are recorded in {}; {others}",
                folder.display()
            ));
            Ok(told(judge(faults, arguments.strict, "starts of this share")))
        }
    }
}

/// Report and verdict of a complete folder.
fn conclude(arguments: &RunArguments, folder: &Path, plan: &Plan) -> anyhow::Result<ExitCode> {
    if !arguments.no_report {
        let text = make_report(folder)?;
        if !arguments.quiet {
            print(&text)?;
        }
    }
    if !arguments.quiet {
        eprintln!("results: {}", folder.display());
    }
    Ok(told(judge(Faults::in_folder(folder)?, arguments.strict, &format!("of {} starts", plan.runs()))))
}

/// What is to be said about what went wrong in single runs, and the exit code for it.
fn judge(faults: Faults, strict: bool, whose: &str) -> Result<(), (String, u8)> {
    if faults.panicked > 0 {
        let count = faults.panicked;
        let words = format!("{count} {whose} panicked; please report the messages in `failures` as a bug");
        return Err((words, exit::PANICKED));
    }
    if strict && faults.failed > 0 {
        return Err((format!("{} {whose} failed (--strict)", faults.failed), exit::STARTS_FAILED));
    }
    Ok(())
}

fn told(verdict: Result<(), (String, u8)>) -> ExitCode {
    let Err((words, code)) = verdict else { return ExitCode::SUCCESS };
    eprintln!("error: {words}");
    ExitCode::from(code)
}

/// What the command line leaves of the plan for this process.
fn work(arguments: &RunArguments, plan: &Plan) -> Result<Work, Rejected> {
    let shard = arguments.shard.or_else(|| Shard::of_slurm(|name| std::env::var(name).ok()));
    let cells = match arguments.filter.as_slice() {
        [] => None,
        filters => Some(selection::selection(plan, filters)?),
    };
    Ok(Work { shard: shard.filter(|shard| shard.count > 1), cells })
}

/// Config file and overrides → plan, or all that is wrong with them.
fn load(arguments: &RunArguments) -> Result<(Document, Plan), Rejected> {
    let path = arguments.config.clone().unwrap_or_default();
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|error| Rejected {
        sources: Sources::new(name.clone(), ""),
        diagnostics: vec![Diagnostic::new("the config cannot be read").at(None, error.to_string()).help(usage(&name))],
    })?;
    let document = Document::parse(&name, &text, &arguments.overrides)?;
    match resolve::resolve(&document, path.parent().unwrap_or(Path::new(""))) {
        Ok(plan) => Ok((document, plan)),
        Err(diagnostics) => Err(Rejected { sources: document.sources, diagnostics }),
    }
}

/// What to type instead of a config that is not there.
fn usage(typed: &str) -> String {
    let command = Cli::command();
    match diagnostics::closest(typed, command.get_subcommands().map(clap::Command::get_name)) {
        Some(command) => format!("did you mean the command `runner {command}`?"),
        None => "runner CONFIG [KEY=VALUE...], for example: runner configs/sweep.toml".to_owned(),
    }
}

fn refuse(rejected: &Rejected) -> ExitCode {
    let styled = styled(&std::io::stderr());
    eprint!("{}", diagnostics::render(&rejected.sources, &rejected.diagnostics, styled));
    ExitCode::from(exit::REFUSED)
}

fn refuse_words(why: &impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(exit::REFUSED)
}

/// The config as typed, with the overrides as comments behind it.
pub fn config_text(sources: &Sources) -> String {
    let mut text = sources.file_text().to_owned();
    for (i, one) in sources.overrides().enumerate() {
        let head = if i == 0 { "\n# Overrides of the command line:\n" } else { "" };
        let _ = writeln!(text, "{head}# {}", one.replace('\n', "\n# "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Job, JobRecord};
    use clap::Parser as _;
    use em::Interrupted;
    use records::RunOutcome;
    use std::fs;

    #[test]
    fn a_panic_is_a_fault_of_the_program_and_a_failed_start_a_result() {
        let code = |failed, panicked, strict| {
            let verdict = judge(Faults { failed, panicked }, strict, "of 9 starts");
            verdict.map_or_else(|(_, code)| code, |()| 0)
        };
        assert_eq!(code(0, 0, true), 0);
        assert_eq!(code(3, 0, false), 0);
        assert_eq!(code(3, 0, true), exit::STARTS_FAILED);
        assert_eq!(code(3, 1, false), exit::PANICKED);
    }

    /// The third start of every cell of k-means meets a bug.
    fn with_a_bug(job: &Job<'_>) -> Result<JobRecord, Interrupted> {
        assert!(job.replicate != 2 || job.cell.covariance.is_some(), "index 3 out of bounds");
        run_job(job)
    }

    #[test]
    fn a_sweep_in_which_fits_panic_goes_on_and_says_so() {
        let root = tempfile::tempdir().unwrap();
        let config = root.path().join("test.toml");
        fs::write(&config, crate::plan::testing::CONFIG).unwrap();
        let arguments = |out: &str, more: &[&str]| {
            let out = root.path().join(out);
            let words = ["runner", config.to_str().unwrap(), "--quiet", "--jobs", "2", "--out", out.to_str().unwrap()];
            (Cli::parse_from(words.iter().chain(more)).run, out)
        };
        let ended = |code: ExitCode| format!("{code:?}");
        let code = |code: u8| format!("{:?}", ExitCode::from(code));

        let (sound, whole) = arguments("sound", &["--no-report"]);
        assert_eq!(ended(run(&sound).unwrap()), code(0));
        let (faulty, folder) = arguments("faulty", &[]);
        assert_eq!(ended(run_with(&faulty, with_a_bug).unwrap()), code(exit::PANICKED));

        // 8 cells of k-means; every other run is what it would have been.
        let (expected, runs) = (records::read_runs(&whole).unwrap(), records::read_runs(&folder).unwrap());
        assert_eq!(runs.len(), 72);
        let mut panicked = Vec::new();
        for (row, expected) in runs.iter().zip(&expected) {
            if row.outcome == RunOutcome::Panic {
                assert_eq!((row.replicate, row.factors.method.as_str(), row.run_id), (2, "k-means", expected.run_id));
                panicked.push(row.run);
            } else {
                assert_eq!(row, expected);
            }
        }
        assert_eq!(panicked.len(), 8);
        let failures = records::read_failures(&folder).unwrap();
        let told: Vec<u32> = failures.iter().filter(|row| row.kind == "panic").map(|row| row.run).collect();
        assert_eq!(told, panicked);
        assert!(failures.iter().any(|row| row.message == "index 3 out of bounds"));
        // The page shows one of them, and the same command still says so when nothing is left to do.
        let page = fs::read_to_string(folder.join("report/index.html")).unwrap();
        assert!(page.contains("index 3 out of bounds"));
        let (words, number) = judge(Faults::in_folder(&folder).unwrap(), false, "of 72 starts").unwrap_err();
        assert_eq!((words.split(';').next(), number), (Some("8 of 72 starts panicked"), exit::PANICKED));
        assert_eq!(ended(run(&faulty).unwrap()), code(exit::PANICKED));
    }
}
