//! A person as those see them who reach an organisation of theirs.

use bailiwick_domain::account::PhoneNumber;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::UserId;
use bailiwick_domain::name::Name;
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, is_everything, within_reach};
use super::user_list::ListedMembership;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    Read FIND = concat!(
        "SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.phone_number, u.job_title, u.suspended_at, \
         u.created_at FROM users u WHERE u.id = $6 AND (", is_everything!(), " OR EXISTS (SELECT 1 FROM memberships vm \
         JOIN organisations vo ON vo.id = vm.organisation_id WHERE vm.user_id = u.id AND vo.deleted_through IS NULL \
         AND ", within_reach!("vm.organisation_id"), "))");
    Read MEMBERSHIPS = concat!(
        "SELECT o.id, o.name, o.kind, (SELECT a.suspended_at FROM organisations a WHERE a.id = o.suspended_through), \
         m.role, m.created_at FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
         WHERE m.user_id = $6 AND o.deleted_through IS NULL AND ", within_reach!("o.id"),
        " ORDER BY m.created_at, o.id LIMIT 1000");
    /// Deleted organisations count: they may come back.
    Read BELONGS_ELSEWHERE = concat!(
        "SELECT EXISTS (SELECT 1 FROM memberships em WHERE em.user_id = $6 AND NOT ",
        within_reach!("em.organisation_id"), ")");
}

record! {
    /// A person as the administrators of their organisations see them.
    #[derive(Clone, Debug)]
    pub struct PersonRecord {
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
        /// Where they can be called.
        pub phone_number: Option<PhoneNumber>,
        /// What they do.
        pub job_title: Option<Name>,
        /// When the account was suspended, where it is.
        pub suspended_at: Option<Timestamp>,
        /// Since when they are known.
        pub created_at: Timestamp,
    }
}

/// A person, where an organisation of theirs is within reach.
pub async fn find(link: &mut Link, reach: &Reach, id: UserId) -> Result<Option<PersonRecord>> {
    link.optional(&FIND, &reach.and(values![id])).await
}

/// What a person is in the organisations within reach, the first joined first.
pub async fn memberships(link: &mut Link, reach: &Reach, id: UserId) -> Result<Vec<ListedMembership>> {
    link.all(&MEMBERSHIPS, &reach.and(values![id])).await
}

/// Whether a person belongs to an organisation that is out of reach.
pub async fn belongs_elsewhere(link: &mut Link, reach: &Reach, id: UserId) -> Result<bool> {
    link.one(&BELONGS_ELSEWHERE, &reach.and(values![id])).await
}
