//! Organisations and who stands above whom.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::system::CustomData;
use bailiwick_domain::time::Timestamp;
use bailiwick_domain::vat_number::VatNumber;

use super::reach::{Reach, within_reach};
use super::{searchable, tree};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO organisations (id, kind, name, search_text, parent_id, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $6)";
    Write DESCRIBE = "UPDATE organisations SET name = $2, search_text = $3, vat_number = $4, custom_data = $5, \
        updated_at = $6 WHERE id = $1";
    /// Everything above the parent is above the newcomer too.
    Write INSERT_PATHS_ABOVE = "INSERT INTO organisation_paths (descendant_id, ancestor_id, depth, kind, \
        search_text) SELECT o.id, p.ancestor_id, p.depth + 1, o.kind, o.search_text FROM organisation_paths p \
        JOIN organisations o ON o.id = $1 WHERE p.descendant_id = $2";
    Write INSERT_PATH_TO_ITSELF = "INSERT INTO organisation_paths (descendant_id, ancestor_id, depth, kind, search_text) \
        VALUES ($1, $1, 0, $2, $3)";
    Write RENAME_PATHS = "UPDATE organisation_paths SET search_text = $2 WHERE descendant_id = $1";
    /// Writing the row to itself holds it until the transaction ends.
    Write HOLD = "UPDATE organisations SET updated_at = updated_at WHERE id = $1";
    Read OWNER_EXISTS = "SELECT EXISTS (SELECT 1 FROM organisations WHERE kind = 'owner')";
    Read OWNER = "SELECT id FROM organisations WHERE kind = 'owner'";
    Read REACHABLE = concat!(
        "SELECT o.id, o.kind, o.name FROM organisations o \
         WHERE o.suspended_through IS NULL AND o.deleted_through IS NULL AND ", within_reach!("o.id"),
        " ORDER BY o.name, o.id LIMIT $6");
    Read FIND_REACHABLE = concat!(
        "SELECT o.id, o.kind, o.name FROM organisations o \
         WHERE o.id = $6 AND o.suspended_through IS NULL AND o.deleted_through IS NULL AND ", within_reach!("o.id"));
    Read REACHABLE_BY_NAME = concat!(
        "SELECT o.id, o.kind, o.name FROM organisations o \
         WHERE o.name = $6 AND o.suspended_through IS NULL AND o.deleted_through IS NULL AND ", within_reach!("o.id"),
        " ORDER BY o.id LIMIT 2");
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

/// What is known of an organisation, and can be changed.
#[derive(Clone, Copy, Debug)]
pub struct OrganisationFacts<'facts> {
    /// Its name.
    pub name: &'facts Name,
    /// Its VAT number, where it is known.
    pub vat_number: Option<&'facts VatNumber>,
    /// What others attach to it.
    pub custom_data: Option<&'facts CustomData>,
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
    tree::hold(transaction).await?;
    let text = searchable::text_of_organisation(name, None);
    transaction.change(&INSERT, values![*id, *kind, name, text.as_str(), parent, now]).await?;
    searchable::set_organisation(transaction, *id, name, None).await?;
    transaction.change(&INSERT_PATH_TO_ITSELF, values![*id, *kind, text]).await?;
    if let Some(parent) = parent {
        transaction.change(&INSERT_PATHS_ABOVE, values![*id, parent]).await?;
    }
    tree::settle(transaction, *id).await
}

/// Writes what is known of an organisation; the tree is to be [held](tree::hold) before.
///
/// # Errors
/// [`crate::Error::Conflict`] when another one below the same parent has the VAT number.
pub async fn describe(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    facts: &OrganisationFacts<'_>,
    now: Timestamp,
) -> Result<()> {
    let OrganisationFacts { name, vat_number, custom_data } = *facts;
    let (number, data) = (vat_number.map(VatNumber::as_str), custom_data.map(CustomData::to_json));
    let text = searchable::text_of_organisation(name, vat_number);
    transaction.change(&DESCRIBE, values![id, name, text.as_str(), number, data, now]).await?;
    transaction.change(&RENAME_PATHS, values![id, text]).await?;
    searchable::replace_organisation(transaction, id, name, vat_number).await
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

/// Those of this very name within reach: as many as it takes to tell whether it is one.
pub async fn reachable_by_name(link: &mut Link, reach: &Reach, name: &Name) -> Result<Vec<OrganisationRecord>> {
    link.all(&REACHABLE_BY_NAME, &reach.and(values![name])).await
}
