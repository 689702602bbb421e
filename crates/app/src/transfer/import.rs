//! Everything in: checked, then written, then read back, and nothing of it unless all of that is well.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek};
use std::path::{Path, PathBuf};

use bailiwick_domain::transfer::{About, Cell, LINE_MAX, Read, Reader, Schema, Summary, Table};
use bailiwick_store::Database;
use bailiwick_store::transfer::{self, Insertion};

use super::{Step, TransferError, breathe, digest};
use crate::vault::{PROOF, Vault};

/// Lines between two looks whether somebody wants to stop.
const LINES_AT_ONCE: u64 = 200;
/// Where the proof of the master key is.
const PROPERTIES: &str = "properties";

/// A file that is to be imported.
#[derive(Debug)]
pub struct ImportFile {
    path: PathBuf,
    length: u64,
    schema: &'static Schema,
    input: BufReader<File>,
}

/// What the check of a file found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Where the file comes from.
    pub about: About,
    /// What it holds.
    pub summary: Summary,
}

impl ImportFile {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, TransferError> {
        let failed = |error| TransferError::File(path.to_owned(), error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(TransferError::NoFile(path.to_owned()));
        }
        let (path, schema) = (path.to_owned(), transfer::schema()?);
        Ok(Self { path, length: metadata.len(), schema, input: BufReader::new(file) })
    }

    /// Reads and checks all of it, the key in the data directory included; touches no database.
    pub async fn check(
        &mut self,
        data_directory: &Path,
        mut progress: impl FnMut(Step),
    ) -> Result<Checked, TransferError> {
        let mut lines = self.lines()?;
        let (mut about, mut proof) = (None, None);
        while let Some(line) = lines.next()? {
            match line {
                Read::Header(header) => about = Some(header),
                Read::Row(table, cells) => proof = proof.or_else(|| proof_in(table, &cells)),
                Read::TableEnd(_) | Read::End => {}
            }
            lines.tell("checking", &mut progress).await;
        }
        let summary = lines.finish()?;
        let not_set_up = || TransferError::NotSetUp(self.path.clone());
        let proof = proof.ok_or_else(not_set_up)?;
        let about = about.ok_or_else(not_set_up)?;
        Vault::open_for(data_directory, &proof)?;
        Ok(Checked { about, summary })
    }

    /// Writes what was checked into a database that nobody has used, and compares; nothing of it stays unless it is
    /// committed.
    pub async fn import(
        &mut self,
        checked: &Checked,
        database: &Database,
        mut progress: impl FnMut(Step),
    ) -> Result<Imported, TransferError> {
        let (path, schema) = (self.path.clone(), self.schema);
        let mut insertion = Insertion::begin(database, schema).await?.ok_or(TransferError::Used)?;
        let mut lines = self.lines()?;
        while let Some(line) = lines.next()? {
            match line {
                Read::Row(table, cells) => insertion.insert(table, cells).await?,
                Read::TableEnd(table) => insertion.end_table(table).await?,
                Read::Header(_) | Read::End => {}
            }
            lines.tell("importing", &mut progress).await;
        }
        if lines.finish()? != checked.summary {
            return Err(TransferError::Changed(path));
        }
        insertion.check_references().await?;
        if !insertion.has_owner().await? {
            return Err(TransferError::NotSetUp(path));
        }
        let total = checked.summary.rows();
        let there = digest(insertion.link(), schema, |done| progress(Step { doing: "comparing", done, total })).await?;
        if let Some((table, _)) = checked.summary.tables.iter().zip(&there.tables).find(|(file, there)| file != there) {
            return Err(TransferError::NotRead(table.table.clone()));
        }
        if there != checked.summary {
            return Err(TransferError::NotRead("all tables".to_owned()));
        }
        Ok(Imported(insertion))
    }

    /// Its lines, from the first on.
    fn lines(&mut self) -> Result<Lines<'_>, TransferError> {
        self.input.rewind().map_err(|error| TransferError::File(self.path.clone(), error))?;
        let Self { path, length, schema, input } = self;
        Ok(Lines { path, length: *length, input, reader: Reader::new(schema), line: Vec::new(), count: 0, read: 0 })
    }
}

/// What was imported, and does not last yet.
#[derive(Debug)]
pub struct Imported(Insertion);

impl Imported {
    /// Makes it last.
    pub async fn commit(self) -> Result<(), TransferError> {
        Ok(self.0.commit().await?)
    }
}

/// The proof of the master key, where it is this row.
fn proof_in(table: &Table, cells: &[Cell]) -> Option<Vec<u8>> {
    match cells {
        [Cell::Text(name), Cell::Bytes(proof)] if table.name == PROPERTIES && name == PROOF => Some(proof.clone()),
        _ => None,
    }
}

/// The lines of a file while it is read.
#[derive(Debug)]
struct Lines<'file> {
    path: &'file Path,
    length: u64,
    input: &'file mut BufReader<File>,
    reader: Reader<'static>,
    line: Vec<u8>,
    /// How many were read, and how many bytes they have.
    count: u64,
    read: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<Read<'static>>, TransferError> {
        self.line.clear();
        // One byte more than the longest tells that a line is too long.
        let mut input = (&mut self.input).take(LINE_MAX as u64 + 1);
        let read = input.read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| TransferError::File(self.path.to_owned(), error))?;
        if read == 0 {
            return Ok(None);
        }
        self.count += 1;
        self.read += u64::try_from(read).unwrap_or_default();
        let taken = self.reader.line(&self.line);
        taken.map(Some).map_err(|refusal| TransferError::Refused(self.path.to_owned(), refusal))
    }

    async fn tell(&self, doing: &'static str, progress: &mut impl FnMut(Step)) {
        if self.count.is_multiple_of(LINES_AT_ONCE) {
            progress(Step { doing, done: self.read, total: self.length });
            breathe().await;
        }
    }

    fn finish(self) -> Result<Summary, TransferError> {
        self.reader.finish().map_err(|refusal| TransferError::Refused(self.path.to_owned(), refusal))
    }
}
