//! Systems, one at a time.

use bailiwick_domain::id::{OrganisationId, SystemId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::system::{CustomData, SystemSecretHash, SystemType};
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, within_reach};
use super::searchable;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// Who created a system, `u`, for those who may see them.
macro_rules! creator {
    () => {
        $crate::query::reach::person_within_reach!("u", "s.created_by")
    };
}
pub(crate) use creator;

/// The columns of a [`SystemRecord`] and where they come from: parameters `$1` to `$5` are the reach of whoever asks.
macro_rules! system_columns {
    () => {
        concat!(
            "SELECT s.id, s.name, s.type, s.fqdn, s.ipv4_address, s.ipv6_address, s.version, s.custom_data, \
         s.in_maintenance, s.secret_hint, s.created_at, s.updated_at, s.deleted_at, h.seen_at, \
         o.id, o.name, o.kind, u.id, u.name, co.id, co.name, \
         d.status, d.attempts, d.next_attempt_at, d.last_failure \
         FROM systems s \
         JOIN organisations o ON o.id = s.organisation_id",
            $crate::query::system::creator!(),
            " LEFT JOIN organisations co ON co.id = s.created_by_organisation AND co.deleted_through IS NULL AND ",
            $crate::query::reach::within_reach!("co.id"),
            " LEFT JOIN heartbeats h ON h.system_id = s.id \
         LEFT JOIN deliveries d ON d.system_id = s.id"
        )
    };
}
pub(crate) use system_columns;

statements! {
    Write INSERT = "INSERT INTO systems (id, organisation_id, name, type, custom_data, in_maintenance, search_text, \
        secret_public_part, secret_salt, secret_digest, secret_hint, created_by, created_by_organisation, \
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)";
    Read FIND = concat!(system_columns!(), " WHERE s.id = $6 AND s.deleted_at IS NULL AND o.deleted_through IS NULL AND ",
        within_reach!("s.organisation_id"));
    Read FIND_DELETED_TOO = concat!(system_columns!(), " WHERE s.id = $6");
    /// Writing the row to itself holds it until the transaction ends, so that
    /// parallel changes of a system are made one after the other.
    Write HOLD = "UPDATE systems SET updated_at = updated_at WHERE id = $1 AND deleted_at IS NULL";
    Write UPDATE = "UPDATE systems SET name = $2, type = $3, custom_data = $4, in_maintenance = $5, \
        search_text = $6, updated_at = $7 WHERE id = $1 AND deleted_at IS NULL";
    Write SET_SECRET = "UPDATE systems SET secret_public_part = $2, secret_salt = $3, secret_digest = $4, \
        secret_hint = $5, updated_at = $6 WHERE id = $1 AND deleted_at IS NULL";
    Write DELETE = "UPDATE systems SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND deleted_at IS NULL";
}

record! {
    /// A system with all that is shown of it.
    #[derive(Clone, Debug)]
    pub struct SystemRecord {
        /// The id.
        pub id: SystemId,
        /// The name.
        pub name: Name,
        /// The kind of system.
        pub kind: SystemType,
        /// Its host name, once it has reported one.
        pub fqdn: Option<String>,
        /// Its IPv4 address, once it has reported one.
        pub ipv4_address: Option<String>,
        /// Its IPv6 address, once it has reported one.
        pub ipv6_address: Option<String>,
        /// Its version, once it has reported one.
        pub version: Option<String>,
        /// What others attached to it.
        pub custom_data: Option<CustomData>,
        /// Whether an operator says that it is being worked on.
        pub in_maintenance: bool,
        /// The last four characters of its secret.
        pub secret_hint: String,
        /// Since when it exists.
        pub created_at: Timestamp,
        /// When it was changed last.
        pub updated_at: Timestamp,
        /// When it was deleted, where it was.
        pub deleted_at: Option<Timestamp>,
        /// When it was heard of last, where it ever was.
        pub last_heartbeat: Option<Timestamp>,
        /// The organisation it belongs to.
        pub organisation: OrganisationId,
        /// That organisation's name.
        pub organisation_name: Name,
        /// That organisation's kind.
        pub organisation_kind: OrganisationKind,
        /// Who created it, unless they are gone for good, or not to be seen.
        pub created_by: Option<UserId>,
        /// How they are called.
        pub created_by_name: Option<Name>,
        /// The organisation they acted for, where it is to be seen.
        pub created_by_organisation: Option<OrganisationId>,
        /// That organisation's name.
        pub created_by_organisation_name: Option<Name>,
        /// The callback's state, where the system came with one: `pending`, `delivered`, `dead`.
        pub callback_status: Option<String>,
        /// How often the callback was tried.
        pub callback_attempts: Option<i64>,
        /// When it is tried next.
        pub callback_next_attempt_at: Option<Timestamp>,
        /// Why the last attempt failed.
        pub callback_last_failure: Option<String>,
    }
}

/// A system to be added.
#[derive(Clone, Debug)]
pub struct NewSystem<'system> {
    /// The id.
    pub id: SystemId,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: &'system Name,
    /// The kind of system.
    pub kind: &'system SystemType,
    /// What others attach to it.
    pub custom_data: Option<&'system CustomData>,
    /// What is kept of its secret.
    pub secret: &'system SystemSecretHash,
    /// Who creates it.
    pub created_by: UserId,
    /// The organisation they act for.
    pub created_by_organisation: Option<OrganisationId>,
    /// When.
    pub now: Timestamp,
}

/// What of a system can be changed.
#[derive(Clone, Debug)]
pub struct SystemUpdate<'system> {
    /// Its name.
    pub name: &'system Name,
    /// The kind of system.
    pub kind: &'system SystemType,
    /// What others attach to it.
    pub custom_data: Option<&'system CustomData>,
    /// Whether it is being worked on.
    pub in_maintenance: bool,
    /// The text that a search looks through.
    pub search_text: String,
    /// When.
    pub now: Timestamp,
}

/// Adds a system.
pub async fn insert(transaction: &mut WriteTransaction, system: &NewSystem<'_>, search_text: String) -> Result<()> {
    let secret = system.secret;
    let values = values![
        system.id,
        system.organisation,
        system.name,
        system.kind,
        system.custom_data.map(CustomData::to_json),
        false,
        search_text,
        secret.public_part.as_str(),
        secret.salt.as_slice(),
        secret.digest.as_slice(),
        secret.hint.as_str(),
        system.created_by,
        system.created_by_organisation,
        system.now,
    ];
    transaction.change(&INSERT, values).await?;
    searchable::set_system(transaction, system.id, system.name).await
}

/// A living system, where it is within reach.
pub async fn find(link: &mut Link, reach: &Reach, id: SystemId) -> Result<Option<SystemRecord>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// A system wherever it is and whether deleted or not: for what was just decided about it by somebody of this reach.
pub async fn find_anyhow(link: &mut Link, reach: &Reach, id: SystemId) -> Result<Option<SystemRecord>> {
    link.optional(&FIND_DELETED_TOO, &reach.and(values![id])).await
}

/// Holds a system until the transaction ends: nobody else changes what is read of it from now on.
pub async fn hold(transaction: &mut WriteTransaction, id: SystemId) -> Result<()> {
    transaction.change(&HOLD, values![id]).await.map(|_| ())
}

/// Changes a system; false when it is gone.
pub async fn update(transaction: &mut WriteTransaction, id: SystemId, update: SystemUpdate<'_>) -> Result<bool> {
    let custom_data = update.custom_data.map(CustomData::to_json);
    let values =
        values![id, update.name, update.kind, custom_data, update.in_maintenance, update.search_text, update.now];
    let is_changed = transaction.change(&UPDATE, values).await? == 1;
    if is_changed {
        searchable::replace_system(transaction, id, update.name).await?;
    }
    Ok(is_changed)
}

/// Replaces a system's secret; false when the system is gone.
pub async fn set_secret(
    transaction: &mut WriteTransaction,
    id: SystemId,
    secret: &SystemSecretHash,
    now: Timestamp,
) -> Result<bool> {
    let values = values![
        id,
        secret.public_part.as_str(),
        secret.salt.as_slice(),
        secret.digest.as_slice(),
        secret.hint.as_str(),
        now,
    ];
    Ok(transaction.change(&SET_SECRET, values).await? == 1)
}

/// Marks a system as deleted; false when it was.
pub async fn delete(transaction: &mut WriteTransaction, id: SystemId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&DELETE, values![id, now]).await? == 1)
}
