//! What the stories share: answers, tokens taken apart, and a look at the database past the server.

use std::path::Path;
use std::time::{Duration, Instant};

use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::letters::letters_in;
use bailiwick_testkit::people::{PASSWORD, Person};
use bailiwick_testkit::postgres;
use data_encoding::BASE64URL_NOPAD;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// The path of the sign-in.
pub(crate) const SIGN_IN: &str = "/auth/authenticate/signin";
/// The path of the refresh.
pub(crate) const REFRESH: &str = "/auth/authenticate/refresh-token";
/// The path of the sign-out.
pub(crate) const SIGN_OUT: &str = "/auth/authenticate/signout";
/// The path of one's API keys.
pub(crate) const API_KEYS: &str = "/api/me/api-keys";
/// A path that everybody with a role may read.
pub(crate) const SYSTEMS: &str = "/api/systems";
/// A password that nobody has.
pub(crate) const WRONG: &str = "this is not the password";

/// What this suite holds an answer to: the form that the seed and published clients want.
pub(crate) trait Strict {
    /// The body as JSON, which must be compact and say that it is JSON.
    fn json(&self) -> Value;

    /// A text member of the body.
    fn text(&self, name: &str) -> String;

    /// The body of a message object with this status, in the shape that the seed and published clients want.
    fn message(&self, status: u16) -> Value;

    /// A 400 that names this field.
    fn refuses_field(&self, name: &str);

    /// A 401 that says: sign in again.
    fn refuses_token(&self);
}

impl Strict for Answer {
    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let value: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(value.to_string(), self.body, "the body is not compact");
        value
    }

    fn text(&self, name: &str) -> String {
        let value = self.json();
        value.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    fn message(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let value = self.json();
        let known = ["AuthorizationInvalid", "BackendMessage", "Email", "Field", "Message", "UUID"];
        for (name, member) in value.as_object().unwrap() {
            assert!(known.contains(&name.as_str()), "the member {name} does not belong into {}", self.body);
            assert!(!member.is_null(), "{name} has no value and is not left out: {}", self.body);
        }
        assert!(value.get("Message").and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{}", self.body);
        assert!((11..400).contains(&self.body.len()), "a published client refuses {} bytes", self.body.len());
        value
    }

    fn refuses_field(&self, name: &str) {
        let message = self.message(400);
        let field = message.get("Field").unwrap_or_else(|| panic!("no Field in {self:?}"));
        assert_eq!(field.get("Name").and_then(Value::as_str), Some(name), "{self:?}");
        assert!(field.get("Message").and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{self:?}");
    }

    fn refuses_token(&self) {
        let message = self.message(401);
        assert_eq!(message.get("AuthorizationInvalid"), Some(&json!(true)), "{self:?}");
        assert_eq!(self.header("www-authenticate"), Some("Bearer"), "{self:?}");
    }
}

/// Posts JSON.
pub(crate) async fn post(bench: &Bench, path: &str, body: &Value) -> Answer {
    Answer::of(bench.call(Method::POST, path).json(body)).await
}

/// Signs in with the form of today.
pub(crate) async fn sign_in(bench: &Bench, name: &str, password: &str) -> Answer {
    post(bench, SIGN_IN, &json!({ "Username": name, "Password": password })).await
}

/// Signs in with the published client's form; returns its refresh token.
pub(crate) async fn old_sign_in(bench: &Bench, person: &Person) -> String {
    let answer = post(bench, SIGN_IN, &json!({ "Email": person.email, "Password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text("RefreshToken")
}

/// Presents a refresh token with a grant type.
pub(crate) async fn refresh(bench: &Bench, token: &str, grant: &str) -> Answer {
    Answer::of(bench.call(Method::POST, REFRESH).bearer_auth(token).json(&json!({ "GrantType": grant }))).await
}

/// The status of a read with an access token.
pub(crate) async fn read(bench: &Bench, token: &str) -> u16 {
    Answer::of(bench.call(Method::GET, SYSTEMS).bearer_auth(token)).await.status
}

/// Ends the session of an access token.
pub(crate) async fn sign_out(bench: &Bench, token: &str) -> Answer {
    Answer::of(bench.call(Method::POST, SIGN_OUT).bearer_auth(token)).await
}

/// Makes an API key that may do everything a key can, by a request to make one.
pub(crate) async fn made_key(request: RequestBuilder) -> String {
    let made = Answer::of(request.json(&json!({ "name": "a program", "access": "write" }))).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["data"]["key"].as_str().unwrap().to_owned()
}

/// Waits for a mail with a link to this page in a data directory; gives the link's token.
pub(crate) async fn mailed_token(data_dir: &Path, page: &str) -> String {
    let begun = Instant::now();
    loop {
        let token = letters_in(data_dir).iter().find_map(|letter| letter.tokens(page).pop_first());
        if let Some(token) = token {
            return token;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "no link to {page} was mailed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A token taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signed: String,
    pub(crate) signature: Vec<u8>,
}

impl Jwt {
    pub(crate) fn of(token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { panic!("{token} has not three parts") };
        let json = |part: &str| serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap();
        Self {
            header: json(header),
            claims: json(claims),
            signed: format!("{header}.{claims}"),
            signature: BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap(),
        }
    }

    pub(crate) fn kid(&self) -> &str {
        self.header.get("kid").and_then(Value::as_str).unwrap()
    }

    pub(crate) fn number(&self, claim: &str) -> i64 {
        self.claims.get(claim).and_then(Value::as_i64).unwrap()
    }

    /// Checks the signature with the published key of its `kid`, by other code than the server's.
    pub(crate) fn verify(&self, key_set: &Value) {
        let keys = key_set.get("keys").and_then(Value::as_array).unwrap();
        let key = keys.iter().find(|key| key.get("kid") == self.header.get("kid")).expect("the key is published");
        for (name, expected) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
            assert_eq!(key.get(name), Some(&json!(expected)));
        }
        let x = BASE64URL_NOPAD.decode(key.get("x").and_then(Value::as_str).unwrap().as_bytes()).unwrap();
        let key = ed25519_dalek::VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(&self.signature).unwrap();
        key.verify_strict(self.signed.as_bytes(), &signature).expect("a true signature");
    }
}

/// The published keys.
pub(crate) async fn key_set(client: &Client, origin: &str) -> Value {
    let answer = Answer::of(client.get(format!("{origin}/.well-known/jwks.json"))).await;
    assert_eq!(answer.status, 200);
    serde_json::from_str(&answer.body).unwrap()
}

/// A connection to the database past the server, as an administrator or another node has one.
pub(crate) enum Aside {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Aside {
    pub(crate) async fn of(bench: &Bench) -> Self {
        Self::open(bench.database_url()).await
    }

    pub(crate) async fn open(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.busy_timeout(Duration::from_secs(10)).unwrap();
            return Self::Sqlite(connection);
        }
        Self::Postgres(postgres::connect(url).await.unwrap())
    }

    /// Runs statements.
    pub(crate) async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).unwrap(),
            Self::Postgres(client) => client.batch_execute(sql).await.unwrap(),
        }
    }

    /// A number from the database.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        match self {
            Self::Sqlite(connection) => connection.query_row(sql, [], |row| row.get(0)).unwrap(),
            Self::Postgres(client) => client.query_one(sql, &[]).await.unwrap().get(0),
        }
    }

    /// The names of all tables.
    pub(crate) async fn tables(&self) -> Vec<String> {
        match self {
            Self::Sqlite(_) => self.texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").await,
            Self::Postgres(_) => {
                self.texts("SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1").await
            }
        }
    }

    /// Every row of every table, as text.
    pub(crate) async fn everything(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in self.tables().await {
            let sql = match self {
                Self::Sqlite(connection) => {
                    let statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
                    let columns = statement.column_names().map(|name| format!("quote({name})")).collect::<Vec<_>>();
                    format!("SELECT concat_ws(',', {}) FROM {table} ORDER BY 1", columns.join(", "))
                }
                Self::Postgres(_) => format!("SELECT CAST(t AS TEXT) FROM {table} t ORDER BY 1"),
            };
            rows.extend(self.texts(&sql).await.into_iter().map(|row| format!("{table}: {row}")));
        }
        rows
    }

    /// The first column of a result.
    async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Self::Postgres(client) => client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect(),
        }
    }

    /// Changes something about a person and tells every node, in one transaction.
    pub(crate) async fn change_person(&self, person: &Person, change: &str) {
        let email = &person.email;
        self.run(&format!(
            "BEGIN; {change}; UPDATE revisions SET number = number + 1 WHERE name = 'authority'; \
             INSERT INTO invalidations (number, scope, subject_id, at) \
             SELECT r.number, 'user', u.id, 1795167000000000 FROM revisions r, users u \
             WHERE r.name = 'authority' AND u.email = '{email}'; COMMIT"
        ))
        .await;
    }
}
