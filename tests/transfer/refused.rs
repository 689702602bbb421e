//! What is not imported although the file is good, and what is not exported: each says what to do.

use std::fs;
use std::path::PathBuf;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::process::operator::refusal;
use tempfile::{TempDir, tempdir};

use crate::life::{Asking, Life, OWNER, copy_key, export, import, key_file, program, successor};
use crate::rows::Look;

/// The file of a server that was used.
async fn good() -> (TempDir, PathBuf, Program, Life) {
    let directory = tempdir().unwrap();
    let file = directory.path().join("good.jsonl");
    let mut old = program(Engine::Sqlite);
    let life = Life::of(&mut old).await;
    export(&old, &file);
    (directory, file, old, life)
}

#[track_caller]
fn refused(program: &Program, arguments: &[&str], reason: &str) {
    let said = refusal(&program.run(arguments, "").unwrap());
    assert!(said.contains(reason), "{said}\nexpected: {reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_somebody_has_used_takes_nothing_in() {
    let (_directory, file, old, _) = good().await;
    let name = file.to_str().unwrap();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let used = successor(engine, &old);
        used.set_up("Somebody else", "else@example.org", "Else").unwrap();
        let look = Look::at(&used.database_url());
        let before = look.rows().await;
        refused(&used, &["import", name], "the database is not empty: it has organisations, people or an audit log");
        assert_eq!(look.rows().await, before);
        // Nor does one of which nothing is left but what the audit log says.
        let audited = successor(engine, &old);
        let rotated = audited.admin(&["rotate-keys"]).unwrap();
        assert!(rotated.status.success(), "{rotated:?}");
        refused(&audited, &["import", name], "the database is not empty");
        // And what was imported is used.
        let filled = successor(engine, &old);
        import(&filled, &file);
        refused(&filled, &["import", name], "the database is not empty");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_master_key_of_the_old_server_nothing_is_taken_in() {
    let (_directory, file, old, life) = good().await;
    let name = file.to_str().unwrap();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut new = program(engine);
        let key = key_file(&new);
        let path = key.to_str().unwrap();
        refused(&new, &["import", name], &format!("{path} is not there: copy keys/master.key from the data directory"));
        assert!(!new.data_dir().exists(), "nothing was made");
        // A start makes a key of its own.
        drop(new.start().await.unwrap());
        let look = Look::at(&new.database_url());
        let before = look.rows().await;
        let foreign = format!("{path} is not the master key of the server that the file comes from");
        refused(&new, &["import", name], &foreign);
        assert_eq!(look.rows().await, before);
        // What it left in the database gives way once the right key is there.
        copy_key(&old, &new);
        import(&new, &file);
        life.goes_on(&mut new).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_moved_is_named() {
    let (directory, file, old, _) = good().await;
    let new = successor(Engine::Sqlite, &old);
    let nowhere = directory.path().join("nowhere.jsonl");
    refused(&new, &["import", nowhere.to_str().unwrap()], "No such file");
    refused(&new, &["import", "-"], "an import reads its file twice");
    refused(&new, &["import", "/dev/null"], "/dev/null must be a file: it is read twice");
    refused(&new, &["export", nowhere.to_str().unwrap()], "there is nothing to export");
    assert!(!nowhere.exists() && !new.data_dir().join("bailiwick.db").exists(), "nothing was made");

    // A server that was started and never set up has nothing to move.
    let mut idle = program(Engine::Sqlite);
    drop(idle.start().await.unwrap());
    export(&idle, &nowhere);
    copy_key(&idle, &new);
    refused(&new, &["import", nowhere.to_str().unwrap()], "comes from a server that was never set up");
    assert_eq!(Look::at(&new.database_url()).count("SELECT COUNT(*) FROM properties").await, 0);

    // A database of an older version is not made a newer one by the way.
    let older = successor(Engine::Sqlite, &old);
    import(&older, &file);
    let look = Look::at(&older.database_url());
    look.run("DELETE FROM migrations WHERE number > 17").await;
    refused(&older, &["import", file.to_str().unwrap()], "the database is of an older version of this program");
    assert_eq!(look.count("SELECT MAX(number) FROM migrations").await, 17);
    refused(&older, &["export", nowhere.to_str().unwrap()], "the database is of an older version of this program");
}

/// A row that nobody refers to any more is no damage of the file: only the database can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_refers_to_what_is_not_there_is_not_taken_in() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("dangling.jsonl");
    let old = program(Engine::Sqlite);
    old.set_up("Owner", OWNER, "Owner").unwrap();
    let look = Look::at(&old.database_url());
    look.run("PRAGMA foreign_keys = OFF; DELETE FROM users").await;
    export(&old, &file);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let new = successor(engine, &old);
        refused(&new, &["import", file.to_str().unwrap()], "refers to what is not there");
        let look = Look::at(&new.database_url());
        assert_eq!(look.count("SELECT COUNT(*) FROM organisations").await, 0);
        // And it can be used.
        let mut new = new;
        new.set_up("New", "new@example.org", "New").unwrap();
        let running = new.start().await.unwrap();
        Asking::new(&running).sign_in("new@example.org").await;
    }
    assert!(fs::metadata(&file).unwrap().len() > 0);
}
