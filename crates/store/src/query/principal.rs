//! Who stands behind a token or a cookie.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{ApiKeyId, OrganisationId, SessionId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::principal::{Membership, Principal};
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;
use uuid::Uuid;

use super::suspension::may_come_in;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::{Value, values};

/// The person behind a row of a table that names one, such as a session.
macro_rules! person_behind {
    ($table:literal, $condition:literal) => {
        concat!(
            "SELECT s.id, s.expires_at, s.organisation_id, u.id, u.email, u.name, u.is_super_admin, \
             u.confirmed_at IS NOT NULL FROM ",
            $table,
            " s JOIN users u ON u.id = s.user_id WHERE s.expires_at > $2 AND ",
            may_come_in!("u"),
            " AND ",
            $condition
        )
    };
}

statements! {
    Read BY_HANDLE = person_behind!("sessions", "s.ended_at IS NULL AND s.handle = $1");
    Read BY_COOKIE = person_behind!("sessions", "s.ended_at IS NULL AND s.cookie_digest = $1");
    Read BY_API_KEY = person_behind!("api_keys", "s.id = $1");
    Read MEMBERSHIPS = "SELECT o.id, o.name, o.kind, m.role FROM memberships m \
        JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND o.suspended_through IS NULL AND o.deleted_through IS NULL \
        ORDER BY m.created_at, o.id LIMIT 1000";
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

/// A person with their places.
async fn principal(link: &mut Link, person: PersonBehind) -> Result<Principal> {
    let memberships: Vec<MembershipRecord> = link.all(&MEMBERSHIPS, values![person.user]).await?;
    let memberships: Vec<Membership> = memberships.into_iter().map(Membership::from).collect();
    // A current organisation that was lost meanwhile gives way to the first of the others.
    let keeps = |id: &OrganisationId| memberships.iter().any(|membership| membership.organisation == *id);
    let first = memberships.first().map(|membership| membership.organisation);
    Ok(Principal {
        user: person.user,
        email: person.email,
        name: person.name,
        is_super_admin: person.is_super_admin,
        is_confirmed: person.is_confirmed,
        current_organisation: person.organisation.filter(keeps).or(first),
        memberships,
    })
}

impl From<MembershipRecord> for Membership {
    fn from(record: MembershipRecord) -> Self {
        let MembershipRecord { organisation, organisation_name, organisation_kind, role } = record;
        Self { organisation, organisation_name, organisation_kind, role }
    }
}
