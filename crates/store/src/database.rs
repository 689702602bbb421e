//! A database of either kind.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use crate::audit::{self, Chain};
use crate::deadline;
use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::link::{Engine, Link};
use crate::migrate;
use crate::postgres::Postgres;
use crate::query::audit::AuditEntry;
use crate::row::Record;
use crate::settled::settle;
use crate::sqlite::Sqlite;
use crate::statement::{Access, Statement};
use crate::value::Value;

/// A database: cheap to clone, all clones are one.
#[derive(Clone, Debug)]
pub struct Database {
    kind: Kind,
    pub(crate) chain: Arc<Chain>,
}

#[derive(Clone, Debug)]
enum Kind {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    /// Opens `sqlite://PATH` or `postgres://…` and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the URL, the file or the server will not do.
    pub async fn open(url: &str) -> Result<Self> {
        let database = Self::connect(url).await?;
        migrate::run(&database).await?;
        Ok(database)
    }

    /// Opens a database that is there and up to date; makes nothing and changes nothing.
    ///
    /// # Errors
    /// [`Error::Unusable`], which says what is not there, also when the schema is an older one.
    pub async fn open_existing(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            Sqlite::check_existing(Path::new(path))?;
        }
        let database = Self::connect(url).await?;
        migrate::check(&database).await?;
        Ok(database)
    }

    /// Opens a database that is new, and makes its tables, or one that is up to date, and changes nothing.
    ///
    /// # Errors
    /// [`Error::Unusable`] when it is of another version of this program, or will not do.
    pub async fn open_new(url: &str) -> Result<Self> {
        let database = Self::connect(url).await?;
        migrate::begin(&database).await?;
        Ok(database)
    }

    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let kind = if let Some(path) = url.strip_prefix("sqlite://") {
            Kind::Sqlite(Sqlite::open(Path::new(path))?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Kind::Postgres(Postgres::open(url).await?)
        } else {
            return Err(Error::Unusable("the database URL must begin with sqlite:// or postgres://".to_owned()));
        };
        Ok(Self { kind, chain: Arc::default() })
    }

    /// The engine's name, for the log and for people.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite(_) => "sqlite",
            Kind::Postgres(_) => "postgres",
        }
    }

    /// A way to read.
    pub async fn read(&self) -> Result<Link> {
        settle().await?;
        Ok(Link::new(match &self.kind {
            Kind::Sqlite(sqlite) => Engine::Sqlite(sqlite.read().await?),
            Kind::Postgres(postgres) => Engine::Postgres(postgres.take().await?),
        }))
    }

    /// A way to read on which everything is as it was at one moment, on either engine and for as long as it takes.
    pub async fn snapshot(&self) -> Result<Link> {
        settle().await?;
        self.look_afresh();
        Ok(Link::new(match &self.kind {
            Kind::Sqlite(sqlite) => Engine::Sqlite(sqlite.read().await?),
            Kind::Postgres(postgres) => {
                let mut link = postgres.take().await?;
                link.begin_snapshot().await?;
                Engine::Postgres(link)
            }
        }))
    }

    /// A transaction that may write. Never wait for anything but the database
    /// while it is open: on SQLite everybody else's writes wait for it.
    pub async fn write(&self) -> Result<WriteTransaction> {
        self.begin(Durability::ThroughPowerFailures).await
    }

    /// The same for what need not outlast a power failure, only the end of this process in whatever way: the commit
    /// does not wait for the disk.
    pub async fn write_without_sync(&self) -> Result<WriteTransaction> {
        self.begin(Durability::ThroughCrashes).await
    }

    async fn begin(&self, durability: Durability) -> Result<WriteTransaction> {
        settle().await?;
        let engine = match &self.kind {
            Kind::Sqlite(sqlite) => Engine::Sqlite(sqlite.write(durability).await?),
            Kind::Postgres(postgres) => {
                let mut link = postgres.take().await?;
                link.begin(durability).await?;
                Engine::Postgres(link)
            }
        };
        Ok(WriteTransaction {
            link: Link::new(engine),
            chain: Arc::clone(&self.chain),
            entries: Vec::new(),
            holds_tree: false,
        })
    }

    /// Lets nobody who asks for a [`Link`] from now on see less than was committed up to this moment.
    ///
    /// What this process commits is seen by whoever asks next anyway. What
    /// another process commits to the same SQLite file may be seen on one link
    /// and, for some milliseconds, not yet on the next. So whoever has heard of
    /// such a change calls this before acting on it.
    pub fn look_afresh(&self) {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.look_afresh(),
            Kind::Postgres(_) => {}
        }
    }

    /// Gives the memory back that was read into, unless much was read since the last call: to be called now and then.
    pub async fn rest(&self) -> Result<()> {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.rest().await,
            Kind::Postgres(_) => Ok(()),
        }
    }

    /// Lets an SQLite file grow to so many pages and no more, as a full disk
    /// would; PostgreSQL has no such limit.
    ///
    /// # Errors
    /// [`Error::Unusable`] on PostgreSQL.
    pub async fn limit_pages(&self, pages: u32) -> Result<()> {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.limit_pages(pages).await,
            Kind::Postgres(_) => Err(Error::Unusable("only SQLite counts pages".to_owned())),
        }
    }
}

/// A transaction that may write; it rolls back unless it is committed.
#[derive(Debug)]
pub struct WriteTransaction {
    link: Link,
    pub(crate) chain: Arc<Chain>,
    /// Entries of the audit log, kept back until the commit.
    pub(crate) entries: Vec<AuditEntry>,
    /// Whether it holds the tree already, which many rows that one transaction adds ask for again and again.
    pub(crate) holds_tree: bool,
}

impl WriteTransaction {
    /// Runs a statement that changes something; returns how many rows it changed.
    pub async fn change(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64> {
        debug_assert_eq!(statement.access(), Access::Write, "{} writes", statement.name());
        self.link.execute(statement, values).await
    }

    /// Runs a statement that changes something and returns rows.
    pub async fn change_returning<T: Record>(
        &mut self,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Vec<T>> {
        debug_assert_eq!(statement.access(), Access::Write, "{} writes", statement.name());
        self.link.fetch(statement, values).await
    }

    /// Makes everything last, with its entries of the audit log; returns when it is on the disk.
    pub async fn commit(mut self) -> Result<()> {
        if self.link.failed {
            return Err(Error::Unavailable("a statement of the transaction failed".to_owned()));
        }
        let entries = std::mem::take(&mut self.entries);
        if !entries.is_empty() {
            audit::append(&mut self, entries).await?;
        }
        // Whoever is told that it took too long is told that nothing was changed.
        let _committing = deadline::begin_commit()?;
        match self.link.engine {
            Engine::Sqlite(link) => link.commit().await,
            Engine::Postgres(link) => link.commit().await,
        }
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        self.link.batch(sql).await
    }

    /// Notes that it holds the tree, and that what it does from now on may be about many thousands of rows.
    pub(crate) const fn note_tree(&mut self) {
        self.holds_tree = true;
        if let Engine::Sqlite(link) = &mut self.link.engine {
            link.make_way();
        }
    }
}

impl Deref for WriteTransaction {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.link
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut Link {
        &mut self.link
    }
}
