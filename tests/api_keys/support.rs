//! What the stories about API keys have in common.

use std::time::Duration;

use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::postgres;
use reqwest::Method;
use serde_json::{Value, json};

/// Where one's keys are.
pub(crate) const KEYS: &str = "/api/me/api-keys";
/// What a reader may read, and a key of the access `read` too.
pub(crate) const SYSTEMS: &str = "/api/systems";

/// A key that was just made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) key: String,
    pub(crate) id: String,
}

impl Made {
    pub(crate) fn of(answer: &Answer) -> Self {
        let data = answer.data(201);
        Self { key: text(data, "key").to_owned(), id: text(&data["api_key"], "id").to_owned() }
    }
}

/// Calls with a token or a key.
pub(crate) async fn call(bench: &Bench, method: Method, path: &str, bearer: &str) -> Answer {
    Answer::of(bench.call(method, path).bearer_auth(bearer)).await
}

/// The status of a read with a token or a key.
pub(crate) async fn read(bench: &Bench, bearer: &str) -> u16 {
    call(bench, Method::GET, SYSTEMS, bearer).await.status
}

/// Asks for a key.
pub(crate) async fn ask(bench: &Bench, token: &str, body: &Value) -> Answer {
    bench.ask(Method::POST, KEYS, token, Some(body)).await
}

/// Makes a key.
pub(crate) async fn make(bench: &Bench, token: &str, access: &str) -> Made {
    Made::of(&ask(bench, token, &json!({ "name": format!("to {access}"), "access": access })).await)
}

/// The keys in the list of whoever asks.
pub(crate) async fn list(bench: &Bench, token: &str) -> Vec<Value> {
    call(bench, Method::GET, KEYS, token).await.list("api_keys").to_vec()
}

/// Revokes a key of whoever asks.
pub(crate) async fn revoke(bench: &Bench, token: &str, id: &str) -> Answer {
    call(bench, Method::DELETE, &format!("{KEYS}/{id}"), token).await
}

/// Runs a statement past the server, which nobody is told of.
pub(crate) async fn aside(url: &str, sql: &str) {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection.execute_batch(sql).unwrap();
        return;
    }
    postgres::connect(url).await.unwrap().batch_execute(sql).await.unwrap();
}

/// The number that a query gives, past the server.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    match url.strip_prefix("sqlite://") {
        Some(path) => rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap(),
        None => postgres::connect(url).await.unwrap().query_one(sql, &[]).await.unwrap().get(0),
    }
}
