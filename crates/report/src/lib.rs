//! Statistics over records, tables and figures

pub mod agreement;
pub mod convergence;
pub mod ends;
pub mod error;
#[cfg(test)]
mod example;
pub mod figure;
pub mod intervals;
pub mod maxima;
pub mod quantiles;
pub mod study;

pub use error::ReportError;
pub use study::Study;
