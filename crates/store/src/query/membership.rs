//! What people are in organisations: read, changed, taken away, and who is left.

use bailiwick_domain::id::{OrganisationId, SessionId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;

use super::partner_people;
use super::reach::{Reach, within_reach};
use super::suspension::may_come_in;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::statement::statements;
use crate::value::values;

statements! {
    Read ROLE = "SELECT role FROM memberships WHERE user_id = $1 AND organisation_id = $2";
    Write SET_ROLE = "UPDATE memberships SET role = $3 WHERE user_id = $1 AND organisation_id = $2";
    Write REMOVE = "DELETE FROM memberships WHERE user_id = $1 AND organisation_id = $2";
    Read HAS_ADMINISTRATOR = "SELECT EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id \
        WHERE m.organisation_id = $1 AND m.role = 'admin' AND u.suspended_at IS NULL)";
    /// An organisation that this person administers and nobody else who is not suspended.
    Read WITHOUT_ADMINISTRATOR = "SELECT o.name FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND m.role = 'admin' AND o.deleted_through IS NULL \
        AND NOT EXISTS (SELECT 1 FROM memberships om JOIN users ou ON ou.id = om.user_id \
            WHERE om.organisation_id = m.organisation_id AND om.role = 'admin' AND ou.suspended_at IS NULL) \
        ORDER BY m.created_at, o.id LIMIT 1";
    Read ADMINISTERS = "SELECT EXISTS (SELECT 1 FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND m.role = 'admin' AND o.suspended_through IS NULL AND o.deleted_through IS NULL)";
    Read REACHES = concat!(
        "SELECT EXISTS (SELECT 1 FROM organisations o WHERE o.id = $6 AND o.deleted_through IS NULL AND ",
        within_reach!("o.id"), ")");
    Read STANDS = concat!(
        "SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND (u.is_super_admin OR NOT CAST($2 AS BOOLEAN)) AND ",
        may_come_in!("u"), ")");
    /// Those into an organisation or one below it, where whoever sent them administers it by no other membership.
    Write REVOKE_INVITATIONS = "UPDATE invitations SET revoked_at = $3 WHERE invited_by = $1 AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > $3 AND organisation_id IN (SELECT p.descendant_id FROM organisation_paths p \
             WHERE p.ancestor_id = $2) \
         AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.is_super_admin) \
         AND NOT EXISTS (SELECT 1 FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
             JOIN organisation_paths p ON p.ancestor_id = m.organisation_id \
             WHERE m.user_id = $1 AND m.role = 'admin' AND p.descendant_id = invitations.organisation_id \
             AND o.suspended_through IS NULL AND o.deleted_through IS NULL)";
    /// The same, before they stop to administer it.
    Read COUNT_REVOCABLE = "SELECT COUNT(*) FROM invitations WHERE invited_by = $1 AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > $3 AND organisation_id IN (SELECT p.descendant_id FROM organisation_paths p \
             WHERE p.ancestor_id = $2) \
         AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.is_super_admin) \
         AND NOT EXISTS (SELECT 1 FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
             JOIN organisation_paths p ON p.ancestor_id = m.organisation_id \
             WHERE m.user_id = $1 AND m.role = 'admin' AND m.organisation_id <> $2 \
             AND p.descendant_id = invitations.organisation_id \
             AND o.suspended_through IS NULL AND o.deleted_through IS NULL)";
    /// The membership in the condition: nobody acts for an organisation that they do not belong to.
    Write ACT_FOR = "UPDATE sessions SET organisation_id = $3 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL \
        AND EXISTS (SELECT 1 FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
            WHERE m.user_id = $2 AND m.organisation_id = $3 \
            AND o.suspended_through IS NULL AND o.deleted_through IS NULL)";
}

/// What a person is in an organisation, where they are anything there.
pub async fn role(link: &mut Link, user: UserId, organisation: OrganisationId) -> Result<Option<Role>> {
    link.optional(&ROLE, values![user, organisation]).await
}

/// Gives a member another role.
pub async fn set_role(
    transaction: &mut WriteTransaction,
    user: UserId,
    organisation: OrganisationId,
    role: Role,
) -> Result<()> {
    transaction.change(&SET_ROLE, values![user, organisation, role]).await.map(|_| ())
}

/// Removes a person from an organisation; the tree is to be [held](super::tree::hold) before.
pub async fn remove(transaction: &mut WriteTransaction, user: UserId, organisation: OrganisationId) -> Result<()> {
    transaction.change(&REMOVE, values![user, organisation]).await?;
    partner_people::remove_member(transaction, user).await
}

/// Whether anybody administers an organisation who is not suspended.
pub async fn has_administrator(link: &mut Link, organisation: OrganisationId) -> Result<bool> {
    link.one(&HAS_ADMINISTRATOR, values![organisation]).await
}

/// An organisation that this person administers and nobody else who is not suspended; with them suspended, one that
/// nobody does.
pub async fn without_administrator(link: &mut Link, user: UserId) -> Result<Option<Name>> {
    link.optional(&WITHOUT_ADMINISTRATOR, values![user]).await
}

/// Whether a person administers anything that is not out.
pub async fn administers(link: &mut Link, user: UserId) -> Result<bool> {
    link.one(&ADMINISTERS, values![user]).await
}

/// Whether an organisation is within reach and not deleted.
pub async fn reaches(link: &mut Link, reach: &Reach, organisation: OrganisationId) -> Result<bool> {
    link.one(&REACHES, &reach.and(values![organisation])).await
}

/// Whether a person may still come in, as a super admin where they are believed to be one.
pub async fn stands(link: &mut Link, user: UserId, is_super_admin: bool) -> Result<bool> {
    link.one(&STANDS, values![user, is_super_admin]).await
}

/// Takes back what somebody sent who administers this organisation no longer, and those below it with it; returns how
/// many invitations that were.
pub async fn revoke_invitations(
    transaction: &mut WriteTransaction,
    sender: UserId,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<u64> {
    transaction.change(&REVOKE_INVITATIONS, values![sender, organisation, now]).await
}

/// How many invitations would be taken back if this person stopped to administer this organisation.
pub async fn count_revocable(
    link: &mut Link,
    sender: UserId,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<i64> {
    link.one(&COUNT_REVOCABLE, values![sender, organisation, now]).await
}

/// Has a session of this person act for one of their organisations; false when it is none of theirs, or out.
pub async fn act_for(
    transaction: &mut WriteTransaction,
    session: SessionId,
    user: UserId,
    organisation: OrganisationId,
) -> Result<bool> {
    Ok(transaction.change(&ACT_FOR, values![session, user, organisation]).await? == 1)
}
