//! Statistics over records, tables and figures

pub mod error;
pub mod figure;
pub mod study;

pub use error::ReportError;
pub use study::Study;
