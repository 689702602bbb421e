//! Reading a file, line by line; nothing is taken on trust.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::Summary;
use super::cell::Cell;
use super::line::{self, About, FORMAT, LINE_MAX, VERSION};
use super::refusal::{Problem, Refusal};
use super::schema::{Schema, Table};
use super::write::{Digester, Hash};
use crate::audit::Digest;
use crate::field::Parse;
use crate::time::Timestamp;

/// What a line was.
#[derive(Clone, Debug, PartialEq)]
pub enum Read<'schema> {
    /// The first: where the file comes from.
    Header(About),
    /// A row, with one cell for each column.
    Row(&'schema Table, Vec<Cell>),
    /// The end of a table.
    TableEnd(&'schema Table),
    /// The last.
    End,
}

/// Reads a file that must fit a schema.
#[derive(Clone, Debug)]
pub struct Reader<'schema> {
    schema: &'schema Schema,
    /// The number of the line that was read last.
    line: u64,
    /// The digest of the first line, once it was read.
    header: Option<Digest>,
    /// How many tables have ended.
    ended: usize,
    /// The key of the row before, in the same table.
    before: Option<Vec<Cell>>,
    digester: Digester,
    summary: Option<Summary>,
}

impl<'schema> Reader<'schema> {
    /// Begins to read.
    #[must_use]
    pub fn new(schema: &'schema Schema) -> Self {
        let digester = Digester::default();
        Self { schema, line: 0, header: None, ended: 0, before: None, digester, summary: None }
    }

    /// Takes the next line, with its end.
    ///
    /// # Errors
    /// A [`Refusal`], after which nothing more can be read.
    pub fn line(&mut self, bytes: &[u8]) -> Result<Read<'schema>, Refusal> {
        self.line += 1;
        self.take(bytes).map_err(|problem| Refusal { line: self.line, problem })
    }

    /// Ends: there are no more lines.
    ///
    /// # Errors
    /// [`Problem::Truncated`] unless the last line was the closing one.
    pub fn finish(self) -> Result<Summary, Refusal> {
        let problem = if self.line == 0 { Problem::NotOurs } else { Problem::Truncated };
        self.summary.ok_or(Refusal { line: self.line + 1, problem })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Read<'schema>, Problem> {
        if self.summary.is_some() {
            return Err(Problem::AfterEnd);
        }
        if bytes.len() > LINE_MAX {
            return Err(Problem::Long);
        }
        let Some(header) = self.header else { return self.header(bytes) };
        let line = bytes.strip_suffix(b"\n").ok_or(Problem::Truncated)?;
        let value: Value = serde_json::from_slice(line).map_err(|_| Problem::Spelling)?;
        // Rows are spelled again from their cells below.
        if value.get("row").is_none() && value.to_string().as_bytes() != line {
            return Err(Problem::Spelling);
        }
        match (self.schema.tables.get(self.ended), value) {
            (None, _) => self.end(bytes, header),
            (Some(table), Value::Object(members)) => self.table(table, bytes, members),
            (Some(table), _) => Err(Problem::Form(table.name.clone())),
        }
    }

    fn header(&mut self, bytes: &[u8]) -> Result<Read<'schema>, Problem> {
        let is_cut_off = !bytes.ends_with(b"\n") && bytes.starts_with(line::BEGINNING);
        let refusal = if is_cut_off { Problem::Truncated } else { Problem::NotOurs };
        let value: Value = serde_json::from_slice(bytes).map_err(|_| refusal)?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(Problem::NotOurs);
        }
        match value.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            other => return Err(other.map_or(Problem::NotOurs, Problem::Version)),
        }
        let program = value.get("program").and_then(Value::as_str).ok_or(Problem::NotOurs)?.to_owned();
        let (theirs, ours) = (value.get("schema").and_then(Value::as_i64).ok_or(Problem::NotOurs)?, self.schema.step);
        match theirs.cmp(&ours) {
            Ordering::Less => return Err(Problem::Older { theirs, ours }),
            Ordering::Greater => return Err(Problem::Newer { theirs, ours, program }),
            Ordering::Equal => {}
        }
        self.tables(value.get("tables").and_then(Value::as_array).ok_or(Problem::NotOurs)?)?;
        let at = value.get("at").and_then(Value::as_str).and_then(|text| Timestamp::parse_text(text).ok());
        let about = About { program, at: at.ok_or(Problem::Spelling)? };
        if line::written(&line::header(self.schema, &about)).as_bytes() != bytes {
            return Err(if is_cut_off { Problem::Truncated } else { Problem::Spelling });
        }
        self.header = Some(Hash::of(bytes));
        Ok(Read::Header(about))
    }

    /// Whether the first line lists the tables that there are.
    fn tables(&self, listed: &[Value]) -> Result<(), Problem> {
        let expected: Vec<Value> = self.schema.tables.iter().map(line::described).collect();
        let name = |value: &Value| value.get("table").and_then(Value::as_str).unwrap_or_default().to_owned();
        let stranger = listed.iter().find(|table| !expected.contains(table));
        let lacking = expected.iter().find(|table| !listed.contains(table));
        match stranger.or(lacking) {
            Some(table) => Err(Problem::Tables(name(table))),
            None => Ok(()),
        }
    }

    fn table(
        &mut self,
        table: &'schema Table,
        bytes: &[u8],
        mut members: Map<String, Value>,
    ) -> Result<Read<'schema>, Problem> {
        let form = || Problem::Form(table.name.clone());
        let found = members.get("table").and_then(Value::as_str).ok_or_else(form)?;
        if found != table.name {
            let (found, turn) = (found.to_owned(), table.name.clone());
            let is_known = self.schema.tables.iter().any(|table| table.name == found);
            return Err(if is_known { Problem::OutOfTurn { found, turn } } else { Problem::UnknownTable(found) });
        }
        let Some(Value::Object(row)) = members.remove("row") else { return self.table_end(table, bytes, &members) };
        if members.len() != 1 {
            return Err(form());
        }
        let cells = cells(table, row)?;
        let key = table.key_of(&cells);
        if let Some(before) = &self.before {
            match Cell::compare(before, &key) {
                Ordering::Less => {}
                Ordering::Equal => return Err(Problem::Twice(table.name.clone())),
                Ordering::Greater => return Err(Problem::RowOrder(table.name.clone())),
            }
        }
        // The one spelling of all that the cells say: what sorts the members of JSON would not notice here.
        if self.digester.row(table, &cells).as_bytes() != bytes {
            return Err(Problem::Spelling);
        }
        self.before = Some(key);
        Ok(Read::Row(table, cells))
    }

    fn table_end(
        &mut self,
        table: &'schema Table,
        bytes: &[u8],
        members: &Map<String, Value>,
    ) -> Result<Read<'schema>, Problem> {
        let sum = self.digester.sum(table);
        let said = members.get("rows").ok_or_else(|| Problem::Form(table.name.clone()))?;
        if said.as_u64() != Some(sum.rows) {
            let (table, said) = (table.name.clone(), said.to_string());
            return Err(Problem::Count { table, said, found: sum.rows });
        }
        if self.digester.table_end(table).as_bytes() != bytes {
            return Err(Problem::Digest(table.name.clone()));
        }
        self.ended += 1;
        self.before = None;
        Ok(Read::TableEnd(table))
    }

    fn end(&mut self, bytes: &[u8], header: Digest) -> Result<Read<'schema>, Problem> {
        let summary = self.digester.clone().finish();
        let written = |header| line::written(&line::closing(&summary, header));
        if written(header).as_bytes() != bytes {
            let said: Value = serde_json::from_slice(bytes).unwrap_or_default();
            let said = said.get("header").and_then(Value::as_str).and_then(|text| Digest::parse_text(text).ok());
            let is_header_alone = said.is_some_and(|said| written(said).as_bytes() == bytes);
            return Err(if is_header_alone { Problem::Header } else { Problem::Whole });
        }
        self.summary = Some(summary);
        Ok(Read::End)
    }
}

/// The cells of a row, in the order of the columns.
fn cells(table: &Table, mut row: Map<String, Value>) -> Result<Vec<Cell>, Problem> {
    let names = || table.columns.iter().map(|column| column.name.as_str());
    if let Some(stranger) = row.keys().find(|key| names().all(|name| name != key.as_str())) {
        return Err(Problem::UnknownColumn(table.name.clone(), stranger.clone()));
    }
    if let Some(lacking) = names().find(|name| !row.contains_key(*name)) {
        return Err(Problem::MissingColumn(table.name.clone(), lacking.to_owned()));
    }
    if !row.keys().map(String::as_str).eq(names()) {
        return Err(Problem::ColumnOrder(table.name.clone()));
    }
    let mut cells = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let spelling = row.get_mut(&column.name).map(Value::take).unwrap_or_default();
        let cell = Cell::read(column, spelling).ok_or_else(|| Problem::Value {
            table: table.name.clone(),
            column: column.name.clone(),
            expected: column.kind.expected(),
            may_be_null: !column.required,
        })?;
        cells.push(cell);
    }
    Ok(cells)
}
