//! Putting all rows of another database into one that is new, in one transaction.

use bailiwick_domain::transfer::{Cell, Schema, Table};

use super::cells;
use super::statements::{of, quoted};
use crate::database::{Database, WriteTransaction};
use crate::error::{Error, Result};
use crate::link::{Engine, Link};
use crate::migrate::POSTGRES_PATIENCE;
use crate::row::record;
use crate::statement::{Access, Statement, statements};

statements! {
    /// Whether anybody has used the database: what a first start leaves there counts for nothing.
    Read IS_USED = "SELECT EXISTS (SELECT 1 FROM organisations) OR EXISTS (SELECT 1 FROM users) \
        OR EXISTS (SELECT 1 FROM audit)";
    /// Whether there is an owner, without whom no server is set up.
    Read HAS_OWNER = "SELECT EXISTS (SELECT 1 FROM organisations WHERE kind = 'owner')";
}

/// What has to refer to something that is there, in PostgreSQL.
static REFERENCES: Statement = Statement::new(
    "transfer::REFERENCES",
    Access::Read,
    "SELECT t.relname::text, c.conname::text, pg_get_constraintdef(c.oid) FROM pg_constraint c \
     JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
     WHERE c.contype = 'f' AND n.nspname = current_schema() ORDER BY t.relname, c.conname",
);

record! {
    /// One constraint.
    #[derive(Debug)]
    struct Reference {
        table: String,
        name: String,
        definition: String,
    }
}

/// A transaction that takes everything in; nothing of it stays unless it is committed.
#[derive(Debug)]
pub struct Insertion {
    transaction: WriteTransaction,
    /// Rows that wait until a statement is full.
    waiting: Vec<Vec<Cell>>,
    /// What PostgreSQL does not look at meanwhile: a row may come before the one that it refers to.
    references: Vec<Reference>,
}

impl Insertion {
    /// Begins; from now on nobody else changes anything, nor reads anything on PostgreSQL. Nothing where somebody has
    /// used the database. What a first start left there goes.
    pub async fn begin(database: &Database, schema: &Schema) -> Result<Option<Self>> {
        let mut transaction = database.write().await?;
        let mut references: Vec<Reference> = Vec::new();
        if matches!(transaction.engine, Engine::Postgres(_)) {
            transaction.batch(POSTGRES_PATIENCE).await?;
            let tables: Vec<String> = schema.tables.iter().map(|table| quoted(&table.name)).collect();
            transaction.batch(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "))).await?;
            references = transaction.all(&REFERENCES, &[]).await?;
        }
        if transaction.one::<bool>(&IS_USED, &[]).await? {
            return Ok(None);
        }
        references.retain(|reference| schema.tables.iter().any(|table| table.name == reference.table));
        for Reference { table, name, .. } in &references {
            transaction.batch(&format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(table), quoted(name))).await?;
        }
        if matches!(transaction.engine, Engine::Sqlite(_)) {
            transaction.batch("PRAGMA defer_foreign_keys = ON").await?;
        }
        for table in schema.tables.iter().rev() {
            transaction.change(&of(table)?.clear, &[]).await?;
        }
        Ok(Some(Self { transaction, waiting: Vec::new(), references }))
    }

    /// Takes a row of a table.
    pub async fn insert(&mut self, table: &Table, row: Vec<Cell>) -> Result<()> {
        let statements = of(table)?;
        self.waiting.push(row);
        if self.waiting.len() < statements.rows_at_once {
            return Ok(());
        }
        let values: Vec<_> = self.waiting.drain(..).flatten().map(|cell| cells::value(&cell)).collect();
        self.transaction.change(&statements.insert_many, &values).await.map(|_| ())
    }

    /// Ends a table: the next row may be of another one.
    pub async fn end_table(&mut self, table: &Table) -> Result<()> {
        let statements = of(table)?;
        for row in self.waiting.drain(..) {
            let values: Vec<_> = row.iter().map(cells::value).collect();
            self.transaction.change(&statements.insert, &values).await?;
        }
        Ok(())
    }

    /// Looks whether whatever is referred to is there.
    ///
    /// # Errors
    /// [`Error::Dangling`] when something is not.
    pub async fn check_references(&mut self) -> Result<()> {
        for Reference { table, name, definition } in std::mem::take(&mut self.references) {
            let (table, name) = (quoted(&table), quoted(&name));
            self.transaction.batch(&format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")).await?;
        }
        let Engine::Sqlite(link) = &mut self.transaction.engine else { return Ok(()) };
        link.with(|connection| {
            let mut check = connection.prepare("PRAGMA foreign_key_check")?;
            let mut rows = check.query([])?;
            let Some(row) = rows.next()? else { return Ok(()) };
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Err(Error::Dangling(format!("a row of {table} refers to a row of {parent} that is not there")))
        })
    }

    /// Whether there is an owner, without whom no server is set up.
    pub async fn has_owner(&mut self) -> Result<bool> {
        self.transaction.one(&HAS_OWNER, &[]).await
    }

    /// What is there now, to be read.
    pub fn link(&mut self) -> &mut Link {
        &mut self.transaction
    }

    /// Makes it last.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await
    }
}
