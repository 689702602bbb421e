//! Answers that a repeated request gets again.

use bailiwick_domain::id::UserId;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write CLAIM = "INSERT INTO idempotency_keys \
        (user_id, key_digest, request_digest, sealed_answer, settled_at, created_at, forget_after) \
        VALUES ($1, $2, $3, $4, NULL, $5, $6) ON CONFLICT (user_id, key_digest) DO NOTHING";
    Write SETTLE = "UPDATE idempotency_keys SET sealed_answer = $3, settled_at = $4 \
        WHERE user_id = $1 AND key_digest = $2";
    Read FIND = "SELECT request_digest, sealed_answer, settled_at, created_at FROM idempotency_keys \
        WHERE user_id = $1 AND key_digest = $2";
}

record! {
    /// An answer that was given before.
    #[derive(Clone, Debug)]
    pub struct IdempotencyRecord {
        /// What was asked for.
        pub request_digest: Vec<u8>,
        /// What was answered, sealed.
        pub sealed_answer: Vec<u8>,
        /// When the answer became final; none while its callback is being tried.
        pub settled_at: Option<Timestamp>,
        /// When the request was carried out.
        pub created_at: Timestamp,
    }
}

/// Notes that a request was carried out; false when the key is taken.
pub async fn claim(
    transaction: &mut WriteTransaction,
    user: UserId,
    key_digest: &[u8],
    request_digest: &[u8],
    sealed_answer: &[u8],
    now: Timestamp,
    forget_after: Timestamp,
) -> Result<bool> {
    let values = values![user, key_digest, request_digest, sealed_answer, now, forget_after];
    Ok(transaction.change(&CLAIM, values).await? == 1)
}

/// Writes the answer down; it is final when `settled_at` says when it became so.
pub async fn settle(
    transaction: &mut WriteTransaction,
    user: UserId,
    key_digest: &[u8],
    sealed_answer: &[u8],
    settled_at: Option<Timestamp>,
) -> Result<()> {
    transaction.change(&SETTLE, values![user, key_digest, sealed_answer, settled_at]).await.map(|_| ())
}

/// What was answered under this key.
pub async fn find(link: &mut Link, user: UserId, key_digest: &[u8]) -> Result<Option<IdempotencyRecord>> {
    link.optional(&FIND, values![user, key_digest]).await
}
