//! Moving a whole database to another server, of either engine: out into a file, and in from one.
//!
//! The form of the file is the domain's ([`bailiwick_domain::transfer`]), the statements are the store's. What goes out
//! is what there was at one moment. What comes in is read twice: first to check all of it, then to write it, in one
//! transaction that is read back and compared before it lasts.

mod export;
mod file;
mod import;

use std::io;
use std::path::PathBuf;

use bailiwick_domain::transfer::{Digester, Refusal, Schema};
use bailiwick_store::{Error as StoreError, Link, transfer};

use crate::vault::VaultError;

pub use bailiwick_domain::transfer::{About, Summary, TableSum};
pub use export::export;
pub use file::ExportFile;
pub use import::{Checked, ImportFile, Imported};

/// Why a database was not moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The database does not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was exported cannot be written.
    #[error("the export cannot be written: {0}")]
    Write(io::Error),
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// There is a file already.
    #[error("{0} is there already; --overwrite puts the export in its place")]
    Exists(PathBuf),
    /// The file is a pipe or a terminal, which can be read only once.
    #[error("{0} must be a file: it is read twice, first to check it and then to import it")]
    NoFile(PathBuf),
    /// The file is not as it was exported, or not for this version.
    #[error("{0}: {1}")]
    Refused(PathBuf, Refusal),
    /// The file is another than the one that was checked.
    #[error("{0} was changed while it was imported")]
    Changed(PathBuf),
    /// The file comes from a database that no server ever used.
    #[error("{0} comes from a server that was never set up: there is nothing to import, set the new one up instead")]
    NotSetUp(PathBuf),
    /// The master key is not that of the server that the file comes from.
    #[error(
        "{0} is not the master key of the server that the file comes from, and without that key nothing that is sealed \
         in it would ever open again: copy keys/master.key from the data directory of that server to {0} first"
    )]
    ForeignKey(PathBuf),
    /// There is no master key.
    #[error(
        "{0} is not there: copy keys/master.key from the data directory of the server that the file comes from to {0} \
         first, or nothing that is sealed in it would ever open again"
    )]
    NoKey(PathBuf),
    /// The master key cannot be read.
    #[error(transparent)]
    Vault(VaultError),
    /// Somebody has used the database.
    #[error(
        "the database is not empty: it has organisations, people or an audit log of its own; name a new one \
          with database_url (BAILIWICK_DATABASE_URL)"
    )]
    Used,
    /// What the database gives back is not what it was given.
    #[error("what the database has in {0} is not what the file says")]
    NotRead(String),
}

impl From<VaultError> for TransferError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Absent(path) => Self::NoKey(path),
            VaultError::Foreign(path) => Self::ForeignKey(path),
            other => Self::Vault(other),
        }
    }
}

/// How far a move is, for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is being done, in a word such as `checking`.
    pub doing: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// How much there is of it.
    pub total: u64,
}

/// Lets whoever else waits for the thread have a turn, such as who listens for the word to stop.
async fn breathe() {
    tokio::task::yield_now().await;
}

/// How many rows there are in all.
async fn count(link: &mut Link, schema: &Schema) -> Result<u64, StoreError> {
    let mut total = 0;
    for table in &schema.tables {
        total += transfer::count(link, table).await?;
    }
    Ok(total)
}

/// Reads everything, and keeps no more of it than what it comes to.
async fn digest(link: &mut Link, schema: &Schema, mut progress: impl FnMut(u64)) -> Result<Summary, StoreError> {
    let (mut digester, mut done) = (Digester::default(), 0);
    for table in &schema.tables {
        let mut after = None;
        loop {
            let page = transfer::page(link, table, after.as_deref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(table.key_of(last));
            for row in &page {
                digester.row(table, row);
                done += 1;
            }
            progress(done);
            breathe().await;
        }
        digester.table_end(table);
    }
    Ok(digester.finish())
}
