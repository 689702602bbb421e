//! What is decided of organisations, with all that stands below them: suspensions, deletions, moves.
//!
//! A decision is of one organisation. What follows for everything below is
//! derived from the tree, in the same transaction, so that taking a decision
//! back undoes what that very decision did and no more. Everybody who decides
//! takes turns at the tree, and every node forgets what it remembers of people.

mod destruction;
mod relocation;

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::organisation_details::{self, OrganisationDetails};
use bailiwick_store::query::{invalidation, suspension, tree, tree_count};
use bailiwick_store::{Error as StoreError, Link, WriteTransaction};
use serde_json::json;

use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;
use crate::organisation::manageable;

pub use bailiwick_store::query::tree_count::{OrganisationStats, Touched};
pub use destruction::Destroyed;

/// An organisation that something was decided of.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The organisation as it is now.
    pub organisation: OrganisationDetails,
    /// What changed its state with it.
    pub touched: Touched,
}

impl Context {
    /// Suspends an organisation and all below it: from the next request on nobody holds a right through them, and
    /// whoever belongs to none but these does not come in. Nothing of theirs ends.
    ///
    /// # Errors
    /// Those of [`deciding_from_above`]; [`Code::OrganisationSuspended`].
    pub async fn suspend_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<Decided, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        tree::hold(&mut transaction).await?;
        deciding_from_above(&mut transaction, by, id).await?;
        let touched = tree_count::active(&mut transaction, id).await?;
        if !suspension::suspend_organisation(&mut transaction, id, now).await? {
            return Err(Code::OrganisationSuspended.into());
        }
        self.note(&mut transaction, by, ("organization.suspended", id), &touched, now).await?;
        self.conclude(transaction, by, id, touched, now).await
    }

    /// Ends the suspension of an organisation, and what it did to those below. What was suspended itself stays so.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`]; [`Code::InsufficientPermissions`]; [`Code::OrganisationNotSuspended`].
    pub async fn reactivate_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<Decided, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        tree::hold(&mut transaction).await?;
        manageable(&mut transaction, by, id).await?;
        if !suspension::reactivate_organisation(&mut transaction, id, now).await? {
            return Err(Code::OrganisationNotSuspended.into());
        }
        let touched = tree_count::active(&mut transaction, id).await?;
        self.note(&mut transaction, by, ("organization.reactivated", id), &touched, now).await?;
        self.conclude(transaction, by, id, touched, now).await
    }

    /// Marks an organisation as deleted: it is gone for everybody with all below it, and can be put back.
    ///
    /// # Errors
    /// Those of [`deciding_from_above`].
    pub async fn delete_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<Decided, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        tree::hold(&mut transaction).await?;
        deciding_from_above(&mut transaction, by, id).await?;
        let touched = tree_count::living(&mut transaction, id).await?;
        suspension::delete_organisation(&mut transaction, id, now).await?;
        self.note(&mut transaction, by, ("organization.deleted", id), &touched, now).await?;
        self.conclude(transaction, by, id, touched, now).await
    }

    /// Takes a deletion back, and what it did to those below. What was deleted itself stays so.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`]; [`Code::InsufficientPermissions`]; [`Code::OrganisationNotDeleted`];
    /// [`Code::ParentDeleted`]; [`Code::VatNumberTaken`].
    pub async fn restore_organisation(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<Decided, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        tree::hold(&mut transaction).await?;
        let old = manageable_or_deleted(&mut transaction, by, id).await?;
        let outcome = suspension::restore_organisation(&mut transaction, id, now).await;
        if !vat_number_is_free(outcome)? {
            let code = if old.is_deleted { Code::ParentDeleted } else { Code::OrganisationNotDeleted };
            return Err(code.into());
        }
        if found(&mut transaction, by, id).await?.is_deleted {
            return Err(Code::ParentDeleted.into());
        }
        if let Some(parent) = old.parent {
            refuse_shared_vat_number(&mut transaction, id, parent).await?;
        }
        let touched = tree_count::living(&mut transaction, id).await?;
        self.note(&mut transaction, by, ("organization.restored", id), &touched, now).await?;
        self.conclude(transaction, by, id, touched, now).await
    }

    /// How much there is in an organisation and below it. Of what is deleted, those are told who may restore it.
    ///
    /// # Errors
    /// [`Code::OrganisationNotFound`].
    pub async fn organisation_stats(
        &self,
        by: impl Into<Authority<'_>>,
        id: OrganisationId,
    ) -> Result<OrganisationStats, Fault> {
        let by = by.into();
        let mut link = self.database.read().await?;
        let reach = by.reach(Right::ReadOrganisations);
        if organisation_details::find(&mut link, &reach, id).await?.is_some() {
            return Ok(tree_count::stats(&mut link, id, false).await?);
        }
        found(&mut link, by, id).await?;
        Ok(tree_count::stats(&mut link, id, true).await?)
    }

    /// Writes down what was decided of an organisation.
    async fn note(
        &self,
        transaction: &mut WriteTransaction,
        by: Authority<'_>,
        (action, id): (&'static str, OrganisationId),
        touched: &Touched,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Touched { organisations, people, systems } = touched;
        let act = Act {
            action,
            subject_kind: "organization",
            subject: Some(id.uuid()),
            organisation: Some(id),
            details: json!({ "organizations": organisations, "users": people, "systems": systems }),
        };
        self.audit(transaction, by.actor(), act, now).await
    }

    /// Ends a transaction in which something was decided: what is remembered of people may be wrong from now on, and
    /// they are many, so every node forgets everything.
    async fn conclude(
        &self,
        mut transaction: WriteTransaction,
        by: Authority<'_>,
        id: OrganisationId,
        touched: Touched,
        now: Timestamp,
    ) -> Result<Decided, Fault> {
        let organisation = found(&mut transaction, by, id).await?;
        // This takes its turn in a row that stays taken until the commit: last of all, as everywhere.
        invalidation::insert(&mut transaction, "everything", None, now).await?;
        transaction.commit().await?;
        self.principals.forget_everything();
        Ok(Decided { organisation, touched })
    }
}

/// An organisation that the caller manages from above, and not only through itself: so nobody locks themselves out,
/// and nobody leads an organisation away from those who stand above it.
///
/// # Errors
/// [`Code::OrganisationNotFound`]; [`Code::InsufficientPermissions`] when the caller may see it but not change it;
/// [`Code::OwnerStays`]; [`Code::OwnOrganisation`].
async fn deciding_from_above(
    link: &mut Link,
    by: Authority<'_>,
    id: OrganisationId,
) -> Result<OrganisationDetails, Fault> {
    let found = manageable(link, by, id).await?;
    if found.kind == OrganisationKind::Owner {
        return Err(Code::OwnerStays.into());
    }
    // The parent is shown to those alone who manage it too, by this right or a further one.
    if found.parent.is_none() {
        return Err(Code::OwnOrganisation.into());
    }
    Ok(found)
}

/// An organisation that the caller manages, deleted or not.
async fn found(link: &mut Link, by: Authority<'_>, id: OrganisationId) -> Result<OrganisationDetails, Fault> {
    let reach = by.reach(Right::ManageOrganisations);
    Ok(organisation_details::find_anyhow(link, &reach, id).await?.ok_or(Code::OrganisationNotFound)?)
}

/// The same, where whoever may only see it learns that the right is missing.
async fn manageable_or_deleted(
    link: &mut Link,
    by: Authority<'_>,
    id: OrganisationId,
) -> Result<OrganisationDetails, Fault> {
    match manageable(link, by, id).await {
        Err(fault) if fault.code == Code::OrganisationNotFound => found(link, by, id).await,
        outcome => outcome,
    }
}

/// Of two who give one number to neighbours at the same moment, the second learns it here.
fn vat_number_is_free<T>(outcome: Result<T, StoreError>) -> Result<T, Fault> {
    match outcome {
        Err(StoreError::Conflict(_)) => Err(Code::VatNumberTaken.into()),
        outcome => Ok(outcome?),
    }
}

/// Refuses where somebody of this tree has the VAT number of somebody else below this parent, itself included.
async fn refuse_shared_vat_number(link: &mut Link, root: OrganisationId, parent: OrganisationId) -> Result<(), Fault> {
    match tree::shared_vat_number(link, root, parent).await? {
        Some(number) => Err(Fault::new(Code::VatNumberTaken).with_detail(format!("both have {number}"))),
        None => Ok(()),
    }
}
