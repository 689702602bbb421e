//! What the queue of the writer promises.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::atomic::AtomicUsize;

use super::*;

/// A writer on a file with one table, and the count of its commits.
fn writer(directory: &tempfile::TempDir) -> (Writer, Arc<AtomicUsize>) {
    let path = directory.path().join("test.db");
    let mut connection = crate::sqlite::open::writer(&path).unwrap();
    connection.execute_batch("CREATE TABLE numbers (number INTEGER)").unwrap();
    let commits = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&commits);
    let count = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        false
    };
    connection.commit_hook(Some(count)).unwrap();
    (Writer::new(connection, Readers::open(&path).unwrap()).unwrap(), commits)
}

fn insert(connection: &Connection, number: usize) -> Result<()> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    Ok(connection.execute("INSERT INTO numbers VALUES (?1)", [number]).map(|_| ())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_queue_up_share_a_commit() {
    const TRANSACTIONS: usize = 64;
    let directory = tempfile::tempdir().unwrap();
    let (writer, commits) = writer(&directory);
    let held = Arc::clone(&writer.state).lock_owned().await;
    let tasks: Vec<_> = (0..TRANSACTIONS)
        .map(|number| {
            let writer = writer.clone();
            tokio::spawn(async move {
                let mut seat = writer.begin(Durability::ThroughPowerFailures).await?;
                seat.with(|connection| insert(connection, number))?;
                seat.commit().await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(held);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let made = commits.load(Ordering::SeqCst);
    assert!(made <= 2, "{TRANSACTIONS} queued transactions took {made} commits");
    let state = writer.state.lock().await;
    let rows: i64 = state.connection.query_row("SELECT COUNT(*) FROM numbers", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, i64::try_from(TRANSACTIONS).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_no_disk_is_committed_at_once_and_costs_nobody_else_the_sync() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, commits) = writer(&directory);
    let level =
        |connection: &Connection| Ok(connection.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))?);
    let (normal, full) = (1_i64, 2_i64);
    for round in 0..3 {
        let mut seat = writer.begin(Durability::ThroughCrashes).await.unwrap();
        assert_eq!(seat.with(level).unwrap(), normal);
        seat.with(|connection| insert(connection, round)).unwrap();
        seat.commit().await.unwrap();
        let mut seat = writer.begin(Durability::ThroughPowerFailures).await.unwrap();
        assert_eq!(seat.with(level).unwrap(), full);
        seat.with(|connection| insert(connection, round)).unwrap();
        // Whoever comes while a batch is open that waits for the disk waits with it.
        let (one, other) = tokio::join!(seat.commit(), async {
            let mut seat = writer.begin(Durability::ThroughCrashes).await?;
            seat.with(|connection| insert(connection, round))?;
            seat.commit().await
        });
        assert_eq!((one.is_ok(), other.is_ok()), (true, true));
    }
    let made = commits.load(Ordering::SeqCst);
    assert!((6..=9).contains(&made), "{made}");
    let state = writer.state.lock().await;
    let rows: i64 = state.connection.query_row("SELECT COUNT(*) FROM numbers", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_transaction_that_is_dropped_commits_nothing_and_frees_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, commits) = writer(&directory);
    let mut seat = writer.begin(Durability::ThroughPowerFailures).await.unwrap();
    seat.with(|connection| insert(connection, 1)).unwrap();
    drop(seat);
    let state = writer.state.lock().await;
    assert!(state.connection.is_autocommit() && state.batch.is_none());
    assert_eq!(commits.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_rolled_back_takes_no_further_statement() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, _) = writer(&directory);
    writer.limit_pages(2).await.unwrap();
    let mut seat = writer.begin(Durability::ThroughPowerFailures).await.unwrap();
    let too_much = |connection: &Connection| {
        Ok(connection.execute("INSERT INTO numbers VALUES (zeroblob(100000))", []).map(|_| ())?)
    };
    assert!(matches!(seat.with(too_much), Err(Error::Unavailable(_))));
    // Outside of a transaction it would last at once, whatever becomes of the rest.
    assert!(matches!(seat.with(|connection| insert(connection, 1)), Err(Error::Unavailable(_))));
    drop(seat);
    let state = writer.state.lock().await;
    let rows: i64 = state.connection.query_row("SELECT COUNT(*) FROM numbers", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nobody_else_waits_for_a_statement_that_takes_long() {
    let directory = tempfile::tempdir().unwrap();
    let (writer, _) = writer(&directory);
    let long = async move {
        let mut link = writer.begin(Durability::ThroughPowerFailures).await.unwrap();
        link.make_way();
        let (sender, other) = mpsc::channel();
        // Nobody but this very thread would run it.
        tokio::spawn(async move { sender.send(()) });
        link.with(|_| Ok(other.recv_timeout(Duration::from_secs(10)))).unwrap()
    };
    assert_eq!(tokio::spawn(long).await.unwrap(), Ok(()));
}
