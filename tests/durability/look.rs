//! A look into the database, past the server.

use std::time::Duration;

use bailiwick_testkit::postgres;
use rusqlite::Connection;
use uuid::Uuid;

/// What a row of one table must have in another, and counts those that have not: all are 0 in a sound database.
const HALF_DONE: [(&str, &str); 8] = [
    (
        "systems without an audit entry",
        "SELECT COUNT(*) FROM systems s WHERE NOT EXISTS \
         (SELECT 1 FROM audit a WHERE a.subject_id = s.id AND a.action = 'system.created')",
    ),
    (
        "audit entries of systems that are not there",
        "SELECT COUNT(*) FROM audit a WHERE a.action = 'system.created' AND NOT EXISTS \
         (SELECT 1 FROM systems s WHERE s.id = a.subject_id)",
    ),
    (
        "systems without a used state",
        "SELECT COUNT(*) FROM systems s WHERE NOT EXISTS (SELECT 1 FROM used_states u WHERE u.system_id = s.id)",
    ),
    (
        "used states without a system",
        "SELECT COUNT(*) FROM used_states u WHERE NOT EXISTS (SELECT 1 FROM systems s WHERE s.id = u.system_id)",
    ),
    (
        "systems without a callback",
        "SELECT COUNT(*) FROM systems s WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.system_id = s.id)",
    ),
    (
        "callbacks without a system",
        "SELECT COUNT(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM systems s WHERE s.id = d.system_id)",
    ),
    (
        "sign-ins without an audit entry",
        "SELECT COUNT(*) FROM sessions s WHERE NOT EXISTS \
         (SELECT 1 FROM audit a WHERE a.subject_id = s.id AND a.action = 'session.started')",
    ),
    (
        "ended sign-ins without an audit entry or a word to other nodes",
        "SELECT COUNT(*) FROM sessions s WHERE s.ended_at IS NOT NULL AND NOT (EXISTS \
         (SELECT 1 FROM audit a WHERE a.subject_id = s.id AND a.action = 'session.ended') AND EXISTS \
         (SELECT 1 FROM invalidations i WHERE i.subject_id = s.id))",
    ),
];

/// A database to look into.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    Sqlite(String),
    Postgres(String),
}

impl Look {
    pub(crate) fn at(url: &str) -> Self {
        match url.strip_prefix("sqlite://") {
            Some(path) => Self::Sqlite(path.to_owned()),
            None => Self::Postgres(url.to_owned()),
        }
    }

    /// An id as SQL spells it.
    pub(crate) fn id(&self, id: Uuid) -> String {
        match self {
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
            Self::Postgres(_) => format!("'{id}'"),
        }
    }

    /// The number that a query gives.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        match self {
            Self::Sqlite(path) => sqlite(path).query_row(sql, [], |row| row.get(0)).unwrap(),
            Self::Postgres(url) => postgres::connect(url).await.unwrap().query_one(sql, &[]).await.unwrap().get(0),
        }
    }

    /// Runs statements that give nothing back.
    pub(crate) async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => sqlite(path).execute_batch(sql).unwrap(),
            Self::Postgres(url) => postgres::connect(url).await.unwrap().batch_execute(sql).await.unwrap(),
        }
    }

    /// Finds everything that was done by half, and damage.
    pub(crate) async fn assert_nothing_is_half_done(&self) {
        for (what, sql) in HALF_DONE {
            assert_eq!(self.count(sql).await, 0, "{what}");
        }
        self.assert_file_is_sound();
    }

    /// Has SQLite check its whole file; PostgreSQL looks after itself.
    pub(crate) fn assert_file_is_sound(&self) {
        if let Self::Sqlite(path) = self {
            let verdict: String = sqlite(path).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(verdict, "ok");
        }
    }
}

fn sqlite(path: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    connection
}
