//! The command line, as typed.

use crate::exit;
use crate::reference::Page;
use crate::shard::Shard;
use crate::simd::Simd;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Runs a sweep of EM fits from a TOML config: every start becomes a row of the results.
///
/// Results are written to results/NAME and tables are printed. An interrupted sweep goes on where it was when the same
/// command is given again.
#[derive(Debug, Parser)]
#[command(
    name = "runner",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = exit::HELP
)]
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
    /// Fits one mixture (or k-means) to one file and describes the best of several starts.
    Fit(Box<FitArguments>),
    /// Makes the tables and figures of a results folder again.
    Report {
        /// The results folder.
        dir: PathBuf,
    },
    /// Shows one run in detail: its factors, outcome, trace, failure and parameters, also while the sweep runs.
    Show(ShowArguments),
    /// Repeats some of the recorded runs and compares every value, bit by bit.
    ///
    /// Exit code 0: all values are the same; 4: some differ.
    Verify(VerifyArguments),
    /// Makes experiments again: their tables, figures and the generated part of their README.
    Experiment(ExperimentArguments),
    /// Says what a results folder holds: what is done, who writes there, what is damaged, how to go on.
    Status {
        /// The results folder.
        dir: PathBuf,
    },
    /// Makes the final tables of a results folder from its parts: for shards of which none was the last.
    Compact {
        /// The results folder.
        dir: PathBuf,
    },
    /// Prints the JSON schema of the config.
    Schema,
    /// Prints the table of everything that a config can vary, as Markdown.
    Factors,
    /// Prints a page of docs/guide that is made from the program, as Markdown.
    Reference {
        /// Which page.
        page: Page,
    },
    /// Prints the completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the man page of the program or of one of its commands (`runner man | man -l -`).
    Man {
        /// The command.
        command: Option<String>,
    },
}

/// Arguments of `show`.
#[derive(Args, Debug)]
pub struct ShowArguments {
    /// The results folder.
    pub dir: PathBuf,
    /// Number or run_id (16 hexadecimal digits) of the run.
    pub run: String,
    /// Looks for data files here instead of in the folder of the config that was run.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub struct VerifyArguments {
    /// The results folder.
    pub dir: PathBuf,
    /// How many runs are drawn; a quarter of them, if there are so many, from the best runs, whose assignments are recorded.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Seed of the drawing [default: another one each time].
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,
    /// Repeats this run, by number or run_id, instead of drawing; may be given several times.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["runs", "seed"])]
    pub run: Vec<String>,
    /// Looks for data files here instead of in the folder of the config that was run.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Threads [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Instruction set [default: that of the recorded runs where this machine has it].
    #[arg(long, value_name = "LEVEL")]
    pub simd: Option<Simd>,
}

/// Arguments of the experiments.
#[derive(Args, Debug)]
pub struct ExperimentArguments {
    /// Numbers or names, for example 01 [default: all].
    #[arg(value_name = "NN")]
    pub which: Vec<String>,
    /// Writes nothing: makes everything from nothing and compares it with what is there; exit code 1 if it differs.
    #[arg(long)]
    pub check: bool,
    /// The folder of the experiments.
    #[arg(long, default_value = "experiments", value_name = "DIR")]
    pub dir: PathBuf,
    /// The folder of their results.
    #[arg(long, default_value = "results/experiments", value_name = "DIR")]
    pub out: PathBuf,
    /// Threads [default: all cores]. No number depends on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

/// Arguments of one fit.
#[derive(Args, Debug)]
pub struct FitArguments {
    /// The data: .csv (with a header), .parquet, or .npy (rows × columns).
    pub file: PathBuf,
    /// Number of components K.
    #[arg(short = 'k', long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    pub components: u32,
    /// `em` or `k-means`.
    #[arg(long, default_value = "em", value_name = "NAME")]
    pub method: String,
    /// Covariance structure, by scikit-learn's or mclust's name.
    #[arg(long, default_value = "full", value_name = "NAME")]
    pub covariance: String,
    /// Kind of start.
    #[arg(long, default_value = "k-means", value_name = "NAME")]
    pub start: String,
    /// What is done about singular covariances: stop, ridge=1e-6, floor=1e-6, ratio=1e4, map, reseed=5, remove.
    #[arg(long, default_value = "stop", value_name = "NAME[=NUMBER]")]
    pub policy: String,
    /// Number of starts, of which the best is kept.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub starts: u32,
    /// Seed of the starts.
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub seed: u64,
    /// Begins at the model in this file (.toml, .json), or at labels or responsibilities (.csv); one start.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Names of the columns to use [default: all].
    #[arg(long, value_delimiter = ',', value_name = "A,B,…")]
    pub columns: Option<Vec<String>>,
    /// Name of the column with the true classes, to compare with.
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Name of the column with the weights of the rows.
    #[arg(long, value_name = "COLUMN")]
    pub weight: Option<String>,
    /// Converged when an iteration gains at most this times the number of rows [default: 1e-10].
    #[arg(long, value_name = "NUMBER")]
    pub tolerance: Option<f64>,
    /// The iteration limit.
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_iterations: u32,
    /// Exactly this many iterations, converged or not.
    #[arg(long, value_name = "N", conflicts_with_all = ["tolerance", "max_iterations"], value_parser = clap::value_parser!(u32).range(1..))]
    pub iterations: Option<u32>,
    /// Saves the model (.toml or .json).
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Writes the component of each row (.csv).
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Writes the responsibilities of each row (.csv).
    #[arg(long, value_name = "FILE")]
    pub responsibilities: Option<PathBuf>,
    /// Threads [default: all cores]. No number depends on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Instruction set [default: the best that the machine has].
    #[arg(long, value_name = "LEVEL")]
    pub simd: Option<Simd>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
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
    /// Instruction set [default: that of the recorded runs, else the best that the machine has]. Results are the same to the last
    /// bit at one level only.
    #[arg(long, value_name = "LEVEL")]
    pub simd: Option<Simd>,
    /// Moves the results of an earlier run aside (never deletes) and starts anew.
    #[arg(long)]
    pub fresh: bool,
    /// Does the I-th of N shares; the shares may run at the same time, on several machines, into one folder. The last one to end
    /// makes the tables [default: that of the Slurm array, if this is a task of one].
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Runs only the cells that have these values (dataset=iris,start=k-means); given twice, those of either. The others can be
    /// run later into the same folder.
    #[arg(long, value_name = "KEY=VALUE,…")]
    pub filter: Vec<String>,
    /// Begins no new run after N starts have failed; what is running is finished and recorded.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures: Option<u32>,
    /// The same as --max-failures 1.
    #[arg(long, conflicts_with = "max_failures")]
    pub fail_fast: bool,
    /// Prints the grid, the number of runs and the rows of each table, and runs nothing.
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
