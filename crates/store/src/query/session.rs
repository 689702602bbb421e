//! Sign-ins and their refresh tokens.

use std::net::IpAddr;

use bailiwick_domain::id::{ConsentId, OrganisationId, SessionId, UserId};
use bailiwick_domain::session::SessionKind;
use bailiwick_domain::time::Timestamp;

use super::impersonation::{self, impersonation_stands};
use super::suspension::may_come_in;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Write INSERT = "INSERT INTO sessions (id, handle, user_id, organisation_id, kind, cookie_digest, generation, \
        address, user_agent, created_at, expires_at, actor_session_id, consent_id) \
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, $12)";
    Read BY_HANDLE = concat!("SELECT s.id, s.handle, s.user_id, s.kind, s.generation, s.rotated_at, s.created_at, \
        s.expires_at, actor.user_id FROM sessions s JOIN users u ON u.id = s.user_id \
        LEFT JOIN sessions actor ON actor.id = s.actor_session_id \
        WHERE s.handle = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND ", may_come_in!("u"), " AND ",
        impersonation_stands!("s", "u", "$2"));
    Read ENDS_AT = "SELECT expires_at FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 \
        AND actor_session_id IS NULL";
    /// Whatever became of it: that it has ended is when one asks.
    Read GAVE_WAY = "SELECT EXISTS (SELECT 1 FROM sessions WHERE cookie_digest = $1 AND actor_session_id = $2)";
    Read LIVES = "SELECT EXISTS (SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2)";
    /// The generation in the condition makes the rotation happen once.
    Write ROTATE = "UPDATE sessions SET generation = generation + 1, rotated_at = $3 \
        WHERE id = $1 AND generation = $2 AND ended_at IS NULL";
    /// All sessions of a person, save for one.
    Write END_ALL = "UPDATE sessions SET ended_at = $3, ended_because = $4 WHERE user_id = $1 AND ended_at IS NULL \
        AND expires_at > $3 AND (CAST($2 AS UUID) IS NULL OR id <> $2)";
    /// The person in the condition: nobody ends another's session.
    Write END_OWN = "UPDATE sessions SET ended_at = $3, ended_because = $4 \
        WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3";
    /// Those in which somebody else acts as the person are listed elsewhere.
    Read OF_USER = "SELECT id, kind, user_agent, address, created_at, last_seen_at, last_address, expires_at \
        FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND actor_session_id IS NULL \
        ORDER BY COALESCE(last_seen_at, created_at) DESC, id LIMIT $3";
    /// Nodes report in any order; the newest report stays.
    Write SEEN = "UPDATE sessions SET last_seen_at = $2, last_address = $3 \
        WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < $2)";
    Write END = "UPDATE sessions SET ended_at = $2, ended_because = $3 WHERE id = $1 AND ended_at IS NULL";
}

/// A sign-in to be noted.
#[derive(Clone, Debug)]
pub struct NewSession<'session> {
    /// The id.
    pub id: SessionId,
    /// What its tokens call it.
    pub handle: i64,
    /// Who signed in.
    pub user: UserId,
    /// The organisation they act for.
    pub organisation: Option<OrganisationId>,
    /// How they signed in.
    pub kind: SessionKind,
    /// The digest of the browser's cookie, for a browser.
    pub cookie_digest: Option<Vec<u8>>,
    /// From where.
    pub address: IpAddr,
    /// With what, as it says of itself.
    pub user_agent: Option<&'session str>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// The sign-in of whoever acts as the person, and the consent by which they do; nothing for the person's own.
    pub actor: Option<(SessionId, ConsentId)>,
}

record! {
    /// A living sign-in, as its refresh token needs it.
    #[derive(Clone, Debug)]
    pub struct SessionRecord {
        /// The id.
        pub id: SessionId,
        /// What its tokens call it.
        pub handle: i64,
        /// Who signed in.
        pub user: UserId,
        /// How they signed in.
        pub kind: SessionKind,
        /// The number of the refresh token that is good now.
        pub generation: i64,
        /// When the one before was exchanged for it.
        pub rotated_at: Option<Timestamp>,
        /// Since when.
        pub created_at: Timestamp,
        /// Until when.
        pub expires_at: Timestamp,
        /// Who acts in it, where it is somebody else than the person.
        pub actor: Option<UserId>,
    }
}

record! {
    /// A living sign-in, as its owner sees it.
    #[derive(Clone, Debug)]
    pub struct OwnSession {
        /// The id.
        pub id: SessionId,
        /// How the person signed in.
        pub kind: SessionKind,
        /// With what, as it says of itself.
        pub user_agent: Option<String>,
        /// From where it began.
        pub address: String,
        /// Since when.
        pub created_at: Timestamp,
        /// When it was used last, to within half a minute; nothing when never since it began.
        pub last_seen_at: Option<Timestamp>,
        /// From where it was used last.
        pub last_address: Option<String>,
        /// Until when.
        pub expires_at: Timestamp,
    }
}

/// Notes a sign-in.
pub async fn insert(transaction: &mut WriteTransaction, session: &NewSession<'_>) -> Result<()> {
    let values = values![
        session.id,
        session.handle,
        session.user,
        session.organisation,
        session.kind,
        session.cookie_digest.clone(),
        session.address.to_string(),
        session.user_agent,
        session.created_at,
        session.expires_at,
        session.actor.map(|(session, _)| session),
        session.actor.map(|(_, consent)| consent.uuid()),
    ];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// The living session of this handle, whose person is not suspended.
pub async fn by_handle(link: &mut Link, handle: i64, now: Timestamp) -> Result<Option<SessionRecord>> {
    link.optional(&BY_HANDLE, values![handle, now]).await
}

/// Whether a session has neither ended nor expired.
pub async fn lives(link: &mut Link, id: SessionId, now: Timestamp) -> Result<bool> {
    link.one(&LIVES, values![id, now]).await
}

/// Whether the session of this cookie was begun by this one, to act as somebody else.
pub async fn gave_way(link: &mut Link, digest: &[u8], own: SessionId) -> Result<bool> {
    link.one(&GAVE_WAY, values![digest, own]).await
}

/// Until when a session lives that its person is in themselves; nothing where it has ended.
pub async fn ends_at(link: &mut Link, id: SessionId, now: Timestamp) -> Result<Option<Timestamp>> {
    link.optional(&ENDS_AT, values![id, now]).await
}

/// Moves on to the next refresh token; false when somebody else just did.
pub async fn rotate(transaction: &mut WriteTransaction, session: &SessionRecord, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&ROTATE, values![session.id, session.generation, now]).await? == 1)
}

/// Ends a session; false when it had ended.
pub async fn end(transaction: &mut WriteTransaction, id: SessionId, now: Timestamp, because: &str) -> Result<bool> {
    let has_ended = transaction.change(&END, values![id, now, because]).await? == 1;
    if has_ended {
        impersonation::end(transaction, id, now).await?;
    }
    Ok(has_ended)
}

/// Ends a session of this very person; false when they have none of this id.
pub async fn end_own(
    transaction: &mut WriteTransaction,
    id: SessionId,
    user: UserId,
    now: Timestamp,
    because: &str,
) -> Result<bool> {
    let has_ended = transaction.change(&END_OWN, values![id, user, now, because]).await? == 1;
    if has_ended {
        impersonation::end(transaction, id, now).await?;
    }
    Ok(has_ended)
}

/// Ends all sessions of a person, save for one; returns how many ended.
pub async fn end_all(
    transaction: &mut WriteTransaction,
    user: UserId,
    save: Option<SessionId>,
    now: Timestamp,
    because: &str,
) -> Result<u64> {
    impersonation::end_all(transaction, user, now).await?;
    transaction.change(&END_ALL, values![user, save, now, because]).await
}

/// The living sessions of a person, the one used last first; at most `limit`.
pub async fn of_user(link: &mut Link, user: UserId, now: Timestamp, limit: i64) -> Result<Vec<OwnSession>> {
    link.all(&OF_USER, values![user, now, limit]).await
}

/// Notes when a session was used last, and from where.
pub async fn seen(transaction: &mut WriteTransaction, id: SessionId, at: Timestamp, address: IpAddr) -> Result<()> {
    transaction.change(&SEEN, values![id, at, address.to_string()]).await.map(|_| ())
}
