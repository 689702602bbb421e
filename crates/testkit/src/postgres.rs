//! Databases for tests that need a real PostgreSQL.
//!
//! One cluster serves a whole run: `cargo xtask test` starts it and names it in
//! `BAILIWICK_TEST_POSTGRES_URL`. Under a plain `cargo test` each test program
//! starts its own at first need. A developer may name one of their own there,
//! which is left as it was found.

use std::{
    env,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, anyhow};
use bailiwick_store::Database as Store;
use tokio_postgres::{Client, NoTls, error::SqlState};

pub mod server;

use server::Server;

/// A PostgreSQL to make databases in.
#[derive(Debug)]
pub struct Cluster {
    /// The address of a database that is always there, to give orders from.
    url: String,
    /// Whether it is thrown away whole. Then no database is dropped: PostgreSQL writes everything to
    /// the disk for each, which takes a second where the disk is busy.
    is_thrown_away: bool,
    /// Held so that the server lives as long as this process, where it is ours.
    _server: Option<Server>,
}

static SHARED: LazyLock<Result<Cluster, String>> =
    LazyLock::new(|| Cluster::find_or_start().map_err(|error| format!("{error:#}")));

/// The database of this process that has our tables and is never used, to copy from.
static MIGRATED: LazyLock<Result<Database, String>> =
    LazyLock::new(|| Cluster::shared().create_template().map_err(|error| format!("{error:#}")));

/// Numbers the databases of this process.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Cluster {
    /// The cluster of this test run.
    ///
    /// # Panics
    /// When there is no PostgreSQL: a test that needs one has failed then.
    #[must_use]
    #[expect(clippy::panic, reason = "without its database a test has failed, and says why")]
    pub fn shared() -> &'static Self {
        match &*SHARED {
            Ok(cluster) => cluster,
            Err(reason) => panic!("{reason}"),
        }
    }

    fn find_or_start() -> Result<Self> {
        if let Ok(url) = env::var("BAILIWICK_TEST_POSTGRES_URL") {
            let is_thrown_away = env::var_os("BAILIWICK_TEST_POSTGRES_THROWN_AWAY").is_some();
            return Ok(Self { url, is_thrown_away, _server: None });
        }
        let programs = server::find_programs().with_context(|| {
            format!("no PostgreSQL {} or newer on this machine: run `cargo xtask test`", server::OLDEST_MAJOR)
        })?;
        let server = Server::start_for_tests(&programs)?;
        Ok(Self { url: server.url(), is_thrown_away: true, _server: Some(server) })
    }

    /// Makes an empty database that nobody else uses.
    pub fn create_database(&self) -> Result<Database> {
        self.create_database_from("template1")
    }

    /// Makes a database that nobody else uses, with the tables of the server: a copy, as making them again for each
    /// test takes longer than most tests do. A cluster that stays keeps no template of ours; there it is empty, and
    /// the server makes its tables.
    pub fn create_database_with_tables(&self) -> Result<Database> {
        if !self.is_thrown_away {
            return self.create_database();
        }
        let template = MIGRATED.as_ref().map_err(|reason| anyhow!("{reason}"))?;
        self.create_database_from(&template.name)
    }

    fn create_template(&self) -> Result<Database> {
        let database = self.create_database()?;
        let url = database.url.clone();
        // Nobody may be connected to what is copied: the connections end with their thread's executor.
        on_a_thread(async move { Store::open(&url).await.map(drop).context("the tables cannot be made") })?;
        Ok(database)
    }

    fn create_database_from(&self, template: &str) -> Result<Database> {
        loop {
            let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            match execute(&self.url, format!("CREATE DATABASE {name} TEMPLATE {template}")) {
                // A cluster that outlives its users may hold what an older process of our number left.
                Err(error) if has_state(&error, &SqlState::DUPLICATE_DATABASE) => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    let drop_from = (!self.is_thrown_away).then(|| self.url.clone());
                    return Ok(Database { url: self.url_of(&name)?, name, drop_from });
                }
            }
        }
    }

    fn url_of(&self, database: &str) -> Result<String> {
        let mut url = url::Url::parse(&self.url).context("BAILIWICK_TEST_POSTGRES_URL is no address")?;
        url.set_path(database);
        Ok(url.into())
    }
}

/// One database. It goes with this value, or with its cluster, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
    /// The address to drop it from, where that has to be done.
    drop_from: Option<String>,
}

impl Database {
    /// Its address, `postgres://…`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(cluster) = &self.drop_from {
            // A test that passed has not failed because its database could not be dropped.
            let _ = execute(cluster, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// A connection past the server, open as long as somebody holds it.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.with_context(|| format!("no connection to {url}"))?;
    tokio::spawn(connection);
    Ok(client)
}

/// Runs one statement.
fn execute(url: &str, statement: String) -> Result<()> {
    let url = url.to_owned();
    on_a_thread(async move {
        let (client, connection) =
            tokio_postgres::connect(&url, NoTls).await.with_context(|| format!("no connection to {url}"))?;
        let connection = tokio::spawn(connection);
        let outcome = client.batch_execute(&statement).await.with_context(|| statement.clone());
        drop(client);
        connection.await??;
        outcome
    })
}

/// Runs this to its end on a thread of its own, so that synchronous and asynchronous tests can both ask for it.
fn on_a_thread(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let worker = thread::spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work));
    worker.join().map_err(|_| anyhow!("the thread that gives orders to PostgreSQL panicked"))?
}

fn has_state(error: &anyhow::Error, state: &SqlState) -> bool {
    error.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::code) == Some(state)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_cluster_that_stays_is_left_as_it_was() {
        let cluster = Cluster { url: Cluster::shared().url.clone(), is_thrown_away: false, _server: None };
        let database = cluster.create_database().unwrap();
        let url = database.url().to_owned();
        execute(&url, "CREATE TABLE here (id bigint PRIMARY KEY)".to_owned()).unwrap();
        drop(database);
        let error = execute(&url, "SELECT 1".to_owned()).unwrap_err();
        assert!(has_state(&error, &SqlState::INVALID_CATALOG_NAME), "{error:#}");
    }

    #[test]
    fn databases_do_not_see_each_other() {
        let cluster = Cluster::shared();
        let (one, other) = (cluster.create_database().unwrap(), cluster.create_database().unwrap());
        execute(one.url(), "CREATE TABLE only_in_one (id bigint)".to_owned()).unwrap();
        let error = execute(other.url(), "SELECT * FROM only_in_one".to_owned()).unwrap_err();
        assert!(has_state(&error, &SqlState::UNDEFINED_TABLE), "{error:#}");
    }

    #[test]
    fn a_copy_has_the_tables_and_is_nobody_elses() {
        let cluster = Cluster::shared();
        let copies = [(); 2].map(|()| cluster.create_database_with_tables().unwrap());
        execute(copies[0].url(), "DROP TABLE users CASCADE".to_owned()).unwrap();
        execute(copies[1].url(), "SELECT id FROM users".to_owned()).unwrap();
        execute(copies[0].url(), "SELECT id FROM users".to_owned()).unwrap_err();
    }

    #[tokio::test]
    async fn an_asynchronous_test_can_ask_too() {
        assert!(Cluster::shared().create_database().unwrap().url().starts_with("postgres://"));
    }

    #[test]
    fn a_server_is_gone_after_its_owner() {
        let programs = server::find_programs().unwrap();
        let server = Server::start(&programs).unwrap();
        let url = server.url();
        execute(&url, "SELECT 1".to_owned()).unwrap();
        drop(server);
        assert!(execute(&url, "SELECT 1".to_owned()).is_err());
    }
}
