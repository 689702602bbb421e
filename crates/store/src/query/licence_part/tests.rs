//! Both engines carry the statements out as they are written: along the index that has their order, with no more put in
//! order than that leaves.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bailiwick_testkit::postgres::Cluster;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::database::Database;
use crate::postgres::WALK;
use crate::query;
use crate::statement::Statement;

/// Long lists of two partners, without what they would belong to.
const FILL: &str = "
    SET session_replication_role = replica;
    CREATE FUNCTION pg_temp.id(kind INT, number INT) RETURNS UUID LANGUAGE SQL IMMUTABLE AS $$
        SELECT (lpad(kind::text, 8, '0') || '-0000-0000-0000-' || lpad(number::text, 12, '0'))::uuid
    $$;
    INSERT INTO agreements (id, family_id, version, name, folded_name, kind, provides, catalogues, amount_per_month,
            trials, grace_days, systems, lease_days, created_at, updated_at)
        SELECT pg_temp.id(2, n), pg_temp.id(2, n), 1, n, n, 'subscription', '[]', '[]', 0, 0, 0, 1, 1, 0, 0
        FROM generate_series(0, 19) n;
    INSERT INTO licence_places (partner_id, licence_id, agreement_id, licence_key, starts_at, ends_at)
        SELECT pg_temp.id(1, p), pg_temp.id(3, n), pg_temp.id(2, n % 20), n * 7919 % 60000, n % 1000,
            CASE WHEN n % 3 = 0 THEN 9223372036854775807 ELSE n % 5000 END
        FROM generate_series(1, 60000) n, generate_series(1, 2) p WHERE p = 1 OR n % 4 = 0";

/// The index that has the order of a part, as both are called.
fn index(name: &str) -> String {
    let is = |word: &str| name.contains(word);
    let of = if is("::ONE_") { "_of_agreement" } else { "" };
    // What does not run out has one end, after which its index goes by id.
    let (table, by) = match () {
        () if is("ENDLESS_BY_KEY") => ("endless_places", "key"),
        () if is("ENDLESS_BY_START") => ("endless_places", "start"),
        () if is("BY_KEY") => ("licence_places", "key"),
        () if is("BY_START") => ("licence_places", "start"),
        () if is("BY_ID") && !is("ENDLESS") => ("licence_places", "id"),
        () => ("licence_places", "end"),
    };
    format!("{table}{of}_by_{by}")
}

/// Looks at how each of them is carried out: whether along its index, and what is put into order as a whole or in pieces.
fn assert_order(name: &str, is_read_along: bool, whole: bool, pieces: bool, plan: &[String]) {
    let plan = plan.join("\n");
    assert!(is_read_along, "{name} is to read by {}:\n{plan}", index(name));
    // What ends within some days is put into order as a whole, unless by its end first.
    assert_eq!(whole, name.ends_with("::WITHIN"), "{name}:\n{plan}");
    // Nothing is where the index has the whole order.
    let has_all = ["BY_ID", "BY_KEY_UP", "BY_KEY_DOWN", "ALONE"].iter().any(|end| name.ends_with(end));
    assert_eq!(pieces, !whole && !has_all, "{name}:\n{plan}");
}

fn parts() -> Vec<&'static Statement> {
    let parts: Vec<_> = query::statements().filter(|statement| statement.name().contains("::licence_part::")).collect();
    assert!(parts.len() > 40, "only {} statements read such lists", parts.len());
    parts
}

#[tokio::test]
async fn long_lists_of_licences_are_read_along_an_index_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    drop(Database::open(&format!("sqlite://{}", path.display())).await.unwrap());
    let connection = rusqlite::Connection::open(path).unwrap();
    // As the store opens it: the plan depends on no value.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    for statement in parts() {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite())).unwrap();
        let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3)).map(Result::unwrap);
        let plan: Vec<String> = steps.collect();
        let has = |is: &dyn Fn(&str) -> bool| plan.iter().any(|step| is(step));
        // Nothing is looked up elsewhere where more is read than is shown: the index has all of it.
        let has_all = ["BY_KEY", "BY_START"].iter().any(|by| statement.name().contains(by));
        let kind = if has_all { "COVERING INDEX" } else { "INDEX" };
        let search = format!("SEARCH pl USING {kind} {} (", index(statement.name()));
        let whole = has(&|step| step == "USE TEMP B-TREE FOR ORDER BY");
        let pieces = has(&|step| step.contains("TEMP B-TREE")) && !whole;
        assert_order(statement.name(), has(&|step| step.starts_with(&search)), whole, pieces, &plan);
    }
}

async fn plan_of_postgres(client: &Client, statement: &Statement) -> Vec<String> {
    let text = statement.postgres();
    let parameters = (1..=20).filter(|number| text.contains(&format!("${number}"))).count();
    let nothing = vec!["NULL"; parameters].join(", ");
    client.batch_execute(&format!("PREPARE part AS {text}")).await.unwrap();
    let lines = client.simple_query(&format!("EXPLAIN EXECUTE part({nothing})")).await.unwrap();
    client.batch_execute("DEALLOCATE part").await.unwrap();
    let line = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    lines.into_iter().filter_map(line).collect()
}

#[tokio::test]
async fn long_lists_of_licences_are_read_along_an_index_on_postgres() {
    let guard = Cluster::shared().create_database().unwrap();
    drop(Database::open(guard.url()).await.unwrap());
    let (client, connection) = tokio_postgres::connect(guard.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(FILL).await.unwrap();
    // In a transaction of its own, as it demands: until then an index alone cannot tell what is there.
    client.batch_execute("VACUUM ANALYZE licence_places, agreements").await.unwrap();
    let [settings, _] = WALK;
    client.batch_execute(settings).await.unwrap();
    for statement in parts() {
        let plan = plan_of_postgres(&client, statement).await;
        let has = |is: &dyn Fn(&str) -> bool| plan.iter().any(|step| is(step.trim_start_matches([' ', '-', '>'])));
        let is_along = |index: &str| has(&|step| step.contains(&format!(" using {index} on licence_places pl ")));
        let mut is_read_along = is_along(&index(statement.name()));
        // What is put into order as a whole may as well be read agreement by agreement.
        is_read_along |= statement.name().ends_with("::WITHIN") && is_along("licence_places_of_agreement_by_end");
        let [whole, pieces] = ["Sort  (", "Incremental Sort  ("].map(|sort| has(&|step| step.starts_with(sort)));
        assert_order(statement.name(), is_read_along, whole, pieces, &plan);
        for slow in ["Seq Scan", "Bitmap", "Hash", "Merge Join", "Materialize", "Gather"] {
            assert!(!has(&|step| step.contains(slow)), "{} has a {slow}:\n{}", statement.name(), plan.join("\n"));
        }
    }
}
