//! The lines of a file, each with its one spelling.

use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::schema::{Schema, Table};
use super::{Summary, TableSum};
use crate::audit::Digest;
use crate::time::Timestamp;

/// What every file begins with, and ends with.
pub(super) const FORMAT: &str = "bailiwick-export";
/// The first bytes of every file.
pub(super) const BEGINNING: &[u8] = b"{\"format\":\"bailiwick-export\"";
/// The version of the format that this program writes and reads.
pub(super) const VERSION: u64 = 1;
/// The longest line, in bytes: nothing that the server stores comes near it.
pub const LINE_MAX: usize = 16 * 1024 * 1024;

/// Where a file comes from: what differs between two files of one content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The version of the program that wrote it.
    pub program: String,
    /// When.
    pub at: Timestamp,
}

/// The line that says what the file is, and what follows.
pub(super) fn header(schema: &Schema, about: &About) -> Value {
    json!({
        "format": FORMAT,
        "version": VERSION,
        "schema": schema.step,
        "program": about.program,
        "at": about.at,
        "tables": schema.tables.iter().map(described).collect::<Vec<_>>(),
    })
}

/// A table as the header lists it.
pub(super) fn described(table: &Table) -> Value {
    let columns = table.columns.iter().map(|column| (column.name.clone(), Value::from(column.kind.name())));
    json!({ "table": table.name, "columns": columns.collect::<Map<_, _>>() })
}

/// The line of a row.
pub(super) fn row(table: &Table, cells: &[Cell]) -> Value {
    let members = table.columns.iter().zip(cells).map(|(column, cell)| (column.name.clone(), cell.spell()));
    json!({ "table": table.name, "row": members.collect::<Map<_, _>>() })
}

/// The line that ends a table.
pub(super) fn table_end(sum: &TableSum) -> Value {
    json!({ "table": sum.table, "rows": sum.rows, "sha256": sum.digest })
}

/// The last line; `header` is the digest of the first.
pub(super) fn closing(summary: &Summary, header: Digest) -> Value {
    json!({ "end": FORMAT, "rows": summary.rows(), "sha256": summary.digest, "header": header })
}

/// A line as it is written, with its end.
pub(super) fn written(line: &Value) -> String {
    format!("{line}\n")
}
