//! The ledgers of failed sign-ins.

use bailiwick_domain::throttle::{Ledger, LedgerKey};
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// Writing the row to itself holds it until the transaction ends, so that
    /// parallel guesses are counted one after the other.
    Write HOLD = "INSERT INTO throttle_ledgers (key, failures, last_failure_at) VALUES ($1, 0, 0) \
        ON CONFLICT (key) DO UPDATE SET failures = throttle_ledgers.failures \
        RETURNING failures, last_failure_at";
    Read FIND = "SELECT failures, last_failure_at FROM throttle_ledgers WHERE key = $1";
    Write SET = "UPDATE throttle_ledgers SET failures = $2, last_failure_at = $3 WHERE key = $1";
    Write FORGET = "DELETE FROM throttle_ledgers WHERE key = $1";
    /// The moment goes back too, unless somebody failed since.
    Write REFUND = "UPDATE throttle_ledgers SET failures = failures - 1, \
        last_failure_at = CASE WHEN last_failure_at = $2 THEN $3 ELSE last_failure_at END \
        WHERE key = $1 AND failures > 0";
}

record! {
    #[derive(Debug)]
    struct LedgerRecord {
        failures: i64,
        last_failure: Timestamp,
    }
}

/// A ledger, held until the transaction ends.
pub async fn hold(transaction: &mut WriteTransaction, key: &LedgerKey) -> Result<Ledger> {
    let rows: Vec<LedgerRecord> = transaction.change_returning(&HOLD, values![key.bytes().as_slice()]).await?;
    Ok(ledger_of(rows.into_iter().next()))
}

/// A ledger as it is, held by nobody.
pub async fn find(link: &mut Link, key: &LedgerKey) -> Result<Ledger> {
    link.optional(&FIND, values![key.bytes().as_slice()]).await.map(ledger_of)
}

fn ledger_of(record: Option<LedgerRecord>) -> Ledger {
    record
        .map_or_else(Ledger::default, |record| Ledger { failures: record.failures, last_failure: record.last_failure })
}

/// Writes a ledger that is held.
pub async fn set(transaction: &mut WriteTransaction, key: &LedgerKey, ledger: Ledger) -> Result<()> {
    let values = values![key.bytes().as_slice(), ledger.failures, ledger.last_failure];
    transaction.change(&SET, values).await.map(|_| ())
}

/// Forgets every failure: the account's owner has just proved who they are.
pub async fn forget(transaction: &mut WriteTransaction, key: &LedgerKey) -> Result<()> {
    transaction.change(&FORGET, values![key.bytes().as_slice()]).await.map(|_| ())
}

/// Takes back one attempt that was counted at `counted_at` and did not fail; `before` is the newest failure before it.
pub async fn refund(
    transaction: &mut WriteTransaction,
    key: &LedgerKey,
    counted_at: Timestamp,
    before: Timestamp,
) -> Result<()> {
    transaction.change(&REFUND, values![key.bytes().as_slice(), counted_at, before]).await.map(|_| ())
}
