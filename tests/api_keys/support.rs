//! What the stories about API keys have in common.

use std::time::{Duration, Instant};

use bailiwick_testkit::bench::Bench;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Where one's keys are.
pub(crate) const KEYS: &str = "/api/me/api-keys";
/// What a reader may read, and a key of the access `read` too.
pub(crate) const SYSTEMS: &str = "/api/systems";

/// An answer, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, body: answer.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The envelope's data, after a success with this status.
    #[track_caller]
    pub(crate) fn data(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()["data"].clone()
    }

    /// What is said with a refusal.
    pub(crate) fn message(&self) -> (u16, String) {
        let json = self.json();
        let message = json.get("message").or_else(|| json.get("BackendMessage")).and_then(Value::as_str);
        (self.status, message.unwrap_or_default().to_owned())
    }
}

/// A key that was just made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) key: String,
    pub(crate) id: String,
}

impl Made {
    pub(crate) fn of(answer: &Answer) -> Self {
        let data = answer.data(201);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { key: text(&data["key"]), id: text(&data["api_key"]["id"]) }
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
    Answer::of(bench.call(Method::POST, KEYS).bearer_auth(token).json(body)).await
}

/// Makes a key.
pub(crate) async fn make(bench: &Bench, token: &str, access: &str) -> Made {
    Made::of(&ask(bench, token, &json!({ "name": format!("to {access}"), "access": access })).await)
}

/// The keys in the list of whoever asks.
pub(crate) async fn list(bench: &Bench, token: &str) -> Vec<Value> {
    call(bench, Method::GET, KEYS, token).await.data(200)["api_keys"].as_array().unwrap().clone()
}

/// Revokes a key of whoever asks.
pub(crate) async fn revoke(bench: &Bench, token: &str, id: &str) -> Answer {
    call(bench, Method::DELETE, &format!("{KEYS}/{id}"), token).await
}

/// Asks again and again until the status is this one; whoever asks a second later must be told so.
pub(crate) async fn within_a_second(wanted: u16, ask: impl AsyncFn() -> u16) {
    let begun = Instant::now();
    loop {
        let asked_after = begun.elapsed();
        let status = ask().await;
        if status == wanted {
            return;
        }
        assert!(asked_after < Duration::from_secs(1), "still {status} instead of {wanted} after {asked_after:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs a statement past the server, which nobody is told of.
pub(crate) async fn aside(url: &str, sql: &str) {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection.execute_batch(sql).unwrap();
        return;
    }
    postgres(url).await.batch_execute(sql).await.unwrap();
}

/// The number that a query gives, past the server.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    match url.strip_prefix("sqlite://") {
        Some(path) => rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap(),
        None => postgres(url).await.query_one(sql, &[]).await.unwrap().get(0),
    }
}

async fn postgres(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
