//! Runs a sweep of EM fits from a TOML config.
fn main() {}
