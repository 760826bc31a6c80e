//! Runs a sweep of EM fits from a TOML config. Table of contents:
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`], [`commands`] | the command line as typed; what each command does |
//! | [`config`] | the config as typed, and its errors |
//! | [`kinds`] | the names of methods, structures, starts, policies |
//! | [`plan`] | what will run: resolved, checked, numbered |
//! | [`seeds`] | randomness keyed by what it randomises |
//! | [`run`], [`exit`] | from the arguments of a sweep to its exit code |
//! | [`results_folder`], [`lock`] | what the results folder holds before the first run; who writes there |
//! | [`work`], [`shard`] | which runs this process is to do |
//! | [`sweep`], [`finish`] | parallel over jobs, one writer, resumable; from parts to tables |
//! | [`interrupt`] | Ctrl-C |
//! | [`status`] | what a results folder holds; its end made up for |
//! | [`job`], [`dispatch`] | one run: start → fit → rows; the only match from names to types |
//! | [`single`] | `runner fit`: one cell without records |
//! | [`recorded`], [`show`], [`verify`] | a results folder again: its plan, one run in detail, runs repeated |
//! | [`manual`], [`mod@reference`] | completions and man pages; pages of the guide |
//! | [`plot`] | plots of characters |
//! | [`simd`] | the instruction set of the kernels, decided once |
//! | [`experiments`] | `runner experiment`: published numbers beside ours |
//! | [`guard`] | the job's edge: panics become rows |
//! | [`best`] | the best run of every cell, repeated for its assignments |
//! | [`progress`], [`provenance`] | the bar; program, machine and time |
//!
//! The program is `main.rs`, which calls [`commands::execute`] and nothing else. What is public here is a door for tests, fuzzing
//! and measurements, not an interface that is kept stable.

pub mod best;
pub mod cli;
pub mod commands;
pub mod config;
pub mod dispatch;
pub mod exit;
pub mod experiments;
pub mod factors;
pub mod finish;
pub mod guard;
pub mod interrupt;
pub mod job;
pub mod judged;
pub mod kinds;
pub mod lock;
pub mod manual;
pub mod part;
pub mod plan;
pub mod plot;
pub mod progress;
pub mod provenance;
pub mod recorded;
pub mod reference;
pub mod results_folder;
pub mod run;
pub mod running;
pub mod seeds;
pub mod shard;
pub mod show;
pub mod simd;
pub mod single;
pub mod status;
pub mod sweep;
pub mod turns;
pub mod verify;
pub mod work;
