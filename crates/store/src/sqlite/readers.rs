//! The pool of reading connections.
//!
//! Beginning and ending a read costs two locks on the file, which all readers
//! of the process take one after the other; for a small query that is a third
//! of its price. So a connection keeps its snapshot when it comes back, and the
//! next caller goes on reading it, as long as two things hold: nothing was
//! committed through our writer since, which a counter tells, and the snapshot
//! is only moments old, which bounds what a commit of another process can be
//! missed by. The writer ends all idle snapshots around each commit. Whoever has
//! heard of another process's commit must say so: until then another connection
//! may still show what was before it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open;
use crate::deadline;
use crate::error::{Error, Result};

/// The fewest readers, whatever the machine.
const READERS_MIN: usize = 4;
/// How long a snapshot serves: what another process commits is seen after this time at the latest.
const SNAPSHOT_AGE_MAX: Duration = Duration::from_millis(5);

/// Reads between two looks at the pool up to which it counts as resting.
const READS_AT_REST: u64 = 1000;

/// Reading connections, lent out one at a time.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    shared: Arc<Shared>,
    seats: Arc<Semaphore>,
    count: usize,
}

#[derive(Debug)]
struct Shared {
    idle: Mutex<Vec<Reading>>,
    /// How often our writer has committed, or a commit of another process was heard of.
    commits: AtomicU64,
    /// How often a connection was taken since somebody looked whether the pool is at rest.
    reads: AtomicU64,
}

/// A connection and what it is looking at.
#[derive(Debug)]
struct Reading {
    connection: Connection,
    snapshot: Option<Snapshot>,
}

/// An open read transaction.
#[derive(Clone, Copy, Debug)]
struct Snapshot {
    /// The commits that were counted before it; there may be more in it, never fewer.
    commits: u64,
    since: Instant,
}

impl Readers {
    /// Opens as many as serve the machine's cores.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = READERS_MIN.max(cores * 2);
        let open = |_| Ok(Reading { connection: open::reader(path)?, snapshot: None });
        let idle: Result<Vec<Reading>> = (0..count).map(open).collect();
        let shared = Shared { idle: Mutex::new(idle?), commits: AtomicU64::new(0), reads: AtomicU64::new(0) };
        Ok(Self { shared: Arc::new(shared), seats: Arc::new(Semaphore::new(count)), count })
    }

    /// One of them, as soon as one is free; it shows everything that was committed before.
    pub(super) async fn take(&self) -> Result<Reader> {
        let seat = Arc::clone(&self.seats).acquire_owned().await;
        let seat = seat.map_err(|error| Error::Unavailable(error.to_string()))?;
        self.shared.reads.fetch_add(1, Ordering::Relaxed);
        let commits = self.shared.commits.load(Ordering::SeqCst);
        let reading = self.shared.idle().pop();
        let mut reader = Reader { reading, shared: Arc::clone(&self.shared), _seat: seat };
        reader.reading()?.look(commits)?;
        Ok(reader)
    }

    /// Gives the memory back that was read into, unless much was read since the last call.
    pub(super) async fn rest(&self) -> Result<()> {
        if self.shared.reads.swap(0, Ordering::Relaxed) > READS_AT_REST {
            return Ok(());
        }
        for _ in 0..self.count {
            let seat = Arc::clone(&self.seats).acquire_owned().await;
            let seat = seat.map_err(|error| Error::Unavailable(error.to_string()))?;
            // From the end at which they come back last, so that each has its turn.
            let reading = {
                let mut idle = self.shared.idle();
                if idle.is_empty() { None } else { Some(idle.remove(0)) }
            };
            let mut reader = Reader { reading, shared: Arc::clone(&self.shared), _seat: seat };
            // To forget much of a large file takes some milliseconds.
            let rested = tokio::task::spawn_blocking(move || reader.reading()?.rest()).await;
            rested.map_err(|error| Error::Unavailable(error.to_string()))??;
        }
        Ok(())
    }

    /// Makes every reader look afresh: something was committed, and somebody hears of it, or has.
    pub(super) fn note_commit(&self) {
        self.shared.commits.fetch_add(1, Ordering::SeqCst);
        self.let_go();
    }

    /// Ends all idle snapshots, so that none of them keeps the write-ahead log from starting over.
    pub(super) fn let_go(&self) {
        for reading in self.shared.idle().iter_mut() {
            reading.let_go();
        }
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Vec<Reading>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// Goes on with the snapshot that there is, or begins one.
    fn look(&mut self, commits: u64) -> Result<()> {
        let fresh = |snapshot: Snapshot| snapshot.commits == commits && snapshot.since.elapsed() <= SNAPSHOT_AGE_MAX;
        if self.snapshot.is_some_and(fresh) {
            return Ok(());
        }
        self.let_go();
        // The moment itself is chosen by the first statement.
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        self.snapshot = Some(Snapshot { commits, since: Instant::now() });
        Ok(())
    }

    /// Forgets all that was read.
    fn rest(&mut self) -> Result<()> {
        self.let_go();
        open::forget_what_was_read(&self.connection)
    }

    /// Ends the snapshot, where there is one; the next call tries again what one could not end.
    fn let_go(&mut self) {
        self.snapshot = None;
        if self.connection.is_autocommit() {
            return;
        }
        let ended = self.connection.prepare_cached("ROLLBACK").and_then(|mut statement| statement.execute([]));
        if let Err(error) = ended {
            tracing::error!(%error, "a reading connection keeps its snapshot");
        }
    }
}

/// A reading connection in somebody's hands; it goes back when dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    reading: Option<Reading>,
    shared: Arc<Shared>,
    // Given back after the connection: fields drop in order, after `drop`.
    _seat: OwnedSemaphorePermit,
}

impl Reader {
    /// Runs something on the connection.
    pub(super) fn with<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        deadline::check()?;
        let reading = self.reading()?;
        let outcome = work(&reading.connection);
        if outcome.is_err() {
            // Whatever was wrong, the next one shall not inherit it.
            reading.let_go();
        }
        outcome
    }

    fn reading(&mut self) -> Result<&mut Reading> {
        self.reading.as_mut().ok_or_else(|| Error::Unavailable("no reading connection is free".to_owned()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(mut reading) = self.reading.take() else { return };
        let mut idle = self.shared.idle();
        // Under the lock, so that no commit passes by between the look at the counter and the return.
        let commits = self.shared.commits.load(Ordering::SeqCst);
        if reading.snapshot.is_some_and(|snapshot| snapshot.commits != commits) {
            reading.let_go();
        }
        idle.push(reading);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::sync::atomic::AtomicBool;

    use super::super::Sqlite;
    use super::super::SqliteLink;
    use super::*;
    use crate::durability::Durability;

    const CREATE: &str = "CREATE TABLE numbers (number INTEGER)";

    async fn write(sqlite: &Sqlite, sql: &str) {
        let mut link = sqlite.write(Durability::ThroughPowerFailures).await.unwrap();
        link.with(|connection| Ok(connection.execute_batch(sql)?)).unwrap();
        link.commit().await.unwrap();
    }

    fn count(link: &mut SqliteLink) -> i64 {
        let sql = "SELECT COUNT(*) FROM numbers";
        link.with(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }

    fn look(link: &mut SqliteLink) {
        let sql = "SELECT number FROM numbers LIMIT 1";
        link.with(|connection| Ok(connection.prepare_cached(sql)?.query([])?.next().map(|_| ())?)).unwrap();
    }

    fn snapshots(sqlite: &Sqlite) -> usize {
        sqlite.readers.shared.idle().iter().filter(|reading| !reading.connection.is_autocommit()).count()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_committed_is_read_by_whoever_asks_next() {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&directory.path().join("test.db")).unwrap();
        write(&sqlite, CREATE).await;
        for expected in 1..=500 {
            // Readers of before, in hand and given back.
            let mut in_hand = sqlite.read().await.unwrap();
            assert_eq!(count(&mut in_hand), expected - 1);
            assert_eq!(count(&mut sqlite.read().await.unwrap()), expected - 1);
            write(&sqlite, "INSERT INTO numbers VALUES (1)").await;
            assert_eq!(count(&mut sqlite.read().await.unwrap()), expected);
            drop(in_hand);
            assert_eq!(count(&mut sqlite.read().await.unwrap()), expected);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_snapshot_is_shared_by_those_who_come_soon_and_ends_with_a_commit() {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&directory.path().join("test.db")).unwrap();
        write(&sqlite, CREATE).await;
        count(&mut sqlite.read().await.unwrap());
        assert_eq!(snapshots(&sqlite), 1);
        let mut in_hand = sqlite.read().await.unwrap();
        count(&mut in_hand);
        write(&sqlite, "INSERT INTO numbers VALUES (1)").await;
        assert_eq!(snapshots(&sqlite), 0);
        drop(in_hand);
        assert_eq!(snapshots(&sqlite), 0, "a snapshot that is out of date does not come back");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_that_could_not_be_ended_is_ended_by_the_next_who_reads() {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&directory.path().join("test.db")).unwrap();
        write(&sqlite, CREATE).await;
        for reading in sqlite.readers.shared.idle().iter_mut() {
            reading.let_go();
            reading.connection.execute_batch("BEGIN").unwrap();
        }
        assert_eq!(count(&mut sqlite.read().await.unwrap()), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_has_met_the_commit_of_another_process_in_a_write_reads_it_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let sqlite = Sqlite::open(&path).unwrap();
        write(&sqlite, CREATE).await;
        let other = open::writer(&path).unwrap();
        for expected in 1..=50 {
            assert_eq!(count(&mut sqlite.read().await.unwrap()), expected - 1);
            other.execute_batch("INSERT INTO numbers VALUES (1)").unwrap();
            // Nothing is written: as after a conflict with what the other process wrote.
            assert_eq!(count(&mut sqlite.write(Durability::ThroughPowerFailures).await.unwrap()), expected);
            assert_eq!(count(&mut sqlite.read().await.unwrap()), expected);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_another_process_commits_is_seen_moments_later() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let sqlite = Sqlite::open(&path).unwrap();
        write(&sqlite, CREATE).await;
        assert_eq!(count(&mut sqlite.read().await.unwrap()), 0);
        let other = open::writer(&path).unwrap();
        other.execute_batch("INSERT INTO numbers VALUES (1)").unwrap();
        tokio::time::sleep(SNAPSHOT_AGE_MAX + Duration::from_millis(1)).await;
        assert_eq!(count(&mut sqlite.read().await.unwrap()), 1);
    }

    /// How much of this file the process sees as memory, in KiB.
    fn mapped(path: &Path) -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let name = path.to_str().unwrap();
        let mut is_ours = false;
        let mut kibibytes = 0;
        for line in maps.lines() {
            if line.contains('/') && line.contains('-') {
                is_ours = line.ends_with(name);
            } else if let (true, Some(size)) = (is_ours, line.strip_prefix("Rss:")) {
                kibibytes += size.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
            }
        }
        kibibytes
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_read_is_memory_no_longer_once_hardly_anything_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let sqlite = Sqlite::open(&path).unwrap();
        write(&sqlite, CREATE).await;
        write(
            &sqlite,
            "INSERT INTO numbers WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series \
            WHERE n < 200000) SELECT n FROM series",
        )
        .await;
        // The log is moved into the file after that was answered, and only the file is seen as memory.
        let mut tries = 0;
        while mapped(&path) < 1000 {
            write(&sqlite, "INSERT INTO numbers VALUES (1)").await;
            count(&mut sqlite.read().await.unwrap());
            tries += 1;
            assert!(tries < 500, "the file is not seen as memory");
        }
        let in_use = mapped(&path);
        for _ in 0..=READS_AT_REST {
            look(&mut sqlite.read().await.unwrap());
        }
        sqlite.rest().await.unwrap();
        assert_eq!(mapped(&path), in_use, "much was read");
        sqlite.rest().await.unwrap();
        assert_eq!(mapped(&path), 0);
        assert_eq!(count(&mut sqlite.read().await.unwrap()), 200_000 + tries);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn readers_do_not_keep_the_log_from_starting_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let sqlite = Sqlite::open(&path).unwrap();
        write(&sqlite, CREATE).await;
        let stop = Arc::new(AtomicBool::new(false));
        // Somebody reads all the time.
        let reading = tokio::spawn({
            let (sqlite, stop) = (sqlite.clone(), Arc::clone(&stop));
            async move {
                while !stop.load(Ordering::SeqCst) {
                    look(&mut sqlite.read().await.unwrap());
                    tokio::task::yield_now().await;
                }
            }
        });
        let fill = "INSERT INTO numbers WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series \
            WHERE n < 20000) SELECT n FROM series";
        for _ in 0..100 {
            write(&sqlite, fill).await;
        }
        stop.store(true, Ordering::SeqCst);
        reading.await.unwrap();
        let log = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        let database = std::fs::metadata(&path).unwrap().len();
        assert!(log < database / 3, "the log has {log} bytes, the database {database}");
    }
}
