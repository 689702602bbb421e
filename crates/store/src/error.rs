//! What can go wrong in the store.

use std::sync::Arc;

use bailiwick_domain::fault::{Code, Fault};
use rusqlite::ffi;

use crate::deadline;

/// A failure of the store. Clonable, because transactions that share a commit
/// share its failure too.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A unique constraint says that it is there already.
    #[error("already there: {0}")]
    Conflict(String),
    /// A foreign key points to what is not there.
    #[error("refers to what is not there: {0}")]
    Dangling(String),
    /// The database is away, full, or too busy; trying again later makes sense.
    #[error("not available: {0}")]
    Unavailable(String),
    /// Nobody waits any longer for what was being read or written ([`Database::within`](crate::Database::within)).
    #[error("the deadline passed")]
    TooLate,
    /// A row is not of the shape that the query promised.
    #[error("row: {0}")]
    Row(String),
    /// Somebody wrote to the audit log past this program.
    #[error("tampered with: {0}")]
    Tampered(String),
    /// The data directory or the URL cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// Anything else that SQLite reports.
    #[error("sqlite: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// Anything else that PostgreSQL reports.
    #[error("postgres: {}", describe(.0))]
    Postgres(Arc<tokio_postgres::Error>),
}

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A PostgreSQL error in one line with the server's own words, or what caused it, which its `Display` leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(report) = error.as_db_error() {
        return format!("{} ({})", report.to_string().replace('\n', "; "), report.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let Some(report) = error.sqlite_error() else {
            return Self::Sqlite(Arc::new(error));
        };
        match (report.extended_code, report.extended_code & 0xff) {
            (ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY, _) => Self::Conflict(error.to_string()),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => Self::Dangling(error.to_string()),
            (
                _,
                ffi::SQLITE_BUSY
                | ffi::SQLITE_LOCKED
                | ffi::SQLITE_FULL
                | ffi::SQLITE_IOERR
                | ffi::SQLITE_NOMEM
                | ffi::SQLITE_READONLY
                | ffi::SQLITE_CANTOPEN,
            ) => Self::Unavailable(error.to_string()),
            // Nothing but the deadline of a reader interrupts.
            (_, ffi::SQLITE_INTERRUPT) => deadline::given_up(),
            _ => Self::Sqlite(Arc::new(error)),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(report) = error.as_db_error() else {
            // Without a report from the server the connection itself broke,
            // unless a value did not fit its column.
            let is_ours = std::error::Error::source(&error).is_none_or(|source| !source.is::<std::io::Error>());
            return if is_ours && !error.is_closed() {
                Self::Postgres(Arc::new(error))
            } else {
                Self::Unavailable(describe(&error))
            };
        };
        let code = report.code().code();
        match (code, code.get(..2).unwrap_or_default()) {
            ("23505", _) => Self::Conflict(describe(&error)),
            ("23503", _) => Self::Dangling(describe(&error)),
            // Connection trouble, lack of resources, an operator's intervention,
            // an I/O error, a deadlock or lost serialisation, a read-only server.
            ("25006" | "55P03", _) | (_, "08" | "53" | "57" | "58" | "40") => Self::Unavailable(describe(&error)),
            _ => Self::Postgres(Arc::new(error)),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(backend) => match Self::from(backend) {
                unavailable @ Self::Unavailable(_) => unavailable,
                other => Self::Unavailable(other.to_string()),
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) => Self { source: Some(Arc::new(error)), ..Self::new(Code::Unavailable) },
            Error::TooLate => Code::DeadlinePassed.into(),
            other => Self::broken(other),
        }
    }
}
