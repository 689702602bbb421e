//! Reading the audit log: whoever may read it sees what was done in the organisations within reach.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::AuditId;
use bailiwick_domain::page::Page;
use bailiwick_domain::role::Right;
use bailiwick_store::query::audit_list;
use bailiwick_store::query::reach::Reach;

use crate::caller::Caller;
use crate::context::Context;

pub use bailiwick_store::query::audit_list::{AuditFilter, AuditRecord};

/// A page of the audit log.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<AuditRecord>,
    /// How many there are on all pages.
    pub total: i64,
}

impl Context {
    /// A page of the entries that the caller may read, the newest first.
    pub async fn list_audit_entries(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        page: Page,
    ) -> Result<AuditPage, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadAudit);
        let mut link = self.database.read().await?;
        let (entries, total) = audit_list::page(&mut link, &reach, filter, page).await?;
        Ok(AuditPage { entries, total })
    }

    /// The next entries that the caller may read after this one, the oldest first; `limit` at the most.
    pub async fn audit_entries_after(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        after: Option<AuditId>,
        limit: i64,
    ) -> Result<Vec<AuditRecord>, Fault> {
        let reach = Reach::of(&caller.principal, Right::ReadAudit);
        Ok(audit_list::next(&mut self.database.read().await?, &reach, filter, after, limit).await?)
    }
}
