//! The schema in words.

use super::{Column, Kind, TABLES};
use crate::categories::SCHEMA_VERSION;
use std::fmt::Write;

const INTRODUCTION: &str = "\
<!-- Generated from crates/records/src/schema: REGENERATE=1 cargo test -p records --test schema -->

# The tables of a results folder

Each table is one Parquet file, `NAME.parquet`, compressed with zstd (but for the numbers in `traces`), and opens in polars, pandas and DuckDB. Parquet marks
every column as optional; those with *no* under *null* never are. A missing value is null, never 0 and never NaN: every
number in a table is finite. Rows are sorted by the key, which identifies a row.

| type | Parquet | polars | pandas (pyarrow) | DuckDB |
|---|---|---|---|---|
| u32 | INT32, unsigned | UInt32 | uint32 (float64 if nulls) | UINTEGER |
| f64 | DOUBLE | Float64 | float64 | DOUBLE |
| string | BYTE_ARRAY, string | String | str | VARCHAR |
| hex | as string; a 64-bit number as 16 digits | String | str | VARCHAR |
| enum | as string, dictionary encoded | Enum | category | VARCHAR |
| list of f64 | LIST of DOUBLE | List(Float64) | array of float64 | DOUBLE[] |

The categories of enum columns come from the plan, not from the rows, so that a file has the same types whatever occurs in
it; polars sees them in the order of the config. The key-value metadata of each file hold what config and data determine:
`em.schema_version`, `em.plan_hash`, `em.rng`, `em.rng_version`, and `em.dataset.ID` with the fingerprint of each data set.
Together with fixed row groups this makes every file but `timings.parquet` the same, byte for byte, on each rerun of the same
binary. Machine, time and version control state are in `provenance.json`.
";

/// The text of `docs/records.md`: one heading per table.
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    let _ = writeln!(text, "\nThis is version {SCHEMA_VERSION} of the columns.");
    for table in TABLES {
        let key: Vec<String> = table.key.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "\n## {}\n\n{}\n\nKey: {}.\n", table.name, table.meaning, key.join(", "));
        text.push_str("| column | type | null | unit | meaning |\n|---|---|---|---|---|\n");
        for column in table.columns {
            let null = if column.nullable { "yes" } else { "no" };
            let Column { name, kind, unit, meaning, .. } = column;
            let names = match kind {
                Kind::Enum(vocabulary) => vocabulary.fixed().map(|names| format!(" One of: {}.", names.join(", "))),
                _ => None,
            };
            let names = names.unwrap_or_default();
            let _ = writeln!(text, "| `{name}` | {kind} | {null} | {unit} | {meaning}{names} |");
        }
    }
    text
}
