//! What a transaction promises, on both engines: all or nothing, one after the
//! other, and never "database is locked".

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::time::Duration;

use bailiwick_store::query::{property, used_state};
use bailiwick_store::{Database, Error};
use bailiwick_testkit::postgres::Cluster;

/// Runs the same story on a fresh database of each engine.
async fn on_both<F, Fut>(story: F)
where
    F: Fn(Database) -> Fut,
    Fut: Future<Output = ()>,
{
    let directory = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", directory.path().join("test.db").display());
    story(Database::open(&file).await.unwrap()).await;
    let guard = Cluster::shared().create_database().unwrap();
    story(Database::open(guard.url()).await.unwrap()).await;
}

async fn read(database: &Database, name: &str) -> Option<Vec<u8>> {
    property::get(&mut database.read().await.unwrap(), name).await.unwrap()
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    on_both(|database| async move {
        let mut transaction = database.write().await.unwrap();
        property::set_once(&mut transaction, "dropped", b"x").await.unwrap();
        assert_eq!(read(&database, "dropped").await, None, "others see nothing before the commit");
        drop(transaction);
        let mut transaction = database.write().await.unwrap();
        assert!(property::set_once(&mut transaction, "kept", b"y").await.unwrap());
        transaction.commit().await.unwrap();
        assert_eq!(read(&database, "dropped").await, None);
        assert_eq!(read(&database, "kept").await, Some(b"y".to_vec()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_aborted_in_a_transaction_leaves_nothing_and_holds_nobody_up() {
    on_both(|database| async move {
        let inside = database.clone();
        let task = tokio::spawn(async move {
            let mut transaction = inside.write().await.unwrap();
            property::set_once(&mut transaction, "aborted", b"x").await.unwrap();
            std::future::pending::<()>().await;
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        task.abort();
        let mut transaction = tokio::time::timeout(Duration::from_secs(5), database.write()).await.unwrap().unwrap();
        assert!(property::set_once(&mut transaction, "aborted", b"y").await.unwrap());
        transaction.commit().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_at_once_all_commit_and_those_who_give_up_take_nobody_with_them() {
    const WRITERS: usize = 200;
    on_both(|database| async move {
        let writers = (0..WRITERS).map(|number| {
            let database = database.clone();
            tokio::spawn(async move {
                let name = format!("writer {number}");
                let mut transaction = database.write().await.unwrap();
                property::set_once(&mut transaction, &name, b"x").await.unwrap();
                if number % 3 == 0 {
                    return;
                }
                transaction.commit().await.unwrap();
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        for number in 0..WRITERS {
            let found = read(&database, &format!("writer {number}")).await;
            assert_eq!(found.is_some(), number % 3 != 0, "writer {number}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_transaction_in_which_a_statement_failed_does_not_commit() {
    on_both(|database| async move {
        let mut transaction = database.write().await.unwrap();
        property::set_once(&mut transaction, "before", b"x").await.unwrap();
        let nobody = bailiwick_domain::id::SystemId::from_uuid(uuid::Uuid::from_u128(1));
        let now = bailiwick_domain::time::Timestamp::from_seconds(1);
        let failed = used_state::consume(&mut transaction, &[0; 32], nobody, now, now).await;
        assert!(matches!(failed, Err(Error::Dangling(_))), "{failed:?}");
        assert!(transaction.commit().await.is_err());
        assert_eq!(read(&database, "before").await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_waits_while_another_process_writes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let database = Database::open(&format!("sqlite://{}", path.display())).await.unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writing = tokio::spawn(async move {
        let mut transaction = database.write().await.unwrap();
        property::set_once(&mut transaction, "patient", b"x").await.unwrap();
        transaction.commit().await.unwrap();
        read(&database, "patient").await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!writing.is_finished());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(writing.await.unwrap(), Some(b"x".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_fails_those_who_share_the_commit_and_loses_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let database = Database::open(&format!("sqlite://{}", path.display())).await.unwrap();
    let write = |name: String, bytes: usize| {
        let database = database.clone();
        async move {
            let mut transaction = database.write().await?;
            property::set_once(&mut transaction, &name, &vec![7; bytes]).await?;
            transaction.commit().await
        }
    };
    write("early".to_owned(), 10).await.unwrap();
    database.limit_pages(120).await.unwrap();
    let writers = (0..64).map(|number| {
        let write = write(format!("late {number}"), 20_000);
        tokio::spawn(async move { (number, write.await) })
    });
    let mut failures = 0;
    for writer in writers.collect::<Vec<_>>() {
        let (number, outcome) = writer.await.unwrap();
        let found = read(&database, &format!("late {number}")).await;
        match outcome {
            Ok(()) => assert!(found.is_some(), "answered, and lost: {number}"),
            Err(error) => {
                failures += 1;
                assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
                assert!(found.is_none(), "refused, and there: {number}");
            }
        }
    }
    assert!(failures > 0, "the disk never filled");
    assert!(read(&database, "early").await.is_some());
    // Once there is room again, writing goes on.
    database.limit_pages(1_000_000).await.unwrap();
    write("after".to_owned(), 20_000).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_gave_up_holds_nobody_up_on_postgres() {
    let guard = Cluster::shared().create_database().unwrap();
    let database = Database::open(guard.url()).await.unwrap();
    let (other, connection) = tokio_postgres::connect(guard.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute("BEGIN; LOCK TABLE properties IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // More readers than there are connections give up waiting for the locked table.
    for _ in 0..40 {
        let reading = async { property::get(&mut database.read().await.unwrap(), "any").await };
        assert!(tokio::time::timeout(Duration::from_millis(20), reading).await.is_err());
    }
    // Another table is still there for everybody.
    let reading = async { bailiwick_store::query::invalidation::newest(&mut database.read().await.unwrap()).await };
    tokio::time::timeout(Duration::from_secs(2), reading).await.unwrap().unwrap();
}

/// A transaction that finds the name of another one taken, and gives up, while a third one keeps the batch open, and
/// writes that much into it. What the second comes to by what it does `after` that, and what everybody reads then.
async fn gives_up_in_a_batch<T>(
    database: &Database,
    written_by_the_third: usize,
    after: impl AsyncFnOnce(&Database) -> T,
) -> (Result<T, Error>, Option<Vec<u8>>) {
    let (first, second, third) = (database.clone(), database.clone(), database.clone());
    let mut transaction = first.write().await.unwrap();
    assert!(property::set_once(&mut transaction, "contested", b"first").await.unwrap());
    let giving_up = async {
        let outcome = database.within(Duration::from_secs(10), async {
            let mut transaction = second.write().await.unwrap();
            assert!(!property::set_once(&mut transaction, "contested", b"second").await.unwrap());
            drop(transaction);
            after(&second).await
        });
        (outcome.await, read(database, "contested").await)
    };
    let prolonging = async {
        let mut transaction = third.write().await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let written = property::set_once(&mut transaction, "third", &vec![7; written_by_the_third]).await;
        if written.is_ok() {
            transaction.commit().await.unwrap();
        }
    };
    // They queue in this order, all before the thread that commits.
    let committing = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        transaction.commit().await
    };
    let (gave_up, (), _) = tokio::join!(giving_up, prolonging, committing);
    gave_up
}

async fn sqlite() -> (tempfile::TempDir, Database) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("test.db").display());
    let database = Database::open(&url).await.unwrap();
    (directory, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_because_of_another_transaction_reads_what_that_one_wrote() {
    let first = Some(b"first".to_vec());
    let (_directory, database) = sqlite().await;
    let (seen, _) = gives_up_in_a_batch(&database, 10, async |database| read(database, "contested").await).await;
    assert_eq!(seen.unwrap(), first);
    let (_directory, database) = sqlite().await;
    let look = async |database: &Database| {
        let mut link = database.snapshot().await.unwrap();
        property::get(&mut link, "contested").await.unwrap()
    };
    let (seen, _) = gives_up_in_a_batch(&database, 10, look).await;
    assert_eq!(seen.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_because_of_what_the_disk_does_not_have_yet() {
    let (_directory, database) = sqlite().await;
    let (told, seen) = gives_up_in_a_batch(&database, 10, async |_| "taken").await;
    assert_eq!((told.unwrap(), seen), ("taken", Some(b"first".to_vec())));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gave_up_because_of_what_did_not_last_hears_of_that() {
    for goes_on in [false, true] {
        let (_directory, database) = sqlite().await;
        database.limit_pages(1).await.unwrap();
        let write = async |database: &Database| {
            if goes_on { database.write().await.map(|_| ()) } else { Ok(()) }
        };
        let (told, seen) = gives_up_in_a_batch(&database, 10_000_000, write).await;
        assert!(matches!(told.flatten(), Err(Error::Unavailable(_))), "{goes_on}");
        assert_eq!(seen, None);
    }
}
