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
    static WAITING: Arc<Waiting>;
}

/// Somebody who waits.
#[derive(Debug)]
struct Waiting {
    deadline: Instant,
    /// Whether a commit was begun: from then on nobody can say that nothing was changed.
    has_committed: AtomicBool,
    /// Whether a commit is under way, or was so at the deadline: then its outcome is waited for, and what is read to tell
    /// of it.
    is_prolonged: AtomicBool,
}

impl Waiting {
    fn until(&self) -> Instant {
        if self.is_prolonged.load(Ordering::SeqCst) { self.deadline + OUTCOME_MAX } else { self.deadline }
    }

    /// What to say past the deadline.
    fn given_up(&self) -> Error {
        if self.has_committed.load(Ordering::SeqCst) {
            Error::Unavailable("it began to commit, and took too long to tell of it".to_owned())
        } else {
            Error::TooLate
        }
    }
}

impl Database {
    /// Does this work within so much time: what it reads, writes or begins to commit later fails. It is over when what it
    /// was told is [settled](Self::settled), too.
    ///
    /// # Errors
    /// [`Error::TooLate`]: it was given up, and has changed nothing. [`Error::Unavailable`]: it was given up, and may have
    /// changed something. Those of [`Self::settled`].
    pub async fn within<T>(&self, time: Duration, work: impl Future<Output = T>) -> Result<T> {
        let waiting = Arc::new(Waiting {
            deadline: Instant::now() + time,
            has_committed: AtomicBool::new(false),
            is_prolonged: AtomicBool::new(false),
        });
        let mut work = pin!(WAITING.scope(Arc::clone(&waiting), self.settled(work)));
        let mut outcome = timeout(time, work.as_mut()).await;
        if outcome.is_err() && waiting.is_prolonged.load(Ordering::SeqCst) {
            outcome = timeout(OUTCOME_MAX, work).await;
        }
        outcome.map_err(|_| waiting.given_up())?
    }
}

/// Whether nobody waits any more for what is being done here.
pub(crate) fn is_past() -> bool {
    WAITING.try_with(|waiting| waiting.until() <= Instant::now()).unwrap_or(false)
}

/// What to say when nobody waits any more.
pub(crate) fn given_up() -> Error {
    WAITING.try_with(|waiting| waiting.given_up()).unwrap_or(Error::TooLate)
}

/// Nothing, as long as somebody waits.
pub(crate) fn check() -> Result<()> {
    if is_past() { Err(given_up()) } else { Ok(()) }
}

/// A commit that is under way.
#[derive(Debug)]
pub(crate) struct Committing(Option<Arc<Waiting>>);

/// Begins to commit, as long as somebody waits.
pub(crate) fn begin_commit() -> Result<Committing> {
    check()?;
    let waiting = WAITING.try_with(Arc::clone).ok();
    if let Some(waiting) = &waiting {
        waiting.has_committed.store(true, Ordering::SeqCst);
        waiting.is_prolonged.store(true, Ordering::SeqCst);
    }
    Ok(Committing(waiting))
}

impl Drop for Committing {
    fn drop(&mut self) {
        if let Some(waiting) = &self.0
            && Instant::now() < waiting.deadline
        {
            waiting.is_prolonged.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::pin::Pin;
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
            transaction.commit().await?;
            // What is read to tell of it is waited for, too.
            database.read().await?.one::<i64>(&NUMBER, &[]).await
        });
        let begun = Instant::now();
        assert_eq!(written.await.unwrap().unwrap(), before + 2);
        assert!(begun.elapsed() > SOON, "the commit was to take longer");
    }

    #[tokio::test]
    async fn nobody_who_has_committed_is_told_that_nothing_was_changed() {
        let (_directory, database) = sqlite().await;
        let before = number(&database).await;
        let add = async || {
            let mut transaction = database.write().await?;
            transaction.change(&ADD, &[]).await?;
            transaction.commit().await
        };
        // The next that is read ends at the deadline, the next that is written is past it, and nothing at all is done.
        let read = async {
            add().await?;
            database.read().await?.one::<i64>(&ENDLESS, &[]).await
        };
        let written = async {
            add().await?;
            std::thread::sleep(SOON * 2);
            add().await.map(|()| 0)
        };
        let idle = async {
            add().await?;
            std::future::pending().await
        };
        let all: [Pin<Box<dyn Future<Output = Result<i64>>>>; 3] = [Box::pin(read), Box::pin(written), Box::pin(idle)];
        for work in all {
            let begun = Instant::now();
            let outcome = database.within(SOON, work).await.flatten();
            assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
            assert!(begun.elapsed() < OUTCOME_MAX, "nothing was being committed at the deadline");
        }
        assert_eq!(number(&database).await, before + 3);
    }
}
