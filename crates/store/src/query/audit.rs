//! The audit log: who did what, by what right, on what, when and from where.

use std::net::IpAddr;

use bailiwick_domain::id::{AuditId, OrganisationId};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO audit (id, at, actor_kind, actor_id, right_used, organisation_id, action, \
        subject_kind, subject_id, address, request_id, details) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
}

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

/// Writes an entry.
pub async fn insert(transaction: &mut WriteTransaction, entry: AuditEntry) -> Result<()> {
    let values = values![
        entry.id,
        entry.at,
        entry.actor_kind,
        entry.actor,
        entry.right,
        entry.organisation,
        entry.action,
        entry.subject_kind,
        entry.subject,
        entry.address.map(|address| address.to_string()),
        entry.request_id,
        entry.details,
    ];
    transaction.change(&INSERT, values).await.map(|_| ())
}
