//! Writing a file, line by line.

use sha2::{Digest as _, Sha256};

use super::cell::Cell;
use super::line::{self, About};
use super::schema::{Schema, Table};
use super::{Summary, TableSum};
use crate::audit::Digest;

/// SHA-256 over lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Hash(Sha256);

impl Hash {
    pub(super) fn add(&mut self, line: &[u8]) {
        self.0.update(line);
    }

    pub(super) fn digest(self) -> Digest {
        Digest::of_hash(self.0.finalize().into())
    }

    pub(super) fn of(line: &[u8]) -> Digest {
        Digest::of_hash(Sha256::digest(line).into())
    }
}

/// Counts and digests rows without keeping them.
#[derive(Clone, Debug, Default)]
pub struct Digester {
    tables: Vec<TableSum>,
    all: Hash,
    rows: u64,
    open: Hash,
}

impl Digester {
    /// Takes a row of the table that is being read; gives its line.
    pub fn row(&mut self, table: &Table, cells: &[Cell]) -> String {
        let line = line::written(&line::row(table, cells));
        self.take(line.as_bytes());
        line
    }

    /// Takes the line of a row.
    pub(super) fn take(&mut self, line: &[u8]) {
        self.open.add(line);
        self.rows += 1;
    }

    /// What the rows come to that were taken since the last table ended.
    pub(super) fn sum(&self, table: &Table) -> TableSum {
        TableSum { table: table.name.clone(), rows: self.rows, digest: self.open.clone().digest() }
    }

    /// Ends a table; gives the line that says so.
    pub fn table_end(&mut self, table: &Table) -> String {
        let sum = self.sum(table);
        let line = line::written(&line::table_end(&sum));
        self.all.add(line.as_bytes());
        self.tables.push(sum);
        (self.rows, self.open) = (0, Hash::default());
        line
    }

    /// What all tables come to.
    #[must_use]
    pub fn finish(self) -> Summary {
        Summary { tables: self.tables, digest: self.all.digest() }
    }
}

/// Writes a file: gives each line, to be written where the caller wants it.
#[derive(Clone, Debug)]
pub struct Writer {
    digester: Digester,
    header: Digest,
}

impl Writer {
    /// Begins a file; gives its first line.
    #[must_use]
    pub fn begin(schema: &Schema, about: &About) -> (Self, String) {
        let line = line::written(&line::header(schema, about));
        (Self { digester: Digester::default(), header: Hash::of(line.as_bytes()) }, line)
    }

    /// The line of a row.
    pub fn row(&mut self, table: &Table, cells: &[Cell]) -> String {
        self.digester.row(table, cells)
    }

    /// The line that ends a table.
    pub fn table_end(&mut self, table: &Table) -> String {
        self.digester.table_end(table)
    }

    /// The last line, and what the file holds.
    #[must_use]
    pub fn finish(self) -> (Summary, String) {
        let summary = self.digester.finish();
        let line = line::written(&line::closing(&summary, self.header));
        (summary, line)
    }
}
