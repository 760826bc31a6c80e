//! The command line, as typed.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Runs a sweep of EM fits from a TOML config: every start becomes a row of the results.
///
/// Results are written to results/NAME and tables are printed. An interrupted sweep goes on where it was when the same
/// command is given again. Exit code 0: done (a start that fails is a result, too); 1: something could not be read or
/// written; 2: the config or the command line has errors, and nothing was written; 3: with --strict, some starts failed.
#[derive(Debug, Parser)]
#[command(name = "runner", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Cli {
    /// What to do instead of running a sweep.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The sweep.
    #[command(flatten)]
    pub run: RunArguments,
}

/// What to do instead of running a sweep.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes the tables and figures of a results folder again.
    Report {
        /// The results folder.
        dir: PathBuf,
    },
    /// Prints the JSON schema of the config.
    Schema,
    /// Prints the table of everything that a config can vary, as Markdown.
    Factors,
}

/// Arguments of a sweep.
// Each is a switch of its own; an enum would not make them clearer.
#[allow(clippy::struct_excessive_bools)]
#[derive(Args, Debug)]
pub struct RunArguments {
    /// The config file.
    #[arg(required_unless_present = "list")]
    pub config: Option<PathBuf>,
    /// Replaces a value of the config: replicates=20, dataset.mixture.0.n=100, stop.gain-per-row=1e-9.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Results folder [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Threads [default: all cores]. No table but the times depends on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Moves the results of an earlier run aside (never deletes) and starts anew.
    #[arg(long)]
    pub fresh: bool,
    /// Prints the grid and the number of runs, and runs nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the config with overrides and defaults, and runs nothing.
    #[arg(long)]
    pub print_config: bool,
    /// Prints the known data sets, methods, structures, starts, policies and stop rules.
    #[arg(long)]
    pub list: bool,
    /// No progress and no tables.
    #[arg(long)]
    pub quiet: bool,
    /// Exit code 3 if a start failed.
    #[arg(long)]
    pub strict: bool,
    /// No tables and figures after the runs (`runner report DIR` makes them later).
    #[arg(long)]
    pub no_report: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn overrides_follow_the_config_and_options_may_stand_anywhere() {
        let cli = Cli::parse_from(["runner", "a.toml", "--jobs", "2", "replicates=3", "seed=1", "--quiet"]);
        assert_eq!(cli.run.overrides, ["replicates=3", "seed=1"]);
        assert_eq!((cli.run.jobs, cli.run.quiet), (Some(2), true));
        assert!(Cli::try_parse_from(["runner"]).is_err());
        assert!(Cli::try_parse_from(["runner", "a.toml", "--jobs", "0"]).is_err());
        assert!(Cli::try_parse_from(["runner", "--list"]).is_ok());
        let report = Cli::parse_from(["runner", "report", "results/x"]);
        assert!(matches!(report.command, Some(Command::Report { .. })));
    }
}
