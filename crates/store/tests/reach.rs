//! Whether somebody may see one thing is asked of that thing, and reads a handful of rows, however much they may see.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bailiwick_store::{Database, query};
use bailiwick_testkit::postgres::Cluster;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// How many organisations somebody administers through one role, and how many others there are.
const BELOW: usize = 3000;
const OTHERS: usize = 1000;

/// A look at one row, or at the few of one person, takes no more than this.
const ROWS_MAX: f64 = 60.0;

/// The questions of one thing, each by the last part of its name, with what its parameters from `$6` on are.
const QUESTIONS: [(&str, Thing); 8] = [
    ("system::FIND", Thing::System),
    ("system::FIND_DELETED_TOO", Thing::System),
    ("organisation::FIND_REACHABLE", Thing::Organisation),
    ("organisation_details::FIND", Thing::Organisation),
    ("organisation_details::FIND_DELETED_TOO", Thing::Organisation),
    ("membership::REACHES", Thing::Organisation),
    ("people::FIND", Thing::Person),
    ("account::FIND_REACHABLE", Thing::Person),
];

/// What a question is about; each has the same number as the organisation that it belongs to.
#[derive(Clone, Copy, Debug)]
enum Thing {
    Organisation,
    Person,
    System,
}

impl Thing {
    fn id(self, number: usize) -> String {
        let kind = match self {
            Self::Organisation => 1,
            Self::Person => 2,
            Self::System => 3,
        };
        format!("{kind:08}-0000-0000-0000-{number:012}")
    }
}

/// The id of a kind, as an expression in SQL over the number `n`.
fn id(kind: usize, number: &str) -> String {
    format!("('{kind:08}-0000-0000-0000-' || lpad(({number})::text, 12, '0'))::uuid")
}

/// An owner, 0, with two distributors, 1 and 2, one of which has many customers and the other one fewer; in each
/// somebody of the same number, and a system.
async fn fill(client: &Client) {
    let (organisation, person, system) = (id(1, "n"), id(2, "n"), id(3, "n"));
    let last = 2 + BELOW + OTHERS;
    let parent = format!("CASE WHEN n = 0 THEN NULL WHEN n <= 2 THEN 0 WHEN n <= {} THEN 1 ELSE 2 END", 2 + BELOW);
    let parent_id = id(1, "p");
    let all = format!("(SELECT n, {parent} AS p FROM generate_series(0, {last}) AS n) AS each");
    client
        .batch_execute(&format!(
            "INSERT INTO organisations (id, kind, name, search_text, parent_id, created_at, updated_at) \
             SELECT {organisation}, CASE WHEN n = 0 THEN 'owner' WHEN n <= 2 THEN 'distributor' ELSE 'customer' END, \
                 'Name ' || n, 'name ' || n, CASE WHEN p IS NULL THEN NULL ELSE {parent_id} END, n, n FROM {all} ORDER BY n;
             INSERT INTO organisation_paths (descendant_id, ancestor_id, depth) \
                 SELECT {organisation}, {organisation}, 0 FROM {all};
             INSERT INTO organisation_paths (descendant_id, ancestor_id, depth) \
                 SELECT {organisation}, {parent_id}, 1 FROM {all} WHERE p IS NOT NULL;
             INSERT INTO organisation_paths (descendant_id, ancestor_id, depth) \
                 SELECT {organisation}, {}, 2 FROM {all} WHERE p > 0;
             INSERT INTO users (id, email, email_folded, name, is_super_admin, created_at, updated_at, search_text) \
                 SELECT {person}, n || '@example.org', n || '@example.org', 'Name ' || n, FALSE, n, n, 'name ' || n FROM {all};
             INSERT INTO memberships (user_id, organisation_id, role, created_at) \
                 SELECT {person}, {organisation}, 'admin', n FROM {all};
             INSERT INTO systems (id, organisation_id, name, type, in_maintenance, search_text, secret_public_part, \
                 secret_salt, secret_digest, secret_hint, created_by, created_by_organisation, created_at, updated_at) \
                 SELECT {system}, {organisation}, 'Name', 'ns8', FALSE, 'name', n::text, '', '', 'hint', {person}, \
                     {organisation}, n, n FROM {all};
             ANALYZE;",
            id(1, "0")
        ))
        .await
        .unwrap();
}

/// How many rows a plan has read, and the plan itself.
async fn read_by(client: &Client, sql: &str) -> (f64, String) {
    let lines = client.simple_query(sql).await.unwrap();
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    let plan: Vec<String> = lines.into_iter().filter_map(text).collect();
    let number = |line: &str, before: &str| {
        let after = line.split(before).nth(1)?;
        after.split(|c: char| !c.is_ascii_digit() && c != '.').next()?.parse::<f64>().ok()
    };
    let (mut rows, mut loops) = (0.0, 1.0);
    for line in &plan {
        if let Some(each) = number(line, "loops=") {
            loops = each;
            if line.contains("Scan") {
                rows += number(line.split("actual").nth(1).unwrap_or_default(), "rows=").unwrap_or_default() * loops;
            }
        }
        rows += number(line, "Rows Removed by Filter: ").unwrap_or_default() * loops;
    }
    (rows, plan.join("\n"))
}

#[tokio::test]
async fn whether_somebody_sees_one_thing_reads_a_handful_of_rows_on_postgres() {
    let guard = Cluster::shared().create_database().unwrap();
    drop(Database::open(guard.url()).await.unwrap());
    let (client, connection) = tokio_postgres::connect(guard.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    fill(&client).await;
    for (index, (name, thing)) in QUESTIONS.into_iter().enumerate() {
        let statement = query::statements().find(|statement| statement.name().ends_with(&format!("::{name}"))).unwrap();
        client.batch_execute(&format!("PREPARE q{index} AS {}", statement.postgres())).await.unwrap();
        // Somebody who sees nearly everything and somebody who sees one thing; what is theirs, and what is foreign.
        for (person, number) in [(1, 2000), (1, 3500), (2, 3500), (2500, 2500), (2500, 2501)] {
            let (person, it) = (Thing::Person.id(person), thing.id(number));
            for mode in ["force_generic_plan", "force_custom_plan"] {
                client.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.unwrap();
                let asked = format!("EXECUTE q{index}('{person}', '{person}', 'admin', 'support', 'reader', '{it}')");
                let (rows, plan) = read_by(&client, &format!("EXPLAIN (ANALYZE) {asked}")).await;
                assert!(rows <= ROWS_MAX, "{name} reads {rows} rows, {mode}:\n{plan}");
                assert!(rows > 0.0, "{name} reads nothing at all:\n{plan}");
                assert!(!plan.contains("hashed SubPlan"), "{name} reads all that is within reach, {mode}:\n{plan}");
            }
        }
    }
}

#[tokio::test]
async fn whether_somebody_sees_one_thing_scans_no_table_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    drop(Database::open(&format!("sqlite://{}", path.display())).await.unwrap());
    let connection = rusqlite::Connection::open(path).unwrap();
    // As the store opens it: the plan depends on no value.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    for (name, _) in QUESTIONS {
        let statement = query::statements().find(|statement| statement.name().ends_with(&format!("::{name}"))).unwrap();
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite())).unwrap();
        let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3)).map(Result::unwrap);
        let steps: Vec<String> = steps.collect();
        // A constant row is no table.
        let scans: Vec<_> =
            steps.iter().filter(|step| step.starts_with("SCAN ") && *step != "SCAN CONSTANT ROW").collect();
        assert!(scans.is_empty(), "{name} scans {scans:?}:\n{}", steps.join("\n"));
    }
}
