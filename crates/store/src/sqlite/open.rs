//! Opening SQLite files with the settings that our promises rest on.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::deadline;
use crate::error::{Error, Result};

/// How long opening waits for another process that is opening too.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
/// How long a reader waits for a lock; in WAL mode readers hardly ever meet one.
const READER_PATIENCE: Duration = Duration::from_secs(5);
/// Statements that stay prepared on each connection.
const PREPARED_STATEMENTS: usize = 256;
/// The page cache of each connection, in KiB; it is taken only as needed.
const CACHE_KIBIBYTES: i32 = 8 * 1024;

/// Steps of SQLite's between two looks at the clock while something is read: about a millisecond's.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

/// How much of the file readers see as memory, in bytes; it is as much as SQLite allows. What was read of it counts as
/// memory of the process until hardly anything is read, or somebody else needs that memory.
const MAPPED_MAX: i64 = 0x7fff_0000;

/// Creates the file for its owner's eyes only, where there is none.
pub(super) fn create_private(path: &Path) -> Result<()> {
    let created = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    created.map(|_| ()).map_err(|error| Error::Unusable(format!("database file {}: {error}", path.display())))
}

/// Looks whether there is a file with the schema of this program, of whatever age.
pub(super) fn look(path: &Path) -> Result<()> {
    let refuse =
        |problem: &dyn std::fmt::Display| Error::Unusable(format!("database file {}: {problem}", path.display()));
    // SQLite takes an empty file for a database, and begins it with the first setting.
    match std::fs::metadata(path) {
        Err(error) => return Err(refuse(&error)),
        Ok(found) if !found.is_file() => return Err(refuse(&"this is no file")),
        Ok(found) if found.len() == 0 => return Err(refuse(&"it is empty")),
        Ok(_) => {}
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let is_ours = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(READER_PATIENCE)?;
        connection.table_exists(None, crate::migrate::TABLE_NAME)
    });
    match is_ours {
        Ok(true) => Ok(()),
        Ok(false) => Err(refuse(&"it has no tables of this program")),
        Err(error) => Err(refuse(&error)),
    }
}

/// The connection for writing: it never waits by itself, because that would
/// hold up an async worker; the writer's queue waits instead.
pub(super) fn writer(path: &Path) -> Result<Connection> {
    let connection = patiently(|| prepare(path))?;
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// A connection for reading.
pub(super) fn reader(path: &Path) -> Result<Connection> {
    let mut connection = patiently(|| prepare(path))?;
    connection.busy_timeout(READER_PATIENCE)?;
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(deadline::is_past))?;
    connection.pragma_update(None, "query_only", true)?;
    // A page that is not in the cache costs a system call and a copy; in a large file most are not.
    connection.pragma_update(None, "mmap_size", MAPPED_MAX)?;
    Ok(connection)
}

/// Gives the memory back that a reading connection has read into; it has no transaction.
pub(super) fn forget_what_was_read(reader: &Connection) -> Result<()> {
    reader.pragma_update(None, "mmap_size", 0)?;
    reader.pragma_update(None, "mmap_size", MAPPED_MAX)?;
    Ok(reader.execute_batch("PRAGMA shrink_memory")?)
}

fn prepare(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(READER_PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // Otherwise every statement whose plan could depend on a value (`$1 OR …`) is prepared afresh
    // each time another value is bound, which costs ten times its execution.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit that was answered is on the disk, even when the power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Repeats what fails only because another process is at it.
fn patiently<T>(attempt: impl Fn() -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(Error::Unavailable(_)) if begun.elapsed() < OPEN_PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}
