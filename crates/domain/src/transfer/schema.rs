//! Which tables a database has: what an export holds, and nothing else.

use super::cell::Cell;

/// What a column holds, on whichever engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A UUID.
    Id,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
    /// A whole number of 64 bits; moments are such numbers too.
    Number,
    /// Yes or no.
    Truth,
    /// JSON.
    Json,
}

impl Kind {
    /// The name in the first line of a file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "uuid",
            Self::Bytes => "bytes",
            Self::Text => "text",
            Self::Number => "number",
            Self::Truth => "boolean",
            Self::Json => "json",
        }
    }

    /// How a value of it is spelled, to be read after "must be".
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Id => "a UUID in small letters with hyphens",
            Self::Bytes => "bytes in Base64",
            Self::Text => "text without U+0000",
            Self::Number => "a whole number of 64 bits",
            Self::Truth => "true or false",
            Self::Json => "JSON",
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it has a value in every row.
    pub required: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is called.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The places of the columns that its primary key is made of, in the order of the key.
    pub key: Vec<usize>,
}

impl Table {
    /// What tells a row from all others: the cells of its primary key.
    #[must_use]
    pub fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        self.key.iter().filter_map(|index| row.get(*index)).cloned().collect()
    }
}

/// All tables of a database, in the order in which a file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The newest step of the migrations that made it.
    pub step: i64,
    /// The tables: what refers to another comes after it.
    pub tables: Vec<Table>,
}
