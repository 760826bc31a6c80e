//! The config as typed: its text with overrides ([`document`]), its shape ([`sweep_file`]), its errors
//! ([`diagnostics`]).

pub mod diagnostics;
pub mod document;
pub mod spans;
pub mod sweep_file;
#[cfg(test)]
mod tests;
