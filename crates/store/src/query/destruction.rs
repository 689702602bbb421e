//! Removing a part of the tree for good, with all that belongs to it.
//!
//! What belongs to others stays, and forgets who is gone: a system elsewhere its
//! creator, a state token that was used its system. The audit log refers to
//! nothing and keeps every entry.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::time::Timestamp;

use super::licence_destruction;
use super::tree_count::Touched;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::statement::{Statement, statements};
use crate::value::values;

/// The organisations that go: `$1` and all below it.
macro_rules! organisations {
    () => {
        "(SELECT descendant_id FROM organisation_paths WHERE ancestor_id = $1)"
    };
}

/// Their systems.
macro_rules! systems {
    () => {
        concat!("(SELECT id FROM systems WHERE organisation_id IN ", organisations!(), ")")
    };
}

/// The people who go: noted by [`NOTE_PEOPLE`].
macro_rules! people {
    () => {
        "(SELECT user_id FROM leaving_users)"
    };
}

statements! {
    /// Those who belong to nothing else. Super admins stay in whatever happens to organisations.
    Write NOTE_PEOPLE = concat!(
        "INSERT INTO leaving_users (user_id) SELECT DISTINCT m.user_id FROM memberships m \
         JOIN users u ON u.id = m.user_id WHERE m.organisation_id IN ", organisations!(),
        " AND NOT u.is_super_admin AND NOT EXISTS (SELECT 1 FROM memberships o WHERE o.user_id = m.user_id \
          AND o.organisation_id NOT IN ", organisations!(), ")");
    Write HEARTBEATS = concat!("DELETE FROM heartbeats WHERE system_id IN ", systems!());
    Write DELIVERIES = concat!("DELETE FROM deliveries WHERE system_id IN ", systems!());
    Write USED_STATES = concat!("UPDATE used_states SET system_id = NULL WHERE system_id IN ", systems!());
    Write SYSTEMS = concat!("DELETE FROM systems WHERE organisation_id IN ", organisations!());
    Write INVITATIONS = concat!("DELETE FROM invitations WHERE organisation_id IN ", organisations!());
    Write CREATING_ORGANISATIONS = concat!(
        "UPDATE systems SET created_by_organisation = NULL WHERE created_by_organisation IN ", organisations!());
    Write CURRENT_ORGANISATIONS = concat!(
        "UPDATE sessions SET organisation_id = NULL WHERE organisation_id IN ", organisations!());
    /// Those who belong to something else of a partner stay in its list.
    Write PARTNER_PEOPLE = concat!(
        "DELETE FROM partner_people WHERE user_id IN (SELECT m.user_id FROM memberships m \
         WHERE m.organisation_id IN ", organisations!(), ") AND NOT EXISTS (SELECT 1 FROM memberships m \
         CROSS JOIN organisation_paths p WHERE m.user_id = partner_people.user_id \
         AND p.descendant_id = m.organisation_id AND p.ancestor_id = partner_people.partner_id \
         AND m.organisation_id NOT IN ", organisations!(), " LIMIT 1 OFFSET 0)");
    Write MEMBERSHIPS = concat!("DELETE FROM memberships WHERE organisation_id IN ", organisations!());
    Write CREATORS = concat!("UPDATE systems SET created_by = NULL WHERE created_by IN ", people!());
    Write SENT_INVITATIONS = concat!("DELETE FROM invitations WHERE invited_by IN ", people!());
    Write ACCEPTED_INVITATIONS = concat!(
        "UPDATE invitations SET accepted_by = NULL WHERE accepted_by IN ", people!());
    Write SESSIONS = concat!("DELETE FROM sessions WHERE user_id IN ", people!());
    Write CREDENTIALS = concat!("DELETE FROM credentials WHERE user_id IN ", people!());
    Write LINKS = concat!("DELETE FROM links WHERE user_id IN ", people!());
    Write KNOWN_DEVICES = concat!("DELETE FROM known_devices WHERE user_id IN ", people!());
    Write IDEMPOTENCY_KEYS = concat!("DELETE FROM idempotency_keys WHERE user_id IN ", people!());
    Write MAILS = concat!("DELETE FROM mails WHERE user_id IN ", people!());
    Write USERS = concat!("DELETE FROM users WHERE id IN ", people!());
    Write FORGET_PEOPLE = "DELETE FROM leaving_users";
    /// Nothing but this tree is deleted through its root from now on, so that it is known without its paths.
    Write MARK_ORGANISATIONS = concat!("UPDATE organisations SET deleted_through = $1 WHERE id IN ", organisations!());
    Write PATHS = concat!("DELETE FROM organisation_paths WHERE descendant_id IN ", organisations!());
    Write ORGANISATIONS = "DELETE FROM organisations WHERE deleted_through = $1";
}

/// What belongs to the organisations, up to their systems; each needs the organisation.
static OF_SYSTEMS: [&Statement; 3] = [&HEARTBEATS, &DELIVERIES, &USED_STATES];
/// What else belongs to the organisations, in an order that leaves no reference behind.
static OF_ORGANISATIONS: [&Statement; 5] =
    [&INVITATIONS, &CREATING_ORGANISATIONS, &CURRENT_ORGANISATIONS, &PARTNER_PEOPLE, &MEMBERSHIPS];
/// What belongs to the people who go, in an order that leaves no reference behind.
static OF_PEOPLE: [&Statement; 9] = [
    &CREATORS,
    &SENT_INVITATIONS,
    &ACCEPTED_INVITATIONS,
    &SESSIONS,
    &CREDENTIALS,
    &LINKS,
    &KNOWN_DEVICES,
    &IDEMPOTENCY_KEYS,
    &MAILS,
];

/// Removes an organisation and all below it, with their systems and the people who belong to nothing else; the tree
/// is to be [held](super::tree::hold) before.
///
/// # Errors
/// [`crate::Error::Dangling`] when something was added to one of them at this very moment.
pub async fn run(transaction: &mut WriteTransaction, root: OrganisationId, now: Timestamp) -> Result<Touched> {
    licence_destruction::run(transaction, root, now).await?;
    transaction.change(&NOTE_PEOPLE, values![root]).await?;
    for statement in OF_SYSTEMS {
        transaction.change(statement, values![root]).await?;
    }
    let systems = transaction.change(&SYSTEMS, values![root]).await?;
    for statement in OF_ORGANISATIONS {
        transaction.change(statement, values![root]).await?;
    }
    for statement in OF_PEOPLE {
        transaction.change(statement, &[]).await?;
    }
    let people = transaction.change(&USERS, &[]).await?;
    transaction.change(&FORGET_PEOPLE, &[]).await?;
    for statement in [&MARK_ORGANISATIONS, &PATHS] {
        transaction.change(statement, values![root]).await?;
    }
    let organisations = transaction.change(&ORGANISATIONS, values![root]).await?;
    let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(Touched { organisations: count(organisations), people: count(people), systems: count(systems) })
}
