//! kill -9 in the middle of an import: nothing of it is there, and it can be done again.

use std::fs;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Program;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::tempdir;

use crate::files::{begin, grow};
use crate::life::{Life, export, import, program, successor, until};
use crate::rows::Look;

/// Rows that take some seconds to import.
const ROWS: usize = 50_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_leaves_an_empty_database_on_sqlite() {
    killed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_leaves_an_empty_database_on_postgres() {
    killed(Engine::Postgres).await;
}

async fn killed(engine: Engine) {
    let directory = tempdir().unwrap();
    let files = [1, 2].map(|number| directory.path().join(format!("{number}.jsonl")));
    let mut old = program(Engine::Sqlite);
    let life = Life::of(&mut old).await;
    grow(&old, ROWS).await;
    let exported = export(&old, &files[0]);

    let mut new = successor(engine, &old);
    // Once by the system, and once by whoever waits no longer.
    for signal in [Signal::KILL, Signal::INT] {
        let mut child = begin(new.command(&["import", files[0].to_str().unwrap()]));
        until("rows on their way", async || is_writing(&new).await).await;
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(!child.wait().unwrap().success(), "the import was over before it could be stopped");
        let look = Look::at(&new.database_url());
        for (table, rows) in look.rows().await {
            assert!(rows.is_empty() || table == "revisions", "{} rows of {table} stayed", rows.len());
        }
    }

    assert_eq!(import(&new, &files[0])["sha256"], exported["sha256"]);
    assert_eq!(export(&new, &files[1]), exported);
    if engine == Engine::Sqlite {
        let look = Look::at(&new.database_url());
        assert_eq!(look.count("SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'").await, 0);
    }
    life.goes_on(&mut new).await;
}

/// Whether an import has written some of its rows, which nobody else sees.
async fn is_writing(program: &Program) -> bool {
    let url = program.database_url();
    match Look::at(&url) {
        Look::Sqlite(path) => fs::metadata(format!("{path}-wal")).is_ok_and(|log| log.len() > 4_000_000),
        look @ Look::Postgres(_) => {
            let growing = "SELECT COUNT(*) FROM pg_class WHERE relname = 'throttle_ledgers' \
                AND pg_relation_filepath(oid) IS NOT NULL AND (pg_stat_file(pg_relation_filepath(oid))).size > 1000000";
            look.count(growing).await > 0
        }
    }
}
