//! Tells the program which compiler made it, for the provenance of results.

use std::process::Command;

fn main() {
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(compiler).arg("--version").output();
    if let Ok(output) = version
        && output.status.success()
        && let Ok(text) = String::from_utf8(output.stdout)
    {
        println!("cargo:rustc-env=RUNNER_RUSTC_VERSION={}", text.trim());
    }
    println!("cargo:rerun-if-changed=build.rs");
}
