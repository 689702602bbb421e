//! Until when somebody waits for what is read.
//!
//! SQLite works in the caller's thread: while it does, no timer of the caller's can end it. So it looks at the clock by
//! itself. What waits for PostgreSQL is ended by whoever drops it.

use std::time::Instant;

use crate::database::Database;
use crate::error::{Error, Result};

tokio::task_local! {
    static DEADLINE: Instant;
}

impl Database {
    /// Does this work, for whose answer nobody waits after that moment: what it reads, writes or commits after it fails
    /// with [`Error::TooLate`].
    pub async fn until<T>(&self, deadline: Instant, work: impl Future<Output = T>) -> T {
        DEADLINE.scope(deadline, work).await
    }
}

/// Whether nobody waits any more for what is being done here.
pub(crate) fn is_past() -> bool {
    DEADLINE.try_with(|deadline| *deadline <= Instant::now()).unwrap_or(false)
}

/// Nothing, as long as somebody waits.
pub(crate) fn check() -> Result<()> {
    if is_past() { Err(Error::TooLate) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::time::Duration;

    use crate::link::Link;
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
    static ONE: Statement = Statement::new("tests::ONE", Access::Read, "SELECT COUNT(*) FROM organisations");

    #[tokio::test]
    async fn what_is_read_of_sqlite_ends_at_the_deadline() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let database = Database::open(&url).await.unwrap();
        let read = async |statement| database.read().await?.one::<i64>(statement, &[]).await;
        let soon = || Instant::now() + Duration::from_millis(50);
        let outcome = database.until(soon(), read(&ENDLESS)).await;
        assert!(matches!(outcome, Err(Error::TooLate)), "{outcome:?}");
        // Many small reads, between which nobody waits for anything, end there too.
        database.until(soon(), async { while read(&ONE).await.is_ok() {} }).await;
        assert!(matches!(database.until(Instant::now(), read(&ONE)).await, Err(Error::TooLate)));
        // Nobody else is concerned, and every connection is as good as before.
        for _ in 0..10 {
            assert!(matches!(database.until(soon(), read(&ENDLESS)).await, Err(Error::TooLate)));
            assert_eq!(read(&ONE).await.unwrap(), 0);
        }
        let mut snapshot: Link = database.snapshot().await.unwrap();
        assert!(matches!(database.until(soon(), snapshot.one::<i64>(&ENDLESS, &[])).await, Err(Error::TooLate)));
        assert_eq!(snapshot.one::<i64>(&ONE, &[]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn past_the_deadline_nothing_is_written_to_sqlite() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let database = Database::open(&url).await.unwrap();
        let number = async || database.read().await.unwrap().one::<i64>(&NUMBER, &[]).await.unwrap();
        let before = number().await;
        // One that takes its time between two statements, and one that does before it commits.
        for has_written in [false, true] {
            let soon = Instant::now() + Duration::from_millis(50);
            let written = database.until(soon, async {
                let mut transaction = database.write().await?;
                if has_written {
                    transaction.change(&ADD, &[]).await?;
                }
                std::thread::sleep(Duration::from_millis(60));
                if !has_written {
                    transaction.change(&ADD, &[]).await?;
                }
                transaction.commit().await
            });
            assert!(matches!(written.await, Err(Error::TooLate)), "{has_written}");
            assert_eq!(number().await, before);
        }
        let mut transaction = database.write().await.unwrap();
        transaction.change(&ADD, &[]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(number().await, before + 1);
    }
}
