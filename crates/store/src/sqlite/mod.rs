//! SQLite: one writer, many readers, all in the caller's thread, save for the
//! commit, which waits for the disk on a thread of its own.

mod open;
mod readers;
mod writer;

use std::path::Path;

use rusqlite::Connection;

use crate::durability::Durability;
use crate::error::{Error, Result};
use readers::{Reader, Readers};
use writer::{Seat, Writer};

/// A SQLite database.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    readers: Readers,
    writer: Writer,
}

impl Sqlite {
    /// Opens the file, creating it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        open::create_private(path)?;
        // The writer comes first: it creates the file.
        let connection = open::writer(path)?;
        let readers = Readers::open(path)?;
        let writer = Writer::new(connection, readers.clone())?;
        Ok(Self { readers, writer })
    }

    /// Whether there is a file that this program made; nothing is created, not even beside it.
    pub(crate) fn check_existing(path: &Path) -> Result<()> {
        open::look(path)
    }

    /// A connection for reading, as soon as one is free.
    pub(crate) async fn read(&self) -> Result<SqliteLink> {
        Ok(SqliteLink::Reader(self.readers.take().await?))
    }

    /// A savepoint of the writer, as soon as it is this caller's turn.
    pub(crate) async fn write(&self, durability: Durability) -> Result<SqliteLink> {
        Ok(SqliteLink::Writer(self.writer.begin(durability).await?))
    }

    /// Gives nobody who asks from now on a view from before this moment.
    pub(crate) fn look_afresh(&self) {
        self.readers.note_commit();
    }

    /// Gives the memory back that was read into, unless much was read since the last call.
    pub(crate) async fn rest(&self) -> Result<()> {
        self.readers.rest().await
    }

    /// Limits the size of the database file, so that tests can fill the disk.
    pub(crate) async fn limit_pages(&self, pages: u32) -> Result<()> {
        self.writer.limit_pages(pages).await
    }
}

/// One SQLite connection in somebody's hands.
#[derive(Debug)]
pub(crate) enum SqliteLink {
    Reader(Reader),
    Writer(Seat),
}

impl SqliteLink {
    /// Runs something on the connection.
    pub(crate) fn with<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match self {
            Self::Reader(reader) => reader.with(work),
            Self::Writer(seat) => seat.with(work),
        }
    }

    /// Says that what follows may take long, so that nobody else waits for it but those who write.
    pub(crate) const fn make_way(&mut self) {
        if let Self::Writer(seat) = self {
            seat.make_way();
        }
    }

    /// Makes the savepoint last, and returns when the disk has it.
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Reader(_) => Err(Error::Unusable("a reader has nothing to commit".to_owned())),
            Self::Writer(seat) => seat.commit().await,
        }
    }
}
