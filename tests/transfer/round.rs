//! There and back again: every row is the same in the end, and the server goes on as if nothing had been.

use std::fs;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::process::operator::says;
use tempfile::tempdir;

use crate::life::{Life, assert_audit_log_is_whole, export, import, program, successor};
use crate::rows::{Look, Rows};

/// Tables in which nothing stays that anybody could leave there.
const ALWAYS_EMPTY: [&str; 2] = ["leaving_users", "setup_links"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_moves_from_sqlite_to_postgres_and_back() {
    there_and_back(Engine::Sqlite, Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_moves_from_postgres_to_sqlite_and_back() {
    there_and_back(Engine::Postgres, Engine::Sqlite).await;
}

async fn rows(program: &Program) -> Rows {
    Look::at(&program.database_url()).rows().await
}

async fn there_and_back(here: Engine, there: Engine) {
    let directory = tempdir().unwrap();
    let files = [1, 2, 3].map(|number| directory.path().join(format!("{number}.jsonl")));
    let mut first = program(here);
    let life = Life::of(&mut first).await;
    let before = rows(&first).await;
    let empty: Vec<&str> = before.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table.as_str()).collect();
    assert_eq!(empty, ALWAYS_EMPTY, "a table without a row would not be tried");

    let mut second = successor(there, &first);
    let mut third = successor(here, &first);
    let references = references(&second).await;
    let exported = export(&first, &files[0]);
    let mut imported = import(&second, &files[0]);
    assert_eq!(exported, export(&second, &files[1]));
    import(&third, &files[1]);
    assert_eq!(exported, export(&third, &files[2]));
    assert_eq!(references.is_some(), there == Engine::Postgres);
    assert_eq!(self::references(&second).await, references, "what refers to what is as it was");

    // The same rows, by a look past the program, and the same bytes between the line that says when and its digest.
    assert_eq!(rows(&second).await, before);
    assert_eq!(rows(&third).await, before);
    assert_eq!(rows(&first).await, before, "an export changes nothing");
    let texts = files.each_ref().map(|file| fs::read_to_string(file).unwrap());
    let inside = texts.each_ref().map(|text| text.split_once('\n').unwrap().1.rsplit_once(",\"header\"").unwrap().0);
    assert!(inside[0] == inside[1] && inside[1] == inside[2], "the files differ behind their first lines");
    for text in &texts {
        assert!(text.starts_with("{\"format\":\"bailiwick-export\",\"version\":1,\"schema\":"), "{text:.100}");
    }

    // What both say is the same, but for where the file comes from.
    let members = imported.as_object_mut().unwrap();
    assert_eq!(members.remove("exported_by").unwrap(), env!("CARGO_PKG_VERSION"));
    assert!(members.remove("exported_at").is_some());
    assert_eq!(exported, imported);
    for (table, rows) in &before {
        let sum = exported["tables"].as_array().unwrap().iter().find(|sum| sum["table"] == table.as_str());
        assert_eq!(sum.unwrap_or_else(|| panic!("{table} was not exported"))["rows"], rows.len());
    }

    // With the checkpoints of the old server, and without.
    let checkpoints = "audit-checkpoints.jsonl";
    fs::copy(first.data_dir().join(checkpoints), third.data_dir().join(checkpoints)).unwrap();
    for program in [&mut second, &mut third] {
        assert_audit_log_is_whole(program);
        life.goes_on(program).await;
    }
}

/// All that has to refer to something that is there, as PostgreSQL says it.
async fn references(program: &Program) -> Option<Vec<String>> {
    let url = program.database_url();
    let Look::Postgres(url) = Look::at(&url) else { return None };
    bailiwick_store::Database::open(&url).await.unwrap();
    let sql = "SELECT conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || \
        convalidated::text FROM pg_constraint WHERE connamespace = current_schema()::regnamespace ORDER BY 1";
    let rows = bailiwick_testkit::postgres::connect(&url).await.unwrap().query(sql, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(found.len() > 40, "{found:?}");
    Some(found)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_read_the_same_table_after_an_export_and_an_import() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("server.jsonl");
    let name = file.to_str().unwrap();
    let first = program(Engine::Sqlite);
    first.set_up("Owner", "owner@example.org", "Owner").unwrap();
    let second = successor(Engine::Sqlite, &first);
    let exported = says(&first.run(&["export", name], "").unwrap());
    let imported = says(&second.run(&["import", name], "").unwrap());
    let digest = exported.lines().find(|line| line.starts_with("SHA-256 of all: ")).expect("a digest");
    assert!(imported.contains(digest), "{exported}\n{imported}");
    let table = |text: &str| text.split("\n\n").next().unwrap().to_owned();
    assert_eq!(table(&exported), table(&imported));
    assert!(table(&exported).starts_with("TABLE "), "{exported}");
    assert!(table(&exported).lines().any(|line| line.starts_with("users ") && line.contains(" 1 ")), "{exported}");
    assert!(imported.contains("Imported and compared ") && imported.contains("Exported at 20"), "{imported}");
}
