//! The audit log: who did what, by what right, on what, when and from where.

use std::net::IpAddr;

use bailiwick_domain::id::{AuditId, OrganisationId};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use crate::database::WriteTransaction;
use crate::value::Value;

/// Columns of an entry that its digest covers, in this order, in every statement.
pub(crate) const COLUMNS: usize = 12;

/// The names of these columns, for statements.
macro_rules! audit_columns {
    () => {
        "id, at, actor_kind, actor_id, right_used, organisation_id, action, subject_kind, subject_id, address, \
         request_id, details"
    };
}
pub(crate) use audit_columns;

/// An entry of the audit log; it is written in the transaction of the change.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// The id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What kind of actor: `user`, `visitor` (nobody who is signed in), `operator` (the command line).
    pub actor_kind: &'static str,
    /// Which one, where it has an id.
    pub actor: Option<Uuid>,
    /// By what right.
    pub right: Option<Right>,
    /// On which organisation.
    pub organisation: Option<OrganisationId>,
    /// What was done, such as `system.created`.
    pub action: &'static str,
    /// On what kind of thing.
    pub subject_kind: &'static str,
    /// On which one.
    pub subject: Option<Uuid>,
    /// From where.
    pub address: Option<IpAddr>,
    /// In which request.
    pub request_id: String,
    /// What else is worth knowing; never a secret.
    pub details: serde_json::Value,
}

impl AuditEntry {
    /// The entry as it is stored, in the order of [`audit_columns`].
    pub(crate) fn columns(self) -> [Value; COLUMNS] {
        [
            self.id.into(),
            self.at.into(),
            self.actor_kind.into(),
            self.actor.into(),
            self.right.into(),
            self.organisation.into(),
            self.action.into(),
            self.subject_kind.into(),
            self.subject.into(),
            self.address.map(|address| address.to_string()).into(),
            self.request_id.into(),
            self.details.to_string().into(),
        ]
    }
}

/// Notes an entry; it is written, chained to those before it, when the transaction commits.
pub fn note(transaction: &mut WriteTransaction, entry: AuditEntry) {
    transaction.entries.push(entry);
}
