//! Organisations as an operator sees them: the whole tree, suspended ones included.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::Timestamp;

use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of a [`ListedOrganisation`] and where they come from.
macro_rules! listed_organisation {
    () => {
        "SELECT o.id, o.kind, o.name, o.parent_id, o.suspended_at, o.suspended_through, o.created_at \
         FROM organisations o WHERE o.deleted_through IS NULL"
    };
}

statements! {
    /// The top of the tree first, so that whoever is cut off at the end has nobody below them in the list.
    Read LIST = concat!(listed_organisation!(), " ORDER BY \
        (SELECT MAX(p.depth) FROM organisation_paths p WHERE p.descendant_id = o.id), o.name, o.id LIMIT $1");
    Read BY_ID = concat!(listed_organisation!(), " AND o.id = $1");
    Read BY_NAME = concat!(listed_organisation!(), " AND o.name = $1 ORDER BY o.id LIMIT $2");
    Read OWNER = concat!(listed_organisation!(), " AND o.kind = 'owner'");
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
        /// Since when it is known.
        pub created_at: Timestamp,
    }
}

/// All organisations, from the top of the tree downwards and by name; at most `limit`.
pub async fn list(link: &mut Link, limit: i64) -> Result<Vec<ListedOrganisation>> {
    link.all(&LIST, values![limit]).await
}

/// The organisation of this id.
pub async fn by_id(link: &mut Link, id: OrganisationId) -> Result<Option<ListedOrganisation>> {
    link.optional(&BY_ID, values![id]).await
}

/// The organisations of this very name, the oldest first; at most `limit`.
pub async fn by_name(link: &mut Link, name: &Name, limit: i64) -> Result<Vec<ListedOrganisation>> {
    link.all(&BY_NAME, values![name, limit]).await
}

/// The one at the top.
pub async fn owner(link: &mut Link) -> Result<Option<ListedOrganisation>> {
    link.optional(&OWNER, &[]).await
}
