//! What each command does.

use crate::cli::{Cli, Command};
use crate::config::sweep_file;
use crate::kinds::{Covariance, Method, Policy, Standardise, StartCovariance, StartKind, StopRule};
use crate::show::{self, Look};
use crate::{exit, experiments, factors, manual, results_folder, run, single, status, verify};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// Characters of a line where there is no terminal.
const PLAIN_WIDTH: u16 = 80;

/// Does what the command line asks for.
pub fn execute(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Some(Command::Report { dir }) => print_report(dir).map(|()| ExitCode::SUCCESS),
        Some(Command::Fit(arguments)) => {
            let told = single::fit(arguments)?;
            print(&told.text)?;
            Ok(if told.found { ExitCode::SUCCESS } else { ExitCode::from(exit::STARTS_FAILED) })
        }
        Some(Command::Show(arguments)) => {
            let (_, columns) = console::Term::stdout().size_checked().unwrap_or((0, PLAIN_WIDTH));
            let look = Look { styled: styled(&std::io::stdout()), width: usize::from(columns) };
            print(&show::show(arguments, look)?)
        }
        Some(Command::Verify(arguments)) => {
            let verdict = verify::verify(arguments)?;
            print(&verdict.text)?;
            Ok(if verdict.same { ExitCode::SUCCESS } else { ExitCode::from(exit::VALUES_DIFFER) })
        }
        Some(Command::Reference { page }) => print(&page.markdown()),
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
        Some(Command::Status { dir }) => print(&status::describe(dir)?),
        Some(Command::Compact { dir }) => print(&status::compact(dir)?),
        Some(Command::Schema) => print(&sweep_file::schema()),
        Some(Command::Factors) => print(&factors::markdown()),
        None if cli.run.list => print(&list()),
        None => run::run(&cli.run),
    }
}

/// Whether colours are wanted there.
pub fn styled(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// All cores.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn print_report(folder: &Path) -> anyhow::Result<()> {
    results_folder::of_a_finished_sweep(folder)?;
    print(&make_report(folder)?).map(drop)
}

/// Writes the report and returns what is to be printed.
pub fn make_report(folder: &Path) -> anyhow::Result<String> {
    let shown = || format!("the report of {} could not be made; its records are safe", folder.display());
    let summary = report::write(folder).with_context(shown)?;
    Ok(format!("{}\n", summary.text.trim_end()))
}

/// Results go to stdout; a reader that stops reading (`| head`) is no error.
pub fn print(text: &str) -> anyhow::Result<ExitCode> {
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
