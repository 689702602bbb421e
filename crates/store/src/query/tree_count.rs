//! How many organisations, people and systems there are in a part of the tree.

use bailiwick_domain::id::OrganisationId;

use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The organisations below `$1`, itself included, that meet the condition on `o`, joined with something of theirs.
macro_rules! in_tree {
    ($count:literal, $join:literal, $condition:literal) => {
        concat!(
            "(SELECT ",
            $count,
            " FROM organisation_paths p JOIN organisations o ON o.id = p.descendant_id",
            $join,
            " WHERE p.ancestor_id = $1 AND (",
            $condition,
            "))"
        )
    };
}

/// The columns of a [`Touched`]: those of the tree that meet the condition, their people and their systems.
macro_rules! touched {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            in_tree!("COUNT(*)", "", $condition),
            ", ",
            in_tree!("COUNT(DISTINCT m.user_id)", " JOIN memberships m ON m.organisation_id = o.id", $condition),
            ", ",
            in_tree!("COUNT(*)", " JOIN systems s ON s.organisation_id = o.id AND s.deleted_at IS NULL", $condition)
        )
    };
}

/// The children of `$1` of one kind.
macro_rules! children {
    ($kind:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM organisations c WHERE c.parent_id = $1 AND c.kind = '",
            $kind,
            "' AND (c.deleted_through IS NULL OR CAST($2 AS BOOLEAN)))"
        )
    };
}

statements! {
    Read ACTIVE = touched!("o.suspended_through IS NULL AND o.deleted_through IS NULL");
    Read LIVING = touched!("o.deleted_through IS NULL");
    /// Of what is deleted, everything counts that went with it: `$2`.
    Read STATS = concat!(
        "SELECT (SELECT COUNT(*) FROM memberships m WHERE m.organisation_id = $1), ",
        in_tree!("COUNT(DISTINCT m.user_id)", " JOIN memberships m ON m.organisation_id = o.id",
            "o.deleted_through IS NULL OR CAST($2 AS BOOLEAN)"),
        ", (SELECT COUNT(*) FROM systems s WHERE s.organisation_id = $1 AND s.deleted_at IS NULL), ",
        in_tree!("COUNT(*)", " JOIN systems s ON s.organisation_id = o.id AND s.deleted_at IS NULL",
            "o.deleted_through IS NULL OR CAST($2 AS BOOLEAN)"),
        ", ",
        in_tree!("COUNT(*)", "", "p.depth > 0 AND (o.deleted_through IS NULL OR CAST($2 AS BOOLEAN))"),
        ", ", children!("distributor"), ", ", children!("reseller"), ", ", children!("customer"));
    Read OWN = "SELECT (SELECT COUNT(*) FROM organisations c WHERE c.parent_id = $1 AND c.deleted_through IS NULL), \
        (SELECT COUNT(*) FROM memberships m WHERE m.organisation_id = $1), \
        (SELECT COUNT(*) FROM systems s WHERE s.organisation_id = $1 AND s.deleted_at IS NULL)";
    /// As the destruction chooses them: whoever belongs to nothing else goes, and super admins stay.
    Read DOOMED = "SELECT (SELECT COUNT(*) FROM organisation_paths p WHERE p.ancestor_id = $1), \
         (SELECT COUNT(DISTINCT m.user_id) FROM organisation_paths p JOIN memberships m ON m.organisation_id = p.descendant_id \
          JOIN users u ON u.id = m.user_id WHERE p.ancestor_id = $1 AND NOT u.is_super_admin AND NOT EXISTS \
          (SELECT 1 FROM memberships e WHERE e.user_id = m.user_id AND e.organisation_id NOT IN \
           (SELECT i.descendant_id FROM organisation_paths i WHERE i.ancestor_id = $1))), \
         (SELECT COUNT(*) FROM organisation_paths p JOIN systems s ON s.organisation_id = p.descendant_id \
          WHERE p.ancestor_id = $1)";
}

record! {
    /// What an act touched.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Touched {
        /// How many organisations.
        pub organisations: i64,
        /// How many people belong to at least one of them.
        pub people: i64,
        /// How many systems they have.
        pub systems: i64,
    }
}

record! {
    /// How much an organisation has itself.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct OwnCounts {
        /// The organisations directly below.
        pub organisations: i64,
        /// Its people.
        pub people: i64,
        /// Its systems.
        pub systems: i64,
    }
}

record! {
    /// How much there is in an organisation and below it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OrganisationStats {
        /// Its people.
        pub people: i64,
        /// Its people, and those of all below.
        pub people_in_tree: i64,
        /// Its systems.
        pub systems: i64,
        /// Its systems, and those of all below.
        pub systems_in_tree: i64,
        /// How many organisations there are below.
        pub organisations_below: i64,
        /// The distributors directly below.
        pub distributors: i64,
        /// The resellers directly below.
        pub resellers: i64,
        /// The customers directly below.
        pub customers: i64,
    }
}

/// What of the tree below this organisation is neither suspended nor deleted: what a suspension takes out, or its end
/// has brought back.
pub async fn active(link: &mut Link, root: OrganisationId) -> Result<Touched> {
    link.one(&ACTIVE, values![root]).await
}

/// What of the tree below this organisation is not deleted: what a deletion takes away, or its end has brought back.
pub async fn living(link: &mut Link, root: OrganisationId) -> Result<Touched> {
    link.one(&LIVING, values![root]).await
}

/// How much there is; of what is deleted only where `deleted_too` says so.
pub async fn stats(link: &mut Link, id: OrganisationId, deleted_too: bool) -> Result<OrganisationStats> {
    link.one(&STATS, values![id, deleted_too]).await
}

/// How much an organisation has itself.
pub async fn own(link: &mut Link, id: OrganisationId) -> Result<OwnCounts> {
    link.one(&OWN, values![id]).await
}

/// What a destruction of this organisation would remove.
pub async fn doomed(link: &mut Link, root: OrganisationId) -> Result<Touched> {
    link.one(&DOOMED, values![root]).await
}
