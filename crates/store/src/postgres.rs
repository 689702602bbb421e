//! PostgreSQL: a pool of connections.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use rustls::ClientConfig;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::statement::{Access, Statement};
use crate::value::Value;

/// Connections at the most; PostgreSQL's own default allows 100 for everybody.
const CONNECTIONS_MAX: usize = 16;
/// How long a request waits for a connection.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long the rollback of an abandoned transaction may take before the
/// connection is given up and the server told to cancel.
const ROLLBACK_MAX: Duration = Duration::from_millis(200);
/// The oldest server version that we know to work, as PostgreSQL counts.
const SERVER_VERSION_MIN: i64 = 150_000;

/// How connections are encrypted, where the URL asks for it.
#[derive(Clone)]
struct Tls(MakeRustlsConnect);

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls(…)")
    }
}

/// A PostgreSQL database.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pool: Pool,
    tls: Tls,
}

impl Postgres {
    /// Connects once, to see that the URL and the server will do.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let mut config: Config = url.parse().map_err(|error| Error::Unusable(format!("database URL: {error}")))?;
        config.connect_timeout(CONNECT_MAX);
        config.application_name("bailiwick");
        let tls = MakeRustlsConnect::new(tls_config()?);
        let manager =
            Manager::from_config(config, tls.clone(), ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let timeouts = Timeouts { wait: Some(WAIT_MAX), create: Some(CONNECT_MAX), recycle: Some(CONNECT_MAX) };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .post_create(deadpool_postgres::Hook::async_fn(|client, _| {
                Box::pin(async move {
                    // What is acknowledged is on the disk, whatever the server's own default is. No statement runs so
                    // long that it would be worth while to compile it.
                    let settings = "SET synchronous_commit = on; SET statement_timeout = '30s'; SET TIME ZONE 'UTC'; \
                                    SET jit = off";
                    client.batch_execute(settings).await.map_err(deadpool_postgres::HookError::Backend)
                })
            }))
            .build()
            .map_err(|error| Error::Unusable(format!("database pool: {error}")))?;
        let database = Self { pool, tls: Tls(tls) };
        database.check_version().await?;
        Ok(database)
    }

    async fn check_version(&self) -> Result<()> {
        let client = self.pool.get().await?;
        let row = client.query_one("SELECT current_setting('server_version_num')::bigint", &[]).await?;
        let version: i64 = row.try_get(0)?;
        if version < SERVER_VERSION_MIN {
            return Err(Error::Unusable(format!("PostgreSQL 15 or newer is needed, this server is {version}")));
        }
        Ok(())
    }

    /// A connection, as soon as one is free.
    pub(crate) async fn take(&self) -> Result<PostgresLink> {
        let client = Some(self.pool.get().await?);
        Ok(PostgresLink { client, in_transaction: false, is_waiting: false, tls: self.tls.clone() })
    }
}

/// Trusts what the machine trusts; whether TLS is used is the URL's `sslmode`.
fn tls_config() -> Result<ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::Unusable(format!("TLS: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// One connection in somebody's hands; it goes back to the pool when dropped.
#[derive(Debug)]
pub(crate) struct PostgresLink {
    client: Option<Object>,
    in_transaction: bool,
    /// Whether a statement was sent and has not been answered: whoever waited for it may have given up.
    is_waiting: bool,
    tls: Tls,
}

impl PostgresLink {
    /// The rows of a query.
    pub(crate) async fn query(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Vec<Row>> {
        let client = self.wait()?;
        let prepared = client.prepare_cached(statement.postgres()).await;
        let rows = match prepared {
            Ok(prepared) if statement.access() == Access::List => list(client, &prepared, values, LIST).await,
            Ok(prepared) if statement.access() == Access::Walk => list(client, &prepared, values, WALK).await,
            Ok(prepared) => client.query(&prepared, &parameters(values)).await,
            Err(error) => Err(error),
        };
        self.is_waiting = false;
        Ok(rows?)
    }

    /// How many rows a statement changed.
    pub(crate) async fn execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64> {
        let client = self.wait()?;
        let prepared = client.prepare_cached(statement.postgres()).await;
        let changed = match prepared {
            Ok(prepared) => client.execute(&prepared, &parameters(values)).await,
            Err(error) => Err(error),
        };
        self.is_waiting = false;
        Ok(changed?)
    }

    /// Runs statements without parameters.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        let outcome = self.wait()?.batch_execute(sql).await;
        self.is_waiting = false;
        Ok(outcome?)
    }

    /// Prepares a statement without running it.
    pub(crate) async fn prepare(&mut self, statement: &'static Statement) -> Result<()> {
        let outcome = self.wait()?.prepare_cached(statement.postgres()).await;
        self.is_waiting = false;
        Ok(outcome.map(|_| ())?)
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, durability: Durability) -> Result<()> {
        self.in_transaction = true;
        self.batch(match durability {
            Durability::ThroughPowerFailures => "BEGIN",
            Durability::ThroughCrashes => "BEGIN; SET LOCAL synchronous_commit = off",
        })
        .await
    }

    /// Begins a transaction that reads what there is at this moment, however long it takes.
    pub(crate) async fn begin_snapshot(&mut self) -> Result<()> {
        self.in_transaction = true;
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0").await
    }

    /// Makes the transaction last.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let outcome = self.batch("COMMIT").await;
        // Only a commit that was answered leaves the connection in a known state.
        self.in_transaction = outcome.is_err();
        outcome
    }

    fn wait(&mut self) -> Result<&Object> {
        let client = self.client.as_ref().ok_or_else(|| Error::Unavailable("the connection is gone".to_owned()))?;
        self.is_waiting = true;
        Ok(client)
    }
}

/// What plans a list once for all values, and without regard to how long each table is.
macro_rules! for_lists {
    () => {
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; \
         SET enable_mergejoin = off; SET random_page_cost = 1.1; SET max_parallel_workers_per_gather = 0"
    };
}

/// What plans as before.
macro_rules! for_others {
    () => {
        "RESET plan_cache_mode; RESET enable_seqscan; RESET enable_hashjoin; RESET enable_mergejoin; \
         RESET random_page_cost; RESET max_parallel_workers_per_gather"
    };
}

/// The settings of an [`Access::List`], and what takes them back.
const LIST: [&str; 2] = [for_lists!(), for_others!()];
/// The same of an [`Access::Walk`].
pub(crate) const WALK: [&str; 2] = [
    concat!(for_lists!(), "; SET join_collapse_limit = 1; SET enable_sort = off; SET enable_material = off"),
    concat!(for_others!(), "; RESET join_collapse_limit; RESET enable_sort; RESET enable_material"),
];

/// The rows of a statement under settings of its own, which are taken back. All three messages are under way at once.
async fn list(
    client: &Object,
    statement: &tokio_postgres::Statement,
    values: &[Value],
    [settings, reset]: [&str; 2],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let values = parameters(values);
    let (set, rows, reset) = tokio::join!(
        biased;
        client.batch_execute(settings),
        client.query(statement, &values),
        client.batch_execute(reset),
    );
    let rows = rows?;
    set?;
    reset?;
    Ok(rows)
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

impl Drop for PostgresLink {
    /// Leaves a connection that the next one can use: rolls an unfinished
    /// transaction back, and takes a connection that somebody gave up waiting
    /// for out of the pool, where it would hold up the next one.
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        if !self.in_transaction && !self.is_waiting {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(client));
            return;
        };
        let (tls, may_recover) = (self.tls.clone(), self.in_transaction);
        runtime.spawn(async move {
            let is_idle = may_recover
                && matches!(tokio::time::timeout(ROLLBACK_MAX, client.batch_execute("ROLLBACK")).await, Ok(Ok(())));
            if !is_idle {
                // A statement still runs, or the connection is broken: end both.
                let cancel = client.cancel_token();
                drop(Object::take(client));
                if let Err(error) = cancel.cancel_query(tls.0).await {
                    tracing::debug!(%error, "a statement could not be cancelled");
                }
            }
        });
    }
}
