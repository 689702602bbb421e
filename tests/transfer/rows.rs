//! A look into databases past the program: every row of every table, in words that do not depend on the engine.

use std::collections::BTreeMap;
use std::time::Duration;

use bailiwick_testkit::postgres::{self, Cluster};
use data_encoding::HEXLOWER;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

/// A row: what each column has.
pub(crate) type Row = BTreeMap<String, String>;
/// All rows of all tables, each table's in an order of their own.
pub(crate) type Rows = BTreeMap<String, Vec<Row>>;
/// What each column of each table is in PostgreSQL.
type Types = BTreeMap<(String, String), String>;

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

    /// Runs statements that give nothing back.
    pub(crate) async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => sqlite(path).execute_batch(sql).unwrap(),
            Self::Postgres(url) => postgres::connect(url).await.unwrap().batch_execute(sql).await.unwrap(),
        }
    }

    /// The number that a query gives.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        match self {
            Self::Sqlite(path) => sqlite(path).query_row(sql, [], |row| row.get(0)).unwrap(),
            Self::Postgres(url) => postgres::connect(url).await.unwrap().query_one(sql, &[]).await.unwrap().get(0),
        }
    }

    /// Everything that is there but the numbers of the migrations.
    pub(crate) async fn rows(&self) -> Rows {
        let mut rows = match self {
            Self::Sqlite(path) => of_sqlite(path, &types_of_a_new_database().await),
            Self::Postgres(url) => of_postgres(url).await,
        };
        rows.remove("migrations").expect("migrations");
        for rows in rows.values_mut() {
            rows.sort();
        }
        rows
    }
}

fn sqlite(path: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    connection
}

async fn types_of_a_new_database() -> Types {
    let database = Cluster::shared().create_database().unwrap();
    bailiwick_store::Database::open(database.url()).await.unwrap();
    types(&postgres::connect(database.url()).await.unwrap()).await
}

async fn types(client: &tokio_postgres::Client) -> Types {
    let sql = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
        WHERE table_schema = current_schema()";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
}

async fn of_postgres(url: &str) -> Rows {
    let client = postgres::connect(url).await.unwrap();
    let types = types(&client).await;
    let mut all = Rows::new();
    for table in types.keys().map(|(table, _)| table) {
        if all.contains_key(table) {
            continue;
        }
        let mut rows = Vec::new();
        for message in client.simple_query(&format!("SELECT * FROM \"{table}\"")).await.unwrap() {
            let SimpleQueryMessage::Row(row) = message else { continue };
            let column = |(index, column): (usize, &tokio_postgres::SimpleColumn)| {
                let kind = types[&(table.clone(), column.name().to_owned())].as_str();
                let value = row.get(index).map(|text| match kind {
                    "uuid" => text.replace('-', ""),
                    "bytea" => text.trim_start_matches("\\x").to_owned(),
                    "boolean" => i64::from(text == "t").to_string(),
                    "jsonb" => sorted(text),
                    _ => format!("{text:?}"),
                });
                (column.name().to_owned(), value.unwrap_or_else(|| "nothing".to_owned()))
            };
            rows.push(row.columns().iter().enumerate().map(column).collect());
        }
        all.insert(table.clone(), rows);
    }
    all
}

fn of_sqlite(path: &str, types: &Types) -> Rows {
    let connection = sqlite(path);
    let mut names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = Rows::new();
    for table in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = Vec::new();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let column = |(index, column): (usize, &String)| {
                let is_number = types[&(table.clone(), column.clone())] == "bigint";
                let value = match row.get_ref(index).unwrap() {
                    ValueRef::Null => "nothing".to_owned(),
                    ValueRef::Integer(number) if is_number => format!("{:?}", number.to_string()),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Blob(bytes) => HEXLOWER.encode(bytes),
                    ValueRef::Text(text) => {
                        let text = std::str::from_utf8(text).unwrap();
                        let is_json = types[&(table.clone(), column.clone())] == "jsonb";
                        if is_json { sorted(text) } else { format!("{text:?}") }
                    }
                    ValueRef::Real(number) => panic!("{table}.{column} is {number}"),
                };
                (column.clone(), value)
            };
            rows.push(columns.iter().enumerate().map(column).collect());
        }
        all.insert(table, rows);
    }
    all
}

/// JSON with its members in one order.
fn sorted(text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    value.sort_all_objects();
    value.to_string()
}
