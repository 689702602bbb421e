//! The file in which a whole database moves to another server: JSON Lines, one form for each content.
//!
//! The first line says what the file is and which tables follow. Then come the tables in their order: a line for each
//! row in the order of the primary key, and a line with their number and digest. The last line has the digest of all
//! of it, so a file that lacks it was cut off. A row has one spelling, whichever database it comes from, so the same
//! content is the same bytes; what is spelled in another way is refused, and with it whatever was changed by hand or
//! by a bad disk.

mod cell;
mod line;
mod read;
mod refusal;
mod schema;
mod write;

pub use cell::Cell;
pub use line::{About, LINE_MAX};
pub use read::{Read, Reader};
pub use refusal::{Problem, Refusal};
pub use schema::{Column, Kind, Schema, Table};
pub use write::{Digester, Writer};

use crate::audit::Digest;

/// How many rows a table has, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSum {
    /// The table.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over the lines of its rows.
    pub digest: Digest,
}

/// All tables of a database: equal wherever the content is equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The tables, in the order of the file.
    pub tables: Vec<TableSum>,
    /// SHA-256 over the lines that end the tables.
    pub digest: Digest,
}

impl Summary {
    /// How many rows all tables have.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

#[cfg(test)]
mod tests;
