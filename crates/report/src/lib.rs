//! Statistics over records, tables and figures
