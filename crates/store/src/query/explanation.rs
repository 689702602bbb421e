//! What a right of somebody rests on: their places, and the ways from there down the tree.

use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;

use super::organisation::OrganisationRecord;
use super::reach::{Reach, within_reach};
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

statements! {
    /// All places of a person, with whether each is within reach of whoever asks.
    Read PLACES = concat!(
        "SELECT o.id, o.kind, o.name, m.role, o.suspended_through IS NOT NULL, ", within_reach!("o.id"),
        " FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
         WHERE m.user_id = $6 AND o.deleted_through IS NULL ORDER BY m.created_at, o.id LIMIT 1000");
    /// What lies between two organisations, both included, from the upper one down; nothing where the lower one does
    /// not stand below the upper one.
    Read WAY = "SELECT o.id, o.kind, o.name FROM organisation_paths up \
        JOIN organisation_paths down ON down.descendant_id = up.ancestor_id AND down.ancestor_id = $1 \
        JOIN organisations o ON o.id = up.ancestor_id WHERE up.descendant_id = $2 ORDER BY up.depth DESC";
}

record! {
    /// What a person is in an organisation.
    #[derive(Clone, Debug)]
    pub struct Place {
        /// The organisation.
        pub organisation: OrganisationId,
        /// Its place in the partner tree.
        pub kind: OrganisationKind,
        /// Its name.
        pub name: Name,
        /// What they are there.
        pub role: Role,
        /// Whether the organisation is out, by what was decided of it or above it.
        pub is_suspended: bool,
        /// Whether whoever asks may see it.
        pub is_in_sight: bool,
    }
}

/// All places of a person in organisations that are not deleted, the one joined first first.
pub async fn places(link: &mut Link, reach: &Reach, user: UserId) -> Result<Vec<Place>> {
    link.all(&PLACES, &reach.and(values![user])).await
}

/// The organisations from the upper one down to the lower one; none where that does not stand below it.
pub async fn way(link: &mut Link, upper: OrganisationId, lower: OrganisationId) -> Result<Vec<OrganisationRecord>> {
    link.all(&WAY, values![upper, lower]).await
}
