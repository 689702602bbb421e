//! People as an operator sees them: everybody, whoever they belong to.

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;

use super::pattern::contains;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of a [`ListedUser`] and where they come from; the organisation is the one joined first.
macro_rules! listed_user {
    () => {
        "SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.suspended_at, u.created_at, \
         o.id, o.name, o.kind, m.role FROM users u \
         LEFT JOIN memberships m ON m.user_id = u.id AND m.organisation_id = (SELECT f.organisation_id \
             FROM memberships f JOIN organisations fo ON fo.id = f.organisation_id AND fo.deleted_through IS NULL \
             WHERE f.user_id = u.id ORDER BY f.created_at, f.organisation_id LIMIT 1) \
         LEFT JOIN organisations o ON o.id = m.organisation_id"
    };
}

statements! {
    /// Both engines lower the letters of ASCII alone, SQLite always and PostgreSQL in this collation.
    Read LIST = concat!(listed_user!(), " WHERE (CAST($1 AS TEXT) IS NULL OR u.email_folded LIKE $1 ESCAPE '!' \
        OR LOWER(u.name) LIKE $1 ESCAPE '!') ORDER BY u.email_folded LIMIT $2");
    Read BY_ID = concat!(listed_user!(), " WHERE u.id = $1");
    Read BY_EMAIL = concat!(listed_user!(), " WHERE u.email_folded = $1");
    Read MEMBERS = "SELECT u.id, u.email, u.name, u.suspended_at, m.role, m.created_at FROM memberships m \
        JOIN users u ON u.id = m.user_id WHERE m.organisation_id = $1 ORDER BY u.email_folded LIMIT $2";
    Read MEMBERSHIPS = "SELECT o.id, o.name, o.kind, (SELECT a.suspended_at FROM organisations a WHERE a.id = o.suspended_through), m.role, m.created_at FROM memberships m \
        JOIN organisations o ON o.id = m.organisation_id \
        WHERE m.user_id = $1 AND o.deleted_through IS NULL ORDER BY m.created_at, o.id LIMIT 1000";
}

record! {
    /// A person, with the organisation that they joined first.
    #[derive(Clone, Debug)]
    pub struct ListedUser {
        /// The id.
        pub id: UserId,
        /// How they sign in.
        pub email: EmailAddress,
        /// How they are called.
        pub name: Name,
        /// Whether they hold every right everywhere.
        pub is_super_admin: bool,
        /// When their address was confirmed, where it was.
        pub confirmed_at: Option<Timestamp>,
        /// When they were suspended, where they are.
        pub suspended_at: Option<Timestamp>,
        /// Since when they are known.
        pub created_at: Timestamp,
        /// The organisation that they joined first.
        pub organisation: Option<OrganisationId>,
        /// That organisation's name.
        pub organisation_name: Option<Name>,
        /// That organisation's kind.
        pub organisation_kind: Option<OrganisationKind>,
        /// What they are there.
        pub role: Option<Role>,
    }
}

record! {
    /// What a person is in one organisation, suspended ones included.
    #[derive(Clone, Debug)]
    pub struct ListedMembership {
        /// The organisation.
        pub organisation: OrganisationId,
        /// Its name.
        pub organisation_name: Name,
        /// Its kind.
        pub organisation_kind: OrganisationKind,
        /// When it was suspended, or what is above it, where it is.
        pub suspended_at: Option<Timestamp>,
        /// What they are there.
        pub role: Role,
        /// Since when.
        pub created_at: Timestamp,
    }
}

record! {
    /// Somebody who belongs to an organisation.
    #[derive(Clone, Debug)]
    pub struct ListedMember {
        /// The person.
        pub user: UserId,
        /// How they sign in.
        pub email: EmailAddress,
        /// How they are called.
        pub name: Name,
        /// When they were suspended, where they are.
        pub suspended_at: Option<Timestamp>,
        /// What they are there.
        pub role: Role,
        /// Since when.
        pub created_at: Timestamp,
    }
}

/// People by address, at most `limit`; with a text only those who have it in their address or name.
pub async fn list(link: &mut Link, search: Option<&str>, limit: i64) -> Result<Vec<ListedUser>> {
    link.all(&LIST, values![search.map(pattern), limit]).await
}

/// The person of this id.
pub async fn by_id(link: &mut Link, id: UserId) -> Result<Option<ListedUser>> {
    link.optional(&BY_ID, values![id]).await
}

/// The person of this address, in whatever spelling.
pub async fn by_email(link: &mut Link, email: &EmailAddress) -> Result<Option<ListedUser>> {
    link.optional(&BY_EMAIL, values![email.folded()]).await
}

/// What a person is in which organisations, the first joined first.
pub async fn memberships(link: &mut Link, user: UserId) -> Result<Vec<ListedMembership>> {
    link.all(&MEMBERSHIPS, values![user]).await
}

/// Who belongs to an organisation, by address; at most `limit`.
pub async fn members(link: &mut Link, organisation: OrganisationId, limit: i64) -> Result<Vec<ListedMember>> {
    link.all(&MEMBERS, values![organisation, limit]).await
}

/// What `LIKE` is given to find a text anywhere, whatever the case of its ASCII letters.
fn pattern(text: &str) -> String {
    contains(&text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn what_means_something_to_like_is_searched_as_itself() {
        assert_eq!(pattern("Ann_50%!"), "%ann!_50!%!!%");
    }
}
