//! The sweep as a command: from its arguments to what is said at the end, and the exit code.

use crate::cli::RunArguments;
use crate::commands::{default_threads, make_report, print, styled};
use crate::config::diagnostics::{self, Diagnostic, Sources};
use crate::config::document::{Document, Rejected};
use crate::exit;
use crate::lock::Writer;
use crate::plan::{Plan, resolve, selection};
use crate::progress::Faults;
use crate::provenance::Origin;
use crate::results_folder::{self, Found};
use crate::shard::Shard;
use crate::simd;
use crate::sweep::{Ended, Sweep};
use crate::work::Work;
use records::Provenance;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Runs a sweep, or says what it would run.
pub fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
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
            Ok(judge(faults, arguments.strict, "starts of this share"))
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
    Ok(judge(Faults::in_folder(folder)?, arguments.strict, &format!("of {} starts", plan.runs())))
}

/// The exit code for what went wrong in single runs.
fn judge(faults: Faults, strict: bool, whose: &str) -> ExitCode {
    if faults.panicked > 0 {
        let count = faults.panicked;
        eprintln!("error: {count} {whose} panicked; please report the messages in `failures` as a bug");
        return ExitCode::from(exit::PANICKED);
    }
    if strict && faults.failed > 0 {
        eprintln!("error: {} {whose} failed (--strict)", faults.failed);
        return ExitCode::from(exit::STARTS_FAILED);
    }
    ExitCode::SUCCESS
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
        diagnostics: vec![
            Diagnostic::new("the config cannot be read")
                .at(None, error.to_string())
                .help("runner CONFIG [KEY=VALUE...], for example: runner configs/sweep.toml"),
        ],
    })?;
    let document = Document::parse(&name, &text, &arguments.overrides)?;
    match resolve::resolve(&document, path.parent().unwrap_or(Path::new(""))) {
        Ok(plan) => Ok((document, plan)),
        Err(diagnostics) => Err(Rejected { sources: document.sources, diagnostics }),
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

    #[test]
    fn a_panic_is_a_fault_of_the_program_and_a_failed_start_a_result() {
        let code =
            |failed, panicked, strict| format!("{:?}", judge(Faults { failed, panicked }, strict, "of 9 starts"));
        let expected = |code: u8| format!("{:?}", ExitCode::from(code));
        assert_eq!(code(0, 0, true), expected(0));
        assert_eq!(code(3, 0, false), expected(0));
        assert_eq!(code(3, 0, true), expected(exit::STARTS_FAILED));
        assert_eq!(code(3, 1, false), expected(exit::PANICKED));
    }
}
