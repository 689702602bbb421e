//! What an export and an import tell at their end: the same of the same content.

use bailiwick_app::transfer::{Summary, TableSum};
use serde_json::{Value, json};

use super::table::table;

/// How much of a digest tells tables apart for people.
const SHORT: usize = 16;
/// Fewer rows are read before anybody wonders.
pub(super) const PROGRESS_FROM: u64 = 20_000;

/// What was moved, for people.
pub(super) fn report(what: &str, summary: &Summary) -> String {
    let row = |sum: &TableSum| {
        let digest: String = sum.digest.to_string().chars().take(SHORT).collect();
        [sum.table.clone(), sum.rows.to_string(), digest]
    };
    let rows: Vec<_> = summary.tables.iter().map(row).collect();
    let listed = table(["TABLE", "ROWS", "SHA-256"], &rows);
    format!("{listed}\n{what} {} rows of {} tables.\nSHA-256 of all: {}", summary.rows(), rows.len(), summary.digest)
}

/// What was moved, for scripts.
pub(super) fn to_json(summary: &Summary) -> Value {
    let one = |sum: &TableSum| json!({ "table": sum.table, "rows": sum.rows, "sha256": sum.digest });
    json!({
        "tables": summary.tables.iter().map(one).collect::<Vec<_>>(),
        "rows": summary.rows(),
        "sha256": summary.digest,
    })
}
