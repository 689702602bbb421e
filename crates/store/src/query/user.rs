//! People and what they sign in with.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Role;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Timestamp;

use super::suspension::may_come_in;
use super::{partner_people, searchable, tree};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO users (id, email, email_folded, name, search_text, is_super_admin, created_at, \
        updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    Write INSERT_MEMBERSHIP = "INSERT INTO memberships (user_id, organisation_id, role, created_at) \
        VALUES ($1, $2, $3, $4)";
    Write SET_PASSWORD = "INSERT INTO credentials (user_id, kind, hash, changed_at) VALUES ($1, 'password', $2, $3) \
        ON CONFLICT (user_id, kind) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
    /// Replaces the hash only if it is still the one that was verified.
    Write REPLACE_HASH = "UPDATE credentials SET hash = $3 WHERE user_id = $1 AND kind = 'password' AND hash = $2";
    /// Takes the lock on the password, provided that it is still the one that was verified.
    Write HOLD_HASH = "UPDATE credentials SET changed_at = changed_at \
        WHERE user_id = $1 AND kind = 'password' AND hash = $2";
    /// Takes the lock on the password, whichever it is.
    Write HOLD_PASSWORD = "UPDATE credentials SET changed_at = changed_at WHERE user_id = $1 AND kind = 'password'";
    /// Replaces the password only if it is still the one that was verified.
    Write CHANGE_HASH = "UPDATE credentials SET hash = $3, changed_at = $4 \
        WHERE user_id = $1 AND kind = 'password' AND hash = $2";
    Read FOR_SIGN_IN = concat!("SELECT u.id, c.hash, u.confirmed_at IS NOT NULL FROM users u \
        JOIN credentials c ON c.user_id = u.id AND c.kind = 'password' \
        WHERE u.email_folded = $1 AND ", may_come_in!("u"));
    Read HASH_SET_SINCE = "SELECT hash FROM credentials WHERE user_id = $1 AND kind = 'password' AND changed_at >= $2";
    Read HOME_ORGANISATION = "SELECT m.organisation_id FROM memberships m \
        JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND o.suspended_through IS NULL AND o.deleted_through IS NULL \
        ORDER BY m.created_at, m.organisation_id LIMIT 1";
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser<'user> {
    /// The id.
    pub id: UserId,
    /// How they sign in.
    pub email: &'user EmailAddress,
    /// How they are called.
    pub name: &'user Name,
    /// Whether they hold every right everywhere.
    pub is_super_admin: bool,
}

record! {
    /// What a sign-in needs of a person.
    #[derive(Clone, Debug)]
    pub struct SignInRecord {
        /// The person.
        pub id: UserId,
        /// The PHC string of the password.
        pub hash: SecretText,
        /// Whether their address was confirmed.
        pub is_confirmed: bool,
    }
}

/// Adds a person.
///
/// # Errors
/// [`crate::Error::Conflict`] when the address is taken.
pub async fn insert(transaction: &mut WriteTransaction, user: &NewUser<'_>, now: Timestamp) -> Result<()> {
    let NewUser { id, email, name, is_super_admin } = *user;
    let text = searchable::text_of_user(name, email);
    transaction.change(&INSERT, values![id, email, email.folded(), name, text, is_super_admin, now]).await?;
    searchable::set_user(transaction, id, name, email).await
}

/// Gives a person a role in an organisation.
///
/// It holds the tree ([`tree::hold`]); whoever holds anything else before has to hold that first of all.
///
/// # Errors
/// [`crate::Error::Conflict`] when they have one there.
pub async fn insert_membership(
    transaction: &mut WriteTransaction,
    user: UserId,
    organisation: OrganisationId,
    role: Role,
    now: Timestamp,
) -> Result<()> {
    tree::hold(transaction).await?;
    transaction.change(&INSERT_MEMBERSHIP, values![user, organisation, role, now]).await?;
    partner_people::add_member(transaction, user, organisation).await
}

/// Sets the hash of a person's password.
pub async fn set_password(
    transaction: &mut WriteTransaction,
    user: UserId,
    hash: &SecretText,
    now: Timestamp,
) -> Result<()> {
    transaction.change(&SET_PASSWORD, values![user, hash, now]).await.map(|_| ())
}

/// Replaces a hash by one of the same password with today's parameters.
///
/// Nothing happens when the password was changed meanwhile.
pub async fn replace_hash(
    transaction: &mut WriteTransaction,
    user: UserId,
    old: &SecretText,
    new: &SecretText,
) -> Result<()> {
    transaction.change(&REPLACE_HASH, values![user, old, new]).await.map(|_| ())
}

/// Keeps a password from being changed until the transaction ends; false when it is not that one any more.
pub async fn hold_hash(transaction: &mut WriteTransaction, user: UserId, hash: &SecretText) -> Result<bool> {
    Ok(transaction.change(&HOLD_HASH, values![user, hash]).await? == 1)
}

/// Waits for the sign-ins that are under way, and keeps others from beginning until the transaction ends.
pub async fn hold_password(transaction: &mut WriteTransaction, user: UserId) -> Result<()> {
    transaction.change(&HOLD_PASSWORD, values![user]).await.map(|_| ())
}

/// Puts another password in the place of the one that was verified; false when that was changed meanwhile.
pub async fn change_hash(
    transaction: &mut WriteTransaction,
    user: UserId,
    old: &SecretText,
    new: &SecretText,
    now: Timestamp,
) -> Result<bool> {
    Ok(transaction.change(&CHANGE_HASH, values![user, old, new, now]).await? == 1)
}

/// Who signs in with this address; nobody who is suspended.
pub async fn for_sign_in(link: &mut Link, email: &EmailAddress) -> Result<Option<SignInRecord>> {
    link.optional(&FOR_SIGN_IN, values![email.folded()]).await
}

/// The hash of a person's password, provided that they have had it since this moment at the earliest.
pub async fn hash_set_since(link: &mut Link, user: UserId, since: Timestamp) -> Result<Option<SecretText>> {
    link.optional(&HASH_SET_SINCE, values![user, since]).await
}

/// The organisation that a person acts for first: the one they joined first.
pub async fn home_organisation(link: &mut Link, user: UserId) -> Result<Option<OrganisationId>> {
    link.optional(&HOME_ORGANISATION, values![user]).await
}
