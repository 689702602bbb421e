//! What every node must forget, in the order in which it happened.

use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use crate::database::WriteTransaction;
use crate::error::{Error, Result};
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write NEXT_NUMBER = "UPDATE revisions SET number = number + 1 WHERE name = 'authority' RETURNING number";
    Write INSERT = "INSERT INTO invalidations (number, scope, subject_id, at) VALUES ($1, $2, $3, $4)";
    Read NEWEST = "SELECT number FROM revisions WHERE name = 'authority'";
    Read SINCE = "SELECT number, scope, subject_id FROM invalidations WHERE number > $1 ORDER BY number LIMIT $2";
}

record! {
    /// Something to forget.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct InvalidationRecord {
        /// Its place in the order.
        pub number: i64,
        /// Of what kind: `session`, `user`, `api_key`, `licence`, `keys` or `everything`.
        pub scope: String,
        /// Which one, where one is meant.
        pub subject: Option<Uuid>,
    }
}

/// Tells every node to forget something, once this transaction commits.
pub async fn insert(
    transaction: &mut WriteTransaction,
    scope: &str,
    subject: Option<Uuid>,
    now: Timestamp,
) -> Result<()> {
    let numbers: Vec<i64> = transaction.change_returning(&NEXT_NUMBER, &[]).await?;
    let number = numbers.first().ok_or_else(|| Error::Row("the revision counter is gone".to_owned()))?;
    transaction.change(&INSERT, values![*number, scope, subject, now]).await.map(|_| ())
}

/// The number of the newest.
pub async fn newest(link: &mut Link) -> Result<i64> {
    link.one(&NEWEST, &[]).await
}

/// Those after this number, in order.
pub async fn since(link: &mut Link, number: i64, limit: i64) -> Result<Vec<InvalidationRecord>> {
    link.all(&SINCE, values![number, limit]).await
}
