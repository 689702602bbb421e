//! Moving an organisation, with all below it, under another parent.

use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::organisation::OrganisationRecord;
use bailiwick_store::query::organisation_details::OrganisationDetails;
use bailiwick_store::query::{tree, tree_count};
use bailiwick_store::{Link, WriteTransaction};
use serde_json::json;

use super::{Decided, Touched, deciding_from_above, refuse_shared_vat_number, vat_number_is_free};
use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;
use crate::organisation::{manageable_parent, wrong_place};

impl Context {
    /// Moves an organisation with all below it: who sees them is decided anew, from the next request on. Where it
    /// stands there already, nothing happens.
    ///
    /// # Errors
    /// As [`Context::suspend_organisation`] of the organisation; a validation fault on `parent_id` where the caller
    /// does not manage that one, where it stands below the organisation itself, and where the organisation cannot
    /// stand below it; [`VatNumberTaken`](bailiwick_domain::fault::Code::VatNumberTaken).
    pub async fn move_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
        parent: OrganisationId,
    ) -> Result<Decided, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        // From here on nobody else moves anything: of two moves that would make a circle, the second sees the first.
        tree::hold(&mut transaction).await?;
        let organisation = deciding_from_above(&mut transaction, by, id).await?;
        let parent = manageable_parent(&mut transaction, by, Some(parent)).await?;
        check_place(&mut transaction, &organisation, &parent).await?;
        if organisation.parent == Some(parent.id) {
            return Ok(Decided { organisation, touched: Touched::default() });
        }
        refuse_shared_vat_number(&mut transaction, id, parent.id).await?;
        vat_number_is_free(tree::put_below(&mut transaction, id, parent.id, now).await)?;
        let touched = tree_count::living(&mut transaction, id).await?;
        self.note(&mut transaction, by, ("organization.moved", id), &touched, now).await?;
        self.note_at_both_ends(&mut transaction, by, (&organisation, parent.id), now).await?;
        self.conclude(transaction, by, id, touched, now).await
    }

    /// Each side reads what left it or came to it, and not where the other side is.
    async fn note_at_both_ends(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (moved, new): (&OrganisationDetails, OrganisationId),
        now: Timestamp,
    ) -> Result<(), Fault> {
        for (action, side) in [("organization.moved_away", moved.parent), ("organization.moved_here", Some(new))] {
            let act = Act {
                action,
                subject_kind: "organization",
                subject: Some(moved.id.uuid()),
                organisation: side,
                details: json!({ "name": moved.name, "type": moved.kind }),
            };
            self.audit(transaction, by.actor(), act, now).await?;
        }
        Ok(())
    }
}

/// Refuses a place below the organisation itself, and one where its kind does not stand.
async fn check_place(
    link: &mut Link,
    organisation: &OrganisationDetails,
    parent: &OrganisationRecord,
) -> Result<(), Fault> {
    let refused = |refusal| Err(Fault::field("parent_id", refusal, Some(&parent.id.to_string())));
    if tree::is_within(link, parent.id, organisation.id).await? {
        return refused(Refusal::new("circle", "an organisation outside of the one that is moved"));
    }
    if !organisation.kind.may_stand_below(parent.kind) {
        return refused(wrong_place(parent.kind));
    }
    Ok(())
}
