//! Who stands behind a token or a cookie.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{ApiKeyId, OrganisationId, SessionId, UserId};
use bailiwick_domain::impersonation::{SharedPlace, intersection};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::principal::{Impersonator, Membership, Principal};
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use super::impersonation::impersonation_stands;
use super::suspension::may_come_in;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::{Value, values};

/// The person behind a row of a table that names one, such as a session, and whoever acts as them.
macro_rules! person_behind {
    ($actor_and_tables:literal, $condition:expr) => {
        concat!(
            "SELECT s.id, s.expires_at, s.organisation_id, u.id, u.email, u.name, u.is_super_admin, \
             u.confirmed_at IS NOT NULL, ",
            $actor_and_tables,
            " WHERE s.expires_at > $2 AND ",
            may_come_in!("u"),
            " AND ",
            $condition
        )
    };
}

/// The person behind a session that has not ended.
macro_rules! person_in {
    ($session:literal) => {
        person_behind!(
            "ia.id, iu.id, iu.name, iu.is_super_admin FROM sessions s JOIN users u ON u.id = s.user_id \
             LEFT JOIN sessions ia ON ia.id = s.actor_session_id LEFT JOIN users iu ON iu.id = ia.user_id",
            concat!("s.ended_at IS NULL AND ", $session, " AND ", impersonation_stands!("s", "u", "$2"))
        )
    };
}

statements! {
    Read BY_HANDLE = person_in!("s.handle = $1");
    Read BY_COOKIE = person_in!("s.cookie_digest = $1");
    /// Nobody makes keys as somebody else.
    Read BY_API_KEY = person_behind!(
        "CAST(NULL AS UUID), CAST(NULL AS UUID), CAST(NULL AS TEXT), CAST(NULL AS BOOLEAN) \
         FROM api_keys s JOIN users u ON u.id = s.user_id", "s.id = $1");
    Read MEMBERSHIPS = "SELECT o.id, o.name, o.kind, m.role FROM memberships m \
        JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND o.suspended_through IS NULL AND o.deleted_through IS NULL \
        ORDER BY m.created_at, o.id LIMIT 1000";
    /// The pairs of memberships of two people of which one is at or above the other: the lower organisation of each, and
    /// both roles.
    Read SHARED_PLACES = "SELECT o.id, o.name, o.kind, m.role, am.role FROM memberships m \
        JOIN organisation_paths p ON p.descendant_id = m.organisation_id \
        JOIN memberships am ON am.organisation_id = p.ancestor_id JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND am.user_id = $2 AND o.suspended_through IS NULL AND o.deleted_through IS NULL \
        UNION ALL SELECT o.id, o.name, o.kind, m.role, am.role FROM memberships am \
        JOIN organisation_paths p ON p.descendant_id = am.organisation_id AND p.depth > 0 \
        JOIN memberships m ON m.organisation_id = p.ancestor_id JOIN organisations o ON o.id = am.organisation_id \
        WHERE m.user_id = $1 AND am.user_id = $2 AND o.suspended_through IS NULL AND o.deleted_through IS NULL \
        ORDER BY 2, 1 LIMIT 1000";
}

record! {
    #[derive(Debug)]
    struct PersonBehind {
        id: Uuid,
        expires_at: Timestamp,
        organisation: Option<OrganisationId>,
        user: UserId,
        email: EmailAddress,
        name: Name,
        is_super_admin: bool,
        is_confirmed: bool,
        actor_session: Option<SessionId>,
        actor: Option<UserId>,
        actor_name: Option<Name>,
        actor_is_super_admin: Option<bool>,
    }
}

record! {
    #[derive(Debug)]
    struct SharedPlaceRecord {
        organisation: OrganisationId,
        organisation_name: Name,
        organisation_kind: OrganisationKind,
        role: Role,
        other: Role,
    }
}

record! {
    #[derive(Debug)]
    struct MembershipRecord {
        organisation: OrganisationId,
        organisation_name: Name,
        organisation_kind: OrganisationKind,
        role: Role,
    }
}

/// A living session with the person behind it.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SessionId,
    /// Until when it lives.
    pub expires_at: Timestamp,
    /// The person.
    pub principal: Principal,
}

/// Who stands behind a token that names this session.
pub async fn by_handle(link: &mut Link, handle: i64, now: Timestamp) -> Result<Option<SignedIn>> {
    signed_in(link, &BY_HANDLE, values![handle, now]).await
}

/// Who stands behind a cookie of this digest.
pub async fn by_cookie(link: &mut Link, digest: &[u8], now: Timestamp) -> Result<Option<SignedIn>> {
    signed_in(link, &BY_COOKIE, values![digest, now]).await
}

/// Who stands behind an API key.
pub async fn by_api_key(link: &mut Link, key: ApiKeyId, now: Timestamp) -> Result<Option<Principal>> {
    let person = link.optional(&BY_API_KEY, values![key, now]).await?;
    if let Some(person) = person { principal(link, person).await.map(Some) } else { Ok(None) }
}

async fn signed_in(
    link: &mut Link,
    statement: &'static crate::Statement,
    values: &[Value],
) -> Result<Option<SignedIn>> {
    let Some(person) = link.optional::<PersonBehind>(statement, values).await? else { return Ok(None) };
    let (session, expires_at) = (SessionId::from_uuid(person.id), person.expires_at);
    Ok(Some(SignedIn { session, expires_at, principal: principal(link, person).await? }))
}

/// A person with their places; where somebody acts as them, with what both have there.
async fn principal(link: &mut Link, person: PersonBehind) -> Result<Principal> {
    let impersonator = impersonator(&person);
    let memberships = match &impersonator {
        Some(bounding) if !bounding.is_super_admin => {
            let places: Vec<SharedPlaceRecord> = link.all(&SHARED_PLACES, values![person.user, bounding.user]).await?;
            intersection(places.into_iter().map(SharedPlace::from).collect())
        }
        _ => {
            let memberships: Vec<MembershipRecord> = link.all(&MEMBERSHIPS, values![person.user]).await?;
            memberships.into_iter().map(Membership::from).collect()
        }
    };
    // A current organisation that was lost meanwhile gives way to the first of the others.
    let keeps = |id: &OrganisationId| memberships.iter().any(|membership| membership.organisation == *id);
    let first = memberships.first().map(|membership| membership.organisation);
    Ok(Principal {
        user: person.user,
        email: person.email,
        name: person.name,
        is_super_admin: person.is_super_admin && impersonator.as_ref().is_none_or(|acting| acting.is_super_admin),
        is_confirmed: person.is_confirmed,
        current_organisation: person.organisation.filter(keeps).or(first),
        memberships,
        impersonator,
    })
}

/// Whoever acts as the person, where somebody else does.
fn impersonator(person: &PersonBehind) -> Option<Impersonator> {
    Some(Impersonator {
        user: person.actor?,
        name: person.actor_name.clone()?,
        is_super_admin: person.actor_is_super_admin?,
        session: person.actor_session?,
        impersonation: SessionId::from_uuid(person.id),
    })
}

impl From<SharedPlaceRecord> for SharedPlace {
    fn from(record: SharedPlaceRecord) -> Self {
        let SharedPlaceRecord { organisation, organisation_name, organisation_kind, role, other } = record;
        Self { membership: Membership { organisation, organisation_name, organisation_kind, role }, other }
    }
}

impl From<MembershipRecord> for Membership {
    fn from(record: MembershipRecord) -> Self {
        let MembershipRecord { organisation, organisation_name, organisation_kind, role } = record;
        Self { organisation, organisation_name, organisation_kind, role }
    }
}
