//! Organisations and who stands above whom.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, within_reach};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO organisations (id, kind, name, parent_id, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $5)";
    /// Everything above the parent is above the newcomer too.
    Write INSERT_PATHS_ABOVE = "INSERT INTO organisation_paths (descendant_id, ancestor_id, depth) \
        SELECT o.id, p.ancestor_id, p.depth + 1 FROM organisation_paths p \
        JOIN organisations o ON o.id = $1 WHERE p.descendant_id = $2";
    Write INSERT_PATH_TO_ITSELF = "INSERT INTO organisation_paths (descendant_id, ancestor_id, depth) VALUES ($1, $1, 0)";
    /// Writing the row to itself holds it until the transaction ends.
    Write HOLD = "UPDATE organisations SET updated_at = updated_at WHERE id = $1";
    Read OWNER_EXISTS = "SELECT EXISTS (SELECT 1 FROM organisations WHERE kind = 'owner')";
    Read OWNER = "SELECT id FROM organisations WHERE kind = 'owner'";
    Read REACHABLE = concat!(
        "SELECT o.id, o.kind, o.name FROM organisations o \
         WHERE o.suspended_at IS NULL AND o.deleted_at IS NULL AND ", within_reach!("o.id"),
        " ORDER BY o.name, o.id LIMIT $6");
    Read FIND_REACHABLE = concat!(
        "SELECT o.id, o.kind, o.name FROM organisations o \
         WHERE o.id = $6 AND o.suspended_at IS NULL AND o.deleted_at IS NULL AND ", within_reach!("o.id"));
}

record! {
    /// An organisation, as little of it as most need.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OrganisationRecord {
        /// Its id.
        pub id: OrganisationId,
        /// Its place in the partner tree.
        pub kind: OrganisationKind,
        /// Its name.
        pub name: Name,
    }
}

/// Adds an organisation below `parent`, or the owner without one.
///
/// # Errors
/// [`crate::Error::Conflict`] for a second owner.
pub async fn insert(
    transaction: &mut WriteTransaction,
    organisation: &OrganisationRecord,
    parent: Option<OrganisationId>,
    now: Timestamp,
) -> Result<()> {
    let OrganisationRecord { id, kind, name } = organisation;
    transaction.change(&INSERT, values![*id, *kind, name, parent, now]).await?;
    transaction.change(&INSERT_PATH_TO_ITSELF, values![*id]).await?;
    if let Some(parent) = parent {
        transaction.change(&INSERT_PATHS_ABOVE, values![*id, parent]).await?;
    }
    Ok(())
}

/// Has everybody else who holds the organisation wait until the transaction ends.
pub async fn hold(transaction: &mut WriteTransaction, id: OrganisationId) -> Result<()> {
    transaction.change(&HOLD, values![id]).await.map(|_| ())
}

/// Whether the server is set up: its owner organisation exists.
pub async fn owner_exists(link: &mut Link) -> Result<bool> {
    link.one(&OWNER_EXISTS, &[]).await
}

/// The owner organisation, once the server is set up.
pub async fn owner(link: &mut Link) -> Result<Option<OrganisationId>> {
    link.optional(&OWNER, &[]).await
}

/// The organisations within reach, by name; at most `limit`.
pub async fn reachable(link: &mut Link, reach: &Reach, limit: i64) -> Result<Vec<OrganisationRecord>> {
    link.all(&REACHABLE, &reach.and(values![limit])).await
}

/// One organisation, where it is within reach.
pub async fn find_reachable(link: &mut Link, reach: &Reach, id: OrganisationId) -> Result<Option<OrganisationRecord>> {
    link.optional(&FIND_REACHABLE, &reach.and(values![id])).await
}
