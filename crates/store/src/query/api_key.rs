//! Personal API keys: made, presented, listed and taken back.

use std::net::IpAddr;

use bailiwick_domain::api_key::{ApiKeyHash, KeyAccess};
use bailiwick_domain::id::{ApiKeyId, OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of an [`ApiKeyRecord`].
macro_rules! key_columns {
    () => {
        "id, user_id, organisation_id, name, access, created_at, expires_at, last_used_at, last_address"
    };
}

statements! {
    Write INSERT = "INSERT INTO api_keys (id, user_id, organisation_id, name, access, public_part, salt, digest, \
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    Read COUNT_LIVING = "SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND expires_at > $2";
    Read BY_PUBLIC_PART = "SELECT id, access, salt, digest, expires_at FROM api_keys WHERE public_part = $1";
    Read OF_USER = concat!("SELECT ", key_columns!(), " FROM api_keys WHERE user_id = $1 \
        ORDER BY created_at DESC, id DESC LIMIT $2");
    /// The person in the condition: nobody takes back another's key.
    Write REVOKE_OWN = concat!("DELETE FROM api_keys WHERE id = $1 AND user_id = $2 RETURNING ", key_columns!());
    Write REVOKE = concat!("DELETE FROM api_keys WHERE id = $1 RETURNING ", key_columns!());
    Write REVOKE_ALL = concat!("DELETE FROM api_keys WHERE user_id = $1 RETURNING ", key_columns!());
    /// Nodes report in any order; the newest report stays.
    Write SEEN = "UPDATE api_keys SET last_used_at = $2, last_address = $3 \
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
}

/// A key to be noted.
#[derive(Clone, Copy, Debug)]
pub struct NewApiKey<'key> {
    /// The id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub user: UserId,
    /// The organisation that it acts for.
    pub organisation: Option<OrganisationId>,
    /// How its maker calls it.
    pub name: &'key Name,
    /// What it is good for.
    pub access: KeyAccess,
    /// What is kept of it.
    pub hash: &'key ApiKeyHash,
    /// Until when it lives.
    pub expires_at: Timestamp,
}

record! {
    /// A key, as its owner and the operator see it.
    #[derive(Clone, Debug)]
    pub struct ApiKeyRecord {
        /// The id.
        pub id: ApiKeyId,
        /// Whose it is.
        pub user: UserId,
        /// The organisation that it acts for unless a request names another.
        pub organisation: Option<OrganisationId>,
        /// How its maker calls it.
        pub name: Name,
        /// What it is good for.
        pub access: KeyAccess,
        /// Since when.
        pub created_at: Timestamp,
        /// Until when it lives.
        pub expires_at: Timestamp,
        /// When it was used last, to within half a minute; nothing when never.
        pub last_used_at: Option<Timestamp>,
        /// From where it was used last.
        pub last_address: Option<String>,
    }
}

record! {
    /// What a presented key is compared with.
    #[derive(Clone, Debug)]
    pub struct KeptKey {
        /// The id.
        pub id: ApiKeyId,
        /// What it is good for.
        pub access: KeyAccess,
        /// The salt.
        pub salt: Vec<u8>,
        /// The digest of the salt and the secret part.
        pub digest: Vec<u8>,
        /// Until when it lives.
        pub expires_at: Timestamp,
    }
}

/// Notes a key.
pub async fn insert(transaction: &mut WriteTransaction, key: &NewApiKey<'_>, now: Timestamp) -> Result<()> {
    let values = values![
        key.id,
        key.user,
        key.organisation,
        key.name,
        key.access,
        key.hash.public_part.as_str(),
        key.hash.salt.as_slice(),
        key.hash.digest.as_slice(),
        now,
        key.expires_at,
    ];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// How many living keys a person has, who is to be held before (see [`super::account::hold`]): of two who count at
/// once, the second sees what the first added.
pub async fn count_living(link: &mut Link, user: UserId, now: Timestamp) -> Result<i64> {
    link.one(&COUNT_LIVING, values![user, now]).await
}

/// What is kept of the key with this public part, living or not.
pub async fn by_public_part(link: &mut Link, public_part: &str) -> Result<Option<KeptKey>> {
    link.optional(&BY_PUBLIC_PART, values![public_part]).await
}

/// The keys of a person, the newest first; at most `limit`.
pub async fn of_user(link: &mut Link, user: UserId, limit: i64) -> Result<Vec<ApiKeyRecord>> {
    link.all(&OF_USER, values![user, limit]).await
}

/// Takes back a key of this very person; nothing when they have none of this id.
pub async fn revoke_own(
    transaction: &mut WriteTransaction,
    id: ApiKeyId,
    user: UserId,
) -> Result<Option<ApiKeyRecord>> {
    Ok(transaction.change_returning(&REVOKE_OWN, values![id, user]).await?.pop())
}

/// Takes back a key, whosever it is; nothing when there is none of this id.
pub async fn revoke(transaction: &mut WriteTransaction, id: ApiKeyId) -> Result<Option<ApiKeyRecord>> {
    Ok(transaction.change_returning(&REVOKE, values![id]).await?.pop())
}

/// Takes back all keys of a person; gives what they were.
pub async fn revoke_all(transaction: &mut WriteTransaction, user: UserId) -> Result<Vec<ApiKeyRecord>> {
    transaction.change_returning(&REVOKE_ALL, values![user]).await
}

/// Notes when a key was used last, and from where.
pub async fn seen(transaction: &mut WriteTransaction, id: ApiKeyId, at: Timestamp, address: IpAddr) -> Result<()> {
    transaction.change(&SEEN, values![id, at, address.to_string()]).await.map(|_| ())
}
