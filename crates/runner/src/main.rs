//! Runs a sweep of EM fits from a TOML config. Table of contents:
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`], [`commands`] | the command line as typed; what each command does |
//! | [`config`] | the config as typed, and its errors |
//! | [`kinds`] | the names of methods, structures, starts, policies |
//! | [`plan`] | what will run: resolved, checked, numbered |
//! | [`seeds`] | randomness keyed by what it randomises |
//! | [`results_folder`] | what the results folder holds before the first run |
//! | [`sweep`] | parallel over jobs, one writer, resumable |
//! | [`job`], [`dispatch`] | one run: start → fit → rows; the only match from names to types |
//! | [`single`] | `runner fit`: one cell without records |
//! | [`guard`] | the job's edge: panics become rows |
//! | [`best`] | the best run of every cell, repeated for its assignments |
//! | [`progress`], [`provenance`] | the bar; program, machine and time |

mod best;
mod cli;
mod commands;
mod config;
mod dispatch;
mod factors;
mod guard;
mod job;
mod kinds;
mod plan;
mod progress;
mod provenance;
mod results_folder;
mod seeds;
mod single;
mod sweep;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::execute(&cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
