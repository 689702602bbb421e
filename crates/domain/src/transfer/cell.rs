//! One value of a row, whichever engine it comes from.

use std::cmp::Ordering;
use std::fmt;

use data_encoding::BASE64;
use serde_json::Value;
use uuid::Uuid;

use super::schema::{Column, Kind};

/// One value of a row.
#[derive(Clone, PartialEq)]
pub enum Cell {
    /// There is no value.
    Absent,
    /// A UUID.
    Id(Uuid),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Truth(bool),
    /// JSON, its members in the order of their names.
    Json(Value),
}

/// Without what it says: most of a database is nothing for a log.
impl fmt::Debug for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "Absent",
            Self::Id(_) => "Id(…)",
            Self::Bytes(_) => "Bytes(…)",
            Self::Text(_) => "Text(…)",
            Self::Number(_) => "Number(…)",
            Self::Truth(_) => "Truth(…)",
            Self::Json(_) => "Json(…)",
        })
    }
}

impl Cell {
    /// JSON in the one order that its members have here; nothing for `null`, which no reader could tell from no value.
    #[must_use]
    pub fn json(mut value: Value) -> Option<Self> {
        value.sort_all_objects();
        (!value.is_null()).then_some(Self::Json(value))
    }

    /// As it is spelled in a line.
    pub(super) fn spell(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Id(id) => Value::String(id.to_string()),
            Self::Bytes(bytes) => Value::String(BASE64.encode(bytes)),
            Self::Text(text) => Value::String(text.clone()),
            Self::Number(number) => Value::from(*number),
            Self::Truth(truth) => Value::Bool(*truth),
            Self::Json(value) => value.clone(),
        }
    }

    /// What a spelling stands for in this column; nothing where it is no value of its kind.
    pub(super) fn read(column: &Column, spelling: Value) -> Option<Self> {
        match (column.kind, spelling) {
            (_, Value::Null) => (!column.required).then_some(Self::Absent),
            (Kind::Id, Value::String(text)) => Uuid::parse_str(&text).ok().map(Self::Id),
            (Kind::Bytes, Value::String(text)) => BASE64.decode(text.as_bytes()).ok().map(Self::Bytes),
            (Kind::Text, Value::String(text)) => (!text.contains('\0')).then_some(Self::Text(text)),
            (Kind::Number, Value::Number(number)) => number.as_i64().map(Self::Number),
            (Kind::Truth, Value::Bool(truth)) => Some(Self::Truth(truth)),
            (Kind::Json, value) => Self::json(value),
            _ => None,
        }
    }

    /// Which of two keys of one table comes first, as both engines order them.
    #[must_use]
    pub fn compare(one: &[Self], other: &[Self]) -> Ordering {
        let one_by_one = one.iter().zip(other).map(|(one, other)| match (one, other) {
            (Self::Id(one), Self::Id(other)) => one.cmp(other),
            (Self::Bytes(one), Self::Bytes(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Truth(one), Self::Truth(other)) => one.cmp(other),
            // A primary key has a value in every row, and none is JSON.
            _ => Ordering::Equal,
        });
        one_by_one.fold(Ordering::Equal, Ordering::then)
    }
}
