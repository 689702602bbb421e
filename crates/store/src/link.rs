//! A way to the database on which one can only read.

use crate::error::{Error, Result};
use crate::postgres::PostgresLink;
use crate::row::{Record, Row};
use crate::sqlite::SqliteLink;
use crate::statement::{Access, Statement};
use crate::value::Value;

/// A connection for reading, inside a [`crate::WriteTransaction`] or outside.
///
/// Outside a transaction each statement sees the database at one moment: on
/// PostgreSQL at one of its own, on SQLite all statements of a link at the same.
#[derive(Debug)]
pub struct Link {
    pub(crate) engine: Engine,
    /// Whether a statement failed. PostgreSQL then takes `COMMIT` for `ROLLBACK`
    /// and reports success, so a transaction must refuse to commit by itself.
    pub(crate) failed: bool,
}

#[derive(Debug)]
pub(crate) enum Engine {
    Sqlite(SqliteLink),
    Postgres(PostgresLink),
}

impl Link {
    pub(crate) const fn new(engine: Engine) -> Self {
        Self { engine, failed: false }
    }

    /// All rows of a query. Every query bounds itself with a `LIMIT`.
    pub async fn all<T: Record>(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Vec<T>> {
        debug_assert_ne!(statement.access(), Access::Write, "{} reads", statement.name());
        self.fetch(statement, values).await
    }

    /// The row of a query that has at most one.
    pub async fn optional<T: Record>(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Option<T>> {
        debug_assert_ne!(statement.access(), Access::Write, "{} reads", statement.name());
        let outcome = self.try_fetch_first(statement, values).await;
        self.failed |= outcome.is_err();
        outcome
    }

    /// The row of a query that always has one, such as a count.
    pub async fn one<T: Record>(&mut self, statement: &'static Statement, values: &[Value]) -> Result<T> {
        let row = self.optional(statement, values).await?;
        row.ok_or_else(|| Error::Row(format!("{} gave no row", statement.name())))
    }

    pub(crate) async fn fetch<T: Record>(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Vec<T>> {
        let outcome = self.try_fetch(statement, values).await;
        self.failed |= outcome.is_err();
        outcome
    }

    async fn try_fetch<T: Record>(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Vec<T>> {
        match &mut self.engine {
            Engine::Sqlite(link) => link.with(|connection| {
                let mut prepared = connection.prepare_cached(statement.sqlite())?;
                let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
                let mut records = Vec::new();
                while let Some(row) = rows.next()? {
                    records.push(T::read(&mut Row::sqlite(row))?);
                }
                Ok(records)
            }),
            Engine::Postgres(link) => {
                let rows = link.query(statement, values).await?;
                rows.iter().map(|row| T::read(&mut Row::postgres(row))).collect()
            }
        }
    }

    /// Reads the first row alone: no list is made for it, and SQLite looks for no second one.
    async fn try_fetch_first<T: Record>(
        &mut self,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Option<T>> {
        match &mut self.engine {
            Engine::Sqlite(link) => link.with(|connection| {
                let mut prepared = connection.prepare_cached(statement.sqlite())?;
                let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
                rows.next()?.map(|row| T::read(&mut Row::sqlite(row))).transpose()
            }),
            Engine::Postgres(link) => {
                let rows = link.query(statement, values).await?;
                rows.first().map(|row| T::read(&mut Row::postgres(row))).transpose()
            }
        }
    }

    pub(crate) async fn execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64> {
        let outcome = self.try_execute(statement, values).await;
        self.failed |= outcome.is_err();
        outcome
    }

    async fn try_execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64> {
        match &mut self.engine {
            Engine::Sqlite(link) => link.with(|connection| {
                let changed =
                    connection.prepare_cached(statement.sqlite())?.execute(rusqlite::params_from_iter(values))?;
                Ok(u64::try_from(changed).unwrap_or(u64::MAX))
            }),
            Engine::Postgres(link) => link.execute(statement, values).await,
        }
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        let outcome = match &mut self.engine {
            Engine::Sqlite(link) => link.with(|connection| Ok(connection.execute_batch(sql)?)),
            Engine::Postgres(link) => link.batch(sql).await,
        };
        self.failed |= outcome.is_err();
        outcome
    }

    /// Prepares a statement without running it: an error when this engine does not understand it.
    pub async fn prepare(&mut self, statement: &'static Statement) -> Result<()> {
        match &mut self.engine {
            Engine::Sqlite(link) => {
                link.with(|connection| Ok(connection.prepare_cached(statement.sqlite()).map(|_| ())?))
            }
            Engine::Postgres(link) => link.prepare(statement).await,
        }
    }
}
