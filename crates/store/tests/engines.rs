//! One set of queries on two engines: every statement is understood by both,
//! both schemas are the same, and what differs is counted.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

use std::collections::BTreeMap;

use bailiwick_domain::transfer::{Kind, Table};
use bailiwick_store::{Access, Database, query, transfer};
use bailiwick_testkit::postgres::Cluster;

/// A database of each engine, fresh.
struct Engines {
    sqlite_file: std::path::PathBuf,
    sqlite: Database,
    postgres_url: String,
    postgres: Database,
    _directory: tempfile::TempDir,
    _guard: bailiwick_testkit::postgres::Database,
}

async fn engines() -> Engines {
    let directory = tempfile::tempdir().unwrap();
    let sqlite_file = directory.path().join("test.db");
    let guard = Cluster::shared().create_database().unwrap();
    Engines {
        sqlite: Database::open(&format!("sqlite://{}", sqlite_file.display())).await.unwrap(),
        sqlite_file,
        postgres_url: guard.url().to_owned(),
        postgres: Database::open(guard.url()).await.unwrap(),
        _directory: directory,
        _guard: guard,
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_both_engines() {
    let engines = engines().await;
    for database in [&engines.sqlite, &engines.postgres] {
        let mut transaction = database.write().await.unwrap();
        for statement in query::statements() {
            let prepared = transaction.prepare(statement).await;
            assert!(prepared.is_ok(), "{} on {}: {prepared:?}", statement.name(), database.engine());
        }
    }
}

#[test]
fn statements_have_names_of_their_own_and_say_what_they_do() {
    let mut names = std::collections::BTreeSet::new();
    for statement in query::statements() {
        assert!(names.insert(statement.name()), "{} is declared twice", statement.name());
        let reads = statement.sqlite().trim_start().starts_with("SELECT");
        assert_eq!(statement.access() != Access::Write, reads, "{}", statement.name());
    }
    assert!(names.len() > 50, "only {} statements are known", names.len());
}

#[test]
fn the_engines_differ_in_three_statements() {
    let forks: Vec<_> = query::statements()
        .filter(|statement| statement.is_fork())
        .map(|fork| bailiwick_store::Statement::name(fork))
        .collect();
    // Each locks rows, which SQLite with its one writer need not: a fork is a place where the engines can drift.
    let known = ["audit_chain::FREE_HEAD", "audit_chain::HEAD", "delivery::DUE"];
    assert_eq!(forks, known.map(|name| format!("bailiwick_store::query::{name}")));
}

/// A column in words that do not depend on the engine: kind, whether it must have a value.
type Shapes = BTreeMap<(String, String), (String, bool)>;

fn sqlite_shapes(engines: &Engines) -> Shapes {
    let connection = rusqlite::Connection::open(&engines.sqlite_file).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT m.name, p.name, p.type, p.\"notnull\" FROM sqlite_master m \
             JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
        )
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get::<_, String>(2)?, row.get::<_, bool>(3)?))));
    rows.unwrap().map(Result::unwrap).collect()
}

async fn postgres_shapes(engines: &Engines) -> Shapes {
    let (client, connection) = tokio_postgres::connect(&engines.postgres_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let rows = client
        .query(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO' \
             FROM information_schema.columns WHERE table_schema = current_schema()",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3)))).collect()
}

#[tokio::test]
async fn both_schemas_are_the_same_column_by_column() {
    let engines = engines().await;
    let (sqlite, postgres) = (sqlite_shapes(&engines), postgres_shapes(&engines).await);
    let names = |shapes: &Shapes| shapes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sqlite), names(&postgres));
    for (column, (kind, required)) in &sqlite {
        let (other_kind, other_required) = postgres.get(column).unwrap();
        let expected: &[&str] = match kind.as_str() {
            "INTEGER" | "BIGINT" => &["bigint", "boolean"],
            "TEXT" => &["text", "jsonb"],
            "BLOB" => &["uuid", "bytea"],
            other => panic!("{column:?} has the type {other}"),
        };
        assert!(expected.contains(&other_kind.as_str()), "{column:?}: {kind} and {other_kind}");
        assert_eq!(required, other_required, "{column:?} must have a value on one engine only");
    }
}

/// The columns of each primary key, in order.
type Keys = BTreeMap<String, Vec<String>>;

fn sqlite_keys(engines: &Engines) -> Keys {
    let connection = rusqlite::Connection::open(&engines.sqlite_file).unwrap();
    let sql = "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
        WHERE m.type = 'table' AND p.pk > 0 ORDER BY m.name, p.pk";
    let mut statement = connection.prepare(sql).unwrap();
    let mut keys = Keys::new();
    for row in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap() {
        let (table, column): (String, String) = row.unwrap();
        keys.entry(table).or_default().push(column);
    }
    keys
}

async fn postgres_keys(engines: &Engines) -> Keys {
    let (client, connection) = tokio_postgres::connect(&engines.postgres_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT t.relname::text, a.attname::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, place) \
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number \
        WHERE i.indisprimary AND t.relnamespace = current_schema()::regnamespace ORDER BY t.relname, k.place";
    let mut keys = Keys::new();
    for row in client.query(sql, &[]).await.unwrap() {
        keys.entry(row.get(0)).or_default().push(row.get(1));
    }
    keys
}

/// A migration that adds a table adds it to exports: nothing else has to be done, and nothing can be forgotten.
#[tokio::test]
async fn an_export_holds_every_table_of_both_engines_column_by_column() {
    let engines = engines().await;
    let schema = transfer::schema().unwrap();
    let kind = |kind| match kind {
        Kind::Id => "uuid",
        Kind::Bytes => "bytea",
        Kind::Text => "text",
        Kind::Number => "bigint",
        Kind::Truth => "boolean",
        Kind::Json => "jsonb",
    };
    let mut held = Shapes::new();
    for Table { name, columns, .. } in &schema.tables {
        for column in columns {
            held.insert((name.clone(), column.name.clone()), (kind(column.kind).to_owned(), column.required));
        }
    }
    let mut there = postgres_shapes(&engines).await;
    // The number of the newest step stands in the first line.
    there.retain(|(table, _), _| table != "migrations");
    assert_eq!(held, there);

    let keys: Keys = schema
        .tables
        .iter()
        .map(|table| (table.name.clone(), table.key.iter().map(|place| table.columns[*place].name.clone()).collect()))
        .collect();
    for mut there in [postgres_keys(&engines).await, sqlite_keys(&engines)] {
        there.remove("migrations");
        assert_eq!(keys, there);
    }
}

/// What follows a reference before its time would have to be looked for again, table by table, by SQLite.
#[tokio::test]
async fn an_export_has_what_is_referred_to_before_what_refers_to_it() {
    let engines = engines().await;
    let connection = rusqlite::Connection::open(&engines.sqlite_file).unwrap();
    let tables = &transfer::schema().unwrap().tables;
    let place = |name: &str| tables.iter().position(|table| table.name == name).unwrap();
    let mut references = 0;
    for table in tables {
        let mut statement = connection.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)").unwrap();
        for parent in statement.query_map([&table.name], |row| row.get::<_, String>(0)).unwrap() {
            let parent = parent.unwrap();
            assert!(parent == table.name || place(&parent) < place(&table.name), "{} before {parent}", table.name);
            references += 1;
        }
    }
    assert!(references > 20, "only {references} references were looked at");
}

/// What is looked for among many, and the index that leads there on SQLite.
const LOOKUPS: &[(&str, &str)] = &[
    ("api_key::BY_PUBLIC_PART", "api_keys_by_public_part (public_part=?)"),
    ("api_key::COUNT_LIVING", "api_keys_by_user (user_id=?)"),
    ("api_key::OF_USER", "api_keys_by_user (user_id=?)"),
    ("audit_list::COUNT_OF_SUBJECT", "audit_by_subject (subject_id=? AND id>? AND id<?)"),
    ("audit_list::COUNT_OF_SUBJECT_WITHIN", "audit_by_subject (subject_id=? AND id>? AND id<?)"),
    ("audit_list::PAGE_OF_SUBJECT", "audit_by_subject (subject_id=? AND id>? AND id<?)"),
    ("audit_list::PAGE_OF_SUBJECT_WITHIN", "audit_by_subject (subject_id=? AND id>? AND id<?)"),
    ("audit_list::NEXT_OF_SUBJECT", "audit_by_subject (subject_id=? AND id>? AND id<?)"),
    ("audit_list::NEXT_OF_SUBJECT_WITHIN", "audit_by_subject (subject_id=? AND id>? AND id<?)"),
    ("audit_list::COUNT_BY_ACTOR", "audit_by_actor (actor_id=? AND id>? AND id<?)"),
    ("audit_list::COUNT_BY_ACTOR_WITHIN", "audit_by_actor (actor_id=? AND id>? AND id<?)"),
    ("audit_list::PAGE_BY_ACTOR", "audit_by_actor (actor_id=? AND id>? AND id<?)"),
    ("audit_list::PAGE_BY_ACTOR_WITHIN", "audit_by_actor (actor_id=? AND id>? AND id<?)"),
    ("audit_list::NEXT_BY_ACTOR", "audit_by_actor (actor_id=? AND id>? AND id<?)"),
    ("audit_list::NEXT_BY_ACTOR_WITHIN", "audit_by_actor (actor_id=? AND id>? AND id<?)"),
    ("audit_list::COUNT_WITHIN", "audit_by_organisation (organisation_id=?"),
    ("audit_list::PAGE_WITHIN", "audit_by_organisation (organisation_id=?"),
    ("audit_list::NEXT_WITHIN", "audit_by_organisation (organisation_id=?"),
    ("invitation_list::COUNT_WITHIN", "invitations_by_organisation (organisation_id=?"),
    ("invitation_list::PAGE_WITHIN", "invitations_by_organisation (organisation_id=?"),
    ("organisation_list::BY_NAME", "organisations_by_name (name=?)"),
    ("membership::HAS_ADMINISTRATOR", "memberships_by_role (organisation_id=? AND role=?)"),
    ("organisation_page::SEARCH_UP", "organisation_search_starts_by_start (start>? AND start<?)"),
    ("organisation_page::REACH_UP", "organisation_paths_by_search (ancestor_id=?)"),
    ("organisation_page::COUNT_WITHIN", "organisation_paths_by_search (ancestor_id=?)"),
    ("organisation_page::OF_KIND_BY_NAME_DOWN", "organisations_by_kind (kind=? AND search_text>? AND search_text<?)"),
    ("organisation_page::COUNT_OF_KIND", "organisations_by_kind_and_age (kind=?)"),
    ("organisation_page::PARENT_UP", "organisations_by_parent (parent_id=?)"),
    (
        "organisation_page::BELOW_BY_NAME_UP",
        "organisations_by_parent (parent_id=? AND search_text>? AND search_text<?)",
    ),
    ("organisation_page::COUNT_BELOW", "organisations_by_parent (parent_id=?)"),
    ("organisation_page::SUSPENDED_UP", "organisations_suspended"),
    ("organisation_page::DELETED_UP", "organisations_deleted"),
    (
        "organisation_page::OF_PARTNER_BY_NAME_UP",
        "organisation_paths_by_search (ancestor_id=? AND search_text>? AND search_text<?)",
    ),
    ("organisation_page::OF_PARTNER_BY_KIND_UP", "organisation_paths_by_kind (ancestor_id=?)"),
    ("organisation_page::OF_PARTNER_BY_AGE_DOWN", "organisation_paths_down (ancestor_id=?)"),
    ("organisation_page::OF_KIND_BY_AGE_UP", "organisations_by_kind_and_age (kind=?)"),
    ("organisation_page::MATCHES_UP", "organisation_search_starts_by_start (start>? AND start<?)"),
    ("organisation_page::BY_NAME_UP", "organisations_by_search"),
    ("organisation_page::BY_NAME_DOWN", "organisations_by_search"),
    ("organisation_page::BY_KIND_UP", "organisations_by_kind"),
    ("organisation_page::BY_AGE_DOWN", "organisations_by_age"),
    ("people_matches::OF_PARTNER_UP", "user_search_starts_by_start (start>? AND start<?)"),
    ("people_matches::OF_PARTNER_DOWN", "partner_people_by_search (partner_id=? AND search_text>? AND search_text<?)"),
    ("people_page::SEARCH_UP", "user_search_starts_by_start (start>? AND start<?)"),
    ("people_page::ORGANISATION_UP", "memberships_by_organisation (organisation_id=?)"),
    ("people_page::ROLE_UP", "memberships_by_role_alone (role=?)"),
    ("people_page::SUSPENDED_UP", "users_suspended"),
    ("people_page::REACH_UP", "organisation_paths_by_search (ancestor_id=?)"),
    ("people_page::COUNT_WITHIN", "organisation_paths_by_search (ancestor_id=?)"),
    (
        "people_page::OF_PARTNER_BY_NAME_UP",
        "partner_people_by_search (partner_id=? AND search_text>? AND search_text<?)",
    ),
    ("people_page::OF_PARTNER_BY_EMAIL_DOWN", "partner_people_by_email (partner_id=?)"),
    ("people_page::OF_PARTNER_BY_AGE_DOWN", "partner_people_by_age (partner_id=?)"),
    ("people_matches::UP", "users_by_search (search_text>? AND search_text<?)"),
    ("people_matches::DOWN", "user_search_starts_by_start (start>? AND start<?)"),
    ("people_page::BY_NAME_UP", "users_by_search"),
    ("people_page::BY_NAME_DOWN", "users_by_search"),
    ("people_page::BY_AGE_DOWN", "users_by_age"),
    ("suspension::HAS_SUPER_ADMIN", "users_super_admins"),
];

#[tokio::test]
async fn what_is_looked_for_among_many_is_found_by_its_index() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    drop(Database::open(&format!("sqlite://{}", path.display())).await.unwrap());
    let connection = rusqlite::Connection::open(path).unwrap();
    // As the store opens it: the plan depends on no value.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let mut elsewhere = Vec::new();
    for (name, index) in LOOKUPS {
        let statement = query::statements().find(|statement| statement.name().ends_with(&format!("::{name}")));
        let statement = statement.unwrap_or_else(|| panic!("there is no statement {name}"));
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite())).unwrap();
        let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3)).map(Result::unwrap);
        let plan = steps.collect::<Vec<_>>().join("\n");
        if !plan.contains(&format!("INDEX {index}")) {
            elsewhere.push(format!("{name} is not found by {index}:\n{plan}"));
        }
    }
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n\n"));
}

#[tokio::test]
async fn two_nodes_that_start_at_once_migrate_once() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Cluster::shared().create_database().unwrap();
    let file = format!("sqlite://{}", directory.path().join("test.db").display());
    for url in [file.as_str(), guard.url()] {
        let openings = (0..4).map(|_| {
            let url = url.to_owned();
            tokio::spawn(async move { Database::open(&url).await.map(|_| ()) })
        });
        for opening in openings.collect::<Vec<_>>() {
            opening.await.unwrap().unwrap();
        }
    }
}
