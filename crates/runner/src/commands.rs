//! What each command does: reads, resolves, prints, or hands a plan to the sweep.

use crate::cli::{Cli, Command, RunArguments};
use crate::config::diagnostics::{self, Diagnostic, Sources};
use crate::config::document::{Document, Rejected};
use crate::config::sweep_file;
use crate::experiments;
use crate::factors;
use crate::kinds::{Covariance, Method, Policy, Standardise, StartCovariance, StartKind, StopRule};
use crate::plan::{Plan, resolve};
use crate::provenance::Origin;
use crate::results_folder::{self, Found};
use crate::show::{self, Look};
use crate::simd;
use crate::single;
use crate::sweep::{self, Sweep};
use crate::{manual, verify};
use anyhow::Context as _;
use records::Provenance;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// Exit code for errors in the config or the command line; nothing was written.
const CONFIG_ERROR: u8 = 2;
/// Exit code under `--strict` if a start failed, and of `fit` if all did.
const STARTS_FAILED: u8 = 3;
/// Exit code of `verify` if a value differs.
const VALUES_DIFFER: u8 = 4;
/// Characters of a line where there is no terminal.
const PLAIN_WIDTH: u16 = 80;

/// Does what the command line asks for.
pub fn execute(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Some(Command::Report { dir }) => print_report(dir).map(|()| ExitCode::SUCCESS),
        Some(Command::Fit(arguments)) => {
            let told = single::fit(arguments)?;
            print(&told.text)?;
            Ok(if told.found { ExitCode::SUCCESS } else { ExitCode::from(STARTS_FAILED) })
        }
        Some(Command::Show(arguments)) => {
            let (_, columns) = console::Term::stdout().size_checked().unwrap_or((0, PLAIN_WIDTH));
            let look = Look { styled: styled(&std::io::stdout()), width: usize::from(columns) };
            print(&show::show(arguments, look)?)
        }
        Some(Command::Verify(arguments)) => {
            let verdict = verify::verify(arguments)?;
            print(&verdict.text)?;
            Ok(if verdict.same { ExitCode::SUCCESS } else { ExitCode::from(VALUES_DIFFER) })
        }
        Some(Command::Completions { shell }) => print(&manual::completions(*shell)),
        Some(Command::Man { command }) => print(&manual::page(command.as_deref())?),
        Some(Command::Experiment(arguments)) => {
            let request = experiments::Request {
                which: &arguments.which,
                check: arguments.check,
                experiments: &arguments.dir,
                results: &arguments.out,
                threads: arguments.jobs.map(usize::from),
            };
            Ok(if experiments::run(&request)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some(Command::Schema) => print(&sweep_file::schema()),
        Some(Command::Factors) => print(&factors::markdown()),
        None if cli.run.list => print(&list()),
        None => run(&cli.run),
    }
}

fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let (document, plan) = match load(arguments) {
        Ok(loaded) => loaded,
        Err(rejected) => return Ok(refuse(&rejected)),
    };
    if arguments.print_config {
        return print(&toml::to_string(&document.file)?);
    }
    if arguments.dry_run {
        return print(&plan.describe());
    }
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("results").join(&plan.name));
    let found = match results_folder::examine(&folder, &plan.hash(), arguments.fresh) {
        Ok(found) => found,
        Err(refusal) => return Ok(refuse_words(&refusal)),
    };
    if let Found::Complete = found {
        eprintln!("nothing to do: {0} of {0} runs are recorded in {1}", plan.runs(), folder.display());
    } else {
        let earlier = (found == Found::Unfinished).then(|| Provenance::read(&folder).ok()).flatten();
        let level = match simd::choose(arguments.simd, earlier.and_then(|earlier| earlier.simd).as_deref()) {
            Ok(level) => level,
            Err(unavailable) => return Ok(refuse_words(&unavailable)),
        };
        let threads = arguments.jobs.map_or_else(default_threads, usize::from);
        let sweep = Sweep {
            plan: &plan,
            config: &config_text(&document.sources),
            folder: &folder,
            threads,
            level,
            origin: Origin { config: arguments.config.as_deref(), overrides: &arguments.overrides },
            quiet: arguments.quiet,
        };
        sweep::run(&sweep, &found)?;
    }
    if !arguments.no_report {
        let text = make_report(&folder)?;
        if !arguments.quiet {
            print(&text)?;
        }
    }
    if !arguments.quiet {
        eprintln!("results: {}", folder.display());
    }
    let failed = if arguments.strict { sweep::failed_runs(&folder)? } else { 0 };
    if failed > 0 {
        eprintln!("error: {failed} of {} starts failed (--strict)", plan.runs());
        return Ok(ExitCode::from(STARTS_FAILED));
    }
    Ok(ExitCode::SUCCESS)
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

/// Whether colours are wanted there.
fn styled(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn refuse(rejected: &Rejected) -> ExitCode {
    eprint!("{}", diagnostics::render(&rejected.sources, &rejected.diagnostics, styled(&std::io::stderr())));
    ExitCode::from(CONFIG_ERROR)
}

fn refuse_words(why: &impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(CONFIG_ERROR)
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

/// All cores.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn print_report(folder: &Path) -> anyhow::Result<()> {
    print(&make_report(folder)?).map(drop)
}

fn make_report(folder: &Path) -> anyhow::Result<String> {
    let shown = || format!("the report of {} could not be made; its records are safe", folder.display());
    let summary = report::write(folder).with_context(shown)?;
    Ok(format!("{}\n", summary.text.trim_end()))
}

/// Results go to stdout; a reader that stops reading (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// All names that a config may use.
fn list() -> String {
    let mut text = String::from("data sets ([[dataset.builtin]] id, variant)\n");
    for one in datasets::BUILTIN {
        let _ = writeln!(text, "  {:<24} {} × {}: {}", one.id, one.n, one.d, one.description);
        for variant in one.variants {
            let _ = writeln!(text, "    {:<22} {}", variant.name, variant.description);
        }
    }
    section(&mut text, "methods (grid.method)", Method::ALL.iter().map(|one| (one.name(), one.help())));
    section(
        &mut text,
        "covariance structures (grid.covariance)",
        Covariance::ALL.iter().map(|one| (one.name(), one.help())),
    );
    section(&mut text, "starts (grid.start)", StartKind::ALL.iter().map(|one| (one.name(), one.help())));
    let covariances = StartCovariance::ALL.iter().map(|one| (one.name(), one.help()));
    section(&mut text, "covariances of point-type starts (grid.start-covariance)", covariances);
    section(&mut text, "policies (grid.policy)", Policy::ALL.into_iter());
    section(&mut text, "scaling (standardise)", Standardise::ALL.iter().map(|one| (one.name(), one.help())));
    section(&mut text, "stop rules (stop)", StopRule::ALL.into_iter());
    text
}

fn section<'a>(text: &mut String, title: &str, names: impl Iterator<Item = (&'a str, &'a str)>) {
    let _ = writeln!(text, "\n{title}");
    for (name, help) in names {
        let _ = writeln!(text, "  {name:<24} {help}");
    }
}
