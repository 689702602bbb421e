//! Looks into the database past the server, and puts there what no route does yet.

use bailiwick_testkit::bench::Bench;
use rusqlite::types::ValueRef;
use tokio_postgres::{NoTls, SimpleQueryMessage};
use uuid::Uuid;

/// A row of a result, every value as text.
pub(crate) type Row = Vec<Option<String>>;

/// The rows of a query that both databases understand.
pub(crate) async fn rows(bench: &Bench, query: &str) -> Vec<Row> {
    match sqlite_path(bench) {
        Some(path) => sqlite_rows(path, query),
        None => postgres_rows(bench.database_url(), query).await,
    }
}

/// The one number that a query gives.
pub(crate) async fn number(bench: &Bench, query: &str) -> i64 {
    rows(bench, query).await[0][0].as_deref().unwrap().parse().unwrap()
}

/// The one number that a query gives in the PostgreSQL database at this address.
pub(crate) async fn number_at(url: &str, query: &str) -> i64 {
    postgres_rows(url, query).await[0][0].as_deref().unwrap().parse().unwrap()
}

/// Carries out a statement that both databases understand.
pub(crate) async fn execute(bench: &Bench, statement: &str) {
    execute_at(bench.database_url(), statement).await;
}

/// The same in the database at this address.
pub(crate) async fn execute_at(url: &str, statement: &str) {
    match url.strip_prefix("sqlite://") {
        Some(path) => {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
            connection.execute_batch(statement).unwrap();
        }
        None => drop(postgres_rows(url, statement).await),
    }
}

/// An id as this database's SQL spells it.
pub(crate) fn id_literal(bench: &Bench, id: &str) -> String {
    let id = Uuid::try_parse(id).unwrap();
    if sqlite_path(bench).is_some() { format!("x'{}'", id.simple()) } else { format!("'{id}'") }
}

/// Bytes as this database's SQL spells them.
pub(crate) fn bytes_literal(bench: &Bench, bytes: &[u8]) -> String {
    let digits = data_encoding::HEXLOWER.encode(bytes);
    if sqlite_path(bench).is_some() { format!("x'{digits}'") } else { format!("'\\x{digits}'") }
}

/// Everything that a thief of the database gets, as bytes to search through.
pub(crate) async fn everything(bench: &Bench) -> Vec<u8> {
    let mut loot = Vec::new();
    if let Some(path) = sqlite_path(bench) {
        for suffix in ["", "-wal", "-shm"] {
            loot.extend(std::fs::read(format!("{path}{suffix}")).unwrap_or_default());
        }
        return loot;
    }
    let tables = rows(bench, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").await;
    for table in tables {
        let name = table[0].as_deref().unwrap();
        for row in rows(bench, &format!("SELECT CAST(t AS TEXT) FROM {name} t")).await {
            let text = row[0].clone().unwrap_or_default();
            loot.extend(unhexed(&text));
            loot.extend(text.into_bytes());
        }
    }
    loot
}

/// The bytes of each column of bytes in a row's text, where they stand as `\x<hex>`.
fn unhexed(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in text.split("\\x").skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_hexdigit).collect();
        let even = digits.len() & !1;
        bytes.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(&digits.as_bytes()[..even]).unwrap());
    }
    bytes
}

fn sqlite_path(bench: &Bench) -> Option<&str> {
    bench.database_url().strip_prefix("sqlite://")
}

fn sqlite_rows(path: &str, query: &str) -> Vec<Row> {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| Ok(as_text(row.get_ref(column)?))).collect();
    statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The value as PostgreSQL would print it.
fn as_text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => Some(match Uuid::from_slice(bytes) {
            Ok(id) => id.to_string(),
            Err(_) => format!("\\x{}", data_encoding::HEXLOWER.encode(bytes)),
        }),
    }
}

async fn postgres_rows(url: &str, query: &str) -> Vec<Row> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(query).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
    let mut rows = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect());
        }
    }
    rows
}
