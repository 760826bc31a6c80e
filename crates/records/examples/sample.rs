//! Writes a made-up results folder, for readers in other languages to be checked against: `sample DIR`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: sample DIR");
        return ExitCode::from(2);
    };
    common::write_sweep(folder.as_ref(), &[0, 137, 300], 40);
    ExitCode::SUCCESS
}
