//! Making a deletion final.

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Right;
use bailiwick_store::Error as StoreError;
use bailiwick_store::query::{destruction, invalidation, organisation_details, tree};
use serde_json::json;

use super::Touched;
use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;

/// An organisation that is gone for good.
#[derive(Clone, Debug)]
pub struct Destroyed {
    /// What its id was.
    pub id: OrganisationId,
    /// How it was called.
    pub name: Name,
    /// What it was in the partner tree.
    pub kind: OrganisationKind,
    /// What is gone with it, itself included.
    pub removed: Touched,
}

impl Context {
    /// Removes an organisation that is deleted, and all below it, for good: with their systems, their invitations, and
    /// the people who belong to nothing else. The audit log keeps what it says of them.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`]; [`Code::OwnerStays`]; [`Code::OrganisationNotDeleted`].
    pub async fn destroy_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<Destroyed, Fault> {
        let (by, now) = (by.into(), self.now());
        let reach = by.reach(Right::DestroyOrganisations);
        let mut transaction = self.database.write().await?;
        tree::hold(&mut transaction).await?;
        let found = organisation_details::find_anyhow(&mut transaction, &reach, id).await?;
        let found = found.ok_or(Code::OrganisationNotFound)?;
        if found.kind == OrganisationKind::Owner {
            return Err(Code::OwnerStays.into());
        }
        if !found.is_deleted {
            return Err(Code::OrganisationNotDeleted.into());
        }
        let removed = match destruction::run(&mut transaction, id, now).await {
            // Somebody came to it at this very moment: they are there by the next attempt.
            Err(error @ StoreError::Dangling(_)) => return Err(Fault::unavailable(error)),
            outcome => outcome?,
        };
        let Touched { organisations, people, systems } = removed;
        let act = Act {
            action: "organization.destroyed",
            subject_kind: "organization",
            subject: Some(id.uuid()),
            // Where it stood: whoever reads what was done there reads this too.
            organisation: found.parent,
            details: json!({
                "name": found.name, "type": found.kind, "organizations": organisations, "users": people, "systems": systems,
            }),
        };
        self.audit(&mut transaction, by.actor(), act, now).await?;
        invalidation::insert(&mut transaction, "everything", None, now).await?;
        transaction.commit().await?;
        self.principals.forget_everything();
        Ok(Destroyed { id, name: found.name, kind: found.kind, removed })
    }
}
