//! The store: everything that knows SQL, and nothing that knows a rule.
//!
//! One set of static statements serves SQLite and PostgreSQL ([`query`]). The
//! seam below it is small: [`Database::read`] gives a [`Link`] that can only
//! read, [`Database::write`] gives a [`WriteTransaction`] that rolls back
//! unless it is committed.
//!
//! * SQLite runs in the caller's thread: many readers, one writer. Transactions
//!   that queue up share one commit, each in its own savepoint; the commit, and
//!   with it the wait for the disk, happens on a thread of its own.
//! * PostgreSQL runs through a pool.

mod audit;
mod database;
mod deadline;
mod durability;
mod error;
mod link;
mod migrate;
mod postgres;
pub mod query;
mod row;
mod settled;
mod sqlite;
mod statement;
pub mod transfer;
mod value;

pub use audit::Ends;
pub use database::{Database, WriteTransaction};
pub use error::{Error, Result};
pub use link::Link;
pub use row::{Column, Record, Row, Stored};
pub use statement::{Access, Statement};
pub use value::Value;
