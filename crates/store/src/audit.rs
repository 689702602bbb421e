//! Chaining the entries of the audit log, in the commit that writes them.
//!
//! Entries are kept back until their transaction commits. Only then the end of
//! a lane is taken, so it is held for the commit alone, and as the last lock of
//! the transaction, so nobody waits in a circle. There are several lanes, and a
//! commit takes one that nobody holds, so commits of PostgreSQL stay parallel.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use bailiwick_domain::audit::{Field, Head, LANES, SealKey};

use crate::database::{Database, WriteTransaction};
use crate::error::{Error, Result};
use crate::link::Link;
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
    /// Whether every commit has to look at all ends first; one of the words below.
    doubt: AtomicU8,
}

/// All ends were good when somebody looked last.
const TRUSTED: u8 = 0;
/// Somebody tried to look at the ends and could not.
const UNSURE: u8 = 1;
/// An end was forged or gone when somebody looked last.
const AMISS: u8 = 2;

/// All ends, judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Those that our key sealed, by lane.
    pub good: Vec<Head>,
    /// The lanes whose end somebody else moved.
    pub forged: BTreeSet<i64>,
    /// The lanes whose end is not there.
    pub gone: BTreeSet<i64>,
    /// Whether one was amiss when a commit looked, even if all are good by now.
    pub was_amiss: bool,
}

impl Ends {
    fn is_amiss(&self) -> bool {
        !self.forged.is_empty() || !self.gone.is_empty()
    }
}

impl Chain {
    /// Reads and judges all ends; from now on commits know what came of it.
    async fn look(&self, link: &mut Link) -> Result<Ends> {
        let key = self.key()?;
        let records = audit_chain::heads(link).await.inspect_err(|_| self.doubt_at_least(UNSURE))?;
        let mut ends = Ends { gone: (0..LANES).collect(), ..Ends::default() };
        for HeadRecord { head, seal } in records {
            ends.gone.remove(&head.lane);
            if key.verifies(&head, &seal) {
                ends.good.push(head);
            } else {
                ends.forged.insert(head.lane);
            }
        }
        ends.was_amiss = self.doubt.load(Ordering::Acquire) == AMISS;
        if ends.is_amiss() {
            self.doubt_at_least(AMISS);
        }
        Ok(ends)
    }

    fn doubt_at_least(&self, doubt: u8) {
        self.doubt.fetch_max(doubt, Ordering::AcqRel);
    }

    fn is_doubted(&self) -> bool {
        self.doubt.load(Ordering::Acquire) != TRUSTED
    }

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
        let mut link = self.read().await?;
        let is_begun = !audit_chain::heads(&mut link).await?.is_empty();
        if !is_begun {
            drop(link);
            return self.begin_audit_chain().await;
        }
        // Whoever begins where an end is forged knows it before the first commit.
        self.chain.look(&mut link).await?;
        Ok(None)
    }

    /// All ends of the chain, judged. While one is amiss nothing is committed that belongs into the
    /// audit log, in whichever lane: what the other lanes got could be taken back unnoticed.
    pub async fn audit_ends(&self, link: &mut Link) -> Result<Ends> {
        self.chain.look(link).await
    }

    /// Lets commits go on without looking at all ends first. For whoever has just found them good, and
    /// has noted where that could be seen later if they were not before.
    pub fn trust_audit_chain(&self) {
        self.chain.doubt.store(TRUSTED, Ordering::Release);
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
/// there would vouch for what somebody else has written. So too while the end of any other lane is
/// known to be forged or gone.
pub(crate) async fn append(transaction: &mut WriteTransaction, entries: Vec<AuditEntry>) -> Result<()> {
    let chain = std::sync::Arc::clone(&transaction.chain);
    let key = chain.key()?;
    let taken = take_head(transaction, chain.next_lane()).await?;
    let is_good = taken.as_ref().is_some_and(|taken| key.verifies(&taken.head, &taken.seal));
    if !is_good || chain.is_doubted() {
        let ends = chain.look(transaction).await?;
        if !is_good || ends.is_amiss() {
            let Ends { forged, gone, .. } = ends;
            return Err(Error::Tampered(format!(
                "ends of the audit log: lanes {forged:?} forged, lanes {gone:?} gone"
            )));
        }
    }
    let Some(HeadRecord { mut head, .. }) = taken else {
        return Err(Error::Tampered("the ends of the audit log are gone".to_owned()));
    };
    for entry in entries {
        let columns = entry.columns();
        head = head.followed_by(&fields(&columns)?);
        audit_chain::insert(transaction, columns, &head).await?;
    }
    audit_chain::move_head(transaction, &head, &key.seal(&head)).await
}

/// Takes the end of a lane that nobody else is adding to, where there is one.
async fn take_head(transaction: &mut WriteTransaction, preferred: i64) -> Result<Option<HeadRecord>> {
    for first in [preferred, 0] {
        if let Some(head) = audit_chain::free_head(transaction, first).await? {
            return Ok(Some(head));
        }
    }
    audit_chain::wait_for_head(transaction, preferred).await
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
