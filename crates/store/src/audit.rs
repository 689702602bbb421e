//! Chaining the entries of the audit log, in the commit that writes them.
//!
//! Entries are kept back until their transaction commits. Only then the end of
//! a lane is taken, so it is held for the commit alone, and as the last lock of
//! the transaction, so nobody waits in a circle. There are several lanes, and a
//! commit takes one that nobody holds, so commits of PostgreSQL stay parallel.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use bailiwick_domain::audit::{Field, Head, LANES, SealKey};

use crate::database::{Database, WriteTransaction};
use crate::error::{Error, Result};
use crate::query::audit::AuditEntry;
use crate::query::audit_chain::{self, HeadRecord};
use crate::value::Value;

/// What a database needs to add to its audit log.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Given once the key file is open.
    key: OnceLock<SealKey>,
    /// The lane that the next commit tries first.
    turn: AtomicI64,
}

impl Chain {
    fn key(&self) -> Result<&SealKey> {
        self.key.get().ok_or_else(|| Error::Unusable("the key of the audit log is not there yet".to_owned()))
    }

    fn next_lane(&self) -> i64 {
        self.turn.fetch_add(1, Ordering::Relaxed).rem_euclid(LANES)
    }
}

impl Database {
    /// Gives the database the key that seals the ends of its audit log.
    ///
    /// Where the chain has no end at all it begins here: entries from before it are adopted. Returns
    /// how many were; none where the chain goes on.
    pub async fn open_audit_chain(&self, key: SealKey) -> Result<Option<u64>> {
        let _ = self.chain.key.set(key);
        let is_begun = !audit_chain::heads(&mut self.read().await?).await?.is_empty();
        if is_begun { Ok(None) } else { self.begin_audit_chain().await }
    }

    /// Makes the ends of all lanes, and one lane of all entries that are there.
    async fn begin_audit_chain(&self) -> Result<Option<u64>> {
        let key = self.chain.key()?;
        let mut transaction = self.write().await?;
        for lane in 0..LANES {
            let head = Head::beginning(lane);
            if !audit_chain::add_head(&mut transaction, &head, &key.seal(&head)).await? {
                // Another node that starts at this moment was quicker.
                return Ok(None);
            }
        }
        let (mut head, mut last, mut adopted) = (Head::beginning(0), None, 0);
        loop {
            let page = audit_chain::unchained(&mut transaction, last).await?;
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            for entry in &page {
                head = head.followed_by(&entry.columns.fields());
                audit_chain::adopt(&mut transaction, entry.id, &head).await?;
                adopted += 1;
            }
        }
        audit_chain::move_head(&mut transaction, &head, &key.seal(&head)).await?;
        transaction.commit().await?;
        Ok(Some(adopted))
    }
}

/// Writes the entries of a transaction that is about to commit.
///
/// # Errors
/// [`Error::Tampered`] when the end of the lane is not one that this key sealed: who goes on from
/// there would vouch for what somebody else has written.
pub(crate) async fn append(transaction: &mut WriteTransaction, entries: Vec<AuditEntry>) -> Result<()> {
    let chain = std::sync::Arc::clone(&transaction.chain);
    let key = chain.key()?;
    let HeadRecord { head, seal } = take_head(transaction, chain.next_lane()).await?;
    if !key.verifies(&head, &seal) {
        return Err(Error::Tampered(format!("the end of lane {} of the audit log has a forged seal", head.lane)));
    }
    let mut head = head;
    for entry in entries {
        let columns = entry.columns();
        head = head.followed_by(&fields(&columns)?);
        audit_chain::insert(transaction, columns, &head).await?;
    }
    audit_chain::move_head(transaction, &head, &key.seal(&head)).await
}

/// Takes the end of a lane that nobody else is adding to, where there is one.
async fn take_head(transaction: &mut WriteTransaction, preferred: i64) -> Result<HeadRecord> {
    for first in [preferred, 0] {
        if let Some(head) = audit_chain::free_head(transaction, first).await? {
            return Ok(head);
        }
    }
    let head = audit_chain::wait_for_head(transaction, preferred).await?;
    head.ok_or_else(|| Error::Tampered("the ends of the audit log are gone".to_owned()))
}

/// The columns of an entry as its digest sees them.
fn fields(columns: &[Value]) -> Result<Vec<Field<'_>>> {
    let field = |column| {
        Ok(match column {
            &Value::Null => Field::Absent,
            Value::Id(id) => Field::Bytes(id.as_bytes()),
            Value::Bytes(bytes) => Field::Bytes(bytes),
            Value::Text(text) => Field::Text(text.as_bytes()),
            Value::Int(number) => Field::Number(*number),
            other @ (Value::Bool(_) | Value::Json(_)) => {
                return Err(Error::Row(format!("the audit log has no column for {other:?}")));
            }
        })
    };
    columns.iter().map(field).collect()
}
