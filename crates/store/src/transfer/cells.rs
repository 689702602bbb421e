//! Values between the store and a file.

use std::borrow::Cow;

use bailiwick_domain::transfer::{Cell, Column, Kind, Table};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::row::Stored;
use crate::value::Value;

/// A cell on its way into a statement.
pub(super) fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Absent => Value::Null,
        Cell::Id(id) => Value::Id(*id),
        Cell::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Cell::Text(text) => Value::Text(Cow::Owned(text.clone())),
        Cell::Number(number) => Value::Int(*number),
        Cell::Truth(truth) => Value::Bool(*truth),
        Cell::Json(value) => Value::Json(value.clone()),
    }
}

/// The cells of a row.
pub(super) fn row(table: &Table, stored: Vec<Stored>) -> Result<Vec<Cell>> {
    let cells = table.columns.iter().zip(stored).map(|(column, stored)| {
        let refused = || Error::Row(format!("{}.{} holds no {}", table.name, column.name, column.kind.name()));
        cell(column, stored).ok_or_else(refused)
    });
    cells.collect()
}

/// What is stored, as the kind of its column; nothing where it is no value of it.
fn cell(column: &Column, stored: Stored) -> Option<Cell> {
    match (column.kind, stored) {
        (_, Stored::Absent) => Some(Cell::Absent),
        (Kind::Id, Stored::Bytes(bytes)) => Uuid::from_slice(&bytes).ok().map(Cell::Id),
        (Kind::Bytes, Stored::Bytes(bytes)) => Some(Cell::Bytes(bytes)),
        (Kind::Text, Stored::Text(bytes)) => String::from_utf8(bytes).ok().map(Cell::Text),
        (Kind::Number, Stored::Number(number)) => Some(Cell::Number(number)),
        (Kind::Truth, Stored::Number(number)) => matches!(number, 0 | 1).then_some(Cell::Truth(number == 1)),
        (Kind::Json, Stored::Text(bytes)) => serde_json::from_slice(&bytes).ok().and_then(Cell::json),
        _ => None,
    }
}
