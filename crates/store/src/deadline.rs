//! Until when somebody waits for what is read and written.
//!
//! SQLite works in the caller's thread: while it does, no timer of the caller's can end it. So it looks at the clock by
//! itself. What waits for PostgreSQL is ended by being dropped.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::database::Database;
use crate::error::{Error, Result};

/// How long the outcome of a commit is waited for past the deadline: nobody can say before what has become of it.
const OUTCOME_MAX: Duration = Duration::from_secs(5);

tokio::task_local! {
    static WAITING: Waiting;
}

/// Somebody who waits.
#[derive(Clone, Debug)]
struct Waiting {
    deadline: Instant,
    /// Whether a commit is under way, whose outcome is not known yet.
    is_committing: Arc<AtomicBool>,
}

impl Database {
    /// Does this work within so much time: what it reads, writes or begins to commit later fails.
    ///
    /// # Errors
    /// [`Error::TooLate`]: it was given up, and no transaction of it that was open has changed anything.
    /// [`Error::Unavailable`] when nobody knows what became of its last commit.
    pub async fn within<T>(&self, time: Duration, work: impl Future<Output = T>) -> Result<T> {
        let waiting = Waiting { deadline: Instant::now() + time, is_committing: Arc::default() };
        let is_committing = Arc::clone(&waiting.is_committing);
        let mut work = pin!(WAITING.scope(waiting, work));
        if let Ok(outcome) = timeout(time, work.as_mut()).await {
            return Ok(outcome);
        }
        if !is_committing.load(Ordering::SeqCst) {
            return Err(Error::TooLate);
        }
        let outcome = timeout(OUTCOME_MAX, work).await;
        outcome.map_err(|_| Error::Unavailable("a commit is not answered".to_owned()))
    }
}

/// Whether nobody waits any more for what is being done here.
pub(crate) fn is_past() -> bool {
    WAITING.try_with(|waiting| waiting.deadline <= Instant::now()).unwrap_or(false)
}

/// Nothing, as long as somebody waits.
pub(crate) fn check() -> Result<()> {
    if is_past() { Err(Error::TooLate) } else { Ok(()) }
}

/// A commit that is under way.
#[derive(Debug)]
pub(crate) struct Committing(Option<Arc<AtomicBool>>);

/// Begins to commit, as long as somebody waits; from then on until this is dropped the outcome is waited for.
pub(crate) fn begin_commit() -> Result<Committing> {
    check()?;
    let is_committing = WAITING.try_with(|waiting| Arc::clone(&waiting.is_committing)).ok();
    if let Some(is_committing) = &is_committing {
        is_committing.store(true, Ordering::SeqCst);
    }
    Ok(Committing(is_committing))
}

impl Drop for Committing {
    fn drop(&mut self) {
        if let Some(is_committing) = &self.0 {
            is_committing.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::time::Duration;

    use crate::statement::{Access, Statement};

    use super::*;

    /// Counts so far that it takes days.
    static ENDLESS: Statement = Statement::new(
        "tests::ENDLESS",
        Access::Read,
        "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 1000000000000) \
         SELECT COUNT(*) FROM series",
    );
    static ADD: Statement =
        Statement::new("tests::ADD", Access::Write, "UPDATE revisions SET number = number + 1 WHERE name = 'tree'");
    static NUMBER: Statement =
        Statement::new("tests::NUMBER", Access::Read, "SELECT number FROM revisions WHERE name = 'tree'");

    const SOON: Duration = Duration::from_millis(50);

    async fn sqlite() -> (tempfile::TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let database = Database::open(&url).await.unwrap();
        (directory, database)
    }

    async fn number(database: &Database) -> i64 {
        database.read().await.unwrap().one(&NUMBER, &[]).await.unwrap()
    }

    /// Whether it was given up, by whoever noticed it first.
    fn is_late<T>(outcome: &Result<Result<T>>) -> bool {
        matches!(outcome, Err(Error::TooLate) | Ok(Err(Error::TooLate)))
    }

    #[tokio::test]
    async fn what_is_read_of_sqlite_ends_at_the_deadline() {
        let (_directory, database) = sqlite().await;
        let read = async |statement| database.read().await?.one::<i64>(statement, &[]).await;
        assert!(is_late(&database.within(SOON, read(&ENDLESS)).await));
        // Many small reads, between which nobody waits for anything, end there too.
        let reads = async {
            loop {
                read(&NUMBER).await?;
            }
        };
        assert!(is_late::<i64>(&database.within(SOON, reads).await));
        // Nobody else is concerned, and every connection is as good as before.
        for _ in 0..10 {
            assert!(is_late(&database.within(SOON, read(&ENDLESS)).await));
            read(&NUMBER).await.unwrap();
        }
        let mut snapshot = database.snapshot().await.unwrap();
        assert!(is_late(&database.within(SOON, snapshot.one::<i64>(&ENDLESS, &[])).await));
        snapshot.one::<i64>(&NUMBER, &[]).await.unwrap();
    }

    #[tokio::test]
    async fn past_the_deadline_nothing_is_written_to_sqlite() {
        let (_directory, database) = sqlite().await;
        let before = number(&database).await;
        // One that takes its time between two statements, and one that does before it commits.
        for has_written in [false, true] {
            let written = database.within(SOON, async {
                let mut transaction = database.write().await?;
                if has_written {
                    transaction.change(&ADD, &[]).await?;
                }
                std::thread::sleep(SOON * 2);
                if !has_written {
                    transaction.change(&ADD, &[]).await?;
                }
                transaction.commit().await
            });
            assert!(is_late(&written.await), "{has_written}");
            assert_eq!(number(&database).await, before);
        }
        let mut transaction = database.write().await.unwrap();
        transaction.change(&ADD, &[]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(number(&database).await, before + 1);
    }

    #[tokio::test]
    async fn whoever_commits_at_the_deadline_is_told_what_became_of_it() {
        let (_directory, database) = sqlite().await;
        let before = number(&database).await;
        let written = database.within(SOON, async {
            let mut transaction = database.write().await?;
            transaction.change(&ADD, &[]).await?;
            // Somebody else comes into the same batch, and takes longer than is waited for here.
            let other = database.clone();
            tokio::spawn(async move {
                let mut transaction = other.write().await.unwrap();
                tokio::time::sleep(SOON * 4).await;
                transaction.change(&ADD, &[]).await.unwrap();
                transaction.commit().await.unwrap();
            });
            tokio::time::sleep(SOON / 5).await;
            transaction.commit().await
        });
        let begun = Instant::now();
        written.await.unwrap().unwrap();
        assert!(begun.elapsed() > SOON, "the commit was to take longer");
        assert_eq!(number(&database).await, before + 2);
    }
}
