//! Beside running servers: an export is of one moment, and a server on the other end notices what came in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::patience::within_a_second;
use reqwest::Method;
use serde_json::json;
use tempfile::tempdir;

use crate::life::{Asking, Life, OWNER, assert_audit_log_is_whole, export, import, program, setup_path, successor};
use crate::rows::Look;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_runs_on_the_new_database_notices_an_import_on_sqlite() {
    noticed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_runs_on_the_new_database_notices_an_import_on_postgres() {
    noticed(Engine::Postgres).await;
}

async fn noticed(engine: Engine) {
    let directory = tempdir().unwrap();
    let file = directory.path().join("server.jsonl");
    let mut old = program(Engine::Sqlite);
    let life = Life::of(&mut old).await;
    export(&old, &file);
    // Its list of changes may have been shortened, as it is after an hour, or not.
    let young = program(Engine::Sqlite);
    young.set_up("Owner", OWNER, "Owner").unwrap();
    let file_of_young = directory.path().join("young.jsonl");
    export(&young, &file_of_young);

    for (source, file) in [(&old, &file), (&young, &file_of_young)] {
        let mut new = successor(engine, source);
        let mut running = new.start().await.unwrap();
        let (link, api) = (setup_path(&running).await, Asking::new(&running));
        import(&new, file);
        // Its keys are those that came along.
        let rows = Look::at(&new.database_url()).rows().await;
        let mut imported: Vec<String> = rows["signing_keys"].iter().map(|key| key["kid"].clone()).collect();
        imported.sort();
        within_a_second(imported, async || {
            let keys = Answer::of(api.call(Method::GET, "/.well-known/jwks.json")).await;
            let keys = keys.json["keys"].as_array().unwrap().clone();
            let mut kids: Vec<String> = keys.iter().map(|key| key["kid"].to_string()).collect();
            kids.sort();
            kids
        })
        .await;
        let (access, _) = api.sign_in(OWNER).await;
        assert_eq!(api.status(&access).await, 200);
        if std::ptr::eq(source, &raw const old) {
            assert_eq!(api.status(&life.access).await, 200, "an access token of the old server");
        }
        let setup = Answer::of(api.call(Method::GET, &link)).await;
        assert!(setup.status >= 400, "the link of the empty server is dead: {}", setup.status);
        running.terminate(std::time::Duration::from_secs(20)).await.unwrap();
        assert!(!running.output().contains("ERROR"), "{}", running.output());
        assert_audit_log_is_whole(&new);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_beside_a_busy_server_is_of_one_moment_on_sqlite() {
    of_one_moment(Engine::Sqlite, Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_beside_a_busy_server_is_of_one_moment_on_postgres() {
    of_one_moment(Engine::Postgres, Engine::Sqlite).await;
}

async fn of_one_moment(here: Engine, there: Engine) {
    let directory = tempdir().unwrap();
    let mut old = program(here);
    old.set_up("Owner", OWNER, "Owner").unwrap();
    let running = old.start().await.unwrap();
    let (access, _) = Asking::new(&running).sign_in(OWNER).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing: Vec<_> = (0..4)
        .map(|writer| {
            let (api, access, stop) = (Asking::new(&running), access.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut written = 0;
                while !stop.load(Ordering::SeqCst) {
                    let system = json!({ "name": format!("System {writer} {written}"), "type": "ns8" });
                    let created = api.call(Method::POST, "/api/systems").bearer_auth(&access).json(&system);
                    assert_eq!(Answer::of(created).await.status, 201);
                    written += 1;
                }
                written
            })
        })
        .collect();
    let files = [0, 1, 2].map(|number| directory.path().join(format!("{number}.jsonl")));
    for file in &files {
        let (program, file) = (old.clone(), file.clone());
        tokio::task::spawn_blocking(move || export(&program, &file)).await.unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let mut written = 0;
    for one in writing {
        written += one.await.unwrap();
    }
    assert!(written > 20, "{written} writes: that was no load");

    let mut last = 0;
    for file in &files {
        let new = successor(there, &old);
        import(&new, file);
        assert_audit_log_is_whole(&new);
        let look = Look::at(&new.database_url());
        let systems = look.count("SELECT COUNT(*) FROM systems").await;
        let audited = look.count("SELECT COUNT(*) FROM audit WHERE action = 'system.created'").await;
        assert_eq!(systems, audited, "a system and its entry were written at one moment");
        assert!(systems >= last, "a later export has no less");
        last = systems;
    }
    assert!(last > 0, "nothing was written before the last export");
}
