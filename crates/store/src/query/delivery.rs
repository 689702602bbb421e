//! The outbox: callbacks on their way.

use bailiwick_domain::id::{DeliveryId, SystemId};
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO deliveries \
        (id, system_id, sealed_target, status, attempts, created_at, next_attempt_at, leased_until) \
        VALUES ($1, $2, $3, 'pending', 0, $4, $4, $5)";
    /// PostgreSQL steps over rows that another node is just claiming.
    Read DUE = "SELECT id, system_id, sealed_target, attempts, created_at FROM deliveries \
        WHERE status = 'pending' AND next_attempt_at <= $1 AND leased_until <= $1 \
        ORDER BY next_attempt_at LIMIT $2", postgres: " FOR UPDATE SKIP LOCKED";
    Write LEASE = "UPDATE deliveries SET leased_until = $3 WHERE id = $1 AND leased_until <= $2 AND status = 'pending'";
    Write DELIVERED = "UPDATE deliveries SET status = 'delivered', attempts = attempts + 1, next_attempt_at = NULL, \
        last_attempt_at = $2, last_status = $3, last_failure = NULL WHERE id = $1 AND status = 'pending'";
    Write FAILED = "UPDATE deliveries SET status = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN 'dead' ELSE 'pending' END, \
        attempts = attempts + 1, last_attempt_at = $2, last_status = $3, last_failure = $4, next_attempt_at = $5, \
        leased_until = 0 WHERE id = $1 AND status = 'pending'";
    Read NEXT_DUE = "SELECT MIN(CASE WHEN leased_until > next_attempt_at THEN leased_until ELSE next_attempt_at END) \
        FROM deliveries WHERE status = 'pending'";
}

record! {
    /// A callback to be delivered.
    #[derive(Clone, Debug)]
    pub struct DeliveryRecord {
        /// Its id, the same in every attempt.
        pub id: DeliveryId,
        /// The system it tells of.
        pub system: SystemId,
        /// Where to and with what, sealed.
        pub sealed_target: Vec<u8>,
        /// How often it was tried.
        pub attempts: i64,
        /// Since when it waits.
        pub created_at: Timestamp,
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub struct AttemptOutcome<'outcome> {
    /// When.
    pub at: Timestamp,
    /// The HTTP status, where there was one.
    pub status: Option<i64>,
    /// The class of failure, where it failed.
    pub failure: Option<&'outcome str>,
    /// When to try again; none when it is to be given up.
    pub next_attempt_at: Option<Timestamp>,
}

/// Puts a callback into the outbox, leased by whoever will try it first.
pub async fn insert(
    transaction: &mut WriteTransaction,
    id: DeliveryId,
    system: SystemId,
    sealed_target: &[u8],
    now: Timestamp,
    leased_until: Timestamp,
) -> Result<()> {
    transaction.change(&INSERT, values![id, system, sealed_target, now, leased_until]).await.map(|_| ())
}

/// Leases callbacks that are due, at most `limit`: nobody else tries them until then.
pub async fn claim(
    transaction: &mut WriteTransaction,
    now: Timestamp,
    leased_until: Timestamp,
    limit: i64,
) -> Result<Vec<DeliveryRecord>> {
    let due: Vec<DeliveryRecord> = transaction.all(&DUE, values![now, limit]).await?;
    let mut claimed = Vec::with_capacity(due.len());
    for delivery in due {
        if transaction.change(&LEASE, values![delivery.id, now, leased_until]).await? == 1 {
            claimed.push(delivery);
        }
    }
    Ok(claimed)
}

/// Notes that a callback arrived.
pub async fn delivered(transaction: &mut WriteTransaction, id: DeliveryId, at: Timestamp, status: i64) -> Result<()> {
    transaction.change(&DELIVERED, values![id, at, status]).await.map(|_| ())
}

/// Notes that an attempt failed.
pub async fn failed(transaction: &mut WriteTransaction, id: DeliveryId, outcome: AttemptOutcome<'_>) -> Result<()> {
    let values = values![id, outcome.at, outcome.status, outcome.failure, outcome.next_attempt_at];
    transaction.change(&FAILED, values).await.map(|_| ())
}

/// When the next callback is due, where any waits.
pub async fn next_due(link: &mut Link) -> Result<Option<Timestamp>> {
    link.one::<Option<Timestamp>>(&NEXT_DUE, &[]).await
}
