//! Organisations as an operator sees them: the whole tree, suspended ones included.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::Timestamp;

use super::pattern::contains;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of a [`ListedOrganisation`] and where they come from.
macro_rules! listed_organisation {
    () => {
        "SELECT o.id, o.kind, o.name, o.parent_id, o.suspended_at, o.suspended_through, o.deleted_at, \
         o.deleted_through, o.created_at FROM organisations o"
    };
}

statements! {
    /// The top of the tree first, so that whoever is cut off at the end has nobody below them in the list. Each filter
    /// lets everything pass when it is null; `$5` always says whether what is deleted is listed, or what is not. Both
    /// engines lower the letters of ASCII alone, SQLite always and PostgreSQL in this collation.
    Read LIST = concat!(listed_organisation!(), " WHERE (CAST($1 AS TEXT) IS NULL OR LOWER(o.name) LIKE $1 ESCAPE '!') \
        AND (CAST($2 AS TEXT) IS NULL OR o.kind = $2) \
        AND (CAST($3 AS UUID) IS NULL OR o.id IN \
            (SELECT b.descendant_id FROM organisation_paths b WHERE b.ancestor_id = $3)) \
        AND (CAST($4 AS BOOLEAN) IS NULL OR (o.suspended_through IS NOT NULL) = $4) \
        AND (o.deleted_through IS NOT NULL) = CAST($5 AS BOOLEAN) ORDER BY \
        (SELECT MAX(p.depth) FROM organisation_paths p WHERE p.descendant_id = o.id), o.name, o.id LIMIT $6");
    Read BY_ID = concat!(listed_organisation!(), " WHERE o.id = $1");
    Read BY_NAME = concat!(listed_organisation!(), " WHERE o.name = $1 ORDER BY o.id LIMIT $2");
    Read OWNER = concat!(listed_organisation!(), " WHERE o.kind = 'owner'");
}

/// Which organisations are listed.
#[derive(Clone, Debug, Default)]
pub struct TreeFilter {
    /// Those that have this text in their name.
    pub search: Option<String>,
    /// Those of this kind.
    pub kind: Option<OrganisationKind>,
    /// This one and those below it.
    pub below: Option<OrganisationId>,
    /// Those that are out, or those that are not.
    pub is_suspended: Option<bool>,
    /// Those that are deleted, instead of those that are not.
    pub is_deleted: bool,
}

record! {
    /// An organisation and where it stands.
    #[derive(Clone, Debug)]
    pub struct ListedOrganisation {
        /// Its id.
        pub id: OrganisationId,
        /// Its place in the partner tree.
        pub kind: OrganisationKind,
        /// Its name.
        pub name: Name,
        /// What it stands below; nothing for the owner.
        pub parent: Option<OrganisationId>,
        /// When it was suspended, where it is.
        pub suspended_at: Option<Timestamp>,
        /// The topmost suspended organisation above, or itself: what it is out through.
        pub suspended_through: Option<OrganisationId>,
        /// When it was deleted itself, where it was.
        pub deleted_at: Option<Timestamp>,
        /// The topmost deleted organisation above, or itself: what it went with.
        pub deleted_through: Option<OrganisationId>,
        /// Since when it is known.
        pub created_at: Timestamp,
    }
}

/// Organisations, from the top of the tree downwards and by name; at most `limit`.
pub async fn list(link: &mut Link, filter: &TreeFilter, limit: i64) -> Result<Vec<ListedOrganisation>> {
    let TreeFilter { search, kind, below, is_suspended, is_deleted } = filter;
    let search = search.as_deref().map(|text| contains(&text.to_ascii_lowercase()));
    link.all(&LIST, values![search, *kind, *below, *is_suspended, *is_deleted, limit]).await
}

/// The organisation of this id, deleted or not.
pub async fn by_id(link: &mut Link, id: OrganisationId) -> Result<Option<ListedOrganisation>> {
    link.optional(&BY_ID, values![id]).await
}

/// The organisations of this very name, deleted or not, the oldest first; at most `limit`.
pub async fn by_name(link: &mut Link, name: &Name, limit: i64) -> Result<Vec<ListedOrganisation>> {
    link.all(&BY_NAME, values![name, limit]).await
}

/// The one at the top.
pub async fn owner(link: &mut Link) -> Result<Option<ListedOrganisation>> {
    link.optional(&OWNER, &[]).await
}
