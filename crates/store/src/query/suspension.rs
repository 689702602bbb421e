//! Suspending people and organisations, deleting organisations, and taking either back.

use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::time::Timestamp;

use super::{licence_place, tree};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::{Statement, statements};
use crate::value::values;

/// The condition that a person may come in: neither they are suspended nor all organisations that they belong to.
/// Super admins stay in whatever happens to organisations, and so does whoever belongs to none.
macro_rules! may_come_in {
    ($user:literal) => {
        concat!(
            "(",
            $user,
            ".suspended_at IS NULL AND (",
            $user,
            ".is_super_admin OR NOT EXISTS (SELECT 1 FROM memberships sm WHERE sm.user_id = ",
            $user,
            ".id) OR EXISTS (SELECT 1 FROM memberships sm JOIN organisations so ON so.id = sm.organisation_id \
             WHERE sm.user_id = ",
            $user,
            ".id AND so.suspended_through IS NULL AND so.deleted_through IS NULL)))"
        )
    };
}
pub(crate) use may_come_in;

statements! {
    Write SUSPEND_USER = "UPDATE users SET suspended_at = $2, updated_at = $2 WHERE id = $1 AND suspended_at IS NULL";
    Write REACTIVATE_USER = "UPDATE users SET suspended_at = NULL, updated_at = $2 \
        WHERE id = $1 AND suspended_at IS NOT NULL";
    Write SUSPEND_ORGANISATION = "UPDATE organisations SET suspended_at = $2, updated_at = $2 \
        WHERE id = $1 AND suspended_at IS NULL AND deleted_at IS NULL";
    Write REACTIVATE_ORGANISATION = "UPDATE organisations SET suspended_at = NULL, updated_at = $2 \
        WHERE id = $1 AND suspended_at IS NOT NULL AND deleted_at IS NULL";
    Write DELETE_ORGANISATION = "UPDATE organisations SET deleted_at = $2, updated_at = $2 \
        WHERE id = $1 AND deleted_at IS NULL";
    Write RESTORE_ORGANISATION = "UPDATE organisations SET deleted_at = NULL, updated_at = $2 \
        WHERE id = $1 AND deleted_at IS NOT NULL";
    Read HAS_SUPER_ADMIN = "SELECT EXISTS (SELECT 1 FROM users WHERE is_super_admin AND suspended_at IS NULL)";
}

/// Suspends a person; false when they were, or are not there.
pub async fn suspend_user(transaction: &mut WriteTransaction, id: UserId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&SUSPEND_USER, values![id, now]).await? == 1)
}

/// Ends the suspension of a person; false when there was none.
pub async fn reactivate_user(transaction: &mut WriteTransaction, id: UserId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&REACTIVATE_USER, values![id, now]).await? == 1)
}

/// Suspends an organisation, and with it all below; false when it was, or is not there.
pub async fn suspend_organisation(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    now: Timestamp,
) -> Result<bool> {
    decide(transaction, &SUSPEND_ORGANISATION, id, now).await
}

/// Ends the suspension of an organisation, and what it did to those below; false when there was none.
pub async fn reactivate_organisation(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    now: Timestamp,
) -> Result<bool> {
    decide(transaction, &REACTIVATE_ORGANISATION, id, now).await
}

/// Marks an organisation as deleted, and with it all below; false when it was, or is not there.
pub async fn delete_organisation(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    now: Timestamp,
) -> Result<bool> {
    let is_deleted = decide(transaction, &DELETE_ORGANISATION, id, now).await?;
    if is_deleted {
        licence_place::remove_tree(transaction, id).await?;
    }
    Ok(is_deleted)
}

/// Takes a deletion back, and what it did to those below; false when there was none of this very organisation.
///
/// # Errors
/// [`crate::Error::Conflict`] when another one below the same parent has its VAT number by now.
pub async fn restore_organisation(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    now: Timestamp,
) -> Result<bool> {
    let is_restored = decide(transaction, &RESTORE_ORGANISATION, id, now).await?;
    if is_restored {
        licence_place::add_tree(transaction, id).await?;
    }
    Ok(is_restored)
}

/// Makes a decision of an organisation, and draws its consequences; false when it is like that already.
async fn decide(
    transaction: &mut WriteTransaction,
    decision: &'static Statement,
    id: OrganisationId,
    now: Timestamp,
) -> Result<bool> {
    tree::hold(transaction).await?;
    let has_changed = transaction.change(decision, values![id, now]).await? == 1;
    if has_changed {
        tree::settle(transaction, id).await?;
    }
    Ok(has_changed)
}

/// Whether anybody is left who may do everything.
pub async fn has_super_admin(link: &mut Link) -> Result<bool> {
    link.one(&HAS_SUPER_ADMIN, &[]).await
}
