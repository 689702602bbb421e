//! State tokens that were used: the key is what makes them one-shot.

use bailiwick_domain::id::SystemId;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write CONSUME = "INSERT INTO used_states (identity, system_id, used_at, forget_after) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (identity) DO NOTHING";
    Read IS_USED = "SELECT EXISTS (SELECT 1 FROM used_states WHERE identity = $1)";
}

/// Uses a state up; false when somebody did before.
pub async fn consume(
    transaction: &mut WriteTransaction,
    identity: &[u8; 32],
    system: SystemId,
    now: Timestamp,
    forget_after: Timestamp,
) -> Result<bool> {
    Ok(transaction.change(&CONSUME, values![identity.as_slice(), system, now, forget_after]).await? == 1)
}

/// Whether a state was used; only a hint, because it may be used at this very moment.
pub async fn is_used(link: &mut Link, identity: &[u8; 32]) -> Result<bool> {
    link.one(&IS_USED, values![identity.as_slice()]).await
}
