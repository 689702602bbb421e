//! A whole server for a test: its own database, a clock that the test moves,
//! and a real listener, so that tests go in through the front door.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bailiwick_app::clock::Clock;
use bailiwick_app::context::Context;
use bailiwick_app::random::SystemRandom;
use bailiwick_app::settings::{BaseUrl, Settings};
use bailiwick_domain::field::Parse;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_outbound::AllowList;
use bailiwick_store::Database;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::postgres::Cluster;

/// Which database a test runs on; every story runs on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// The big one.
    Postgres,
}

/// A clock that stands still until the test moves it.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// 2026-11-20T09:30:00Z, when all stories begin.
    const BEGINNING: Timestamp = Timestamp::from_seconds(1_795_167_000);

    /// Moves on.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_microseconds(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::SeqCst))
    }
}

/// A running server with its database.
#[derive(Debug)]
pub struct Bench {
    /// The origin of the server, such as `http://127.0.0.1:4711`.
    pub origin: String,
    /// The moment, as this server and its further nodes see it.
    pub clock: Arc<TestClock>,
    /// The inside of the server, to arrange what no route can.
    pub context: Arc<Context>,
    /// A client that follows no redirects and keeps no cookies.
    pub client: reqwest::Client,
    database_url: String,
    directory: Arc<TempDir>,
    database: Option<Arc<crate::postgres::Database>>,
    stop: watch::Sender<bool>,
    /// Held so that they end with the bench.
    _tasks: JoinSet<()>,
}

impl Bench {
    /// Starts a server on a fresh database of this kind. It may call back to this machine.
    ///
    /// # Panics
    /// When it does not start: the test has failed then.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// The same with other settings.
    ///
    /// # Panics
    /// When it does not start: the test has failed then.
    #[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Settings)) -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("a temporary directory"));
        let (url, database) = match engine {
            Engine::Sqlite => (format!("sqlite://{}", directory.path().join("bailiwick.db").display()), None),
            Engine::Postgres => {
                let database = Cluster::shared().create_database_with_tables().expect("a database");
                (database.url().to_owned(), Some(Arc::new(database)))
            }
        };
        let clock = Arc::new(TestClock(AtomicI64::new(TestClock::BEGINNING.microseconds())));
        Self::node_on(url, directory, database, clock, change).await
    }

    /// Starts another node of the same server: the same database, keys and clock.
    pub async fn another_node(&self) -> Self {
        self.another_node_with(|_| {}).await
    }

    /// Starts another node of the same server whose settings differ.
    pub async fn another_node_with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let (url, directory) = (self.database_url.clone(), Arc::clone(&self.directory));
        let base_url = self.context.settings.base_url.clone();
        let change = |settings: &mut Settings| {
            settings.base_url = base_url;
            change(settings);
        };
        Self::node_on(url, directory, self.database.clone(), Arc::clone(&self.clock), change).await
    }

    #[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
    async fn node_on(
        url: String,
        directory: Arc<TempDir>,
        database: Option<Arc<crate::postgres::Database>>,
        clock: Arc<TestClock>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        crate::http::choose_cryptography();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut settings = settings(address, &directory);
        change(&mut settings);
        let store = Database::open(&url).await.expect("the database opens");
        let context = Context::open(settings, store, Arc::<TestClock>::clone(&clock), Arc::new(SystemRandom)).await;
        let context = Arc::new(context.expect("the server starts"));
        let registry = Arc::new(bailiwick_server::registry().expect("declarations that fit together"));
        let routes = bailiwick_server::routes(registry, Arc::clone(&context));
        let (stop, stopping) = watch::channel(false);
        let mut tasks = context.start_background(&stopping);
        tasks.spawn(bailiwick_server::listener::serve(listener, routes, stopping));
        Self {
            origin: format!("http://{address}"),
            clock,
            context,
            client: crate::http::client().expect("a client"),
            database_url: url,
            directory,
            database,
            stop,
            _tasks: tasks,
        }
    }

    /// The address of a path on this server.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The address of the database, to look at it past the server.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The server's data directory.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

#[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
fn settings(address: SocketAddr, directory: &TempDir) -> Settings {
    Settings {
        outbound_allow: AllowList::parse("127.0.0.1:*").expect("an allow list"),
        ..Settings::new(
            BaseUrl::parse_text(&format!("http://{address}")).expect("an origin"),
            directory.path().to_owned(),
        )
    }
}

/// Runs each story on both engines, as two tests of its name.
///
/// ```text
/// on_both_engines! {
///     async fn a_person_signs_in(bench: Bench) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($bench:ident: Bench) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($bench: $crate::bench::Bench) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story($crate::bench::Bench::start($crate::bench::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                story($crate::bench::Bench::start($crate::bench::Engine::Postgres).await).await;
            }
        }
    )* };
}
