//! The documentation of the tables is the schema that the code follows.

use std::path::Path;

#[test]
fn the_documentation_is_generated_from_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/records.md");
    let expected = records::schema::markdown();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/records.md differs from the schema; if the change is meant, raise SCHEMA_VERSION and run\n    \
         REGENERATE=1 cargo test -p records --test schema"
    );
}
