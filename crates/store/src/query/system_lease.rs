//! The numbers of licence files: each file of a system has a larger one than the file before.

use bailiwick_domain::id::SystemId;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// A system that comes from elsewhere, with files of a server that was put back from a backup, says how far it was.
    Write NEXT = "INSERT INTO system_leases (system_id, lease, issued_at) VALUES ($1, $2 + 1, $3) \
        ON CONFLICT (system_id) DO UPDATE SET lease = CASE WHEN system_leases.lease > $2 THEN system_leases.lease \
        ELSE $2 END + 1, issued_at = $3 RETURNING lease";
}

/// The number of the next file of a system, larger than all before and than the one that it has, if it says so.
pub async fn next(transaction: &mut WriteTransaction, system: SystemId, known: i64, now: Timestamp) -> Result<i64> {
    let numbers: Vec<i64> = transaction.change_returning(&NEXT, values![system, known, now]).await?;
    numbers.first().copied().ok_or_else(|| crate::Error::Row("no number of a licence file".to_owned()))
}
