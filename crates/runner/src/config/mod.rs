//! The config as typed: its text with overrides ([`document`]), its shape ([`sweep_file`], with [`start_file`]
//! and [`filter_file`]), its errors ([`diagnostics`]).

pub mod diagnostics;
pub mod document;
pub mod filter_file;
pub mod spans;
pub mod start_file;
pub mod sweep_file;
#[cfg(test)]
mod tests;
