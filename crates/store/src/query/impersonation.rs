//! Acting as a person who consents to it: the consent, who may, and what the person is told of it.

use std::net::IpAddr;

use bailiwick_domain::id::{ActId, ConsentId, SessionId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::page::Page;
use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use super::counted;
use super::suspension::may_come_in;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The condition that one person may act as another: super admins as everybody, and as other super admins nobody else;
/// the others as those who belong to an organisation where the right to impersonate reaches.
macro_rules! may_impersonate {
    ($actor:literal, $user:literal) => {
        concat!(
            "(",
            $actor,
            ".is_super_admin OR (NOT ",
            $user,
            ".is_super_admin AND EXISTS (SELECT 1 FROM memberships xp \
             JOIN organisations xo ON xo.id = xp.organisation_id \
             JOIN organisation_paths xd ON xd.descendant_id = xp.organisation_id \
             JOIN memberships xm ON xm.organisation_id = xd.ancestor_id \
             WHERE xp.user_id = ",
            $user,
            ".id AND xm.user_id = ",
            $actor,
            ".id AND xm.role IN ('admin', 'support') \
             AND xo.suspended_through IS NULL AND xo.deleted_through IS NULL)))"
        )
    };
}
pub(crate) use may_impersonate;

/// The condition that a session is its person's own, or that everything still holds that it hangs on: the consent, and
/// the sign-in, the right and the standing of whoever acts.
macro_rules! impersonation_stands {
    ($session:literal, $user:literal, $now:literal) => {
        concat!(
            "(",
            $session,
            ".actor_session_id IS NULL OR EXISTS (SELECT 1 FROM sessions xs \
             JOIN users xu ON xu.id = xs.user_id JOIN impersonation_consents xc ON xc.id = ",
            $session,
            ".consent_id \
             WHERE xs.id = ",
            $session,
            ".actor_session_id AND xs.actor_session_id IS NULL AND xs.ended_at IS NULL \
             AND xs.expires_at > ",
            $now,
            " AND xc.user_id = ",
            $session,
            ".user_id AND xc.expires_at > ",
            $now,
            " AND ",
            $crate::query::suspension::may_come_in!("xu"),
            " AND ",
            $crate::query::impersonation::may_impersonate!("xu", $user),
            "))"
        )
    };
}
pub(crate) use impersonation_stands;

statements! {
    /// The person is the key: there is one consent at a time. Granted anew it stays the same consent.
    Write GRANT = "INSERT INTO impersonation_consents (user_id, id, granted_at, expires_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (user_id) DO UPDATE SET granted_at = $3, expires_at = $4";
    /// What was begun on a longer consent ends with the shorter one.
    Write SHORTEN = "UPDATE sessions SET expires_at = $2 \
        WHERE user_id = $1 AND actor_session_id IS NOT NULL AND expires_at > $2";
    Write SHORTEN_LISTED = "UPDATE impersonations SET expires_at = $2 \
        WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2";
    Read CONSENT = "SELECT id, granted_at, expires_at FROM impersonation_consents WHERE user_id = $1 AND expires_at > $2";
    Write REVOKE = "DELETE FROM impersonation_consents WHERE user_id = $1 AND expires_at > $2";
    Read MAY = concat!("SELECT EXISTS (SELECT 1 FROM users a JOIN users u ON u.id = $2 WHERE a.id = $1 AND ",
        may_come_in!("a"), " AND ", may_impersonate!("a", "u"), ")");
    Write INSERT = "INSERT INTO impersonations (id, user_id, actor_id, actor_name, address, started_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Write END = "UPDATE impersonations SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";
    Write END_ALL = "UPDATE impersonations SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2";
    /// Those who act as a person, and those as whom this sign-in of theirs acts.
    Read RUNNING = "SELECT s.id, s.user_id FROM sessions s WHERE s.ended_at IS NULL AND s.expires_at > $3 \
        AND s.actor_session_id IS NOT NULL AND (s.user_id = $1 OR s.actor_session_id = $2)";
    Read OF_USER = concat!(
        "SELECT i.id, i.actor_id, i.actor_name, i.address, i.started_at, i.expires_at, i.ended_at, \
         EXISTS (SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = i.id AND s.ended_at IS NULL \
             AND s.expires_at > $2 AND ", impersonation_stands!("s", "u", "$2"), "), \
         (SELECT COUNT(*) FROM impersonated_acts a WHERE a.impersonation_id = i.id) \
         FROM impersonations i WHERE i.user_id = $1 ORDER BY i.started_at DESC, i.id DESC LIMIT $3");
    /// The person in the condition: nobody reads what was done as somebody else.
    Read IS_OF = "SELECT EXISTS (SELECT 1 FROM impersonations WHERE id = $1 AND user_id = $2)";
    Write NOTE = "INSERT INTO impersonated_acts (id, impersonation_id, at, kind, name, target, request_id) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Read COUNT_ACTS = "SELECT COUNT(*) FROM (SELECT 1 FROM impersonated_acts WHERE impersonation_id = $1 LIMIT $2) AS counted";
    /// What was changed at the moment at which it was asked for came after that.
    Read ACTS = "SELECT at, kind, name, target, request_id FROM impersonated_acts WHERE impersonation_id = $1 \
        ORDER BY at DESC, kind, id DESC LIMIT $2 OFFSET $3";
}

record! {
    /// A consent that holds.
    #[derive(Clone, Debug)]
    pub struct ConsentRecord {
        /// The id.
        pub id: Uuid,
        /// Since when.
        pub granted_at: Timestamp,
        /// Until when.
        pub expires_at: Timestamp,
    }
}

record! {
    /// A living session in which somebody acts as another person.
    #[derive(Clone, Copy, Debug)]
    pub struct RunningRecord {
        /// Its id.
        pub id: SessionId,
        /// The person acted as.
        pub user: UserId,
    }
}

record! {
    /// Somebody who acted as a person, as that person sees it.
    #[derive(Clone, Debug)]
    pub struct ImpersonationRecord {
        /// The id: that of the session.
        pub id: SessionId,
        /// Who it was, while they are known.
        pub actor: Option<UserId>,
        /// How they were called.
        pub actor_name: Name,
        /// From where it began.
        pub address: String,
        /// Since when.
        pub started_at: Timestamp,
        /// Until when at the most.
        pub expires_at: Timestamp,
        /// When it was ended before.
        pub ended_at: Option<Timestamp>,
        /// Whether it goes on.
        pub is_running: bool,
        /// How many acts there were.
        pub acts: i64,
    }
}

record! {
    /// Something that was done as another person.
    #[derive(Clone, Debug)]
    pub struct ActRecord {
        /// When.
        pub at: Timestamp,
        /// `request` for what was asked for, `change` for what was changed by it.
        pub kind: String,
        /// The operation, or what was done as the audit log calls it.
        pub name: String,
        /// Method and path, or what was changed.
        pub target: String,
        /// In which request.
        pub request_id: String,
    }
}

/// Somebody who begins to act as a person.
#[derive(Clone, Copy, Debug)]
pub struct NewImpersonation<'name> {
    /// The id of the session.
    pub id: SessionId,
    /// The person.
    pub user: UserId,
    /// Who acts.
    pub actor: UserId,
    /// How they are called.
    pub actor_name: &'name Name,
    /// From where.
    pub address: IpAddr,
    /// Until when at the most.
    pub expires_at: Timestamp,
}

/// Something that is being done as another person.
#[derive(Clone, Copy, Debug)]
pub struct NewAct<'act> {
    /// The id.
    pub id: ActId,
    /// In which session.
    pub impersonation: SessionId,
    /// When.
    pub at: Timestamp,
    /// `request` or `change`.
    pub kind: &'static str,
    /// The operation, or the action of the audit log.
    pub name: &'act str,
    /// Method and path, or what was changed.
    pub target: &'act str,
    /// In which request.
    pub request_id: &'act str,
}

/// Has a person consent; a consent that they gave before holds until this moment then. The person is to be
/// [held](super::account::hold).
pub async fn grant(
    transaction: &mut WriteTransaction,
    user: UserId,
    id: ConsentId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    transaction.change(&GRANT, values![user, id.uuid(), now, expires_at]).await?;
    transaction.change(&SHORTEN, values![user, expires_at]).await?;
    transaction.change(&SHORTEN_LISTED, values![user, expires_at]).await.map(|_| ())
}

/// The consent of a person, where they have given one that holds.
pub async fn consent(link: &mut Link, user: UserId, now: Timestamp) -> Result<Option<ConsentRecord>> {
    link.optional(&CONSENT, values![user, now]).await
}

/// Takes a person's consent back; false when there was none. What hangs on it is over with this.
pub async fn revoke(transaction: &mut WriteTransaction, user: UserId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&REVOKE, values![user, now]).await? == 1)
}

/// Whether one person may act as another, provided that there is consent.
pub async fn may(link: &mut Link, actor: UserId, user: UserId) -> Result<bool> {
    link.one(&MAY, values![actor, user]).await
}

/// Notes that somebody begins to act as a person, for that person.
pub async fn insert(transaction: &mut WriteTransaction, new: &NewImpersonation<'_>, now: Timestamp) -> Result<()> {
    let values = values![new.id, new.user, new.actor, new.actor_name, new.address.to_string(), now, new.expires_at];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// Notes that it is over; nothing happens to a session that is its person's own.
pub async fn end(transaction: &mut WriteTransaction, id: SessionId, now: Timestamp) -> Result<()> {
    transaction.change(&END, values![id, now]).await.map(|_| ())
}

/// The same for all who act as a person.
pub async fn end_all(transaction: &mut WriteTransaction, user: UserId, now: Timestamp) -> Result<()> {
    transaction.change(&END_ALL, values![user, now]).await.map(|_| ())
}

/// The sessions of others that act as this person, and those that this sign-in acts in.
pub async fn running(
    link: &mut Link,
    user: UserId,
    session: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<RunningRecord>> {
    link.all(&RUNNING, values![user, session, now]).await
}

/// Who acted as a person, the newest first; at most `limit`.
pub async fn of_user(link: &mut Link, user: UserId, now: Timestamp, limit: i64) -> Result<Vec<ImpersonationRecord>> {
    link.all(&OF_USER, values![user, now, limit]).await
}

/// Whether it was this person as whom somebody acted.
pub async fn is_of(link: &mut Link, id: SessionId, user: UserId) -> Result<bool> {
    link.one(&IS_OF, values![id, user]).await
}

/// Notes something that is being done, for the person.
pub async fn note(transaction: &mut WriteTransaction, act: &NewAct<'_>) -> Result<()> {
    let values = values![act.id.uuid(), act.impersonation, act.at, act.kind, act.name, act.target, act.request_id];
    transaction.change(&NOTE, values).await.map(|_| ())
}

/// A page of what was done in a session, the newest first, and how much there is in all, counted only so far
/// ([`counted::bound`]).
pub async fn acts(link: &mut Link, id: SessionId, page: Page) -> Result<(Vec<ActRecord>, i64)> {
    let total = link.one(&COUNT_ACTS, values![id, counted::bound(page)]).await?;
    Ok((link.all(&ACTS, values![id, page.limit(), page.offset()]).await?, total))
}
