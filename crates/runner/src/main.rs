//! The program: parses the command line, executes it, and turns an error into a line and an exit code.

use clap::Parser as _;
use runner::{cli, commands, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::execute(&cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", exit::told(&error));
            ExitCode::from(exit::code(&error))
        }
    }
}
